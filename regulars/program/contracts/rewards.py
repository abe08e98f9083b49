"""Rewards: sorts of reward without code, and the catalogue that members spend their points on."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.fields import FieldDefinition
from regulars.program.contracts.values import Period, Share, Span


class Refund(StrEnum):
    """What becomes of the price when an order is cancelled or comes back."""

    FULL = "full"
    NONE = "none"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that has to be done for an order, in the order written; exactly one of them is set.

    Its owner widens this: `issue_code` (a voucher campaign), `credit` (a currency), `offer`, `parcel`, `webhook` (with
    or without a confirmation), `service` (from, until).
    """

    issue_code: str | None = None
    credit: str | None = None
    amount: str | None = None
    offer: str | None = None
    parcel: bool = False
    webhook: str | None = None
    confirm_within: Span | None = None
    service: str | None = None


class RewardType(Definition, frozen=True, kw_only=True):
    """`reward_types`: what has to be known to order such a reward (`form`), what is then done (`steps`), and what
    becomes of it when it is refunded or its time is over."""

    form: dict[str, FieldDefinition] = {}
    steps: tuple[Step, ...] = ()
    on_refund: Refund = Refund.FULL
    on_expiry: Refund = Refund.NONE


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to pay: points by currency (formulas in whole units), and `money` beside them in the program's money."""

    points: dict[str, str] = {}
    money: int | None = None


class Reward(Definition, frozen=True, kw_only=True):
    """`rewards`: what points buy, or a rule gives."""

    type: str
    prices: tuple[Price, ...] = ()
    """Several ways to pay; empty: it is only given."""
    audience: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    """Who may have it: asked again when it is ordered and when it is used."""
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
