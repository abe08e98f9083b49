"""What members and staff do with offers, vouchers, rewards, plans, referrals and points; codes as a till shows them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec


class CodeSeen(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code of a voucher campaign as it was when somebody showed it, or when it was to count by itself.

    A code is a secret worth money: kept with an activity is only its end, but for codes that a campaign shares with
    everybody.
    """

    code_id: UUID
    voucher: str = ""
    """The campaign; empty: there is no such code."""
    code: str = ""
    state: str = "open"
    """`open`, `blocked`, `locked` (by another till), `idle` (a gift card not sold yet), `cancelled`."""
    act: str = "use"
    """`use`, `activate` (a gift card that is sold), `held` (nobody showed it: the member has it, and it counts by
    itself)."""
    member_id: UUID | None = None
    """Who alone may use it."""
    given: bool = False
    """Whether an activity gave it: then the member's account says whether they still have it."""
    value: int | None = None
    """What a gift card is worth, in the smallest unit of its currency."""
    from_at: dt.datetime | None = None
    until_at: dt.datetime | None = None


class CodeGiven(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code that an activity gave its member; `rule` says which rule, `code` is only there until it is told."""

    code_id: UUID | None = None
    """None: there was none left."""
    code: str = ""
    tail: str = ""
    rule: str = ""
    shared: bool = False


class CodeChange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What becomes of a code with an activity; what is None stays as it is."""

    code_id: UUID
    state: str | None = None
    member_id: UUID | None = None
    """To whom it is given."""
    value: int | None = None
    until_at: dt.datetime | None = None
    """From when on it is good no more; of one that is given, unless its row says an earlier moment."""


class CodesNeeded(Exception):
    """The decision cannot go on without these codes: the state of those that the member has, and so many more to give
    away by campaign."""

    def __init__(self, held: frozenset[UUID], more: dict[str, int]) -> None:
        super().__init__(held, more)
        self.held = held
        self.more = more


class OfferAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`give`, `activate`, `refuse` or `withdraw` an offer."""

    act: str
    offer: str
    reason: str | None = None
    by: str | None = None
    """Who of the staff answers for it."""


class VoucherAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`give` a code of a campaign to the member, or `redeem` the codes shown without a basket."""

    act: str
    voucher: str | None = None
    reason: str | None = None
    by: str | None = None
    """Who of the staff answers for it."""


class OrderAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`place` an order for a reward (`give`: without its price), or take one further: `pick` what was left open, `step`
    (with what became of it), `use`, `cancel`, `overdue`, `withdraw` its service."""

    act: str
    reward: str | None = None
    order_id: UUID | None = None
    price: int = 0
    """Which of the prices, counted from 0."""
    quantity: int = 1
    variant: str | None = None
    choice: str | None = None
    form: dict[str, object] = {}
    step: int | None = None
    outcome: str | None = None
    detail: dict[str, object] = {}
    reason: str | None = None
    paid: int = 0
    """Money that was paid beside points, in minor units."""
    by: str = "staff"
    """`member`, `staff`, or `system`: who may cancel, the type says."""
    ends_at: dt.datetime | None = None
    """When a service that is withdrawn ends; none: now."""


class PlanAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A plan is `started`, `renewed`, `failed` (not paid) or `ended`."""

    act: str
    plan: str | None = None
    until: dt.date | None = None
    trial: bool = False


class ReferralAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who brought whom: `joined` by a code; and, at the account of the referrer, that somebody was `brought`, that they
    count (`converted`), that what made them count was `undone`."""

    act: str
    referral: str | None = None
    code: str | None = None
    referrer_id: UUID | None = None
    friend_id: UUID | None = None
    level: int = 1
    chain: tuple[UUID, ...] = ()
    """Everybody below, from the friend up: word never goes round in a ring."""
    total: int = 0
    """The basket that made them count, in minor units."""
    joins: bool = False
    """Whether they joined by the very activity by which they count."""
    of: UUID | None = None
    """Of what is undone: the activity that sent the word of it."""
    forced: bool = False
    """Whether it goes back however the referral takes returns: the two were one (L64)."""


class TransferAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a member does with points beside spending them: `exchange` for another currency (`undo`: staff undo it),
    `send` to somebody, `buy` with money, `give_back` what was bought, `pay_out`, `returned` (a pay-out that did not
    arrive)."""

    act: str
    currency: str
    points: int
    to: str | None = None
    """Another currency."""
    to_member: UUID | None = None
    to_account: UUID | None = None
    money: int | None = None
    """Minor units that were paid for them."""
    paid_with: str | None = None
    of: UUID | None = None
    """The activity that it speaks of."""
    reason: str | None = None
    note: str | None = None
    from_member: UUID | None = None
    luggage: bytes = b""
    """What is on its way, in the engine's own bytes."""
