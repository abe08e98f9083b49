"""Dates, days and hours that never meet: a rule that is never awake, a challenge that looks at another time than its
metric.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from regulars.program.checks.context import Context
from regulars.program.contracts.challenges import Challenge, Counts
from regulars.program.contracts.definitions import Metric, Rule
from regulars.program.contracts.report import Fault
from regulars.program.contracts.triggers import OnDate, OnPeriod, OnRun
from regulars.program.contracts.values import Period, Schedule, WindowKind
from regulars.program.faults import fault

Between = tuple[dt.date | None, dt.date | None]
"""From the first day until the first day after it; None: open."""
_HERE: Final = frozenset({"store", "program"})
_DAY: Final = dt.timedelta(days=1)
_MIDNIGHT: Final = dt.time()
_MONDAY: Final = 1


def check(context: Context) -> Iterator[Fault]:
    """Each rule with its dates, schedule and trigger."""
    for name, rule in context.program.rules.items():
        path = f"rules.{name}"
        own: Between = (rule.from_, rule.until)
        schedule = rule.schedule or Schedule()
        dates = _met(own, (schedule.from_, schedule.until))
        if _is_sound(own) and _is_sound((schedule.from_, schedule.until)) and not _is_sound(dates):
            yield fault("schedule_apart", f"{path}.schedule")
        elif _is_sound(dates) and not _has_day(dates, schedule):
            yield fault("days_outside", f"{path}.schedule", from_=dates[0], until=dates[1])
        elif _is_sound(dates):
            yield from _woken(path, rule, dates, schedule)


def challenge(spot: str, challenge: Challenge, metric: Metric) -> Iterator[Fault]:
    """A metric of fixed dates counts nothing for a challenge of other dates."""
    theirs, window = metric.window, challenge.window
    if theirs.kind is not WindowKind.BETWEEN or challenge.counts is Counts.ALL:
        return
    counted: Between = (theirs.from_, theirs.until)
    own = _met((challenge.from_, challenge.until), (window.from_, window.until))
    if _is_sound(counted) and _is_sound(own) and not _is_sound(_met(counted, own)):
        yield fault("challenge_metric_apart", spot, metric=metric.name)


def _woken(path: str, rule: Rule, dates: Between, schedule: Schedule) -> Iterator[Fault]:
    """What wakes it at a known time of the day finds it awake then."""
    match rule.trigger:
        case OnRun(run=moment) if moment.tzinfo is None:
            if not _holds(dates, moment.date()) or not _covers(schedule, moment):
                yield fault("never_awake", f"{path}.trigger.run", when=moment.isoformat(sep=" ", timespec="minutes"))
        case OnPeriod(period=period):
            days = () if period is not Period.WEEK else (_MONDAY,)
            if not _covers_midnight(schedule, days):
                yield fault("never_awake", f"{path}.schedule", when="00:00" if not days else "Monday 00:00")
        case OnDate():
            if not _covers_midnight(schedule, ()):
                yield fault("never_awake", f"{path}.schedule", when="00:00")


def _met(one: Between, other: Between) -> Between:
    starts = [day for day in (one[0], other[0]) if day is not None]
    ends = [day for day in (one[1], other[1]) if day is not None]
    return (max(starts, default=None), min(ends, default=None))


def _is_sound(dates: Between) -> bool:
    return dates[0] is None or dates[1] is None or dates[0] < dates[1]


def _holds(dates: Between, day: dt.date) -> bool:
    return (dates[0] is None or day >= dates[0]) and (dates[1] is None or day < dates[1])


def _has_day(dates: Between, schedule: Schedule) -> bool:
    """Whether one of the schedule's days of the week lies between."""
    first, until = dates
    if not schedule.days or first is None or until is None:
        return True
    between = range(min((until - first).days, 7))
    return any((first + number * _DAY).isoweekday() in schedule.days for number in between)


def _covers(schedule: Schedule, moment: dt.datetime) -> bool:
    """Whether its days and hours hold a moment; in another zone nobody can say here."""
    if schedule.zone not in _HERE:
        return True
    today, eve = (
        not schedule.days or day.isoweekday() in schedule.days for day in (moment.date(), moment.date() - _DAY)
    )
    return (today and _in_hours(schedule, moment.time(), begun=False)) or (
        eve and _in_hours(schedule, moment.time(), begun=True)
    )


def _covers_midnight(schedule: Schedule, days: tuple[int, ...]) -> bool:
    """Whether it is awake in the first moment of some day: of one of these days of the week, or of any."""
    if schedule.zone not in _HERE:
        return True
    return any(_covers(schedule, dt.datetime.combine(_week_day(day), _MIDNIGHT)) for day in days or range(1, 8))


def _week_day(day: int) -> dt.date:
    """Some day of the week; 1 is Monday."""
    return dt.date.fromisocalendar(2024, 1, day)


def _in_hours(schedule: Schedule, time: dt.time, *, begun: bool) -> bool:
    """Whether its hours hold a time: of the day on which they begin, or (`begun`) of the day after."""
    if not schedule.hours:
        return not begun
    for first, until in schedule.hours:
        over_midnight = until <= first
        if begun and over_midnight and time < until:
            return True
        if not begun and first <= time and (over_midnight or time < until):
            return True
    return False
