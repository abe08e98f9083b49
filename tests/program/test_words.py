"""The short texts of YAML: what each means, what is refused, and that printing one reads back."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.program import words
from regulars.program.contracts.values import Period, Ratio, Span, Unit, Window, WindowKind


def test_spans() -> None:
    assert words.span("12 months") == Span(12, Unit.MONTH)
    assert words.span("1 hour") == Span(1, Unit.HOUR)
    assert words.print_span(Span(1, Unit.DAY)) == "1 day"


@pytest.mark.parametrize(
    "text", ["12", "months", "0 days", "-1 days", "1.5 days", "1 fortnight", "1 dayss", "100000 days"]
)
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(words.NotUnderstood):
        words.span(text)


def test_windows() -> None:
    assert words.window("ever") == Window()
    assert words.window("45 days") == Window(kind=WindowKind.SLIDING, span=Span(45, Unit.DAY))
    assert words.window("day") == Window(kind=WindowKind.PERIOD, period=Period.DAY)
    assert words.window("calendar  month") == Window(kind=WindowKind.PERIOD, period=Period.MONTH)
    assert words.window("previous calendar month") == Window(kind=WindowKind.PREVIOUS, period=Period.MONTH)
    assert words.window("since last visit") == Window(kind=WindowKind.SINCE, activity="visit")


@pytest.mark.parametrize("text", ["tier month", "month", "previous ever", "activity", "last month", ""])
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(words.NotUnderstood):
        words.window(text)


def test_ratios_are_exact() -> None:
    assert words.ratio("0.6") == Ratio(3, 5)
    assert words.ratio("1/3") == Ratio(1, 3)
    assert words.ratio("0.008") == Ratio(1, 125)
    assert words.print_ratio(Ratio(1, 125)) == "0.008"
    assert words.print_ratio(Ratio(3, 2)) == "1.5"
    assert words.print_ratio(Ratio(1, 3)) == "1/3"
    assert words.print_ratio(Ratio(2)) == "2"


@pytest.mark.parametrize("text", ["1e3", ".5", "5.", "0x1", "nan", "1/0", "", "1 000", "١"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(words.NotUnderstood):
        words.ratio(text)


def test_whole_units_become_smallest_ones() -> None:
    assert words.scaled("50.00", 2) == 5000
    assert words.scaled("50", 2) == 5000
    assert words.scaled("7.500", 1) == 75
    with pytest.raises(words.NotUnderstood):
        words.scaled("0.001", 2)
    assert words.print_decimal(5000, 2) == "50"
    assert words.print_decimal(-5, 2) == "-0.05"


def test_days_and_hours() -> None:
    assert words.days("TU") == (2,)
    assert words.days("FR-MO") == (5, 6, 7, 1)
    assert words.print_days((1, 2, 3, 5, 7)) == ["MO-WE", "FR", "SU"]
    assert words.hours("7:00-19:30") == (dt.time(7), dt.time(19, 30))
    assert words.hours("22:00-24:00") == (dt.time(22), dt.time(0))
    assert words.print_hours((dt.time(22), dt.time(0))) == "22:00-24:00"
    for wrong in ("25:00-26:00", "7-9", "17:60-18:00", "TU-XX"):
        with pytest.raises(words.NotUnderstood):
            words.hours(wrong) if wrong[0].isdigit() else words.days(wrong)


def test_days_of_the_year() -> None:
    assert words.month_day("12-31") == (12, 31)
    assert words.month_day("02-29") == (2, 29)
    assert words.print_month_day((2, 3)) == "02-03"
    for wrong in ("02-30", "13-01", "1-1"):
        with pytest.raises(words.NotUnderstood):
            words.month_day(wrong)
    for wrong in ("2026-02-30", "20260131", "2026-1-1"):
        with pytest.raises(words.NotUnderstood):
            words.date(wrong)


@given(st.integers(-(10**12), 10**12), st.sampled_from([1, 2, 3, 4, 5, 8, 10, 125, 1000, 7]))
def test_a_ratio_reads_back(numerator: int, denominator: int) -> None:
    value = words.exact(Fraction(abs(numerator), denominator))
    assert words.ratio(words.print_ratio(value)) == value


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_a_decimal_reads_back(value: int, scale: int) -> None:
    assert words.scaled(words.print_decimal(value, scale), scale) == value


@given(st.sets(st.integers(1, 7), min_size=1))
def test_days_read_back(days: set[int]) -> None:
    printed = words.print_days(tuple(days))
    assert {day for text in printed for day in words.days(text)} == days
