"""Numbers of what is shared and runs out, held against what they are made of (I12): what is used of a budget, a stock,
a code or a prize is the sum of its uses, and what was supplied is what the audit log says last."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import msgspec

from regulars.activities.cleaning import DAYS_KEPT
from regulars.engine import service as engine
from regulars.ledger.contracts import Break

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from regulars.kit.database import Transaction

MOST: Final = 100
STOCK: Final = "stock:"
SUPPLY: Final = "stock.supply"
"""How the audit log calls the act by which stock is supplied."""

# A number of the whole program has several rows: `program/3`. Rows of periods long gone were deleted; their uses stay.
_OWNER: Final = "case when owner ~ '^program/[0-7]$' then 'program' else owner end"
_TRACED: Final = "(strpos(metric, ':') > 0 and item = '' or metric like 'draws.%')"
WHICH: Final = ("metric", "owner", "bucket", "item")
"""What names a number."""
_WHICH: Final = ", ".join(WHICH)
_DIFFER: Final = f"""
with used as (
    select {_WHICH}, sum(amount)::bigint as amount from regulars.counter_use
    where program_id = $1 {{touched}} group by {_WHICH}
), counted as (
    select metric, {_OWNER} as owner, bucket, item, sum(value)::bigint as value from regulars.counter
    where program_id = $1 and {_TRACED} {{touched}} group by metric, 2, bucket, item
)
select {_WHICH}, amount, value from used full join counted using ({_WHICH})
where coalesce(amount, 0) <> coalesce(value, 0) and (value is not null or bucket >= $2)
order by {_WHICH} limit {MOST}
"""
# `ever` sorts behind every day.
_TOUCHED: Final = """
select distinct u.metric from regulars.activity v join regulars.counter_use u using (account_id, activity_id)
where v.program_id = $1 and v.activity_id >= $2 and v.shares > 0
"""
_SUPPLIED: Final = """
select metric, sum(value)::bigint as value from regulars.counter
where program_id = $1 and item = $2 and metric like 'stock:%' group by 1
"""
_SAID: Final = """
select distinct on (target) target, new from regulars.audit where program_id = $1 and action = $2
order by target, position desc
"""


class _Supplied(msgspec.Struct):
    supplied: int


async def breaks(tx: Transaction, *, program_id: int, now: dt.datetime, first: UUID | None) -> list[Break]:
    """Numbers that are not what they are made of; with `first` only those that activities from this id on took of."""
    gone = _gone(now)
    if first is None:
        rows: Sequence[Any] = await differing(tx, program_id=program_id, now=now)
    else:
        metrics = [row["metric"] for row in await tx.fetch(_TOUCHED, program_id, first)]
        sql = _DIFFER.format(touched="and metric = any($3::text[])")
        rows = await tx.fetch(sql, program_id, gone, metrics) if metrics else ()
    return [_differs(row) for row in rows] + await _supplies(tx, program_id)


async def differing(tx: Transaction, *, program_id: int, now: dt.datetime) -> Sequence[Any]:
    """Numbers that are not the sum of their uses: `metric`, `owner`, `bucket`, `item`, `value` of the counter and
    `amount` of the uses (None: there are none)."""
    rows: Sequence[Any] = await tx.fetch(_DIFFER.format(touched=""), program_id, _gone(now))
    return rows


def _gone(now: dt.datetime) -> str:
    return f"{now - dt.timedelta(days=DAYS_KEPT):%Y-%m-%d}"


def _differs(row: Any) -> Break:
    key = " and ".join(f"{name} = '{row[name]}'" for name in WHICH)
    text = "it is not the sum of its uses: it was changed, or rows of counter_use were"
    said, should = row["value"], row["amount"]
    return Break(
        invariant="I12",
        table="counter",
        key=key,
        column="value",
        text=text,
        stored=_shown(said),
        expected=str(should or 0),
    )


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


async def _supplies(tx: Transaction, program_id: int) -> list[Break]:
    there = {row["metric"]: row["value"] for row in await tx.fetch(_SUPPLIED, program_id, engine.QUOTA_SUPPLIED)}
    said = {
        f"{STOCK}{row['target']}": msgspec.json.decode(row["new"], type=_Supplied).supplied
        for row in await tx.fetch(_SAID, program_id, SUPPLY)
    }
    return [
        Break(
            invariant="I12",
            table="counter",
            key=f"metric = '{metric}' and item = '{engine.QUOTA_SUPPLIED}'",
            column="value",
            text="it is not the supply that the audit log has last",
            stored=str(there.get(metric, 0)),
            expected=str(said.get(metric, 0)),
        )
        for metric in sorted(there.keys() | said.keys())
        if there.get(metric, 0) != said.get(metric, 0)
    ][:MOST]
