"""Small values that definitions are made of: ratios, spans of time, windows, schedules, texts."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec


class Ratio(msgspec.Struct, frozen=True, order=False):
    """An exact fraction `n / d`, d > 0; YAML writes it as a decimal (`0.6`)."""

    n: int
    d: int = 1


class Unit(StrEnum):
    """A unit of a span of time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Span(msgspec.Struct, frozen=True):
    """A length of time as a person says it: `12 months`, `30 days`, `1 hour`."""

    count: int
    unit: Unit


class Period(StrEnum):
    """A stretch of the calendar, in the program's zone; a week is ISO, from Monday."""

    ACTIVITY = "activity"
    DAY = "day"
    WEEK = "week"
    MONTH = "calendar month"
    QUARTER = "calendar quarter"
    HALF_YEAR = "calendar half-year"
    YEAR = "calendar year"
    EVER = "ever"


class WindowKind(StrEnum):
    """How a metric's window moves."""

    EVER = "ever"
    SLIDING = "sliding"
    PERIOD = "period"
    PREVIOUS = "previous"
    BETWEEN = "between"
    SINCE = "since"
    TIER_YEAR = "tier year"


class Window(msgspec.Struct, frozen=True):
    """What part of the past a metric looks at.

    `span` for sliding windows (`45 days`, `1 hour`: the last N days are local days of the program, today included),
    `period` for this or the previous period (`calendar month`, `previous calendar month`), `from_`/`until` (half-open,
    local dates) for `between`, `activity` for `since last <activity type>`.
    """

    kind: WindowKind = WindowKind.EVER
    span: Span | None = None
    period: Period | None = None
    from_: dt.date | None = None
    until: dt.date | None = None
    activity: str | None = None


class Text(msgspec.Struct, frozen=True):
    """A text that a person reads, in each language of the program."""

    en: str = ""
    ru: str = ""
    ro: str = ""


class Schedule(msgspec.Struct, frozen=True):
    """When a rule is awake: ISO weekdays (1 is Monday; empty: all), local hours `[from, until)`, dates `[from, until)`.

    `zone` is `store` (the store's zone, the program's where there is no store), `program`, or an IANA name. An hour
    span whose end is not after its start goes over midnight and belongs to the day on which it began.
    """

    days: tuple[int, ...] = ()
    hours: tuple[tuple[dt.time, dt.time], ...] = ()
    zone: str = "store"
    from_: dt.date | None = None
    until: dt.date | None = None


class Share(msgspec.Struct, frozen=True):
    """Who pays which part of a cost; the shares of one effect add up to 1."""

    by: str
    share: Ratio


Fields = dict[str, str]


class Rollback(StrEnum):
    """What a return does to a price that a discount made (LEDGER L78)."""

    KEEP = "keep"
    """Each unit comes back at what was paid for it."""
    RECALCULATE = "recalculate"
    """What is left is priced anew as if only it had been bought; the refund is the difference, never below 0."""
