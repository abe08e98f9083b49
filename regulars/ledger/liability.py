"""What is owed in points, by currency and funder: what remains of each lot at its own cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.ledger.lots_at import LOTS_AT, LOTS_NOW

if TYPE_CHECKING:
    import datetime as dt

    from regulars.kit.database import Transaction

_OWED: Final = """
select currency, funder, count(distinct account_id)::int as accounts, sum(owed)::bigint as points,
    coalesce(sum(owed) filter (where state = 'pending'), 0)::bigint as pending, sum(owed_cost)::bigint as cost
from ({lots}) lots where owed > 0 group by 1, 2 order by 1, 2
"""
_LIABILITY: Final = _OWED.format(lots=LOTS_NOW)
_LIABILITY_AT: Final = _OWED.format(lots=LOTS_AT)


class Liability(msgspec.Struct, frozen=True, kw_only=True):
    """`points` (smallest units, `pending` of them still waiting) of `accounts`, which cost their `funder` so many minor
    units."""

    currency: str
    funder: str
    accounts: int
    points: int
    pending: int
    cost: int


async def liability(
    tx: Transaction, *, program_id: int, now: dt.datetime, as_of: dt.datetime | None = None
) -> list[Liability]:
    """By currency and funder, as of now or of a moment that is complete; what has ended is no debt, also where nobody
    wrote it down yet."""
    rows = await tx.fetch(_LIABILITY if as_of is None else _LIABILITY_AT, program_id, as_of or now)
    return [Liability(**dict(row.items())) for row in rows]
