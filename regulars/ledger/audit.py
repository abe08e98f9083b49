"""Whether what is stored of a balance holds together: I1 to I7, the chain, and that no row says more than the entries
do. Every fault names its row. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final
from uuid import UUID

from regulars.engine.contracts.points import Entry, EntryKind, Hold, Lot, LotId
from regulars.ledger import chain, suspects
from regulars.ledger.audit_rows import balance_breaks, hold_breaks, lot_breaks, stray_breaks
from regulars.ledger.broken import broken, entry_key, lot_key, use_key
from regulars.ledger.contracts import Break
from regulars.ledger.history import History, Posted, Redated
from regulars.ledger.replay import OWN, Replay, by_lot

# Looking for the value that fits costs thousands of hashes; of a balance rewritten from end to end a few will do.
_SEARCHES: Final = 3


def audit(history: History, *, key: bytes) -> tuple[list[Break], Replay]:
    """Every broken invariant of one balance, the first of the chain first, and what its entries add up to."""
    replay = Replay(history.currency)
    found = list(_Walk(history, replay, key).breaks())
    found += [*lot_breaks(history, replay), *stray_breaks(history), *hold_breaks(history)]
    found += balance_breaks(history, replay)
    return found, replay


class _Walk:
    """Entries and lot changes of one balance in the order of the chain."""

    def __init__(self, history: History, replay: Replay, key: bytes) -> None:
        self.history, self.replay, self.key = history, replay, key
        changes = by_lot(one.change for one in history.changes)
        self.births = {lot_id: chain.born(lot, changes.get(lot_id, ())) for lot_id, lot in history.lots.items()}
        self.holds: dict[UUID | None, Hold] = {hold_id: placed.hold for hold_id, placed in history.holds.items()}
        self.link = chain.FIRST
        self.searched = 0

    def breaks(self) -> Iterator[Break]:
        history, replay = self.history, self.replay
        waiting = list(history.changes)
        for place, posted in enumerate(history.entries):
            entry = posted.entry
            if waiting and waiting[0].change.version < entry.version:
                due = [one for one in waiting if one.change.version < entry.version]
                yield from self._changes(due)
                waiting = waiting[len(due) :]
            if entry.version != replay.version + 1:
                row = entry_key(replay.version + 1)
                text = "an entry is missing or doubled"
                yield broken(history, "I2", "entry", row, text, stored=entry.version, expected=replay.version + 1)
            lot = self.births.get(LotId(posted.activity_id, entry.n))
            yield from self._entry(posted, place, lot, bool(waiting))
        yield from self._changes(waiting)
        if history.balance is not None and self.link != history.last_hash:
            yield broken(
                history, "I2", "balance", "", "it does not end its chain: the end was cut off, or the balance changed",
                column="last_hash", stored=history.last_hash.hex(), expected=self.link.hex(),
            )  # fmt: skip

    def _entry(self, posted: Posted, place: int, lot: Lot | None, changes_wait: bool) -> Iterator[Break]:
        history, entry, books = self.history, posted.entry, self.replay.books
        hold = self.holds.get(entry.hold_id) if self.holds and entry.kind is EntryKind.HOLD else None
        canonical = chain.entry_bytes(
            history.account_id, posted.activity_id, posted.posted_at, entry, lot=lot, hold=hold
        )
        link = chain.link(self.key, self.link, canonical)
        if link != posted.hash:
            yield self._why(posted, place, link, lot, changes_wait)
        self.link = posted.hash
        if entry.amount <= 0 or entry.from_ == entry.to:
            row = entry_key(entry.version)
            yield broken(history, "I1", "entry", row, "it moves nothing", column="amount", stored=entry.amount)
        yield from _traced(history, entry, lot)
        self.replay.add(entry)
        if entry.uses and entry.uses[0].amount < 0 and entry.kind is not EntryKind.RELEASE:
            yield from _given_back(history, self.replay, entry)
        if books["active"] < 0 or books["pending"] < 0 or books["held"] < 0 or books["arrears"] > 0:
            yield broken(history, "I4", "entry", entry_key(entry.version), "a book is below 0 after it")

    def _why(self, posted: Posted, place: int, link: bytes, lot: Lot | None, changes_wait: bool) -> Break:
        """The row and column that the break of a link comes from, if it can be told."""
        history, version = self.history, posted.entry.version
        if not changes_wait and self._next_agrees(place, link):
            return broken(
                history, "I2", "entry", entry_key(version), "its hash was changed",
                column="hash", stored=posted.hash.hex(), expected=link.hex(),
            )  # fmt: skip
        self.searched += 1
        if self.searched <= _SEARCHES:
            hold = self.holds.get(posted.entry.hold_id) if posted.entry.kind is EntryKind.HOLD else None
            found = suspects.culprit(self.history, posted, lot=lot, hold=hold, before=self.link, key=self.key)
            if found is not None:
                return found
        return broken(
            history, "I2", "entry", entry_key(version),
            "the chain breaks here: this entry, the lot that it made, its lot uses or the hold that it placed changed",
            column="hash", stored=posted.hash.hex(), expected=link.hex(),
        )  # fmt: skip

    def _next_agrees(self, place: int, link: bytes) -> bool:
        # What comes after was linked to what stood here: if it fits the hash worked out, the stored one is wrong.
        history = self.history
        if place + 1 == len(history.entries):
            return link == history.last_hash
        after = history.entries[place + 1]
        lot = self.births.get(LotId(after.activity_id, after.entry.n))
        hold = self.holds.get(after.entry.hold_id) if after.entry.kind is EntryKind.HOLD else None
        canonical = chain.entry_bytes(
            history.account_id, after.activity_id, after.posted_at, after.entry, lot=lot, hold=hold
        )
        return chain.link(self.key, link, canonical) == after.hash

    def _changes(self, due: list[Redated]) -> Generator[Break, None, None]:
        history, replay = self.history, self.replay
        for one in due:
            row = f"seq = {one.change.seq}"
            if one.change.seq != replay.changes + 1:
                text, expected = "a change of dates is missing or doubled", replay.changes + 1
                missing = f"seq = {expected}"
                yield broken(history, "I2", "lot_change", missing, text, stored=one.change.seq, expected=expected)
            replay.changes = one.change.seq
            canonical = chain.change_bytes(history.account_id, one.activity_id, one.posted_at, one.change)
            link = chain.link(self.key, self.link, canonical)
            if link != one.hash:
                yield broken(
                    history, "I2", "lot_change", row, "the chain breaks at this change of dates",
                    column="hash", stored=one.hash.hex(), expected=link.hex(),
                )  # fmt: skip
            self.link = one.hash


def _given_back(history: History, replay: Replay, entry: Entry) -> Iterator[Break]:
    """Nothing is given back to a lot that was not taken from it."""
    for use in entry.uses:
        taken = replay.taken.get(use.lot_id, 0)
        if taken < 0:
            yield broken(
                history, "I7", "lot_use", use_key(entry.version, use.lot_id),
                "more was given back to the lot than was taken from it",
                column="amount", stored=use.amount, expected=f"at least {use.amount - taken}",
            )  # fmt: skip


def _traced(history: History, entry: Entry, lot: Lot | None) -> Iterator[Break]:
    """What moves in a member's own books moves in lots."""
    made = lot.granted if lot is not None else 0
    moved = abs(sum(use.amount for use in entry.uses)) + made
    expected = entry.amount if str(entry.from_) in OWN or str(entry.to) in OWN else 0
    row = entry_key(entry.version)
    if moved != expected:
        text = "the lots that it made and used do not add up to it"
        yield broken(history, "I6", "entry", row, text, column="amount", stored=expected, expected=moved)
    for use in entry.uses:
        if use.lot_id not in history.lots:
            yield broken(history, "I6", "lot", lot_key(use.lot_id), f"entry {entry.version} uses it, and it is gone")
