"""Boards and draws: leaderboards, wheels, judged contests."""

from __future__ import annotations

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Period, Ratio


class Board(Definition, frozen=True, kw_only=True):
    """`boards`: a leaderboard over a metric, one cycle after the other."""

    metric: str
    cycle: Period = Period.MONTH


class Draw(Definition, frozen=True, kw_only=True):
    """`draws`: prizes by declared odds."""

    prizes: dict[str, Ratio] = {}
