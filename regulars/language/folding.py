"""What is known before any row is read, worked out once: `today().addDays(-30)` becomes a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import structs

from regulars.language import python
from regulars.language.contracts import Root, Schema
from regulars.language.tree import Call, Constant, Find, Items, NamedList, Read, Typed, Variable
from regulars.language.types import TIMESTAMP, is_scalar

Node = TypeVar("Node", bound=Typed)


def folded(node: Typed, schema: Schema, *, now: datetime, zone: ZoneInfo) -> Typed:
    """The tree with `now` put in, and each part that reads nothing else replaced by its value."""
    present = structs.replace(schema, params=("now", "zone"), roots={"now": Root("now", TIMESTAMP, "now")}, zone="zone")

    def fold(part: Typed) -> Typed:
        if isinstance(part, Read) and part.base is None and part.name == "now":
            return Constant(start=part.start, end=part.end, type=TIMESTAMP, value=now.astimezone(UTC))
        part = rebuilt(part, fold)
        if isinstance(part, Constant) or not is_scalar(part.type) or not _is_known(part):
            return part
        value = python.compile_function(part, present, empty_is=None)(now.astimezone(UTC), zone)
        return Constant(start=part.start, end=part.end, type=part.type, nullable=value is None, value=value)

    return fold(node)


def rebuilt(node: Node, change: Callable[[Typed], Typed]) -> Node:
    """The node with each node directly below it changed."""
    fields: dict[str, object] = {}
    for name in node.__struct_fields__:
        found = getattr(node, name)
        if isinstance(found, Typed) and not isinstance(found, Variable):
            fields[name] = change(found)
        elif isinstance(found, tuple) and found and isinstance(found[0], Typed):
            fields[name] = tuple(change(each) for each in found)
    return structs.replace(node, **fields) if fields else node


def _is_known(node: Typed) -> bool:
    """Whether a part reads nothing, and all below it is folded already."""
    children = list(node.children())
    if isinstance(node, Read | Variable | Find | NamedList | Items):
        return False
    return all(isinstance(child, Constant) for child in children) and (bool(children) or isinstance(node, Call))
