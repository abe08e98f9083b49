"""Points as the engine sees and changes them: balances, lots, holds in; entries, lots made, lots changed out (LEDGER
section 1).

All amounts are whole numbers of the currency's smallest unit. What there is many of is kept out of the garbage
collector (`gc=False`): these values cannot make a cycle.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class EntryKind(StrEnum):
    EARN = "earn"
    ACTIVATE = "activate"
    CANCEL = "cancel"
    REVERSE = "reverse"
    OWE = "owe"
    REPAY = "repay"
    WRITE_OFF = "write_off"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    SPEND = "spend"
    REFUND = "refund"
    EXPIRE = "expire"
    REINSTATE = "reinstate"
    FORFEIT = "forfeit"
    ADJUST = "adjust"
    ROLLOVER = "rollover"
    TRANSFER = "transfer"
    MERGE = "merge"
    CONVERT = "convert"
    BUY = "buy"
    """Bought with money, or given back for it: not earned."""
    PAY_OUT = "pay_out"
    """Paid out as money, or come back because the payment failed."""


class Book(StrEnum):
    """Where points are: the first four belong to the member, the rest to the system."""

    PENDING = "pending"
    ACTIVE = "active"
    HELD = "held"
    ARREARS = "arrears"
    ISSUED = "issued"
    SPENT = "spent"
    EXPIRED = "expired"
    FORFEITED = "forfeited"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"
    CONVERTED = "converted"
    TRANSIT = "transit"


class LotId(msgspec.Struct, frozen=True, gc=False, order=True, array_like=True, cache_hash=True):
    """A lot or entry is `<activity id>.<n>`: the activity that made it and its number there. Its hash is kept: a
    decision looks a lot up ten times, and a UUID is hashed in Python."""

    activity_id: UUID
    n: int


class Lot(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One credit of one funder. Usable while `active_at <= t < expires_at`; `active_at` none: waits for an event;
    `expires_at` none: never ends.

    `expires_on` is the last local day in `zone` through which it lives. `cost_minor` is what the whole grant costs
    its funder.
    """

    lot_id: LotId
    member_id: UUID
    currency: str
    granted: int
    remaining: int
    held: int = 0
    earned_at: dt.datetime
    active_at: dt.datetime | None
    expires_at: dt.datetime | None
    expires_on: dt.date | None
    zone: str
    source_id: UUID
    """The activity that earned it; a grace lot keeps that of the lot it stands for."""
    line: int | None = None
    rule: str | None = None
    release: int
    funder: str
    cost_minor: int = 0
    pending: bool = False
    """Whether its points stand in the book `pending`."""
    cancels_at: dt.datetime | None = None
    """When a lot that waits for an event is given up (L23)."""
    origin: LotId | None = None
    """The lot of another account that it goes on from: of a merge, of joining or leaving a household."""


class LeftLot(Lot, frozen=True, gc=False, kw_only=True):
    """A lot that its points have left, for another account or another name, as what goes on from there sees it: nothing
    is in it, and what comes back to it comes back as a new one. It is never written."""


class LotUse(msgspec.Struct, frozen=True, gc=False, order=True, array_like=True):
    """How much an entry took from a lot (> 0) or gave back to it (< 0).

    Of `activate` it names the part that became active, of `hold` and `release` the part pinned and let go: those
    three leave `remaining` alone.
    """

    lot_id: LotId
    amount: int


class Entry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One movement, append-only. `effective_at` is when it counts; `version` counts the entries of this balance from 1.

    An entry that makes a lot and that lot have the same number: `LotId(activity_id, n)`.
    """

    n: int
    member_id: UUID
    currency: str
    kind: EntryKind
    from_: Book
    to: Book
    amount: int
    version: int
    effective_at: dt.datetime
    line: int | None = None
    rule: str | None = None
    release: int
    funder: str | None = None
    hold_id: UUID | None = None
    uses: tuple[LotUse, ...] = ()


class Balance(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an account has of a currency. While `t < next_change_at` these numbers are the answer; after it the lots
    are."""

    currency: str
    active: int = 0
    pending: int = 0
    held: int = 0
    arrears: int = 0
    version: int = 0
    changes: int = 0
    """How often a lot of this balance was given new dates."""
    next_change_at: dt.datetime | None = None
    idle_at: dt.datetime | None = None
    """When inactivity ends all that is active (L34); moved by activities that reset it."""
    frozen: bool = False
    """The checker found this balance broken: nothing may be spent from it until a person has looked."""


class HoldState(StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"


class Hold(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Points set aside; `uses` are the lots pinned."""

    hold_id: UUID
    member_id: UUID
    currency: str
    amount: int
    captured: int = 0
    state: HoldState = HoldState.OPEN
    placed_at: dt.datetime
    expires_at: dt.datetime
    uses: tuple[LotUse, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it still sets points aside, as far as has been written."""
        return self.state is HoldState.OPEN


class LotChange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """New dates of a lot, kept with the old ones so that a replay knows both."""

    lot_id: LotId
    currency: str
    seq: int
    """Counts the changes of this balance's lots from 1."""
    version: int
    """The balance's last entry before the change."""
    old_active_at: dt.datetime | None
    active_at: dt.datetime | None
    old_expires_at: dt.datetime | None
    expires_at: dt.datetime | None
    old_expires_on: dt.date | None
    expires_on: dt.date | None


class Movement(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that one decision does to the points of one account.

    `lots` are lots as they are afterwards: those in `made` are new, the others had their `remaining`, `held` or dates
    changed.
    """

    entries: tuple[Entry, ...] = ()
    made: frozenset[LotId] = frozenset()
    lots: tuple[Lot, ...] = ()
    changes: tuple[LotChange, ...] = ()
    holds: tuple[Hold, ...] = ()
    balances: tuple[Balance, ...] = ()
    """Only those that this decision changed."""


class LotsNeeded(Exception):
    """A decision cannot do without lots that were not loaded: decide again with all open lots and holds of the
    account and with `lots`, open or not; `lapsed` asks for what has expired of each lot."""

    def __init__(self, *, currencies: tuple[str, ...] = (), lots: tuple[LotId, ...] = (), lapsed: bool = False) -> None:
        super().__init__(f"lots needed: {', '.join(currencies)} {len(lots)} named")
        self.currencies = currencies
        self.lots = lots
        self.lapsed = lapsed
