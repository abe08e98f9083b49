"""I1 to I7, I10 and I13 of an account that lives in memory, from everything that was ever written for it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, LotId
from tests.engine.town import Account, Town

MINE = (Book.ACTIVE, Book.PENDING, Book.HELD, Book.ARREARS)
_ASIDE = (EntryKind.ACTIVATE, EntryKind.HOLD, EntryKind.RELEASE)


def entries(account: Account) -> list[tuple[UUID, Entry]]:
    """All entries of an account, in order, with what wrote them."""
    return [(one, entry) for one, (_, decision, _) in account.done.items() for entry in decision.movement.entries]


def stored(account: Account) -> tuple[Any, ...]:
    """All that is kept of an account."""
    return account.state, dict(account.balances), dict(account.lots), dict(account.holds), len(account.done)


def check(account: Account) -> None:
    """I1 to I7 of what is stored now."""
    written = entries(account)
    for currency, balance in account.balances.items():
        _check(account, currency, balance, [pair for pair in written if pair[1].currency == currency])


def _check(account: Account, currency: str, balance: Balance, written: list[tuple[UUID, Entry]]) -> None:
    assert [entry.version for _, entry in written] == list(range(1, len(written) + 1)), "I2"
    sums: dict[Book, int] = defaultdict(int)
    for _, entry in written:
        assert entry.amount > 0, "I1"
        assert entry.from_ is not entry.to, "I1"
        sums[entry.from_] -= entry.amount
        sums[entry.to] += entry.amount
    assert sum(sums.values()) == 0, "I1"
    assert [sums[book] for book in MINE] == [balance.active, balance.pending, balance.held, -balance.arrears], "I2"
    lots = [lot for lot in account.lots.values() if lot.currency == currency]
    held = sum(hold.amount for hold in account.holds.values() if hold.is_open and hold.currency == currency)
    assert sum(lot.remaining for lot in lots) == balance.active + balance.held + balance.pending, "I3"
    assert sum(lot.held for lot in lots) == balance.held == held, "I3"
    assert all(0 <= lot.held <= lot.remaining <= lot.granted for lot in lots), "I4"
    assert min(balance.active, balance.pending, balance.held, balance.arrears) >= 0, "I4"
    assert balance.arrears == 0 or balance.active == 0, "I5"
    left = {lot.lot_id: lot.granted for lot in lots}
    for _, entry in written:
        used = sum(use.amount for use in entry.uses)
        if entry.from_ in MINE[:3]:
            assert abs(used) == entry.amount, "I6"
        if entry.kind not in _ASIDE:
            for use in entry.uses:
                left[use.lot_id] -= use.amount
    assert left == {lot.lot_id: lot.remaining for lot in lots}, "I6"
    _given_back(written)


def _given_back(written: list[tuple[UUID, Entry]]) -> None:
    """I7 by lots: nothing is given back to a lot that was not taken from it."""
    taken: dict[LotId, int] = defaultdict(int)
    for _, entry in written:
        if entry.kind not in _ASIDE:
            for use in entry.uses:
                taken[use.lot_id] += use.amount
                assert taken[use.lot_id] >= 0, "I7"


def transit(town: Town) -> int:
    """What has left one account and not come to another."""
    return sum(
        entry.amount * ((entry.to is Book.TRANSIT) - (entry.from_ is Book.TRANSIT))
        for account in town.accounts.values()
        for _, entry in entries(account)
    )
