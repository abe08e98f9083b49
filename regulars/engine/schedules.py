"""When a rule is awake: weekdays, hours of the day, dates; in the store's zone unless it says otherwise."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from regulars.program.contracts.values import Schedule

ONE_DAY = dt.timedelta(days=1)


def awake(schedule: Schedule, at: dt.datetime, *, store_zone: ZoneInfo, program_zone: ZoneInfo) -> bool:
    """Whether a schedule covers a moment. Hours over midnight belong to the day on which they began."""
    if schedule.zone == "store":
        zone = store_zone
    else:
        zone = program_zone if schedule.zone == "program" else ZoneInfo(schedule.zone)
    local = at.astimezone(zone)
    day, time = local.date(), local.time()
    if not schedule.hours:
        return _covers(schedule, day)
    for first, until in schedule.hours:
        if first < until:
            if first <= time < until and _covers(schedule, day):
                return True
        elif (time >= first and _covers(schedule, day)) or (time < until and _covers(schedule, day - ONE_DAY)):
            return True
    return False


def _covers(schedule: Schedule, day: dt.date) -> bool:
    if schedule.days and day.isoweekday() not in schedule.days:
        return False
    return (schedule.from_ is None or day >= schedule.from_) and (schedule.until is None or day < schedule.until)
