"""I1 to I7, I9, I10 and I13 of accounts that live in memory, from everything that was ever written for them."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.points import Balance, Book, Entry, EntryKind, LotId
from regulars.kit.money import round_ratio
from tests.engine.town import Account, Town

MINE = (Book.ACTIVE, Book.PENDING, Book.HELD, Book.ARREARS)
_NONE: AbstractSet[EntryKind] = frozenset()
_ASIDE = (EntryKind.ACTIVATE, EntryKind.HOLD, EntryKind.RELEASE)


def entries(account: Account) -> list[tuple[UUID, Entry]]:
    """All entries of an account, in order, with what wrote them."""
    return [(one, entry) for one, (_, decision, _) in account.done.items() for entry in decision.movement.entries]


_STORED = ("state", "clock", "metric_day", "review_at", "balances", "lots", "holds", "lapsed", "days", "counters")


def stored(account: Account) -> list[Any]:
    """All that is kept of an account between its activities, and how many there were."""
    return [copy.copy(getattr(account, name)) for name in _STORED] + [len(account.done)]


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


def check_sale(town: Town, sale_id: UUID) -> None:
    """I7 of a sale, in whatever account something came back of it: taken back is between nothing and what it earned,
    given back never more than was paid, in points by line and in money."""
    done = [(one, *account.done[one]) for account in town.accounts.values() for one in account.done]
    [(sale, sold)] = [(activity, decision) for one, activity, decision, _ in done if one == sale_id]
    returns = [(activity, decision) for _, activity, decision, _ in done if activity.speaks_of == sale_id]
    earned, paid = ({kind} for kind in (EntryKind.EARN, EntryKind.SPEND))
    back = sum(_net(one, Book.ISSUED, besides=earned if activity.lines else set()) for activity, one in returns)
    assert 0 <= back <= -_net(sold, Book.ISSUED, only=earned), "I7"
    refunded = -sum(_net(one, Book.SPENT, besides=paid if activity.lines else set()) for activity, one in returns)
    assert 0 <= refunded <= _net(sold, Book.SPENT, only=paid), "I7"
    assert 0 <= sum(one.returned for _, one in returns) <= sale.total, "I7"
    left = {(line.no, line.currency): line.points for line in sold.paid if line.points > 0}
    before = dict(left)
    for activity, one in returns:
        for line in one.paid:
            if not activity.lines or line.points < 0:
                left[line.no, line.currency] += line.points
    assert all(0 <= points <= before[place] for place, points in left.items()), "I7"


def _net(
    decision: Decision,
    book: Book,
    *,
    only: AbstractSet[EntryKind] | None = None,
    besides: AbstractSet[EntryKind] = _NONE,
) -> int:
    """What went into a book of the house less what came out of it, by some kinds of entries or by all but some: of
    goods for goods the new ones are a sale of their own."""
    return sum(
        entry.amount * ((entry.to is book) - (entry.from_ is book))
        for entry in decision.movement.entries
        if entry.kind not in besides and (only is None or entry.kind in only)
    )


UNIT_COST = {("points", "house"): (4, 5), ("points", "brand"): (1, 1)}
"""Minor units of money for one, as the program of the model says."""


def check_funders(account: Account) -> None:
    """I9: each lot is of the funder that its entry names, so that those of a funder come to the same in both; and it
    costs what its funder pays for one, as often as it was granted."""
    for lot_id, lot in account.lots.items():
        _, decision, _ = account.done[lot_id.activity_id]
        [made] = [entry for entry in decision.movement.entries if entry.n == lot_id.n]
        assert made.funder == lot.funder, "I9"
        if made.kind in (EntryKind.EARN, EntryKind.ADJUST):
            n, d = UNIT_COST[lot.currency, lot.funder]
            assert lot.cost_minor == round_ratio(lot.granted * n, d, "half_up"), "I9"


def check_transit(town: Town) -> None:
    """I10: whatever has left one account has come to another."""
    under_way = sum(
        entry.amount * ((entry.to is Book.TRANSIT) - (entry.from_ is Book.TRANSIT))
        for account in town.accounts.values()
        for _, entry in entries(account)
    )
    assert under_way == 0, "I10"
