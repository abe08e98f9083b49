"""Points that a till without a connection took: the goods are gone, so what is not there is owed, what ended meanwhile
stands up again for just this, and what a blocked card paid is the house's loss (L60, L69)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, Lot, LotId, LotsNeeded, LotUse
from regulars.engine.points import reversing
from regulars.engine.points.errors import BalanceFrozen, FloorLimitExceeded
from regulars.engine.points.purse import Purse, choose, total


class Given:
    """What one activity of such a till gave for points at the moment `since`: at most `floor` minor units in all.
    `lapsed` is what has expired of each lot (none: not loaded). `house` says that its card was blocked by then;
    `borne` is then, by currency, what the house bears."""

    __slots__ = ("borne", "floor", "house", "lapsed", "since", "taken")

    def __init__(self, *, floor: int, since: dt.datetime, lapsed: Mapping[LotId, int] | None, house: bool) -> None:
        self.floor = floor
        self.since = since
        self.lapsed = lapsed
        self.house = house
        self.taken = 0
        self.borne: dict[str, int] = {}

    def within(self, amount: int) -> None:
        """Note that points paid `amount` minor units. Raises FloorLimitExceeded."""
        self.taken += amount
        if self.taken > self.floor:
            raise FloorLimitExceeded(amount=self.taken, floor=self.floor)

    def spend(self, purse: Purse, currency: str, points: int) -> tuple[LotUse, ...]:
        """Take `points` (> 0) in the order of the day of the sale, and say from which lots; what is missing is owed, or
        written off, as the currency says. Raises BalanceFrozen, LotsNeeded."""
        if self.house:
            purse.post(currency, EntryKind.WRITE_OFF, Book.WRITTEN_OFF, Book.SPENT, points)
            self.borne[currency] = self.borne.get(currency, 0) + points
            return ()
        if purse.standing(currency).frozen:
            raise BalanceFrozen(currency=currency)
        purse.require_lots(currency)
        risen = self._raise_again(purse, currency, points)
        return reversing.charge(purse, currency, points, first=risen)

    def _raise_again(self, purse: Purse, currency: str, points: int) -> tuple[LotUse, ...]:
        """Reinstate of what ended since the sale as much as would have paid on its day; says how much of which lots."""
        if self.lapsed is None:
            raise LotsNeeded(lapsed=True)
        lapsed = {lot_id: amount for lot_id, amount in self.lapsed.items() if amount > 0}
        named = [lot for lot in purse.named(tuple(lapsed)) if lot.lot_id in lapsed and lot.currency == currency]
        ended = {lot.lot_id: lot for lot in named if self._ended(lot, purse)}
        if not ended:
            return ()
        # As they stood on that day: what has ended may be spent like what lives.
        then = [replace(lot, remaining=lapsed[lot_id], held=0) for lot_id, lot in ended.items()]
        there = sorted([*then, *purse.free_lots(currency)], key=purse.order(currency, at_store=True))
        uses = tuple(use for use in choose(there, points) if use.lot_id in ended)
        if uses:
            back = tuple(LotUse(use.lot_id, -use.amount) for use in uses)
            purse.post(currency, EntryKind.REINSTATE, Book.EXPIRED, Book.ACTIVE, total(uses), uses=back)
            purse.take(back)
        return uses

    def _ended(self, lot: Lot, purse: Purse) -> bool:
        """Whether it could be spent at the moment of the sale and can no more."""
        if lot.active_at is None or lot.expires_at is None:
            return False
        return max(lot.active_at, lot.earned_at) <= self.since < lot.expires_at <= purse.now
