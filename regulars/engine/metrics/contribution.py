"""What one activity adds to each metric, as a part that can be added and taken away again.

A number for sums and counts; key to number with `by`; a list of items for distinct, min and max; a list of values for
first and last; True for a
streak. None where the activity does not touch the metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.scope import EntryScope, Scope
from regulars.program.contracts.definitions import Measure, Over

Part = Any
Contribute = Callable[[Scope, Sequence[EntryScope]], Part]


def of(plan: MetricPlan, s: Scope, entries: Sequence[EntryScope] = ()) -> Part:
    """The part that the activity in scope adds to a metric; None where that changes nothing."""
    part = plan.contribute(s, entries)
    return None if part == 0 and plan.shape is Shape.NUMBER else part


def made(plan: MetricPlan) -> Contribute:
    """A function that gives the part, made once a release: every activity asks every metric."""
    if plan.over is Over.ACTIVITIES:
        return _of_activity(plan)
    over_lines, where = plan.over is Over.LINES, plan.where

    def contribute(s: Scope, entries: Sequence[EntryScope]) -> Part:
        walked: Sequence[Any] = s.basket.lines if over_lines else entries
        matched = walked if where is None else [thing for thing in walked if where(s, thing)]
        return _many(plan, s, matched) if matched else None

    return contribute


def _of_activity(plan: MetricPlan) -> Contribute:
    where, value = plan.where, plan.value
    if plan.shape is Shape.NUMBER and where is not None:
        if value is None:
            return lambda s, _: 1 if where(s) else None
        return lambda s, _: value(s) if where(s) else None

    def contribute(s: Scope, entries: Sequence[EntryScope]) -> Part:
        return _one(plan, s) if where is None or where(s) else None

    return contribute


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
