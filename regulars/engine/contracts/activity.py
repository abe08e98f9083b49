"""An activity as the engine reads it: who, what, when, where, and the lines of the basket with the facts of the
directory."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.games import EntrySeen, Luck
from regulars.engine.contracts.gifts import (
    CodeGiven,
    CodeSeen,
    OfferAct,
    OrderAct,
    PlanAct,
    ReferralAct,
    TransferAct,
    VoucherAct,
)
from regulars.engine.contracts.households import HouseholdAct, Moving


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One line of a basket, enriched once on arrival and stored with the sale.

    `quantity` in thousandths of `unit`; `amount` in minor units, for the whole line after the shop's own price
    reductions. `path` is the
    category and all above it, the topmost first.
    """

    no: int
    sku: str | None = None
    name: str | None = None
    kind: str = "goods"
    """`goods`, `service`, `shipping`, `deposit`, `gift_card`, `fee`."""
    category: str | None = None
    department: str | None = None
    path: tuple[str, ...] = ()
    brand: str | None = None
    tags: tuple[str, ...] = ()
    quantity: int = 1000
    unit: str | None = None
    amount: int
    facts: dict[str, int] = {}
    """Prices of a unit that the directory knows (`cost`, `legal_price`), in minor units."""


class Payment(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """How a part of the basket was paid in money; `amount` in minor units."""

    kind: str
    amount: int


class Foreign(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The other money that a basket was in, before it was converted on arrival (L46): its `total` and the `amounts` of
    its lines in minor units of `currency`, and the rate of its day: one `base` was so much `quote`, says `source`."""

    currency: str
    total: int
    amounts: tuple[int, ...]
    base: str
    quote: str
    rate: str
    day: dt.date
    source: str


class PointsPayment(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The member wants to pay with `points` (smallest units) of `currency`; -1 asks for as many as may be used."""

    currency: str
    points: int


class Store(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The store of an activity, as the directory knew it when it happened."""

    id: str
    name: str | None = None
    city: str | None = None
    region: str | None = None
    chain: str | None = None
    zone: str | None = None
    tags: tuple[str, ...] = ()
    partner: str | None = None
    """Whose it is: a partner, empty for the house; None where partners name no stores, so that the chain stands for
    it."""

    @property
    def whose(self) -> str | None:
        """The partner that metrics, budgets and rules know it by."""
        return self.chain if self.partner is None else self.partner or None


class ReturnedLine(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What of a sold line comes back: units (`quantity`, thousandths), or money (`amount`, minor units), or, with
    neither, all that is left."""

    no: int
    quantity: int | None = None
    amount: int | None = None


class Reversal(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Undoes a sale: the named lines, or an `amount` spread over all (L22), or, with neither, all that is left of
    it."""

    activity_id: UUID
    lines: tuple[ReturnedLine, ...] = ()
    amount: int | None = None
    reason: str | None = None
    undoes: UUID | None = None
    """The return of this sale that is undone, whole (L18)."""


class HoldAction(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Places (`hold_id` is the activity's own id), captures (`points` or all), voids or extends a hold."""

    act: str
    """`place`, `capture`, `void`, `extend`."""
    currency: str | None = None
    points: int | None = None
    hold_id: UUID | None = None
    ttl_s: int | None = None
    reason: str | None = None


class Adjustment(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Points given (> 0) or taken (< 0) by hand, with a reason."""

    currency: str
    points: int
    reason: str
    note: str | None = None


class Extension(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Points that live through a new day by hand (L37): all active ones that would end before it (`ends_by`: of those
    only what would end through that day), or, of a `reinstate`, `points` that had expired.
    """

    currency: str
    through: dt.date
    reason: str
    note: str | None = None
    ends_by: dt.date | None = None
    points: int | None = None


class ProfileChange(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A change of what `decide` reads about a member: attributes (null removes), static segments, status."""

    attributes: dict[str, object] = {}
    role: str | None = None
    """In which role somebody changes it: `member`, `desk`, `till`; none: a system of the operator's own."""
    add_to: tuple[str, ...] = ()
    remove_from: tuple[str, ...] = ()


class ChoiceMade(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a member picks of a choice, for the running period or, `ahead`, for the one after it."""

    choice: str
    picked: tuple[str, ...]
    ahead: bool = False


class ConsentSaid(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A member gives consent to a purpose, or withdraws it: for one channel, or for the purpose as a whole.

    `version` is that of the text that they saw (none: the one in force); `source` says where, `proof` what shows it.
    """

    purpose: str
    given: bool
    channel: str | None = None
    version: str | None = None
    source: str | None = None
    proof: str | None = None


class Review(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A person's yes or no to an activity that waits; `by` names who said it, `person` whether that is somebody of the
    staff rather than a machine's key."""

    activity_id: UUID
    approves: bool
    by: str
    reason: str = ""
    person: bool = False


class Erasure(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A member is to be forgotten; `forfeits` says that it is known that their points go too, `again` that they were
    forgotten once, and are back because the database was restored: then their open orders end with them."""

    reason: str
    forfeits: bool = False
    again: bool = False


JOIN: Final = "join"
LEAVE: Final = "leave"


class ChallengeAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A member joins a challenge that is joined by a tap, or leaves it."""

    challenge: str
    act: str = JOIN
    """`join` or `leave`."""


class TierSet(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Staff set a level of a ladder, which is then left alone until a day (none: as long as one that is reached), or,
    without a level, end what they set.
    """

    ladder: str
    level: str | None = None
    until: dt.date | None = None
    """The first day on which it is valid no more."""
    reason: str


class Offline(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A till without a connection did it, under a number of its own, and signed it (L58).

    `floor` is how much of one basket its members may pay with points unasked, in minor units (L60).
    """

    till: UUID
    number: int
    floor: int = 0


class Activity(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Something that a member did, or that time did (`type == "tick"`).

    `occurred_at` is when it happened, `received_at` when it arrived; both aware UTC. `total` is the sum of the lines
    in minor units of the program's
    money. `pay` is the part of it to be paid with points. Types that are not made in a program: `tick`, `profile`,
    `hold`, `adjust`, `enrolled`.
    """

    activity_id: UUID
    program_id: int
    type: str
    account_id: UUID
    member_id: UUID
    occurred_at: dt.datetime
    received_at: dt.datetime
    source: str = "api"
    document: str | None = None
    channel: str | None = None
    store: Store | None = None
    till: str | None = None
    cashier: str | None = None
    device: str | None = None
    card: str | None = None
    currency: str | None = None
    """ISO code of the money paid, the program's own if none. Amounts of lines and payments are in the program's own
    either way; those that a return names are in this one."""
    foreign: Foreign | None = None
    """What the lines were before they were converted, where they were in another money."""
    lines: tuple[Line, ...] = ()
    total: int = 0
    payments: tuple[Payment, ...] = ()
    pay: tuple[PointsPayment, ...] = ()
    fields: dict[str, object] = {}
    reverses: Reversal | None = None
    hold: HoldAction | None = None
    adjustment: Adjustment | None = None
    extension: Extension | None = None
    erasure: Erasure | None = None
    profile: ProfileChange | None = None
    moving: Moving | None = None
    challenge: ChallengeAct | None = None
    household: HouseholdAct | None = None
    earner: UUID | None = None
    """Whose card or id was shown, where that member was merged into this one: what is earned goes home with them."""
    choice: ChoiceMade | None = None
    tier: TierSet | None = None
    consents: tuple[ConsentSaid, ...] = ()
    counted: dict[str, object] = {}
    """Numbers of tills, cashiers and their like as the decision saw them: they are nobody's own, so only so can the
    past be decided again.
    """
    review: Review | None = None
    late: bool = False
    """Whether it came later than its type allows without a person's yes."""
    by: str | None = None
    """Who handed in what a person has to approve: nobody approves their own."""
    luck: dict[str, Luck] = {}
    """By draw, what its plays are decided by; recorded, so that a replay comes to the same."""
    entry: EntrySeen | None = None
    """The entry of a contest that it speaks of, as it was."""
    codes: tuple[CodeSeen, ...] = ()
    """Codes of vouchers that were shown, as they were; recorded, so that a replay comes to the same."""
    issued: dict[str, tuple[CodeGiven, ...]] = {}
    """By campaign the codes of vouchers that it gives, in their order; recorded for the same reason."""
    rewards: tuple[str, ...] = ()
    """Rewards of the catalogue that the member takes at the till, with this basket."""
    offer: OfferAct | None = None
    voucher: VoucherAct | None = None
    order: OrderAct | None = None
    plan: PlanAct | None = None
    referral: ReferralAct | None = None
    traces: tuple[str, ...] = ()
    """Identifiers that were shown, as `kind:hash`, where the program asks who shares them; recorded for a replay."""
    transfer: TransferAct | None = None
    offline: Offline | None = None
    at_arrival: bool = False
    """Whether it is decided at its arrival, since it takes points: what has ended by then is gone, however long before
    it happened (L25, L57). Recorded, so that a replay decides it at the same moment."""
    notes: dict[str, str] = {}
    """What the room that handed it in wants to keep with it; the engine does not read it."""

    @property
    def decided_at(self) -> dt.datetime:
        """The moment at which it is decided, where its account is not further on."""
        return self.received_at if self.at_arrival else self.occurred_at

    @property
    def speaks_of(self) -> UUID | None:
        """The earlier activity that it undoes or reviews."""
        if self.reverses is not None:
            return self.reverses.activity_id
        if self.transfer is not None and self.transfer.of is not None:
            return self.transfer.of
        return None if self.review is None else self.review.activity_id
