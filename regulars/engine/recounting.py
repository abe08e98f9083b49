"""Metrics counted again from what was recorded: all of a member's, where a return cannot lower one by itself, and those
that a release keeps and the one before it did not (the gap between two releases).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from regulars.engine import counting, judging, lines, moving, periods, recording, remaining
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.known import DayRow, Known
from regulars.engine.contracts.points import EntryKind
from regulars.engine.contracts.view import Past, Rebuilt
from regulars.engine.metrics import contribution, streaks
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.days import Day, Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.points.purse import HOUSE
from regulars.engine.recording import Recorded
from regulars.engine.scope import EntryScope, LineScope, MemberScope, Scope
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.triggers import OnPeriod

Gave = dict[int, dict[int, int]]


class Gap:
    """What a release keeps of members that another did not: metrics that it counts, and days that its segments watch.

    `metrics` are the names of those that `under` never counted, or counted otherwise; none for an account that nobody
    knows the release of means all.
    """

    __slots__ = ("_by_type", "compiled", "counts_entries", "metrics", "plans")

    def __init__(self, compiled: Compiled, under: Compiled | None) -> None:
        kept = frozenset() if under is None else frozenset(plan.slot for plan in under.member_metrics)
        watched: frozenset[int] = frozenset()
        if under is not None and under.watched_days >= compiled.watched_days:
            watched = under.watched_slots
        self.compiled = compiled
        self.metrics = tuple(plan.name for plan in compiled.member_metrics if plan.slot not in kept)
        self.plans = tuple(
            plan
            for plan in compiled.member_metrics
            if plan.slot not in kept or plan.slot in compiled.watched_slots - watched
        )
        self._by_type: dict[str, _Wanted] = {}
        self.counts_entries = any(plan.over_entries for plan in self.plans)
        """Whether some of it counts points, which any activity may move."""

    def of_type(self, name: str) -> _Wanted:
        """What of the gap an activity of this type touches."""
        found = self._by_type.get(name)
        if found is None:
            found = self._by_type[name] = _Wanted(self.compiled, name, frozenset(plan.slot for plan in self.plans))
        return found


class _Wanted:
    """Of some metrics those that a type of activity touches."""

    __slots__ = ("activity_metrics", "entry_metrics", "reset_by")

    def __init__(self, compiled: Compiled, name: str, slots: frozenset[int]) -> None:
        plan = compiled.type(name)
        self.reset_by = tuple(one for one in plan.reset_by if one.slot in slots)
        self.activity_metrics = _of_members(plan.activity_metrics, slots)
        self.entry_metrics = _of_members(compiled.entry_metrics, slots)


def _of_members(plans: Iterable[MetricPlan], slots: frozenset[int]) -> tuple[MetricPlan, ...]:
    return tuple(plan for plan in plans if not plan.counter and plan.slot in slots)


@lru_cache(maxsize=64)
def gap(compiled: Compiled, under: Compiled | None) -> Gap:
    """The gap between two releases, made once: every account that was last kept under the other asks for it."""
    return Gap(compiled, under)


def fill(gap: Gap, known: Known, past: Sequence[Past], *, releases: Mapping[int, Compiled]) -> Rebuilt:
    """The account's state with the metrics of the gap counted from everything recorded of it, as if they had been kept
    from the start, and the day rows that this changes, whole.

    `past` is all of the account's, in the order of versions; `known.days` all of its day rows. What is no part of the
    gap stays as it is. It does not depend on when it is done: numbers are good for the day that they were good for.
    """
    compiled = gap.compiled
    account = states.decode(known.state)
    today = known.metric_day or periods.local_date(known.clock or _BEGINNING, compiled.zone)
    slots = frozenset(plan.slot for plan in gap.plans)
    live = frozenset(plan.slot for plan in compiled.member_metrics)
    days = Days(known.days)
    for row in known.days:
        _empty(days, row, slots)
    for member in account.members:
        member_id = UUID(bytes=member.id)
        mine = [one for one in past if one.activity.member_id == member_id]
        numbers, gave = _recount(
            compiled,
            member_id,
            mine,
            days,
            gap,
            releases,
            today=today,
            joined_on=periods.date(member.joined_day),
            frozen=streaks.frozen(member.metrics),
        )
        kept = {slot: value for slot, value in member.metrics.items() if slot in live and slot not in slots}
        member.metrics = kept | numbers.numbers
        member.gave = _merged(compiled, member.gave, gave, slots, today)
    account.filled = compiled.release.number
    return Rebuilt(state=states.encode(account), days=days.written(), metric_day=today)


def rebuild(
    compiled: Compiled,
    known: Known,
    member_id: UUID,
    past: Sequence[Past],
    *,
    releases: Mapping[int, Compiled],
    now: dt.datetime,
) -> Rebuilt:
    """Count all metrics of a member anew from the activities recorded, oldest first, as if every return had been known
    at the sale. `releases` are those that the activities were decided under. Days of which nothing is left come back as
    empty rows.
    """
    account = states.decode(known.state)
    member = next(one for one in account.members if one.id == member_id.bytes)
    days = Days(())
    today = periods.local_date(max(now, known.clock or now), compiled.zone)
    whole = gap(compiled, None)
    numbers, gave = _recount(
        compiled,
        member_id,
        past,
        days,
        whole,
        releases,
        today=today,
        joined_on=periods.date(member.joined_day),
        frozen=streaks.frozen(member.metrics),
    )
    member.metrics, member.gave = numbers.numbers, gave
    return Rebuilt(state=states.encode(account), days=days.written(), metric_day=numbers.today)


_BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)


def _recount(
    compiled: Compiled,
    member_id: UUID,
    past: Sequence[Past],
    days: Days,
    gap: Gap,
    releases: Mapping[int, Compiled],
    *,
    today: dt.date,
    joined_on: dt.date,
    frozen: dict[int, Any],
) -> tuple[MemberNumbers, Gave]:
    first = periods.local_date(past[0].activity.occurred_at, compiled.zone) if past else today
    numbers = MemberNumbers(
        member_id, numbers=frozen, days=days, today=min(first, today), plans=gap.plans, joined_on=joined_on
    )
    gave: Gave = {}
    for one in past:
        wanted = gap.of_type(one.activity.type)
        day = periods.local_date(one.activity.occurred_at, compiled.zone)
        numbers.move_to(min(day, today))
        moving.recount(one.activity, numbers, days, gap.plans)
        if wanted.activity_metrics or wanted.entry_metrics or wanted.reset_by:
            _count(_Seen(compiled, one, releases[one.release]), wanted, numbers, days, day, gave)
    numbers.move_to(today)
    oldest = periods.number(today) - compiled.watched_days
    return numbers, {day: row for day, row in gave.items() if day > oldest and row}


def _count(seen: _Seen, wanted: _Wanted, numbers: MemberNumbers, days: Days, day: dt.date, gave: Gave) -> None:
    at_ms = states.ms(seen.one.activity.occurred_at)
    for metric in wanted.reset_by:
        numbers.forget(metric)
    if seen.one.returns:
        # A day of which nothing is left must be written as well, or its row would say what it was.
        days.touch(numbers.member_id, day)
    if not seen.gone:
        for metric in wanted.activity_metrics:
            part = contribution.of(metric, seen.scope(metric))
            if part is not None:
                numbers.add(metric, part, sign=1, day=day, at_ms=at_ms)
                _watch(seen.compiled, gave, metric, part, day)
    for metric in wanted.entry_metrics:
        part = contribution.of(metric, seen.judged.scope, seen.entries) if seen.entries else None
        if part is not None:
            numbers.add(metric, part, sign=1, day=day, at_ms=at_ms)
            _watch(seen.compiled, gave, metric, part, day)


def _watch(compiled: Compiled, gave: Gave, metric: MetricPlan, part: Part, day: dt.date) -> None:
    """As `counting` keeps what a day gave to a metric whose sliding a segment watches."""
    if metric.slot not in compiled.watched_slots:
        return
    amount = part if metric.shape is Shape.NUMBER else 1
    row = gave.setdefault(periods.number(day), {})
    held = row.get(metric.slot, 0) + amount
    if held:
        row[metric.slot] = held
    else:
        row.pop(metric.slot, None)


class _Seen:
    """A recorded activity as metrics see it: what is left of it after its returns. Judging what it earned is left out
    where nobody asks: most activities are never returned, and most metrics do not count points.
    """

    __slots__ = ("_entries", "_judge", "_judged", "_mine", "_theirs", "back", "compiled", "one", "recorded", "under")

    def __init__(self, compiled: Compiled, one: Past, under: Compiled) -> None:
        self.compiled = compiled
        self.one = one
        self.under = under
        self.recorded: Recorded = recording.decode(one.recorded)
        returns = (recording.decode(data).back for data in one.returns)
        self.back = remaining.total(found for found in returns if found is not None)
        self._judge: judging.Judge | None = None
        self._judged: judging.Judged | None = None
        self._entries: list[EntryScope] | None = None
        self._mine: Scope | None = None
        self._theirs: Scope | None = None

    @property
    def judge(self) -> judging.Judge:
        """Who judges it, under the release of its day."""
        if self._judge is None:
            self._judge = judging.Judge(self.under, self.one.activity, self.one.recorded)
        return self._judge

    @property
    def judged(self) -> judging.Judged:
        """What is left of it, and what that earns."""
        if self._judged is None:
            self._judged = self.judge.judged(self.back)
        return self._judged

    @property
    def gone(self) -> bool:
        """Whether nothing is left of it."""
        if not recording.counts(self.recorded, self.one.returns):
            return True
        if not self.one.returns:
            return False
        return self.back.whole or (bool(self.one.activity.lines) and self.judged.is_empty)

    def scope(self, metric: MetricPlan) -> Scope:
        """What a metric reads. One that the release of the day kept sees lines in the groups of that day; one that it
        did not, in those of the release that keeps it.
        """
        if self.under is not self.compiled and metric.slot not in self.under.member_slots:
            if self._mine is None:
                self._mine = self._made(self.compiled)
            return self._mine
        if self._theirs is None:
            self._theirs = self._made(self.under)
        return self._theirs

    def _made(self, compiled: Compiled) -> Scope:
        if self.one.returns or self.recorded.paid or self.recorded.priced is not None:
            return judging.scope_of(self.judge, self.judge.rest(self.back), groups=compiled.groups)
        activity = self.one.activity
        member = MemberScope(
            activity.member_id,
            joined_on=periods.local_date(activity.occurred_at, compiled.zone),
            enrolled_at=activity.occurred_at,
            attributes={},
            segments=(),
            balances={},
        )
        scope = Scope(
            activity,
            lines=[LineScope.of(line) for line in activity.lines],
            member=member,
            zone=compiled.zone,
            money=compiled.money,
        )
        lines.find_groups(scope, compiled.groups)
        return scope

    @property
    def entries(self) -> list[EntryScope]:
        """What it earned as far as it is left, and its other entries."""
        if self._entries is None:
            judge, judged = self.judge, self.judged
            earned: list[EntryScope] = []
            for effect, kept in judged.points.items():
                plan, rule = judge.plan_of(effect), judge.compiled.rules[effect[0]].name
                # What is left of the sale says nothing of the carry that came in from others: there the records know.
                points = self._left_by_records(effect, rule, plan.currency.name) if plan.carry else kept
                earned += counting.earned_by(self.compiled, plan, rule, points)
            others = counting.other_entries(self.compiled, self.one.entries)
            self._entries = [*earned, *self._caused(), *self._undone(), *others]
        return self._entries

    def _undone(self) -> list[EntryScope]:
        """What this activity took back of prizes and of bonuses for a period: no sale of theirs is judged again."""
        scale, currencies = self.compiled.made_from.places.entry_scale, self.compiled.program.currencies
        return [
            EntryScope(EntryKind.EARN.value, currency, points * 10 ** (scale - currencies[currency].scale), rule, HOUSE)
            for rule, currency, points in self.recorded.others
            if points < 0 and (rule.startswith("challenges.") or _is_of_period(self.under.program, rule))
        ]

    def _caused(self) -> list[EntryScope]:
        """Earnings of rules that listened to what the activity caused, and prizes: they are in the books alone."""
        rules = {self.judge.compiled.rules[given.rule].name for given in self.recorded.gives}
        scale, currencies = self.compiled.made_from.places.entry_scale, self.compiled.program.currencies
        return [
            EntryScope(
                one.kind.value,
                one.currency,
                one.amount * 10 ** (scale - currencies[one.currency].scale),
                one.rule,
                one.funder,
            )
            for one in self.one.entries
            if one.kind is EntryKind.EARN and one.rule is not None and one.rule not in rules
        ]

    def _left_by_records(self, effect: tuple[int, int], rule: str, currency: str) -> int:
        gave = sum(given.points for given in self.recorded.gives if (given.rule, given.effect) == effect)
        returned = (other for data in self.one.returns for other in recording.decode(data).others)
        return gave + sum(points for by, of, points in returned if (by, of) == (rule, currency))


def _is_of_period(program: Program, name: str) -> bool:
    rule = program.rules.get(name)
    return rule is not None and isinstance(rule.trigger, OnPeriod)


def _empty(days: Days, row: DayRow, slots: frozenset[int]) -> None:
    """Take what an earlier keeping left of some metrics out of a day."""
    held = Day(row.sums, row.keys)
    stale = [slot for slot in slots if held.sum(slot) or (row.keys and slot in held.keys)]
    if not stale:
        return
    day = days.touch(row.member_id, row.day)
    for slot in stale:
        if slot < len(day.sums):
            day.sums[slot] = 0
        day.keys.pop(slot, None)


def _merged(compiled: Compiled, held: Gave, counted: Gave, slots: frozenset[int], today: dt.date) -> Gave:
    """What days gave: of the metrics counted anew as counted, of the others as it was kept."""
    oldest = periods.number(today) - compiled.watched_days
    kept = compiled.watched_slots - slots
    merged: Gave = {}
    for day, row in held.items():
        mine = {slot: value for slot, value in row.items() if slot in kept}
        if mine and day > oldest:
            merged[day] = mine
    for day, row in counted.items():
        merged.setdefault(day, {}).update(row)
    return merged
