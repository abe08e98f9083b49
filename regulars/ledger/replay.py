"""What a balance's entries add up to: the books, and what is left and held of each lot. Pure.

The checker compares it with what is stored; a statement of the past is it, up to then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, Lot, LotChange, LotId

OWN: Final = (Book.ACTIVE, Book.PENDING, Book.HELD)
_PINS: Final = (EntryKind.HOLD, EntryKind.RELEASE)


class Replay:
    """The sums of a balance's entries so far."""

    __slots__ = ("began", "books", "changes", "currency", "held", "taken", "version")

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.version = 0
        self.changes = 0
        self.books = dict.fromkeys(Book, 0)
        self.taken: dict[LotId, int] = {}
        self.held: dict[LotId, int] = {}
        self.began: set[LotId] = set()
        """Lots that were activated after they had waited."""

    def add(self, entry: Entry) -> None:
        """Counts one more entry."""
        self.version = entry.version
        self.books[entry.from_] -= entry.amount
        self.books[entry.to] += entry.amount
        for use in entry.uses:
            if entry.kind is EntryKind.ACTIVATE:
                self.began.add(use.lot_id)
                continue
            if entry.kind not in _PINS:
                self.taken[use.lot_id] = self.taken.get(use.lot_id, 0) + use.amount
            if entry.kind in _PINS or entry.kind is EntryKind.CAPTURE:
                pinned = -use.amount if entry.kind is EntryKind.CAPTURE else use.amount
                self.held[use.lot_id] = self.held.get(use.lot_id, 0) + pinned

    def balance(self) -> Balance:
        """The balance that the entries make."""
        return Balance(
            currency=self.currency,
            active=self.books[Book.ACTIVE],
            pending=self.books[Book.PENDING],
            held=self.books[Book.HELD],
            arrears=-self.books[Book.ARREARS],
            version=self.version,
            changes=self.changes,
        )

    def lot(self, birth: Lot, changes: Iterable[LotChange], *, waited: bool) -> Lot:
        """A lot as the entries leave it; `changes` are those of it so far, `waited` says that it was made pending."""
        now = replace(
            birth,
            remaining=birth.granted - self.taken.get(birth.lot_id, 0),
            held=self.held.get(birth.lot_id, 0),
            pending=waited and birth.lot_id not in self.began,
        )
        for change in changes:
            now = replace(now, active_at=change.active_at, expires_at=change.expires_at, expires_on=change.expires_on)
        return now


def by_lot(changes: Iterable[LotChange]) -> dict[LotId, list[LotChange]]:
    """Changes of dates by lot, in their order."""
    found = dict[LotId, list[LotChange]]()
    for change in changes:
        found.setdefault(change.lot_id, []).append(change)
    return found


def totals(replays: Mapping[str, Replay]) -> dict[str, dict[str, int]]:
    """The books of several currencies by name."""
    return {currency: {book.value: amount for book, amount in one.books.items()} for currency, one in replays.items()}
