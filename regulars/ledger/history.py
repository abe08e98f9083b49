"""All that is stored of some accounts, read in one snapshot and put together by balance."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.points import Balance, Entry, EntryKind, Hold, Lot, LotChange, LotId, LotUse
from regulars.ledger import queries
from regulars.ledger.queries import Reader


class Posted(msgspec.Struct, frozen=True):
    """An entry as it stands, with its link."""

    activity_id: UUID
    posted_at: dt.datetime
    entry: Entry
    hash: bytes


class Redated(msgspec.Struct, frozen=True):
    """A lot change as it stands, with its link."""

    activity_id: UUID
    posted_at: dt.datetime
    change: LotChange
    hash: bytes


class Placed(msgspec.Struct, frozen=True):
    """A hold as it stands, without what it pins, and the version of the entry that placed it here last."""

    version: int
    hold: Hold


class History(msgspec.Struct):
    """Everything that is stored of one balance."""

    account_id: UUID
    currency: str
    balance: Balance | None = None
    last_hash: bytes = b""
    entries: list[Posted] = msgspec.field(default_factory=list)
    changes: list[Redated] = msgspec.field(default_factory=list)
    lots: dict[LotId, Lot] = msgspec.field(default_factory=dict)
    holds: dict[UUID, Placed] = msgspec.field(default_factory=dict)
    stray_uses: list[tuple[int, LotUse]] = msgspec.field(default_factory=list)
    """Lot uses of a version that has no entry."""
    unreadable: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    """Table, row and reason of what could not even be read: a kind, book or state that does not exist."""


class Reach(msgspec.Struct, frozen=True):
    """Which accounts: a condition on `account_id` with parameters from $2 on ($1 is the program)."""

    condition: str
    values: tuple[Any, ...]


def accounts(account_ids: Iterable[UUID]) -> Reach:
    """These accounts."""
    return Reach("account_id = any($2::uuid[])", (list(account_ids),))


def between(after: UUID | None, last: UUID | None) -> Reach:
    """The accounts after one up to another; None is open."""
    low = "$2::uuid is null or account_id > $2"
    return Reach(f"({low}) and ($3::uuid is null or account_id <= $3)", (after, last))


_BALANCES: Final = """
select account_id, currency, active, pending, held, arrears, version, changes, next_change_at, idle_at, last_hash,
    frozen_reason is not null as frozen
from regulars.balance where program_id = $1 and {reach}
"""
_ENTRIES: Final = f"""
select {queries.ENTRY_COLUMNS}, hash from regulars.entry where program_id = $1 and {{reach}}
order by account_id, currency, version
"""
_USES: Final = """
select account_id, currency, version, lot_activity_id, lot_n, amount from regulars.lot_use where program_id = $1 and
{reach} order by account_id, currency, version, lot_activity_id, lot_n
"""
_LOTS: Final = f"select {queries.LOT_COLUMNS} from regulars.lot where program_id = $1 and {{reach}}"
_CHANGES: Final = """
select account_id, currency, seq, version, activity_id, lot_activity_id, lot_n, old_active_at, active_at,
old_expires_at, expires_at, old_expires_on, expires_on, posted_at, hash
from regulars.lot_change where program_id = $1 and {reach} order by account_id, currency, seq
"""
_HOLDS: Final = """
select account_id, hold_id, member_id, currency, version, amount, captured, state, placed_at, expires_at
from regulars.hold where program_id = $1 and {reach}
"""


# Entries of the last minutes are found by account; what belongs to them by their own keys.
_NEW_ENTRIES: Final = f"""
select {queries.ENTRY_COLUMNS}, hash from regulars.entry
where program_id = $1 and account_id = any($2::uuid[]) and posted_at >= $3 order by account_id, currency, version
"""
_THEIRS: Final = "unnest($2::uuid[], $3::text[], $4::bigint[]) as t (account_id, currency, version)"
_THEIR_USES: Final = f"""
select account_id, currency, version, lot_activity_id, lot_n, amount from {_THEIRS}
join regulars.lot_use using (account_id, currency, version) where program_id = $1
order by account_id, currency, version, lot_activity_id, lot_n
"""
_THEIR_HOLDS: Final = """
select account_id, hold_id, member_id, currency, version, amount, captured, state, placed_at, expires_at
from (select distinct * from unnest($2::uuid[], $3::uuid[]) as t (account_id, hold_id)) t
join regulars.hold using (account_id, hold_id) where program_id = $1
"""
_THEIR_LOTS: Final = f"""
select {queries.LOT_COLUMNS} from unnest($2::uuid[], $3::uuid[], $4::int[]) as t (account_id, activity_id, n)
join regulars.lot using (account_id, activity_id, n) where program_id = $1
"""


async def read_tails(
    reader: Reader, program_id: int, account_ids: Iterable[UUID], since: dt.datetime
) -> dict[tuple[UUID, str], History]:
    """The ends of histories: the balances of some accounts with the entries posted from a moment on, the lots that
    these made, what they used, and the holds that they placed. No changes of dates."""
    reach = accounts(account_ids)
    balances = await reader.fetch(_BALANCES.format(reach=reach.condition), program_id, *reach.values)
    entries = await reader.fetch(_NEW_ENTRIES, program_id, *reach.values, since)
    theirs = [[row[name] for row in entries] for name in ("account_id", "currency", "version")]
    holds = [row for row in entries if row["kind"] == "hold"]
    placed = [[row[name] for row in holds] for name in ("account_id", "hold_id")]
    made = [[row[name] for row in entries] for name in ("account_id", "activity_id", "n")]
    return _together(
        balances=balances,
        entries=entries,
        uses=await reader.fetch(_THEIR_USES, program_id, *theirs),
        lots=await reader.fetch(_THEIR_LOTS, program_id, *made),
        changes=(),
        holds=await reader.fetch(_THEIR_HOLDS, program_id, *placed) if holds else (),
    )


# A statement of the past is asked for at a counter: what has no part in it is not read.
_UNTIL: Final = f"""
select {", ".join(f"e.{name.strip()}" for name in queries.ENTRY_COLUMNS.split(","))},
    u.lot_activity_id, u.lot_n, u.amount as used
from regulars.entry e left join regulars.lot_use u using (account_id, currency, version)
where e.program_id = $1 and e.account_id = $2 and e.posted_at <= $3
order by e.currency, e.version, u.lot_activity_id, u.lot_n
"""
_ITS_LOTS: Final = f"""
select {queries.LOT_COLUMNS}, exists (select from regulars.lot_change where account_id = $2) as redated
from regulars.lot where program_id = $1 and account_id = $2
"""
_ITS_HOLDS: Final = """
select account_id, hold_id, member_id, currency, version, amount, captured, state, placed_at, expires_at
from regulars.hold where program_id = $1 and account_id = $2 and hold_id = any($3::uuid[])
"""


async def read_until(reader: Reader, program_id: int, account_id: UUID, until: dt.datetime) -> list[History]:
    """The histories of one account as far as entries were posted by then, without links, with all changes of dates and
    with the holds that were placed and not over by then."""
    found = dict[str, History]()
    rows = await reader.fetch(_UNTIL, program_id, account_id, until)
    for (currency, _), group in groupby(rows, key=lambda row: (row["currency"], row["version"])):
        lines = list(group)
        uses = tuple(
            LotUse(LotId(one["lot_activity_id"], one["lot_n"]), one["used"]) for one in lines if one["used"] is not None
        )
        history = found.setdefault(currency, History(account_id, currency))
        history.entries.append(
            Posted(lines[0]["activity_id"], lines[0]["posted_at"], queries.entry_of(lines[0], uses), b"")
        )
    if not found:
        return []
    lots = await reader.fetch(_ITS_LOTS, program_id, account_id)
    for row in lots:
        if row["currency"] in found:
            lot = queries.lot_of(row)
            found[row["currency"]].lots[lot.lot_id] = lot
    if lots and lots[0]["redated"]:
        for row in await reader.fetch(_CHANGES.format(reach="account_id = $2"), program_id, account_id):
            change = Redated(row["activity_id"], row["posted_at"], change_of(row), row["hash"])
            found.setdefault(row["currency"], History(account_id, row["currency"])).changes.append(change)
    placed = {hold_id: one for one in found.values() for hold_id in open_holds(one)}
    for row in await reader.fetch(_ITS_HOLDS, program_id, account_id, list(placed)) if placed else ():
        placed[row["hold_id"]].holds[row["hold_id"]] = Placed(row["version"], queries.hold_of(row, ()))
    return [found[currency] for currency in sorted(found)]


def open_holds(one: History) -> dict[UUID, Entry]:
    """The holds that were placed and neither captured nor let go, by the entry that placed each."""
    placed = dict[UUID, Entry]()
    for posted in one.entries:
        hold_id = posted.entry.hold_id
        if hold_id is not None and posted.entry.kind is EntryKind.HOLD:
            placed[hold_id] = posted.entry
        elif hold_id is not None and posted.entry.kind in (EntryKind.CAPTURE, EntryKind.RELEASE):
            placed.pop(hold_id, None)
    return placed


async def read(reader: Reader, program_id: int, reach: Reach) -> dict[tuple[UUID, str], History]:
    """The histories of all balances of the accounts in reach, in no order."""

    async def rows(sql: str) -> Any:
        return await reader.fetch(sql.format(reach=reach.condition), program_id, *reach.values)

    return _together(
        balances=await rows(_BALANCES),
        entries=await rows(_ENTRIES),
        uses=await rows(_USES),
        lots=await rows(_LOTS),
        changes=await rows(_CHANGES),
        holds=await rows(_HOLDS),
    )


def _together(
    *, balances: Any, entries: Any, uses: Any, lots: Any, changes: Any, holds: Any
) -> dict[tuple[UUID, str], History]:
    found = dict[tuple[UUID, str], History]()

    def of(row: Any) -> History:
        key = (row["account_id"], row["currency"])
        if key not in found:
            found[key] = History(*key)
        return found[key]

    for row in balances:
        history = of(row)
        history.balance, history.last_hash = queries.balance_of(row), row["last_hash"]
    _post(of, entries, uses)
    for row in lots:
        lot = queries.lot_of(row)
        of(row).lots[lot.lot_id] = lot
        if (row["origin_id"] is None) != (row["origin_n"] is None):
            key = f"activity_id = '{lot.lot_id.activity_id}' and n = {lot.lot_id.n}"
            of(row).unreadable.append(("lot", key, "half of the lot that it goes on from is missing"))
    for row in changes:
        of(row).changes.append(Redated(row["activity_id"], row["posted_at"], change_of(row), row["hash"]))
    for row in holds:
        try:
            of(row).holds[row["hold_id"]] = Placed(row["version"], queries.hold_of(row, ()))
        except KeyError as fault:
            of(row).unreadable.append(("hold", f"hold_id = '{row['hold_id']}'", f"there is no {fault}"))
    return found


def _post(of: Callable[[Any], History], entries: Any, used: Any) -> None:
    """Entries with what they used; uses of entries that are not there are strays."""
    uses = defaultdict[tuple[UUID, str, int], list[LotUse]](list)
    for row in used:
        use = LotUse(LotId(row["lot_activity_id"], row["lot_n"]), row["amount"])
        uses[row["account_id"], row["currency"], row["version"]].append(use)
    for row in entries:
        own = uses.pop((row["account_id"], row["currency"], row["version"]), ())
        try:
            entry = queries.entry_of(row, tuple(own))
        except KeyError as fault:
            of(row).unreadable.append(("entry", f"version = {row['version']}", f"there is no {fault}"))
            continue
        of(row).entries.append(Posted(row["activity_id"], row["posted_at"], entry, row["hash"]))
    for (account_id, currency, version), strays in uses.items():
        history = of({"account_id": account_id, "currency": currency})
        history.stray_uses += [(version, use) for use in strays]


def change_of(row: Any) -> LotChange:
    """A change of dates as it is stored."""
    return LotChange(
        lot_id=LotId(row["lot_activity_id"], row["lot_n"]),
        currency=row["currency"],
        seq=row["seq"],
        version=row["version"],
        old_active_at=row["old_active_at"],
        active_at=row["active_at"],
        old_expires_at=row["old_expires_at"],
        expires_at=row["expires_at"],
        old_expires_on=row["old_expires_on"],
        expires_on=row["expires_on"],
    )
