"""What the background process does, and at what pace."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any, Final

from regulars import assembly
from regulars.activities import service as activities
from regulars.kit import edge, observability, outbox, partitions, server, tables
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.worker import loop
from regulars.worker.loop import Job

_RELAY_LIMIT: Final = 2000
_SWEEP_LIMIT: Final = 500
_MONTHS_AHEAD: Final = 3
_PARTITIONS_EVERY_S: Final = 3600.0
# Numbers of the locks, one a job: any others would do, as long as they never change.
_LOCK_SWEEP: Final = 871_001
_LOCK_PARTITIONS: Final = 871_002


async def work(settings: Settings, *, stop: asyncio.Event | None = None) -> None:
    """Work until `stop`, SIGTERM or SIGINT. Waits for a database that is away. Raises ServerDidNotStart."""
    ending = stop or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT) if stop is None else ():
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    where = server.locate(settings)
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(where, size=4))
        relay = await stack.enter_async_context(Database(where, role="relay", size=1))
        owner = await stack.enter_async_context(Database(where, role="owner", size=1, pace="patient"))
        guards = await stack.enter_async_context(Database(where, size=2, pace="patient"))
        runtime = await stack.enter_async_context(assembly.living(settings, database))
        jobs = [
            Job(name="relay", every_s=settings.relay_interval_ms / 1000, run=lambda: relay_events(relay)),
            Job(name="sweep", every_s=settings.sweep_interval_s, run=lambda: sweep(runtime), lock=_LOCK_SWEEP),
            Job(
                name="partitions",
                every_s=_PARTITIONS_EVERY_S,
                run=lambda: make_partitions(owner),
                lock=_LOCK_PARTITIONS,
            ),
        ]
        await loop.run(jobs, guards=guards, stop=ending)


async def relay_events(relay: Database) -> bool:
    """Give events their positions; whether there may be more. Raises DatabaseUnavailable."""
    async with relay.transaction(programs=[]) as tx:
        numbered = await outbox.relay(tx, limit=_RELAY_LIMIT)
    observability.events_numbered_total.inc(numbered)
    return numbered == _RELAY_LIMIT


async def sweep(runtime: Any) -> bool:
    """Let time pass for accounts that are due; whether there may be more. Raises DatabaseUnavailable."""
    done = await activities.sweep(runtime, now=edge.now(), limit=_SWEEP_LIMIT)
    return done >= _SWEEP_LIMIT


async def make_partitions(owner: Database) -> bool:
    """Make the partitions of the coming months. Raises DatabaseUnavailable."""
    assembly.load_tables()
    wanted = partitions.months_ahead(edge.now(), _MONTHS_AHEAD)
    for name, registered in tables.registry.items():
        if registered.monthly:
            async with owner.transaction(programs=[]) as tx:
                await partitions.ensure(tx, table=name, wanted=wanted)
    return False
