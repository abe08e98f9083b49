"""The ledger's part of a batch's one statement: its SQL, and the arrays that go with it.

Every part joins `ok`, the accounts that the batch may write. Nothing here decides, and nothing reads: the decision
was made under the account's version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.points import Entry, EntryKind, Hold, Lot, LotChange, LotId, Movement
from regulars.ledger import chain
from regulars.ledger.contracts import Posting

_ENTRY: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("version", "bigint"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("member_id", "uuid"),
    ("kind", "text"),
    ("from_book", "text"),
    ("to_book", "text"),
    ("amount", "bigint"),
    ("posted_at", "timestamptz"),
    ("effective_at", "timestamptz"),
    ("line", "int"),
    ("rule", "text"),
    ("release", "int"),
    ("funder", "text"),
    ("hold_id", "uuid"),
    ("hash", "bytea"),
)
_LOT: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("member_id", "uuid"),
    ("currency", "text"),
    ("granted", "bigint"),
    ("remaining", "bigint"),
    ("held", "bigint"),
    ("pending", "bool"),
    ("earned_at", "timestamptz"),
    ("active_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("expires_on", "date"),
    ("cancels_at", "timestamptz"),
    ("zone", "text"),
    ("source_id", "uuid"),
    ("line", "int"),
    ("rule", "text"),
    ("release", "int"),
    ("funder", "text"),
    ("cost_minor", "bigint"),
)
_LOT_NOW: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("remaining", "bigint"),
    ("held", "bigint"),
    ("pending", "bool"),
    ("active_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("expires_on", "date"),
)
_USE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("version", "bigint"),
    ("lot_activity_id", "uuid"),
    ("lot_n", "int"),
    ("amount", "bigint"),
)
_CHANGE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("seq", "bigint"),
    ("version", "bigint"),
    ("activity_id", "uuid"),
    ("lot_activity_id", "uuid"),
    ("lot_n", "int"),
    ("old_active_at", "timestamptz"),
    ("active_at", "timestamptz"),
    ("old_expires_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("old_expires_on", "date"),
    ("expires_on", "date"),
    ("posted_at", "timestamptz"),
    ("hash", "bytea"),
)
_HOLD: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("hold_id", "uuid"),
    ("member_id", "uuid"),
    ("currency", "text"),
    ("version", "bigint"),
    ("amount", "bigint"),
    ("captured", "bigint"),
    ("state", "text"),
    ("placed_at", "timestamptz"),
    ("expires_at", "timestamptz"),
)
_BALANCE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("active", "bigint"),
    ("pending", "bigint"),
    ("held", "bigint"),
    ("arrears", "bigint"),
    ("version", "bigint"),
    ("changes", "bigint"),
    ("next_change_at", "timestamptz"),
    ("idle_at", "timestamptz"),
    ("last_hash", "bytea"),
)
_TABLES: Final = (_ENTRY, _USE, _LOT, _LOT_NOW, _CHANGE, _HOLD, _BALANCE)

_Columns = Sequence[tuple[str, str]]
_Row = tuple[Any, ...]


def sql(first_parameter: int) -> tuple[str, int]:
    """CTEs that write points for the accounts in `ok(account_id)`, and how many parameters they take from
    `first_parameter` on."""
    place, parts = first_parameter, []
    for name, columns, write in (
        ("points_posted", _ENTRY, _insert("entry", _ENTRY)),
        ("points_used", _USE, _insert("lot_use", _USE)),
        ("points_granted", _LOT, _insert("lot", _LOT)),
        ("points_lots_moved", _LOT_NOW, _update_lots),
        ("points_redated", _CHANGE, _insert("lot_change", _CHANGE)),
        (
            "held",
            _HOLD,
            _insert(
                "hold",
                _HOLD,
                " on conflict (account_id, hold_id) do update set captured = excluded.captured, state = excluded.state",
            ),
        ),
        ("points_balanced", _BALANCE, _insert("balance", _BALANCE, _BALANCE_MOVES)),
    ):
        parts.append(f"{name} as ({write.format(source=_source(columns, place))})")
        place += len(columns)
    return ",\n".join(parts), place - first_parameter


def arguments(postings: Sequence[Posting], *, key: bytes) -> list[Any]:
    """The arrays that go with `sql`. `key` is the secret of the chain (`kit.keyring.key(home, "ledger")`)."""
    rows: tuple[list[_Row], ...] = tuple([] for _ in _TABLES)
    for posting in postings:
        _add(posting, rows, key)
    columns: list[Any] = []
    for table, found in zip(_TABLES, rows, strict=True):
        columns += zip(*found, strict=True) if found else ([] for _ in table)
    return [list(column) for column in columns]


def _source(columns: _Columns, first: int) -> str:
    names = ", ".join(name for name, _ in columns)
    arrays = ", ".join(f"${first + place}::{kind}[]" for place, (_, kind) in enumerate(columns))
    return f"unnest({arrays}) as t ({names}) join ok using (account_id)"


def _insert(table: str, columns: _Columns, tail: str = "") -> str:
    names = ", ".join(name for name, _ in columns)
    return f"insert into regulars.{table} as x ({names}) select {names} from {{source}}{tail}"


_update_lots: Final = """update regulars.lot x set remaining = s.remaining, held = s.held, pending = s.pending,
active_at = s.active_at, expires_at = s.expires_at, expires_on = s.expires_on
    from (select t.* from {source}) s where x.account_id = s.account_id and x.activity_id = s.activity_id and x.n =
    s.n"""

_BALANCE_MOVES: Final = """ on conflict (account_id, currency) do update set active = excluded.active, pending =
excluded.pending, held = excluded.held, arrears = excluded.arrears, version = excluded.version, changes =
excluded.changes, next_change_at = excluded.next_change_at, idle_at = excluded.idle_at, last_hash =
excluded.last_hash"""


def _add(posting: Posting, rows: tuple[list[_Row], ...], key: bytes) -> None:
    entries, uses, made, moved, changes, holds, balances = rows
    account_id, program_id = posting.account_id, posting.program_id
    hashes = dict(posting.hashes)
    # A chain of activities may make a lot and use it: only what stands at the end is written.
    births, last_lots, last_holds, placed = set[LotId](), dict[LotId, Lot](), dict[UUID, Hold](), dict[UUID, int]()
    last_balances = dict[str, _Row]()
    for activity_id, movement in posting.movements:
        _chain(posting, activity_id, movement, hashes, entries, changes, key)
        for entry in movement.entries:
            if entry.uses:
                uses.extend(
                    (
                        account_id,
                        program_id,
                        entry.currency,
                        entry.version,
                        use.lot_id.activity_id,
                        use.lot_id.n,
                        use.amount,
                    )
                    for use in entry.uses
                )
            if entry.kind is EntryKind.HOLD and entry.hold_id is not None:
                placed[entry.hold_id] = entry.version
        births |= movement.made
        last_lots.update((lot.lot_id, lot) for lot in movement.lots)
        last_holds.update((hold.hold_id, hold) for hold in movement.holds)
        for one in movement.balances:
            last_balances[one.currency] = (
                account_id, program_id, one.currency, one.active, one.pending, one.held, one.arrears,
                one.version, one.changes, one.next_change_at, one.idle_at,
            )  # fmt: skip
    for lot_id, lot in last_lots.items():
        if lot_id in births:
            made.append(_lot_row(account_id, program_id, lot))
        else:
            moved.append(
                (
                    account_id,
                    lot_id.activity_id,
                    lot_id.n,
                    lot.remaining,
                    lot.held,
                    lot.pending,
                    lot.active_at,
                    lot.expires_at,
                    lot.expires_on,
                )
            )
    for hold_id, hold in last_holds.items():
        holds.append(
            (
                account_id,
                program_id,
                hold_id,
                hold.member_id,
                hold.currency,
                placed.get(hold_id, 0),
                hold.amount,
                hold.captured,
                hold.state.value,
                hold.placed_at,
                hold.expires_at,
            )
        )
    balances.extend((*row, hashes.get(currency, chain.FIRST)) for currency, row in last_balances.items())


def _lot_row(account_id: UUID, program_id: int, lot: Lot) -> _Row:
    return (
        account_id, program_id, lot.lot_id.activity_id, lot.lot_id.n, lot.member_id, lot.currency, lot.granted,
        lot.remaining, lot.held, lot.pending, lot.earned_at, lot.active_at, lot.expires_at, lot.expires_on,
        lot.cancels_at, lot.zone, lot.source_id, lot.line, lot.rule, lot.release, lot.funder, lot.cost_minor,
    )  # fmt: skip


def _chain(
    posting: Posting,
    activity_id: UUID,
    movement: Movement,
    hashes: dict[str, bytes],
    entries: list[_Row],
    changes: list[_Row],
    key: bytes,
) -> None:
    """Links entries and lot changes in the order in which they were made."""
    waiting = list(movement.changes)
    lots = {lot.lot_id: lot for lot in movement.lots if lot.lot_id in movement.made}
    for change in waiting:
        lot = lots.get(change.lot_id)
        if lot is not None:
            # Born and given new dates in one decision: what is linked with the entry are the dates of its birth.
            lots[change.lot_id] = chain.born(lot, [one for one in waiting if one.lot_id == change.lot_id])
    holds = {hold.hold_id: hold for hold in movement.holds}
    for entry in movement.entries:
        if waiting:
            due = [one for one in waiting if one.currency == entry.currency and one.version < entry.version]
            _link_changes(posting, activity_id, due, hashes, changes, key)
            waiting = [one for one in waiting if one not in due]
        hold = holds.get(entry.hold_id) if entry.kind is EntryKind.HOLD and entry.hold_id is not None else None
        lot = lots.get(LotId(activity_id, entry.n)) if lots else None
        canonical = chain.entry_bytes(posting.account_id, activity_id, posting.posted_at, entry, lot=lot, hold=hold)
        link = chain.link(key, hashes.get(entry.currency, chain.FIRST), canonical)
        hashes[entry.currency] = link
        entries.append(_entry_row(posting, activity_id, entry, link))
    _link_changes(posting, activity_id, waiting, hashes, changes, key)


def _entry_row(posting: Posting, activity_id: UUID, entry: Entry, link: bytes) -> _Row:
    return (
        posting.account_id, posting.program_id, entry.currency, entry.version, activity_id, entry.n, entry.member_id,
        entry.kind, entry.from_, entry.to, entry.amount, posting.posted_at, entry.effective_at, entry.line, entry.rule,
        entry.release, entry.funder, entry.hold_id, link,
    )  # fmt: skip


def _link_changes(
    posting: Posting,
    activity_id: UUID,
    made: Iterable[LotChange],
    hashes: dict[str, bytes],
    changes: list[_Row],
    key: bytes,
) -> None:
    for one in made:
        canonical = chain.change_bytes(posting.account_id, activity_id, posting.posted_at, one)
        link = chain.link(key, hashes.get(one.currency, chain.FIRST), canonical)
        hashes[one.currency] = link
        changes.append(
            (
                posting.account_id,
                posting.program_id,
                one.currency,
                one.seq,
                one.version,
                activity_id,
                one.lot_id.activity_id,
                one.lot_id.n,
                one.old_active_at,
                one.active_at,
                one.old_expires_at,
                one.expires_at,
                one.old_expires_on,
                one.expires_on,
                posting.posted_at,
                link,
            )
        )
