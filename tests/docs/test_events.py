"""The page about events names every type that the code writes, with every field of it."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import msgspec

from regulars import assembly
from regulars.engine import cases, concluding, fulfilling, reaching
from regulars.kit import outbox
from regulars.program.contracts import referrals
from regulars.program.contracts.caused import CAUSED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
OF_ACTIVITIES = {"activity", "member"}
ENGINE = ROOT / "regulars" / "engine"
TELLS = {"hear": set[str](), "cause": {"name"}, "open_case": {"case"}, "_tell": set[str]()}
"""The functions that tell the world something, with what each says by itself."""
NAMED = {"CONVERTED_EVENT": referrals.CONVERTED}
"""Types that stand in the code as a name."""


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
    """Types and fields in the code: calls that tell something, dicts with a type, events of rooms."""
    found: dict[str, set[str]] = defaultdict(set)
    # The API's own dicts are examples in its description.
    for path in sorted(path for path in (ROOT / "regulars").rglob("*.py") if path.parent.name != "api"):
        for function, dicts in functions(path).items():
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and called(node) in TELLS:
                    for name in types_of(node):
                        found[name] |= TELLS[called(node)] | said_by(node, dicts)
                elif isinstance(node, ast.Dict) and (told := fields_in(node, dicts)).types:
                    for name in told.types:
                        found[name] |= told.names - {"type"}
    assembly.load_errors()
    # Other tests declare events of their own.
    for event in (one for one in outbox.Event.__subclasses__() if one.__module__.startswith("regulars.")):
        found[str(event.__struct_config__.tag)] |= {field.name for field in msgspec.structs.fields(event)}
    for name in set(concluding.HEARD.values()):
        found[name] |= {"currency", "points"}
    for name, fields in CAUSED.items():
        found[name] |= set(fields) | (reaching.TOLD if name.startswith("challenge.") else set())
        found[name] |= of_function(ENGINE / "climbing.py", "_tell", "facts") if name.startswith("tier.") else set()
    # Their types are put together from how an order ended.
    for outcome in (fulfilling.FAILED, fulfilling.CANCELLED, fulfilling.EXPIRED):
        found[f"reward.{outcome}"] |= of_function(ENGINE / "fulfilling.py", "end", "told")
    # Facts that are handed to the caller as a whole.
    of_limits = of_function(ENGINE / "limits.py", "facts", "facts")
    of_limits |= of_function(ENGINE / "limits.py", "numbers", "numbers()")
    found["limit.hit"] |= of_limits
    found["case.opened"] |= of_limits | set(cases._PLACES)
    return dict(found)


class Fields(NamedTuple):
    names: set[str]
    types: list[str]


Dicts = dict[str, Fields]


def functions(path: Path) -> dict[ast.FunctionDef | ast.AsyncFunctionDef, Dicts]:
    """The functions of a file, each with the fields of the dicts that its variables and the file's functions hold."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    all_of = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    returned = {
        f"{one.name}()": Fields(set().union(*(fields_in(node, {}).names for node in dict_nodes(one))), [])
        for one in all_of
    }
    return {one: {**returned, **held(one)} for one in all_of}


def dict_nodes(node: ast.AST) -> list[ast.Dict]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Dict)]


def held(function: ast.AST) -> Dicts:
    found: Dicts = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            before = found.get(ast.unparse(target.value), Fields(set(), []))
            found[ast.unparse(target.value)] = Fields(before.names | {str(target.slice.value)}, before.types)
        elif isinstance(target, ast.Name):
            for each in dict_nodes(node.value):
                before, more = found.get(target.id, Fields(set(), [])), fields_in(each, found)
                found[target.id] = Fields(before.names | more.names, before.types + more.types)
    return found


def fields_in(node: ast.Dict, dicts: Dicts) -> Fields:
    """The fields of a dict as it is written, with those of the dicts that are put into it."""
    names, types = set[str](), list[str]()
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            put_in = dicts.get(
                f"{called(value)}()" if isinstance(value, ast.Call) else ast.unparse(value), Fields(set(), [])
            )
            names, types = names | put_in.names, types + put_in.types
        elif isinstance(key, ast.Constant):
            names.add(str(key.value))
            if key.value == "type" and isinstance(value, ast.Constant):
                types += literals(value)
    return Fields(names, types)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def types_of(node: ast.Call) -> list[str]:
    if called(node) == "open_case":
        return ["case.opened"]
    # A room's own words of it take the type after what they need of the account.
    told = node.args if called(node) == "_tell" else node.args[:1]
    return [name for each in told for name in (*literals(each), *named(each))]


def named(node: ast.expr) -> list[str]:
    return [NAMED[node.id]] if isinstance(node, ast.Name) and node.id in NAMED else []


def said_by(node: ast.Call, dicts: Dicts) -> set[str]:
    said = {keyword.arg for keyword in node.keywords if keyword.arg}
    for keyword in node.keywords:
        if keyword.arg is None:
            said |= fields_in(ast.Dict(keys=[None], values=[keyword.value]), dicts).names
            said |= fields_in(keyword.value, dicts).names if isinstance(keyword.value, ast.Dict) else set()
    return said - {"case_id"}


def of_function(path: Path, name: str, dict_of: str) -> set[str]:
    """The fields of a dict that a function holds or, as `name()`, returns."""
    return next(dicts[dict_of].names for one, dicts in functions(path).items() if one.name == name)


def literals(node: ast.expr) -> list[str]:
    texts = [str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return [text for text in texts if re.fullmatch(r"[a-z_]+\.[a-z_]+", text)]


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
    # Negative control: each of the ways in which an event is written is seen.
    found = written()
    assert found["points.adjusted"] == {"currency", "points"}
    assert found["members.card_replaced"] == {"member", "old", "card", "reason"}
    assert found["tier.up"] == {"name", "level", "before", "cause", "through"}
    assert {"case", "of", "store", "members", "limit", "sale", "until", "proof", "code"} <= found["case.opened"]
    assert found["case.rejected"] == {"activity_reviewed", "by"}
    assert found["limit.hit"] == {"name", "then", "metric", "value", "at_most", "owner", "if", "cooldown"}
    assert "points.expired" in found
