"""The short forms of ladders in YAML, read and printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from regulars.program import words
from regulars.program.contracts.ladders import Level, Qualify, TierYear, ValidUntil, YearKind
from regulars.program.contracts.values import Period, Ratio, Text
from regulars.program.convert import MISSING, Converter
from regulars.program.emitter import Expression
from regulars.program.nodes import Mapping, Node, Scalar

_LONG: Final = frozenset({"from", "title", "benefits", "was"})
_CALENDAR: Final = (Period.MONTH, Period.QUARTER, Period.HALF_YEAR, Period.YEAR)
_YEARS: Final = "ever, calendar year, calendar quarter, calendar month, anniversary, rolling 12 months"
_ENDS: Final = {0: "end of period", 1: "end of next period"}


def readers(converter: Converter) -> dict[Any, Callable[[Node, str], Any]]:
    """How the values of ladders are read that are shorter in YAML than their Structs."""

    def qualify(node: Node, path: str) -> Any:
        if isinstance(node, Scalar):
            text = converter.scalar(node, str, path)
            return MISSING if text is MISSING else Qualify(formulas={"": text})
        modes = list(node.items) if isinstance(node, Mapping) else []
        if not isinstance(node, Mapping) or len(modes) != 1 or modes[0] not in {"any", "all"}:
            return converter.tell("qualify_form", node, path)
        formulas = converter.mapping(node.items[modes[0]], str, str, f"{path}.{modes[0]}")
        return MISSING if formulas is MISSING else Qualify(formulas=formulas, all_=modes[0] == "all")

    def level(node: Node, path: str) -> Any:
        if isinstance(node, Mapping) and _LONG & set(node.items):
            given = {}
            if "from" in node.items:
                converter.spots[f"{path}.from"] = node.items["from"]
                given["from_"] = thresholds(node.items["from"], f"{path}.from")
            return MISSING if MISSING in given.values() else converter.struct(node, Level, path, given=given)
        reached = thresholds(node, path)
        return MISSING if reached is MISSING else Level(from_=reached)

    def thresholds(node: Node, path: str) -> Any:
        if isinstance(node, Mapping):
            return converter.mapping(node, str, Ratio, path)
        number = converter.scalar(node, Ratio, path)
        return MISSING if number is MISSING else {"": number} if number.n else {}

    def year(node: Node, path: str) -> Any:
        return _read(converter, node, path, tier_year, _YEARS)

    def valid(node: Node, path: str) -> Any:
        return _read(converter, node, path, valid_until, "end of period, end of next period, 12 months")

    return {Qualify: qualify, Level: level, TierYear: year, ValidUntil: valid}


def _read(converter: Converter, node: Node, path: str, read: Callable[[str], Any], expected: str) -> Any:
    if not isinstance(node, Scalar):
        return converter.tell("expected_value", node, path, expected=expected)
    try:
        return read(" ".join(node.text.split()))
    except ValueError:
        return converter.tell("not_understood", node, path, found=node.text, expected=expected)


def tier_year(text: str) -> TierYear:
    """`ever`, `calendar year`, `anniversary`, `rolling 12 months`. Raises NotUnderstood."""
    if text in {YearKind.EVER, YearKind.ANNIVERSARY}:
        return TierYear(kind=YearKind(text))
    if text.startswith("rolling "):
        return TierYear(kind=YearKind.ROLLING, span=words.span(text.removeprefix("rolling ")))
    period = words.period(text)
    if period not in _CALENDAR:
        raise words.NotUnderstood(text)
    return TierYear(kind=YearKind.CALENDAR, period=period)


def print_year(value: TierYear) -> str:
    """The text that `tier_year` reads."""
    if value.period is not None:
        return value.period.value
    return f"rolling {words.print_span(value.span)}" if value.span is not None else value.kind.value


def valid_until(text: str) -> ValidUntil:
    """`end of period`, `end of next period`, `12 months`. Raises NotUnderstood."""
    for more, written in _ENDS.items():
        if text == written:
            return ValidUntil(periods=more)
    return ValidUntil(span=words.span(text))


def print_valid(value: ValidUntil) -> str:
    """The text that `valid_until` reads."""
    return words.print_span(value.span) if value.span is not None else _ENDS[value.periods]


def print_qualify(value: Qualify) -> Any:
    """One expression, or the named ones under `any` or `all`."""
    if set(value.formulas) == {""}:
        return Expression(value.formulas[""])
    return {"all" if value.all_ else "any": {name: Expression(text) for name, text in value.formulas.items()}}


def print_level(value: Level) -> Any:
    """What the level asks for; with its words, where it has any."""
    asked = _thresholds(value.from_)
    if value == Level(from_=value.from_):
        return asked
    written: dict[str, Any] = {"from": asked}
    if value.title != Text():
        written["title"] = _text(value.title)
    if value.benefits:
        written["benefits"] = [_text(one) for one in value.benefits]
    if value.was:
        written["was"] = list(value.was)
    return written


def _thresholds(asked: dict[str, Ratio]) -> Any:
    if not asked:
        return "0"
    if set(asked) == {""}:
        return words.print_ratio(asked[""])
    return {name: words.print_ratio(number) for name, number in asked.items()}


def _text(text: Text) -> dict[str, str]:
    return {name: getattr(text, name) for name in ("en", "ru", "ro") if getattr(text, name)}


PRINTERS: Final[dict[Any, Callable[[Any], Any]]] = {
    Qualify: print_qualify,
    Level: print_level,
    TierYear: print_year,
    ValidUntil: print_valid,
}
"""How the values of ladders are written that are shorter in YAML than their Structs."""
