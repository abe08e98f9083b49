"""When time alone would next change something of an account that something reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from regulars.engine import periods, timing, watching
from regulars.engine.compiled import Compiled
from regulars.engine.metrics.plan import Shape
from regulars.engine.points import calendar
from regulars.engine.work import Work
from regulars.program.contracts.values import Period, WindowKind


def review_at(work: Work, compiled: Compiled) -> dt.datetime | None:
    """The earliest of: points that end, begin or are let go; a day or period that a rule waits for; a window that moves
    so that a segment may change. None if time changes nothing.
    """
    purse = work.purse
    moments = [at for currency in purse.standings if (at := purse.next_change_at(currency)) is not None]
    days = list(_days(work, compiled))
    if days:
        moments.append(calendar.first_instant(min(days), compiled.zone))
    return min(moments, default=None)


def _days(work: Work, compiled: Compiled) -> Iterator[dt.date]:
    today = work.today
    if compiled.by_date or compiled.by_period:
        waited = timing.next_day(compiled, work.scope.member, today)
        if waited is not None:
            yield waited
    if any(segment.volatile for segment in compiled.segments):
        yield today + dt.timedelta(days=1)
    for watch in compiled.watched:
        day = _moves(watch, work)
        if day is not None:
            yield day


def _moves(watch: watching.Watch, work: Work) -> dt.date | None:
    plan, today = watch.plan, work.today
    number = work.numbers.value(plan)
    if plan.kind is not WindowKind.SLIDING:
        if plan.period is Period.EVER or (not number and plan.kind is WindowKind.PERIOD):
            return None
        return periods.first_day(plan.period, plan.index(today) + 1)
    if plan.shape is not Shape.NUMBER:
        return today + dt.timedelta(days=1) if number else None
    found = watching.first_change(watch, number, work.member.gave, periods.number(today))
    return periods.date(found) if found is not None else None
