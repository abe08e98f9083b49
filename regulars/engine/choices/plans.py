"""Choices of a release made ready: their options, how many, and the days of their periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regulars.engine import periods
from regulars.engine.making import Making
from regulars.engine.points import calendar
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.choices import Choice, DefaultKind
from regulars.program.contracts.values import Period, Span


class ChoicePlan:
    """One choice: what it offers and when it may be picked. Days are local days of the program."""

    __slots__ = (
        "_count",
        "_offered",
        "_unit",
        "_zone",
        "always_alike",
        "definition",
        "fee",
        "name",
        "options",
        "period",
        "records",
    )

    def __init__(self, definition: Choice, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.period = definition.period
        self._zone = made_from.zone
        places, expressions = made_from.places, made_from.expressions
        self._count, scale = expressions.formula(definition.pick, places.choice())
        self._unit = 10**scale
        self._offered: Callable[[Scope, str], bool] | None = None
        if definition.offered is not None:
            self._offered = expressions.condition(definition.offered, places.choice(option=True))
        program = made_from.program
        named = definition.options.list
        values = program.lists[named].values if named is not None else definition.options.values
        self.options: tuple[str, ...] = tuple(str(value) for value in values)
        self.records: tuple[str, str] | None = None
        """The attribute whose records are the options, and the field that tells them apart."""
        if definition.options.records is not None:
            self.records = (definition.options.records, program.attributes[definition.options.records].key or "")
        pick = expressions.checked(definition.pick, places.choice(), language.NUMBER)
        reads = bool(pick.fields) or pick.volatile
        self.always_alike = not reads and self._offered is None and self.records is None
        """Whether options and their number are the same for every member and day."""
        self.fee = {
            currency: fee.n * 10 ** program.currencies[currency].scale // fee.d
            for currency, fee in definition.change.fee.items()
        }
        """What a change costs, in the smallest unit of each currency."""

    @property
    def has_default(self) -> bool:
        """Whether something counts for whoever never picked."""
        return self.definition.default.kind in {DefaultKind.FIRST, DefaultKind.THESE}

    def existing(self, s: Scope) -> tuple[str, ...]:
        """Every option that there is, in the order of the definition."""
        if self.records is None:
            return self.options
        attribute, key = self.records
        found = (record.get(key) for record in s.member.attributes.get(attribute) or ())
        return tuple(dict.fromkeys(value for value in found if isinstance(value, str)))

    def offered(self, s: Scope) -> tuple[str, ...]:
        """The options that this member may pick."""
        options, holds = self.existing(s), self._offered
        return options if holds is None else tuple(option for option in options if holds(s, option))

    def count(self, s: Scope) -> int:
        """How many may be picked, before what effects add."""
        count: int = self._count(s) // self._unit
        return max(count, 0)

    def is_in_force(self, day: dt.date) -> bool:
        """Whether the definition is in force on a day."""
        start, end = self.definition.from_, self.definition.until
        return (start is None or day >= start) and (end is None or day < end)

    def index(self, day: dt.date) -> int:
        """Which period a day lies in."""
        return periods.index(self.period, day)

    def first_day(self, index: int) -> dt.date:
        """The day on which a period begins; the first of all days where it never ends."""
        return dt.date.min if self.period is Period.EVER else periods.first_day(self.period, index)

    def last_day(self, index: int) -> dt.date:
        """The last day of a period."""
        return dt.date.max if self.period is Period.EVER else self.first_day(index + 1) - calendar.ONE_DAY

    def start_ms(self, index: int) -> int:
        """The first moment of a period, in milliseconds since 1970."""
        return 0 if self.period is Period.EVER else self.moment_ms(self.first_day(index))

    def moment_ms(self, day: dt.date) -> int:
        """The first moment of a day, in milliseconds since 1970."""
        return round(calendar.first_instant(day, self._zone).timestamp() * 1000)

    def closes_on(self, index: int) -> dt.date:
        """The last day on which a first pick for a period is taken."""
        decide_by = self.definition.decide_by
        return self.last_day(index) if decide_by is None else self._nth(index, decide_by.day)

    def opens_on(self, index: int) -> dt.date:
        """The day on which picking for a period begins."""
        opens, decide_by = self.definition.opens, self.definition.decide_by
        if opens is None or self.period is Period.EVER:
            return self.first_day(index)
        if opens.before is not None:
            return calendar.add(self.first_day(index), Span(-opens.before.count, opens.before.unit))
        day = opens.day or 1
        own = decide_by is not None and day <= decide_by.day
        return self._nth(index if own else index - 1, day)

    def _nth(self, index: int, day: int) -> dt.date:
        # A day that a shorter period lacks is its last (L28).
        return min(self.first_day(index) + dt.timedelta(days=day - 1), self.last_day(index))


def plans(choices: Mapping[str, Choice], made_from: Making) -> tuple[ChoicePlan, ...]:
    """The choices of a release. Raises ExpressionFaults for one that was never checked."""
    return tuple(ChoicePlan(choice, made_from) for choice in choices.values())


def fitting(values: Sequence[str], offered: Sequence[str], count: int) -> list[str]:
    """What of some picks is offered, the first `count` of them."""
    return [value for value in dict.fromkeys(values) if value in offered][:count]


def defaults(plan: ChoicePlan, before: Sequence[str], offered: Sequence[str], count: int) -> list[str]:
    """What counts in a period for which nothing was picked; `before` counted until then."""
    default = plan.definition.default
    values: Any = {
        DefaultKind.LAST: before,
        DefaultKind.NONE: (),
        DefaultKind.FIRST: offered,
        DefaultKind.THESE: default.values,
    }[default.kind]
    return fitting(values, offered, count)
