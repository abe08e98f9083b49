"""What others read of decisions: the words of the engine's own messages and refusals, and what a recorded activity
gave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import (
    challenge_refusals,
    choice_refusals,
    consent_refusals,
    dealing_refusals,
    household_refusals,
    ladder_refusals,
    messages,
    offer_refusals,
    plan_refusals,
    recording,
    referral_refusals,
    refusals,
    transfer_refusals,
    voucher_refusals,
    words,
)
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.games import refusals as games
from regulars.engine.orders import refusals as order_refusals
from regulars.engine.points import errors
from regulars.engine.points.purse import HOUSE
from regulars.kit import money
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.program.contracts.effects import AnyEffect, Give
from regulars.program.contracts.values import Ratio, Share

DISCOUNT: Final = "off the price"
"""Under this name money off the price stands among currencies, none of which can have it."""


class GivenBy(msgspec.Struct, frozen=True):
    """What one rule gave (or, in a return, took back) of a currency, in its smallest unit; `effect` is the place of the
    effect in the rule, where it is known."""

    rule: str
    currency: str
    points: int
    effect: int | None = None


def given(compiled: Compiled, recorded: bytes) -> tuple[GivenBy, ...]:
    """What a recorded activity gave (or, below 0, took), by rule; `compiled` is the release that judged it."""
    if not recorded:
        return ()
    stored = recording.decode(recorded)
    gave = (
        GivenBy(compiled.rules[one.rule].name, currency_of(compiled, one.rule, one.effect), one.points, one.effect)
        for one in stored.gives
    )
    return (*gave, *(GivenBy(*other) for other in stored.others))


def taken_off(compiled: Compiled, recorded: bytes) -> tuple[GivenBy, ...]:
    """What a recorded activity took off the price (or, a return, took of that below 0), by rule, in minor units under
    the currency DISCOUNT; `compiled` is the release that judged it.
    """
    if not recorded:
        return ()
    stored = recording.decode(recorded)
    off = stored.priced.taken if stored.priced is not None else ()
    return (
        *(GivenBy(compiled.rules[one.rule].name, DISCOUNT, one.amount, one.effect) for one in off),
        *(GivenBy(rule, DISCOUNT, -less, effect) for rule, effect, less in stored.undiscounted),
    )


def currency_of(compiled: Compiled, rule: int, effect: int) -> str:
    """The currency that an effect of a rule gives."""
    made = compiled.rules[rule].definition.effects[effect]
    return str(getattr(made, "give", None) or getattr(made, "multiply", ""))


def unit_cost(compiled: Compiled, given_by: GivenBy) -> Fraction:
    """What the smallest unit of a currency costs those who fund it for this rule, in minor units of the program's
    money, exactly."""
    if given_by.currency == DISCOUNT:
        return Fraction(1)
    definition = compiled.program.currencies[given_by.currency]
    effect = _effect_of(compiled, given_by)
    own = effect.cost if isinstance(effect, Give) else None
    shares: tuple[Share, ...] = getattr(effect, "funding", ()) or (Share(HOUSE, Ratio(1)),)
    whole = Fraction(0)
    for share in shares:
        cost = own or definition.cost.get(share.by, Ratio(0))
        whole += Fraction(share.share.n, share.share.d) * Fraction(cost.n, cost.d)
    minor: int = 10 ** money.decimals(compiled.money)
    units: int = 10**definition.scale
    return whole * minor / units


def _effect_of(compiled: Compiled, given_by: GivenBy) -> AnyEffect | None:
    # What offers and vouchers give are rules, too.
    rule = next((one.definition for one in compiled.rules if one.name == given_by.rule), None)
    prize = compiled.challenges.get(given_by.rule.removeprefix("challenges."))
    effects: tuple[AnyEffect, ...] = ()
    if rule is not None:
        effects = rule.effects if given_by.effect is None else (rule.effects[given_by.effect],)
    elif prize is not None:
        # Its steps give under the same name: the first effect in this currency says who pays.
        steps = prize.definition.steps.values()
        effects = (*prize.definition.effects, *(effect for step in steps for effect in step.effects))
    for effect in effects:
        if given_by.currency in {getattr(effect, "give", None), getattr(effect, "multiply", None)}:
            return effect
    return None


def titled(compiled: Compiled, path: str) -> dict[str, str]:
    """The title of a definition by language, from its path (`offers.come_back`); empty where it has none."""
    found = compiled.titled.get(path)
    if found is None:
        kind, _, name = path.partition(".")
        definition = getattr(compiled.program, kind, {}).get(name)
        if definition is None:
            return {}
        found = compiled.titled[path] = words.wording(definition.title)
    return found


def tick(like: Activity, *, activity_id: UUID, at: dt.datetime) -> Activity:
    """Time passing for the account and member of another activity."""
    return Activity(
        activity_id=activity_id,
        program_id=like.program_id,
        type="tick",
        account_id=like.account_id,
        member_id=like.member_id,
        occurred_at=at,
        received_at=at,
        source="time",
    )


def message_text(code: str) -> Text:
    """The words of one of the engine's own lines (`points.earned`), to be filled with the fields of its message; the
    code itself for one that is not the engine's.
    """
    return messages.TEXTS.get(code) or Text(en=code, ru=code, ro=code)


def refusal_text(code: str) -> Text:
    """The words of a refusal (`insufficient_points`), to be filled with its fields; the code itself for one that is not
    the engine's.
    """
    return REFUSALS.get(code) or Text(en=code, ru=code, ro=code)


_CASES: Final[tuple[type[RegularsError], ...]] = (
    *refusals.CASES,
    *games.CASES,
    *choice_refusals.CASES,
    *consent_refusals.CASES,
    *household_refusals.CASES,
    *plan_refusals.CASES,
    *order_refusals.CASES,
    *offer_refusals.CASES,
    *ladder_refusals.CASES,
    *referral_refusals.CASES,
    *transfer_refusals.CASES,
    *challenge_refusals.CASES,
    *dealing_refusals.CASES,
    *voucher_refusals.CASES,
    *errors.CASES,
    errors.FloorLimitExceeded,
)
REFUSALS: Final[Mapping[str, Text]] = {case.code: case.texts for case in _CASES}
"""Every refusal of a decision with its words, for the documentation."""
