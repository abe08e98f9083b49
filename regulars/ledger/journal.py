"""The day book for the general ledger: what moved from which book to which, by day, currency and funder, in points and
at cost.

Points of a member are what we owe them: what takes from a book is a debit of it, what adds to it a credit. Money
follows the lots: a lot's cost is spread over its life so that what has moved out and what remains always add up to it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

# $1 the program, $2 up to when (not included), $3 from when, $4 the zone of the days. A lot's history is needed from
# its birth: what a part of it costs depends on what is left.
_JOURNAL: Final = """
with moved as (
    select e.posted_at, split_part(e.currency, '@', 1) as currency, e.kind, e.from_book, e.to_book, e.account_id,
        e.version, e.currency as balance, l.funder, l.activity_id, l.n, l.granted, l.cost_minor, l.granted as points,
        l.granted as delta
    from regulars.lot l join regulars.entry e on e.account_id = l.account_id and e.currency = l.currency
        and e.activity_id = l.activity_id and e.n = l.n
    where l.program_id = $1 and e.program_id = $1 and e.posted_at < $2
    union all
    select e.posted_at, split_part(e.currency, '@', 1), e.kind, e.from_book, e.to_book, e.account_id, e.version,
        e.currency, l.funder, l.activity_id, l.n, l.granted, l.cost_minor, abs(u.amount),
        case when e.kind in ('activate', 'hold', 'release') then 0 else -u.amount end
    from regulars.lot_use u join regulars.entry e using (account_id, currency, version)
    join regulars.lot l on l.account_id = u.account_id and l.activity_id = u.lot_activity_id and l.n = u.lot_n
    where u.program_id = $1 and e.program_id = $1 and e.posted_at < $2
), valued as (
    select *, sum(delta) over (partition by account_id, activity_id, n order by version) as remaining from moved
), booked as (
    select posted_at, currency, kind, from_book, to_book, funder, points,
        abs(round(cost_minor::numeric * remaining / granted)
            - round(cost_minor::numeric * (remaining - delta) / granted)) as cost
    from valued
    union all
    -- What a member owes, and what is forgiven, moves in no lots: points alone, until it is repaid.
    select e.posted_at, split_part(e.currency, '@', 1), e.kind, e.from_book, e.to_book, '', e.amount, 0
    from regulars.entry e where e.program_id = $1 and e.posted_at < $2
        and not ('active' in (e.from_book, e.to_book) or 'pending' in (e.from_book, e.to_book)
            or 'held' in (e.from_book, e.to_book))
)
select (posted_at at time zone $4)::date as day, currency, funder, kind, from_book as debit, to_book as credit,
    count(*)::bigint as movements, sum(points)::bigint as points, sum(cost)::bigint as cost
from booked where posted_at >= $3 group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
"""


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """What moved on a day from one book (`debit`) to another (`credit`); `funder` is empty where no lots moved."""

    day: dt.date
    currency: str
    funder: str
    kind: str
    debit: str
    credit: str
    movements: int
    points: int
    cost: int


async def journal(
    tx: Transaction, *, program_id: int, since: dt.datetime, until: dt.datetime, zone: str
) -> list[Booking]:
    """By day of posting in a zone, from a moment on and before another."""
    rows = await tx.fetch(_JOURNAL, program_id, until, since, zone)
    return [Booking(**dict(row.items())) for row in rows]
