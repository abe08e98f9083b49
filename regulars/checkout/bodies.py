"""What a till sends, as it stands in JSON. Money is whole minor units; what is left out comes from the directory."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from regulars.activities.contracts import Body, Circumstances, Label, Name, Session, VoucherCode, Word
from regulars.kit.money import AMOUNT_MAX
from regulars.kit.reasons import Note, Reason
from regulars.members.contracts import MemberRef

LINES_MAX = 500
TAGS_MAX = 20

Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MAX, description="Money in whole minor units: 1250 is 12.50.")]
Points = Annotated[int, Meta(ge=1, le=AMOUNT_MAX, description="Points in the smallest unit of their currency.")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code; the program's own if left out.")]
LineNo = Annotated[int, Meta(ge=1, le=1_000_000, description="The line's number; its place if left out.")]
Quantity = Annotated[
    int | str,
    Meta(description='How many: 2, or a decimal in quotes with at most three decimals, "1.250"; 1 if left out.'),
]
Whole = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Text = Annotated[str, Meta(max_length=2000)]
Scalar = str | Whole | bool | None
AttributeValue = (
    Text | Whole | bool | list[Scalar | dict[str, Scalar]] | dict[str, list[Scalar | dict[str, Scalar]]] | None
)
FieldValue = Text | Whole | bool | list[Scalar | dict[str, Scalar]] | None


class LineBody(Body, frozen=True, kw_only=True):
    """One line of the basket. `amount` is for the whole line, after the shop's own price reductions."""

    amount: Amount
    no: LineNo | None = None
    sku: Word | None = None
    name: Label | None = None
    category: Label | None = None
    brand: Label | None = None
    kind: Literal["goods", "service", "shipping", "deposit", "gift_card", "fee"] | None = None
    tags: Annotated[tuple[Word, ...], Meta(max_length=TAGS_MAX)] = ()
    quantity: Quantity = 1
    unit: Annotated[str, Meta(min_length=1, max_length=16)] | None = None


class PaymentBody(Body, frozen=True, kw_only=True):
    """How a part was paid in money."""

    kind: Word
    amount: Amount


class PayBody(Body, frozen=True, kw_only=True):
    """Points that the member wants to pay with: a number, or "max" for as many as may be used."""

    currency: Name
    points: Points | Literal["max"]


ReferralCode = Annotated[
    str, Meta(min_length=1, max_length=60, description="With a first activity: the code of whom brought the member.")
]


class BasketBody(Circumstances, frozen=True, kw_only=True):
    """Somebody with a basket."""

    member: MemberRef
    lines: Annotated[tuple[LineBody, ...], Meta(min_length=1, max_length=LINES_MAX)]
    currency: Currency | None = None
    payments: Annotated[tuple[PaymentBody, ...], Meta(max_length=20)] = ()
    pay: Annotated[tuple[PayBody, ...], Meta(max_length=10)] = ()
    rewards: Annotated[
        tuple[Name, ...],
        Meta(max_length=10, description="Rewards taken with this basket; their price is taken with it."),
    ] = ()
    vouchers: Annotated[tuple[VoucherCode, ...], Meta(max_length=20, description="Codes that the member shows.")] = ()
    activates: Annotated[
        tuple[VoucherCode, ...],
        Meta(max_length=20, description="Codes of gift cards sold with this basket, one for each line gift_card."),
    ] = ()
    session: Session | None = None
    referral: ReferralCode | None = None
    fields: dict[Name, FieldValue] = {}


class QuoteBody(BasketBody, frozen=True, kw_only=True):
    """What would this basket bring? Nothing is written. `type` is purchase unless said otherwise."""

    type: Name = "purchase"


class PurchaseBody(BasketBody, frozen=True, kw_only=True):
    """A purchase. With `token` the answer says whether it is as quoted."""

    token: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None


class SaleBody(Body, frozen=True, kw_only=True):
    """A sale made before: by its activity id, or by source and document."""

    activity_id: str | None = None
    source: Word | None = None
    document: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


class ReturnedLineBody(Body, frozen=True, kw_only=True):
    """What of a sold line comes back: units, or money, or, with neither, all that is left of it."""

    no: LineNo
    quantity: Quantity | None = None
    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None = None


ReturnedLines = Annotated[tuple[ReturnedLineBody, ...], Meta(max_length=LINES_MAX)]


class ReturnBody(Circumstances, frozen=True, kw_only=True):
    """Goods or money back: the named lines, or an `amount` spread over all, or, with neither, all that is left.

    `type` is return, or one of the program's own that undoes something: a chargeback. A type that points wait for says
    how much was `settled`; what is not settled comes back.
    """

    type: Name = "return"
    currency: Currency | None = None
    """The money of the amounts: that which the sale was in, where it was another one; the program's own if left out."""
    sale: SaleBody
    lines: ReturnedLines = ()
    settled: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)] | None = None
    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None = None
    reason: Reason | None = None
    member: MemberRef | None = None
    fields: dict[Name, FieldValue] = {}


class ExchangeBody(BasketBody, frozen=True, kw_only=True):
    """Goods back and other goods out in one act: `returned` of `sale`, `lines` new."""

    sale: SaleBody
    # Left out it would mean all that is left of the sale, which nobody means who exchanges.
    returned: Annotated[tuple[ReturnedLineBody, ...], Meta(min_length=1, max_length=LINES_MAX)]
    reason: Reason | None = None


class VoidBody(Circumstances, frozen=True, kw_only=True):
    """A purchase that did not happen after all."""

    reason: Reason | None = None


class ReviewBody(Circumstances, frozen=True, kw_only=True):
    """A yes or a no to what waits for a person."""

    verdict: Literal["approve", "reject"]
    reason: Reason


class HoldBody(Circumstances, frozen=True, kw_only=True):
    """Set points aside until the payment is known."""

    member: MemberRef
    currency: Name
    points: Points
    ttl_s: Annotated[
        int, Meta(ge=1, le=31_536_000, description="How long it lasts; the currency's own if left out.")
    ] | (None) = None


class CaptureBody(Circumstances, frozen=True, kw_only=True):
    """Take held points: `points` of them, or all. What is left of the hold goes back."""

    points: Points | None = None


class ExtendHoldBody(Circumstances, frozen=True, kw_only=True):
    """Let a hold last longer: so many seconds from now on, the currency's own time if left out."""

    ttl_s: Annotated[int, Meta(ge=1, le=31_536_000)] | None = None


class AdjustBody(Circumstances, frozen=True, kw_only=True):
    """Points given (> 0) or taken (< 0) by hand."""

    currency: Name
    points: Whole
    reason: Reason
    note: Note | None = None


class ExtendBody(Circumstances, frozen=True, kw_only=True):
    """Points that can be used now and would end before it live through a day: all, or (`ends_by`) only those that would
    have ended with an earlier day."""

    currency: Name
    through: dt.date
    ends_by: dt.date | None = None
    reason: Reason
    note: Note | None = None


class ReinstateBody(Circumstances, frozen=True, kw_only=True):
    """Points that expired come back, those that expired last first, and live through a day."""

    currency: Name
    points: Points
    through: dt.date
    reason: Reason
    note: Note | None = None


class AdjustmentBody(Body, frozen=True, kw_only=True):
    """Points given (> 0) or taken (< 0) by hand."""

    currency: Name
    points: Whole
    reason: Reason
    note: Note | None = None


class ProfileBody(Body, frozen=True, kw_only=True):
    """Attributes to set (null removes one; of records some: `{add: [...], change: [...], remove: [key]}`), static
    segments to join or leave.

    `as` says in whose role: what an attribute's `edits` do not name is refused. The key has to prove it: for the `desk`
    it is a person's own, or has the scope activities:write. Left out, such a key is a system of the operator's own, any
    other one speaks for the `member`.
    """

    attributes: dict[Name, AttributeValue] = {}
    as_: Literal["member", "desk", "till"] | None = msgspec.field(default=None, name="as")
    add_to: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    remove_from: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()


class ActivityBody(Circumstances, frozen=True, kw_only=True):
    """Anything else that a member did: a visit, a type of the program's own, an adjustment, a change of profile."""

    type: Name
    member: MemberRef
    lines: Annotated[tuple[LineBody, ...], Meta(max_length=LINES_MAX)] = ()
    currency: Currency | None = None
    fields: dict[Name, FieldValue] = {}
    adjustment: AdjustmentBody | None = None
    profile: ProfileBody | None = None
    referral: ReferralCode | None = None
