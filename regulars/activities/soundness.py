"""What holds beyond points (I10 to I14): activities, answers, events and what is shared, held against each other.

Each law is one statement that finds the rows which break it; with `since` only among activities of that time.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.engine import service as engine
from regulars.kit import ids

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

_MOST: Final = 100
"""Rows told of one law; where more break, these are enough to know where."""


class Law(msgspec.Struct, frozen=True):
    """A law, what its breach means, and the rows that breach it: `row` as SQL would find it, `says` and `should`."""

    invariant: str
    table: str
    text: str
    sql: str


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A row that breaks a law."""

    invariant: str
    table: str
    key: str
    text: str
    stored: str
    expected: str


# $1 the program, $2 the first activity id and $3 the first moment of the time looked at.
LAWS: Final = (
    Law(
        "I11",
        "entry",
        "it names an activity that is not there",
        """select 'account_id = ''' || e.account_id || ''' and activity_id = ''' || e.activity_id || '''' as row,
            e.activity_id::text as says, '' as should
        from regulars.entry e where e.program_id = $1 and e.posted_at >= $3 and not exists (
            select from regulars.activity a where a.activity_id = e.activity_id and a.account_id = e.account_id
                and a.program_id = e.program_id)""",
    ),
    Law(
        "I11",
        "event",
        "an activity that moved points has no event row",
        """select 'id = ''' || e.activity_id || '''' as row, '' as says, e.activity_id::text as should
        from (select distinct account_id, activity_id from regulars.entry
            where program_id = $1 and posted_at >= $3) e
        where not exists (
            select from regulars.event v where v.account_id = e.account_id and v.id = e.activity_id)""",
    ),
    Law(
        "I11",
        "account",
        "an activity of it is newer than the account itself",
        """select 'account_id = ''' || a.account_id || '''' as row, a.version::text as says, n.version::text as should
        from regulars.account a join (
            select account_id, max(version) as version from regulars.activity
            where program_id = $1 group by 1) n using (account_id)
        where a.program_id = $1 and $2 = '00000000-0000-0000-0000-000000000000'::uuid
            and n.version > a.version""",
    ),
    Law(
        "I11",
        "event",
        "the activity that it tells of is not there",
        """select 'id = ''' || v.id || '''' as row, v.id::text as says, '' as should
        from regulars.event v where v.program_id = $1 and v.id >= $2 and v.types like '%.recorded%' and not exists (
            select from regulars.activity a where a.account_id = v.account_id and a.activity_id = v.id)
            -- Where it moved points, its entries tell.
            and not exists (select from regulars.entry e where e.account_id = v.account_id and e.activity_id = v.id)""",
    ),
    Law(
        "I13",
        "answer",
        "it is a refusal, and yet something was written",
        """select 'activity_id = ''' || w.activity_id || '''' as row, w.status::text as says, '200' as should
        from regulars.answer w where w.program_id = $1 and w.activity_id >= $2 and w.status >= 400 and (
            exists (select from regulars.activity a where a.activity_id = w.activity_id
                and a.account_id = w.account_id)
            or exists (select from regulars.entry e where e.account_id = w.account_id
                and e.activity_id = w.activity_id))""",
    ),
    Law(
        "I14",
        "entry",
        "it was posted to a member who had been merged into another",
        """select 'account_id = ''' || e.account_id || ''' and currency = ''' || e.currency || ''' and version = '
            || e.version as row, e.posted_at::text as says, 'before ' || m.moved_at as should
        from regulars.moved m join regulars.entry e on e.account_id = m.member_id
        where m.program_id = $1 and m.into_id is not null and e.posted_at >= $3
            and e.posted_at > m.moved_at + interval '15 s' and e.kind <> 'merge'""",
    ),
)
# So that each law may leave out what it does not ask about.
_TAKES: Final = "with asked as (select $1::int as program_id, $2::uuid as first, $3::timestamptz as moment)"
_OVERDRAWN: Final = """
select metric, owner, bucket, sum(value) filter (where item = $2)::bigint as supplied,
    coalesce(sum(value) filter (where item = $3), 0)::bigint as used
from regulars.counter where program_id = $1 and item in ($2, $3)
group by 1, 2, 3 having sum(value) filter (where item = $3) > sum(value) filter (where item = $2)
order by 1, 2, 3 limit $4
"""
_UNDER_WAY: Final = "select exists (select from regulars.move where program_id = $1 and arrived_at is null)"


async def breaches(
    tx: Transaction, *, program_id: int, since: dt.datetime | None, transit: dict[str, int] | None = None
) -> list[Breach]:
    """Rows that break a law, at most a hundred of each. `transit` is what the whole ledger has there, by currency."""
    moment = dt.datetime.min.replace(tzinfo=dt.UTC) if since is None else since
    first = UUID(int=0) if since is None else ids.first_of(int(since.timestamp() * 1000))
    found = list[Breach]()
    for law in LAWS:
        for row in await tx.fetch(f"{_TAKES} {law.sql} order by 1 limit {_MOST}", program_id, first, moment):
            found.append(
                Breach(
                    invariant=law.invariant,
                    table=law.table,
                    key=row["row"],
                    text=law.text,
                    stored=row["says"] or "",
                    expected=row["should"] or "",
                )
            )
    found += await _overdrawn(tx, program_id)
    return found + await _stranded(tx, program_id, transit or {})


async def _overdrawn(tx: Transaction, program_id: int) -> list[Breach]:
    rows = await tx.fetch(_OVERDRAWN, program_id, engine.QUOTA_SUPPLIED, engine.QUOTA_USED, _MOST)
    return [
        Breach(
            invariant="I12",
            table="counter",
            key=f"metric = '{row['metric']}' and owner = '{row['owner']}' and bucket = '{row['bucket']}'",
            text="more of it is used than there is",
            stored=str(row["used"]),
            expected=f"0 to {row['supplied']}",
        )
        for row in rows
    ]


async def _stranded(tx: Transaction, program_id: int, transit: dict[str, int]) -> list[Breach]:
    stranded = {currency: points for currency, points in transit.items() if points}
    if not stranded or await tx.fetchval(_UNDER_WAY, program_id):
        return []
    return [
        Breach(
            invariant="I10",
            table="move",
            key=f"currency '{currency}'",
            text="points are in transit, and nothing is under way",
            stored=str(points),
            expected="0",
        )
        for currency, points in sorted(stranded.items())
    ]
