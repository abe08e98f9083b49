"""Whether activities are what was sealed, and whether what they took of what is shared stands beside them: each row of
`counter_use` is signed, and the seal of an activity says how many it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from regulars.activities import sealing, use_rows
from regulars.ledger.contracts import Break

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

PAGE: Final = 20_000
MOST: Final = 100
"""Rows told of one kind; where more break, these are enough to know where."""
UPGRADING: Final = dt.timedelta(days=1)
"""For so long after the first seal a process of the release before may still write without."""
NOBODY: Final = UUID(int=0)
"""The account of what was taken before uses were written down, and of what people settled."""

_SEALS: Final = f"""
select v.activity_id, v.account_id, v.seal, {sealing.DIGEST} as digest, sha256(v.body) as body
from regulars.activity v where v.program_id = $1 and v.activity_id > $2 order by v.activity_id limit $3
"""
_FIRST: Final = "select seal is null as open from regulars.activity where program_id = $1 order by activity_id limit 1"
_FIRST_SEALED: Final = """
select activity_id from regulars.activity where program_id = $1 and seal is not null order by activity_id limit 1
"""
_USES: Final = """
select account_id, activity_id, n, program_id, metric, owner, bucket, item, amount, hash from regulars.counter_use
where program_id = $1 and (account_id, activity_id, n) > ($2, $3, $4) order by account_id, activity_id, n limit $5
"""
_NEW_USES: Final = """
select u.account_id, u.activity_id, u.n, u.program_id, u.metric, u.owner, u.bucket, u.item, u.amount, u.hash
from regulars.activity v join regulars.counter_use u using (account_id, activity_id)
where v.program_id = $1 and v.activity_id >= $2 and v.shares > 0
"""
_COUNTS: Final = """
select v.account_id, v.activity_id, v.shares, coalesce(u.there, 0) as there from regulars.activity v
left join (select account_id, activity_id, count(*) as there from regulars.counter_use where program_id = $1
    group by 1, 2) u using (account_id, activity_id)
where v.program_id = $1 and v.seal is not null and coalesce(v.shares, 0) <> coalesce(u.there, 0)
order by v.activity_id limit $2
"""
_NEW_COUNTS: Final = """
select v.account_id, v.activity_id, v.shares, u.there from regulars.activity v
cross join lateral (select count(*) as there from regulars.counter_use u
    where u.account_id = v.account_id and u.activity_id = v.activity_id) u
where v.program_id = $1 and v.activity_id >= $3 and v.shares > 0 and v.shares <> u.there
order by v.activity_id limit $2
"""
_BEFORE: Final = "select exists (select from regulars.activity where program_id = $1 and seal is null)"
_STRAYS: Final = """
select account_id, activity_id, n, metric from regulars.counter_use u
where program_id = $1 and account_id <> '00000000-0000-0000-0000-000000000000' and not exists (
    select from regulars.activity v where v.account_id = u.account_id and v.activity_id = u.activity_id)
order by activity_id, n limit $2
"""


async def breaks(tx: Transaction, *, program_id: int, key: bytes, first: UUID | None) -> tuple[int, list[Break]]:
    """How many activities were looked at, and what is not as it was signed: with `first` only among activities from
    this id on."""
    count, found = await _seals(tx, program_id, key, first)
    return count, found + await _uses(tx, program_id, key, first)


async def _seals(tx: Transaction, program_id: int, key: bytes, first: UUID | None) -> tuple[int, list[Break]]:
    # One before the first that is wanted: pages go on after the last one seen.
    after, count, found = NOBODY if first is None else UUID(int=max(first.int - 1, 0)), 0, list[Break]()
    upgraded: int | None = None
    while rows := await tx.fetch(_SEALS, program_id, after, PAGE):
        unsealed = list[Any]()
        for row in rows:
            _, _, stored, covered, body = row
            if stored is None:
                unsealed.append(row)
                continue
            whole, said = sealing.is_whole(key, stored, covered, body)
            if not whole:
                found.append(_activity(row, "", "it is not what was sealed: a column of it changed, or its seal"))
            elif not said:
                found.append(_activity(row, "body", "it is not what was sealed"))
        if unsealed and upgraded is None:
            upgraded = await _upgraded(tx, program_id)
        found += [_activity(row, "seal", "its seal is gone") for row in unsealed if _ms(row) > (upgraded or 0)]
        found = found[:MOST]
        after = rows[-1]["activity_id"]
        count += len(rows)
    return count, found


async def _upgraded(tx: Transaction, program_id: int) -> int:
    """Until when, in milliseconds since 1970, an activity may have no seal: of before the first, nothing was sealed; 0
    where the program began with seals."""
    begun = await tx.fetchrow(_FIRST, program_id)
    if begun is None or not begun["open"]:
        return 0
    row = await tx.fetchrow(_FIRST_SEALED, program_id)
    return 2**63 if row is None else _ms(row) + int(UPGRADING.total_seconds() * 1000)


def _ms(row: Any) -> int:
    moment: int = row["activity_id"].int >> 80
    return moment


def _activity(row: Any, column: str, text: str) -> Break:
    key = f"account_id = '{row['account_id']}' and activity_id = '{row['activity_id']}'"
    return Break(invariant="I11", table="activity", key=key, column=column, text=text)


async def _uses(tx: Transaction, program_id: int, key: bytes, first: UUID | None) -> list[Break]:
    found, before = list[Break](), bool(first is None and await tx.fetchval(_BEFORE, program_id))
    if first is None:
        place: tuple[UUID, UUID, int] = (NOBODY, NOBODY, -1)
        while rows := await tx.fetch(_USES, program_id, *place, PAGE):
            found += _forged(rows, key, before=before)
            place = (rows[-1]["account_id"], rows[-1]["activity_id"], rows[-1]["n"])
        counts = await tx.fetch(_COUNTS, program_id, MOST)
        strays = await tx.fetch(_STRAYS, program_id, MOST)
    else:
        found += _forged(await tx.fetch(_NEW_USES, program_id, first), key, before=before)
        counts, strays = await tx.fetch(_NEW_COUNTS, program_id, MOST, first), list[Any]()
    found += [_missing(row) for row in counts]
    found += [_use(row, "it belongs to no activity") for row in strays]
    return found[:MOST]


def _forged(rows: Sequence[Any], key: bytes, *, before: bool) -> Iterator[Break]:
    for row in rows:
        values = dict(row.items())
        signed = values.pop("hash")
        # What was taken before uses were written down was signed by nobody.
        is_opening = before and row["account_id"] == NOBODY and not signed
        if not is_opening and signed != use_rows.signature(key, **values):
            yield _use(row, "it is not what was signed: nobody took so, or it was changed")


def _missing(row: Any) -> Break:
    key = f"account_id = '{row['account_id']}' and activity_id = '{row['activity_id']}'"
    text = "rows of what this activity took of what is shared are missing or too many"
    return Break(
        invariant="I12", table="counter_use", key=key, text=text, stored=str(row["there"]), expected=str(row["shares"])
    )


def _use(row: Any, text: str) -> Break:
    key = f"account_id = '{row['account_id']}' and activity_id = '{row['activity_id']}' and n = {row['n']}"
    return Break(invariant="I12", table="counter_use", key=key, text=f"{text} ({row['metric']})")
