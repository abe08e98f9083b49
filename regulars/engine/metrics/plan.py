"""A metric made ready: what it walks, how it adds up, where its numbers live."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

from regulars.engine import periods
from regulars.engine.expressions import Function
from regulars.engine.ladders import years
from regulars.engine.making import Making
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Measure, Metric, Over, Owner
from regulars.program.contracts.ladders import TierYear, YearKind
from regulars.program.contracts.values import Period, Unit, WindowKind

BY_MAX: Final = 50
_TEXT_MAX: Final = 20
KEY_OF_THE_REST: Final = "other"
"""Where the 51st key of a metric with `by` is counted."""


class Shape(Enum):
    """How a metric's numbers come together."""

    NUMBER = auto()
    BY_KEY = auto()
    ITEMS = auto()
    """A multiset: item to how often, so that a return can take one away."""
    MOMENTS = auto()
    """The newest or oldest few values with their moments."""
    STREAK = auto()


_SHORT: Final = frozenset({int, str, bool})
"""What is kept as it is."""
_SHAPES: Final = {
    Measure.SUM: Shape.NUMBER,
    Measure.COUNT: Shape.NUMBER,
    Measure.DISTINCT: Shape.ITEMS,
    Measure.MIN: Shape.ITEMS,
    Measure.MAX: Shape.ITEMS,
    Measure.FIRST: Shape.MOMENTS,
    Measure.LAST: Shape.MOMENTS,
    Measure.STREAK: Shape.STREAK,
}


NEW_YEAR: Final = dt.date(1970, 1, 1)
"""The day of joining of whoever has none: their years are those of the calendar."""
_ANNIVERSARY: Final = TierYear(kind=YearKind.ANNIVERSARY)


class MetricPlan:
    """One metric of a release. Expressions are compiled when the plan is made: every activity may touch every
    metric.
    """

    __slots__ = (
        "activity",
        "anniversary",
        "by",
        "counter",
        "dated",
        "days",
        "definition",
        "for_member",
        "freeze",
        "from_",
        "keeps",
        "kind",
        "measure",
        "minutes",
        "name",
        "over",
        "part",
        "per",
        "period",
        "plain",
        "rolls",
        "shape",
        "slides",
        "slot",
        "streak",
        "until",
        "value",
        "value_type",
        "where",
        "whole_days",
    )

    def __init__(self, definition: Metric, *, slot: int, made_from: Making) -> None:
        window = definition.window
        self.anniversary = False
        if window.kind is WindowKind.TIER_YEAR:
            year = years.year_of(made_from.program, definition)
            window = years.window(year)
            self.anniversary = year.kind is YearKind.ANNIVERSARY
        self.definition = definition
        self.name = definition.name
        self.slot = slot
        self.measure = definition.measure
        self.over = definition.over
        self.per = definition.per.value
        self.kind = window.kind
        self.period = window.period or Period.EVER
        self.from_ = window.from_
        self.until = window.until
        self.activity = window.activity
        self.streak = definition.streak or Period.WEEK
        self.freeze = definition.freeze
        self.minutes = 0
        self.days = 0
        if window.kind is WindowKind.SLIDING and window.span is not None:
            if window.span.unit in (Unit.MINUTE, Unit.HOUR):
                self.minutes = window.span.count * (60 if window.span.unit is Unit.HOUR else 1)
            else:
                self.days = periods.sliding_days(window.span)
        self.shape = _SHAPES[definition.measure]
        if definition.by is not None and self.shape is Shape.NUMBER:
            self.shape = Shape.BY_KEY
        self.for_member = definition.per is Owner.MEMBER
        self.counter = not self.for_member or self.minutes > 0
        summed = self.shape in {Shape.NUMBER, Shape.BY_KEY, Shape.ITEMS}
        self.rolls = window.kind in {WindowKind.PERIOD, WindowKind.PREVIOUS}
        """Whether its window begins anew with each period."""
        self.plain = self.shape is Shape.NUMBER and not self.rolls
        """Whether what stands under its slot is the number itself."""
        self.keeps = window.kind is WindowKind.PREVIOUS or definition.window.kind is WindowKind.TIER_YEAR
        """Whether the period before is kept beside the running one: for whoever reads that, for a review, and for what
        comes late."""
        self.dated = window.kind is WindowKind.BETWEEN
        """Whether a day of today may lie outside its window."""
        self.slides = self.days > 0 and not self.counter and summed
        """Whether a running sum is kept from which the days that leave the window are taken off."""
        self.whole_days = self.days if not self.counter and not summed else 0
        self.where, self.value, self.by = _functions(definition, made_from)
        """Of metrics over lines `where` stands inside the others: they give a list, of what each matching line has."""
        self.part: Callable[[Any, Any], Any] = _nothing
        """What an activity for which `where` holds adds to it; set by whoever makes all plans of a release
        (`contribution.made`).
        """
        self.value_type = made_from.places.metric_type(definition.name)

    @property
    def one_day(self) -> bool:
        """Whether it is what stands in the row of a day, of whichever."""
        of_a_day = self.days == 1 or (self.kind is WindowKind.PERIOD and self.period is Period.DAY)
        return of_a_day and self.shape is Shape.NUMBER and not self.counter

    @property
    def over_entries(self) -> bool:
        """Whether it counts entries of points, so that it moves after the rules have given them."""
        return self.over is Over.ENTRIES

    def index(self, day: dt.date, joined_on: dt.date = NEW_YEAR) -> int:
        """The running number of the period that its window means on a day, for a member who joined on another."""
        return years.anniversary_index(joined_on, day) if self.anniversary else periods.index(self.period, day)

    def first_day(self, index: int, joined_on: dt.date) -> dt.date:
        """The day on which that period begins."""
        if self.anniversary:
            return years.first_day(_ANNIVERSARY, joined_on, index)
        return periods.first_day(self.period, index)

    def holds_day(self, day: dt.date) -> bool:
        """Whether a day lies between the dates of a window that has them."""
        return (self.from_ is None or day >= self.from_) and (self.until is None or day < self.until)


Functions = tuple[Function | None, Function | None, Function | None]


def _functions(definition: Metric, made_from: Making) -> Functions:
    """(where, value, by) of a metric."""
    expressions, schema = made_from.expressions, made_from.places.metric(definition.over)
    where, value, by = definition.where, definition.value, definition.by
    if definition.over is not Over.LINES:
        return (
            expressions.condition(where, schema) if where is not None else None,
            expressions.value(value, schema)[0] if value is not None else None,
            expressions.value(by, schema, language.TEXT)[0] if by is not None else None,
        )
    basket = made_from.places.metric(Over.ACTIVITIES)
    return (
        None,
        expressions.over_lines(value, schema, basket, where=where),
        expressions.over_lines(by, schema, basket, where=where) if by is not None else None,
    )


def _nothing(scope: Any, entries: Any) -> None:
    return None


def item(value: Any) -> Any:
    """A value of a distinct count: a long text by its beginning and a hash, since only whether two are equal
    matters.
    """
    if isinstance(value, str) and len(value) > _TEXT_MAX:
        return value[:4] + hashlib.blake2b(value.encode(), digest_size=8).hexdigest()
    return stored(value)


def stored(value: Any) -> Any:
    """A value in a form that msgpack keeps and that is short: dates and moments as numbers."""
    if type(value) in _SHORT:
        return value
    if isinstance(value, dt.datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dt.date):
        return periods.number(value)
    return value


def restored(value: Any, kind: language.Type) -> Any:
    """A stored value as expressions read it."""
    if value is None:
        return None
    if kind == language.DATE:
        return periods.date(value)
    if kind == language.TIMESTAMP:
        return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
    return value
