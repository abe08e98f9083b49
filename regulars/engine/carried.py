"""Offers, vouchers and rewards as rules: what they do to a basket is worked out, capped, explained and taken back like
what rules do. Such a rule fires only where its carrier counts for the basket (`Scope.carried`).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from regulars.engine.scope import Scope
from regulars.program.contracts.definitions import Program, Rule
from regulars.program.contracts.effects import AnyEffect, Points, Priced
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.rewards import Reward
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Rollback, Share
from regulars.program.contracts.vouchers import Voucher

REDEEM: Final = "voucher"
"""The type of activity by which a code is used without a basket."""
VOUCHERS: Final = "vouchers."
BEFORE: Final = "_metrics"
"""Among the facts of a voucher: numbers of the member as they were before the activity."""


def rules(program: Program) -> list[Rule]:
    """One rule for each carrier that has effects on a basket, named by its path; always in the same order."""
    made = [_rule(program, f"offers.{name}", offer) for name, offer in program.offers.items()]
    made += [_rule(program, f"vouchers.{name}", voucher) for name, voucher in program.vouchers.items()]
    return made + [_of_reward(program, reward) for reward in program.rewards.values() if _effects(program, reward)]


def _effects(program: Program, reward: Reward) -> tuple[AnyEffect, ...]:
    """What a reward does to a basket when it is taken at the till: as its type says."""
    kind = program.reward_types.get(reward.type or "")
    return () if kind is None else kind.effects


def _of_reward(program: Program, reward: Reward) -> Rule:
    # Whether the member may have it is asked before, with the reason in the answer.
    path = f"rewards.{reward.name}"
    return Rule(
        name=path,
        title=reward.title,
        owner=reward.owner,
        trigger=trigger(program, path, ()),
        lines=reward.lines,
        effects=tuple(_funded(effect, reward.funding) for effect in _effects(program, reward)),
        budget=reward.budget,
    )


def _rule(program: Program, path: str, carrier: Offer | Voucher) -> Rule:
    return Rule(
        name=path,
        title=carrier.title,
        owner=carrier.owner,
        trigger=trigger(program, path, carrier.on),
        if_=carrier.if_,
        lines=carrier.lines,
        effects=tuple(_rolled_back(_funded(effect, carrier.funding), carrier) for effect in carrier.effects),
        group=carrier.group,
        priority=carrier.priority,
        budget=carrier.budget,
    )


def trigger(program: Program, path: str, on: tuple[str, ...]) -> OnActivity:
    """What such a rule listens to: the named types, or all that carry a basket and undo nothing; a voucher is used
    without a basket, too."""
    types = on or tuple(name for name, kind in program.activities.items() if kind.basket and kind.reverses is None)
    if not on and path.startswith(VOUCHERS):
        types = (*types, REDEEM)
    return OnActivity(types=types, of=path)


def funded(program: Program) -> Program:
    """The program with the funders of each rule on those of its effects that name none."""
    rules = {
        name: replace(rule, effects=tuple(_funded(effect, rule.funding) for effect in rule.effects))
        for name, rule in program.rules.items()
        if rule.funding
    }
    return replace(program, rules=program.rules | rules) if rules else program


def _funded(effect: AnyEffect, funding: tuple[Share, ...]) -> AnyEffect:
    if funding and isinstance(effect, (Points, Priced)) and not effect.funding:
        return replace(effect, funding=funding)
    return effect


def _rolled_back(effect: AnyEffect, carrier: Offer | Voucher) -> AnyEffect:
    """What a voucher says of returns holds for each discount that it brings."""
    if isinstance(effect, Priced) and isinstance(carrier, Voucher) and carrier.rollback is not Rollback.KEEP:
        return replace(effect, rollback=carrier.rollback)
    return effect


def as_before(condition: Callable[..., bool]) -> Callable[..., bool]:
    """A condition of a carrier, asked on the numbers as they were before the activity: who is new is so for the
    purchase that makes them a buyer, too."""

    def holds(s: Scope) -> bool:
        numbers = s.carrier.get(BEFORE)
        if not numbers:
            return condition(s)
        now = s.member.metrics
        s.member.metrics = ChainMap(numbers, now)  # type: ignore[assignment]  # conditions only read it
        try:
            return condition(s)
        finally:
            s.member.metrics = now

    return holds
