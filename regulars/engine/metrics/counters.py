"""Numbers that are not a member's, and windows shorter than a day: kept in buckets, read as ranges of buckets, added to
once an activity. With `by` each key is an item of the bucket; the first fifty by name are read, the others together.

Bucket names sort as text: `2026-11-22T10:05` (UTC) for minutes, `2026-11-22` for days and the first day of periods,
`ever`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterKey, CounterRange, CounterValue
from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.program.contracts.definitions import Measure, Owner
from regulars.program.contracts.values import Period, WindowKind

FINE_UP_TO_MINUTES: Final = 180
COARSE_MINUTES: Final = 10
EVER: Final = "ever"
PROGRAM: Final = Owner.PROGRAM.value
"""The owner of the numbers of the whole program."""


def owner(plan: MetricPlan, activity: Activity) -> str | None:
    """Whose number it is: `till:17`; None where the activity names no such thing."""
    return owner_named(plan.per, activity)


def owner_named(per: str, activity: Activity) -> str | None:
    """The owner of that sort that an activity names: `till:17`; None where it names no such thing."""
    named = _NAMED[per](activity)
    return None if named is None else PROGRAM if per == PROGRAM else f"{per}:{named}"


_NAMED: Final[dict[str, Callable[[Activity], object]]] = {
    Owner.MEMBER: lambda activity: activity.member_id,
    Owner.CARD: lambda activity: activity.card,
    Owner.TILL: lambda activity: activity.till,
    Owner.CASHIER: lambda activity: activity.cashier,
    Owner.DEVICE: lambda activity: activity.device,
    Owner.STORE: lambda activity: activity.store.id if activity.store is not None else None,
    Owner.PARTNER: lambda activity: activity.store.whose if activity.store is not None else None,
    Owner.PROGRAM: lambda _: PROGRAM,
    # Somebody alone is a household of one.
    Owner.HOUSEHOLD: lambda activity: activity.account_id,
}


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
        case WindowKind.EVER | WindowKind.SINCE | WindowKind.TIER_YEAR:
            return EVER


def range_of(plan: MetricPlan, owner_key: str, at: dt.datetime, zone: ZoneInfo, *, back: int = 0) -> CounterRange:
    """The buckets that make up the window at this moment, or that of so many periods before."""
    if plan.minutes:
        first = _minute(plan, at - dt.timedelta(minutes=plan.minutes) + dt.timedelta(minutes=_step(plan)))
        return CounterRange(plan.name, owner_key, first, _minute(plan, at))
    day = periods.local_date(at, zone)
    match plan.kind:
        case WindowKind.SLIDING:
            first = (day - dt.timedelta(days=plan.days - 1)).isoformat()
            return CounterRange(plan.name, owner_key, first, day.isoformat())
        case WindowKind.PERIOD | WindowKind.PREVIOUS if plan.period is not Period.EVER:
            back += plan.kind is WindowKind.PREVIOUS
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
        return _by_key(items)
    present = [item for item, count in items.items() if count > 0]
    if plan.measure is Measure.DISTINCT:
        return len(present)
    if not present:
        return None
    numbers = [int(item) for item in present]
    return plans.restored(min(numbers) if plan.measure is Measure.MIN else max(numbers), plan.value_type)


def _by_key(items: dict[str, int]) -> list[dict[str, Any]]:
    keyed = sorted((name, number) for name, number in items.items() if number)
    found = [{"key": name, "value": number} for name, number in keyed[: plans.BY_MAX]]
    if len(keyed) > plans.BY_MAX:
        rest = sum(number for _, number in keyed[plans.BY_MAX - 1 :])
        found[-1] = {"key": plans.KEY_OF_THE_REST, "value": rest}
    return found


def noted(value: Any) -> object:
    """A value as it is kept with an activity."""
    return plans.stored(value)


def read_again(plan: MetricPlan, kept: Any) -> Any:
    """What was kept, as expressions read it."""
    plain = plan.shape is not Shape.ITEMS or plan.measure is Measure.DISTINCT
    return kept if plain else plans.restored(kept, plan.value_type)


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
