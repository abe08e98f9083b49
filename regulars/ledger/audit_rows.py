"""The rows beside the entries held against them: the balance, lots, holds, and what belongs to nothing. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, Hold, HoldState, LotId
from regulars.ledger import chain
from regulars.ledger.broken import broken, hold_key, lot_key, use_key
from regulars.ledger.contracts import Break
from regulars.ledger.history import History, Placed
from regulars.ledger.replay import OWN, Replay, by_lot


def balance_breaks(history: History, replay: Replay) -> Iterator[Break]:
    """The balance is the sum of its entries (I2), of its lots (I3), nobody owes and has (I5), and it says when time
    changes it (I8)."""
    stored = history.balance
    if stored is None:
        yield broken(history, "I2", "balance", "", "there are rows of it, but it is not there")
        return
    expected = replay.balance()
    for name in ("active", "pending", "held", "arrears", "version", "changes"):
        said, should = getattr(stored, name), getattr(expected, name)
        if said != should:
            text = "it is not the sum of the entries"
            yield broken(history, "I2", "balance", "", text, column=name, stored=said, expected=should)
    if stored.arrears > 0 and stored.active > 0:
        text = "something is owed while something is active"
        yield broken(history, "I5", "balance", "", text, column="active", stored=stored.active, expected=0)
    yield from _parts(history, stored)
    moment = _next_change_at(history, stored)
    if moment is not None and (stored.next_change_at is None or stored.next_change_at > moment):
        yield broken(
            history, "I8", "balance", "", "time changes it before it says so",
            column="next_change_at", stored=stored.next_change_at or "", expected=moment,
        )  # fmt: skip


def _parts(history: History, stored: Balance) -> Iterator[Break]:
    lots = history.lots.values()
    for name, said, found in (
        ("active", stored.active + stored.held + stored.pending, sum(x.remaining for x in lots)),
        ("held", stored.held, sum(lot.held for lot in lots)),
        ("pending", stored.pending, sum(lot.remaining for lot in lots if lot.pending)),
    ):
        if found != said:
            what = "active, held and pending" if name == "active" else name
            text = f"its lots do not add up to {what}"
            yield broken(history, "I3", "balance", "", text, column=name, stored=said, expected=found)
    held = sum(placed.hold.amount for placed in history.holds.values() if placed.hold.is_open)
    if held != stored.held:
        text = "open holds do not add up to it"
        yield broken(history, "I3", "balance", "", text, column="held", stored=stored.held, expected=held)


def _next_change_at(history: History, stored: Balance) -> dt.datetime | None:
    moments = [stored.idle_at] if stored.active else []
    for lot in history.lots.values():
        if lot.pending and lot.remaining:
            moments += [lot.active_at, lot.expires_at, lot.cancels_at]
        elif lot.remaining > lot.held:
            moments.append(lot.expires_at)
    moments += [placed.hold.expires_at for placed in history.holds.values() if placed.hold.is_open]
    return min((moment for moment in moments if moment is not None), default=None)


def lot_breaks(history: History, replay: Replay) -> Iterator[Break]:
    """Each lot is what its entry made of it, less what was taken (I4, I6), with the dates that its changes say."""
    makers = {LotId(one.activity_id, one.entry.n): one.entry for one in history.entries if str(one.entry.to) in OWN}
    changes = by_lot(one.change for one in history.changes)
    for lot_id, lot in history.lots.items():
        row = lot_key(lot_id)
        if not 0 <= lot.held <= lot.remaining <= lot.granted:
            text = "held, remaining and granted are out of order"
            yield broken(history, "I4", "lot", row, text, column="remaining", stored=lot.remaining)
        maker = makers.get(lot_id)
        if maker is None:
            yield broken(history, "I6", "lot", row, "no entry made it")
            continue
        own = changes.get(lot_id, [])
        expected = replay.lot(chain.born(lot, own), own, waited=maker.to is Book.PENDING)
        if expected is lot:
            continue
        for field in ("remaining", "held", "pending", "active_at", "expires_at", "expires_on"):
            said, should = getattr(lot, field), getattr(expected, field)
            if said != should:
                invariant = "I3" if field in ("held", "pending") else "I6"
                text = "it is not what the entries say"
                yield broken(history, invariant, "lot", row, text, column=field, stored=said, expected=should)


def stray_breaks(history: History) -> Iterator[Break]:
    """Rows that could not be read, and uses of entries that are not there."""
    for table, row, text in history.unreadable:
        yield broken(history, "I2", table, row, text)
    for version, use in history.stray_uses:
        text = f"it names entry {version}, which is not there"
        yield broken(history, "I6", "lot_use", use_key(version, use.lot_id), text, column="amount", stored=use.amount)


def hold_breaks(history: History) -> Iterator[Break]:
    """Each hold was placed by an entry and is in the state that its captures and releases say (I3)."""
    placing = {one.entry.hold_id: one.entry for one in history.entries if one.entry.kind is EntryKind.HOLD}
    captured = dict[UUID, int]()
    released = dict[UUID, Entry]()
    for posted in history.entries:
        entry = posted.entry
        if entry.hold_id is not None and entry.kind is EntryKind.HOLD:
            # Away and home again it is placed anew; what became of it before that was told elsewhere.
            captured.pop(entry.hold_id, None)
            released.pop(entry.hold_id, None)
        elif entry.hold_id is not None and entry.kind is EntryKind.CAPTURE:
            captured[entry.hold_id] = captured.get(entry.hold_id, 0) + entry.amount
        elif entry.hold_id is not None and entry.kind is EntryKind.RELEASE:
            released[entry.hold_id] = entry
    for hold_id, placed in history.holds.items():
        yield from _hold(history, placed, placing.get(hold_id), captured.get(hold_id, 0), released.get(hold_id))
    for missing in placing.keys() - history.holds.keys():
        if missing is not None:
            yield broken(history, "I3", "hold", hold_key(missing), "it was placed, and is gone")


def _hold(
    history: History, placed: Placed, placer: Entry | None, captured: int, release: Entry | None
) -> Iterator[Break]:
    hold, row = placed.hold, hold_key(placed.hold.hold_id)
    if placer is None:
        yield broken(history, "I3", "hold", row, "no entry placed it")
        return
    expected = {
        "version": (placed.version, placer.version),
        "amount": (hold.amount, placer.amount),
        "member_id": (hold.member_id, placer.member_id),
        "captured": (hold.captured, captured),
        "state": (hold.state.value, _state(hold, captured, release).value),
    }
    for column, (said, should) in expected.items():
        if said != should:
            text = "it is not what its entries say"
            yield broken(history, "I3", "hold", row, text, column=column, stored=said, expected=should)


def _state(hold: Hold, captured: int, release: Entry | None) -> HoldState:
    if captured:
        return HoldState.CAPTURED
    if release is None:
        return HoldState.OPEN
    return HoldState.EXPIRED if release.effective_at >= hold.expires_at else HoldState.VOIDED
