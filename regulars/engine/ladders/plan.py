"""A ladder made ready: its levels in their order, and which of them the numbers of a member reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from regulars.engine import periods
from regulars.engine.expressions import Function
from regulars.engine.ladders import years
from regulars.engine.making import Making
from regulars.engine.points import calendar
from regulars.language import contracts as language
from regulars.program.contracts.ladders import Downgrade, Ladder, OnReturn, Starts, YearKind, main
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.values import Ratio, Span

BELOW: Final = -1
"""The place of whoever stands below the first level."""


class Measure:
    """One formula of `qualify` (or the total of `lifetime`) and what each level asks of it, None where nothing."""

    __slots__ = ("name", "needs", "reads", "scale", "text", "value")

    def __init__(self, name: str, text: str, needs: Sequence[Ratio | None], made_from: Making) -> None:
        self.name = name
        self.text = text
        schema = made_from.places.ladder()
        self.value: Function
        self.value, self.scale = made_from.expressions.formula(text, schema)
        self.reads = made_from.expressions.checked(text, schema, language.NUMBER).fields
        unit = 10**self.scale
        # A level is reached with the first number that is not below what it asks for.
        self.needs = tuple(None if need is None else -(-need.n * unit // need.d) for need in needs)


class LadderPlan:
    """One ladder of a release."""

    __slots__ = (
        "_warns",
        "all",
        "at_once",
        "base",
        "definition",
        "drops",
        "drops_on_return",
        "is_main",
        "levels",
        "lifetime",
        "measures",
        "midway",
        "name",
        "places",
        "reads",
        "reads_balances",
        "renamed",
        "rolled",
        "waits_for_periods",
        "year",
    )

    def __init__(self, definition: Ladder, made_from: Making, midway: Midway | None) -> None:
        program = made_from.program
        levels, qualify = definition.levels, definition.qualify
        self.definition = definition
        self.name = definition.name
        self.is_main = main(program.program.main_ladder, program.ladders) == definition.name
        self.levels = tuple(levels)
        self.places = {level: place for place, level in enumerate(levels)}
        self.renamed = {old: level for level, one in levels.items() for old in one.was}
        self.year = definition.year
        self.midway = midway if midway is not None and midway.policy is not MidwayPolicy.KEEP else None
        """What becomes at once of whoever stands on it since before a release, where that does not leave them alone."""
        self.all = qualify.all_
        self.measures = tuple(
            Measure(name, text, [level.from_.get(name) for level in levels.values()], made_from)
            for name, text in qualify.formulas.items()
        )
        self.lifetime = (
            Measure("", definition.lifetime.total, [definition.lifetime.levels.get(one) for one in levels], made_from)
            if definition.lifetime is not None
            else None
        )
        self.reads = frozenset[str]().union(*(one.reads for one in self.measures))
        if self.lifetime is not None:
            self.reads |= self.lifetime.reads
        self.reads_balances = any(path.startswith("member.balances") for path in self.reads)
        first = next(iter(levels.values()), None)
        self.base = 0 if first is not None and not first.from_ else BELOW
        """Where everybody stands."""
        self.at_once = definition.starts is Starts.AT_ONCE
        self._warns: dict[int, int] = {}
        """By the end of a level when its members are warned: there are few ends, and every decision asks."""
        self.drops = definition.downgrade is not Downgrade.NEVER
        self.drops_on_return = definition.on_return is OnReturn.DROP
        self.rolled = self._rolled() if definition.rollover is not None else None
        """Which measure counts the currency whose surplus rolls over."""
        self.waits_for_periods = self.has_periods and (self.rolled is not None or not self.at_once)
        """Whether something happens on the first day of each period, whatever was reached."""

    def _rolled(self) -> Measure | None:
        return next((one for one in self.measures if one.name in {"", self.definition.rollover}), None)

    def is_in_force(self, day: dt.date) -> bool:
        """Whether the ladder exists on a day: nobody stands on one that has not begun or is over."""
        start, until = self.definition.from_, self.definition.until
        return (start is None or day >= start) and (until is None or day < until)

    def level(self, place: int) -> str | None:
        """The name of the level at a place; None below the first."""
        return self.levels[place] if place >= 0 else None

    def reached(self, s: Any) -> int:
        """The place of the highest level that the numbers in scope reach, those that are kept for ever with them."""
        numbers = [one.value(s) for one in self.measures]
        found = self.base
        for place in range(len(self.levels) - 1, self.base, -1):
            if self._holds(place, numbers):
                found = place
                break
        return found if self.lifetime is None else max(found, self.kept_for_ever(s))

    def kept_for_ever(self, s: Any) -> int:
        """The place of the highest level that the total of a lifetime keeps; `BELOW` without any."""
        if self.lifetime is None:
            return BELOW
        total = self.lifetime.value(s)
        held = (place for place, need in enumerate(self.lifetime.needs) if need is not None and total >= need)
        return max(held, default=BELOW)

    def _holds(self, place: int, numbers: Sequence[int]) -> bool:
        asked = [
            number >= need
            for one, number in zip(self.measures, numbers, strict=True)
            if (need := one.needs[place]) is not None
        ]
        # A level that asks for nothing is everybody's, whatever stands below it.
        return not asked or (all(asked) if self.all else any(asked))

    def period(self, day: dt.date, joined_on: dt.date) -> int:
        """Which period of the ladder a day lies in."""
        return years.index(self.year, joined_on, day)

    def period_begins(self, index: int, joined_on: dt.date) -> dt.date:
        """The first day of a period of the ladder."""
        return years.first_day(self.year, joined_on, index)

    @property
    def has_periods(self) -> bool:
        """Whether it has periods that begin on days known beforehand."""
        return years.has_periods(self.year)

    def ends(self, place: int, day: dt.date, joined_on: dt.date, *, more: int) -> int:
        """The number of the first day on which a level reached or kept on a day is valid no more; `more` are whole
        periods beyond the running one. 0: it has no end.
        """
        if place <= self.base or not self.drops:
            return 0
        span = self.definition.valid_until.span
        if span is not None:
            return periods.number(calendar.add(day, span))
        if self.has_periods:
            return periods.number(self.period_begins(self.period(day, joined_on) + 1 + more, joined_on))
        if self.year.kind is YearKind.ROLLING and self.year.span is not None:
            span = self.year.span
            return periods.number(calendar.add(day, Span(span.count * (1 + more), span.unit)))
        return 0

    def grace_ends(self, until: int) -> int:
        """The number of the day on which a level is lost that was no longer deserved on another."""
        grace = self.definition.grace
        return until if grace is None else periods.number(calendar.add(periods.date(until), grace))

    def warns(self, until: int) -> int | None:
        """The number of the day on which the world hears that a level may be lost."""
        warn = self.definition.warn
        if warn is None or not until:
            return None
        found = self._warns.get(until)
        if found is None:
            found = self._warns[until] = periods.number(calendar.add(periods.date(until), Span(-warn.count, warn.unit)))
        return found

    def lowered(self, place: int, deserved: int) -> int:
        """Where a review puts a member who stands higher than they deserve."""
        if self.definition.downgrade is Downgrade.REASSESS:
            return max(deserved, self.base)
        return max(place - 1, deserved, self.base)


def plans(ladders: Mapping[str, Ladder], made_from: Making, midway: Mapping[str, Midway]) -> tuple[LadderPlan, ...]:
    """The ladders of a release, in the order written; `midway` says what becomes of members in the middle."""
    return tuple(LadderPlan(ladder, made_from, midway.get(f"ladders.{name}")) for name, ladder in ladders.items())
