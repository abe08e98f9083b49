"""The door of the rule language: parse, check, compile, index, print, explain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regulars.language import checker, parser, python
from regulars.language import explain as explaining
from regulars.language.contracts import ExplainedNode, Expression, Schema, Type
from regulars.language.tree import Syntax
from regulars.language.types import is_number


def parse(text: str) -> Syntax:
    """The tree of an expression as it was written, without looking at any schema.

    Raises ExpressionFaults.
    """
    return parser.parse(text)


def check(text: str, schema: Schema, want: Type | None = None) -> Expression:
    """Check an expression against what may be read in its place.

    `want` is the type that it must give: BOOL for a condition, NUMBER (or any Amount) for a formula that may be a whole
    number or an amount of any scale, None for anything. All faults come at once, each with its place.

    Raises ExpressionFaults.
    """
    return checker.check(text, schema, want)


def to_python(expression: Expression, schema: Schema) -> Callable[..., Any]:
    """A function that takes the values of `schema.params` by position.

    A condition gives True or False. A numeric formula gives a whole number at `expression.scale`, 0 where it ends in
    empty. Anything else may give None. Raises nothing of its own.
    """
    empty_is = 0 if is_number(expression.type) else None
    return python.compile_function(expression.tree, schema, empty_is=empty_is)


def to_python_value(expression: Expression, schema: Schema) -> Callable[..., Any]:
    """Like `to_python`, but a formula that ends in empty gives None. Raises nothing of its own."""
    return python.compile_function(expression.tree, schema, empty_is=None)


def explain(expression: Expression, schema: Schema, *args: Any) -> ExplainedNode:
    """What each part of the `&&` and `||` tree gave for these values of `schema.params`, and what it read.

    Slow (every part is compiled by itself): for a person who asks, not for the till. Raises nothing of its own.
    """
    return explaining.explain(expression, schema, args)
