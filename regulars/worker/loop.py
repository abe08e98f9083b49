"""Jobs that come round: each in a task of its own, at its own pace, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog

from regulars.kit.database import Database
from regulars.kit.errors import DatabaseUnavailable, Overloaded

_log = structlog.get_logger("regulars.worker")

_BACK_OFF_S: Final = 2.0


class Job(msgspec.Struct, frozen=True):
    """Something to do again and again. `run` says whether there is more to do at once.

    With a `lock` only one worker of a database does it at a time; the others come by again later.
    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[bool]]
    lock: int | None = None


async def run(jobs: Sequence[Job], *, guards: Database, stop: asyncio.Event) -> None:
    """Run the jobs until `stop` is set; what is under way is finished. `guards` holds the locks, a connection a job."""
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            tasks.create_task(_repeat(job, guards, stop), name=job.name)


async def _repeat(job: Job, guards: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        pause_s = job.every_s
        try:
            if await _once(job, guards):
                pause_s = 0.0
        except (DatabaseUnavailable, Overloaded) as fault:
            _log.warning("job waits for the database", job=job.name, code=fault.code)
            pause_s = max(pause_s, _BACK_OFF_S)
        except Exception:  # noqa: BLE001 - logged with its trace below
            # One broken job must not take the others along, and it may work again the next time.
            _log.exception("job failed", job=job.name)
            pause_s = max(pause_s, _BACK_OFF_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause_s)


async def _once(job: Job, guards: Database) -> bool:
    if job.lock is None:
        return await job.run()
    # A lock of a transaction goes with its connection, so that a worker that was killed holds nobody up.
    async with guards.transaction(programs=[]) as tx:
        if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", job.lock):
            return False
        return await job.run()
