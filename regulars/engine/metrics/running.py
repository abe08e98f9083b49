"""The running numbers of one member: how a part is added or taken away, how windows roll and slide, what the number is.

What stands in the state under a metric's slot: the bare accumulation for `ever`, `between` and `since`; [period, this]
or, for the previous period,
[period, this, the one before]; the running sum for sliding windows of numbers. Sliding windows of anything else are
read from day rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from regulars.engine.metrics import plan as plans
from regulars.engine.metrics import streaks
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.days import Day
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.program.contracts.definitions import Measure
from regulars.program.contracts.values import WindowKind

MOMENTS_KEPT: Final = 4
_NOTHING: Final[dict[Any, int]] = {}
Numbers = dict[int, Any]


class Recount(Exception):
    """A part cannot be taken away exactly; the metric has to be counted again from the recorded activities."""


def merge(plan: MetricPlan, accumulated: Any, part: Part, *, sign: int, at_ms: int) -> Any:
    """`accumulated` with a part added (sign 1) or taken away (-1); None is the empty accumulation. Raises Recount."""
    match plan.shape:
        case Shape.NUMBER:
            return (accumulated or 0) + sign * part
        case Shape.BY_KEY:
            return _merge_keys(accumulated or {}, part, sign)
        case Shape.ITEMS:
            return _merge_items(accumulated or {}, part, sign)
        case Shape.MOMENTS:
            return _merge_moments(plan, accumulated or [0, []], part, sign, at_ms)
        case Shape.STREAK:
            raise TypeError("a streak is no accumulation")


def join(plan: MetricPlan, one: Any, other: Any) -> Any:
    """The first and last values of two days together; neither is changed."""
    if plan.shape is not Shape.MOMENTS:
        raise TypeError("all that adds up has a running sum")
    return [0, sorted([*(one or [0, []])[1], *other[1]], key=lambda pair: pair[0])]


def _merge_keys(sums: dict[str, int], part: dict[str, int], sign: int) -> dict[str, int]:
    for key, value in part.items():
        known = key if key in sums or len(sums) < plans.BY_MAX else plans.KEY_OF_THE_REST
        sums[known] = sums.get(known, 0) + sign * value
        if not sums[known]:
            del sums[known]
    return sums


def _merge_items(items: dict[Any, int], part: list[Any], sign: int) -> dict[Any, int]:
    for item in part:
        count = items.get(item, 0) + sign
        if count > 0:
            items[item] = count
        else:
            items.pop(item, None)
    return items


def _merge_moments(plan: MetricPlan, kept: list[Any], part: list[Any], sign: int, at_ms: int) -> list[Any]:
    dropped, pairs = kept
    if sign > 0:
        pairs = [*pairs, *([at_ms, value] for value in part)]
        pairs.sort(key=lambda pair: pair[0])
        keep = pairs[:MOMENTS_KEPT] if plan.measure is Measure.FIRST else pairs[-MOMENTS_KEPT:]
        return [dropped + len(pairs) - len(keep), keep]
    for value in part:
        if [at_ms, value] in pairs:
            pairs.remove([at_ms, value])
        else:
            dropped -= 1
    if dropped and not pairs:
        raise Recount
    return [dropped, pairs]


def add(
    plan: MetricPlan,
    numbers: Numbers,
    part: Part,
    *,
    sign: int,
    day: dt.date,
    today: dt.date,
    at_ms: int,
    now: int,
    behind: int,
) -> None:
    """Put a part of an activity of `day` into the numbers, which are good for `today` and its period `now`, so many
    periods `behind` which the day lies. Raises Recount.
    """
    slot = plan.slot
    if plan.shape is Shape.STREAK:
        _add_to_streak(plan, numbers, sign, day)
        return
    if plan.rolls:
        held, place = _place(plan, numbers, now=now, behind=behind)
        if place is not None:
            held[place] = merge(plan, held[place], part, sign=sign, at_ms=at_ms)
    elif counts(plan, numbers, day, today):
        numbers[slot] = merge(plan, numbers.get(slot), part, sign=sign, at_ms=at_ms)


def counts(plan: MetricPlan, numbers: Numbers, day: dt.date, today: dt.date) -> bool:
    """Whether what happened on a day belongs to the accumulation of `today`, of windows that do not roll."""
    if plan.kind is WindowKind.SLIDING:
        return plan.slides and (today - day).days < plan.days
    return not plan.dated or plan.holds_day(day)


def _add_to_streak(plan: MetricPlan, numbers: Numbers, sign: int, day: dt.date) -> None:
    try:
        given = numbers.get(streaks.frozen_slot(plan.slot), ())
        held = streaks.add(plan, numbers.get(plan.slot), sign=sign, day=day, given=given)
    except streaks.StreakBroken as broken:
        raise Recount from broken
    if held is None:
        numbers.pop(plan.slot, None)
    else:
        numbers[plan.slot] = held


def add_to_period(plan: MetricPlan, numbers: Numbers, amount: int, *, now: int, behind: int) -> None:
    """Put a number into its period."""
    held, place = _place(plan, numbers, now=now, behind=behind)
    if place is not None:
        held[place] = (held[place] or 0) + amount


def _place(plan: MetricPlan, numbers: Numbers, *, now: int, behind: int) -> tuple[list[Any], int | None]:
    """The accumulations of a period window, rolled on, and which of them a day belongs to."""
    held = numbers.get(plan.slot)
    if held is None or held[0] != now or len(held) != 2 + plan.keeps:
        held = numbers[plan.slot] = rolled(plan, held, now)
    place = 1 + behind
    return held, place if 0 < place < len(held) else None


def rolled(plan: MetricPlan, held: list[Any] | None, now: int) -> list[Any]:
    """The accumulations of a period window, rolled on to period `now`: [now, this] or [now, this, before]. What an
    earlier release kept may be shorter or longer than what this one keeps.
    """
    if held is None or held[0] > now:
        return [now, None, None] if plan.keeps else [now, None]
    if held[0] == now:
        return held if len(held) == 2 + plan.keeps else [*held, None] if plan.keeps else held[:2]
    if not plan.keeps:
        return [now, None]
    return [now, None, held[1] if held[0] == now - 1 else None]


def slide(plan: MetricPlan, numbers: Numbers, left: Iterable[Day]) -> None:
    """Take off what days gave that have left the window."""
    slot = plan.slot
    if plan.shape is Shape.NUMBER:
        gone = sum(day.sum(slot) for day in left)
        if gone:
            numbers[slot] -= gone
        return
    held = numbers[slot]
    for day in left:
        for key, count in day.keys.get(slot, _NOTHING).items():
            known = key if key in held else plans.KEY_OF_THE_REST
            rest = held.get(known, 0) - count
            if rest:
                held[known] = rest
            else:
                held.pop(known, None)


def forget(plan: MetricPlan, numbers: Numbers) -> None:
    """Begin anew: the activity that the window counts from has happened."""
    numbers.pop(plan.slot, None)


def value(plan: MetricPlan, numbers: Numbers, today: dt.date, now: int) -> Any:
    """The number on a day and in its period `now`, for all windows but the sliding ones that are read from day rows."""
    held = numbers.get(plan.slot)
    if plan.plain:
        return held or 0
    if plan.shape is Shape.STREAK:
        return streaks.value(plan, held, today, numbers.get(streaks.frozen_slot(plan.slot), ()))
    if plan.rolls:
        held = _of_period(plan, held, now, place=2 if plan.kind is WindowKind.PREVIOUS else 1)
    return answer(plan, held)


def before(plan: MetricPlan, numbers: Numbers, now: int) -> Any:
    """The number of the period before `now`, of windows that keep it."""
    return answer(plan, _of_period(plan, numbers.get(plan.slot), now, place=2))


def _of_period(plan: MetricPlan, held: list[Any] | None, now: int, *, place: int) -> Any:
    if held is None or held[0] < now - 1:
        return None
    found = rolled(plan, held, now)
    return found[place] if place < len(found) else None


def answer(plan: MetricPlan, accumulated: Any) -> Any:
    """What expressions read of an accumulation."""
    match plan.measure:
        case Measure.SUM | Measure.COUNT:
            if plan.shape is Shape.BY_KEY:
                return [{"key": key, "value": number} for key, number in sorted((accumulated or {}).items())]
            return accumulated or 0
        case Measure.DISTINCT:
            return len(accumulated or ())
        case Measure.MIN:
            return plans.restored(min(accumulated), plan.value_type) if accumulated else None
        case Measure.MAX:
            return plans.restored(max(accumulated), plan.value_type) if accumulated else None
        case Measure.FIRST:
            return plans.restored(accumulated[1][0][1], plan.value_type) if accumulated and accumulated[1] else None
        case Measure.LAST:
            return plans.restored(accumulated[1][-1][1], plan.value_type) if accumulated and accumulated[1] else None
        case Measure.STREAK:
            raise TypeError("a streak is no accumulation")
