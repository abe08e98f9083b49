"""Expressions of one release, each checked once: what they read is needed when a release is compiled, their functions
only on the first hit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regulars.language import contracts as language
from regulars.language import service as rules

Function = Callable[..., Any]


class Expressions:
    """Checked expressions and their functions, by text and place."""

    __slots__ = ("_checked", "_functions")

    def __init__(self) -> None:
        self._checked: dict[tuple[str, int], tuple[language.Expression, language.Schema]] = {}
        self._functions: dict[tuple[str, int, bool], Function] = {}

    def checked(self, text: str, schema: language.Schema, want: language.Type | None) -> language.Expression:
        """The checked expression. Raises ExpressionFaults."""
        key = (text, id(schema))
        found = self._checked.get(key)
        if found is None:
            # The schema is kept beside its expression, so that its id stays its own.
            found = self._checked[key] = (rules.check(text, schema, want), schema)
        return found[0]

    def condition(self, text: str, schema: language.Schema) -> Function:
        """A condition as a function. Raises ExpressionFaults."""
        return self._function(text, schema, language.BOOL, value=False)

    def formula(self, text: str, schema: language.Schema) -> tuple[Function, int]:
        """A number as a function, and the decimals of what it gives. Raises ExpressionFaults."""
        expression = self.checked(text, schema, language.NUMBER)
        return self._function(text, schema, language.NUMBER, value=False), expression.scale

    def value(
        self, text: str, schema: language.Schema, want: language.Type | None = None
    ) -> tuple[Function, language.Type]:
        """Any value as a function that gives None for empty, and its type. Raises ExpressionFaults."""
        expression = self.checked(text, schema, want)
        return self._function(text, schema, want, value=True), expression.type

    def over_lines(
        self, value: str | None, line: language.Schema, basket: language.Schema, *, where: str | None = None
    ) -> Function:
        """What an expression about one line gives for each line where another holds, as one function of the scope: a
        walk inside it costs a fraction of a call a line. `basket` is the schema beside `line` without the line; without
        a `value` the lines themselves. Raises ExpressionFaults.
        """
        # A new line ends a comment, should a text end in one.
        matching = "basket.lines" if where is None else f"basket.lines.filter(line, {where}\n)"
        text = matching if value is None else f"{matching}.map(line, {value}\n)"
        try:
            return self.value(text, basket)[0]
        except language.ExpressionFaults:
            # Inside a walk it may be longer or deeper than one expression may be.
            return self._line_by_line(value, line, where)

    def _line_by_line(self, value: str | None, line: language.Schema, where: str | None) -> Function:
        holds = self.condition(where, line) if where is not None else _always
        give = self.value(value, line)[0] if value is not None else _itself
        return lambda s: [give(s, one) for one in s.basket.lines if holds(s, one)]

    def each_line(self, condition: str, line: language.Schema, basket: language.Schema) -> Callable[[Any], list[bool]]:
        """Whether a condition holds, for each line, as one function of the scope. Raises ExpressionFaults."""
        if self.checked(condition, line, language.BOOL).nullable:
            holds = self.condition(condition, line)
            return lambda s: [holds(s, one) for one in s.basket.lines]
        return self.over_lines(condition, line, basket)

    def _function(self, text: str, schema: language.Schema, want: language.Type | None, *, value: bool) -> Function:
        key = (text, id(schema), value)
        found = self._functions.get(key)
        if found is None:
            expression = self.checked(text, schema, want)
            make = rules.to_python_value if value else rules.to_python
            found = self._functions[key] = make(expression, schema)
        return found


def _always(s: Any, line: Any) -> bool:
    return True


def _itself(s: Any, line: Any) -> Any:
    return line
