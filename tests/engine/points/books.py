"""A small account book for tests: it hands the movements of one purse to the next, as the ledger would, and checks I3 to I6 after each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.engine.contracts.points import Balance, Entry, EntryKind, Hold, Lot, LotId, Movement
from regulars.engine.points.purse import Purse
from regulars.engine.points.schedule import Schedule
from regulars.program.contracts.definitions import Currency, Expiry

CHISINAU = ZoneInfo("Europe/Chisinau")
MEMBER = UUID(int=7)
FOR_EVER = Expiry(never=True)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0, zone: ZoneInfo = CHISINAU) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(dt.UTC)


class Book:
    """One account: what is stored, and every entry in order."""

    def __init__(self, *currencies: Currency, zone: ZoneInfo = CHISINAU) -> None:
        self.policies = {one.name: one for one in currencies}
        self.zone = zone
        self.balances: dict[str, Balance] = {}
        self.lots: dict[LotId, Lot] = {}
        self.holds: dict[UUID, Hold] = {}
        self.schedules: dict[str, Schedule] = {}
        self.entries: list[tuple[UUID, Entry]] = []
        self.activities = 0

    def purse(
        self, now: dt.datetime, *, occurred_at: dt.datetime | None = None, loaded: bool = True, everything: bool = True
    ) -> Purse:
        self.activities += 1
        lots = [lot for lot in self.lots.values() if everything or lot.remaining]
        return Purse(
            self.policies,
            balances=self.balances.values(),
            lots=lots if loaded else None,
            holds=self.holds.values() if loaded else (),
            activity_id=UUID(int=self.activities),
            member_id=MEMBER,
            release=1,
            zone=self.zone,
            now=now,
            occurred_at=occurred_at,
            schedules=self.schedules,
        )

    def store(self, purse: Purse) -> Movement:
        movement = purse.result()
        for entry in movement.entries:
            before = self.balances.get(entry.currency, Balance(currency=entry.currency)).version
            done = sum(1 for _, one in self.entries if one.currency == entry.currency)
            assert entry.version == done + 1, "versions run 1 to n"
            assert entry.version > before
            self.entries.append((purse.activity_id, entry))
        for lot in movement.lots:
            assert (lot.lot_id in self.lots) != (lot.lot_id in movement.made)
            self.lots[lot.lot_id] = lot
        self.holds |= {hold.hold_id: hold for hold in movement.holds}
        self.balances |= {balance.currency: balance for balance in movement.balances}
        self.schedules = {currency: purse.schedule(currency) for currency in self.policies}
        for currency in self.policies:
            self.check(currency)
        return movement

    @contextmanager
    def at(self, now: dt.datetime, *, occurred_at: dt.datetime | None = None, loaded: bool = True) -> Iterator[Purse]:
        purse = self.purse(now, occurred_at=occurred_at, loaded=loaded)
        yield purse
        self.store(purse)

    def balance(self, currency: str) -> tuple[int, int, int, int]:
        """Active, pending, held, arrears."""
        one = self.balances.get(currency, Balance(currency=currency))
        return one.active, one.pending, one.held, one.arrears

    def kinds(self, currency: str, *, last: int) -> list[tuple[str, int]]:
        entries = [entry for _, entry in self.entries if entry.currency == currency]
        return [(entry.kind.value, entry.amount) for entry in entries[-last:]]

    def open_lots(self, currency: str) -> list[tuple[int, dt.date | None]]:
        lots = [lot for lot in self.lots.values() if lot.currency == currency and lot.remaining]
        return [(lot.remaining, lot.expires_on) for lot in sorted(lots, key=lambda lot: lot.lot_id)]

    def check(self, currency: str) -> None:
        """I2 to I6 for what is stored."""
        balance = self.balances.get(currency, Balance(currency=currency))
        lots = [lot for lot in self.lots.values() if lot.currency == currency]
        sums = dict.fromkeys(("active", "pending", "held", "arrears"), 0)
        for _, entry in self.entries:
            if entry.currency == currency:
                assert entry.amount > 0
                assert entry.from_ != entry.to
                for book, sign in ((entry.from_.value, -1), (entry.to.value, 1)):
                    if book in sums:
                        sums[book] += sign * entry.amount
        assert (sums["active"], sums["pending"], sums["held"], -sums["arrears"]) == self.balance(currency), "I2"
        assert sum(lot.remaining for lot in lots) == balance.active + balance.pending + balance.held, "I3"
        assert sum(lot.remaining for lot in lots if lot.pending) == balance.pending, "I3"
        held = sum(hold.amount for hold in self.holds.values() if hold.is_open and hold.currency == currency)
        assert sum(lot.held for lot in lots) == balance.held == held, "I3"
        for lot in lots:
            assert 0 <= lot.held <= lot.remaining <= lot.granted, "I4"
        assert min(balance.active, balance.pending, balance.held, balance.arrears) >= 0, "I4"
        assert balance.arrears == 0 or balance.active == 0, "I5"
        self._check_uses(currency, lots)

    def _check_uses(self, currency: str, lots: list[Lot]) -> None:
        left = {lot.lot_id: lot.granted for lot in lots}
        for _, entry in self.entries:
            if entry.currency != currency or not entry.uses:
                continue
            assert abs(sum(use.amount for use in entry.uses)) == entry.amount, "I6"
            if entry.kind not in (EntryKind.ACTIVATE, EntryKind.HOLD, EntryKind.RELEASE):
                for use in entry.uses:
                    left[use.lot_id] -= use.amount
        assert left == {lot.lot_id: lot.remaining for lot in lots}, "I6"
