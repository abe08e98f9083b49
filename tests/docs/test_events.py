"""The page about events names every type that the code writes, with every field of it."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from pathlib import Path

import msgspec

from regulars import assembly
from regulars.engine import concluding, reaching
from regulars.kit import outbox
from regulars.program.contracts.caused import CAUSED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
OF_ACTIVITIES = {"activity", "member"}
# Fields that a statement hands on as a whole: those of a limit stand in engine/limits.py.
_OF_LIMITS = {"limit", "metric", "value", "at_most"}


def documented() -> dict[str, set[str]]:
    table = PAGE.partition("## Types")[2].partition("## Cases")[0]
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", table, re.MULTILINE)
    return {
        name: set(re.findall(r"`(\w+)`", fields)) for types, fields in rows for name in re.findall(r"`([^`]+)`", types)
    }


DOCUMENTED = documented()


def fields_of(type: str) -> set[str]:
    name = type if type in DOCUMENTED else "<type>.recorded" if type.endswith(".recorded") else type
    return DOCUMENTED.get(name, set()) | OF_ACTIVITIES


@functools.cache
def written() -> dict[str, set[str]]:
    """Types and fields in the code: calls of `hear`, dicts with a type, events of rooms."""
    found: dict[str, set[str]] = defaultdict(set)
    # The API's own dicts are examples in its description.
    for path in sorted(path for path in (ROOT / "regulars").rglob("*.py") if path.parent.name != "api"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"hear", "cause"}
            ):
                for name in literals(node.args[0]):
                    found[name] |= {"name"} if node.func.attr == "cause" else set()
                    found[name] |= {keyword.arg for keyword in node.keywords if keyword.arg}
                    found[name] |= _OF_LIMITS if any(keyword.arg is None for keyword in node.keywords) else set()
            elif isinstance(node, ast.Dict):
                said = {str(key.value): value for key, value in pairs(node)}
                for name in literals(said["type"]) if isinstance(said.get("type"), ast.Constant) else ():
                    found[name] |= set(said) - {"type"}
    assembly.load_errors()
    # Other tests declare events of their own.
    for event in (one for one in outbox.Event.__subclasses__() if one.__module__.startswith("regulars.")):
        found[str(event.__struct_config__.tag)] |= {field.name for field in msgspec.structs.fields(event)}
    for name in set(concluding.HEARD.values()):
        found[name] |= {"currency", "points"}
    for name, fields in CAUSED.items():
        found[name] |= set(fields) | (reaching.TOLD if name.startswith("challenge.") else set())
    return dict(found)


def pairs(node: ast.Dict) -> list[tuple[ast.Constant, ast.expr]]:
    both = zip(node.keys, node.values, strict=True)
    return [(key, value) for key, value in both if isinstance(key, ast.Constant)]


def literals(node: ast.expr) -> list[str]:
    texts = [str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return [text for text in texts if re.fullmatch(r"[a-z]+\.[a-z_]+", text)]


def test_every_type_and_field_is_named() -> None:
    missing = {
        name: sorted(fields - DOCUMENTED.get(name, set()) - OF_ACTIVITIES)
        for name, fields in written().items()
        if name not in DOCUMENTED or fields - DOCUMENTED[name] - OF_ACTIVITIES
    }
    assert missing == {}


def test_nothing_is_named_that_nobody_writes() -> None:
    assert set(DOCUMENTED) - set(written()) == {"<type>.recorded"}
    found = written()
    unknown = {name: sorted(DOCUMENTED[name] - found[name]) for name in found if DOCUMENTED[name] - found[name]}
    assert unknown == {}


def test_the_search_finds_what_it_must() -> None:
    # Negative control: each of the four ways in which an event is written is seen.
    found = written()
    assert found["points.adjusted"] == {"currency", "points", "reason"}
    assert found["members.card_replaced"] == {"member", "old", "card", "reason"}
    assert {"members", "limit", "sale"} <= found["case.opened"]
    assert "points.expired" in found
