"""What one activity adds to each metric, as a part that can be added and taken away again.

A number for sums and counts; key to number with `by`; a list of items for distinct, min and max; a list of values for
first and last; True for a
streak. None where the activity does not touch the metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.scope import EntryScope, Scope
from regulars.program.contracts.definitions import Measure, Over

Part = Any


def of(plan: MetricPlan, s: Scope, entries: Sequence[EntryScope] = ()) -> Part:
    """The part that the activity in scope adds to a metric."""
    if plan.over is Over.ACTIVITIES:
        if plan.where is not None and not plan.where(s):
            return None
        return _one(plan, s)
    walked: Sequence[Any] = s.basket.lines if plan.over is Over.LINES else entries
    where = plan.where
    matched = [thing for thing in walked if where is None or where(s, thing)]
    return _many(plan, s, matched) if matched else None


def _one(plan: MetricPlan, s: Scope) -> Part:
    shape = plan.shape
    if shape is Shape.STREAK:
        return True
    value = 1 if plan.value is None else plan.value(s)
    if value is None:
        return None
    if shape is Shape.NUMBER:
        return value
    if shape is Shape.BY_KEY:
        key = plan.by(s) if plan.by is not None else None
        return {key: value} if key is not None else None
    return [_kept(plan, value)]


def _many(plan: MetricPlan, s: Scope, matched: Sequence[Any]) -> Part:
    shape = plan.shape
    if shape is Shape.STREAK:
        return True
    value = plan.value
    if shape is Shape.NUMBER:
        return len(matched) if value is None else sum(value(s, thing) or 0 for thing in matched)
    if shape is Shape.BY_KEY:
        sums: dict[str, int] = {}
        for thing in matched:
            key = plan.by(s, thing) if plan.by is not None else None
            if key is not None:
                sums[key] = sums.get(key, 0) + (1 if value is None else value(s, thing) or 0)
        return sums or None
    found = [value(s, thing) for thing in matched] if value is not None else []
    return [_kept(plan, each) for each in found if each is not None] or None


def _kept(plan: MetricPlan, value: Any) -> Any:
    return plans.item(value) if plan.measure is Measure.DISTINCT else plans.stored(value)


def is_empty(plan: MetricPlan, part: Part) -> bool:
    """Whether a part changes nothing: a sum may be touched by 0.00."""
    return part is None or (plan.shape is Shape.NUMBER and part == 0)
