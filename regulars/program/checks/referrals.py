"""Referrals that can bring somebody something, and points that can be passed on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from regulars.program.checks import rules
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Currency, CurrencyKind, Rule
from regulars.program.contracts.effects import AnyEffect, HoldForReview, Multiply, Refuse
from regulars.program.contracts.referrals import Referral, converted
from regulars.program.contracts.report import Fault
from regulars.program.contracts.transfers import TransferTo
from regulars.program.contracts.values import Period
from regulars.program.faults import fault

LEVELS_MOST: Final = 2
"""How many levels above the referrer get something."""
LENGTHS: Final = range(6, 17)
"""Shorter codes are guessed, longer ones are not said."""
PREFIX: Final = re.compile(r"[A-Z0-9-]{0,12}")
_NOT_HERE: Final = (Refuse, HoldForReview, Multiply)


def check(context: Context) -> Iterator[Fault]:
    """Each referral, and each currency that is passed on."""
    for name, referral in context.program.referrals.items():
        path = f"referrals.{name}"
        yield from _code(path, referral)
        yield from _effects(f"{path}.effects", referral, context)
        for period, most in referral.limits.items():
            if most <= 0:
                yield fault("not_positive", f"{path}.limits.{period.value}")
            if period is Period.ACTIVITY:
                yield fault("referral_limit_period", f"{path}.limits.{period.value}")
    for name, currency in context.program.currencies.items():
        yield from _transfer(f"currencies.{name}.transfer", currency, context)


def _code(path: str, referral: Referral) -> Iterator[Fault]:
    if referral.code.length not in LENGTHS:
        shown = {"least": LENGTHS.start, "most": LENGTHS.stop - 1}
        yield fault("referral_code_length", f"{path}.code.length", found=referral.code.length, **shown)
    if not PREFIX.fullmatch(referral.code.prefix):
        yield fault("referral_code_prefix", f"{path}.code.prefix", found=referral.code.prefix)
    if referral.link is not None and "{code}" not in referral.link:
        yield fault("referral_link", f"{path}.link")


def _effects(path: str, referral: Referral, context: Context) -> Iterator[Fault]:
    effects = referral.effects
    if len(effects.levels) > LEVELS_MOST:
        yield fault("referral_levels", f"{path}.levels", found=len(effects.levels), most=LEVELS_MOST)
    sides: dict[str, tuple[AnyEffect, ...]] = {
        "both": effects.both,
        "referrer": effects.referrer,
        "friend": effects.friend,
        **{f"levels[{place}]": done for place, done in enumerate(effects.levels)},
    }
    if not any(sides.values()):
        yield fault("referral_gives_nothing", path)
    for side, done in sides.items():
        for place, effect in enumerate(done):
            if isinstance(effect, _NOT_HERE):
                yield fault("effect_not_in_referral", f"{path}.{side}[{place}]")
        made = Rule(name=f"referrals.{referral.name}", trigger=converted(referral.name), effects=done)
        yield from rules.effects(f"{path}.{side}", made, context)


def _transfer(path: str, currency: Currency, context: Context) -> Iterator[Fault]:
    terms = currency.transfer
    if terms is None:
        return
    if currency.kind is CurrencyKind.STATUS:
        yield fault("status_transferred", path)
    for name, number in (("least", terms.least), ("most", terms.most)):
        if number is not None and number <= 0:
            yield fault("not_positive", f"{path}.{name}")
    bounds = {"most": terms.most, **{f"per.{period.value}": most for period, most in terms.per.items()}}
    for name, most in bounds.items():
        if most is not None and most < terms.least:
            yield fault("transfer_out_of_reach", f"{path}.{name}")
    if terms.to is TransferTo.HOUSEHOLD and not context.program.households:
        yield fault("transfer_without_household", f"{path}.to")
    shared = [one.name for one in context.program.households.values() if currency.name in one.pooled]
    if terms.to is TransferTo.HOUSEHOLD and shared and len(shared) == len(context.program.households):
        yield fault("transfer_of_what_is_shared", f"{path}.to", household=shared[0])
