"""What each kind of effect does. One table from the definition to the plan that carries it out.

Effects that give points say exactly how many (`amount`), before anything is given; caps and limits then look at all of
them together. All other
effects act on the decision, one after the other, once the points are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from regulars.engine.amounts import Exact, combined, line_weights
from regulars.engine.making import Making
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.effects import Effect, Give, Multiply, Per
from regulars.program.contracts.triggers import AnyTrigger

Read = tuple[str, language.Schema, language.Type | None]


def _place(definition: Give, trigger: AnyTrigger, made_from: Making) -> language.Schema:
    places = made_from.places
    makers = {Per.BASKET: places.rule, Per.LINE: places.line, Per.UNIT: places.line, Per.PAYMENT: places.payment}
    return makers[definition.per](trigger)


def _read_by_give(definition: Give, trigger: AnyTrigger, made_from: Making) -> list[Read]:
    return [(definition.amount, _place(definition, trigger, made_from), language.NUMBER)]


class GivePlan:
    """`give`: a formula in whole units, per basket, line, unit or payment."""

    __slots__ = ("carry", "currency", "definition", "formula", "per", "unit")

    def __init__(self, definition: Give, trigger: AnyTrigger, made_from: Making) -> None:
        schema = _place(definition, trigger, made_from)
        self.formula, scale = made_from.expressions.formula(definition.amount, schema)
        self.definition = definition
        self.currency: Currency = made_from.program.currencies[definition.give]
        self.per = definition.per
        self.carry = definition.carry
        # A whole unit of the currency in units of what the formula gives: 1 / 10**scale of the formula is 10**scale of
        # the currency / unit.
        self.unit = 10**scale

    def amount(self, s: Scope, matched: Sequence[bool] | None, base: dict[str, list[Exact]]) -> Exact | None:
        """What it gives, exactly; a formula below 0 gives nothing."""
        return _AMOUNTS[self.per](self, s, matched)


def _per_basket(plan: GivePlan, s: Scope, matched: Sequence[bool] | None) -> Exact | None:
    value = plan.formula(s)
    if value <= 0:
        return None
    return Exact(value * 10**plan.currency.scale, plan.unit, line_weights(s.basket.lines, matched))


def _per_payment(plan: GivePlan, s: Scope, matched: Sequence[bool] | None) -> Exact | None:
    value = sum(max(plan.formula(s, payment), 0) for payment in s.basket.payments)
    if value <= 0:
        return None
    return Exact(value * 10**plan.currency.scale, plan.unit, line_weights(s.basket.lines, matched))


def _per_line(plan: GivePlan, s: Scope, matched: Sequence[bool] | None) -> Exact | None:
    formula = plan.formula
    whole = 10**plan.currency.scale
    weights = [
        max(formula(s, line), 0) * whole if line.earns and (matched is None or matched[place]) else 0
        for place, line in enumerate(s.basket.lines)
    ]
    value = sum(weights)
    return Exact(value, plan.unit, weights) if value else None


def _per_unit(plan: GivePlan, s: Scope, matched: Sequence[bool] | None) -> Exact | None:
    formula = plan.formula
    whole = 10**plan.currency.scale
    weights = [
        max(formula(s, line), 0) * whole * line.quantity if line.earns and (matched is None or matched[place]) else 0
        for place, line in enumerate(s.basket.lines)
    ]
    value = sum(weights)
    return Exact(value, plan.unit * 1000, weights) if value else None


_AMOUNTS: Final[dict[Per, Callable[[GivePlan, Scope, Sequence[bool] | None], Exact | None]]] = {
    Per.BASKET: _per_basket,
    Per.LINE: _per_line,
    Per.UNIT: _per_unit,
    Per.PAYMENT: _per_payment,
}


class MultiplyPlan:
    """`multiply`: (by - 1) times the unrounded base points of the matched lines."""

    __slots__ = ("carry", "currency", "definition", "extra", "over")

    def __init__(self, definition: Multiply, trigger: AnyTrigger, made_from: Making) -> None:
        self.definition = definition
        self.currency: Currency = made_from.program.currencies[definition.multiply]
        self.carry = False
        self.extra = definition.by.n - definition.by.d
        self.over = definition.by.d

    def amount(self, s: Scope, matched: Sequence[bool] | None, base: dict[str, list[Exact]]) -> Exact | None:
        """What it adds, exactly."""
        amounts = base.get(self.currency.name)
        if not amounts or self.extra <= 0:
            return None
        nums, den = combined(amounts)
        if matched is not None and s.basket.lines:
            nums = [num if matched[place] else 0 for place, num in enumerate(nums)]
        whole = sum(nums)
        return Exact(whole * self.extra, den * self.over, nums) if whole else None


PointsPlan = GivePlan | MultiplyPlan

POINTS: Final[dict[type[Effect], Callable[[Any, AnyTrigger, Making], PointsPlan]]] = {
    Give: GivePlan,
    Multiply: MultiplyPlan,
}
"""Effects that give points."""

READS: Final[dict[type[Effect], Callable[[Any, AnyTrigger, Making], list[Read]]]] = {Give: _read_by_give}
"""What effects that give points read: a return needs these values as they were."""
