"""Plans: spans of whole days, a price that is none below 0, effects that name one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.program.checks.context import Context
from regulars.program.contracts.effects import Enlist
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Span, Unit
from regulars.program.faults import fault, unknown

_CLOCK: Final = frozenset({Unit.HOUR, Unit.MINUTE})


def check(context: Context) -> Iterator[Fault]:
    """Periods, prices, and the effects of rules that put members into plans."""
    plans = context.program.plans
    for name, plan in plans.items():
        yield from _plan(f"plans.{name}", plan)
    for name, rule in context.program.rules.items():
        for place, effect in enumerate(rule.effects):
            if not isinstance(effect, Enlist):
                continue
            spot = f"rules.{name}.effects[{place}]"
            if effect.plan not in plans:
                yield unknown("plan", f"{spot}.plan", name=effect.plan, known=plans)
            yield from _span(f"{spot}.until", effect.until)


def _plan(path: str, plan: Plan) -> Iterator[Fault]:
    for field in ("period", "trial", "grace"):
        yield from _span(f"{path}.{field}", getattr(plan, field))
    if plan.price is not None and plan.price < 0:
        yield fault("plan_price", f"{path}.price", found=plan.price)
    if plan.trial is not None and plan.period is None:
        yield fault("trial_of_no_period", f"{path}.trial")


def _span(path: str, span: Span | None) -> Iterator[Fault]:
    if span is not None and (span.unit in _CLOCK or span.count <= 0):
        yield fault("plan_in_days", path, found=f"{span.count} {span.unit.value}")
