"""The ledger's part of a batch's one statement: its SQL, and the arrays that go with it.

It comes in two: the core (entries, lots made, balances), which every purchase has, and the rest (lot uses, lots that
changed, new dates, holds), which most batches can leave out. Every part joins `ok`, the accounts that the batch may
write. Nothing here decides, and nothing reads: the decision was made under the account's version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.points import Entry, EntryKind, Hold, Lot, LotChange, LotId, LotUse, Movement
from regulars.kit import arrays
from regulars.kit.arrays import Columns
from regulars.ledger import chain, columns
from regulars.ledger.contracts import Posting

_Row = tuple[Any, ...]
_Write = tuple[str, Columns, str]

_LOTS_MOVE: Final = """
    update regulars.lot x set remaining = s.remaining, held = s.held, pending = s.pending, active_at = s.active_at,
        expires_at = s.expires_at, expires_on = s.expires_on
    from (select t.* from {source}) s
    where x.account_id = s.account_id and x.activity_id = s.activity_id and x.n = s.n
"""
# A hold that went along to another account, where its member was refused, comes home and is placed once more.
_HOLD_MOVES: Final = """ on conflict (account_id, hold_id) do update set captured = excluded.captured,
        state = excluded.state, amount = excluded.amount,
        version = case when excluded.version > 0 then excluded.version else x.version end"""
_BALANCE_MOVES: Final = """ on conflict (account_id, currency) do update set active = excluded.active,
        pending = excluded.pending, held = excluded.held, arrears = excluded.arrears, version = excluded.version,
        changes = excluded.changes, next_change_at = excluded.next_change_at, idle_at = excluded.idle_at,
        last_hash = excluded.last_hash"""

_CORE: Final[Sequence[_Write]] = (
    ("points_posted", columns.ENTRY, columns.insert("entry", columns.ENTRY)),
    ("points_granted", columns.LOT, columns.insert("lot", columns.LOT)),
    ("points_balanced", columns.BALANCE, columns.insert("balance", columns.BALANCE, _BALANCE_MOVES)),
)
_REST: Final[Sequence[_Write]] = (
    ("points_used", columns.USE, columns.insert("lot_use", columns.USE)),
    ("points_moved", columns.LOT_NOW, _LOTS_MOVE),
    ("points_redated", columns.CHANGE, columns.insert("lot_change", columns.CHANGE)),
    ("points_held", columns.HOLD, columns.insert("hold", columns.HOLD, _HOLD_MOVES)),
)


def core_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs of the core, and how many parameters they take from `first_parameter` on."""
    return _sql(_CORE, first_parameter)


def rest_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs of the rest, and how many parameters they take from `first_parameter` on."""
    return _sql(_REST, first_parameter)


def has_rest(movement: Movement) -> bool:
    """Whether a movement writes more than the core."""
    return bool(
        movement.changes
        or movement.holds
        or len(movement.lots) > len(movement.made)
        or any(entry.uses for entry in movement.entries)
    )


def core_arguments(postings: Iterable[Posting], *, key: bytes) -> list[Any]:
    """The arrays of the core."""
    entries: list[_Row] = []
    lots: list[_Row] = []
    balances: list[_Row] = []
    for posting in postings:
        _add_core(posting, entries, lots, balances, key)
    return [
        *arrays.of(entries, len(columns.ENTRY)),
        *arrays.of(lots, len(columns.LOT)),
        *arrays.of(balances, len(columns.BALANCE)),
    ]


def rest_arguments(postings: Iterable[Posting], *, key: bytes) -> list[Any]:
    """The arrays of the rest."""
    uses, lots, changes, holds = list[_Row](), list[_Row](), list[_Row](), list[_Row]()
    for posting in postings:
        if any(has_rest(movement) for _, movement in posting.movements):
            _add_uses(posting, uses)
            _add_moved(posting, lots, holds)
            _add_changes(posting, changes, key)
    return [
        *arrays.of(uses, len(columns.USE)),
        *arrays.of(lots, len(columns.LOT_NOW)),
        *arrays.of(changes, len(columns.CHANGE)),
        *arrays.of(holds, len(columns.HOLD)),
    ]


def _sql(writes: Sequence[_Write], first_parameter: int) -> tuple[str, int]:
    place, parts = first_parameter, []
    for name, table, write in writes:
        parts.append(f"{name} as ({write.format(source=columns.source(table, place))})")
        place += len(table)
    return ",\n".join(parts), place - first_parameter


def _add_core(posting: Posting, entries: list[_Row], lots: list[_Row], balances: list[_Row], key: bytes) -> None:
    account_id, program_id = posting.account_id, posting.program_id
    hashes = dict(posting.hashes)
    # A chain of activities may make a lot and use it: only what stands at the end is written.
    births: set[LotId] = set()
    last_lots: dict[LotId, Lot] = {}
    last_balances: dict[str, _Row] = {}
    for activity_id, movement in posting.movements:
        _chain(posting, activity_id, movement, hashes, entries, None, key)
        births |= movement.made
        for lot in movement.lots:
            last_lots[lot.lot_id] = lot
        for one in movement.balances:
            last_balances[one.currency] = (
                account_id, program_id, one.currency, one.active, one.pending, one.held, one.arrears,
                one.version, one.changes, one.next_change_at, one.idle_at,
            )  # fmt: skip
    lots += [_lot_row(account_id, program_id, lot) for lot_id, lot in last_lots.items() if lot_id in births]
    balances += [(*row, hashes.get(currency, chain.FIRST)) for currency, row in last_balances.items()]


def _add_uses(posting: Posting, uses: list[_Row]) -> None:
    for _, movement in posting.movements:
        for entry in movement.entries:
            uses += [_use_row(posting, entry, use) for use in entry.uses]


def _add_moved(posting: Posting, lots: list[_Row], holds: list[_Row]) -> None:
    births, last_lots = set[LotId](), dict[LotId, Lot]()
    last_holds, placed = dict[UUID, Hold](), dict[UUID, int]()
    for _, movement in posting.movements:
        births |= movement.made
        last_lots.update((lot.lot_id, lot) for lot in movement.lots)
        last_holds.update((hold.hold_id, hold) for hold in movement.holds)
        for entry in movement.entries:
            if entry.kind is EntryKind.HOLD and entry.hold_id is not None:
                placed[entry.hold_id] = entry.version
    for lot_id, lot in last_lots.items():
        if lot_id not in births:
            lots.append(_moved_row(posting.account_id, lot))
    for hold_id, hold in last_holds.items():
        holds.append(_hold_row(posting, hold, placed.get(hold_id, 0)))


def _add_changes(posting: Posting, changes: list[_Row], key: bytes) -> None:
    if any(movement.changes for _, movement in posting.movements):
        # Rare, so the links are worked out once more instead of being carried over from the core.
        hashes, entries = dict(posting.hashes), list[_Row]()
        for activity_id, movement in posting.movements:
            _chain(posting, activity_id, movement, hashes, entries, changes, key)


def _chain(
    posting: Posting,
    activity_id: UUID,
    movement: Movement,
    hashes: dict[str, bytes],
    entries: list[_Row],
    changes: list[_Row] | None,
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


def _link_changes(
    posting: Posting,
    activity_id: UUID,
    made: Iterable[LotChange],
    hashes: dict[str, bytes],
    changes: list[_Row] | None,
    key: bytes,
) -> None:
    for one in made:
        canonical = chain.change_bytes(posting.account_id, activity_id, posting.posted_at, one)
        link = chain.link(key, hashes.get(one.currency, chain.FIRST), canonical)
        hashes[one.currency] = link
        if changes is not None:
            changes.append(_change_row(posting, activity_id, one, link))


def _entry_row(posting: Posting, activity_id: UUID, entry: Entry, link: bytes) -> _Row:
    return (
        posting.account_id, posting.program_id, entry.currency, entry.version, activity_id, entry.n, entry.member_id,
        entry.kind, entry.from_, entry.to, entry.amount, posting.posted_at, entry.effective_at, entry.line, entry.rule,
        entry.release, entry.funder, entry.hold_id, link,
    )  # fmt: skip


def _lot_row(account_id: UUID, program_id: int, lot: Lot) -> _Row:
    origin = (None, None) if lot.origin is None else (lot.origin.activity_id, lot.origin.n)
    return (
        account_id, program_id, lot.lot_id.activity_id, lot.lot_id.n, lot.member_id, lot.currency, lot.granted,
        lot.remaining, lot.held, lot.pending, lot.earned_at, lot.active_at, lot.expires_at, lot.expires_on,
        lot.cancels_at, lot.zone, lot.source_id, lot.line, lot.rule, lot.release, lot.funder, lot.cost_minor,
        *origin,
    )  # fmt: skip


def _use_row(posting: Posting, entry: Entry, use: LotUse) -> _Row:
    return (
        posting.account_id, posting.program_id, entry.currency, entry.version, use.lot_id.activity_id, use.lot_id.n,
        use.amount,
    )  # fmt: skip


def _moved_row(account_id: UUID, lot: Lot) -> _Row:
    return (
        account_id, lot.lot_id.activity_id, lot.lot_id.n, lot.remaining, lot.held, lot.pending, lot.active_at,
        lot.expires_at, lot.expires_on,
    )  # fmt: skip


def _hold_row(posting: Posting, hold: Hold, version: int) -> _Row:
    return (
        posting.account_id, posting.program_id, hold.hold_id, hold.member_id, hold.currency, version, hold.amount,
        hold.captured, hold.state.value, hold.placed_at, hold.expires_at,
    )  # fmt: skip


def _change_row(posting: Posting, activity_id: UUID, one: LotChange, link: bytes) -> _Row:
    return (
        posting.account_id, posting.program_id, one.currency, one.seq, one.version, activity_id,
        one.lot_id.activity_id, one.lot_id.n, one.old_active_at, one.active_at, one.old_expires_at, one.expires_at,
        one.old_expires_on, one.expires_on, posting.posted_at, link,
    )  # fmt: skip
