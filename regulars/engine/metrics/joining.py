"""Two members' numbers become one's, and come apart again: metrics add (L63), each in the way of its shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from regulars.engine.contracts.known import DayRow
from regulars.engine.metrics import plan as plans
from regulars.engine.metrics import running
from regulars.engine.metrics.days import Day, Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.program.contracts.definitions import Measure


def add_days(days: Days, member_id: UUID, rows: Iterable[DayRow], metrics: Sequence[MetricPlan], *, sign: int) -> None:
    """Puts the day rows of another into those of a member (sign 1), or takes them out again."""
    by_slot = {metric.slot: metric for metric in metrics}
    loose = Days(rows)
    for row in rows:
        mine, theirs = days.touch(member_id, row.day), loose.touch(row.member_id, row.day)
        for slot, amount in enumerate(theirs.sums):
            if amount:
                mine.add(slot, sign * amount)
        for slot, held in theirs.keys.items():
            metric = by_slot.get(slot)
            if metric is not None:
                mine.keys[slot] = joined(metric, mine.keys.get(slot), held, sign=sign)


def clear_days(days: Days, member_id: UUID, rows: Iterable[DayRow], metrics: Sequence[MetricPlan]) -> None:
    """Leaves nothing of these metrics in the rows of a member who has gone; what else is in them is the household's."""
    slots = {metric.slot for metric in metrics}
    for row in rows:
        if row.member_id != member_id or not (row.sums or row.keys):
            continue
        mine = days.touch(member_id, row.day)
        mine.sums[:] = [0 if slot in slots else amount for slot, amount in enumerate(mine.sums)]
        if not any(mine.sums):
            mine.sums.clear()
        for slot in [slot for slot in mine.keys if slot in slots]:
            del mine.keys[slot]


def only(rows: Iterable[DayRow], member_id: UUID, metrics: Sequence[MetricPlan]) -> list[DayRow]:
    """A member's rows with nothing but these metrics in them."""
    slots = {metric.slot for metric in metrics}
    found = []
    for row in rows:
        if row.member_id != member_id:
            continue
        day = Day(row.sums, row.keys)
        sums = [amount if slot in slots else 0 for slot, amount in enumerate(day.sums)]
        for slot in [slot for slot in day.keys if slot not in slots]:
            del day.keys[slot]
        keys = day.written_keys()
        if any(sums) or keys:
            found.append(DayRow(member_id=member_id, day=row.day, sums=tuple(sums), keys=keys))
    return found


def moved_on(
    member_id: UUID,
    numbers: running.Numbers,
    rows: Sequence[DayRow],
    metrics: Sequence[MetricPlan],
    *,
    of: dt.date,
    today: dt.date,
    joined_on: dt.date = plans.NEW_YEAR,
) -> running.Numbers:
    """Numbers that were good for one day as they are on a later one."""
    found = MemberNumbers(
        member_id, numbers=dict(numbers), days=Days(rows), today=of, plans=metrics, joined_on=joined_on
    )
    found.move_to(today)
    return found.numbers


def add(
    mine: running.Numbers,
    theirs: running.Numbers,
    metrics: Sequence[MetricPlan],
    *,
    today: dt.date,
    sign: int,
    joined_on: dt.date = plans.NEW_YEAR,
) -> None:
    """Puts the numbers of another into a member's (sign 1), or takes them out again; both are good for `today`."""
    for metric in metrics:
        held = theirs.get(metric.slot)
        if held is None:
            continue
        own = mine.get(metric.slot)
        if metric.rolls:
            now = metric.index(today, joined_on)
            ours, others = running.rolled(metric, own, now), running.rolled(metric, held, now)
            pairs = zip(ours[1:], others[1:], strict=True)
            mine[metric.slot] = [now, *(joined(metric, one, other, sign=sign) for one, other in pairs)]
        else:
            mine[metric.slot] = joined(metric, own, held, sign=sign)


def joined(metric: MetricPlan, own: Any, held: Any, *, sign: int) -> Any:
    """One accumulation with another put in or taken out; None is the empty one."""
    if held is None:
        return own
    match metric.shape:
        case Shape.NUMBER:
            return (own or 0) + sign * held
        case Shape.BY_KEY:
            return _keys(own or {}, held, sign)
        case Shape.ITEMS:
            return _items(own or {}, held, sign)
        case Shape.MOMENTS:
            return _moments(metric, own or [0, []], held, sign)
        case Shape.STREAK:
            return _streak(own, held, sign)


def _keys(own: dict[str, int], held: dict[str, int], sign: int) -> dict[str, int]:
    sums = dict(own)
    for key, amount in held.items():
        known = key if key in sums or len(sums) < plans.BY_MAX else plans.KEY_OF_THE_REST
        rest = sums.get(known, 0) + sign * amount
        if rest:
            sums[known] = rest
        else:
            sums.pop(known, None)
    return sums


def _items(own: dict[Any, int], held: dict[Any, int], sign: int) -> dict[Any, int]:
    items = dict(own)
    for item, count in held.items():
        rest = items.get(item, 0) + sign * count
        if rest > 0:
            items[item] = rest
        else:
            items.pop(item, None)
    return items


def _moments(metric: MetricPlan, own: list[Any], held: list[Any], sign: int) -> list[Any]:
    pairs = [list(pair) for pair in own[1]]
    if sign < 0:
        for pair in held[1]:
            if list(pair) in pairs:
                pairs.remove(list(pair))
        return [max(own[0] - held[0], 0), pairs]
    pairs = sorted([*pairs, *(list(pair) for pair in held[1])], key=lambda pair: pair[0])
    first = metric.measure is Measure.FIRST
    keep = pairs[: running.MOMENTS_KEPT] if first else pairs[-running.MOMENTS_KEPT :]
    return [own[0] + held[0] + len(pairs) - len(keep), keep]


def _streak(own: list[int] | None, held: list[int], sign: int) -> list[int] | None:
    # Two streaks do not add: one person's weeks are what either had, and the longer of those that still run is kept.
    if sign < 0 or own is None:
        return own if sign < 0 else list(held)
    return max(own, list(held), key=lambda streak: (streak[0], streak[1]))
