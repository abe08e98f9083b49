"""What compiled expressions call: the few steps that Python does not have as one operator. Empty never comes in."""

from __future__ import annotations

import heapq
import zoneinfo
from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

# The clock changes of the tzdata package, not of the machine: Debian's were older than PostgreSQL's, and at 03:30 on
# the last Sunday of March a member in Chișinău was in a segment in Python and not in SQL.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

# A shift by more than this is a slip of the pen; it counts as this much in both back ends.
SHIFT_DAYS = 36_600
SHIFT_MONTHS = 1_200


def divided(numerator: int, divisor: int) -> int:
    """Rounded half away from zero; by zero gives 0."""
    if divisor == 0:
        return 0
    if divisor < 0:
        numerator, divisor = -numerator, -divisor
    half = divisor >> 1
    return (numerator + half) // divisor if numerator >= 0 else -((half - numerator) // divisor)


def remainder(left: int, right: int) -> int:
    """What is left over, with the sign of the left side, as in CEL and SQL; by zero gives 0."""
    if right == 0:
        return 0
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def moved(moment: datetime, by: timedelta) -> datetime | None:
    """A moment moved by a period; empty beyond the years that a calendar has."""
    try:
        return moment + by
    except OverflowError:
        return None


def add_days(day: date, days: int) -> date | None:
    """The day so many days later; empty beyond the years that a calendar has."""
    try:
        return day + timedelta(days=max(-SHIFT_DAYS, min(SHIFT_DAYS, days)))
    except OverflowError:
        return None


def add_months(day: date, months: int) -> date | None:
    """The same day so many months later, or the last day of that month."""
    months = max(-SHIFT_MONTHS, min(SHIFT_MONTHS, months))
    if not MINYEAR <= day.year + (day.month - 1 + months) // 12 <= MAXYEAR:
        return None
    return day + relativedelta(months=months)


def years_to(start: date, end: date) -> int:
    """Full years from one day to another, negative where the other is earlier; 29 February has its anniversary on the
    28th in common years."""
    if end < start:
        # A day before it began nothing is a year old, and nobody is minus one.
        return -years_to(end, start)
    years = end.year - start.year
    return years - 1 if start + relativedelta(years=years) > end else years


def days_to_anniversary(day: date, today: date) -> int | None:
    """Days from today to the next anniversary, 0 on the day itself."""
    years = today.year - day.year
    anniversary = day + relativedelta(years=years)
    if anniversary < today:
        if today.year == MAXYEAR:
            return None
        anniversary = day + relativedelta(years=years + 1)
    return (anniversary - today).days


def largest(values: Iterable[Any], count: int) -> list[Any]:
    """The largest values, largest first."""
    return heapq.nlargest(count, values)


GLOBALS: dict[str, object] = {
    "__builtins__": {},
    "abs": abs,
    "add_days": add_days,
    "add_months": add_months,
    "days_to_anniversary": days_to_anniversary,
    "divided": divided,
    "largest": largest,
    "len": len,
    "max": max,
    "min": min,
    "moved": moved,
    "remainder": remainder,
    "sum": sum,
    "years_to": years_to,
}
