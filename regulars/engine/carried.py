"""Offers, vouchers and rewards as rules: what they do to a basket is worked out, capped, explained and taken back like
what rules do. Such a rule fires only where its carrier counts for the basket (`Scope.carried`).
"""

from __future__ import annotations

from msgspec.structs import replace

from regulars.program.contracts.definitions import Program, Rule
from regulars.program.contracts.effects import AnyEffect, Points
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Share
from regulars.program.contracts.vouchers import Voucher


def rules(program: Program) -> list[Rule]:
    """One rule for each carrier that has effects on a basket, named by its path; always in the same order."""
    made = [_rule(program, f"offers.{name}", offer) for name, offer in program.offers.items()]
    return made + [_rule(program, f"vouchers.{name}", voucher) for name, voucher in program.vouchers.items()]


def _rule(program: Program, path: str, carrier: Offer | Voucher) -> Rule:
    return Rule(
        name=path,
        title=carrier.title,
        owner=carrier.owner,
        trigger=trigger(program, path, carrier.on),
        if_=carrier.if_,
        lines=carrier.lines,
        effects=tuple(_funded(effect, carrier.funding) for effect in carrier.effects),
        priority=carrier.priority,
        budget=carrier.budget,
    )


def trigger(program: Program, path: str, on: tuple[str, ...]) -> OnActivity:
    """What such a rule listens to: the named types, or all that carry a basket and undo nothing."""
    types = on or tuple(name for name, kind in program.activities.items() if kind.basket and kind.reverses is None)
    return OnActivity(types=types, of=path)


def _funded(effect: AnyEffect, funding: tuple[Share, ...]) -> AnyEffect:
    if funding and isinstance(effect, Points) and not effect.funding:
        return replace(effect, funding=funding)
    return effect
