"""The hot statements go through indexes on empty, small and large tables: a plan made on small ones kept sequential scans as they grew."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.engine.points import earning, spending
from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.ledger import queries
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Posting
from tests.ledger.shop import KEY, PROGRAM, Shop, account

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
SEED = """
insert into balance (account_id, currency, program_id, active, pending, held, arrears, version, changes, last_hash)
    select lpad(to_hex(g), 32, '0')::uuid, 'points', 1, 3, 0, 0, 0, 3, 0, '' from generate_series(1, {n}) g;
insert into lot (account_id, activity_id, n, program_id, member_id, currency, granted, remaining, held, pending, earned_at, active_at,
        zone, source_id, release, funder, cost_minor)
    select lpad(to_hex(g), 32, '0')::uuid, gen_random_uuid(), 1, 1, gen_random_uuid(), 'points', 1, k % 2, 0, false, now(), now(),
        'Europe/Chisinau', gen_random_uuid(), 1, 'house', 1 from generate_series(1, {n}) g, generate_series(1, 6) k;
insert into entry (account_id, currency, version, program_id, activity_id, n, member_id, kind, from_book, to_book, amount, posted_at,
        effective_at, release, hash)
    select lpad(to_hex(g), 32, '0')::uuid, 'points', k, 1, gen_random_uuid(), 1, gen_random_uuid(), 'earn', 'issued', 'active', 1, now(),
        now(), 1, '' from generate_series(1, {n}) g, generate_series(1, 3) k;
"""


def scans(plan: Any) -> list[tuple[str, str]]:
    here = [(plan["Node Type"], plan["Relation Name"])] if "Relation Name" in plan else []
    return here + [one for part in plan.get("Plans", ()) for one in scans(part)]


async def plan(tx: Transaction, sql: str, *arguments: Any) -> list[tuple[str, str]]:
    rows = await tx.fetch(f"explain (format json) {sql}", *arguments)
    return scans(msgspec.json.decode(rows[0][0])[0]["Plan"])


@pytest.mark.parametrize("accounts", [0, 200, 6_000])
async def test_hot_statements_use_indexes(database: Database, address: Address, accounts: int) -> None:
    if accounts:
        patient = Database(address, role="owner", size=1, pace="patient")
        async with patient as owner, owner.transaction(programs=[PROGRAM]) as tx:
            await tx.connection.execute(SEED.format(n=accounts))
            await tx.connection.execute("analyze balance; analyze lot; analyze entry")
    some = [UUID(int=n) for n in range(1, 101)]
    shop = Shop(database)
    spent = await shop.do(
        account(1), NOW, lambda p: earning.earn(p, "points", 5), lambda p: spending.spend(p, "points", 2)
    )
    posting = Posting(account_id=some[0], program_id=PROGRAM, hashes={}, movements=((some[0], spent),), posted_at=NOW)
    parts, _ = ledger.apply_sql(2)
    apply = f"with ok as materialized (select unnest($1::uuid[]) as account_id),\n{parts} select account_id from ok"
    async with database.transaction(programs=[PROGRAM]) as tx:
        found = await plan(tx, queries._BALANCES, some)
        found += await plan(tx, queries._OPEN_LOTS, some)
        found += await plan(tx, queries._HOLDS, some, [])
        found += [
            scan
            for scan in await plan(tx, apply, some, *ledger.apply_arguments([posting], key=KEY))
            if scan[1] == "lot"
        ]
    walked = [relation for kind, relation in found if kind == "Seq Scan"]
    if accounts == 6_000:
        assert walked == []
    assert {relation for _, relation in found} >= {"balance", "lot"}
