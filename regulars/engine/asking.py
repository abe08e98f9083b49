"""Asking whether a member meets a condition, or which segments they are in, without writing anything."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine import counting, deciding, periods, segments, standing, timing
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterRange, Known
from regulars.engine.expressions import Function
from regulars.engine.metrics import counters
from regulars.engine.metrics.plan import Shape
from regulars.engine.points import passing
from regulars.engine.work import Work
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Owner
from regulars.program.contracts.values import Period, WindowKind


def look(known: Known, member_id: UUID, at: dt.datetime) -> Activity:
    """An activity that is none: somebody looks."""
    return Activity(
        activity_id=known.account_id,
        program_id=0,
        type=timing.TICK,
        account_id=known.account_id,
        member_id=member_id,
        occurred_at=at,
        received_at=at,
    )


def condition(compiled: Compiled, text: str) -> Function:
    """A condition about members, to ask many with. Raises ExpressionFaults."""
    places, expressions = compiled.made_from.places, compiled.made_from.expressions
    expressions.checked(text, places.segment(), language.BOOL)
    return expressions.condition(text, places.segment())


def reads(compiled: Compiled, text: str) -> frozenset[str]:
    """The paths that a condition reads, with those of all segments where it names some. Raises ExpressionFaults."""
    places, expressions = compiled.made_from.places, compiled.made_from.expressions
    found = expressions.checked(text, places.segment(), language.BOOL).fields
    return found.union(*(plan.reads for plan in compiled.segments)) if "member.segments" in found else found


def meets(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime, condition: Function) -> bool:
    """Whether a member meets a condition at a moment. Raises LotsNeeded."""
    work = _as_of(compiled, known, member_id, at)
    return bool(condition(work.scope))


def segments_of(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> tuple[str, ...]:
    """The segments that a member is in at a moment. Raises LotsNeeded."""
    return _as_of(compiled, known, member_id, at).scope.member.segments


def ranges(compiled: Compiled, member_id: UUID, at: dt.datetime) -> tuple[CounterRange, ...]:
    """The counters of a member to load before asking: windows shorter than a day."""
    owner = f"member:{member_id}"
    return tuple(counters.range_of(plan, owner, at, compiled.zone) for plan in compiled.counters if plan.for_member)


def view_ranges(compiled: Compiled, account_id: UUID, member_id: UUID, at: dt.datetime) -> tuple[CounterRange, ...]:
    """The counters to load before looking at a member: their own, and those of the household."""
    shared = tuple(
        counters.range_of(plan, f"{plan.per}:{account_id}", at, compiled.zone)
        for plan in compiled.counters
        if plan.per == Owner.HOUSEHOLD.value
    )
    return (*ranges(compiled, member_id, at), *shared)


def _as_of(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> Work:
    work = deciding.begin(compiled, known, look(known, member_id, at), at)
    passing.catch_up(work.purse)
    work.numbers.move_to(work.today)
    member = work.scope.member
    for currency, held in work.purse.standings.items():
        member.balances[currency] = held.active
    counting.show(work, compiled)
    standing.settle(work, compiled)
    member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    return work


class SummedDays(msgspec.Struct, frozen=True):
    """A metric as a sum over day rows: of this slot, over the days `since <= day < until` (None: open)."""

    slot: int
    since: dt.date | None
    until: dt.date | None


def summed_days(compiled: Compiled, name: str, today: dt.date) -> SummedDays | None:
    """How a member's metric is a sum of day rows on a day; None for one that is not: keys, streaks, windows that begin
    with the member.
    """
    plan = compiled.metrics.get(name)
    if plan is None or plan.counter or plan.shape is not Shape.NUMBER or plan.anniversary:
        return None
    match plan.kind:
        case WindowKind.EVER:
            return SummedDays(plan.slot, None, None)
        case WindowKind.SLIDING:
            return SummedDays(plan.slot, today - dt.timedelta(days=plan.days - 1), None)
        case WindowKind.BETWEEN:
            return SummedDays(plan.slot, plan.from_, plan.until)
        case WindowKind.PERIOD | WindowKind.PREVIOUS:
            if plan.period is Period.EVER:
                return SummedDays(plan.slot, None, None)
            index = periods.index(plan.period, today) - (plan.kind is WindowKind.PREVIOUS)
            return SummedDays(
                plan.slot, periods.first_day(plan.period, index), periods.first_day(plan.period, index + 1)
            )
        case _:
            return None
