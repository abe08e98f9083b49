"""Challenges: missions, streaks, stamp cards."""

from __future__ import annotations

from regulars.program.contracts.base import Definition
from regulars.program.contracts.effects import AnyEffect


class Challenge(Definition, frozen=True, kw_only=True):
    """`challenges`: something to reach, over metrics; `target` is frozen when the member starts."""

    goal: str
    target: str
    effects: tuple[AnyEffect, ...] = ()
