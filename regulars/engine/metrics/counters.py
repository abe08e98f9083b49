"""Numbers that are not a member's, and windows shorter than a day: kept in buckets, read as ranges of buckets, added to
once an activity.

Bucket names sort as text: `2026-11-22T10:05` (UTC) for minutes, `2026-11-22` for days and the first day of periods,
`ever`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterKey, CounterRange, CounterValue
from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.program.contracts.definitions import Measure
from regulars.program.contracts.values import Period, WindowKind

FINE_UP_TO_MINUTES: Final = 180
COARSE_MINUTES: Final = 10
EVER: Final = "ever"


def owner(plan: MetricPlan, activity: Activity) -> str | None:
    """Whose number it is: `till:17`; None where the activity names no such thing."""
    if plan.for_member:
        return f"member:{activity.member_id}"
    if plan.per == "store":
        return f"store:{activity.store.id}" if activity.store is not None else None
    identity = getattr(activity, plan.per, None)
    return f"{plan.per}:{identity}" if identity is not None else None


def bucket(plan: MetricPlan, at: dt.datetime, zone: ZoneInfo) -> str | None:
    """The bucket that an activity of this moment falls into; None outside a window between dates."""
    if plan.minutes:
        return _minute(plan, at)
    day = periods.local_date(at, zone)
    match plan.kind:
        case WindowKind.SLIDING:
            return day.isoformat()
        case WindowKind.PERIOD | WindowKind.PREVIOUS:
            return EVER if plan.period is Period.EVER else periods.first_day(plan.period, plan.index(day)).isoformat()
        case WindowKind.BETWEEN:
            return EVER if plan.holds_day(day) else None
        case WindowKind.EVER | WindowKind.SINCE:
            return EVER


def range_of(plan: MetricPlan, owner_key: str, at: dt.datetime, zone: ZoneInfo) -> CounterRange:
    """The buckets that make up the window at this moment."""
    if plan.minutes:
        first = _minute(plan, at - dt.timedelta(minutes=plan.minutes) + dt.timedelta(minutes=_step(plan)))
        return CounterRange(plan.name, owner_key, first, _minute(plan, at))
    day = periods.local_date(at, zone)
    match plan.kind:
        case WindowKind.SLIDING:
            first = (day - dt.timedelta(days=plan.days - 1)).isoformat()
            return CounterRange(plan.name, owner_key, first, day.isoformat())
        case WindowKind.PERIOD | WindowKind.PREVIOUS if plan.period is not Period.EVER:
            back = 1 if plan.kind is WindowKind.PREVIOUS else 0
            name = periods.first_day(plan.period, plan.index(day) - back).isoformat()
            return CounterRange(plan.name, owner_key, name, name)
        case _:
            return CounterRange(plan.name, owner_key, EVER, EVER)


def additions(plan: MetricPlan, part: Part, *, sign: int, key: CounterKey) -> list[CounterValue]:
    """What a part adds to a bucket, or takes away."""
    if plan.shape is Shape.NUMBER:
        return [CounterValue(key, "", sign * part)] if part else []
    if plan.shape is Shape.BY_KEY:
        return [CounterValue(key, name, sign * number) for name, number in part.items()]
    return [CounterValue(key, str(item), sign) for item in part]


def value(plan: MetricPlan, found: CounterRange, values: Iterable[CounterValue]) -> Any:
    """The number over a range of buckets, from what was loaded and what was added since."""
    items: dict[str, int] = {}
    for one in values:
        key = one.key
        if key.metric == found.metric and key.owner == found.owner and found.first <= key.bucket <= found.last:
            items[one.item] = items.get(one.item, 0) + one.value
    if plan.shape is Shape.NUMBER:
        return items.get("", 0)
    if plan.shape is Shape.BY_KEY:
        return [{"key": name, "value": number} for name, number in sorted(items.items())]
    present = [item for item, count in items.items() if count > 0]
    if plan.measure is Measure.DISTINCT:
        return len(present)
    if not present:
        return None
    numbers = [int(item) for item in present]
    return plans.restored(min(numbers) if plan.measure is Measure.MIN else max(numbers), plan.value_type)


def merged(additions: Sequence[CounterValue]) -> tuple[CounterValue, ...]:
    """Additions to the same item of a bucket as one."""
    if len(additions) < 2:
        return tuple(additions)
    sums: dict[tuple[CounterKey, str], int] = {}
    for one in additions:
        place = (one.key, one.item)
        sums[place] = sums.get(place, 0) + one.value
    return tuple(CounterValue(key, item, number) for (key, item), number in sums.items() if number)


def _step(plan: MetricPlan) -> int:
    return 1 if plan.minutes <= FINE_UP_TO_MINUTES else COARSE_MINUTES


def _minute(plan: MetricPlan, at: dt.datetime) -> str:
    utc = at.astimezone(dt.UTC)
    step = _step(plan)
    return utc.replace(minute=utc.minute - utc.minute % step).isoformat(timespec="minutes")[:16]
