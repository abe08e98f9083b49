"""Challenges: missions, streaks, stamp cards."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.effects import AnyEffect, OnReversal
from regulars.program.contracts.values import Text, Window


class Join(StrEnum):
    """How somebody gets into a challenge."""

    SELF = "self"
    """By itself, with the first activity that brings progress."""
    TAP = "tap"
    """When they say so."""


class Recurrence(StrEnum):
    """How often it can be done."""

    ONCE = "once"
    EACH_PERIOD = "each period"
    """Once a window, in every window."""
    AGAIN = "again"
    """It begins again as soon as it is done, and in every window."""


class Order(StrEnum):
    """In which order steps are taken."""

    ANY = "any"
    IN_ORDER = "in order"


class Counts(StrEnum):
    """Whether the goal is counted from the start, or as the number stands."""

    NEW = "new"
    ALL = "all"


class Team(StrEnum):
    """Whose goal it is when it is not that of one member."""

    HOUSEHOLD = "household"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a challenge. Without a `goal` of its own it is a milestone on the way of the challenge's."""

    goal: str | None = None
    target: str
    title: Text = Text()
    effects: tuple[AnyEffect, ...] = ()


class Challenge(Definition, frozen=True, kw_only=True):
    """`challenges`: something to reach. `goal` is a formula over metrics, `target` a formula frozen at the start.

    `window` is `ever`, a calendar period, a span since joining, or `{from, until}`. Without a `recurrence` a window of
    a period comes back each period, any other once. `times` is how often it can be done in all.
    """

    goal: str | None = None
    target: str | None = None
    steps: dict[str, Step] = {}
    order: Order = Order.ANY
    join: Join = Join.SELF
    audience: str | None = None
    """A segment's name, or a condition: who may begin."""
    if_: str | None = msgspec.field(default=None, name="if")
    window: Window = Window()
    recurrence: Recurrence | None = None
    times: int | None = None
    counts: Counts | None = None
    """None: `new` where all numbers of the goal only grow for ever, else `all`."""
    team: Team | None = None
    effects: tuple[AnyEffect, ...] = ()
    on_reversal: OnReversal = OnReversal.KEEP
    picture: str | None = None
    """Address of the picture that its badges show."""
