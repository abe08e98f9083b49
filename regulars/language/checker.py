"""Syntax tree to typed tree: every name, type and limit, all faults at once."""

from __future__ import annotations

from regulars.language import check_calls, check_names, check_operators, limits
from regulars.language.checking import Check, Checking
from regulars.language.contracts import Expression, ExpressionFaults, Schema
from regulars.language.parser import parse
from regulars.language.tree import Syntax, Typed
from regulars.language.types import NUMBER, Amount, Type, is_number

CHECKS: dict[str, Check] = {
    **dict.fromkeys(("int", "amount", "text", "bool", "null"), check_names.constant),
    "name": check_names.name,
    "select": check_names.field,
    "index": check_names.field,
    "call": check_calls.function_call,
    "method": check_calls.method,
    "list": check_operators.items,
    "not": check_operators.negation,
    "negate": check_operators.minus,
    "and": check_operators.logic,
    "or": check_operators.logic,
    "compare": check_operators.comparison,
    "in": check_operators.membership,
    "arithmetic": check_operators.arithmetic,
    "choose": check_operators.choice,
}


def check(text: str, schema: Schema, want: Type | None) -> Expression:
    """The checked expression. Raises ExpressionFaults."""
    return checked(text, parse(text), schema, want)


def checked(text: str, syntax: Syntax, schema: Schema, want: Type | None) -> Expression:
    """The checked expression of a syntax tree whose places are places of `text`. Raises ExpressionFaults."""
    checking = Checking(schema, CHECKS)
    tree = checking.node(syntax)
    if tree is not None:
        _result(checking, tree, want)
        _cost(checking, len(text))
    if tree is None or checking.faults:
        raise ExpressionFaults(errors=tuple(sorted(checking.faults, key=lambda fault: (fault.start, fault.end))))
    return Expression(
        text=text, type=tree.type, nullable=tree.nullable, fields=_leaves(checking.fields), volatile=checking.volatile,
        cost_typical=checking.typical, cost_worst=checking.worst, schema_version=schema.version,
        tree=tree,
    )  # fmt: skip


def _result(checking: Checking, tree: Typed, want: Type | None) -> None:
    if want is None or want == tree.type:
        return
    takes_number = want == NUMBER or isinstance(want, Amount)
    if not (takes_number and is_number(tree.type)):
        checking.fault("wrong_result", tree.start, tree.end, wanted=want, found=tree.type)


def _cost(checking: Checking, length: int) -> None:
    for cost, limit in ((checking.typical, limits.COST_TYPICAL), (checking.worst, limits.COST_WORST)):
        if cost > limit:
            checking.fault("too_costly", 0, length, cost=cost, limit=limit)
            return


def _leaves(fields: set[str]) -> frozenset[str]:
    """The paths read, without a list of which only fields are read."""
    return frozenset(path for path in fields if not any(other.startswith(path + "[]") for other in fields))
