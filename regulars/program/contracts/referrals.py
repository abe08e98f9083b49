"""Referrals: members bring members."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Span, Unit

CONVERTED = "referral.converted"


class Same(StrEnum):
    """What two people may not share, or they are one who brings themselves: a device that activities came from, a card
    or payment token, a phone number, a household."""

    DEVICE = "device"
    CARD = "card"
    PHONE = "phone"
    HOUSEHOLD = "household"


class Undone(StrEnum):
    """What becomes of points when what made the friend count comes back: those that still wait are taken back and a
    person looks at the others (`pending`), all are taken back, all stay, or a person looks at all (L4)."""

    PENDING = "pending"
    REVERSE = "reverse"
    KEEP = "keep"
    REVIEW = "review"


class ReferralCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a member's code looks: a prefix, and so many letters and digits that nobody confuses."""

    prefix: str = ""
    length: int = 8


class ReferralEffects(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What each side gets: `both`, and `referrer` and `friend` beside it; `levels` what those above the referrer get,
    the nearest first, at most two."""

    both: tuple[AnyEffect, ...] = ()
    referrer: tuple[AnyEffect, ...] = ()
    friend: tuple[AnyEffect, ...] = ()
    levels: tuple[tuple[AnyEffect, ...], ...] = ()


class Referral(Definition, frozen=True, kw_only=True):
    """`referrals`: who joins by a member's code and then does what `converts` says, `within` a time of joining by it,
    is a friend that counts.

    The code is taken for `join` after somebody became a member, and before they did anything with a basket. `limits` is
    how often one referrer is rewarded in a period, `budget` bounds what all sides get of all; `link` is a text with
    `{code}` in it, for sharing.
    """

    code: ReferralCode = ReferralCode()
    link: str | None = None
    join: Span = Span(30, Unit.DAY)
    converts: str
    within: Span | None = None
    limits: dict[Period, int] = {}
    effects: ReferralEffects
    same_person: tuple[Same, ...] = tuple(Same)
    on_reversal: Undone = Undone.PENDING
    budget: Budget | None = None


def converted(name: str) -> OnEvent:
    """What the effects of a referral see: the member who gets them, and `event`."""
    return OnEvent(event=CONVERTED, name=name)
