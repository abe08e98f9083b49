"""How discounts meet: groups in an order, and bounds that no price passes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Ratio

FACTS: Final = ("cost", "legal_price")
"""Prices of goods that the directory knows, for a unit."""


class Mode(StrEnum):
    """Which of the discounts of a group apply."""

    ALL = "all"
    """Each on what the one before it left."""
    BEST = "best"
    """Those that together leave the member the least to pay, where no line is reduced by two: found exactly among at
    most 8 that apply, else the first that fit in the declared order."""
    FIRST = "first"
    """The first that applies, in the order of priority."""


class StackingGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Discounts that name this group: `mode` says which of them apply."""

    mode: Mode = Mode.ALL


class Stacking(Definition, frozen=True, kw_only=True):
    """`stacking`: groups of discounts, worked out one after the other in the order written. Discounts that name no
    group stand in `otherwise`, the last.

    `largest_line` and `largest_basket` are the largest share of a line's or the basket's price that all discounts
    together take off; `never_below` names what a line's price for a unit is never reduced below: a fact of the goods
    (`cost`, `legal_price`).
    """

    groups: dict[str, StackingGroup] = {}
    otherwise: Mode = Mode.ALL
    largest_line: Ratio = Ratio(1, 1)
    largest_basket: Ratio = Ratio(1, 1)
    never_below: tuple[str, ...] = ()
