"""Rewards: sorts of reward without code, and the catalogue that members spend their points on."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.fields import FieldDefinition
from regulars.program.contracts.reward_steps import AnyStep
from regulars.program.contracts.values import Period, Share, Span


class Refund(StrEnum):
    """What becomes of the price when an order is cancelled, comes back, or its time is over."""

    FULL = "full"
    NONE = "none"


class CancelBy(StrEnum):
    """Who may cancel an order."""

    MEMBER = "member"
    STAFF = "staff"


class RewardType(Definition, frozen=True, kw_only=True):
    """`reward_types`: what has to be known to order such a reward (`form`), what is then done (`steps`), what it does
    to a basket when it is taken at the till (`effects`), and what becomes of it when it is cancelled or its time is
    over.

    Personal fields of the form follow `purpose`. `cancel` says who may cancel until it is fulfilled, and for the span
    `cancel_within` after that.
    """

    form: dict[str, FieldDefinition] = {}
    purpose: str | None = None
    steps: tuple[AnyStep, ...] = ()
    effects: tuple[AnyEffect, ...] = ()
    cancel: tuple[CancelBy, ...] = (CancelBy.STAFF,)
    cancel_within: Span | None = None
    on_refund: Refund = Refund.FULL
    on_expiry: Refund = Refund.NONE


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to pay: points by currency (formulas in whole units), and `money` beside them in the program's money."""

    points: dict[str, str] = {}
    money: int | None = None


class Reward(Definition, frozen=True, kw_only=True):
    """`rewards`: what points buy, or a rule gives."""

    type: str | None = None
    """Its reward type; none: it has no form, and only its own steps."""
    steps: tuple[AnyStep, ...] = ()
    """What is done for this one, before the steps of its type."""
    prices: tuple[Price, ...] = ()
    """Several ways to pay; empty: it is only given."""
    audience: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    """Who may have it: asked again when it is ordered and when it is used."""
    lines: str | None = None
    """Which lines of a basket it is about when it is taken at the till."""
    limits: dict[Period, int] = {}
    """How often a member may have it in a period."""
    choose: tuple[str, ...] = ()
    """One of these rewards, as the member picks."""
    bundle: tuple[str, ...] = ()
    """All of these rewards."""
    variants: tuple[str, ...] = ()
    variant_of: str | None = None
    """The attribute of the member that picks the variant, where they pick none."""
    stock: bool = False
    """Whether there is only so much of it: the stock is kept in the directory of rewards, not in the program."""
    expires: Span | None = None
    """How long an order may be used."""
    value: int | None = None
    """What one costs, in the program's money: for budgets and for the check of its price."""
    budget: Budget | None = None
    funding: tuple[Share, ...] = ()
