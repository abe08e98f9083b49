"""What becomes of a member beside points: one table of the kinds that follow metrics, time and effects.

Each is a module with the same four verbs. Their order is that of a day and of a round: what is picked, what is
reached, which tier that makes, who is ahead.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Protocol

from regulars.engine import (
    challenging,
    choosing,
    climbing,
    consenting,
    counting,
    offering,
    ordering,
    playing,
    referring,
    subscribing,
    vouching,
)
from regulars.engine.compiled import Compiled
from regulars.engine.work import Work


class Kind(Protocol):
    """What a kind of standing does in a decision."""

    def show(self, work: Work, compiled: Compiled) -> None:
        """Put what expressions read into the scope."""

    def move(self, work: Work, compiled: Compiled) -> None:
        """Follow the numbers as they are now, and do what effects asked for."""

    def next_day(self, work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
        """The first day after another on which time alone changes something here."""

    def pass_day(self, work: Work, compiled: Compiled, day: dt.date) -> None:
        """What comes due at the first moment of a day."""


KINDS: Final[tuple[Kind, ...]] = (
    consenting,
    subscribing,
    choosing,
    challenging,
    climbing,
    playing,
    offering,
    vouching,
    ordering,
    referring,
)


def _has_none(work: Work, compiled: Compiled) -> bool:
    """Whether there is nothing to ask any kind about: most members of most programs, so that a decision asks three
    times ten kinds for nothing."""
    if compiled.has_standing or work.asked or work.account.team:
        return False
    member = work.member
    return not (
        member.challenges
        or member.badges
        or member.choices
        or member.consents
        or member.tiers
        or member.games
        or member.offers
        or member.vouchers
        or member.rewards
        or member.plan
    )


def show(work: Work, compiled: Compiled) -> None:
    """Put what expressions read into the scope: tiers, choices, badges, consents."""
    if _has_none(work, compiled):
        return
    for kind in KINDS:
        kind.show(work, compiled)


def move(work: Work, compiled: Compiled) -> None:
    """Follow the numbers as they are now."""
    if _has_none(work, compiled):
        return
    for kind in KINDS:
        kind.move(work, compiled)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which time alone changes the standing of the member."""
    if _has_none(work, compiled):
        return None
    return min((day for kind in KINDS if (day := kind.next_day(work, compiled, after)) is not None), default=None)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """What comes due at the first moment of a day."""
    for kind in KINDS:
        kind.pass_day(work, compiled, day)


def settle(work: Work, compiled: Compiled) -> None:
    """Do to whoever is in the middle of a ladder or challenge what a release since says, before anything of today
    counts: whether the sweeper or the member comes first makes no difference."""
    if compiled.has_midway:
        counting.show(work, compiled)
        climbing.settle(work, compiled)
        challenging.settle(work, compiled)
