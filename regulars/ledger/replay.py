"""What a balance's entries add up to: the books, and what is left and held of each lot. Pure.

The checker compares it with what is stored; a statement of the past is it, up to then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, Lot, LotChange, LotId

# Looked up once: millions of entries go through here.
OWN: Final = frozenset(book.value for book in (Book.ACTIVE, Book.PENDING, Book.HELD))
_NOTHING: Final = {book.value: 0 for book in Book}
_ACTIVATE, _CAPTURE = EntryKind.ACTIVATE, EntryKind.CAPTURE
_HOLD, _RELEASE = EntryKind.HOLD, EntryKind.RELEASE


class Replay:
    """The sums of a balance's entries so far."""

    __slots__ = ("began", "books", "changes", "currency", "held", "taken", "version")

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.version = 0
        self.changes = 0
        self.books = _NOTHING.copy()
        self.taken: dict[LotId, int] = {}
        self.held: dict[LotId, int] = {}
        self.began: set[LotId] = set()
        """Lots that were activated after they had waited."""

    def add(self, entry: Entry) -> None:
        """Counts one more entry."""
        self.version = entry.version
        self.books[str(entry.from_)] -= entry.amount
        self.books[str(entry.to)] += entry.amount
        for use in entry.uses:
            if entry.kind is _ACTIVATE:
                self.began.add(use.lot_id)
                continue
            pins = entry.kind is _HOLD or entry.kind is _RELEASE
            if not pins:
                self.taken[use.lot_id] = self.taken.get(use.lot_id, 0) + use.amount
            if pins or entry.kind is _CAPTURE:
                pinned = use.amount if pins else -use.amount
                self.held[use.lot_id] = self.held.get(use.lot_id, 0) + pinned

    def balance(self) -> Balance:
        """The balance that the entries make."""
        return Balance(
            currency=self.currency,
            active=self.books["active"],
            pending=self.books["pending"],
            held=self.books["held"],
            arrears=-self.books["arrears"],
            version=self.version,
            changes=self.changes,
        )

    def lot(self, birth: Lot, changes: Iterable[LotChange], *, waited: bool) -> Lot:
        """A lot as the entries leave it; `changes` are those of it so far, `waited` says that it was made pending."""
        remaining = birth.granted - self.taken.get(birth.lot_id, 0)
        held, pending = self.held.get(birth.lot_id, 0), waited and birth.lot_id not in self.began
        if (birth.remaining, birth.held, birth.pending) == (remaining, held, pending):
            now = birth
        else:
            now = replace(birth, remaining=remaining, held=held, pending=pending)
        for change in changes:
            now = replace(now, active_at=change.active_at, expires_at=change.expires_at, expires_on=change.expires_on)
        return now


def by_lot(changes: Iterable[LotChange]) -> dict[LotId, list[LotChange]]:
    """Changes of dates by lot, in their order."""
    found = dict[LotId, list[LotChange]]()
    for change in changes:
        found.setdefault(change.lot_id, []).append(change)
    return found
