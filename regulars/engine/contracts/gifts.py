"""What members and staff do with offers, vouchers, rewards, plans, referrals and points; codes as a till shows them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec


class CodeSeen(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A code of a voucher campaign as it was when somebody showed it."""

    code_id: UUID
    voucher: str
    """The campaign."""
    code: str
    state: str = "open"
    """`open`, `blocked`, `locked` (by another till)."""
    member_id: UUID | None = None
    """Who alone may use it."""
    value: int | None = None
    """What a gift card is worth, in the smallest unit of its currency."""
    from_at: dt.datetime | None = None
    until_at: dt.datetime | None = None


class OfferAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`give`, `activate`, `refuse` or `withdraw` an offer."""

    act: str
    offer: str
    reason: str | None = None


class VoucherAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`give` a code of a campaign to the member, or `redeem` the codes shown without a basket."""

    act: str
    voucher: str | None = None


class OrderAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`place` an order for a reward, or take one further: `step` (done, failed, confirmed), `use`, `cancel`."""

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


class PlanAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A plan is `started`, `renewed`, `failed` (not paid) or `ended`."""

    act: str
    plan: str | None = None
    until: dt.date | None = None
    trial: bool = False


class ReferralAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who brought whom: `joined` by a code, or, at the account of the referrer, `converted` and `reversed`."""

    act: str
    referral: str | None = None
    code: str | None = None
    referrer_id: UUID | None = None
    friend_id: UUID | None = None
    level: int = 1
    facts: dict[str, object] = {}


class TransferAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a member does with points beside spending them: `exchange` for another currency, `send` to somebody,
    `buy` with money, `give_back` what was bought, `pay_out`, `returned` (a pay-out that did not arrive)."""

    act: str
    currency: str
    points: int
    to: str | None = None
    """Another currency."""
    to_member: UUID | None = None
    to_account: UUID | None = None
    money: int | None = None
    of: UUID | None = None
    """The activity that it speaks of."""
    reason: str | None = None
