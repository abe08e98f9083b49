"""All that is stored of some accounts, read in one snapshot and put together by balance."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.points import Balance, Entry, Hold, Lot, LotChange, LotId, LotUse
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
    """A hold as it stands, without what it pins, and the version of the entry that placed it."""

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
    """Which rows: a condition on `account_id` with parameters from $2 on ($1 is the program), and what else holds of
    the rows of a table."""

    condition: str
    values: tuple[Any, ...]
    beyond: dict[str, str] = {}

    def of(self, table: str) -> str:
        """The condition on the rows of a table."""
        return f"({self.condition}) {self.beyond.get(table, '')}"


def accounts(account_ids: Iterable[UUID]) -> Reach:
    """These accounts."""
    return Reach("account_id = any($2::uuid[])", (list(account_ids),))


def between(after: UUID | None, last: UUID | None) -> Reach:
    """The accounts after one up to another; None is open."""
    low = "$2::uuid is null or account_id > $2"
    return Reach(f"({low}) and ($3::uuid is null or account_id <= $3)", (after, last))


# An account has few entries of the last minute, and no index beyond its own.
_NEW: Final = """(select {} from regulars.entry
    where program_id = $1 and account_id = any($2::uuid[]) and posted_at >= $3::timestamptz)"""
_TAIL: Final = {
    "balance": "and $3::timestamptz is not null",
    "entry": "and posted_at >= $3::timestamptz",
    "lot_use": f"and (account_id, currency, version) in {_NEW.format('account_id, currency, version')}",
    "lot": f"and (account_id, activity_id) in {_NEW.format('account_id, activity_id')}",
    "lot_change": "and posted_at >= $3::timestamptz",
    "hold": f"and (account_id, currency, version) in {_NEW.format('account_id, currency, version')}",
}

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


async def read_tails(
    reader: Reader, program_id: int, account_ids: Iterable[UUID], since: dt.datetime
) -> dict[tuple[UUID, str], History]:
    """The ends of histories: the balances of some accounts with the entries posted from a moment on, the lots that
    these made and used, and the holds that they placed."""
    reach = Reach("account_id = any($2::uuid[])", (list(account_ids), since), _TAIL)
    return await read(reader, program_id, reach)


async def read(reader: Reader, program_id: int, reach: Reach) -> dict[tuple[UUID, str], History]:
    """The histories of all balances of the accounts in reach, in no order."""
    found = dict[tuple[UUID, str], History]()

    def of(row: Any) -> History:
        key = (row["account_id"], row["currency"])
        if key not in found:
            found[key] = History(*key)
        return found[key]

    async def rows(table: str, sql: str) -> Any:
        return await reader.fetch(sql.format(reach=reach.of(table)), program_id, *reach.values)

    for row in await rows("balance", _BALANCES):
        history = of(row)
        history.balance, history.last_hash = queries.balance_of(row), row["last_hash"]
    uses = defaultdict[tuple[UUID, str, int], list[LotUse]](list)
    for row in await rows("lot_use", _USES):
        use = LotUse(LotId(row["lot_activity_id"], row["lot_n"]), row["amount"])
        uses[row["account_id"], row["currency"], row["version"]].append(use)
    for row in await rows("entry", _ENTRIES):
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
    for row in await rows("lot", _LOTS):
        lot = queries.lot_of(row)
        of(row).lots[lot.lot_id] = lot
    for row in await rows("lot_change", _CHANGES):
        of(row).changes.append(Redated(row["activity_id"], row["posted_at"], change_of(row), row["hash"]))
    for row in await rows("hold", _HOLDS):
        try:
            of(row).holds[row["hold_id"]] = Placed(row["version"], queries.hold_of(row, ()))
        except KeyError as fault:
            of(row).unreadable.append(("hold", f"hold_id = '{row['hold_id']}'", f"there is no {fault}"))
    return found


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
