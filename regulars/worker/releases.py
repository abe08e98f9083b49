"""What the background process does for releases: publish those whose moment has come, and backtest those asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import structlog

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.activities import service as activities
from regulars.kit import edge
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as programs
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.workflow import State

_log = structlog.get_logger("regulars.worker")

ACTOR: Final = "worker"
# The till's processes have the machine; a backtest may take its time.
_PROCESSES: Final = 1


async def publish_due(database: Database, *, home: Path) -> bool:
    """Publish scheduled releases whose moment has come, each in a transaction of its own; one that cannot be published
    any more is marked failed. Never more to do at once. Raises DatabaseUnavailable."""
    for program_id in await access.every_program(database):
        async with database.read(programs=[program_id]) as tx:
            numbers = await programs.due_proposals(tx, program_id=program_id, now=edge.now())
        for number in numbers:
            async with database.transaction(programs=[program_id]) as tx:
                done = await programs.publish_due(
                    tx, number=number, checks=assembly.release_checks(program_id), by=_signed(program_id, home)
                )
            if done.state is State.FAILED:
                _log.warning("scheduled release failed", program=program_id, number=number, code=done.reason)
    return False


async def backtest_wanted(database: Database, address: Address) -> bool:
    """Backtest one proposal of which somebody wants it, and attach the summary; whether there was one.

    One that was under way when its process died is begun again. Raises DatabaseUnavailable.
    """
    for program_id in await access.every_program(database):
        async with database.read(programs=[program_id]) as tx:
            numbers = await programs.wanted_backtests(tx, program_id=program_id)
        if numbers:
            await _backtest(database, address, program_id, numbers[0])
            return True
    return False


async def _backtest(database: Database, address: Address, program_id: int, number: int) -> None:
    async with database.transaction(programs=[program_id]) as tx:
        tried, in_force = await programs.begin_backtest(tx, program_id=program_id, number=number, now=edge.now())
    candidate = programs.candidate(tried, program_id=program_id, number=number, like=in_force)
    try:
        summary = await asyncio.to_thread(_judged, address, candidate)
    except Exception:  # noqa: BLE001 - logged with its trace, and told to whoever asked
        _log.exception("backtest failed", program=program_id, number=number)
        async with database.transaction(programs=[program_id]) as tx:
            await programs.fail_backtest(tx, program_id=program_id, number=number, now=edge.now())
        return
    async with database.transaction(programs=[program_id]) as tx:
        await programs.attach_backtest(tx, program_id=program_id, number=number, summary=summary, now=edge.now())


def _judged(address: Address, candidate: Release) -> bytes:
    report = activities.backtest(address, candidate=candidate, processes=_PROCESSES)
    return msgspec.json.encode(activities.backtest_summary(report))


def _signed(program_id: int, home: Path) -> Signature:
    now = edge.now()
    return access.machine_signature(program_id, actor=ACTOR, home=home, now=now, act_id=edge.new_id(now))
