"""What was loaded for one account before its activity is decided."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.points import Balance, Hold, Lot, LotId


class DayRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All metrics of one member and one local day (the program's zone): `sums` by slot of the release, `keys` the
    rest as bytes of the engine's own."""

    member_id: UUID
    day: dt.date
    sums: tuple[int, ...] = ()
    keys: bytes = b""


class CounterKey(msgspec.Struct, frozen=True, gc=False, order=True, array_like=True):
    """A bucket of a metric that is not a member's: metric, owner (`till:17`), bucket (a local day or finer, ISO
    text)."""

    metric: str
    owner: str
    bucket: str


class CounterValue(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one bucket holds: a number, and for distinct counts one row an item."""

    key: CounterKey
    item: str
    value: int


class CounterRange(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Which buckets of a counter `decide` wants to see: `first <= bucket <= last` as ISO text."""

    metric: str
    owner: str
    first: str
    last: str


class Quota(msgspec.Struct, frozen=True, gc=False):
    """What of something shared was supplied, what is used of it, and what the world was told of it."""

    supplied: int = 0
    used: int = 0
    told: frozenset[str] = frozenset()


class Ration(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a decision took (below 0: gave back) of something shared, of `size` (none: of what was supplied).

    It would be the same decision with anything left from `least` through `most` before it, as long as nobody else told
    what its `marks` tell.
    """

    key: CounterKey
    size: int | None
    least: int
    most: int
    taken: int
    marks: tuple[str, ...] = ()


class QuotasNeeded(Exception):
    """The decision cannot go on without knowing what is left of these: load them, and decide again."""

    def __init__(self, keys: frozenset[CounterKey]) -> None:
        super().__init__(keys)
        self.keys = keys


class Sale(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The recorded activity that a return, a capture or a void speaks of.

    `decision` is what was stored with it (`Recorded`, as bytes), `returns` the stored decisions of what reversed it
    before, oldest first; `lots` are the lots
    it made or took from, as they are now.
    """

    activity: Activity
    decision: bytes
    release: int
    returns: tuple[tuple[Activity, bytes], ...] = ()


class Known(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One account as it was in one snapshot.

    `state` is empty for a new account. `clock` is the latest `now` of a decision on this account. `metric_day` is the
    local day for which the running sums in
    `state` are good. `days` holds the day rows that have slid out of a window since then, today's row, and those
    inside windows that must be read whole.
    `lots` is None where they were not loaded: `decide` then raises `LotsNeeded` if it cannot do without. `counters`
    are None likewise (`CountersNeeded`).
    """

    account_id: UUID
    members: tuple[UUID, ...]
    version: int = 0
    state: bytes = b""
    clock: dt.datetime | None = None
    metric_day: dt.date | None = None
    balances: tuple[Balance, ...] = ()
    lots: tuple[Lot, ...] | None = None
    holds: tuple[Hold, ...] = ()
    days: tuple[DayRow, ...] = ()
    counters: tuple[CounterValue, ...] = ()
    quotas: dict[CounterKey, Quota] | None = None
    """What is shared and was loaded; None where nothing shared is known, and nothing runs out: in the imagination, and
    where the past is decided again."""
    lapsed: dict[LotId, int] | None = None
    """What has expired of each lot and was not reinstated; None where it was not loaded."""
    sale: Sale | None = None
    enrolled_at: dt.datetime | None = None
    card_blocked: bool = False
    """The card that the member showed is blocked: it still earns, but cannot spend (L69)."""
