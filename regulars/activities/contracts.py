"""What a till hands in, what it gets back, and what can go wrong on the way."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from regulars.engine.contracts.activity import (
    Adjustment,
    ChallengeAct,
    ChoiceMade,
    ConsentSaid,
    Erasure,
    Extension,
    HoldAction,
    Offline,
    Payment,
    PointsPayment,
    ProfileChange,
    ReturnedLine,
    TierSet,
)
from regulars.engine.contracts.decision import Refusal
from regulars.engine.contracts.gifts import OfferAct, OrderAct, PlanAct, ReferralAct, TransferAct, VoucherAct
from regulars.engine.contracts.households import HouseholdAct, Moving
from regulars.engine.contracts.offers import OfferSeen

Word = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
VoucherCode = Annotated[str, Meta(min_length=4, max_length=64, description="The code, as typed or scanned.")]
Session = Annotated[
    str, Meta(min_length=1, max_length=64, description="The till's own name for what it does; codes are kept for it.")
]
Name = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$", description="The name of a definition, such as a points currency.")
]
Moment = Annotated[dt.datetime, Meta(tz=True, description="When it happened, with its zone; now if left out.")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A body: unknown fields are refused, so that a typing mistake is not a purchase without points."""


class Circumstances(Body, frozen=True, kw_only=True):
    """When, where, at which till, and under which document."""

    occurred_at: Moment | None = None
    source: Word = "api"
    document: (
        Annotated[str, Meta(min_length=1, max_length=128, description="The receipt's number at `source`.")] | None
    ) = None
    channel: Word | None = None
    store: Word | None = None
    till: Word | None = None
    cashier: Word | None = None
    device: Word | None = None


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to say who it is: `kind` is phone, email, card, qr, token, own_id or member (our own id)."""

    kind: str
    value: str


class LineIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A basket line as a till sends it; what it leaves out comes from the directory. `quantity` in thousandths,
    `amount` in minor units for the whole line."""

    no: int
    amount: int
    sku: str | None = None
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    quantity: int = 1000
    unit: str | None = None


class SaleRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sale that is undone: by its activity id, or by source and document."""

    activity_id: str | None = None
    source: str | None = None
    document: str | None = None
    lines: tuple[ReturnedLine, ...] = ()
    amount: int | None = None
    reason: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about an activity that waits; `by` names who says it."""

    approves: bool
    by: str
    reason: str = ""
    person: bool = False


NOBODY: Final = UUID(int=0)
"""The client of what nobody handed in: time, a run, a prize, the second half of a move."""


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """One activity on its way in, decoded and with rights checked, not yet identified.

    `digest` is the SHA-256 of the raw body, for idempotency. Without a `key` the natural key (source, document) stands
    in, or nothing does: bulk import, and what nobody handed in.
    `received_at` is read at the edge. `account`/`member` are set where the caller already knows them (ticks, desk).
    """

    program_id: int
    client_id: UUID = NOBODY
    key: str | None = None
    digest: bytes = b""
    type: str
    received_at: dt.datetime
    occurred_at: dt.datetime | None = None
    who: tuple[Identifier, ...] = ()
    source: str = "api"
    document: str | None = None
    channel: str | None = None
    store: str | None = None
    till: str | None = None
    cashier: str | None = None
    device: str | None = None
    currency: str | None = None
    lines: tuple[LineIn, ...] = ()
    payments: tuple[Payment, ...] = ()
    pay: tuple[PointsPayment, ...] = ()
    fields: dict[str, object] = {}
    sale: SaleRef | None = None
    settled: bool = False
    """Whether its one line says how much of `sale` was settled."""
    verdict: Verdict | None = None
    """A person's yes or no to the activity that `sale` names."""
    by: str | None = None
    """Who answers for it: a person where one is known, else a key."""
    person: UUID | None = None
    """Who of the staff answers for it, where somebody does."""
    in_person: bool = False
    """Whether it came with that person's own key, and not with a machine's, through which members act themselves."""
    hold: HoldAction | None = None
    adjustment: Adjustment | None = None
    extension: Extension | None = None
    erasure: Erasure | None = None
    profile: ProfileChange | None = None
    choice: ChoiceMade | None = None
    challenge: ChallengeAct | None = None
    tier: TierSet | None = None
    consents: tuple[ConsentSaid, ...] = ()
    moving: Moving | None = None
    household: HouseholdAct | None = None
    codes: tuple[str, ...] = ()
    """Codes of vouchers that are shown, as typed or scanned."""
    activates: tuple[str, ...] = ()
    """Codes of gift cards that are sold with this basket."""
    session: str | None = None
    """The till's own name for what it is doing: codes that it set aside under it count for it."""
    rewards: tuple[str, ...] = ()
    offer: OfferAct | None = None
    voucher: VoucherAct | None = None
    order: OrderAct | None = None
    plan: PlanAct | None = None
    referral: ReferralAct | None = None
    transfer: TransferAct | None = None
    account_id: UUID | None = None
    member_id: UUID | None = None
    named: UUID | None = None
    """Beside `member_id`: whom the caller's id names, where that member was merged into this one and takes home what is
    given (L66)."""
    quoted: Quoted | None = None
    may_enrol: bool = True
    offline: Offline | None = None
    """A till without a connection did it; `occurred_at` is right by the server's clock already."""
    clock_ahead: bool = False
    """Its till's clock was ahead by more than it said, so that `occurred_at` is the arrival."""


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """What a quote's token says: the account's version, the release, the basket's digest, and the moment."""

    account_id: UUID
    version: int
    release: int
    digest: bytes
    at: dt.datetime
    points: dict[str, int] = {}
    paid: dict[str, int] = {}
    discounts: dict[str, int] = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as it goes out: an HTTP status, the exact bytes, and whether they were given before."""

    status: int
    body: bytes
    replayed: bool = False
    activity_id: UUID | None = None


class MemberOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who it was: `new` says that this activity enrolled them; `card` is then their card number."""

    id: str
    new: bool = False
    card: str | None = None
    card_blocked: bool = False


class BalanceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A balance after the activity, in whole numbers of the currency's smallest unit."""

    currency: str
    active: int
    pending: int
    held: int
    arrears: int


class LineOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Per line: points by currency, and what of it was paid with points."""

    no: int
    points: dict[str, int] = {}
    discount: int = 0
    """What discounts take off it, in minor units."""
    paid_points: dict[str, int] = {}
    paid_amount: int = 0


class DiscountOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule, offer or voucher takes off the price: `source` is its path (`offers.come_back`), `lines` the money
    by number of the line. `cut_by` says what kept it from more: `at_most`, `budget`, `never_below`,
    `largest_discount_line`, `largest_discount_basket`."""

    source: str
    title: dict[str, str] = {}
    amount: int
    lines: dict[int, int] = {}
    funders: dict[str, int] = {}
    """Who pays for it, where that is not the house alone."""
    cut_by: str | None = None


class NotTakenOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A discount that applied and was not taken. `because`: `worse_in_group` (`instead` names what was better),
    `nothing_to_discount`, `add_item` (the goods `sku` would be free if they were added), or what cut it to nothing."""

    source: str
    title: dict[str, str] = {}
    because: str
    instead: tuple[str, ...] = ()
    sku: str | None = None


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """`points` of a currency that paid `amount` minor units (both negative where a return gives them back)."""

    currency: str
    points: int
    amount: int


class ExpiringOut(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    points: int
    expires_at: dt.datetime


class MessageOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line for the receipt or the cashier: `code` with `fields`, worded in each language."""

    to: str
    code: str
    fields: dict[str, object] = {}
    text: dict[str, str] = {}


class HoldOut(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    currency: str
    points: int
    captured: int
    state: str
    expires_at: dt.datetime


class OrderOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order of a reward as it is now: `state` is `open`, `fulfilled`, `failed`, `cancelled` or `expired`. `step`,
    from 1, is where it waits, for what (`does`: webhook, parcel, handover, service, pick) and for whom (`target`)."""

    id: str
    reward: str
    state: str
    step: int = 0
    does: str = ""
    target: str = ""
    stage: str = ""
    due_at: dt.datetime | None = None
    service: str = ""
    ends_at: dt.datetime | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one answer shape of every activity; a quote has the same, without `activity_id`, with a `token`.

    `total`, `to_pay`, `returned`, `points`, `lines` and `balances` are always there, also when 0 or empty: a till reads
    them without asking whether they are."""

    type: str
    occurred_at: dt.datetime
    member: MemberOut
    release: int
    activity_id: str | None = None
    total: int
    to_pay: int
    """What money changes hands: `total` less discounts, what points paid and what came back is worth; below 0 the till
    gives it.
    """
    returned: int
    """What the goods were worth that came back."""
    currency: str = ""
    points: dict[str, int]
    lines: tuple[LineOut, ...]
    discount: int = 0
    """What discounts take off `total`."""
    discounts: tuple[DiscountOut, ...] = ()
    not_taken: tuple[NotTakenOut, ...] = ()
    paid: tuple[PaidOut, ...] = ()
    balances: tuple[BalanceOut, ...]
    expiring: tuple[ExpiringOut, ...] = ()
    offers: tuple[OfferSeen, ...] = ()
    """The personal offers to speak of, best first."""
    messages: tuple[MessageOut, ...] = ()
    holds: tuple[HoldOut, ...] = ()
    orders: tuple[OrderOut, ...] = ()
    as_quoted: bool | None = None
    changed: dict[str, object] = {}
    token: str | None = None
    waiting: bool = False
    """A return that came before its sale and waits for it (L15), or what does nothing before somebody else has said
    yes."""


class MoveOut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a move between two accounts: `merge`, `unmerge`, `join` or `leave`. `leads_to` is the member whom
    the id of `member` leads to now; `state` is `arrived`, or `under_way`: then the same request again, or the worker,
    brings it to its end."""

    activity_id: str
    kind: str
    member: str
    leads_to: str
    state: str


class TransferOut(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a member passed on: in whole numbers of the smallest unit, `fee` beside them. `state` is `arrived`,
    or `under_way`: then the same request again, or the worker, brings it to its end."""

    activity_id: str
    member: str
    to: str
    currency: str
    points: int
    fee: int
    state: str


class LotMoved(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry took from a lot (above 0) or gave back to it (below 0); a lot has the name of the activity that
    made it and its number there."""

    lot: str
    points: int


class Moved(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One entry in the books: so many points, from where to where, and out of which lots."""

    kind: str
    currency: str
    points: int
    from_: str
    to: str
    effective_at: dt.datetime
    line: int | None = None
    rule: str | None = None
    funder: str | None = None
    hold: str | None = None
    lots: tuple[LotMoved, ...] = ()


class Redated(msgspec.Struct, frozen=True, kw_only=True):
    """A lot that lives through another day than before."""

    lot: str
    currency: str
    ended_on: dt.date | None
    ends_on: dt.date | None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Each rule of the release for one activity: fired with its points per line, or not, with the condition that
    failed and the values it read; and of every activity what it asked for (`said`: amounts, dates, the reason, who),
    what it wrote in the books (`entries`) and which lots it dated anew (`redated`). `waits` is none, `open`, `approved`
    or `rejected`."""

    activity_id: str
    type: str
    release: int
    occurred_at: dt.datetime
    points: dict[str, int]
    rules: tuple[msgspec.Raw, ...]
    said: dict[str, object] = {}
    waits: str | None = None
    entries: tuple[Moved, ...] = ()
    redated: tuple[Redated, ...] = ()


class ReviewOut(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a person: `why` is `by_hand`, `approval`, `back_dated`, or what a limit or rule calls
    it; `does_nothing_before` says whether it does nothing before the yes (else its points wait, and it counts). `by` is
    who handed it in; `currency`, `points`, `through`, `reason` and `note` what was asked for by hand."""

    activity_id: str
    member: str
    type: str
    why: str
    does_nothing_before: bool
    opened_at: dt.datetime
    until: dt.datetime | None
    by: str | None
    currency: str | None
    points: int | None
    through: dt.date | None
    reason: str | None
    note: str | None


class LineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was recorded; `quantity` in thousandths, `amount` in minor units."""

    no: int
    sku: str | None
    name: str | None
    category: str | None
    quantity: int
    amount: int


class ActivityOut(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded activity, with the points that it gave or took."""

    activity_id: str
    member: str
    type: str
    occurred_at: dt.datetime
    release: int
    store: str | None
    document: str | None
    total: int
    discount: int
    """What discounts took off `total`."""
    points: dict[str, int]
    lines: tuple[LineShown, ...]
    reverses: str | None


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row of a history: `applied`, `duplicate` (recorded before), or `refused` by a fault of the
    input or by a decision."""

    outcome: str
    activity_id: UUID | None = None
    fault: Exception | None = None
    refusal: Refusal | None = None
    texts: dict[str, str] = {}
    """The words of the refusal by language."""
