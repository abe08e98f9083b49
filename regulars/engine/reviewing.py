"""When time alone would next change something of an account that something reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from regulars.engine import periods, timing, watching
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.points import Balance
from regulars.engine.points import calendar
from regulars.engine.work import Work
from regulars.program.contracts.values import Period, WindowKind

LOOK_AHEAD_DAYS: Final = 370
"""A little more than a year: what comes back each year is found, and an idle account is looked at once a year."""


def review_at(work: Work, compiled: Compiled, moved: Sequence[Balance]) -> dt.datetime | None:
    """The earliest of: points that end, begin or are let go; a day or period that a rule waits for; a window that moves
    so that a segment may change. None if time changes nothing.
    """
    next_changes = {balance.currency: balance.next_change_at for balance in moved}
    moments = []
    for currency, standing in work.purse.standings.items():
        at = next_changes.get(currency, standing.next_change_at)
        if at is not None:
            moments.append(at)
    day = _next_day(work, compiled)
    if day is not None:
        moments.append(calendar.first_instant(periods.date(day), compiled.zone))
    return min(moments, default=None)


def _next_day(work: Work, compiled: Compiled) -> int | None:
    """The first day to come on which the calendar wakes a rule or moves a window that a segment reads."""
    # Asked in any case: it is kept in the state, so that the next decisions need not look at the calendar.
    waited = timing.next_day(work, compiled)
    if compiled.volatile_segments and work.activity.type != "tick":
        # The till does not look ahead: a tick tomorrow does, and then the account may sleep for a year.
        return periods.number(work.today) + 1
    found = [periods.number(waited)] if waited is not None else []
    if compiled.volatile_segments:
        found.append(_turns(work, compiled))
    days = sorted(work.member.gave)
    for watch in compiled.watched:
        day = _moves(watch, work, days)
        if day is not None:
            found.append(day)
    return min(found, default=None)


def _turns(work: Work, compiled: Compiled) -> int:
    """The first day to come on which a segment that reads the calendar takes the member in or lets them go, at most
    `LOOK_AHEAD_DAYS` away; windows that move meanwhile are watched by themselves."""
    s, now, today = work.scope, work.scope.now, periods.number(work.today)
    standing = [(plan.condition, plan.name in s.member.segments) for plan in compiled.volatile_segments]
    try:
        for day in range(today + 1, today + LOOK_AHEAD_DAYS):
            s.now = calendar.first_instant(periods.date(day), compiled.zone)
            if any(condition is not None and bool(condition(s)) != inside for condition, inside in standing):
                return day
    finally:
        s.now = now
    return today + LOOK_AHEAD_DAYS


def _moves(watch: watching.Watch, work: Work, days: Sequence[int]) -> int | None:
    plan = watch.plan
    if plan.kind is WindowKind.SLIDING:
        number = work.scope.member.metrics[plan.name] if watch.thresholds is not None else 0
        return watching.first_change(watch, number, work.member.gave, days, periods.number(work.today))
    if plan.period is Period.EVER or (plan.kind is WindowKind.PERIOD and not work.scope.member.metrics[plan.name]):
        return None
    return periods.number(work.numbers.next_period(plan))
