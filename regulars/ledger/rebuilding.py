"""Putting what is only reckoned back to what the entries say, when a person orders it: numbers of the balance, what is
left and held of lots, states of holds. Nothing does this by itself, and no entry, and no hash of one, is ever touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regulars.engine.contracts.points import Book, LotId
from regulars.ledger import chain, history
from regulars.ledger.replay import OWN, Replay, by_lot

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from regulars.engine.contracts.points import Lot
    from regulars.kit.database import Transaction
    from regulars.ledger.history import History

_BALANCE: Final = """
update regulars.balance set active = $4, pending = $5, held = $6, arrears = $7, next_change_at = $8
where program_id = $1 and account_id = $2 and currency = $3
"""
_LOTS: Final = """
update regulars.lot l set remaining = t.remaining, held = t.held, pending = t.pending
from unnest($3::uuid[], $4::int[], $5::bigint[], $6::bigint[], $7::bool[])
    as t (activity_id, n, remaining, held, pending)
where l.program_id = $1 and l.account_id = $2 and l.activity_id = t.activity_id and l.n = t.n
"""


async def rebuild(
    tx: Transaction, program_id: int, account_id: UUID, currency: str, *, now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Put one balance and its lots back to what its entries say; what changed of the balance, before and after. The
    caller sees to it that no decision was made on what stood there."""
    stored = (await history.read(tx, program_id, history.accounts([account_id])))[account_id, currency]
    replay = Replay(currency)
    for posted in stored.entries:
        replay.add(posted.entry)
    should = replay.balance()
    await tx.execute(
        _BALANCE, program_id, account_id, currency, should.active, should.pending, should.held, should.arrears, now
    )
    lots = _lots(stored, replay)
    columns = [
        [lot.lot_id.activity_id for lot in lots],
        [lot.lot_id.n for lot in lots],
        [lot.remaining for lot in lots],
        [lot.held for lot in lots],
        [lot.pending for lot in lots],
    ]
    await tx.execute(_LOTS, program_id, account_id, *columns)
    was = stored.balance
    names = ("active", "pending", "held", "arrears")
    return {name: (getattr(was, name, 0), getattr(should, name)) for name in names}


def _lots(stored: History, replay: Replay) -> list[Lot]:
    makers = {LotId(one.activity_id, one.entry.n): one.entry for one in stored.entries if str(one.entry.to) in OWN}
    changes = by_lot(one.change for one in stored.changes)
    return [
        replay.lot(
            chain.born(lot, changes.get(lot_id, ())), changes.get(lot_id, ()), waited=makers[lot_id].to is Book.PENDING
        )
        for lot_id, lot in stored.lots.items()
        if lot_id in makers
    ]
