"""The short texts of YAML for small values, read and printed: `12 months`, `previous calendar month`, `0.6`."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from typing import Final

from regulars.program.contracts.values import Period, Ratio, Span, Unit, Window, WindowKind

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_SPAN = re.compile(r"([0-9]{1,5}) +(minute|hour|day|week|month|year)s?")
_DECIMAL = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,9}))?")
_FRACTION = re.compile(r"([0-9]{1,15})/([0-9]{1,15})")
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2}) *- *([0-9]{1,2}:[0-9]{2})")


class NotUnderstood(ValueError):
    """The text is not one of the forms; the caller says which were expected."""


def span(text: str) -> Span:
    """`12 months`, `1 hour`. Raises NotUnderstood."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise NotUnderstood(text)
    return Span(int(found[1]), Unit(found[2]))


def life(text: str) -> Span:
    """How long points live: a span, or none: `0 days`, through the day on which they come, `0 months`, through
    that day, or the end of its month where ends are rounded up. Raises NotUnderstood."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or Unit(found[2]) in (Unit.MINUTE, Unit.HOUR):
        return span(text)
    return Span(int(found[1]), Unit(found[2]))


def print_span(value: Span) -> str:
    """The text that `span` reads."""
    return f"{value.count} {value.unit.value}{'' if value.count == 1 else 's'}"


def period(text: str) -> Period:
    """`day`, `calendar month`. Raises NotUnderstood."""
    try:
        return Period(text.strip())
    except ValueError:
        raise NotUnderstood(text) from None


def ratio(text: str) -> Ratio:
    """A decimal such as `0.6`, or a fraction `1/3` where no decimal is exact. Raises NotUnderstood."""
    found = _FRACTION.fullmatch(text.strip())
    if found is not None and int(found[2]) > 0:
        exact = Fraction(int(found[1]), int(found[2]))
    else:
        value, scale = decimal(text)
        exact = Fraction(value, 10**scale)
    return Ratio(exact.numerator, exact.denominator)


def exact(value: Fraction) -> Ratio:
    """A fraction as the value that definitions keep."""
    return Ratio(value.numerator, value.denominator)


def print_ratio(value: Ratio) -> str:
    """The text that `ratio` reads, as a decimal wherever one is exact."""
    denominator, places = value.d, 0
    while denominator % 10 == 0:
        denominator, places = denominator // 10, places + 1
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator, places = denominator // prime, places + 1
    if denominator != 1:
        return f"{value.n}/{value.d}"
    return print_decimal(value.n * 10**places // value.d, places)


def decimal(text: str) -> tuple[int, int]:
    """A decimal as a whole number and its scale: `50.00` is (5000, 2). Raises NotUnderstood."""
    found = _DECIMAL.fullmatch(text.strip())
    if found is None:
        raise NotUnderstood(text)
    places = found[3] or ""
    number = int(found[2] + places)
    return (-number if found[1] else number), len(places)


def scaled(text: str, scale: int) -> int:
    """A decimal as a whole number of 10^-scale units; more decimals than that are not understood."""
    number, places = decimal(text)
    if places > scale and number % 10 ** (places - scale):
        raise NotUnderstood(text)
    whole: int = number * 10 ** (scale - places) if places <= scale else number // 10 ** (places - scale)
    return whole


def print_decimal(value: int, scale: int) -> str:
    """The text that `scaled` reads, without trailing zeros beyond what is needed to be whole."""
    if scale <= 0:
        return str(value)
    whole, rest = divmod(abs(value), 10**scale)
    digits = f"{rest:0{scale}d}".rstrip("0")
    text = f"{whole}.{digits}" if digits else str(whole)
    return f"-{text}" if value < 0 else text


def window(text: str) -> Window:
    """`ever`, `45 days`, `calendar month`, `previous calendar month`, `since last visit`. Raises NotUnderstood."""
    text = " ".join(text.split())
    if text == "ever":
        return Window()
    if text == "tier year":
        return Window(kind=WindowKind.TIER_YEAR)
    if text.startswith("since last "):
        return Window(kind=WindowKind.SINCE, activity=text.removeprefix("since last "))
    if text.startswith("previous "):
        ended = period(text.removeprefix("previous "))
        if ended in {Period.EVER, Period.ACTIVITY}:
            raise NotUnderstood(text)
        return Window(kind=WindowKind.PREVIOUS, period=ended)
    if _SPAN.fullmatch(text):
        return Window(kind=WindowKind.SLIDING, span=span(text))
    this = period(text)
    if this is Period.ACTIVITY:
        raise NotUnderstood(text)
    return Window(kind=WindowKind.PERIOD, period=this)


def print_window(value: Window) -> str | dict[str, str]:
    """The text that `window` reads, or from and until."""
    match value:
        case Window(kind=WindowKind.SLIDING, span=Span() as length):
            return print_span(length)
        case Window(kind=WindowKind.PERIOD, period=Period() as this):
            return this.value
        case Window(kind=WindowKind.PREVIOUS, period=Period() as ended):
            return f"previous {ended.value}"
        case Window(kind=WindowKind.SINCE, activity=str() as name):
            return f"since last {name}"
        case Window(kind=WindowKind.TIER_YEAR):
            return "tier year"
        case Window(kind=WindowKind.BETWEEN):
            dates = {"from": value.from_, "until": value.until}
            return {name: date.isoformat() for name, date in dates.items() if date is not None}
        case _:
            return "ever"


def days(text: str) -> tuple[int, ...]:
    """`TU` or `SA-SU` as ISO weekdays; a range may go over Sunday. Raises NotUnderstood."""
    first, dash, last = text.strip().upper().partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise NotUnderstood(text)
    start = DAYS.index(first)
    length = (DAYS.index(last) - start) % 7 + 1 if dash else 1
    return tuple((start + step) % 7 + 1 for step in range(length))


def print_days(value: tuple[int, ...]) -> list[str]:
    """The texts that `days` reads, runs of three and more as ranges."""
    ordered, printed = sorted(set(value)), []
    while ordered:
        run = [ordered.pop(0)]
        while ordered and ordered[0] == run[-1] + 1:
            run.append(ordered.pop(0))
        if len(run) > 2:
            printed.append(f"{DAYS[run[0] - 1]}-{DAYS[run[-1] - 1]}")
        else:
            printed.extend(DAYS[day - 1] for day in run)
    return printed


def hours(text: str) -> tuple[dt.time, dt.time]:
    """`17:00-19:00`; `24:00` is the end of the day. Raises NotUnderstood."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise NotUnderstood(text)
    return time(found[1]), time("00:00" if found[2] == "24:00" else found[2])


def time(text: str) -> dt.time:
    """`7:05`. Raises NotUnderstood."""
    try:
        hour, minute = text.split(":")
        return dt.time(int(hour), int(minute))
    except ValueError:
        raise NotUnderstood(text) from None


def print_hours(value: tuple[dt.time, dt.time]) -> str:
    """The text that `hours` reads."""
    start, end = value
    return f"{start:%H:%M}-{'24:00' if end == dt.time() else f'{end:%H:%M}'}"


def date(text: str) -> dt.date:
    """`2026-01-31`. Raises NotUnderstood."""
    try:
        if len(text) != 10:
            raise NotUnderstood(text)
        return dt.date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood(text) from None


def moment(text: str) -> dt.datetime:
    """`2026-09-01T09:00`, a moment of the program's zone. Raises NotUnderstood."""
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotUnderstood(text) from None
    if found.tzinfo is not None or "T" not in text:
        raise NotUnderstood(text)
    return found


def month_day(text: str) -> tuple[int, int]:
    """`12-31`, a day of each year; 29 February is the 28th in common years. Raises NotUnderstood."""
    found = _MONTH_DAY.fullmatch(text.strip())
    if found is None:
        raise NotUnderstood(text)
    try:
        day = dt.date(2024, int(found[1]), int(found[2]))
    except ValueError:
        raise NotUnderstood(text) from None
    return day.month, day.day


def print_month_day(value: tuple[int, int]) -> str:
    """The text that `month_day` reads."""
    return f"{value[0]:02d}-{value[1]:02d}"
