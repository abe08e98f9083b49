"""The bare posting bound: insert an entry and update a balance, 5,000 by `unnest`, and one row with its commit."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from typing import Any, Final

import asyncpg

from benchmarks.house import House
from regulars.kit import server

ACCOUNTS: Final = 100_000
BATCH: Final = 5_000
_TABLES: Final = """
drop schema if exists bare cascade;
create schema bare;
create table bare.balance (account bigint primary key, amount bigint not null, version bigint not null)
    with (fillfactor = 70);
create table bare.entry (account bigint, version bigint, amount bigint not null, at timestamptz not null default now(),
    primary key (account, version));
insert into bare.balance select n, 0, 0 from generate_series(1, {accounts}) n;
"""
_POST: Final = """
with input as (select * from unnest($1::bigint[], $2::bigint[]) as t (account, amount)),
moved as (
    update bare.balance b set amount = b.amount + i.amount, version = b.version + 1 from input i
    where b.account = i.account returning b.account, b.version, i.amount)
insert into bare.entry (account, version, amount) select account, version, amount from moved
"""


async def connect(house: House) -> Any:
    return await asyncpg.connect(**_arguments(house), server_settings={"plan_cache_mode": "force_custom_plan"})


def _arguments(house: House) -> dict[str, Any]:
    where = server.locate(house.settings)
    user, password = where.login("admin")
    return {"host": where.host, "port": where.port, "database": where.database, "user": user, "password": password}


def prepare(house: House) -> None:
    """Make its tables, beside those of Regulars."""

    async def work() -> None:
        connection = await connect(house)
        await connection.execute(_TABLES.format(accounts=ACCOUNTS))
        await connection.close()

    asyncio.run(work())


def per_s(house: House, *, batches: int = 20) -> float:
    """Postings a second on one connection in batches of 5,000, durable."""

    async def work() -> float:
        connection = await connect(house)
        draw = random.Random(1)
        picks = [sorted(draw.sample(range(1, ACCOUNTS + 1), BATCH)) for _ in range(batches)]
        began = time.perf_counter()
        for accounts in picks:
            await connection.execute(_POST, accounts, [7] * BATCH)
        took = time.perf_counter() - began
        assert await connection.fetchval("select sum(amount) from bare.balance") == await connection.fetchval(
            "select sum(amount) from bare.entry"
        )
        await connection.close()
        return batches * BATCH / took

    return asyncio.run(work())


def commit_ms(house: House, *, count: int = 200) -> float:
    """The median time of one posting alone with its commit."""

    async def work() -> float:
        connection = await connect(house)
        waits = []
        for number in range(count):
            began = time.perf_counter()
            await connection.execute(_POST, [number % ACCOUNTS + 1], [1])
            waits.append(time.perf_counter() - began)
        await connection.close()
        return statistics.median(waits) * 1000

    return asyncio.run(work())
