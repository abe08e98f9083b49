"""Points that are money, paid out to a bank account, and those of payments that failed. A unit is worth its own
money: a release with anything else is refused."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.engine.contracts.points import Book, EntryKind, LotUse
from regulars.engine.points.purse import Purse, total
from regulars.engine.points.spending import debit, refund


def pay_out(purse: Purse, currency: str, points: int, *, rule: str) -> tuple[LotUse, ...]:
    """Takes `points` (> 0) in spend order and says from which lots. Raises InsufficientPoints, BalanceFrozen,
    LotsNeeded."""
    return debit(purse, currency, points, kind=EntryKind.PAY_OUT, to=Book.SPENT, rule=rule)


def come_back(purse: Purse, currency: str, uses: Sequence[LotUse]) -> int:
    """Gives all of a failed payment back to its lots, or as grace lots where they are dead; returns how many points.
    Raises LotsNeeded."""
    points: int = total(uses)
    refund(purse, currency, points, uses=uses, kind=EntryKind.PAY_OUT)
    return points
