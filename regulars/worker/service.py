"""What the background process does, and at what pace."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from regulars import assembly
from regulars.access import service as access
from regulars.activities import service as activities
from regulars.kit import edge, observability, outbox, partitions, server, tables
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.ledger import service as ledger
from regulars.ledger.contracts import CheckReport
from regulars.members import service as members
from regulars.payouts import service as payouts
from regulars.rewards import service as rewards
from regulars.worker import loop, releases
from regulars.worker.loop import Job

_log = structlog.get_logger("regulars.worker")

_RELAY_LIMIT: Final = 2000
_SWEEP_LIMIT: Final = 500
_PREPARE_EVERY_S: Final = 3.0
_PROCESSES_MOST: Final = 4
"""Processes that fill accounts or serve a run side by side; more would take the database from the tills."""
_RUNS_EVERY_S: Final = 5.0
_MOVES_EVERY_S: Final = 1.0
_MOVES_LIMIT: Final = 100
_ERASURES_EVERY_S: Final = 60.0
_ERASURES_LIMIT: Final = 20
_ORDERS_EVERY_S: Final = 1.0
_ORDERS_LIMIT: Final = 50
_PAYOUTS_EVERY_S: Final = 600.0
_MONTHS_AHEAD: Final = 3
_PARTITIONS_EVERY_S: Final = 3600.0
# The retention, in the table registry, of tables that live as long as answers do.
_ANSWER_DAYS: Final = "answer_days"
_CHECK_EVERY_S: Final = 60.0
_NIGHTLY_EVERY_S: Final = 600.0
_FULL_EVERY: Final = dt.timedelta(hours=24)
_CHECK_PROCESSES: Final = 2
_CLEAN_EVERY_S: Final = 3600.0
_PUBLISH_EVERY_S: Final = 1.0
_BACKTEST_EVERY_S: Final = 5.0
# Numbers of the locks, one a job: any others would do, as long as they never change.
_LOCKS: Final = range(871_001, 871_013)
(
    _LOCK_SWEEP,
    _LOCK_PARTITIONS,
    _LOCK_CHECK,
    _LOCK_CLEAN,
    _LOCK_PUBLISH,
    _LOCK_BACKTEST,
    _LOCK_PREPARE,
    _LOCK_RUN,
    _LOCK_MOVES,
    _LOCK_PAYOUTS,
    _LOCK_NIGHTLY,
    _LOCK_ERASURES,
) = _LOCKS


async def work(settings: Settings, *, stop: asyncio.Event | None = None) -> None:
    """Work until `stop`, SIGTERM or SIGINT. Waits for a database that is away. Raises NoDatabaseYet."""
    ending = stop or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT) if stop is None else ():
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    where = server.locate(settings)
    async with contextlib.AsyncExitStack() as stack:

        async def connected(**options: Any) -> Database:
            return await stack.enter_async_context(Database(where, **options))

        database = await connected(size=4)
        relay = await connected(role="relay", size=1)
        owner = await connected(role="owner", size=1, pace="patient")
        patient = await connected(size=1, pace="patient")
        # Checks take as long as they take; each has a connection of its own, and publishing waits for none of them.
        checker = await connected(size=1, pace="patient")
        nightly = await connected(size=1, pace="patient")
        guards = await connected(size=len(_LOCKS), pace="patient")
        runtime = await stack.enter_async_context(assembly.living(settings, database))
        home, days = settings.home, settings.answer_days
        jobs = (
            Job("relay", settings.relay_interval_ms / 1000, partial(relay_events, relay)),
            Job("sweep", settings.sweep_interval_s, partial(sweep, runtime), _LOCK_SWEEP),
            Job("ledger check", _CHECK_EVERY_S, partial(check_ledger, checker, home=home), _LOCK_CHECK),
            Job("nightly ledger check", _NIGHTLY_EVERY_S, partial(check_nightly, nightly, home=home), _LOCK_NIGHTLY),
            Job("cleaning", _CLEAN_EVERY_S, partial(clean_up, database, days=days), _LOCK_CLEAN),
            Job(
                "partitions",
                _PARTITIONS_EVERY_S,
                partial(keep_partitions, owner, database, days=days),
                _LOCK_PARTITIONS,
            ),
            Job(
                "publish scheduled releases",
                _PUBLISH_EVERY_S,
                partial(releases.publish_due, patient, home=home),
                _LOCK_PUBLISH,
            ),
            Job(
                "backtest proposed releases",
                _BACKTEST_EVERY_S,
                partial(releases.backtest_wanted, database, where),
                _LOCK_BACKTEST,
            ),
            Job("prepare releases", _PREPARE_EVERY_S, partial(prepare, runtime), _LOCK_PREPARE),
            Job("orders", _ORDERS_EVERY_S, partial(look_after_orders, runtime)),
            Job("moves between accounts", _MOVES_EVERY_S, partial(finish_moves, runtime), _LOCK_MOVES),
            Job("erasures", _ERASURES_EVERY_S, partial(finish_erasures, runtime), _LOCK_ERASURES),
            Job("monthly pay-outs", _PAYOUTS_EVERY_S, partial(pay_out, runtime), _LOCK_PAYOUTS),
            Job("runs", _RUNS_EVERY_S, partial(run, runtime), _LOCK_RUN),
        )
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


async def finish_moves(runtime: Any) -> bool:
    """Bring word to referrers, and finish what a process left on its way; whether there may be more. Raises
    DatabaseUnavailable."""
    return await activities.finish_moves(runtime, now=edge.now(), limit=_MOVES_LIMIT) >= _MOVES_LIMIT


async def finish_erasures(runtime: Any) -> bool:
    """Destroy what a process left of members who were erased; whether there may be more. Raises DatabaseUnavailable."""
    await activities.finish_erasures(runtime, now=edge.now(), limit=_ERASURES_LIMIT)
    return False


async def prepare(runtime: Any) -> bool:
    """Fill the metrics that a release adds, and move those whose segments it changes. Raises DatabaseUnavailable."""
    await activities.prepare(runtime, now=edge.now(), processes=min(os.cpu_count() or 1, _PROCESSES_MOST))
    return False


async def look_after_orders(runtime: Any) -> bool:
    """Tell targets of the orders that wait for them, and end what is overdue; whether there may be more. Raises
    DatabaseUnavailable."""
    return await rewards.look_after(runtime, now=edge.now(), limit=_ORDERS_LIMIT) >= _ORDERS_LIMIT


async def pay_out(runtime: Any) -> bool:
    """Make the monthly pay-outs whose day has come; never more at once. Raises DatabaseUnavailable."""
    await payouts.make_due(runtime, now=edge.now())
    return False


async def run(runtime: Any) -> bool:
    """Begin and serve runs; whether there may be more. Raises DatabaseUnavailable."""
    return await activities.run(runtime, now=edge.now(), processes=min(os.cpu_count() or 1, _PROCESSES_MOST))


async def check_ledger(patient: Database, *, home: Path) -> bool:
    """Check the balances that were touched since the last time; a broken one may not be spent until a person has
    looked. Raises DatabaseUnavailable."""
    for program_id in await access.every_program(patient):
        report = await activities.check_everything(patient, home, program_id=program_id, freeze=True, since_last=True)
        _alarm(report)
    return False


async def check_nightly(patient: Database, *, home: Path) -> bool:
    """Once a day check everything from the first entry on, and write down the ends of all chains outside the database;
    never more to do at once. Raises DatabaseUnavailable."""
    for program_id in await access.every_program(patient):
        last = ledger.newest_root(ledger.roots_folder(home, program_id))
        if last is not None and edge.now() - last.at < _FULL_EVERY:
            continue
        # In processes of its own: hashing a million entries must not hold up the relay and the sweeper.
        report = await activities.check_everything(
            patient, home, program_id=program_id, freeze=True, processes=_CHECK_PROCESSES
        )
        _alarm(report)
        root = await activities.write_root(patient, home, program_id=program_id, folder=None, full=False)
        _log.info("ledger root", program=program_id, number=root.number, heads=root.heads, signature=root.signature)
    return False


def _alarm(report: CheckReport) -> None:
    if report.breaks:
        first = report.breaks[0]
        _log.error(
            "ledger broken",
            program=report.program_id,
            breaks=len(report.breaks),
            law=first.invariant,
            table=first.table,
            row=first.key,
            column=first.column,
            text=first.text,
        )


async def clean_up(database: Database, *, days: int) -> bool:
    """Delete what only mattered for a while: claims of keys older than `days`, counters of windows long gone, card
    codes that were used. Whether there may be more. Raises DatabaseUnavailable."""
    more = False
    for program_id in await access.every_program(database):
        async with database.transaction(programs=[program_id]) as tx:
            await members.clean(tx, now=edge.now())
        async with database.transaction(programs=[program_id]) as tx:
            more |= await activities.clean(tx, now=edge.now(), days=days)
    return more


async def keep_partitions(owner: Database, database: Database, *, days: int) -> bool:
    """Make the partitions of the coming months, and drop those of answers that nobody may ask for any more: a whole
    month, and `days` on top of it, ago. Raises DatabaseUnavailable."""
    assembly.load_tables()
    now = edge.now()
    wanted = partitions.months_ahead(now, _MONTHS_AHEAD)
    for name, registered in tables.registry.items():
        if not registered.monthly:
            continue
        async with owner.transaction(programs=[]) as tx:
            await partitions.ensure(tx, table=name, wanted=wanted)
        if registered.retention == _ANSWER_DAYS:
            # Claims go first: one whose answer is gone would be carried out again.
            while await clean_up(database, days=days):
                pass
            before = partitions.month_of(now - dt.timedelta(days=days + 1))
            async with owner.transaction(programs=[]) as tx:
                dropped = await partitions.drop(tx, table=name, before=before)
            if dropped:
                _log.info("partitions dropped", names=dropped)
    return False
