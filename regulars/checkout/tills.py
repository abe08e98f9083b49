"""Tills that may work without a connection: registered, shown, revoked; and the numbers that each told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.checkout import signing
from regulars.checkout.till_bodies import TillIn, TillOut
from regulars.kit import ids
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound

GAPS_MAX: Final = 100

_COLUMNS: Final = "till_id, name, store, public_key, floor, whole_through, created_at, revoked_at"

# Only beyond the number up to which nothing is missing: a till of ten years has told a million.
_GAPS: Final = """
select number + 1 as first, next - 1 as last from (
    select number, lead(number) over (order by number) as next from (
        select $3::bigint as number
        union all
        select number from regulars.till_activity where program_id = $1 and till_id = $2 and number > $3
    ) told
) pairs where next > number + 1 order by first limit $4
"""
_TROUBLE: Final = """
select outcome, count(*) as count from regulars.till_activity
where program_id = $1 and till_id = $2 and outcome in ('refused', 'faulty') group by outcome
"""
_TELL: Final = """
insert into regulars.till_activity
    (program_id, till_id, number, digest, outcome, activity_id, code, received_at)
select $1, $2, n, d, o, a, c, $3
from unnest($4::bigint[], $5::bytea[], $6::text[], $7::uuid[], $8::text[]) as t (n, d, o, a, c) order by n
on conflict (program_id, till_id, number) do update set digest = excluded.digest, outcome = excluded.outcome,
    activity_id = excluded.activity_id, code = excluded.code
    where till_activity.outcome in ('faulty', 'waiting')
returning number, xmax = 0 as is_new
"""


class Till(msgspec.Struct, frozen=True, kw_only=True):
    """A registered till; `floor` in minor units."""

    till_id: UUID
    name: str
    store: str
    public_key: bytes
    floor: int
    whole_through: int
    created_at: dt.datetime
    revoked_at: dt.datetime | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one number; `digest` is that of what was signed."""

    number: int
    digest: bytes
    outcome: str
    activity_id: UUID | None = None
    code: str | None = None


async def add(
    tx: Transaction, wanted: TillIn, *, program_id: int, till_id: UUID, secret: bytes, now: dt.datetime
) -> tuple[str, Till]:
    """A new till and its private key, which is kept nowhere."""
    private, public = signing.pair(secret)
    await tx.execute(
        """insert into regulars.till (program_id, till_id, name, store, public_key, floor, whole_through, created_at)
        values ($1, $2, $3, $4, $5, $6, 0, $7)""",
        program_id,
        till_id,
        wanted.name,
        wanted.store,
        public,
        wanted.floor,
        now,
    )
    return private, await named(tx, program_id=program_id, till_id=till_id)


async def named(tx: Transaction, *, program_id: int, till_id: UUID) -> Till:
    """One till. Raises NotFound."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from regulars.till where program_id = $1 and till_id = $2", program_id, till_id
    )
    if row is None:
        raise NotFound(kind="till", id=ids.to_wire("til", till_id))
    return _till(row)


async def listed(tx: Transaction, *, program_id: int) -> list[Till]:
    """All tills of a program, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from regulars.till where program_id = $1 order by created_at desc, till_id desc", program_id
    )
    return [_till(row) for row in rows]


async def revoke(tx: Transaction, *, program_id: int, till_id: UUID, now: dt.datetime) -> Till:
    """Nothing of this till is taken any more; again changes nothing. Raises NotFound."""
    await tx.execute(
        "update regulars.till set revoked_at = $3 where program_id = $1 and till_id = $2 and revoked_at is null",
        program_id,
        till_id,
        now,
    )
    return await named(tx, program_id=program_id, till_id=till_id)


async def told(tx: Transaction, numbers: Iterable[int], *, program_id: int, till_id: UUID) -> dict[int, Told]:
    """What became of some numbers before."""
    rows = await tx.fetch(
        """select number, digest, outcome, activity_id, code from regulars.till_activity
        where program_id = $1 and till_id = $2 and number = any($3::bigint[])""",
        program_id,
        till_id,
        list(numbers),
    )
    return {row["number"]: Told(**dict(row.items())) for row in rows}


async def tell(
    tx: Transaction, heard: Sequence[Told], *, program_id: int, till_id: UUID, now: dt.datetime
) -> frozenset[int]:
    """Keep what became of some numbers; what was done stays as it was. Says which were never heard of before."""
    columns = [[getattr(one, name) for one in heard] for name in ("number", "digest", "outcome", "activity_id", "code")]
    rows = await tx.fetch(_TELL, program_id, till_id, now, *columns)
    return frozenset(row["number"] for row in rows if row["is_new"])


async def gaps(tx: Transaction, till: Till, *, program_id: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The highest number of a till, and the ranges below it that never came, the first hundred."""
    highest = await tx.fetchval(
        "select max(number) from regulars.till_activity where program_id = $1 and till_id = $2",
        program_id,
        till.till_id,
    )
    rows = await tx.fetch(_GAPS, program_id, till.till_id, till.whole_through, GAPS_MAX)
    return highest or 0, tuple((row["first"], row["last"]) for row in rows)


async def move_on(tx: Transaction, till: Till, *, program_id: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """As `gaps`, and remember up to where nothing is missing, so that nobody looks there again."""
    highest, missing = await gaps(tx, till, program_id=program_id)
    whole = missing[0][0] - 1 if missing else highest
    if whole > till.whole_through:
        await tx.execute(
            """update regulars.till set whole_through = greatest(whole_through, $3)
            where program_id = $1 and till_id = $2""",
            program_id,
            till.till_id,
            whole,
        )
    return highest, missing


async def shown(tx: Transaction, till: Till, *, program_id: int) -> TillOut:
    """A till as its operator sees it."""
    highest, missing = await gaps(tx, till, program_id=program_id)
    rows = await tx.fetch(_TROUBLE, program_id, till.till_id)
    trouble = {row["outcome"]: row["count"] for row in rows}
    return TillOut(
        id=ids.to_wire("til", till.till_id),
        name=till.name,
        store=till.store,
        floor=till.floor,
        created_at=till.created_at,
        revoked_at=till.revoked_at,
        highest=highest,
        missing=missing,
        refused=trouble.get("refused", 0),
        faulty=trouble.get("faulty", 0),
    )


def _till(row: Any) -> Till:
    return Till(**dict(row.items()))
