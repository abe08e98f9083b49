"""Syntax tree to JSON and back, for the builder and for storage. What comes back is printed and checked like a text."""

from __future__ import annotations

from typing import Any, NoReturn

from regulars.language import limits
from regulars.language.lexer import fault
from regulars.language.printer import NAME, amount
from regulars.language.tree import KINDS, Syntax

VERSION = 1
NAMED = frozenset({"name", "select", "call", "method"})
OPERATORS = {
    "compare": frozenset({"==", "!=", "<", "<=", ">", ">="}),
    "arithmetic": frozenset({"+", "-", "*", "/", "%"}),
}
# Kind to the number of children: exactly, or at least when negative.
CHILDREN = {
    **dict.fromkeys(("int", "amount", "text", "bool", "null", "name"), 0),
    **dict.fromkeys(("select", "index", "not", "negate"), 1),
    **dict.fromkeys(("compare", "in", "arithmetic"), 2),
    **dict.fromkeys(("and", "or"), -2),
    **dict.fromkeys(("call", "list"), -0),
    "choose": 3,
    "method": -1,
}
ANY_NUMBER = frozenset({"call", "list"})


def to_json(node: Syntax) -> dict[str, Any]:
    """`{"version": 1, "tree": ...}`; a node is `{"kind", "value", "of"}`, the last two where it has them."""
    return {"version": VERSION, "tree": _node(node)}


def _node(node: Syntax) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": node.kind}
    if node.kind == "amount":
        assert isinstance(node.value, tuple)
        found["value"] = amount(*node.value)
    elif node.kind in NAMED or node.kind in OPERATORS or node.kind in ("int", "text", "bool", "index"):
        found["value"] = node.value
    if node.of:
        found["of"] = [_node(child) for child in node.of]
    return found


def from_json(tree: object) -> Syntax:
    """The syntax tree of a JSON tree; its places mean nothing. Raises ExpressionFaults (bad_tree)."""
    if not isinstance(tree, dict) or tree.get("version") != VERSION or set(tree) != {"version", "tree"}:
        _refuse(tree if not isinstance(tree, dict) else sorted(map(str, tree)))
    return _syntax(tree["tree"], 0)


def _refuse(found: object) -> NoReturn:
    raise fault("bad_tree", 0, 0, found=repr(found)[:80])


def _syntax(node: object, depth: int) -> Syntax:
    if depth > limits.DEPTH:
        raise fault("too_deep", 0, 0, limit=limits.DEPTH)
    if not isinstance(node, dict) or not set(node) <= {"kind", "value", "of"}:
        _refuse(node)
    kind, value, children = node.get("kind"), node.get("value"), node.get("of", [])
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(children, list):
        _refuse(kind)
    if len(children) > limits.NODES or not _fits(kind, len(children)):
        _refuse(kind)
    return Syntax(kind, 0, 0, _value(kind, value), tuple(_syntax(child, depth + 1) for child in children))


def _fits(kind: str, count: int) -> bool:
    wanted = CHILDREN[kind]
    if kind in ANY_NUMBER:
        return True
    return count >= -wanted if wanted < 0 else count == wanted


def _value(kind: str, value: object) -> object:
    match kind:
        case "int":
            right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "amount":
            return _amount(value)
        case "bool":
            right = isinstance(value, bool)
        case "text" | "index":
            right = isinstance(value, str) and len(value) <= limits.TEXT_LENGTH
        case "compare" | "arithmetic":
            right = value in OPERATORS[kind] if isinstance(value, str) else False
        case "name" | "select" | "call" | "method":
            right = isinstance(value, str) and NAME.fullmatch(value) is not None
        case _:
            right = value is None
    if not right:
        _refuse({"kind": kind, "value": value})
    return "in" if kind == "in" else value


def _amount(value: object) -> tuple[int, int]:
    whole, _, decimals = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not (whole + decimals).isdecimal() or not (whole + decimals).isascii() or not whole or not decimals:
        _refuse(value)
    return int(whole + decimals), len(decimals)
