"""Backtests of proposals: asked for here, judged by a room above, whose summary is attached."""

from __future__ import annotations

import datetime as dt

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit.database import Transaction
from regulars.program import proposals, queries
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.workflow import OPEN, BacktestState, Proposal, StateForbids


async def want(tx: Transaction, *, number: int, by: Signature) -> Proposal:
    """Ask for a backtest of a proposal; one that is wanted or under way already is not asked for twice.

    Raises NotFound, StateForbids.
    """
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await proposals.load(tx, program_id=by.program_id, number=number)
    if proposal.state not in OPEN:
        raise StateForbids(number=number, state=proposal.state.value)
    asked = await proposals.set_backtest(
        tx,
        program_id=by.program_id,
        number=number,
        state=BacktestState.WANTED,
        was=(None, BacktestState.DONE, BacktestState.FAILED),
        summary=None,
        now=by.at,
    )
    if asked:
        new = {"digest": proposal.digest.hex()}
        await access.sign(tx, by, action="release.backtest", target=f"release {number}", old=None, new=new)
    return await proposals.load(tx, program_id=by.program_id, number=number)


async def wanted(tx: Transaction, *, program_id: int) -> list[int]:
    """The proposals whose backtest is asked for, or was under way when somebody died; oldest first."""
    return [number for number, _ in await proposals.backtests(tx, program_id=program_id)]


async def begin(tx: Transaction, *, program_id: int, number: int, now: dt.datetime) -> tuple[Program, Release | None]:
    """Note that a backtest is under way; what is to be tried, and the release in force. Raises NotFound."""
    await proposals.set_backtest(
        tx,
        program_id=program_id,
        number=number,
        state=BacktestState.RUNNING,
        was=(BacktestState.WANTED, BacktestState.RUNNING),
        summary=None,
        now=now,
    )
    program, _ = await proposals.content(tx, program_id=program_id, number=number)
    return program, await queries.newest(tx, program_id=program_id)


async def attach(tx: Transaction, *, program_id: int, number: int, summary: bytes, now: dt.datetime) -> bool:
    """Keep the summary of a backtest, JSON, with its proposal; false where nobody is waiting for it."""
    return await proposals.set_backtest(
        tx,
        program_id=program_id,
        number=number,
        state=BacktestState.DONE,
        was=(BacktestState.RUNNING,),
        summary=summary,
        now=now,
    )


async def fail(tx: Transaction, *, program_id: int, number: int, now: dt.datetime) -> bool:
    """Note that a backtest could not be carried out; it may be asked for again."""
    return await proposals.set_backtest(
        tx,
        program_id=program_id,
        number=number,
        state=BacktestState.FAILED,
        was=(BacktestState.RUNNING,),
        summary=None,
        now=now,
    )
