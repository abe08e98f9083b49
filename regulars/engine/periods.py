"""Days as numbers since 1970 and periods as running numbers, so that "the one before" is always one less. Local days of
the program's zone.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from regulars.program.contracts.values import Period, Span, Unit

EPOCH: Final = dt.date(1970, 1, 1).toordinal()
LETTERS: Final = {
    Period.ACTIVITY: "a",
    Period.DAY: "d",
    Period.WEEK: "w",
    Period.MONTH: "m",
    Period.QUARTER: "q",
    Period.HALF_YEAR: "h",
    Period.YEAR: "y",
    Period.EVER: "e",
}
"""One letter a period: keys in the state stay short."""


def number(day: dt.date) -> int:
    """Days since 1970: 2026-01-01 is 20454."""
    return day.toordinal() - EPOCH


def date(day_number: int) -> dt.date:
    """The date with this number."""
    return dt.date.fromordinal(day_number + EPOCH)


@lru_cache(maxsize=256)
def local_date(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The date that a calendar on the wall in `zone` shows at this moment. Kept, since a decision asks ten times for
    the day of the same moment.
    """
    return at.astimezone(zone).date()


@lru_cache(maxsize=4096)
def index(period: Period, day: dt.date) -> int:
    """Which one of its kind the period around `day` is; the next one has the next number."""
    match period:
        case Period.DAY | Period.ACTIVITY:
            return day.toordinal() - EPOCH
        case Period.WEEK:
            return (day.toordinal() - EPOCH + 3) // 7
        case Period.MONTH:
            return day.year * 12 + day.month - 1
        case Period.QUARTER:
            return day.year * 4 + (day.month - 1) // 3
        case Period.HALF_YEAR:
            return day.year * 2 + (day.month - 1) // 6
        case Period.YEAR:
            return day.year
        case Period.EVER:
            return 0


def first_day(period: Period, period_index: int) -> dt.date:
    """The day on which a period begins. Raises ValueError for `ever` and `activity`, which begin on no day."""
    match period:
        case Period.DAY:
            return date(period_index)
        case Period.WEEK:
            return date(period_index * 7 - 3)
        case Period.MONTH:
            return dt.date(period_index // 12, period_index % 12 + 1, 1)
        case Period.QUARTER:
            return dt.date(period_index // 4, period_index % 4 * 3 + 1, 1)
        case Period.HALF_YEAR:
            return dt.date(period_index // 2, period_index % 2 * 6 + 1, 1)
        case Period.YEAR:
            return dt.date(period_index, 1, 1)
        case Period.EVER | Period.ACTIVITY:
            raise ValueError(f"{period.value} begins on no day")


def sliding_days(span: Span) -> int:
    """How many local days a sliding window of a span has, today included.

    A window must have the same length every day, or its running sum could not be kept by taking off the days that left;
    so a month counts as a
    twelfth of 365 days (3 months: 91) and a year as 365.
    """
    match span.unit:
        case Unit.DAY:
            return span.count
        case Unit.WEEK:
            return span.count * 7
        case Unit.MONTH:
            return max(1, span.count * 365 // 12)
        case Unit.YEAR:
            return span.count * 365
        case Unit.HOUR | Unit.MINUTE:
            raise ValueError("hours and minutes are counted in finer buckets than days")
