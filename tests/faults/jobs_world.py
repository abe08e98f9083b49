"""A month later in a small shop: everything that time does at once, done by jobs that are killed (TRUST.md R13)."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import psycopg

from regulars import assembly
from regulars.activities import service as activities
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import ProfileChange
from regulars.kit import outbox
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.worker import service as worker
from tests.activities.conftest import SHOP, open_shop
from tests.activities.test_filling import publish

WORDS = "{en: A, ru: А, ro: A}"
BEFORE = (
    SHOP.replace("expiry: 12 months", "expiry: 30 days, round_up: day, pending: 3 days")
    .replace(
        "activities:\n",
        f"attributes:\n  birth_date: {{title: {WORDS}, type: date, wakes: true, purpose: service}}\nactivities:\n",
        1,
    )
    .replace(
        "rules:\n",
        f"""segments:
  often: {{title: {WORDS}, if: "member.metrics.purchases >= 2"}}
rules:
  born: {{title: {WORDS}, trigger: {{date: member.attributes.birth_date, every: year}}, effects: [{{give: points, amount: "7"}}]}}
  thanks: {{title: {WORDS}, trigger: {{run: "2026-12-24T09:00", audience: often}}, effects: [{{give: points, amount: "50"}}]}}
""",
    )
)
AFTER = BEFORE.replace(
    "segments:\n",
    f"""  spend: {{sum: "basket.total", where: "type == 'purchase'"}}
segments:
  big: {{title: {WORDS}, if: "member.metrics.spend >= 40.00"}}
""",
)
LATER = dt.datetime(2026, 12, 24, 7, 0, tzinfo=dt.UTC)
"""Nine in the morning in Chisinau, 33 days on: what was earned came and went, and the run is due."""
_GONE = (RegularsError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ExceptionGroup)

Job = Callable[[Runtime], Awaitable[object]]


async def lived(address: Address, home: Path, members: int) -> None:
    """Members who bought, each twice or once, and have a birthday within the month; then a release with a new metric."""
    async with Database(address, size=4) as database, open_shop(database, home, BEFORE) as shop:
        for number in range(members):
            phone = f"+373691{number:05d}"
            born = ProfileChange(attributes={"birth_date": f"1990-12-{1 + number % 20:02d}"})
            await shop.submit(shop.intake("profile", phone=phone, profile=born))
            for _ in range(1 + number % 2):
                await shop.buy(1000 + number, 2000, phone=phone)
        await publish(shop, AFTER)


async def _sweep(runtime: Runtime) -> None:
    while await activities.sweep(runtime, now=LATER, limit=20) >= 20:
        pass


async def _run(runtime: Runtime) -> None:
    while await activities.run(runtime, now=LATER):
        pass


async def _prepare(runtime: Runtime) -> None:
    await activities.prepare(runtime, now=LATER)


async def _moves(runtime: Runtime) -> None:
    await activities.finish_moves(runtime, now=LATER)


async def _clean(runtime: Runtime) -> None:
    async with runtime.database.transaction(programs=[1]) as tx:
        await activities.clean(tx, now=LATER + dt.timedelta(days=400), days=30)


async def _relay(runtime: Runtime) -> None:
    async with Database(runtime.database.address, role="relay", size=1) as relaying:
        numbered = 1
        while numbered:
            async with relaying.transaction(programs=[]) as tx:
                numbered = await outbox.relay(tx, limit=10)


async def _partitions(runtime: Runtime) -> None:
    async with Database(runtime.database.address, role="owner", size=1, pace="patient") as owner:
        await worker.keep_partitions(owner, runtime.database, days=30)


JOBS: dict[str, Job] = {
    "prepare": _prepare,
    "sweep": _sweep,
    "run": _run,
    "moves": _moves,
    "relay": _relay,
    "partitions": _partitions,
    "clean": _clean,
}


@contextlib.asynccontextmanager
async def process(address: Address, home: Path) -> AsyncIterator[Runtime]:
    """A process that knows nothing but what the database tells it."""
    chosen = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Database(address, size=4) as database, assembly.living(chosen, database) as runtime:
        yield runtime


async def worked(address: Address, home: Path) -> None:
    """All jobs, one after the other, undisturbed."""
    async with process(address, home) as runtime:
        for job in JOBS.values():
            await job(runtime)


async def killed_again_and_again(address: Address, home: Path, *, kills: int, drawn: random.Random) -> int:
    """Each job so many times killed at a moment of chance, by a process of its own each time, and then let be; how many
    kills found it at work."""
    hit = 0
    for job in JOBS.values():
        for number in range(kills):
            hit += await _killed(address, home, job, after_s=drawn.uniform(0, 0.12) * (1 + number % 3))
        async with process(address, home) as runtime:
            await job(runtime)
    return hit


async def _killed(address: Address, home: Path, job: Job, *, after_s: float) -> bool:
    async def work() -> None:
        async with process(address, home) as runtime:
            await job(runtime)

    working = asyncio.create_task(work())
    await asyncio.sleep(after_s)
    was_at_work = not working.done()
    # What the kernel does to the connections of a process that it ends, and then the process itself.
    _cut(address)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError, *_GONE):
        await working
    _cut(address)
    return was_at_work


def _cut(address: Address) -> None:
    with psycopg.connect(**address.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (address.database,)
        )


# Without what is made by chance: ids of activities, and what is chained on them. Times are those of the jobs.
_ROWS = {
    "balance": "account_id, currency, active, pending, held, arrears, version, next_change_at",
    "lot": "account_id, currency, granted, remaining, held, earned_at, active_at, expires_at, rule, funder",
    "entry": "account_id, currency, version, kind, from_book, to_book, amount, effective_at, rule",
    "account": "account_id, version, state",
    "activity": "account_id, type, occurred_at",
    "member_segment": "account_id, member_id, segment",
    "due": "*",
    "day_row": "*",
    "counter": "*",
    "run": "program_id, rule, status",
    "run_member": "account_id, member_id",
    "event": "account_id, types",
    "event_feed": "program_id, type, position",
    "claim": "key",
}


def rows(address: Address) -> dict[str, str]:
    """A hash of the rows of each table that jobs write, by its name."""
    found = {}
    with psycopg.connect(**address.sync_arguments("admin")) as connection:
        for table, columns in _ROWS.items():
            lines = sorted(
                repr(row) for row in connection.execute(f"SELECT {columns} FROM regulars.{table}").fetchall()
            )
            found[table] = f"{len(lines)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"
        parts = connection.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '_p\\d{4}_\\d{2}$' ORDER BY 1"
        ).fetchall()
        found["partitions"] = repr(parts)
    return found
