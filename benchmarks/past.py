"""V10 and R16: what was there at a moment, a page of a statement, and the check of the ledger, in a table of many
entries.

The history of some members is imported, and checked as it is. Then it is copied under other accounts by SQL, chains and
all, until the table is as large as wanted: those copies are read, and never checked, since a chain is signed with its
account.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from typing import Any, Final
from uuid import UUID

from benchmarks import bare, house, importing
from benchmarks.house import House
from regulars.cli import checking
from regulars.kit import edge, server
from regulars.kit.database import Database
from regulars.ledger import service as ledger

EACH: Final = 60
"""Activities of a member."""
READS: Final = 400
PAGE: Final = 50
AT_A_TIME: Final = 20
"""Copies a statement."""
SETTLED_S: Final = 16.0
"""The past is told of moments that no running transaction can still write to."""
_TABLES: Final = ("balance", "lot", "entry", "lot_use")
_COPY: Final = """
insert into regulars.{table} ({columns})
select md5(account_id::text || copy)::uuid, {others} from regulars.{table}, generate_series($1::int, $2::int) as copy
where account_id = any($3::uuid[])
"""


def measure(*, entries: int, checked: int) -> dict[str, float]:
    """Seconds to check a million entries, reckoned from `checked` of them; p99 of both reads among so many entries."""
    with house.fresh() as home:
        importing.take_in(home, run="past", members=max(checked // EACH, 1), each=EACH)
        settled = time.monotonic() + SETTLED_S
        found = asyncio.run(_checked(home))
        there = asyncio.run(filled(home, entries))
        time.sleep(max(settled - time.monotonic(), 0))
        return found | {"past_entries": there} | asyncio.run(_read(home))


async def _checked(home: House) -> dict[str, float]:
    async with Database(server.locate(home.settings), size=2, pace="patient") as database:
        found = {}
        for name, processes in (("one", 1), ("two", 2)):
            began = time.perf_counter()
            report = await checking.ledger(database, home.settings, program_id=home.program_id, processes=processes)
            took = time.perf_counter() - began
            assert not report.breaks, report.breaks[:3]
            found[f"check_1000000_s_{name}"] = round(took * 1_000_000 / report.entries, 1)
        return found | {"check_entries": report.entries}


async def filled(home: House, entries: int) -> int:
    """Copy what is there under other accounts until there are so many entries; how many there are."""
    connection: Any = await bare.connect(home)
    accounts = [row["account_id"] for row in await connection.fetch("select distinct account_id from regulars.balance")]
    own = int(await connection.fetchval("select count(*) from regulars.entry"))
    copies = max(entries // own - 1, 0)
    for first in range(1, copies + 1, AT_A_TIME):
        for table in _TABLES:
            names = [
                row["column_name"]
                for row in await connection.fetch(
                    "select column_name from information_schema.columns"
                    " where table_schema = 'regulars' and table_name = $1 order by ordinal_position",
                    table,
                )
            ]
            others = ", ".join(name for name in names if name != "account_id")
            copy = _COPY.format(table=table, columns=f"account_id, {others}", others=others)
            await connection.execute(copy, first, min(first + AT_A_TIME - 1, copies), accounts)
    for table in _TABLES:
        await connection.execute(f"vacuum analyze regulars.{table}")
    there = int(await connection.fetchval("select count(*) from regulars.entry"))
    await connection.close()
    return there


async def _read(home: House) -> dict[str, float]:
    connection: Any = await bare.connect(home)
    rows = await connection.fetch("select account_id from regulars.balance tablesample bernoulli (20) limit 20000")
    await connection.close()
    draw = random.Random(1)
    accounts: list[UUID] = [row["account_id"] for row in rows]
    now = edge.now()
    pages, moments = [], []
    # As a server process does once it is up: one collection over all that was imported would be the slowest read.
    gc.collect()
    gc.freeze()
    async with Database(server.locate(home.settings), size=2) as database:
        for number in range(READS + 20):
            account_id, program_id = draw.choice(accounts), home.program_id
            began = time.perf_counter()
            async with database.read(programs=[program_id]) as tx:
                shown = await ledger.statement(tx, program_id=program_id, account_id=account_id, now=now, limit=PAGE)
            pages += [time.perf_counter() - began] if number >= 20 else []
            assert shown.entries.items
            # Half of the history lies before it.
            at = shown.entries.items[len(shown.entries.items) // 2].posted_at
            began = time.perf_counter()
            async with database.read(programs=[program_id]) as tx:
                await ledger.balances_at(tx, program_id=program_id, account_id=account_id, at=at, now=edge.now())
            moments += [time.perf_counter() - began] if number >= 20 else []
    return {
        "statement_page_p99_ms": _p99_ms(pages),
        "statement_page_p50_ms": round(statistics.median(pages) * 1000, 2),
        "balance_at_p99_ms": _p99_ms(moments),
        "balance_at_p50_ms": round(statistics.median(moments) * 1000, 2),
    }


def _p99_ms(waits: list[float]) -> float:
    return round(statistics.quantiles(waits, n=100)[98] * 1000, 2)
