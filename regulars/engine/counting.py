"""Metrics in a decision: what the activity adds to each, and the numbers that rules then read."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from math import lcm
from typing import Any, Final

from regulars.engine import periods
from regulars.engine import state as states
from regulars.engine.compiled import OWNERS, Compiled, TypePlan
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterKey, CounterRange
from regulars.engine.contracts.points import Entry, EntryKind
from regulars.engine.earning import Claim
from regulars.engine.effects import PointsPlan
from regulars.engine.expressions import Function
from regulars.engine.metrics import contribution, counters
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.points.purse import HOUSE
from regulars.engine.scope import EntryScope, Scope
from regulars.engine.work import Work
from regulars.kit.money import spread
from regulars.program.contracts.values import Share, WindowKind


class Numbers(dict[str, Any]):
    """Metrics by name, each worked out when an expression first reads it."""

    __slots__ = ("_compiled", "_work")

    def __init__(self, work: Work, compiled: Compiled) -> None:
        super().__init__()
        self._work = work
        self._compiled = compiled

    def __missing__(self, name: str) -> Any:
        found = self[name] = number(self._work, self._compiled, self._compiled.metrics[name])
        return found


def show(work: Work, compiled: Compiled) -> None:
    """Let expressions read the numbers as they are from now on."""
    s = work.scope
    s.member.metrics = Numbers(work, compiled)
    if compiled.counters:
        for name in OWNERS:
            owner = s.owner(name)
            if owner is not None:
                owner.metrics = Numbers(work, compiled)


@contextlib.contextmanager
def of_its_day(work: Work, compiled: Compiled) -> Iterator[None]:
    """What comes late counts in the period of its own day, so it is judged by the numbers of that one where it is the
    one before this (L32): else the third purchase of March would be the third of April once more."""
    if work.day >= work.numbers.today:
        yield
        return
    work.then = work.day
    show(work, compiled)
    try:
        yield
    finally:
        work.then = None
        show(work, compiled)


def number(work: Work, compiled: Compiled, metric: MetricPlan) -> Any:
    """A metric as it is now, wherever it is kept; `of_its_day` of what comes late as it is for its day."""
    if metric.counter:
        return counter(work, compiled, metric)
    return work.numbers.value(metric) if work.then is None else work.numbers.of_day(metric, work.then)


def counter(work: Work, compiled: Compiled, metric: MetricPlan) -> Any:
    """The number of a counter for the owner that this activity names; as if empty where it names none."""
    owner = counters.owner(metric, work.activity)
    if owner is None:
        return counters.value(metric, _NO_RANGE, ())
    # The same reads come again when the past is decided again: after as many additions.
    place = f"{metric.name}/{len(work.counters)}" if work.counters else metric.name
    told = work.activity.counted
    if not metric.for_member and place in told:
        return counters.read_again(metric, told[place])
    found = counters.range_of(metric, owner, work.activity.occurred_at, compiled.zone)
    value = counters.value(metric, found, (*(work.known.counters or ()), *work.counters))
    if not metric.for_member:
        work.seen[place] = counters.noted(value)
    return value


_NO_RANGE: Final = CounterRange("", "", "", "")


def count_activity(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Add this activity to the metrics over activities and lines."""
    for metric in plan.reset_by:
        work.numbers.forget(metric)
    s, numbers, day, watched = work.scope, work.numbers, work.day, compiled.watched_slots
    at_ms = states.ms(work.activity.occurred_at)
    held: dict[Function, bool] = {}
    for metric in plan.activity_metrics:
        where = metric.where
        if where is not None:
            # Many metrics share a condition, and with its text its function.
            holds = held.get(where)
            if holds is None:
                holds = held[where] = where(s)
            if not holds:
                continue
        part = metric.part(s, ())
        if part is None or (part == 0 and metric.shape is Shape.NUMBER):
            continue
        if metric.counter:
            add(work, compiled, metric, part)
        else:
            if metric.shape is Shape.NUMBER:
                numbers.add_number(metric, part, day)
            else:
                numbers.add(metric, part, sign=1, day=day, at_ms=at_ms)
            if metric.slot in watched:
                _watch(work, compiled, metric, part, sign=1, day=day)


def add(
    work: Work, compiled: Compiled, metric: MetricPlan, part: Part, *, sign: int = 1, of: Activity | None = None
) -> None:
    """Add a part of this activity (or of another: a sale that is returned) to its metric, wherever that is kept."""
    activity = work.activity if of is None else of
    if of is not None and metric.kind is WindowKind.SINCE:
        # Whether it happened before or after what the window counts from is not in the numbers.
        work.numbers.recount.add(metric.name)
        return
    if not metric.counter:
        day = work.day if of is None else periods.local_date(of.occurred_at, compiled.zone)
        work.numbers.add(metric, part, sign=sign, day=day, at_ms=states.ms(activity.occurred_at))
        if metric.slot in compiled.watched_slots:
            _watch(work, compiled, metric, part, sign=sign, day=day)
        return
    owner = counters.owner(metric, activity)
    bucket = counters.bucket(metric, activity.occurred_at, compiled.zone)
    if owner is not None and bucket is not None:
        work.counters += counters.additions(metric, part, sign=sign, key=CounterKey(metric.name, owner, bucket))


def _watch(work: Work, compiled: Compiled, metric: MetricPlan, part: Part, *, sign: int, day: dt.date) -> None:
    """Keep what a day gave to a metric whose sliding a segment watches, for as long as it is inside its window."""
    gave, number, slot = work.member.gave, periods.number(day), metric.slot
    # Of what is no plain number only the day matters: what of it leaves with the day is in its row.
    amount = sign * part if metric.shape is Shape.NUMBER else int(sign > 0)
    row = gave.get(number)
    if row is None:
        oldest = periods.number(work.today) - compiled.watched_days
        for old in [old for old in gave if old <= oldest]:
            del gave[old]
        if number > oldest and amount:
            gave[number] = {slot: amount}
        return
    held = row.get(slot, 0) + amount
    if held:
        row[slot] = held
    else:
        row.pop(slot, None)
        if not row:
            del gave[number]


def count_entries(work: Work, compiled: Compiled, claims: Sequence[Claim]) -> None:
    """Add what was done to points since it was last counted to the metrics over entries."""
    posted = work.purse.entries[work.counted :]
    work.counted = len(work.purse.entries)
    if not compiled.entry_metrics:
        return
    earned = [entry for claim in claims for entry in earned_by(compiled, claim.plan, claim.rule.name, claim.points)]
    entries = [*earned, *other_entries(compiled, posted)]
    for metric in compiled.entry_metrics if entries else ():
        part = contribution.of(metric, work.scope, entries)
        if part is not None:
            add(work, compiled, metric, part)
            _forget(work, metric)


def _forget(work: Work, metric: MetricPlan) -> None:
    """Let expressions read a number again."""
    owner = work.scope.member if metric.for_member else work.scope.owner(metric.per)
    if owner is not None:
        owner.metrics.pop(metric.name, None)


def uncounted(work: Work, compiled: Compiled, claims: Sequence[Claim] = ()) -> list[EntryScope]:
    """What was done to points that no metric has seen yet, and what claims are about to earn."""
    earned = [entry for claim in claims for entry in earned_by(compiled, claim.plan, claim.rule.name, claim.points)]
    return [*earned, *other_entries(compiled, work.purse.entries[work.counted :])]


def uncount_entries(work: Work, compiled: Compiled, sale: Activity, scope: Scope, undone: Sequence[EntryScope]) -> None:
    """Take earnings of a sale that were taken back off the metrics over entries, on the day of the sale (L8)."""
    for metric in compiled.entry_metrics if undone else ():
        for entry in undone:
            # What came back stands below 0; metrics are asked about the earning that it undoes.
            sign = -1 if entry.amount < 0 else 1
            earned = EntryScope(entry.kind, entry.currency, abs(entry.amount), entry.rule, entry.funder)
            part = contribution.of(metric, scope, [earned])
            if part is not None and metric.shape is Shape.NUMBER and metric.value is not None:
                add(work, compiled, metric, part, sign=sign, of=sale)
                _forget(work, metric)


def earned_by(compiled: Compiled, plan: PointsPlan, rule: str, points: int) -> list[EntryScope]:
    """What an effect earned (below 0: what is undone), an entry a funder: in the books several rules may share one lot
    and entry.
    """
    if not points:
        return []
    scale = 10 ** (compiled.made_from.places.entry_scale - plan.currency.scale)
    shares = plan.definition.funding
    parts = shared(points, shares)
    names = [share.by for share in shares] or [HOUSE]
    return [
        EntryScope(EntryKind.EARN.value, plan.currency.name, part * scale, rule, name)
        for name, part in zip(names, parts, strict=True)
        if part
    ]


def shared(points: int, shares: Sequence[Share]) -> list[int]:
    """Points by funder, by largest remainder (L82); all of them where there is one."""
    if len(shares) < 2:
        return [points]
    common = lcm(*(share.share.d for share in shares))
    return spread(points, [share.share.n * (common // share.share.d) for share in shares])


def other_entries(compiled: Compiled, entries: Iterable[Entry]) -> list[EntryScope]:
    """All entries of the books but earnings."""
    return [
        EntryScope(
            entry.kind.value,
            entry.currency,
            entry.amount
            * 10 ** (compiled.made_from.places.entry_scale - compiled.program.currencies[entry.currency].scale),
            entry.rule,
            entry.funder,
        )
        for entry in entries
        if entry.kind is not EntryKind.EARN
    ]
