"""An expression part by part: what each part of its `&&` and `||` gave, and the values that it read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.language import python
from regulars.language.contracts import ExplainedNode, Expression, Schema
from regulars.language.tree import Choose, Logic, Not, Read, Typed, Variable, Walk
from regulars.language.types import ListOf, Record, Type


def explain(expression: Expression, schema: Schema, args: tuple[Any, ...]) -> ExplainedNode:
    """The explained tree. Each part is compiled by itself, so that what another part short-circuits is seen too."""
    return _explained(expression.tree, expression.text, schema, args)


def _explained(node: Typed, text: str, schema: Schema, args: tuple[Any, ...]) -> ExplainedNode:
    parts: tuple[ExplainedNode, ...] = ()
    if isinstance(node, Logic):
        parts = tuple(_explained(part, text, schema, args) for part in node.parts)
    elif isinstance(node, Not) and isinstance(node.of, Logic | Not):
        parts = (_explained(node.of, text, schema, args),)
    elif isinstance(node, Choose):
        parts = tuple(_explained(part, text, schema, args) for part in node.children())
    reads = () if parts else tuple(_reads(node, schema, args))
    return ExplainedNode(
        text=text[node.start : node.end],
        start=node.start,
        end=node.end,
        result=python.compile_function(node, schema, empty_is=None)(*args),
        reads=tuple((path, found) for path, found, _ in reads),
        parts=parts,
        tree=node,
        types=tuple(kind for _, _, kind in reads),
    )


def _reads(node: Typed, schema: Schema, args: tuple[Any, ...]) -> Iterator[tuple[str, object, Type]]:
    """What a part reads, once each, in the order of the text; inside a walk, the list of what it reads."""
    seen: set[str] = set()
    for source, read in _leaves(node, None):
        path = read.path
        if path is None or path in seen:
            continue
        seen.add(path)
        wanted: Typed = read if source is None else _mapped(source, read)
        yield path, python.compile_function(wanted, schema, empty_is=None)(*args), wanted.type


def _leaves(node: Typed, walk: Walk | None) -> Iterator[tuple[Walk | None, Read | Variable]]:
    if isinstance(node, Walk):
        yield from _leaves(node.source, walk)
        # A walk inside a walk is not told element by element: the list would be too long to read.
        if walk is None:
            yield from _leaves(node.body, node)
        return
    if isinstance(node, Read) and not isinstance(node.type, Record):
        whole = walk is None or _depends_on(node, walk)
        if whole and not (isinstance(node.type, ListOf) and (walk is not None or isinstance(node.type.of, Record))):
            yield (walk if _depends_on(node, walk) else None), node
        return
    if isinstance(node, Variable) and not isinstance(node.type, Record) and walk is not None:
        yield walk, node
    for child in node.children():
        yield from _leaves(child, walk)


def _depends_on(node: Typed, walk: Walk | None) -> bool:
    if walk is None:
        return False
    base: Typed | None = node
    while isinstance(base, Read):
        base = base.base
    return isinstance(base, Variable) and base.key == walk.variable.key


def _mapped(walk: Walk, read: Read | Variable) -> Walk:
    kind = walk.source.type
    assert isinstance(kind, ListOf)
    return Walk(
        start=walk.start,
        end=walk.end,
        type=ListOf(read.type, kind.typical, kind.largest, holes=read.nullable),
        macro="map",
        source=walk.source,
        variable=walk.variable,
        body=read,
    )
