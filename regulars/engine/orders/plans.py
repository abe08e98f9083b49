"""Rewards of a release made ready: who may have them, what they cost, and what is done for an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from regulars.engine.expressions import Function
from regulars.engine.games.plans import Audience
from regulars.engine.making import Making
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.kit.money import Rounding, round_ratio
from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.program.contracts.definitions import Program, Rule
from regulars.program.contracts.effects import AnyEffect, Entitlement, Give, GiveOffer
from regulars.program.contracts.reward_steps import (
    AnyStep,
    Credit,
    Effects,
    Entitle,
    OfferStep,
    Outside,
    RewardStep,
)
from regulars.program.contracts.rewards import Price, Reward, RewardType
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Share

ORDERED: Final = OnEvent(event="reward.ordered")
"""What the steps and prices of rewards may read stands under `event.`, as if a rule listened."""
ORDER: Final = ("order",)
COUNTED: Final = frozenset({"event.quantity", "event.value"})
"""What says how many were ordered, among the facts of an order."""
SERVICE: Final = "service:"
"""How an order of a service that a rule gives is named; no reward of a program has a colon."""
_FAR: Final = 5_000_000
"""Rules of the program are numbered from 0; what gives prizes like a rule has numbers of its own."""


class PricePlan:
    """One way to pay."""

    __slots__ = ("_formulas", "money")

    def __init__(self, price: Price, made_from: Making) -> None:
        self.money = price.money or 0
        place = made_from.places.limit(ORDER, before_price=True)
        self._formulas: list[tuple[str, Function, int, int, Rounding]] = []
        for name, text in price.points.items():
            currency = made_from.program.currencies[name]
            formula, scale = made_from.expressions.formula(text, place)
            self._formulas.append((name, formula, 10**scale, 10**currency.scale, currency.rounding.value))

    def points(self, s: Scope, quantity: int = 1) -> dict[str, int]:
        """By currency, in its smallest unit, at least 0; a fraction is rounded as the currency rounds."""
        found = {}
        for name, formula, unit, scale, rounding in self._formulas:
            found[name] = max(round_ratio(formula(s) * scale, unit, rounding), 0) * quantity
        return found


class StepPlan:
    """One step; `rule` is what it does where Regulars does it itself."""

    __slots__ = ("_each", "definition", "outside", "owner", "rule")

    def __init__(self, definition: AnyStep, owner: RewardPlan, rule: RulePlan | None) -> None:
        self.definition = definition
        self.owner = owner
        self.rule = rule
        self.outside: Outside | None = definition if isinstance(definition, Outside) else None
        self._each: bool | None = None

    @property
    def each(self) -> bool:
        """Whether it is done for each of several that are ordered; a formula that reads how many does so itself."""
        if self._each is None:
            self._each = self.rule is None or not COUNTED & self.rule.reads()
        return self._each

    @property
    def once(self) -> bool:
        """Whether it cannot be done for several at a time: an offer, a service."""
        if isinstance(self.definition, Effects):
            return any(isinstance(one, GiveOffer | Entitlement) for one in self.definition.effects)
        return isinstance(self.definition, OfferStep | Entitle)


class RewardPlan:
    """One reward."""

    __slots__ = ("_made_from", "audience", "condition", "definition", "name", "path", "prices", "steps", "type")

    def __init__(self, definition: Reward, number: int, made_from: Making) -> None:
        program = made_from.program
        self.definition = definition
        self.name = definition.name
        self.path = f"rewards.{definition.name}"
        self.type = program.reward_types.get(definition.type or "") or RewardType(name="")
        self.audience = Audience(definition.audience, made_from)
        self._made_from = made_from
        self.condition: Function | None = None
        if definition.if_ is not None:
            place = made_from.places.limit(ORDER, before_price=True)
            self.condition = made_from.expressions.condition(definition.if_, place)
        self.prices = tuple(PricePlan(price, made_from) for price in definition.prices)
        steps = (*definition.steps, *self.type.steps)
        self.steps = tuple(self._step(step, number * 100 + place, made_from) for place, step in enumerate(steps))

    def _step(self, step: AnyStep, number: int, made_from: Making) -> StepPlan:
        effects = tuple(_effects(step, self.definition.funding))
        rule = None
        if effects:
            definition = Rule(name=self.path, trigger=ORDERED, effects=effects)
            rule = RulePlan(definition, number=_FAR + number, made_from=made_from)
        return StepPlan(step, self, rule)

    def is_open(self, day: dt.date) -> bool:
        """Whether a day lies within its dates."""
        start, end = self.definition.from_, self.definition.until
        return (start is None or day >= start) and (end is None or day < end)

    def failing(self, s: Scope) -> str | None:
        """What of its audience and its condition does not hold for the member; None where all does."""
        if not self.audience.has(s):
            return self.definition.audience or ""
        if self.condition is None or self.condition(s):
            return None
        place = self._made_from.places.limit(ORDER, before_price=True)
        text = self.definition.if_ or ""
        node = rules.explain(self._made_from.expressions.checked(text, place, language.BOOL), place, s)
        return _failing(node)

    def stock_of(self, variant: str) -> str | None:
        """The name of the counter of its stock; None where there is no end of it."""
        if not self.definition.stock:
            return None
        return f"stock:{self.name}/{variant}" if variant else f"stock:{self.name}"


def _failing(node: language.ExplainedNode) -> str:
    """The first part of a condition that does not hold, as deep as it is made of parts that all have to."""
    for part in node.parts if getattr(node.tree, "op", "") in {"&&", "and"} else ():
        if part.result is not True:
            return _failing(part)
    return node.text


def _effects(step: RewardStep, funding: tuple[Share, ...]) -> Iterator[AnyEffect]:
    match step:
        case Credit():
            yield Give(
                give=step.credit, amount=step.amount, expires=step.expires, pending=step.pending, funding=funding
            )
        case OfferStep():
            yield GiveOffer(offer=step.offer)
        case Effects():
            yield from step.effects


def _service(name: str) -> Reward | None:
    """A service that a rule gives, as the reward of one step that it is; None for a reward of the program."""
    if not name.startswith(SERVICE):
        return None
    return Reward(name=name, steps=(Entitle(service=name.removeprefix(SERVICE), confirm=True),))


class RewardPlans(Mapping[str, RewardPlan]):
    """The rewards of a release, each made ready when it is first asked for: there may be ten thousand."""

    __slots__ = ("_made", "_made_from", "_numbers", "_program")

    def __init__(self, made_from: Making) -> None:
        self._made_from = made_from
        self._program: Program = made_from.program
        self._made: dict[str, RewardPlan] = {}
        self._numbers = {name: number for number, name in enumerate(self._program.rewards)}

    def __getitem__(self, name: str) -> RewardPlan:
        found = self._made.get(name)
        if found is None:
            definition = _service(name) or self._program.rewards[name]
            found = self._made[name] = RewardPlan(definition, self._numbers.get(name, 0), self._made_from)
        return found

    def kept(self, name: str) -> RewardPlan:
        """The reward of an order, which this release may not have any more: then only its name is known, staff may
        cancel it, and its time runs out."""
        return self[name] if name in self else RewardPlan(Reward(name=name), 0, self._made_from)

    def __iter__(self) -> Iterator[str]:
        return iter(self._program.rewards)

    def __len__(self) -> int:
        return len(self._program.rewards)

    def parts(self, plan: RewardPlan, choice: str = "") -> tuple[RewardPlan, ...]:
        """What an order of it is made of: itself, what of `choose` was picked, and all of a bundle."""
        found: list[RewardPlan] = []
        waiting = [plan]
        while waiting:
            one = waiting.pop(0)
            found.append(one)
            waiting += [self[name] for name in one.definition.bundle if name in self._numbers]
            if one is plan and choice and choice in self._numbers:
                waiting.append(self[choice])
        return tuple(found)

    def steps(self, plan: RewardPlan, choice: str = "") -> tuple[StepPlan, ...]:
        """All that is done for an order, in order."""
        return tuple(step for part in self.parts(plan, choice) for step in part.steps)
