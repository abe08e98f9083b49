"""Reading points back: balances, lots and holds of many accounts, each in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, Hold, HoldState, Lot, LotId, LotUse
from regulars.kit import arrays
from regulars.ledger.contracts import Kept


class Reader(Protocol):
    """What can run a statement: a transaction of ours, or the driver's own connection inside a snapshot."""

    async def fetch(self, query: str, *arguments: Any) -> Sequence[Any]:
        """All rows of a statement."""


_BALANCES: Final = """
select account_id, currency, active, pending, held, arrears, version, changes, next_change_at, idle_at, last_hash,
    frozen_reason is not null as frozen
from regulars.balance where account_id = any($1::uuid[]) order by account_id, currency
"""

LOT_COLUMNS: Final = """account_id, activity_id, n, member_id, currency, granted, remaining, held, pending, earned_at,
active_at, expires_at, expires_on, cancels_at, zone, source_id, line, rule, release, funder, cost_minor, origin_id,
origin_n"""

_OPEN_LOTS: Final = f"select {LOT_COLUMNS} from regulars.lot where account_id = any($1::uuid[]) and remaining > 0"

_NAMED_LOTS: Final = f"""
select {LOT_COLUMNS} from unnest($1::uuid[], $2::uuid[], $3::int[]) as t (account_id, activity_id, n)
join regulars.lot using (account_id, activity_id, n) where remaining = 0
"""

_HEIRS: Final = f"""
select {LOT_COLUMNS} from regulars.lot
join unnest($2::uuid[], $3::int[]) as t (origin_id, origin_n) using (origin_id, origin_n)
where account_id = any($1::uuid[]) and remaining = 0
"""

_HOLDS: Final = """
select h.account_id, h.hold_id, h.member_id, h.currency, h.amount, h.captured, h.state, h.placed_at, h.expires_at,
    u.lot_activity_id, u.lot_n, u.amount as used
from regulars.hold h join regulars.lot_use u using (account_id, currency, version)
where h.account_id = any($1::uuid[]) and (h.state = 'open' or h.hold_id = any($2::uuid[]))
order by h.account_id, h.hold_id, u.lot_activity_id, u.lot_n
"""

ENTRY_COLUMNS: Final = """account_id, currency, version, activity_id, n, member_id, kind, from_book, to_book, amount,
posted_at, effective_at, line, rule, release, funder, hold_id"""


_KINDS: Final = {kind.value: kind for kind in EntryKind}
_BOOKS: Final = {book.value: book for book in Book}
_STATES: Final = {state.value: state for state in HoldState}


async def balances(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, tuple[Kept, ...]]:
    """The balances of accounts, by currency."""
    found = defaultdict[UUID, list[Kept]](list)
    for row in await reader.fetch(_BALANCES, account_ids):
        found[row["account_id"]].append(Kept(balance_of(row), row["last_hash"]))
    return {account_id: tuple(kept) for account_id, kept in found.items()}


async def lots(
    reader: Reader, account_ids: Sequence[UUID], named: Mapping[UUID, Sequence[LotId]] | None = None
) -> dict[UUID, tuple[Lot, ...]]:
    """The open lots of accounts, and of `named` those lots and what goes on from them there, open or not."""
    rows = list(await reader.fetch(_OPEN_LOTS, account_ids))
    if named:
        wanted = [(account_id, one.activity_id, one.n) for account_id, some in named.items() for one in some]
        rows += await reader.fetch(_NAMED_LOTS, *arrays.of(wanted))
        _, activities, numbers = arrays.of(wanted)
        rows += await reader.fetch(_HEIRS, list(named), activities, numbers)
    found = defaultdict[UUID, dict[LotId, Lot]](dict)
    for row in rows:
        lot = lot_of(row)
        found[row["account_id"]][lot.lot_id] = lot
    return {account_id: tuple(some.values()) for account_id, some in found.items()}


_LAPSED: Final = """
select e.account_id, u.lot_activity_id, u.lot_n, sum(u.amount)::bigint as points
from regulars.entry e join regulars.lot_use u using (account_id, currency, version)
where e.account_id = any($1::uuid[]) and 'expired' in (e.from_book, e.to_book)
group by e.account_id, u.lot_activity_id, u.lot_n having sum(u.amount) <> 0
"""


async def lapsed(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, dict[LotId, int]]:
    """What has expired of lots and was not reinstated, by account."""
    found = defaultdict[UUID, dict[LotId, int]](dict)
    for row in await reader.fetch(_LAPSED, list(account_ids)):
        found[row["account_id"]][LotId(row["lot_activity_id"], row["lot_n"])] = row["points"]
    return dict(found)


_LED_FROM: Final = f"""
select {LOT_COLUMNS} from unnest($2::uuid[], $3::int[]) as t (activity_id, n)
join regulars.lot using (activity_id, n) where account_id = any($1::uuid[])
"""


async def led(reader: Reader, led_from: Sequence[UUID], named: Sequence[LotId]) -> tuple[Lot, ...]:
    """Named lots in the accounts that they were in before they moved."""
    activities, numbers = [one.activity_id for one in named], [one.n for one in named]
    return tuple(lot_of(row) for row in await reader.fetch(_LED_FROM, list(led_from), activities, numbers))


async def holds(
    reader: Reader, account_ids: Sequence[UUID], named: Sequence[UUID] = ()
) -> dict[UUID, tuple[Hold, ...]]:
    """The open holds of accounts with what they pin, and those of `named`, open or not."""
    rows = await reader.fetch(_HOLDS, account_ids, list(named))
    pinned = defaultdict[tuple[UUID, UUID], list[LotUse]](list)
    for row in rows:
        use = LotUse(LotId(row["lot_activity_id"], row["lot_n"]), row["used"])
        pinned[row["account_id"], row["hold_id"]].append(use)
    found = defaultdict[UUID, dict[UUID, Hold]](dict)
    for row in rows:
        uses = tuple(pinned[row["account_id"], row["hold_id"]])
        found[row["account_id"]][row["hold_id"]] = hold_of(row, uses)
    return {account_id: tuple(some.values()) for account_id, some in found.items()}


async def entries(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, list[Entry]]]:
    """All entries of accounts, by account and activity, in their order; without the lots that they used."""
    rows = await reader.fetch(
        f"select {ENTRY_COLUMNS} from regulars.entry where account_id = any($1::uuid[])"
        " order by account_id, activity_id, n",
        account_ids,
    )
    found: dict[UUID, dict[UUID, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["account_id"]][row["activity_id"]].append(entry_of(row))
    return found


def balance_of(row: Any) -> Balance:
    """A balance from its row."""
    return Balance(
        currency=row["currency"],
        active=row["active"],
        pending=row["pending"],
        held=row["held"],
        arrears=row["arrears"],
        version=row["version"],
        changes=row["changes"],
        next_change_at=row["next_change_at"],
        idle_at=row["idle_at"],
        frozen=row["frozen"],
    )


def lot_of(row: Any) -> Lot:
    """A lot from its row."""
    return Lot(
        lot_id=LotId(row["activity_id"], row["n"]),
        member_id=row["member_id"],
        currency=row["currency"],
        granted=row["granted"],
        remaining=row["remaining"],
        held=row["held"],
        pending=row["pending"],
        earned_at=row["earned_at"],
        active_at=row["active_at"],
        expires_at=row["expires_at"],
        expires_on=row["expires_on"],
        cancels_at=row["cancels_at"],
        zone=row["zone"],
        source_id=row["source_id"],
        line=row["line"],
        rule=row["rule"],
        release=row["release"],
        funder=row["funder"],
        cost_minor=row["cost_minor"],
        origin=None if row["origin_id"] is None else LotId(row["origin_id"], row["origin_n"]),
    )


def hold_of(row: Any, uses: tuple[LotUse, ...]) -> Hold:
    """A hold from its row and what it pins. Raises KeyError for a state that does not exist."""
    return Hold(
        hold_id=row["hold_id"],
        member_id=row["member_id"],
        currency=row["currency"],
        amount=row["amount"],
        captured=row["captured"],
        state=_STATES[row["state"]],
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        uses=uses,
    )


def entry_of(row: Any, uses: tuple[LotUse, ...] = ()) -> Entry:
    """An entry from its row and its lot uses. Raises KeyError for a kind or book that does not exist."""
    return Entry(
        n=row["n"],
        member_id=row["member_id"],
        currency=row["currency"],
        kind=_KINDS[row["kind"]],
        from_=_BOOKS[row["from_book"]],
        to=_BOOKS[row["to_book"]],
        amount=row["amount"],
        version=row["version"],
        effective_at=row["effective_at"],
        line=row["line"],
        rule=row["rule"],
        release=row["release"],
        funder=row["funder"],
        hold_id=row["hold_id"],
        uses=uses,
    )
