"""The door of the rule language: parse, check, compile, index, print, explain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.language import checker, fact_paths, inlining, json_tree, parser, printer, python, requirements, sql
from regulars.language import explain as explaining
from regulars.language.contracts import BOOL, ExplainedNode, Expression, Required, Schema, Sql, Type
from regulars.language.rule_index import RuleIndex
from regulars.language.tree import Syntax, Typed
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
    expression = checker.check(text, schema, want)
    if schema.whole_table and expression.type == BOOL:
        # What has no SQL is refused now, not when a segment is refreshed at night.
        sql.to_sql(expression.tree, schema, first_parameter=1, now=datetime(2000, 1, 1, tzinfo=UTC), zone="UTC")
    return expression


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


def to_sql(expression: Expression, schema: Schema, *, now: datetime, zone: str, first_parameter: int = 1) -> Sql:
    """The expression as PostgreSQL, with `$n` placeholders counted from `first_parameter`.

    `now` and `zone` (the name of a time zone) stand for the root `now` and for `schema.zone`. A condition is for a
    WHERE: NULL stands for false. A number is a whole number at `expression.scale`, a period in microseconds.

    Raises ExpressionFaults when the expression reads or calls what has no SQL.
    """
    return sql.to_sql(expression.tree, schema, first_parameter=first_parameter, now=now, zone=zone)


def inlined(expression: Expression, path: str, stands: Callable[[str], Expression | str]) -> Expression:
    """The expression with each `'x' in path` written out as the condition that x stands for, or as a text of SQL.

    Only for `to_sql`: its text and fields stay those of the original. Raises what `stands` raises.
    """

    def tree_of(value: str) -> Typed | str:
        found = stands(value)
        return found if isinstance(found, str) else found.tree

    return msgspec.structs.replace(expression, tree=inlining.inlined(expression.tree, path, tree_of))


def required(expression: Expression, schema: Schema) -> Required:
    """What must be so for a condition to have a chance. Raises nothing of its own."""
    return requirements.required(expression.tree, schema)


def facts(schema: Schema, paths: Iterable[str], *args: Any) -> Mapping[str, Collection[object]]:
    """The values found under each path (`basket.lines[].category`) in these values of `schema.params`.

    For one look; a RuleIndex keeps the compiled form. Raises KeyError for a path that the schema has not.
    """
    return fact_paths.extractor(paths, schema)(*args)


def print_text(expression: Expression | Syntax) -> str:
    """The expression in the one way of writing it; comments are not in the tree. Raises nothing of its own."""
    return printer.print_text(_syntax(expression))


def conjuncts(text: str) -> frozenset[str]:
    """What must hold together for a condition to hold, each part written in the one way of the printer. Raises
    ExpressionFaults.
    """
    parts, found = [parse(text)], set()
    while parts:
        part = parts.pop()
        if part.kind == "and":
            parts += part.of
        else:
            found.add(printer.print_text(part))
    return frozenset(found)


def to_json(expression: Expression | Syntax) -> dict[str, Any]:
    """The tree as it was written, for the builder and for storage: `{"version": 1, "tree": {...}}`.

    Raises nothing of its own.
    """
    return json_tree.to_json(_syntax(expression))


def _syntax(expression: Expression | Syntax) -> Syntax:
    # Read again from its text: kept with every rule, the tree would double the memory of ten thousand of them.
    return expression if isinstance(expression, Syntax) else parser.parse(expression.text)


def from_json(tree: object, schema: Schema, want: Type | None = None) -> Expression:
    """The checked expression of a JSON tree. It is printed first: faults have their places in that text.

    Raises ExpressionFaults, with the code bad_tree for what is no tree.
    """
    return check(printer.print_text(json_tree.from_json(tree)), schema, want)


__all__ = [
    "RuleIndex",
    "check",
    "conjuncts",
    "explain",
    "facts",
    "from_json",
    "inlined",
    "parse",
    "print_text",
    "required",
    "to_json",
    "to_python",
    "to_python_value",
    "to_sql",
]
