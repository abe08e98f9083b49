"""Boards and draws: leaderboards and judged contests, wheels and lotteries."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.values import Period, Ratio, Span

CYCLES = (Period.DAY, Period.WEEK, Period.MONTH, Period.QUARTER, Period.HALF_YEAR, Period.YEAR, Period.EVER)
"""How long a board or a draw may run before it begins anew; `ever` begins once, and ends with `until`."""


class BoardJoin(StrEnum):
    """Who stands on a board."""

    SELF = "self"
    """Everybody who scores, until they leave."""
    TAP = "tap"
    """Who asks to."""


class Best(StrEnum):
    """Which score is the first."""

    HIGHEST = "highest"
    LOWEST = "lowest"


class Ties(StrEnum):
    """What becomes of equal scores."""

    EARLIER = "earlier"
    """Who reached the score first stands before the others."""
    SHARED = "shared"
    """All have the same rank, and each gets the whole prize of it."""
    SPLIT = "split"
    """All have the same rank; the points of the places that they take are divided between them."""


class Proof(StrEnum):
    """What a member hands in to a contest."""

    NONE = "none"
    TEXT = "text"
    LINK = "link"


class Entries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What makes a board a contest: members hand something in, and others say how good it is."""

    proof: Proof = Proof.TEXT
    """What must come with an entry."""
    per_member: int = 1
    """Entries of one member a cycle."""
    moderated: bool = True
    """Whether staff accept an entry before anybody may vote for it."""
    votes: int = 1
    """Votes of one member a cycle, for different entries, never for an own one; 0: only the jury decides."""
    jury: int = 0
    """What one point of the jury counts, in votes; 0: there is no jury."""


class Board(Definition, frozen=True, kw_only=True):
    """`boards`: a leaderboard over a metric, one cycle after the other; with `entries` a contest, whose score is what
    others say."""

    metric: str | None = None
    """The metric of the member that is the score; its window is the cycle."""
    entries: Entries | None = None
    """A contest: entries, votes and a jury in place of a metric."""
    cycle: Period = Period.MONTH
    """When it begins anew."""
    audience: str | None = None
    """Who may stand on it: a segment or a condition."""
    within: str | None = None
    """An expression that gives the group in which a member is ranked (team, segment, home store); empty: not ranked."""
    join: BoardJoin = BoardJoin.SELF
    best: Best = Best.HIGHEST
    ties: Ties = Ties.EARLIER
    shows: str | None = None
    """The attribute that others read in place of an invented name, with `consent`."""
    consent: str | None = None
    """The purpose whose consent lets others read it."""
    prizes_after: Span | None = None
    """How long after the cycle the prizes are given; none: after the program's return window."""
    prizes: dict[str, tuple[AnyEffect, ...]] = {}
    """Effects by rank: `1`, `2-3`, `top 10 %`; the first that fits counts. They may read `event.rank`, `event.score`,
    `event.tied`."""


class Drawn(StrEnum):
    """When the winners of a draw are known."""

    AT_ONCE = "at once"
    """With each play."""
    AT_END = "at end"
    """When the cycle is over, among all tickets of it."""


class Prize(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A prize of a draw."""

    odds: Ratio | None = None
    """The chance of one play, drawn at once."""
    winners: int | None = None
    """How many get it, drawn at the end."""
    at_most: dict[Period, int] = {}
    """How often all members together win it in a period; then the play wins nothing."""
    effects: tuple[AnyEffect, ...] = ()
    """What the winner gets."""


class Draw(Definition, frozen=True, kw_only=True):
    """`draws`: a wheel whose prizes have declared odds, or a lottery among tickets. A rule gives a play with the effect
    `play`; a member pays for one with the activity `play`."""

    drawn: Drawn = Drawn.AT_ONCE
    cycle: Period = Period.MONTH
    """How long one secret seed is used, which is shown afterwards; the tickets of a lottery are those of a cycle."""
    draw_after: Span | None = None
    """How long after the cycle a lottery is drawn; none: after the program's return window."""
    price: dict[str, Ratio] = {}
    """What a play costs, by currency; none: only rules give plays."""
    plays: dict[Period, int] = {}
    """How often one member may play in a period."""
    audience: str | None = None
    """Who may play: a segment or a condition."""
    age: int | None = None
    """The least age in years; who is younger, or whose birthday is not known, does not play."""
    born: str = "birth_date"
    """The attribute that says when a member was born."""
    prizes: dict[str, Prize]
    """By name, in the order in which the wheel has them."""
    at_most: dict[Period, int] = {}
    """How many prizes all members together win in a period."""
    otherwise: tuple[AnyEffect, ...] = ()
    """What a play brings that wins nothing."""
