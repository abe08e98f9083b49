"""Streaks: how many periods in a row had such an activity; `freeze` misses are forgiven within one streak.

In the state: [last period, length, misses forgiven, activities in the last period] and, so that a return can step back,
the same three before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.engine import periods
from regulars.engine.metrics.plan import MetricPlan


class StreakBroken(Exception):
    """An activity of long ago came or went; the streak has to be counted again."""


def frozen_slot(slot: int) -> int:
    """Where among the numbers the periods stand in which a streak was given one more miss; no metric has this slot."""
    return -1 - slot


def frozen(numbers: Mapping[int, Any]) -> dict[int, Any]:
    """What of some numbers was given to streaks: counting again from activities would not find it."""
    return {slot: list(given) for slot, given in numbers.items() if slot < 0}


def _forgives(plan: MetricPlan, held: Sequence[int], given: Sequence[int], period: int) -> int:
    """How many misses the streak may still have before a period: its own, and those given since it began."""
    first = held[0] - (held[1] - 1) - held[2]
    return plan.freeze + sum(1 for one in given if first <= one < period) - held[2]


def add(
    plan: MetricPlan, held: list[int] | None, *, sign: int, day: dt.date, given: Sequence[int] = ()
) -> list[int] | None:
    """The streak with one activity of a day more (sign 1) or less; `given` are the periods in which it was given one
    more miss. Raises StreakBroken."""
    period = periods.index(plan.streak, day)
    if held is None:
        if sign < 0:
            raise StreakBroken
        return [period, 1, 0, 1]
    last, length, forgiven, count = held[:4]
    if period == last:
        if count + sign > 0:
            return [last, length, forgiven, count + sign, *held[4:]]
        return _step_back(held)
    if period < last or sign < 0:
        raise StreakBroken
    missed = period - last - 1
    if missed <= _forgives(plan, held, given, period):
        return [period, length + 1, forgiven + missed, 1, last, length, forgiven, count]
    return [period, 1, 0, 1, last, length, forgiven, count]


def _step_back(held: list[int]) -> list[int] | None:
    if len(held) > 4:
        return held[4:8]
    if held[1] > 1:
        raise StreakBroken
    return None


def value(plan: MetricPlan, held: list[Any] | None, today: dt.date, given: Sequence[int] = ()) -> int:
    """The length of the streak on a day; 0 once a period was missed that is not forgiven. The current period is no
    miss.
    """
    if held is None:
        return 0
    period = periods.index(plan.streak, today)
    missed = period - held[0] - 1
    return int(held[1]) if missed <= 0 or missed <= _forgives(plan, held, given, period) else 0
