"""Ladders: tiers, how they are reached and how they are lost."""

from __future__ import annotations

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Ratio


class Ladder(Definition, frozen=True, kw_only=True):
    """`ladders`: tiers. `levels` from the lowest to the highest: what the measure `qualify` must reach, in its unit."""

    qualify: str
    levels: dict[str, Ratio]
