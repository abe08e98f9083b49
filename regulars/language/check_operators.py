"""Logic, comparison, arithmetic and choice."""

from __future__ import annotations

from regulars.language import limits
from regulars.language.check_names import number
from regulars.language.checking import Checking
from regulars.language.tree import (
    Arithmetic,
    Choose,
    Compare,
    Constant,
    Items,
    Logic,
    Member,
    NamedList,
    Negate,
    Not,
    Syntax,
    Typed,
)
from regulars.language.types import (
    BOOL,
    DATE,
    DURATION,
    INT,
    NULL,
    TEXT,
    TIMESTAMP,
    Amount,
    ListOf,
    Record,
    Type,
    is_number,
    is_scalar,
    scale_of,
)

ORDERED = (DATE, TIMESTAMP, DURATION)
QUOTIENT_SCALE = 6


def condition(check: Checking, node: Syntax, op: str) -> Typed | None:
    """A part that must be yes/no."""
    typed = check.node(node)
    if typed is not None and typed.type != BOOL:
        return check.fault("needs_condition", node.start, node.end, op=op, type=typed.type)
    return typed


def logic(check: Checking, node: Syntax) -> Typed | None:
    """`&&` and `||`."""
    op = "&&" if node.kind == "and" else "||"
    parts = [condition(check, part, op) for part in node.of]
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return Logic(start=node.start, end=node.end, type=BOOL, op=op, parts=found)


def negation(check: Checking, node: Syntax) -> Typed | None:
    """`!`."""
    of = condition(check, node.of[0], "!")
    return None if of is None else Not(start=node.start, end=node.end, type=BOOL, of=of)


def minus(check: Checking, node: Syntax) -> Typed | None:
    """`-` before a number."""
    of = check.node(node.of[0])
    if of is None:
        return None
    if not is_number(of.type):
        return check.fault("cannot_negate", node.start, node.end, type=of.type)
    if isinstance(of, Constant) and isinstance(of.value, int):
        return number(check, -of.value, of.type, node)
    made = Negate(start=node.start, end=node.end, type=of.type, nullable=of.nullable, of=of)
    return check.grown(made, check.digits(of))


def comparison(check: Checking, node: Syntax) -> Typed | None:
    """`== != < <= > >=`."""
    left, right = check.node(node.of[0]), check.node(node.of[1])
    if left is None or right is None:
        return None
    op = str(node.value)
    equality = op in ("==", "!=")
    if not comparable(left.type, right.type, equality=equality):
        if left.type == right.type and is_scalar(left.type):
            return check.fault("cannot_order", node.start, node.end, type=left.type, op=op)
        return check.fault("cannot_compare", node.start, node.end, left=left.type, right=right.type)
    check.spend(1)
    return Compare(start=node.start, end=node.end, type=BOOL, op=op, left=left, right=right)


def comparable(left: Type, right: Type, *, equality: bool) -> bool:
    """Whether two types may stand on the sides of a comparison."""
    if is_number(left) and is_number(right):
        return True
    if not equality:
        return left == right and left in ORDERED
    if NULL in (left, right):
        return not isinstance(left, ListOf) and not isinstance(right, ListOf)
    return left == right and is_scalar(left)


def arithmetic(check: Checking, node: Syntax) -> Typed | None:
    """`+ - * / %`."""
    left, right = check.node(node.of[0]), check.node(node.of[1])
    if left is None or right is None:
        return None
    op = str(node.value)
    if is_number(left.type) and is_number(right.type):
        return _on_numbers(check, node, op, left, right)
    kind = _other_result(op, left.type, right.type)
    if kind is None:
        return check.fault("cannot_do", node.start, node.end, left=left.type, op=op, right=right.type)
    if kind == TEXT and check.walks:
        return check.fault("join_in_walk", node.start, node.end)
    check.spend(10)
    # A moment moved beyond the calendar is empty.
    nullable = left.nullable or right.nullable or kind == TIMESTAMP
    return Arithmetic(start=node.start, end=node.end, type=kind, nullable=nullable, op=op, left=left, right=right)


def _other_result(op: str, left: Type, right: Type) -> Type | None:
    results: dict[tuple[str, Type, Type], Type] = {
        ("+", TEXT, TEXT): TEXT,
        ("-", TIMESTAMP, TIMESTAMP): DURATION,
        ("+", TIMESTAMP, DURATION): TIMESTAMP,
        ("-", TIMESTAMP, DURATION): TIMESTAMP,
        ("+", DURATION, DURATION): DURATION,
        ("-", DURATION, DURATION): DURATION,
    }
    return results.get((op, left, right))


def _on_numbers(check: Checking, node: Syntax, op: str, left: Typed, right: Typed) -> Typed | None:
    if op == "%" and not left.type == right.type == INT:
        return check.fault("cannot_do", node.start, node.end, left=left.type, op=op, right=right.type)
    kind = _number_result(op, left.type, right.type)
    if scale_of(kind) > limits.SCALE:
        return check.fault("scale_too_large", node.start, node.end, scale=scale_of(kind), limit=limits.SCALE)
    check.spend(12 if op in "/%" else 2)
    made = Arithmetic(
        start=node.start,
        end=node.end,
        type=kind,
        nullable=left.nullable or right.nullable,
        op=op,
        left=left,
        right=right,
    )
    return check.grown(made, _digits(check, op, kind, left, right))


def _number_result(op: str, left: Type, right: Type) -> Type:
    if op == "/":
        return Amount(QUOTIENT_SCALE)
    if left == right == INT:
        return INT
    if op == "*":
        return Amount(scale_of(left) + scale_of(right))
    return Amount(max(scale_of(left), scale_of(right)))


def _digits(check: Checking, op: str, kind: Type, left: Typed, right: Typed) -> int:
    a, b = check.digits(left), check.digits(right)
    if op == "*":
        return a + b
    if op == "/":
        return max(a + QUOTIENT_SCALE - scale_of(left.type) + scale_of(right.type), 1)
    if op == "%":
        return min(a, b)
    return max(a + scale_of(kind) - scale_of(left.type), b + scale_of(kind) - scale_of(right.type)) + 1


def choice(check: Checking, node: Syntax) -> Typed | None:
    """`condition ? yes : no`."""
    test = condition(check, node.of[0], "?")
    yes, no = check.node(node.of[1]), check.node(node.of[2])
    if test is None or yes is None or no is None:
        return None
    for branch in (yes, no):
        if isinstance(branch.type, ListOf | Record):
            return check.fault("no_choice_of", branch.start, branch.end, type=branch.type)
    kind = common(yes.type, no.type)
    if kind is None or kind == NULL:
        return check.fault("branches_differ", yes.start, no.end, left=yes.type, right=no.type)
    made = Choose(
        start=node.start, end=node.end, type=kind, nullable=yes.nullable or no.nullable, condition=test, yes=yes, no=no
    )
    digits = max(check.digits(each) + scale_of(kind) - scale_of(each.type) for each in (yes, no))
    return check.grown(made, digits) if is_number(kind) else made


def common(left: Type, right: Type) -> Type | None:
    """The type that both can be brought to, if there is one."""
    if right in (left, NULL):
        return left
    if left == NULL:
        return right
    if is_number(left) and is_number(right):
        return Amount(max(scale_of(left), scale_of(right)))
    return None


def membership(check: Checking, node: Syntax) -> Typed | None:
    """`item in list`."""
    item, values = check.node(node.of[0]), check.node(node.of[1])
    if item is None or values is None:
        return None
    if not isinstance(values.type, ListOf):
        return check.fault("in_needs_list", node.of[1].start, node.of[1].end, type=values.type)
    of = values.type.of
    empty_list = isinstance(values, Items) and not values.items
    if not is_scalar(item.type) or not (item.type == of or (is_number(item.type) and is_number(of)) or empty_list):
        return check.fault("cannot_look", node.start, node.end, item=item.type, list=values.type)
    if isinstance(values, NamedList) or is_constant_list(values):
        check.spend(3)
    else:
        check.spend_over(values, 1)
    return Member(start=node.start, end=node.end, type=BOOL, item=item, list=values)


def is_constant_list(node: Typed) -> bool:
    """Whether a list is written out in constants."""
    return isinstance(node, Items) and all(isinstance(item, Constant) for item in node.items)


def items(check: Checking, node: Syntax) -> Typed | None:
    """`[a, b, c]`."""
    if len(node.of) > limits.LIST_ITEMS:
        return check.fault("list_too_long", node.start, node.end, limit=limits.LIST_ITEMS)
    found = [check.node(item) for item in node.of]
    typed = tuple(item for item in found if item is not None)
    if len(typed) < len(found):
        return None
    kind: Type = typed[0].type if typed else NULL
    for item in typed:
        if not is_scalar(item.type):
            return check.fault("bad_list_item", item.start, item.end, type=item.type)
        joint = common(kind, item.type)
        if joint is None:
            return check.fault("mixed_list", node.start, node.end, left=kind, right=item.type)
        kind = joint
    length = len(typed)
    holes = any(item.nullable for item in typed)
    made = Items(
        start=node.start, end=node.end, items=typed, type=ListOf(kind, typical=length, largest=length, holes=holes)
    )
    digits = max((check.digits(item) + scale_of(kind) - scale_of(item.type) for item in typed), default=1)
    return check.grown(made, digits)


__all__ = [
    "arithmetic",
    "choice",
    "comparison",
    "condition",
    "items",
    "logic",
    "membership",
    "minus",
    "negation",
]
