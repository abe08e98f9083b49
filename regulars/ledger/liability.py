"""What is owed in points, by currency and funder: what remains of each lot at its own cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.ledger.lots_at import LOTS_AT

if TYPE_CHECKING:
    import datetime as dt

    from regulars.kit.database import Transaction

# Each lot at its own cost, a half rounded up, so that the report is the sum of its lots. Of a lot that has ended only
# what a hold still pins is owed, also before the rest was written down as expired.
_LIABILITY: Final = """
select split_part(currency, '@', 1) as currency, funder, count(distinct account_id)::int as accounts,
    sum(owed)::bigint as points, coalesce(sum(owed) filter (where pending), 0)::bigint as pending,
    sum(round(cost_minor::numeric * owed / granted))::bigint as cost
from regulars.lot cross join lateral (select case when expires_at <= $2 then held else remaining end as owed) o
where program_id = $1 and remaining > 0 and owed > 0
group by 1, 2 order by 1, 2
"""
_LIABILITY_AT: Final = f"""
select currency, funder, count(distinct account_id)::int as accounts, sum(owed)::bigint as points,
    coalesce(sum(owed) filter (where state = 'pending'), 0)::bigint as pending, sum(owed_cost)::bigint as cost
from ({LOTS_AT}) lots where remaining > 0 and state <> 'ended' group by 1, 2 order by 1, 2
"""


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
