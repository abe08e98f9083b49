"""Whether what is stored of a balance holds together: I1 to I6, the chain, and that no row says more than the entries
do. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from uuid import UUID

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, Hold, HoldState, Lot, LotId
from regulars.ledger import chain
from regulars.ledger.contracts import Break
from regulars.ledger.history import History, Redated
from regulars.ledger.replay import OWN, Replay, by_lot


def audit(history: History, *, key: bytes) -> tuple[list[Break], Replay]:
    """Every broken invariant of one balance, and what its entries add up to."""
    replay = Replay(history.currency)
    found = [*_walk(history, replay, key), *_balance(history, replay), *_lots(history, replay)]
    found += [*_strays(history), *_holds(history)]
    return found, replay


def _broken(history: History, invariant: str, text: str, stored: object = "", expected: object = "") -> Break:
    return Break(
        invariant=invariant,
        account_id=history.account_id,
        currency=history.currency,
        text=text,
        stored=str(stored),
        expected=str(expected),
    )


def _walk(history: History, replay: Replay, key: bytes) -> Iterator[Break]:
    """Entries and lot changes in the order of the chain."""
    changes = by_lot(one.change for one in history.changes)
    births = {lot_id: chain.born(lot, changes.get(lot_id, ())) for lot_id, lot in history.lots.items()}
    holds = {placed.version: placed.hold for placed in history.holds.values()}
    waiting = list(history.changes)
    link = chain.FIRST
    for posted in history.entries:
        entry = posted.entry
        if waiting and waiting[0].change.version < entry.version:
            due = [one for one in waiting if one.change.version < entry.version]
            link = yield from _walk_changes(history, replay, due, link, key)
            waiting = waiting[len(due) :]
        if entry.version != replay.version + 1:
            yield _broken(history, "I2", "a version is missing or doubled", entry.version, replay.version + 1)
        if entry.amount <= 0 or entry.from_ == entry.to:
            yield _broken(history, "I1", f"entry {entry.version} moves nothing", entry.amount)
        lot = births.get(LotId(posted.activity_id, entry.n))
        yield from _traced(history, entry, lot)
        replay.add(entry)
        books = replay.books
        if books["active"] < 0 or books["pending"] < 0 or books["held"] < 0 or books["arrears"] > 0:
            yield _broken(history, "I4", f"a book is below 0 after entry {entry.version}")
        hold = holds.get(entry.version) if holds and entry.kind is EntryKind.HOLD else None
        canonical = chain.entry_bytes(
            history.account_id, posted.activity_id, posted.posted_at, entry, lot=lot, hold=hold
        )
        link = chain.link(key, link, canonical)
        if link != posted.hash:
            yield _broken(history, "I2", f"the chain breaks at entry {entry.version}", posted.hash.hex(), link.hex())
            # From here on the stored chain is followed, so that each changed row is named once.
            link = posted.hash
    link = yield from _walk_changes(history, replay, waiting, link, key)
    if history.balance is not None and link != history.last_hash:
        yield _broken(history, "I2", "the balance does not end its chain", history.last_hash.hex(), link.hex())


def _walk_changes(
    history: History, replay: Replay, due: list[Redated], link: bytes, key: bytes
) -> Generator[Break, None, bytes]:
    for one in due:
        if one.change.seq != replay.changes + 1:
            yield _broken(history, "I2", "a change of dates is missing or doubled", one.change.seq, replay.changes + 1)
        replay.changes = one.change.seq
        canonical = chain.change_bytes(history.account_id, one.activity_id, one.posted_at, one.change)
        link = chain.link(key, link, canonical)
        if link != one.hash:
            yield _broken(history, "I2", f"the chain breaks at change {one.change.seq}", one.hash.hex(), link.hex())
            link = one.hash
    return link


def _traced(history: History, entry: Entry, lot: Lot | None) -> Iterator[Break]:
    """What moves in a member's own books moves in lots."""
    made = lot.granted if lot is not None else 0
    moved = abs(sum(use.amount for use in entry.uses)) + made
    expected = entry.amount if str(entry.from_) in OWN or str(entry.to) in OWN else 0
    if moved != expected:
        yield _broken(history, "I6", f"lots do not add up to entry {entry.version}", moved, expected)
    for use in entry.uses:
        if use.lot_id not in history.lots:
            yield _broken(history, "I6", f"entry {entry.version} uses a lot that is not there", use.lot_id)


def _balance(history: History, replay: Replay) -> Iterator[Break]:
    stored = history.balance
    if stored is None:
        yield _broken(history, "I2", "there are rows, but no balance")
        return
    expected = replay.balance()
    for name in ("active", "pending", "held", "arrears", "version", "changes"):
        if getattr(stored, name) != getattr(expected, name):
            yield _broken(
                history, "I2", f"{name} is not the sum of the entries", getattr(stored, name), getattr(expected, name)
            )
    if stored.arrears > 0 and stored.active > 0:
        yield _broken(history, "I5", "something is owed while something is active", stored.active, 0)
    yield from _parts(history, stored)
    next_change_at = _next_change_at(history, stored)
    if next_change_at is not None and (stored.next_change_at is None or stored.next_change_at > next_change_at):
        yield _broken(history, "I8", "time changes it before it says so", stored.next_change_at, next_change_at)


def _parts(history: History, stored: Balance) -> Iterator[Break]:
    lots = history.lots.values()
    for name, expected, found in (
        ("active, held and pending", stored.active + stored.held + stored.pending, sum(x.remaining for x in lots)),
        ("held", stored.held, sum(lot.held for lot in lots)),
        ("pending", stored.pending, sum(lot.remaining for lot in lots if lot.pending)),
    ):
        if found != expected:
            yield _broken(history, "I3", f"lots do not add up to {name}", found, expected)
    held = sum(placed.hold.amount for placed in history.holds.values() if placed.hold.is_open)
    if held != stored.held:
        yield _broken(history, "I3", "open holds do not add up to held", held, stored.held)


def _next_change_at(history: History, stored: Balance) -> dt.datetime | None:
    moments = [stored.idle_at] if stored.active else []
    for lot in history.lots.values():
        if lot.pending and lot.remaining:
            moments += [lot.active_at, lot.expires_at, lot.cancels_at]
        elif lot.remaining > lot.held:
            moments.append(lot.expires_at)
    moments += [placed.hold.expires_at for placed in history.holds.values() if placed.hold.is_open]
    return min((moment for moment in moments if moment is not None), default=None)


def _lots(history: History, replay: Replay) -> Iterator[Break]:
    makers = {LotId(one.activity_id, one.entry.n): one.entry for one in history.entries if str(one.entry.to) in OWN}
    changes = by_lot(one.change for one in history.changes)
    for lot_id, lot in history.lots.items():
        if not 0 <= lot.held <= lot.remaining <= lot.granted:
            yield _broken(history, "I4", f"held, remaining and granted of {_name(lot)} are out of order", lot.remaining)
        maker = makers.get(lot_id)
        if maker is None:
            yield _broken(history, "I6", f"no entry made {_name(lot)}")
            continue
        own = changes.get(lot_id, [])
        expected = replay.lot(chain.born(lot, own), own, waited=maker.to is Book.PENDING)
        if expected is lot:
            continue
        for field in ("remaining", "held", "pending", "active_at", "expires_at", "expires_on"):
            if getattr(lot, field) != getattr(expected, field):
                invariant = "I3" if field in ("held", "pending") else "I6"
                yield _broken(
                    history,
                    invariant,
                    f"{field} of {_name(lot)} is not what the entries say",
                    getattr(lot, field),
                    getattr(expected, field),
                )


def _name(lot: Lot) -> str:
    return f"lot {lot.lot_id.activity_id}.{lot.lot_id.n}"


def _strays(history: History) -> Iterator[Break]:
    for text in history.unreadable:
        yield _broken(history, "I2", f"unreadable: {text}")
    for version, use in history.stray_uses:
        yield _broken(history, "I6", f"a lot use names entry {version}, which is not there", use.amount)


def _holds(history: History) -> Iterator[Break]:
    placing = {one.entry.hold_id: one.entry for one in history.entries if one.entry.kind is EntryKind.HOLD}
    captured = dict[UUID, int]()
    released = dict[UUID, Entry]()
    for posted in history.entries:
        entry = posted.entry
        if entry.hold_id is not None and entry.kind is EntryKind.CAPTURE:
            captured[entry.hold_id] = captured.get(entry.hold_id, 0) + entry.amount
        elif entry.hold_id is not None and entry.kind is EntryKind.RELEASE:
            released[entry.hold_id] = entry
    for hold_id, placed in history.holds.items():
        hold, placer = placed.hold, placing.get(hold_id)
        if placer is None or (placer.version, placer.amount, placer.member_id) != (
            placed.version,
            hold.amount,
            hold.member_id,
        ):
            yield _broken(history, "I3", f"no entry placed hold {hold_id} as it stands", hold.amount)
            continue
        expected = (captured.get(hold_id, 0), _state(hold, captured.get(hold_id, 0), released.get(hold_id)))
        if (hold.captured, hold.state) != expected:
            yield _broken(
                history,
                "I3",
                f"hold {hold_id} is not in the state that its entries say",
                (hold.captured, hold.state.value),
                (expected[0], expected[1].value),
            )
    for missing in placing.keys() - history.holds.keys():
        yield _broken(history, "I3", f"hold {missing} was placed and is not there")


def _state(hold: Hold, captured: int, release: Entry | None) -> HoldState:
    if captured:
        return HoldState.CAPTURED
    if release is None:
        return HoldState.OPEN
    return HoldState.EXPIRED if release.effective_at >= hold.expires_at else HoldState.VOIDED
