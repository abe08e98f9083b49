"""Windows of challenges as days: when a try begins and ends, and on which days what happens counts for it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.engine.attempts import Attempt
from regulars.engine.challenges.plan import ChallengePlan
from regulars.engine.points import calendar
from regulars.program.contracts.values import WindowKind


def index(plan: ChallengePlan, day: dt.date) -> int:
    """Which window of its kind a day is in, where they follow each other; 0 where there is one."""
    return periods.index(plan.period, day) if plan.kind is WindowKind.PERIOD else 0


def is_open(plan: ChallengePlan, day: dt.date) -> bool:
    """Whether somebody may be in the challenge on a day."""
    definition = plan.definition
    if definition.from_ is not None and day < definition.from_:
        return False
    if definition.until is not None and day >= definition.until:
        return False
    window = definition.window
    if plan.kind is not WindowKind.BETWEEN:
        return True
    return (window.from_ is None or day >= window.from_) and (window.until is None or day < window.until)


def ends(plan: ChallengePlan, attempt: Attempt) -> dt.date | None:
    """The first day after a try; None where it never ends."""
    found = [day for day in (_window_ends(plan, attempt), plan.definition.until) if day is not None]
    return min(found, default=None)


def _window_ends(plan: ChallengePlan, attempt: Attempt) -> dt.date | None:
    if plan.kind is WindowKind.PERIOD:
        return periods.first_day(plan.period, attempt.index + 1)
    if plan.kind is WindowKind.BETWEEN:
        return plan.definition.window.until
    return calendar.add(periods.date(attempt.began), plan.span) if plan.span is not None else None


def holds(plan: ChallengePlan, attempt: Attempt, at: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether what happened at a moment counts for a try: whoever is in it by itself is in it from the first day of its
    window, others from the moment at which they said so, or a release let it begin anew."""
    day, end = periods.local_date(at, zone), ends(plan, attempt)
    if end is not None and day >= end:
        return False
    if attempt.since:
        return round(at.timestamp() * 1000) >= attempt.since
    if plan.kind is WindowKind.SLIDING:
        return periods.number(day) >= attempt.began
    if plan.kind is WindowKind.PERIOD:
        return periods.index(plan.period, day) == attempt.index and is_open(plan, day)
    return is_open(plan, day)
