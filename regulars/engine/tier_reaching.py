"""Which level of a ladder the numbers of a member reach: now, or as they were at the end of a past day."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

from regulars.engine import counting, rolling
from regulars.engine.compiled import Compiled
from regulars.engine.ladders.plan import LadderPlan
from regulars.engine.metrics import counters
from regulars.engine.points import calendar
from regulars.engine.work import Work
from regulars.program.contracts.values import WindowKind


def deserved(work: Work, compiled: Compiled, plan: LadderPlan) -> int:
    """What the running period and the one before it reach, whichever is higher: a level rests on one of them."""
    now = reached(work, compiled, plan, None)
    if not plan.has_periods:
        return now
    return max(now, reached(work, compiled, plan, rolling.day_of(plan, work)[1] - dt.timedelta(days=1)))


def reached(work: Work, compiled: Compiled, plan: LadderPlan, day: dt.date | None) -> int:
    """The place that the numbers reach now, or reached at the end of a past day of this period or the one before."""
    if plan.reads_balances:
        for currency, held in work.purse.standings.items():
            work.scope.member.balances[currency] = held.active
    if day is None and isinstance(work.scope.member.metrics, counting.Numbers):
        return plan.reached(work.scope)
    with numbers_of(work, compiled, day):
        return plan.reached(work.scope)


@contextlib.contextmanager
def numbers_of(work: Work, compiled: Compiled, day: dt.date | None) -> Iterator[None]:
    member, household = work.scope.member, work.scope.household
    if not isinstance(member.metrics, counting.Numbers):
        counting.show(work, compiled)
    outer, shared = member.metrics, household.metrics
    if day is not None:
        member.metrics = household.metrics = Then(work, compiled, day)
    try:
        yield
    finally:
        member.metrics, household.metrics = outer, shared


class Then(dict[str, Any]):
    """Metrics by name as they were at the end of a day."""

    __slots__ = ("_compiled", "_day", "_work")

    def __init__(self, work: Work, compiled: Compiled, day: dt.date) -> None:
        super().__init__()
        self._work, self._compiled, self._day = work, compiled, day

    def __missing__(self, name: str) -> Any:
        metric, work = self._compiled.metrics[name], self._work
        if not metric.counter:
            return work.numbers.on(metric, self._day)
        if not metric.keeps or metric.kind is WindowKind.PREVIOUS:
            return counting.number(work, self._compiled, metric)
        owner, zone = counters.owner(metric, work.activity) or "", self._compiled.zone
        found = counters.range_of(metric, owner, calendar.first_instant(self._day, zone), zone)
        return counters.value(metric, found, (*(work.known.counters or ()), *work.counters))
