"""Boards and draws of a release made ready."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from dateutil.relativedelta import relativedelta

from regulars.engine import caps, periods
from regulars.engine.contracts.known import CounterRange, CounterValue
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.metrics import counters
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.boards import Board, Draw, Drawn
from regulars.program.contracts.definitions import Rule
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.ranks import Ranks, ranks
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Ratio, Span, Unit

_LENGTHS: Final = {
    Unit.DAY: relativedelta(days=1),
    Unit.WEEK: relativedelta(weeks=1),
    Unit.MONTH: relativedelta(months=1),
    Unit.YEAR: relativedelta(years=1),
}
_FAR: Final = 1_000_000
"""Rules of the program are numbered from 0; what gives prizes like a rule has numbers of its own."""


class Audience:
    """Who may take part: all, a segment, or those for whom a condition holds."""

    __slots__ = ("_condition", "_segment")

    def __init__(self, text: str | None, made_from: Making) -> None:
        self._segment = None if text is None else segment_named(text)
        self._condition: Function | None = None
        if text is not None and self._segment is None:
            self._condition = made_from.expressions.condition(text, made_from.places.segment())

    def has(self, s: Scope) -> bool:
        """Whether the member belongs to it."""
        if self._segment is not None:
            return self._segment in s.member.segments
        return self._condition is None or bool(self._condition(s))


class BoardPlan:
    """One board."""

    __slots__ = ("audience", "definition", "metric", "name", "prizes", "within")

    def __init__(self, definition: Board, *, metric: MetricPlan | None, number: int, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.metric = metric
        self.audience = Audience(definition.audience, made_from)
        self.within: Function | None = None
        if definition.within is not None:
            self.within = made_from.expressions.value(definition.within, made_from.places.segment(), language.TEXT)[0]
        self.prizes: list[tuple[Ranks, RulePlan]] = []
        for place, (key, effects) in enumerate(definition.prizes.items()):
            found = ranks(key)
            if found is not None:
                self.prizes.append(
                    (found, _rule(f"boards.{self.name}", "board.closed", effects, number, place, made_from))
                )

    def cycle(self, day: dt.date) -> int:
        """The number of the cycle around a day; the next one has the next number."""
        return periods.index(self.definition.cycle, day)

    def runs(self, day: dt.date) -> bool:
        """Whether the board is open on a day."""
        return runs(self.definition, day)

    def prize(self, rank: int, of: int) -> RulePlan | None:
        """What a rank among `of` gets."""
        return next((rule for wanted, rule in self.prizes if wanted.holds(rank, of)), None)


class PrizePlan:
    """One prize of a draw."""

    __slots__ = ("at_most", "name", "odds", "rule")

    def __init__(self, name: str, *, odds: Ratio | None, at_most: Mapping[Period, int], rule: RulePlan) -> None:
        self.name = name
        self.odds = odds
        self.at_most = at_most
        self.rule = rule


class DrawPlan:
    """One draw."""

    __slots__ = ("at_end", "audience", "definition", "metric", "name", "odds", "otherwise", "periods", "prizes")

    def __init__(self, definition: Draw, *, number: int, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.metric = f"draws.{definition.name}"
        """How its prizes are counted among the numbers that are nobody's own."""
        self.audience = Audience(definition.audience, made_from)
        self.at_end = definition.drawn is Drawn.AT_END
        self.prizes = {
            name: PrizePlan(
                name,
                odds=prize.odds,
                at_most=prize.at_most,
                rule=_rule(self.metric, "draw.played", prize.effects, number, place, made_from),
            )
            for place, (name, prize) in enumerate(definition.prizes.items(), 1)
        }
        self.odds = tuple((one.name, one.odds) for one in self.prizes.values() if one.odds is not None)
        self.otherwise = (
            _rule(self.metric, "draw.played", definition.otherwise, number, 0, made_from)
            if definition.otherwise
            else None
        )
        limited = [definition.at_most, *(one.at_most for one in self.prizes.values())]
        self.periods = tuple(dict.fromkeys(period for most in limited for period in most))
        """Over what all members' prizes are counted."""

    def cycle(self, day: dt.date) -> int:
        """The number of the cycle around a day."""
        return periods.index(self.definition.cycle, day)

    def runs(self, day: dt.date) -> bool:
        """Whether it may be played on a day."""
        return runs(self.definition, day)

    def items(self, prize: str) -> list[tuple[str, Period, int]]:
        """What limits a prize: the item of the counter, its period, and the most."""
        mine = [(item(prize, period), period, most) for period, most in self.prizes[prize].at_most.items()]
        return mine + [(item("", period), period, most) for period, most in self.definition.at_most.items()]

    def ranges(self, day: dt.date) -> tuple[CounterRange, ...]:
        """The counters that say how much is left on a day."""
        buckets = [bucket(period, day) for period in self.periods]
        return tuple(CounterRange(self.metric, counters.PROGRAM, name, name) for name in dict.fromkeys(buckets))

    def used(self, values: Iterable[CounterValue], day: dt.date) -> dict[str, int]:
        """How often prizes were won, by item, in the periods around a day."""
        # The first of a month is a bucket of the day and of the month: the item says which of them it counts.
        wanted = {(bucket(period, day), periods.LETTERS[period]) for period in self.periods}
        return {
            one.item: one.value
            for one in values
            if one.key.metric == self.metric and (one.key.bucket, one.item.partition("/")[0]) in wanted
        }


def item(prize: str, period: Period) -> str:
    """The item under which a prize (or, empty, all of them) is counted in a period."""
    return f"{periods.LETTERS[period]}/{prize}"


def bucket(period: Period, day: dt.date) -> str:
    """The bucket of a period around a day."""
    if period is Period.EVER:
        return counters.EVER
    return periods.first_day(period, periods.index(period, day)).isoformat()


def runs(definition: Board | Draw, day: dt.date) -> bool:
    """Whether a day lies within the dates of a definition."""
    begun = definition.from_ is None or definition.from_ <= day
    return begun and (definition.until is None or day < definition.until)


def _rule(
    name: str, event: str, effects: tuple[AnyEffect, ...], number: int, place: int, made_from: Making
) -> RulePlan:
    rule = Rule(name=name, trigger=OnEvent(event=event), effects=effects)
    return RulePlan(rule, number=_FAR + number * 1000 + place, made_from=made_from)


def boards(
    definitions: Mapping[str, Board], metrics: Mapping[str, MetricPlan], made_from: Making
) -> dict[str, BoardPlan]:
    """The boards of a release."""
    return {
        name: BoardPlan(
            board, metric=None if board.metric is None else metrics[board.metric], number=number, made_from=made_from
        )
        for number, (name, board) in enumerate(definitions.items())
    }


def draws(definitions: Mapping[str, Draw], made_from: Making) -> dict[str, DrawPlan]:
    """The draws of a release."""
    return {
        name: DrawPlan(draw, number=number, made_from=made_from)
        for number, (name, draw) in enumerate(definitions.items(), 1_000)
    }


def guarded(plans: Mapping[str, DrawPlan]) -> frozenset[str]:
    """Draws whose prizes may run out: nobody wins one that somebody else wins at the same time."""
    return frozenset(plan.metric for plan in plans.values() if plan.periods)


def cycle_of(period: Period, day: dt.date) -> int:
    """The number of the cycle around a day."""
    return periods.index(period, day)


def cycle_end(period: Period, cycle: int) -> dt.date:
    """The first day after a cycle. Raises ValueError for `ever`."""
    return periods.first_day(period, cycle + 1)


def days_after(day: dt.date, span: Span | None) -> dt.date:
    """The day on which a span after another is over; hours and minutes are rounded up to a day."""
    if span is None:
        return day
    if span.unit in {Unit.HOUR, Unit.MINUTE}:
        return day + dt.timedelta(days=1)
    return day + _LENGTHS[span.unit] * span.count


def plays_left(
    plans: Mapping[str, DrawPlan], used: Mapping[str, list[int]], day: dt.date
) -> dict[str, dict[Period, int]]:
    """By draw, how often a member may still play in each of its periods."""
    counted = dict(used)
    return {
        name: {
            period: max(most - caps.used(counted, f"{plan.metric}#", period, day), 0)
            for period, most in plan.definition.plays.items()
        }
        for name, plan in plans.items()
        if plan.runs(day)
    }
