"""Limits: over a metric or a condition, with something to cut where they cut."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import LimitAction
from regulars.program.contracts.report import Fault
from regulars.program.faults import fault, unknown


def check(context: Context) -> Iterator[Fault]:
    """Names that exist, one form each, and what a cut cuts."""
    program = context.program
    for name, limit in program.limits.items():
        path = f"limits.{name}"
        by_metric = limit.metric is not None and limit.at_most is not None and limit.if_ is None
        by_condition = limit.if_ is not None and limit.metric is None and limit.at_most is None
        if not by_metric and not by_condition:
            yield fault("limit_one_form", path)
        if limit.metric is not None:
            metric = program.metrics.get(limit.metric)
            if metric is None:
                yield unknown("metric", f"{path}.metric", name=limit.metric, known=program.metrics)
            elif metric.by is not None:
                yield fault("limit_metric_keyed", f"{path}.metric", name=limit.metric)
        if limit.at_most is not None and limit.at_most < 0:
            yield fault("not_positive", f"{path}.at_most")
        for place, kind in enumerate(limit.applies_to):
            if kind not in context.types:
                yield unknown("activity", f"{path}.applies_to[{place}]", name=kind, known=context.types)
        if limit.currency is not None and limit.currency not in program.currencies:
            yield unknown("currency", f"{path}.currency", name=limit.currency, known=program.currencies)
        if limit.then is LimitAction.CUT and limit.currency is None and len(program.currencies) != 1:
            yield fault("cut_without_currency", path)
