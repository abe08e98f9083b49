"""Metrics: which measures are kept for whom over which windows, and what they may measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regulars.language import contracts as language
from regulars.language.contracts import Amount, ListOf, Record, Type
from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.checks.currencies import longer
from regulars.program.contracts.definitions import Measure, Metric, Over, Owner
from regulars.program.contracts.ladders import main
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Span, Unit, WindowKind
from regulars.program.faults import fault, unknown

KEPT: Final = (
    Owner.MEMBER,
    Owner.CARD,
    Owner.TILL,
    Owner.CASHIER,
    Owner.DEVICE,
    Owner.STORE,
    Owner.PARTNER,
    Owner.PROGRAM,
)
"""Whose metrics are always kept; those of households where the program has any."""
COUNTED: Final = frozenset((Measure.SUM, Measure.COUNT, Measure.DISTINCT, Measure.MIN, Measure.MAX))
"""Measures that counters of cards, tills, cashiers, devices, stores, partners and the program have: what is first, last
or in a row would need every single activity."""
COUNTER_WINDOWS: Final = frozenset(
    (WindowKind.EVER, WindowKind.SLIDING, WindowKind.PERIOD, WindowKind.PREVIOUS, WindowKind.BETWEEN)
)
"""Their windows: only a member has a tier year, and a last visit."""
SHORT: Final = frozenset((Unit.MINUTE, Unit.HOUR))
LONGEST: Final = {"long": Span(3, Unit.YEAR), "short": Span(7, Unit.DAY)}
STREAKS: Final = frozenset((Period.DAY, Period.WEEK, Period.MONTH, Period.QUARTER, Period.YEAR))


def check(context: Context) -> Iterator[Fault]:
    """Combinations that are kept, values of the right type, windows of a possible length."""
    for name, metric in context.program.metrics.items():
        path = f"metrics.{name}"
        yield from _combination(path, metric, context)
        yield from _window(path, metric, context)
        yield from _value(path, metric, context)


def _combination(path: str, metric: Metric, context: Context) -> Iterator[Fault]:
    if metric.per is Owner.HOUSEHOLD and not context.program.households:
        yield fault("metric_owner", f"{path}.per", per=metric.per.value, known=", ".join(KEPT))
        return
    shown: dict[str, Any] = {
        "measure": metric.measure.value,
        "over": metric.over.value,
        "window": words.print_window(metric.window),
        "per": metric.per.value,
    }
    if metric.per is not Owner.MEMBER:
        measures, windows = ", ".join(sorted(COUNTED)), ", ".join(sorted(COUNTER_WINDOWS))
        if metric.measure not in COUNTED:
            yield fault("metric_combination", path, known=measures, **shown)
        elif metric.window.kind not in COUNTER_WINDOWS:
            yield fault("metric_combination", f"{path}.window", known=windows, **shown)
    span = metric.window.span
    if metric.per is Owner.MEMBER and span is not None and span.unit in SHORT and metric.measure not in COUNTED:
        yield fault("metric_combination", f"{path}.window", known=", ".join(sorted(COUNTED)), **shown)
    if metric.measure is Measure.STREAK:
        if (
            metric.streak not in STREAKS
            or metric.window.kind is not WindowKind.EVER
            or metric.over is not Over.ACTIVITIES
        ):
            yield fault("streak_period", path)
    elif metric.freeze:
        yield fault("freeze_without_streak", f"{path}.freeze")
    if metric.freeze < 0:
        yield fault("not_positive", f"{path}.freeze")


def _window(path: str, metric: Metric, context: Context) -> Iterator[Fault]:
    window = metric.window
    if window.span is not None:
        longest = LONGEST["short" if window.span.unit in SHORT else "long"]
        if longer(window.span, longest):
            yield fault("window_too_long", f"{path}.window", most=words.print_span(longest))
    settings, ladders = context.program.program, context.program.ladders
    if metric.ladder is not None and metric.ladder not in ladders:
        yield unknown("ladder", f"{path}.ladder", name=metric.ladder, known=ladders)
    if window.kind is WindowKind.TIER_YEAR and metric.ladder is None and main(settings.main_ladder, ladders) is None:
        yield fault("tier_year_without_ladder", f"{path}.window")
    if metric.ladder is not None and window.kind is not WindowKind.TIER_YEAR:
        yield fault("ladder_without_tier_year", f"{path}.ladder")
    if window.activity is not None and window.activity not in context.program.activities:
        yield unknown("activity", f"{path}.window", name=window.activity, known=context.program.activities)
    if window.from_ is not None and window.until is not None and window.until <= window.from_:
        yield fault("dates_reversed", f"{path}.window", from_=window.from_, until=window.until)


def _value(path: str, metric: Metric, context: Context) -> Iterator[Fault]:
    value = context.expression(f"{path}.value")
    if value is not None and metric.measure is not Measure.SUM:
        ordered = value.type in {language.INT, language.DATE, language.TIMESTAMP} or isinstance(value.type, Amount)
        if metric.measure in {Measure.MIN, Measure.MAX} and not ordered:
            shown: dict[str, Any] = {"expected": "int, amount, date", "found": word(value.type)}
            yield fault("metric_value", f"{path}.value", measure=metric.measure.value, **shown)
        if isinstance(value.type, (ListOf, Record)):
            shown = {"expected": "text, int, amount, date", "found": word(value.type)}
            yield fault("metric_value", f"{path}.value", measure=metric.measure.value, **shown)
    if metric.by is None:
        return
    key = context.expression(f"{path}.by")
    possible = metric.measure in {Measure.SUM, Measure.COUNT}
    if not possible or (key is not None and key.type != language.TEXT):
        yield fault("metric_by", f"{path}.by")


def numeric(kind: Type) -> bool:
    """Whether it is a whole number or an amount."""
    return kind == language.INT or isinstance(kind, Amount)


def word(kind: Type) -> str:
    """A type as faults name it."""
    match kind:
        case Amount():
            return "amount"
        case ListOf():
            return "list"
        case Record():
            return "record"
        case _:
            return kind.code
