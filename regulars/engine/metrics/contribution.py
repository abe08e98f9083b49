"""What one activity adds to each metric, as a part that can be added and taken away again.

A number for sums and counts; key to number with `by`; a list of items for distinct, min and max; a list of values for
first and last; True for a
streak. None where the activity does not touch the metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from regulars.engine.metrics import plan as plans
from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.scope import EntryScope, Scope
from regulars.program.contracts.definitions import Measure, Over

Part = Any
Give = Callable[[Scope, Sequence[EntryScope]], Part]


def of(plan: MetricPlan, s: Scope, entries: Sequence[EntryScope] = ()) -> Part:
    """The part that the activity in scope adds to a metric; None where that changes nothing."""
    if plan.where is not None and plan.over is Over.ACTIVITIES and not plan.where(s):
        return None
    part = plan.part(s, entries)
    return None if part == 0 and plan.shape is Shape.NUMBER else part


def made(plan: MetricPlan) -> Give:
    """A function that gives the part of an activity for which `where` holds, made once a release: every activity asks
    every metric.
    """
    return _MAKERS[plan.over](plan)


def _of_activity(plan: MetricPlan) -> Give:
    value, shape = plan.value, plan.shape
    if shape is Shape.STREAK:
        return lambda *_: True
    if shape is Shape.NUMBER:
        return (lambda *_: 1) if value is None else (lambda s, _: value(s))
    return lambda s, _: _one(plan, s)


def _one(plan: MetricPlan, s: Scope) -> Part:
    value = 1 if plan.value is None else plan.value(s)
    if value is None:
        return None
    if plan.shape is Shape.BY_KEY:
        key = plan.by(s) if plan.by is not None else None
        return {key: value} if key is not None else None
    return [_kept(plan, value)]


def _of_lines(plan: MetricPlan) -> Give:
    """Of lines the values come as a list; without a value as the lines themselves, which are counted."""
    values, by, counts = plan.value, plan.by, plan.definition.value is None
    if values is None:
        raise ValueError("a metric over lines walks them")

    def give(s: Scope, _: Sequence[EntryScope]) -> Part:
        found = values(s)
        return _many(plan, found, by(s) if by is not None else (), counts=counts) if found else None

    return give


def _of_entries(plan: MetricPlan) -> Give:
    where, value, by = plan.where, plan.value, plan.by

    def give(s: Scope, entries: Sequence[EntryScope]) -> Part:
        matched = entries if where is None else [entry for entry in entries if where(s, entry)]
        if not matched:
            return None
        values = matched if value is None else [value(s, entry) for entry in matched]
        return _many(plan, values, [by(s, entry) for entry in matched] if by is not None else (), counts=value is None)

    return give


_MAKERS: Final[dict[Over, Callable[[MetricPlan], Give]]] = {
    Over.ACTIVITIES: _of_activity,
    Over.LINES: _of_lines,
    Over.ENTRIES: _of_entries,
}


def _many(plan: MetricPlan, values: Sequence[Any], keys: Sequence[str | None], *, counts: bool) -> Part:
    """The part of several lines or entries, by their values; `counts` where only their number matters."""
    shape = plan.shape
    if shape is Shape.STREAK:
        return True
    if shape is Shape.NUMBER:
        return len(values) if counts else sum(value for value in values if value)
    if shape is Shape.BY_KEY:
        sums: dict[str, int] = {}
        for key, value in zip(keys, values, strict=True):
            if key is not None:
                sums[key] = sums.get(key, 0) + (1 if counts else value or 0)
        return sums or None
    return None if counts else [_kept(plan, value) for value in values if value is not None] or None


def _kept(plan: MetricPlan, value: Any) -> Any:
    return plans.item(value) if plan.measure is Measure.DISTINCT else plans.stored(value)
