"""What a batch does to one account, decided and not yet written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities.vouchers import Used, Written
from regulars.engine.contracts.known import CounterKey, CounterValue, DayRow, Ration
from regulars.members.contracts import Enrolled

if TYPE_CHECKING:
    import datetime as dt

    from regulars.engine.contracts.decision import (
        AttributeChange,
        CaseRow,
        ConsentChange,
        EventDraft,
        SegmentMove,
        TierMove,
    )
    from regulars.engine.contracts.games import GameRow
    from regulars.engine.contracts.households import Departure
    from regulars.engine.contracts.orders import OrderRow
    from regulars.engine.contracts.points import Movement


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One activity as it will stand in the table."""

    activity_id: UUID
    member_id: UUID
    type: str
    release: int
    version: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    reverses: UUID | None
    body: bytes
    decision: bytes
    movement: Movement
    events: tuple[EventDraft, ...]
    games: tuple[GameRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    consents: tuple[ConsentChange, ...] = ()
    case: CaseRow | None = None
    erases: bool = False
    departure: Departure | None = None
    uses: tuple[CounterValue, ...] = ()
    """What it took of what is shared and runs out."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One stored answer."""

    activity_id: UUID
    status: int
    body: bytes


Guard = tuple[int, str, str]
"""Program, metric and owner (`till:17`) of a number that may refuse or cut."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What one account's decisions have to do with guards: `read` with the version they saw, and those `added` to."""

    read: dict[Guard, int] = {}
    added: frozenset[Guard] = frozenset()


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """What one account's decisions, in their order, took of what is shared, and what they only asked for."""

    taken: tuple[Ration, ...] = ()
    asked: frozenset[CounterKey] = frozenset()


NOTHING: Final = Shares()
"""Of somebody who asked for nothing that is shared."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one batch does to one account: at least one answer or one row.

    `expected` is the version that was read, 0 for an account that has no row; with `rows` empty (all refused) nothing
    but answers is written.
    """

    account_id: UUID
    program_id: int
    expected: int
    clock: dt.datetime | None
    metric_day: dt.date | None
    state: bytes
    review_at: dt.datetime | None
    review_moved: bool
    rows: tuple[Row, ...]
    answers: tuple[Answered, ...]
    days: tuple[DayRow, ...]
    counters: tuple[CounterValue, ...]
    segments: tuple[SegmentMove, ...]
    attributes: tuple[AttributeChange, ...]
    hashes: dict[str, bytes]
    enrolled: tuple[Enrolled, ...]
    tiers: tuple[TierMove, ...] = ()
    watched: Watched = Watched()
    shares: Shares = NOTHING
    used: tuple[Used, ...] = ()
    """Codes of vouchers that it was decided on."""
    codes: tuple[Written, ...] = ()
    """What becomes of codes."""
