"""Offers: something for one person, for a while."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.values import Share, Span


class Activate(StrEnum):
    """What makes an offer count."""

    SELF = "self"
    """It counts as soon as it is given."""
    TAP = "tap"
    """The member activates it first."""


class Offer(Definition, frozen=True, kw_only=True):
    """`offers`: effects on a basket for whoever holds the offer.

    A rule, a run or a person gives it; with an `audience` (a segment or a condition) everybody in it has it without
    being given it. `params` are formulas over the member, worked out and frozen when it is given (or activated, where
    nobody gave it): `offer.<name>` in `if`, `lines` and effects.
    `window` is how long it lasts from then on; `from` and `until` bound it in any case. `uses` is how often it counts
    for who has it (none: as often as they like).
    """

    audience: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    lines: str | None = None
    on: tuple[str, ...] = ()
    """Activity types that it counts for; empty: all that carry a basket and undo nothing."""
    effects: tuple[AnyEffect, ...]
    params: dict[str, str] = {}
    activate: Activate = Activate.SELF
    window: Span | None = None
    uses: int | None = None
    placements: tuple[str, ...] = ()
    """Where it is shown: `till`, `app`, `receipt` and names of the program's own; empty: everywhere."""
    goods: tuple[str, ...] = ()
    """Goods (sku) that it shows."""
    budget: Budget | None = None
    funding: tuple[Share, ...] = ()
    """Who pays for it, where its effects name nobody."""
    reason: str | None = None
    """Why a member gets it, as a code for reports."""
    group: str | None = None
    priority: int = 0
