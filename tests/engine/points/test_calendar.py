from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from regulars.engine.points import calendar
from regulars.program.contracts.definitions import Expiry, Pending, RoundUp
from regulars.program.contracts.values import Span, Unit
from tests.engine.points.books import utc

BUCHAREST = ZoneInfo("Europe/Bucharest")
MONTHS_12 = Span(12, Unit.MONTH)


def through(span: Span, day: dt.date, round_up: RoundUp | None = None) -> dt.date:
    noon = dt.datetime(day.year, day.month, day.day, 12, tzinfo=BUCHAREST).astimezone(dt.UTC)
    return calendar.span_end(span, since=noon, zone=BUCHAREST, round_up=round_up)[1]


@pytest.mark.parametrize(
    ("span", "start", "round_up", "last"),
    [
        (Span(1, Unit.MONTH), dt.date(2027, 1, 31), None, dt.date(2027, 2, 28)),
        (Span(1, Unit.YEAR), dt.date(2028, 2, 29), None, dt.date(2029, 2, 28)),
        (Span(0, Unit.DAY), dt.date(2027, 5, 4), None, dt.date(2027, 5, 4)),
        (Span(0, Unit.MONTH), dt.date(2027, 5, 4), RoundUp.MONTH, dt.date(2027, 5, 31)),
        (MONTHS_12, dt.date(2027, 3, 10), RoundUp.QUARTER, dt.date(2028, 3, 31)),
        (MONTHS_12, dt.date(2027, 3, 10), RoundUp.HALF_YEAR, dt.date(2028, 6, 30)),
        (MONTHS_12, dt.date(2027, 3, 10), RoundUp.YEAR, dt.date(2028, 12, 31)),
        (Span(2, Unit.WEEK), dt.date(2027, 3, 10), RoundUp.DAY, dt.date(2027, 3, 24)),
    ],
)
def test_L28_calendar(span: Span, start: dt.date, round_up: RoundUp | None, last: dt.date) -> None:
    assert through(span, start, round_up) == last


def test_L31_through_the_end_of_a_named_month() -> None:
    # Earned on 10 March 2026, good for a year: 10 March 2027 and on to the end of March, of June, of the next February.
    start = dt.date(2026, 3, 10)
    assert through(MONTHS_12, start, RoundUp.MARCH) == dt.date(2027, 3, 31)
    assert through(MONTHS_12, start, RoundUp.JUNE) == dt.date(2027, 6, 30)
    assert through(MONTHS_12, start, RoundUp.FEBRUARY) == dt.date(2028, 2, 29)
    # The last day of the month is in it; the first of the next waits a year.
    assert through(Span(0, Unit.DAY), dt.date(2026, 6, 30), RoundUp.JUNE) == dt.date(2026, 6, 30)
    assert through(Span(0, Unit.DAY), dt.date(2026, 7, 1), RoundUp.JUNE) == dt.date(2027, 6, 30)


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_has_its_name(month: int) -> None:
    name = dt.date(2027, month, 1).strftime("%B").lower()
    assert through(Span(0, Unit.DAY), dt.date(2027, month, 1), RoundUp(name)).month == month


def test_L29_through_a_day_ends_with_the_first_instant_of_the_next() -> None:
    assert calendar.after(dt.date(2027, 2, 28), BUCHAREST) == utc(2027, 2, 28, 22)


def test_L29_only_durations_in_hours_end_inside_a_day() -> None:
    assert calendar.span_end(Span(36, Unit.HOUR), since=utc(2027, 2, 1, 10), zone=BUCHAREST) == (
        utc(2027, 2, 2, 22),
        dt.date(2027, 2, 2),
    )


def test_L30_days_of_23_and_25_hours() -> None:
    short = calendar.after(dt.date(2026, 3, 29), BUCHAREST) - calendar.first_instant(dt.date(2026, 3, 29), BUCHAREST)
    long = calendar.after(dt.date(2026, 10, 25), BUCHAREST) - calendar.first_instant(dt.date(2026, 10, 25), BUCHAREST)
    assert (short, long) == (dt.timedelta(hours=23), dt.timedelta(hours=25))


def test_L30_missing_midnight_is_the_first_instant_after_the_gap() -> None:
    # Clocks in Beirut went from 00:00 to 01:00 on 2022-03-27, in Apia from the end of the 29th to the start of the 31st.
    assert calendar.first_instant(dt.date(2022, 3, 27), ZoneInfo("Asia/Beirut")) == utc(2022, 3, 26, 22)
    assert calendar.first_instant(dt.date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == utc(2011, 12, 30, 10)


def test_L30_a_midnight_that_comes_twice_begins_with_the_first() -> None:
    # Havana, 2026-11-01: 01:00 summer time (-4) goes back to 00:00 (-5).
    assert calendar.first_instant(dt.date(2026, 11, 1), ZoneInfo("America/Havana")) == utc(2026, 11, 1, 4)


def test_fixed_dates_end_with_the_next_of_them() -> None:
    dates = Expiry(dates=((6, 30), (12, 31)))
    noon = utc(2027, 6, 30, 10)
    assert calendar.expiry(dates, since=noon, zone=BUCHAREST, round_up=RoundUp.MONTH)[1] == dt.date(2027, 6, 30)
    later = utc(2027, 7, 1, 10)
    assert calendar.expiry(dates, since=later, zone=BUCHAREST, round_up=RoundUp.MONTH)[1] == dt.date(2027, 12, 31)


def test_29_february_is_the_28th_in_other_years() -> None:
    assert calendar.next_date(dt.date(2027, 1, 5), [(2, 29)], strictly=False) == dt.date(2027, 2, 28)
    assert calendar.next_date(dt.date(2028, 1, 5), [(2, 29)], strictly=False) == dt.date(2028, 2, 29)


def test_pending_days_begin_with_the_local_day() -> None:
    # 1 March 23:30 in Bucharest is 21:30 UTC; 14 days later the 15th begins at 22:00 UTC of the 14th.
    at = calendar.activation(Pending(span=Span(14, Unit.DAY)), since=utc(2027, 3, 1, 21, 30), zone=BUCHAREST)
    assert at == utc(2027, 3, 14, 22)


def test_pending_on_a_fixed_date_waits_for_the_next_one() -> None:
    first = Pending(dates=((1, 1), (7, 1)))
    assert calendar.activation(first, since=utc(2027, 7, 1, 9), zone=BUCHAREST) == utc(2027, 12, 31, 22)


def test_pending_until_an_event_has_no_moment() -> None:
    until = Pending(until="settled", within=Span(30, Unit.DAY))
    assert calendar.activation(until, since=utc(2027, 7, 1), zone=BUCHAREST) is None


@pytest.mark.parametrize("unit", [Unit.HOUR, Unit.MINUTE])
def test_clock_spans_do_not_make_days(unit: Unit) -> None:
    with pytest.raises(ValueError, match="do not make days"):
        calendar.add(dt.date(2027, 1, 1), Span(1, unit))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2024, 1, 31), 1, dt.date(2024, 2, 29)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2024, 3, 31), -1, dt.date(2024, 2, 29)),
        (dt.date(2023, 12, 15), 1, dt.date(2024, 1, 15)),
        (dt.date(2024, 1, 28), -1, dt.date(2023, 12, 28)),
        (dt.date(2023, 10, 31), 18, dt.date(2025, 4, 30)),
    ],
)
def test_months_keep_the_day_or_end_with_the_month(day: dt.date, months: int, expected: dt.date) -> None:
    assert calendar.add_months(day, months) == expected
