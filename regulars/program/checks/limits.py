"""Limits: over a metric, a condition or a cool-down, with something to cut where they cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.checks.currencies import longer
from regulars.program.checks.metrics import numeric, word
from regulars.program.contracts.definitions import LimitAction
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Span, Text, Unit
from regulars.program.faults import fault, unknown

LONGEST: Final = Span(1, Unit.YEAR)
"""Of a cool-down."""


def check(context: Context) -> Iterator[Fault]:
    """Names that exist, one form each, and what a cut cuts."""
    program = context.program
    for name, limit in program.limits.items():
        path = f"limits.{name}"
        by_number = limit.metric is not None and limit.at_most is not None
        by_other = limit.metric is None and limit.at_most is None
        others = limit.if_ is not None or limit.cooldown is not None
        if not (by_number and not others) and not (by_other and others):
            yield fault("limit_one_form", path)
        yield from cooldown(path, limit.cooldown)
        if limit.metric is not None:
            metric = program.metrics.get(limit.metric)
            if metric is None:
                yield unknown("metric", f"{path}.metric", name=limit.metric, known=program.metrics)
            elif metric.by is not None:
                yield fault("limit_metric_keyed", f"{path}.metric", name=limit.metric)
            elif not numeric(context.places.metric_type(limit.metric)):
                found = word(context.places.metric_type(limit.metric))
                yield fault("limit_metric_no_number", f"{path}.metric", name=limit.metric, found=found)
        if limit.at_most is not None and limit.at_most < 0:
            yield fault("not_positive", f"{path}.at_most")
        for place, type in enumerate(limit.applies_to):
            if type not in context.types:
                yield unknown("activity", f"{path}.applies_to[{place}]", name=type, known=context.types)
        if limit.currency is not None and limit.currency not in program.currencies:
            yield unknown("currency", f"{path}.currency", name=limit.currency, known=program.currencies)
        if limit.then is LimitAction.REFUSE and limit.text == Text():
            yield fault("refusal_without_text", path)
        if limit.then is LimitAction.CUT and limit.currency is None and len(program.currencies) != 1:
            yield fault("cut_without_currency", path)


def cooldown(path: str, span: Span | None) -> Iterator[Fault]:
    """A rest between two times, of a limit or a rule."""
    if span is not None and longer(span, LONGEST):
        yield fault("cooldown_too_long", f"{path}.cooldown", most=words.print_span(LONGEST))
