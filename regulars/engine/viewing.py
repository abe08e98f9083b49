"""Looking at an account without changing it, and counting its metrics again from what was recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from regulars.engine import (
    counting,
    deciding,
    judging,
    periods,
    recording,
    remaining,
    segments,
    timing,
    words,
)
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Expiring
from regulars.engine.contracts.known import Known
from regulars.engine.contracts.points import Balance
from regulars.engine.contracts.view import Past, Rebuilt, View
from regulars.engine.metrics import contribution
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.points import passing, paying
from regulars.engine.scope import EntryScope
from regulars.engine.work import Work
from regulars.language import contracts as language


def view(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> View:
    """What one member has and is at a moment. Rules that wait for a day are not run: a look changes nothing."""
    work = deciding.begin(compiled, known, _look(known, member_id, at), at)
    passing.catch_up(work.purse)
    work.numbers.move_to(work.today)
    member = work.scope.member
    for currency, standing in work.purse.standings.items():
        member.balances[currency] = standing.active
    member.metrics = work.numbers.values(compiled.member_metrics)
    for plan in compiled.counters:
        if plan.for_member:
            member.metrics[plan.name] = counting.counter(work, compiled, plan)
    return View(
        member_id=member_id,
        at=work.now,
        joined_on=member.joined_on,
        balances=_balances(work),
        expiring=tuple(
            Expiring(currency, amount, ends_at)
            for currency in work.purse.standings
            for ends_at, amount in paying.expiring(work.purse, currency)
        ),
        metrics={name: _plain(compiled, name, value) for name, value in member.metrics.items()},
        segments=segments.find(compiled.segments, work.scope, work.member.statics),
        attributes={name: words.plain(value) for name, value in member.attributes.items()},
    )


def _look(known: Known, member_id: UUID, at: dt.datetime) -> Activity:
    return Activity(
        activity_id=known.account_id,
        program_id=0,
        type=timing.TICK,
        account_id=known.account_id,
        member_id=member_id,
        occurred_at=at,
        received_at=at,
    )


def _balances(work: Work) -> tuple[Balance, ...]:
    purse = work.purse
    return tuple(
        Balance(
            currency=currency,
            active=standing.active,
            pending=standing.pending,
            held=standing.held,
            arrears=standing.arrears,
            version=standing.version,
            next_change_at=purse.next_change_at(currency),
        )
        for currency, standing in purse.standings.items()
    )


def _plain(compiled: Compiled, name: str, value: Any) -> object:
    plan = compiled.metrics[name]
    if isinstance(value, list):
        return {row["key"]: words.plain(row["value"], plan.value_type) for row in value}
    kind = plan.value_type if compiled.made_from.places.metric_scale(name) else language.INT
    return words.plain(value, kind)


def unfilled(compiled: Compiled, state: bytes) -> tuple[str, ...]:
    """Metrics of this release that were never counted for an account: those newer than its state."""
    known = states.decode(state).slots if state else compiled.slots
    return tuple(plan.name for plan in compiled.member_metrics if plan.slot >= known)


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
    at the sale. `releases` are those that the activities were decided under.
    """
    account = states.decode(known.state)
    member = next(one for one in account.members if one.id == member_id.bytes)
    first = periods.local_date(past[0].activity.occurred_at if past else now, compiled.zone)
    days = Days(())
    numbers = MemberNumbers(member_id, numbers={}, days=days, today=first, plans=compiled.member_metrics)
    gave: dict[int, dict[int, int]] = {}
    for one in past:
        day = periods.local_date(one.activity.occurred_at, compiled.zone)
        numbers.move_to(day)
        _count(compiled, numbers, one, releases[one.release], day)
    numbers.move_to(periods.local_date(max(now, known.clock or now), compiled.zone))
    rows = days.written()
    first_watched = numbers.today - dt.timedelta(days=compiled.watched_days)
    for row in rows:
        if row.day > first_watched:
            watched = {
                slot: row.sums[slot] for slot in compiled.watched_slots if slot < len(row.sums) and row.sums[slot]
            }
            if watched:
                gave[periods.number(row.day)] = watched
    member.metrics, member.gave, account.slots = numbers.numbers, gave, compiled.slots
    return Rebuilt(state=states.encode(account), days=rows, metric_day=numbers.today)


def _count(compiled: Compiled, numbers: MemberNumbers, one: Past, under: Compiled, day: dt.date) -> None:
    at_ms = states.ms(one.activity.occurred_at)
    plan = compiled.type(one.activity.type)
    for metric in plan.reset_by:
        numbers.forget(metric)
    judge = judging.Judge(under, one.activity, one.recorded)
    back = remaining.total(found for data in one.returns if (found := recording.decode(data).back) is not None)
    judged = judge.judged(back)
    gone = back.whole or (bool(one.activity.lines) and judged.is_empty)
    for metric in plan.activity_metrics:
        if metric.counter or gone:
            continue
        _add(numbers, metric, contribution.of(metric, judged.scope), day, at_ms)
    entries = _entries(compiled, judge, judged, one)
    for metric in compiled.entry_metrics:
        if not metric.counter and entries:
            _add(numbers, metric, contribution.of(metric, judged.scope, entries), day, at_ms)


def _add(numbers: MemberNumbers, metric: Any, part: Any, day: dt.date, at_ms: int) -> None:
    if part is not None:
        numbers.add(metric, part, sign=1, day=day, at_ms=at_ms)


def _entries(compiled: Compiled, judge: judging.Judge, judged: judging.Judged, one: Past) -> list[EntryScope]:
    earned = []
    for effect, kept in judged.points.items():
        plan, rule = judge.plan_of(effect), judge.compiled.rules[effect[0]].name
        # What is left of the sale says nothing of the carry that came in from others: there the records know.
        points = _left_by_records(judge, one, effect, rule, plan.currency.name) if plan.carry else kept
        earned += counting.earned_by(compiled, plan, rule, points)
    return [*earned, *counting.other_entries(compiled, one.entries)]


def _left_by_records(judge: judging.Judge, one: Past, effect: tuple[int, int], rule: str, currency: str) -> int:
    gave = sum(given.points for given in judge.recorded.gives if (given.rule, given.effect) == effect)
    returned = (other for data in one.returns for other in recording.decode(data).others)
    return gave + sum(points for by, of, points in returned if (by, of) == (rule, currency))
