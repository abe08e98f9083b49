"""Referrals: members bring members."""

from __future__ import annotations

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.values import Period, Span


class ReferralEffects(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What each side gets: `both`, or `referrer` and `friend` beside or in place of it; `levels` what those above the
    referrer get, nearest first, at most two more."""

    both: tuple[AnyEffect, ...] = ()
    referrer: tuple[AnyEffect, ...] = ()
    friend: tuple[AnyEffect, ...] = ()
    levels: tuple[tuple[AnyEffect, ...], ...] = ()


class Referral(Definition, frozen=True, kw_only=True):
    """`referrals`: who joins by a member's code and then does what `converts` says, `within` a time of joining, is a
    friend that counts. `limits` is how often one referrer is rewarded in a period; `same_person` names what two people
    may not share (`device`, `card`, `phone`, `household`)."""

    converts: str
    within: Span | None = None
    limits: dict[Period, int] = {}
    effects: ReferralEffects
    same_person: tuple[str, ...] = ("device", "card", "phone", "household")
