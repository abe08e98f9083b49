"""What a member alone who is in everything would have to remember: about so many bytes, of which there is a most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.program.checks.context import Context
from regulars.program.contracts.challenges import Challenge, Join
from regulars.program.contracts.definitions import Owner, Program
from regulars.program.contracts.effects import Badge, OnReversal
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import WindowKind
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault

MOST: Final = 8192
MUCH: Final = 4096
"""A household of two has that twice."""

# Bytes that the engine takes, as measured with small numbers.
_ALONE: Final = 80
_TRY, _TAPPED, _GOAL, _GAVE, _BADGE = 14, 8, 7, 8, 6
_OFFER, _PARAM, _CODE, _USES = 20, 8, 25, 20
_LADDER, _CHOICE, _METRIC, _ATTRIBUTE, _DRAW = 30, 25, 8, 12, 12


def check(context: Context) -> Iterator[Fault]:
    """Too much to remember, or much."""
    weights = {kind: weight for kind, weight in _weights(context.program).items() if weight}
    total = _ALONE + sum(weights.values())
    if total <= MUCH:
        return
    heaviest = max(weights, key=lambda kind: weights[kind])
    told = f"{heaviest} ({weights[heaviest]})"
    if total > MOST:
        yield fault("remembers_too_much", heaviest, bytes=total, most=MOST, heaviest=told)
    else:
        yield fault("remembers_much", heaviest, bytes=total, most=MOST, heaviest=told)


def _weights(program: Program) -> dict[str, int]:
    return {
        "offers": sum(_offer(name, one) for name, one in program.offers.items()),
        "vouchers": sum(_voucher(name, one) for name, one in program.vouchers.items()),
        "challenges": sum(_challenge(name, one) for name, one in program.challenges.items()),
        "choices": sum(len(name) + _CHOICE for name in program.choices),
        "ladders": sum(len(name) + _LADDER for name in program.ladders),
        "metrics": sum(_METRIC for one in program.metrics.values() if one.per is Owner.MEMBER),
        "attributes": sum(len(name) + _ATTRIBUTE for name in program.attributes),
        "draws": sum(len(name) + _DRAW for name in program.draws),
    }


def _offer(name: str, offer: Offer) -> int:
    """Of an offer that only an audience has nothing is kept before it is used, unless something is frozen."""
    params = sum(len(param) + _PARAM for param in offer.params)
    return len(name) + _OFFER + params


def _voucher(name: str, voucher: Voucher) -> int:
    """One code of a campaign that is given, and how often the member used it where that is limited."""
    limits = [one for one in (voucher.uses.member, voucher.uses.day) if one is not None]
    held = len(name) + _CODE if voucher.codes.shared is None else 0
    return held + len(limits) * (len(name) + _USES)


def _challenge(name: str, challenge: Challenge) -> int:
    goals = [*challenge.steps, *([""] if challenge.goal is not None else [])]
    one_try = _TRY + sum(len(goal) + _GOAL for goal in goals)
    if challenge.join is not Join.SELF:
        one_try += _TAPPED
    if challenge.on_reversal is not OnReversal.KEEP:
        one_try += sum(len(goal) + _GAVE for goal in goals)
    # The try of the period before this one is kept as long as something may come back.
    tries = 2 if challenge.window.kind is WindowKind.PERIOD else 1
    effects = [*challenge.effects, *(effect for step in challenge.steps.values() for effect in step.effects)]
    badges = sum(len(effect.badge) + _BADGE for effect in effects if isinstance(effect, Badge))
    return len(name) + 4 + tries * one_try + badges
