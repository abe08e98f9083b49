"""Whether something that can happen raises a number."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.program.checks.context import Context
from regulars.program.checks.givers import giving
from regulars.program.checks.possible import may_hold
from regulars.program.contracts.definitions import Metric, Over, Program
from regulars.program.contracts.effects import Convert, Give
from regulars.program.contracts.place_fields import ENTRY_KINDS
from regulars.program.contracts.reward_steps import Credit


def given(program: Program) -> frozenset[str]:
    """The currencies that somebody may get, whatever gives them."""
    return frozenset(_given(program))


def _given(program: Program) -> Iterator[str]:
    yield from (effect.give for _, effect in giving(program, Give))
    yield from (effect.to for _, effect in giving(program, Convert))
    yield from (step.credit for _, step in giving(program, Credit))
    for name, currency in program.currencies.items():
        if currency.buy is not None:
            yield name
        if currency.exchange is not None:
            yield from currency.exchange.to


def can_rise(metric: Metric, context: Context, currencies: frozenset[str]) -> bool:
    """Whether any activity of the program, or any entry of these currencies, can be what a metric counts."""
    where, value = (context.expression(f"metrics.{metric.name}.{field}") for field in ("where", "value"))
    if metric.over is Over.ENTRIES:
        named = where is not None and "entry.currency" in where.fields
        names = currencies if named else context.program.currencies
        kinds = [{"entry.kind": kind, "entry.currency": name} for kind in ENTRY_KINDS for name in names]
        return any(may_hold(where, known) for known in kinds)
    told = metric.where or ""
    carries = metric.over is Over.LINES or any(
        path.startswith("basket.") for one in (where, value) if one is not None for path in one.fields
    )
    if "!" in told or "?" in told or "||" in told:
        # Without a basket its numbers are 0, and what is not that may hold.
        carries = metric.over is Over.LINES
    return any(
        (kind.basket or not carries) and may_hold(where, {"type": name})
        for name, kind in context.program.activities.items()
    )
