"""The time of a ladder: its periods, and what `tier year` means for metrics.

A period is a function of the date (and of the day of joining), so that nobody has to come by when one begins.
"""

from __future__ import annotations

import datetime as dt

from regulars.engine import periods
from regulars.engine.points import calendar
from regulars.program.contracts.definitions import Metric, Program
from regulars.program.contracts.ladders import TierYear, YearKind, main
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind


def year_of(program: Program, metric: Metric) -> TierYear:
    """The year that a metric with the window `tier year` counts in."""
    name = metric.ladder or main(program.program.main_ladder, program.ladders)
    ladder = program.ladders.get(name or "")
    return ladder.year if ladder is not None else TierYear()


def window(year: TierYear) -> Window:
    """What the window `tier year` is; for anniversaries a year whose first day is the member's own."""
    match year.kind:
        case YearKind.EVER:
            return Window()
        case YearKind.ROLLING:
            return Window(kind=WindowKind.SLIDING, span=year.span)
        case YearKind.CALENDAR:
            return Window(kind=WindowKind.PERIOD, period=year.period)
        case YearKind.ANNIVERSARY:
            return Window(kind=WindowKind.PERIOD, period=Period.YEAR)


def anniversary_index(joined_on: dt.date, day: dt.date) -> int:
    """Which of the member's years a day lies in: the calendar year in which it began."""
    return day.year - (day < _anniversary(joined_on, day.year))


def first_day(year: TierYear, joined_on: dt.date, index: int) -> dt.date:
    """The first day of a period. Raises ValueError for years that have none."""
    if year.kind is YearKind.ANNIVERSARY:
        return _anniversary(joined_on, index)
    if year.period is None:
        raise ValueError("this year has no periods")
    return periods.first_day(year.period, index)


def index(year: TierYear, joined_on: dt.date, day: dt.date) -> int:
    """The running number of the period that a day lies in; 0 for years that have none."""
    if year.kind is YearKind.ANNIVERSARY:
        return anniversary_index(joined_on, day)
    return periods.index(year.period, day) if year.period is not None else 0


def has_periods(year: TierYear) -> bool:
    """Whether everybody, or each member, has periods that begin on days known beforehand."""
    return year.kind in {YearKind.CALENDAR, YearKind.ANNIVERSARY}


def _anniversary(joined_on: dt.date, year: int) -> dt.date:
    return calendar.add(joined_on, Span(12 * (year - joined_on.year), Unit.MONTH))
