"""What games read and write beyond the account: luck handed in with an activity, rows of boards, plays, entries and
votes.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec


class Luck(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a play is decided by, recorded with its activity, so that a replay comes to the same.

    `value` is HMAC-SHA256 of the activity's id under the secret seed of the draw and cycle, in hex; empty in a quote,
    where nothing is drawn. `used` is how often prizes were won before, by item of the draw's counter, as far as
    something limits them.
    """

    value: str
    used: dict[str, int] = {}


class EntrySeen(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An entry of a contest as it was when somebody voted for it or staff looked at it."""

    board: str
    cycle: int
    member_id: UUID
    state: str


class FactsNeeded(Exception):
    """The decision cannot go on without luck for these draws: hand in the activity with it."""

    def __init__(self, *, draws: tuple[str, ...]) -> None:
        super().__init__(draws)
        self.draws = draws


class Score(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Where a member stands on a board in a cycle; `score` None: nowhere."""

    board: str
    cycle: int
    member_id: UUID
    within: str
    score: int | None
    reached_at: dt.datetime
    shown: str | None = None
    """What others may read in place of an invented name."""


class Played(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A play or ticket: the `n`-th of its activity for this draw. `drawn` is what the luck said, `prize` what was
    given: nothing where all of it had gone."""

    draw: str
    cycle: int
    n: int
    member_id: UUID
    at: dt.datetime
    drawn: str | None = None
    prize: str | None = None
    ticket: bool = False


class Entry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An entry of a contest with its state from now on."""

    board: str
    cycle: int
    entry_id: UUID
    member_id: UUID
    state: str
    at: dt.datetime
    proof: str | None = None
    reason: str | None = None


class Vote(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Points for an entry: a member's vote, or what one of the jury gives (`judge`)."""

    board: str
    cycle: int
    entry_id: UUID
    points: int
    judge: str = ""


GameRow = Score | Played | Entry | Vote
