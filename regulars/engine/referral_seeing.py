"""Referrals as a member sees them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from regulars.engine import caps, words
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.view import BroughtSeen, ReferralSeen
from regulars.engine.referred import CONVERTED, JOINED, REFUSED, UNDONE, Referred
from regulars.engine.work import Work

_STATES: Final = {JOINED: "joined", CONVERTED: "counted", UNDONE: "undone", REFUSED: "refused"}


def seen(work: Work, compiled: Compiled) -> tuple[ReferralSeen, ...]:
    """The referrals of the program with what the member has done in them."""
    known = work.member.referral or Referred()
    found = []
    for plan in compiled.referrals.values():
        joined, counted = known.friends.get(plan.name, [0, 0])
        limits = plan.definition.limits
        found.append(
            ReferralSeen(
                name=plan.name,
                title=words.wording(plan.definition.title),
                open=plan.is_open(work.today),
                prefix=plan.definition.code.prefix,
                length=plan.definition.code.length,
                link=plan.definition.link,
                joined=joined,
                counted=counted,
                left={
                    period.value: max(most - caps.used(work.member.used, plan.path, period, work.today), 0)
                    for period, most in limits.items()
                },
            )
        )
    return tuple(found)


def brought(work: Work) -> BroughtSeen | None:
    """Who brought the member."""
    known = work.member.referral.brought if work.member.referral is not None else None
    if known is None:
        return None
    return BroughtSeen(
        referral=known.referral,
        by=UUID(bytes=known.by),
        joined_at=states.moment(known.joined_ms),
        state=_STATES[known.stage],
    )
