"""Nobody gets back more than they gave, and nobody loses more than they got (I7): a sale, with everything that speaks
of it, held against itself.

Entries say what each activity sent to a book of the house and took out of it; activities say of which sale they speak.
So what a sale paid, less what came back of it, is never below 0, and what was taken back of what it earned is never
more than that. What comes back without speaking of a sale (an order that was cancelled, a fee) is held against all that
its account ever paid.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.ledger.contracts import Break
from regulars.program import service as program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.kit.database import Transaction

MOST: Final = 100

# $1 the program, $2 the accounts to look at (none: all). The first of all that an activity speaks of stands for it: a
# return of what was exchanged for what was returned is of the first sale.
_CHAINS: Final = """
with recursive back as materialized (
    select activity_id, reverses from regulars.activity
    where program_id = $1 and reverses is not null and ($2::uuid[] is null or account_id = any($2))
), up as (
    select activity_id, reverses as root from back
    union select up.activity_id, back.reverses from up join back on back.activity_id = up.root
), chain as materialized (
    select activity_id, root from up where not exists (select from back where back.activity_id = up.root)
), known as materialized (
    select activity_id, root from chain union select root, root from chain
)
"""
_REFUNDED: Final = f"""{_CHAINS}, paid as (
    select k.root, e.account_id, split_part(e.currency, '@', 1) as currency,
        sum(case when e.to_book = 'spent' then e.amount else -e.amount end)::bigint as points
    from regulars.entry e left join known k using (activity_id)
    where e.program_id = $1 and 'spent' in (e.from_book, e.to_book) and ($2::uuid[] is null or e.account_id = any($2))
    group by 1, 2, 3
)
select root, null::uuid as account_id, currency, sum(points)::bigint as points from paid
where root is not null group by root, currency having sum(points) < 0
union all
select null, account_id, currency, sum(points)::bigint from paid group by account_id, currency having sum(points) < 0
    -- What was paid in an account that its member has left may come back in the next one.
    and not exists (select from regulars.move m where m.program_id = $1 and m.to_account_id = paid.account_id)
order by currency, root, account_id limit {MOST}
"""
# Only what was taken under the name of a rule that gave something in this very sale: a bonus of a closed month, taken
# back with a return, was given elsewhere.
_TAKEN: Final = f"""{_CHAINS}, moved as (
    select k.root, split_part(e.currency, '@', 1) as currency, coalesce(e.rule, '') as rule,
        coalesce(sum(e.amount) filter (where e.from_book = 'issued' and e.kind in ('earn', 'buy')), 0) as gave,
        coalesce(sum(e.amount) filter (where e.from_book = 'issued' and e.kind = 'reinstate'), 0) as again,
        coalesce(sum(e.amount) filter (where e.to_book = 'issued' and e.kind <> 'cancel'), 0) as took
    from regulars.entry e join known k using (activity_id)
    where e.program_id = $1 and 'issued' in (e.from_book, e.to_book) and ($2::uuid[] is null or e.account_id = any($2))
    group by 1, 2, 3
), summed as (
    select root, currency, (sum(gave) + sum(again))::bigint as gave,
        coalesce(sum(took) filter (where gave > 0), 0)::bigint as took
    from moved group by 1, 2
)
select root, currency, gave, took from summed where took > gave order by currency, root limit {MOST}
"""
_FRESH: Final = """
select distinct e.account_id from regulars.entry e
where e.program_id = $1 and e.posted_at >= $2
    and (e.from_book = 'spent' or (e.to_book = 'issued' and e.kind <> 'cancel'))
"""
# Where all that they speak of was recorded: a member may have moved between a sale and its return.
_ACCOUNTS: Final = """
with recursive there as (
    select t.account_id from unnest($2::uuid[]) as t (account_id)
    union select s.account_id from there join regulars.activity r on r.account_id = there.account_id
        and r.reverses is not null and r.program_id = $1
    join regulars.activity s on s.activity_id = r.reverses and s.program_id = $1
)
select account_id from there
"""
_ENTRIES: Final = f"""{_CHAINS}
select e.account_id, e.currency, e.version, e.amount, e.to_book, e.posted_at from regulars.entry e
left join known k using (activity_id)
where e.program_id = $1 and 'spent' in (e.from_book, e.to_book) and split_part(e.currency, '@', 1) = $3
    and ($2::uuid[] is null or e.account_id = any($2))
    and (k.root = $4 or e.account_id = $5)
order by e.posted_at, e.version
"""


async def breaks(tx: Transaction, *, program_id: int, since: dt.datetime | None) -> list[Break]:
    """Sales of which more came back than was there; with `since` only of accounts to which something came back from
    then on."""
    if since is None:
        return await _breaks(tx, program_id, None)
    return await _of(tx, program_id, [row["account_id"] for row in await tx.fetch(_FRESH, program_id, since)])


async def of_balance(tx: Transaction, *, program_id: int, account_id: UUID, currency: str) -> list[Break]:
    """Those of one balance."""
    found = await _of(tx, program_id, [account_id])
    return [one for one in found if (one.account_id, one.currency) == (account_id, currency)]


async def _of(tx: Transaction, program_id: int, fresh: Sequence[UUID]) -> list[Break]:
    rows = await tx.fetch(_ACCOUNTS, program_id, fresh) if fresh else ()
    return await _breaks(tx, program_id, [row["account_id"] for row in rows]) if rows else []


async def _breaks(tx: Transaction, program_id: int, accounts: Sequence[UUID] | None) -> list[Break]:
    found = [await _refunded(tx, program_id, accounts, row) for row in await tx.fetch(_REFUNDED, program_id, accounts)]
    rows = await tx.fetch(_TAKEN, program_id, accounts)
    carried = await _carried(tx, program_id) if rows else frozenset[str]()
    # With a carry the bound is the rule's running total, not the one sale (L49).
    return found + [_taken(row) for row in rows if row["currency"] not in carried]


async def _refunded(tx: Transaction, program_id: int, accounts: Sequence[UUID] | None, row: Any) -> Break:
    """The entry by which more had come back than was paid."""
    left, paid, wrong = 0, 0, None
    for entry in await tx.fetch(_ENTRIES, program_id, accounts, row["currency"], row["root"], row["account_id"]):
        left += entry["amount"] if entry["to_book"] == "spent" else -entry["amount"]
        paid += entry["amount"] if entry["to_book"] == "spent" else 0
        if left < 0 and wrong is None:
            wrong = entry
    if wrong is None:
        raise RuntimeError(f"{row['root']} is below 0, and none of its entries is")
    of = "ever paid" if row["root"] is None else f"paid for {row['root']}"
    return Break(
        invariant="I7",
        table="entry",
        key=f"version = {wrong['version']}",
        text=f"with it more came back than was {of}",
        stored=str(paid - row["points"]),
        expected=f"at most {paid}",
        account_id=wrong["account_id"],
        currency=wrong["currency"],
    )


def _taken(row: Any) -> Break:
    return Break(
        invariant="I7",
        table="entry",
        key=f"activity_id = '{row['root']}'",
        text=f"returns of it took back more {row['currency']} than it gave",
        stored=str(row["took"]),
        expected=f"at most {row['gave']}",
    )


async def _carried(tx: Transaction, program_id: int) -> frozenset[str]:
    """Currencies of which some effect of some release keeps the rest for next time."""
    found = set[str]()
    for number, _ in await program.calendar(tx, program_id=program_id):
        release = await program.release(tx, program_id=program_id, number=number)
        found |= _carries(msgspec.to_builtins(release.program))
    return frozenset(found)


def _carries(part: Any) -> set[str]:
    if isinstance(part, list | tuple):
        return set[str]().union(*map(_carries, part))
    if not isinstance(part, dict):
        return set()
    found = {str(part["give"])} if part.get("carry") and "give" in part else set[str]()
    return found.union(*map(_carries, part.values()))
