"""What the background process does, and at what pace."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any, Final

import structlog

from regulars import assembly
from regulars.access import service as access
from regulars.activities import service as activities
from regulars.kit import edge, keyring, observability, outbox, partitions, server, tables
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.ledger import service as ledger
from regulars.members import service as members
from regulars.worker import loop
from regulars.worker.loop import Job

_log = structlog.get_logger("regulars.worker")

_RELAY_LIMIT: Final = 2000
_SWEEP_LIMIT: Final = 500
_MONTHS_AHEAD: Final = 3
_PARTITIONS_EVERY_S: Final = 3600.0
_CHECK_EVERY_S: Final = 60.0
_CODES_EVERY_S: Final = 3600.0
# Numbers of the locks, one a job: any others would do, as long as they never change.
_LOCKS: Final = range(871_001, 871_005)
_LOCK_SWEEP, _LOCK_PARTITIONS, _LOCK_CHECK, _LOCK_CODES = _LOCKS


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
        patient = await stack.enter_async_context(Database(where, size=1, pace="patient"))
        guards = await stack.enter_async_context(Database(where, size=len(_LOCKS), pace="patient"))
        runtime = await stack.enter_async_context(assembly.living(settings, database))
        jobs = [
            Job(name="relay", every_s=settings.relay_interval_ms / 1000, run=lambda: relay_events(relay)),
            Job(name="sweep", every_s=settings.sweep_interval_s, run=lambda: sweep(runtime), lock=_LOCK_SWEEP),
            Job(
                name="ledger check",
                every_s=_CHECK_EVERY_S,
                run=lambda: check_ledger(database, patient, key=keyring.key(settings.home, "ledger")),
                lock=_LOCK_CHECK,
            ),
            Job(name="codes", every_s=_CODES_EVERY_S, run=lambda: forget_codes(database), lock=_LOCK_CODES),
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


async def check_ledger(database: Database, patient: Database, *, key: bytes) -> bool:
    """Check the balances that were touched since the last time; a broken one may not be spent until a person has
    looked. Raises DatabaseUnavailable."""
    for program_id in await _programs(database):
        async with patient.read(programs=[program_id]) as tx:
            report, until = await ledger.check_touched(tx, program_id=program_id, key=key, now=edge.now())
        async with database.transaction(programs=[program_id]) as tx:
            frozen = await ledger.freeze(tx, program_id=program_id, breaks=report.breaks)
            await ledger.mark_checked(tx, program_id=program_id, until=until)
        if report.breaks:
            _log.error("ledger broken", program=program_id, breaks=len(report.breaks), frozen=frozen)
    return False


async def forget_codes(database: Database) -> bool:
    """Forget rotating codes that were spent and have run out anyway. Raises DatabaseUnavailable."""
    for program_id in await _programs(database):
        async with database.transaction(programs=[program_id]) as tx:
            await members.clean(tx, now=edge.now())
    return False


async def _programs(database: Database) -> list[int]:
    async with database.read(programs=[]) as tx:
        return [program.program_id for program in await access.programs(tx)]


async def make_partitions(owner: Database) -> bool:
    """Make the partitions of the coming months. Raises DatabaseUnavailable."""
    assembly.load_tables()
    wanted = partitions.months_ahead(edge.now(), _MONTHS_AHEAD)
    for name, registered in tables.registry.items():
        if registered.monthly:
            async with owner.transaction(programs=[]) as tx:
                await partitions.ensure(tx, table=name, wanted=wanted)
    return False
