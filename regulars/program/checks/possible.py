"""What an expression can come to where only some of what it reads is known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from regulars.language.contracts import Amount, Expression

UP: Final = 1
DOWN: Final = -1
BOTH: Final = frozenset({UP, DOWN})
NEITHER: Final[frozenset[int]] = frozenset()
Ways = frozenset[int]

_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNKNOWN: Final = object()


def may_hold(expression: Expression | None, known: Mapping[str, object]) -> bool:
    """Whether a condition may hold where these paths have these values; none always holds."""
    return expression is None or _truth(expression.tree, known) is not False


def number(expression: Expression | None, known: Mapping[str, Fraction] | None = None) -> Fraction | None:
    """What a formula comes to where these paths have these values; None where it reads more than them."""
    return None if expression is None else _number(expression.tree, known or {})


def slope(expression: Expression | None, path: str) -> Fraction | None:
    """By how much a formula rises with one more of a path; None where that depends on more."""
    return None if expression is None else _slope(expression.tree, path)


def ways(expression: Expression | None, path: str) -> Ways:
    """In which directions of a number a condition may begin to hold; it ceases to in the others."""
    return NEITHER if expression is None else _ways(expression.tree, path)


def _truth(node: Any, known: Mapping[str, object]) -> bool | None:
    match type(node).__name__:
        case "Not":
            found = _truth(node.of, known)
            return None if found is None else not found
        case "Logic":
            return _logic(node.op == "&&", [_truth(part, known) for part in node.parts])
        case "Choose":
            found = _truth(node.condition, known)
            return None if found is None else _truth(node.yes if found else node.no, known)
        case "Compare":
            return _compared(node.op, _value(node.left, known), _value(node.right, known))
        case "Member":
            item, parts = _value(node.item, known), [_value(one, known) for one in getattr(node.list, "items", ())]
            if item is _UNKNOWN or not hasattr(node.list, "items"):
                return None
            return _logic(False, [_compared("==", item, part) for part in parts])
        case _:
            value = _value(node, known)
            return value if isinstance(value, bool) else None


def _logic(all_of_them: bool, parts: list[bool | None]) -> bool | None:
    """Whether all of them hold, or any; None where that depends on one that is not known."""
    if any(part is not None and part is not all_of_them for part in parts):
        return not all_of_them
    return None if None in parts else all_of_them


def _compared(op: str, left: object, right: object) -> bool | None:
    if left is _UNKNOWN or right is _UNKNOWN:
        return None
    if op not in {"==", "!="} and (left is None or right is None or type(left) is not type(right)):
        return None
    return _ORDERS[op](left, right)


def _value(node: Any, known: Mapping[str, object]) -> object:
    path = getattr(node, "path", None)
    if isinstance(path, str) and path in known:
        return known[path]
    if type(node).__name__ == "Constant":
        return _scaled(node) if isinstance(node.value, int) and not isinstance(node.value, bool) else node.value
    found = _number(node, {})
    return _UNKNOWN if found is None else found


def _scaled(node: Any) -> Fraction:
    return Fraction(node.value, 10 ** (node.type.scale if isinstance(node.type, Amount) else 0))


def _number(node: Any, known: Mapping[str, Fraction]) -> Fraction | None:
    path = getattr(node, "path", None)
    if isinstance(path, str):
        return known.get(path)
    match type(node).__name__:
        case "Constant":
            return _scaled(node) if isinstance(node.value, int) and not isinstance(node.value, bool) else None
        case "Negate":
            found = _number(node.of, known)
            return None if found is None else -found
        case "Arithmetic":
            left, right = _number(node.left, known), _number(node.right, known)
            return None if left is None or right is None else _arithmetic(node.op, left, right)
        case _:
            return None


def _arithmetic(op: str, left: Fraction, right: Fraction) -> Fraction | None:
    if op in {"/", "%"}:
        return left / right if op == "/" and right else None
    return {"+": left + right, "-": left - right, "*": left * right}.get(op)


def _slope(node: Any, path: str) -> Fraction | None:
    if not _reads(node, path):
        return Fraction(0)
    if getattr(node, "path", None) == path:
        return Fraction(1)
    match type(node).__name__:
        case "Negate":
            found = _slope(node.of, path)
            return None if found is None else -found
        case "Arithmetic":
            return _slope_of(node, path)
        case _:
            return None


def _slope_of(node: Any, path: str) -> Fraction | None:
    left, right = _slope(node.left, path), _slope(node.right, path)
    if left is None or right is None:
        return None
    if node.op in {"+", "-"}:
        return left + right if node.op == "+" else left - right
    times, over = _number(node.left, {}), _number(node.right, {})
    if node.op == "*" and (times is not None or over is not None):
        return left * over if over is not None else right * (times or Fraction(0))
    return left / over if node.op == "/" and over else None


def _ways(node: Any, path: str) -> Ways:
    if not _reads(node, path):
        return NEITHER
    match type(node).__name__:
        case "Not":
            return _flipped(_ways(node.of, path))
        case "Logic":
            return frozenset().union(*[_ways(part, path) for part in node.parts])
        case "Compare" if node.op not in {"==", "!="}:
            found = _rises(node.left, path) | _flipped(_rises(node.right, path))
            return found if node.op in {">", ">="} else _flipped(found)
        case _:
            return BOTH


def _rises(node: Any, path: str) -> Ways:
    """In which directions a number goes with another one that rises."""
    found = _slope(node, path)
    if found is None:
        return BOTH
    return frozenset({UP if found > 0 else DOWN}) if found else NEITHER


def _flipped(found: Ways) -> Ways:
    return frozenset(-one for one in found)


def _reads(node: Any, path: str) -> bool:
    return getattr(node, "path", None) == path or any(_reads(child, path) for child in node.children())
