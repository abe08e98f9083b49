"""What rules and activities want of boards and draws; `playing` takes it up."""

from __future__ import annotations

import msgspec


class Plays(msgspec.Struct, frozen=True):
    """Plays of a draw, by a rule or paid for."""

    draw: str
    times: int
    paid: bool = False


class Won(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a board, or a prize of a lottery, at its end. `place` is the first place that the member's rank takes,
    `turn` counts those with the same rank from 0."""

    game: str
    name: str
    cycle: int
    rank: int = 0
    score: int = 0
    tied: int = 1
    turn: int = 0
    of: int = 0
    prize: str = ""
