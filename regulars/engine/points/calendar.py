"""Days, ends of days and the moments that follow from them. A day is a local date and a zone; a moment is aware UTC;
every end is half-open."""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.program.contracts.definitions import Expiry, Pending, RoundUp
from regulars.program.contracts.values import Span, Unit

ONE_DAY = dt.timedelta(days=1)
_SHORTEST_MONTH = 28
_MONTHS_IN = {RoundUp.MONTH: 1, RoundUp.QUARTER: 3, RoundUp.HALF_YEAR: 6, RoundUp.YEAR: 12}
_NAMED = {
    RoundUp.JANUARY: 1,
    RoundUp.FEBRUARY: 2,
    RoundUp.MARCH: 3,
    RoundUp.APRIL: 4,
    RoundUp.MAY: 5,
    RoundUp.JUNE: 6,
    RoundUp.JULY: 7,
    RoundUp.AUGUST: 8,
    RoundUp.SEPTEMBER: 9,
    RoundUp.OCTOBER: 10,
    RoundUp.NOVEMBER: 11,
    RoundUp.DECEMBER: 12,
}


@lru_cache(maxsize=8192)
def first_instant(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment (UTC) at which a local day begins: midnight, or where a clock change leaves midnight out, the first
    moment after the gap."""
    midnight = dt.datetime.combine(day, dt.time.min)
    before = midnight.replace(tzinfo=zone).astimezone(dt.UTC)
    if before.astimezone(zone).replace(tzinfo=None) == midnight:
        return before
    # zoneinfo answers a time that does not exist with the offset before the gap; the gap ends between the two answers.
    early = midnight.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    low, high = int(early.timestamp()), int(before.timestamp())
    while low < high:
        middle = (low + high) // 2
        shown = dt.datetime.fromtimestamp(middle, dt.UTC).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if shown >= midnight else (middle + 1, high)
    return dt.datetime.fromtimestamp(low, dt.UTC)


def after(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The end of what lives *through* `day`: the first moment of the next local day (L29)."""
    return first_instant(day + ONE_DAY, zone)


def add(day: dt.date, span: Span) -> dt.date:
    """`day` and a span of whole days, weeks, months or years later; a day that the month lacks becomes its last
    (L28). Raises ValueError."""
    match span.unit:
        case Unit.DAY:
            return day + dt.timedelta(days=span.count)
        case Unit.WEEK:
            return day + dt.timedelta(weeks=span.count)
        case Unit.MONTH:
            return add_months(day, span.count)
        case Unit.YEAR:
            return add_months(day, span.count * 12)
        case Unit.HOUR | Unit.MINUTE:
            raise ValueError("hours and minutes do not make days")


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later (earlier, if < 0), or the last day of that month. Raises ValueError."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= _SHORTEST_MONTH:
        return dt.date(year, month + 1, day.day)
    return dt.date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def is_clock_time(span: Span) -> bool:
    """Whether a span is counted on the clock, so that it may end inside a day."""
    return span.unit in (Unit.HOUR, Unit.MINUTE)


def on_the_clock(span: Span) -> dt.timedelta:
    """The length of a span of minutes, hours, days or weeks where the calendar does not matter (holds). Raises
    ValueError."""
    match span.unit:
        case Unit.MINUTE:
            return dt.timedelta(minutes=span.count)
        case Unit.HOUR:
            return dt.timedelta(hours=span.count)
        case Unit.DAY:
            return dt.timedelta(days=span.count)
        case Unit.WEEK:
            return dt.timedelta(weeks=span.count)
        case Unit.MONTH | Unit.YEAR:
            raise ValueError("months and years have no fixed length")


def last_day(day: dt.date, round_up: RoundUp | None) -> dt.date:
    """The last day of the month, quarter, half-year or year that `day` is in, or of the next month of a name (the one
    that `day` is in counts); the day itself for a day or none."""
    if round_up in _NAMED:
        month = _NAMED[round_up]
        year = day.year + (month < day.month)
        return dt.date(year, month, gregorian.monthrange(year, month)[1])
    months = _MONTHS_IN.get(round_up) if round_up else None
    if months is None:
        return day
    month = (day.month - 1) // months * months + months
    return dt.date(day.year, month, gregorian.monthrange(day.year, month)[1])


def next_date(day: dt.date, dates: Iterable[tuple[int, int]], *, strictly: bool) -> dt.date:
    """The next of some (month, day) of every year, `day` itself only if not `strictly`; 29 February is the 28th in
    other years."""
    choices = list(dates)
    for year in range(day.year, day.year + 3):
        for month, number in sorted(choices):
            found = dt.date(year, month, min(number, gregorian.monthrange(year, month)[1]))
            if found > day or (found == day and not strictly):
                return found
    raise ValueError("no dates to choose from")


def span_end(
    span: Span, *, since: dt.datetime, zone: ZoneInfo, round_up: RoundUp | None = None
) -> tuple[dt.datetime, dt.date]:
    """When something that lasts `span` from `since` ends, and the last local day of it.

    Spans of hours and minutes end on the clock and are never rounded up; all others live through a whole day (L28,
    L29).
    """
    if is_clock_time(span):
        end = since + on_the_clock(span)
        return end, periods.local_date(end - dt.timedelta(microseconds=1), zone)
    return _day_end(span, periods.local_date(since, zone), zone, round_up)


@lru_cache(maxsize=8192)
def _day_end(span: Span, day: dt.date, zone: ZoneInfo, round_up: RoundUp | None) -> tuple[dt.datetime, dt.date]:
    through = last_day(add(day, span), round_up)
    return after(through, zone), through


def expiry(
    policy: Expiry, *, since: dt.datetime, zone: ZoneInfo, round_up: RoundUp | None
) -> tuple[dt.datetime | None, dt.date | None]:
    """When a lot that counts from `since` ends and the last local day of its life; (None, None) if nothing but
    inactivity ends it."""
    if policy.span is not None:
        return span_end(policy.span, since=since, zone=zone, round_up=round_up)
    if policy.dates:
        through = next_date(periods.local_date(since, zone), policy.dates, strictly=False)
        return after(through, zone), through
    return None, None


def activation(policy: Pending, *, since: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """When points earned at `since` become active; None if they wait for an event. Days and dates begin with the
    local day."""
    if policy.until is not None:
        return None
    if policy.span is not None:
        if is_clock_time(policy.span):
            return since + on_the_clock(policy.span)
        if policy.span.count == 0:
            return since
        return first_instant(add(periods.local_date(since, zone), policy.span), zone)
    if policy.dates:
        return first_instant(next_date(periods.local_date(since, zone), policy.dates, strictly=True), zone)
    return since
