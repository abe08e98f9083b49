"""The door of activities: hand one in, ask for a quote, take in a history, explain, replay, let time pass."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog

from regulars.access import service as access
from regulars.activities import (
    answers,
    batch,
    claiming,
    cleaning,
    closing,
    erasing,
    erasing_again,
    filling,
    identify,
    looking,
    moves,
    quoting,
    segmenting,
    sweeper,
)
from regulars.activities import backtest as backtesting
from regulars.activities.amidst import members as midway
from regulars.activities.audiences import count as count_members
from regulars.activities.backtest import Report as BacktestReport
from regulars.activities.bringing import begun_before, finish_moves, move, send
from regulars.activities.checking import check_everything, write_root
from regulars.activities.code_desk import lock as lock_code
from regulars.activities.code_desk import look as look_code
from regulars.activities.code_desk import shared as shared_codes
from regulars.activities.code_desk import used_up as used_up_codes
from regulars.activities.code_stock import bring as bring_codes
from regulars.activities.code_stock import export as export_codes
from regulars.activities.code_stock import make as make_codes
from regulars.activities.code_stock import order as code_order
from regulars.activities.contracts import (
    Answer,
    ImportOutcome,
    Intake,
    Quoted,
    Reply,
)
from regulars.activities.doors import KEYED, Call, answers_for, circumstances, door
from regulars.activities.faults import NothingPublished
from regulars.activities.importing import service as importing
from regulars.activities.items import Item
from regulars.activities.keeping import answered, keep, keyed, once
from regulars.activities.keeping import begin as begin_keyed
from regulars.activities.keeping import point as point_keyed
from regulars.activities.looking import look_at, standing
from regulars.activities.preparing import Preparing
from regulars.activities.preparing import again as prepare_again
from regulars.activities.preparing import prepare as prepare_program
from regulars.activities.preparing import status as preparing_status
from regulars.activities.reviewing import page as reviews
from regulars.activities.runs import begin as start_run
from regulars.activities.runs import change as change_run
from regulars.activities.runs import go_round as run
from regulars.activities.runs import listed as runs_of
from regulars.activities.runs import preview as preview_run
from regulars.activities.runtime import Runtime
from regulars.activities.segmenting import SegmentCount
from regulars.activities.segmenting import put as put_on_list
from regulars.activities.settling_up import Settled, settle
from regulars.activities.showing import activity, explain, page
from regulars.activities.simulating import Simulated, simulate
from regulars.activities.soundness import Breach, breaches
from regulars.activities.stocking import StockBelowUse, StockMoved, StockTooLarge, Tally, supply, tallies
from regulars.activities.submitting import stored, submit, submit_in_order, submit_of_member
from regulars.activities.summarising import summary as backtest_summary
from regulars.activities.thawing import Thawed, thaw
from regulars.engine import service as engine
from regulars.kit import edge, forgotten

if TYPE_CHECKING:
    from collections.abc import Callable

    from regulars.engine.contracts.catalogue import RewardSeen
    from regulars.engine.contracts.decision import Message
    from regulars.engine.contracts.view import View
    from regulars.kit.address import Address
    from regulars.kit.database import Database, Lane, Transaction
    from regulars.kit.forgotten import Forgotten
    from regulars.program.contracts.definitions import Program, Release

log = structlog.get_logger(__name__)

__all__ = [
    "KEYED",
    "BacktestReport",
    "Breach",
    "Call",
    "NothingPublished",
    "Preparing",
    "Runtime",
    "Settled",
    "Simulated",
    "StockBelowUse",
    "StockMoved",
    "StockTooLarge",
    "Tally",
    "Thawed",
    "activity",
    "answered",
    "answers_for",
    "backtest",
    "backtest_summary",
    "begin_keyed",
    "begun_before",
    "breaches",
    "bring_codes",
    "catalogue",
    "change_run",
    "check",
    "check_everything",
    "circumstances",
    "clean",
    "code_order",
    "count_members",
    "door",
    "erase",
    "erase_again",
    "erased_who_are_back",
    "explain",
    "export_codes",
    "finish_erasures",
    "finish_moves",
    "import_chunk",
    "importing",
    "in_force",
    "keep",
    "keyed",
    "lock_code",
    "look",
    "look_at",
    "look_code",
    "luggage_of",
    "make_codes",
    "midway",
    "move",
    "once",
    "order_withheld",
    "page",
    "point_keyed",
    "prepare",
    "prepare_again",
    "preparing",
    "preview_run",
    "put_on_list",
    "quote",
    "reviews",
    "run",
    "runs_of",
    "segment_counts",
    "send",
    "settle",
    "shared_codes",
    "simulate",
    "standing",
    "start_run",
    "stored",
    "submit",
    "submit_in_order",
    "submit_of_member",
    "supply",
    "sweep",
    "tallies",
    "thaw",
    "used_up_codes",
    "worded",
    "write_root",
]


async def erase(runtime: Runtime, intake: Intake, *, now: dt.datetime) -> Reply:
    """Hand in the erasure of a member, and destroy what identifies them; the same call again, or the worker, finishes
    what a process left. Raises as `submit` does."""
    reply = await runtime.batcher.submit(intake)
    if reply.status < HTTPStatus.BAD_REQUEST and intake.member_id is not None:
        async with runtime.database.read(programs=[intake.program_id]) as tx:
            begun = await erasing.begun(tx, program_id=intake.program_id, member_id=intake.member_id)
        if begun is not None:
            async with runtime.database.lane() as lane:
                await erasing.finish(lane, begun, process=runtime, now=now)
    return reply


async def finish_erasures(runtime: Runtime, *, now: dt.datetime, limit: int = 20) -> int:
    """Destroy what a process that ended left of members who are erased, look at each once more when nothing can be
    under way for them, and write down beside the database whoever was erased by another machine; how many were looked
    at. Raises ErasuresNotKept, ErasuresChanged, DatabaseUnavailable and its like."""
    programs = await access.every_program(runtime.database)
    async with runtime.database.read(programs=programs) as tx:
        everybody = await erasing.recorded(tx)
        begun = await erasing.unfinished(tx, now=now, limit=limit)
    if everybody:
        files = forgotten.files_of(runtime.settings)
        await asyncio.to_thread(lambda: forgotten.remember(files, everybody))
    if begun:
        async with runtime.database.lane() as lane:
            for one in begun:
                await erasing.finish(lane, one, process=runtime, now=now)
    return len(begun)


async def erased_who_are_back(database: Database, known: Sequence[Forgotten]) -> list[Forgotten]:
    """Of those who were erased, whoever is here again, since the database was restored to a moment before. Raises
    DatabaseUnavailable and its like."""
    if not known:
        return []
    programs = await access.every_program(database)
    async with database.read(programs=programs) as tx:
        return await erasing.back_again(tx, known)


async def erase_again(runtime: Runtime, one: Forgotten, *, now: dt.datetime) -> str | None:
    """Erase somebody who came back with a restored database, whatever they had then; the code of what stands against
    it, if anything does. Raises ErasuresNotKept, ErasuresChanged, DatabaseUnavailable and its like."""
    return await erasing_again.erase(runtime, one, now=now)


async def luggage_of(tx: Transaction, *, program_id: int, member_id: UUID) -> moves.Move | None:
    """How a member was last merged into somebody, with what came along: what an unmerge sends home; none: never."""
    return await moves.last_merge(tx, program_id=program_id, member_id=member_id)


async def quote(runtime: Runtime, intake: Intake, *, now: dt.datetime) -> tuple[Answer, Quoted] | Reply:
    """What `submit` would answer now, nothing written. Raises the same faults."""
    return await quoting.quote(runtime, intake, now=now)


def worded(message: Message) -> dict[str, str]:
    """One of the engine's own lines in each language."""
    return answers.words(message, {})


async def catalogue(
    runtime: Runtime,
    *,
    program_id: int,
    member_id: UUID,
    now: dt.datetime,
    limit: int,
    after: tuple[int, int, str] | None = None,
    everything: bool = False,
) -> list[RewardSeen]:
    """What a member can have for points as of now, best first. Raises MemberNotFound, NothingPublished."""
    ask = partial(engine.catalogue, limit=limit, after=after, everything=everything)
    found: list[RewardSeen] = await looking.look_for(runtime, ask, program_id=program_id, member_id=member_id, now=now)
    return found


async def order_withheld(
    runtime: Runtime, *, program_id: int, member_id: UUID, order_id: UUID, now: dt.datetime
) -> str | None:
    """The purpose without whose consent nobody outside may be told of an order; None: tell them. Raises MemberNotFound,
    NothingPublished."""
    ask = partial(engine.order_withheld, order_id=order_id)
    found: str | None = await looking.look_for(runtime, ask, program_id=program_id, member_id=member_id, now=now)
    return found


async def in_force(runtime: Runtime, program_id: int) -> Program:
    """What the release in force says, without asking the database where that is known. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    return runtime.programs.current(program_id).program


async def look(runtime: Runtime, *, program_id: int, member_id: UUID, now: dt.datetime) -> View:
    """What one member has and is now; nothing is written. Raises MemberNotFound, NothingPublished."""
    return await looking.look(runtime, program_id=program_id, member_id=member_id, now=now)


async def check(runtime: Runtime, intakes: Sequence[Intake]) -> list[Exception | None]:
    """What is wrong with each of some activities as far as program and directory can tell; nothing is claimed or
    written. For a dry run of an import. Raises DatabaseUnavailable."""
    now = edge.now()
    items = [Item(intake, activity_id=runtime.new_id(now), history=True) for intake in intakes]
    await claiming.check(runtime, items, now=now)
    for item in items:
        if item.fault is None:
            identify.name(item)
    return [item.fault for item in items]


async def import_chunk(runtime: Runtime, lane: Lane, intakes: Sequence[Intake]) -> list[ImportOutcome]:
    """Take in a piece of history: a few thousand activities at most, those of one member in the order in which they
    happened.

    Each member's activities are decided as a chain in memory and written at once; the result is that of handing them
    in one by one.
    The outcome of each is in the order given. Raises DatabaseUnavailable and its like; what was applied then stays,
    and comes back as a duplicate.
    """
    now = edge.now()
    items = [Item(intake, activity_id=runtime.new_id(now), history=True) for intake in intakes]
    await batch.run_apart(runtime, lane, items, now=now)
    return [_imported(item) for item in items]


def _imported(item: Item) -> ImportOutcome:
    if item.fault is not None:
        return ImportOutcome(outcome="refused", fault=item.fault)
    if item.reply is not None and item.reply.replayed:
        return ImportOutcome(outcome="duplicate", activity_id=item.reply.activity_id)
    if item.decision is not None and item.decision.refusal is not None:
        refusal = item.decision.refusal
        return ImportOutcome(outcome="refused", refusal=refusal, texts=answers.refused_in_words(refusal, item.compiled))
    return ImportOutcome(outcome="applied", activity_id=item.activity_id)


async def sweep(runtime: Runtime, *, now: dt.datetime, limit: int = 500) -> int:
    """Let time pass for accounts that are due, in every program, and bring waiting returns to their sales.

    Gives how many there were; call it again at once while it gives `limit` or more.
    """
    programs = await access.every_program(runtime.database)
    async with runtime.database.lane() as lane:
        due = await sweeper.sweep(runtime, lane, programs=programs, now=now, limit=limit)
        due += await sweeper.bring_together(runtime, lane, programs=programs, now=now)
        due += await closing.close(runtime, lane, programs=programs, now=now, limit=limit)
    return due + await finish_moves(runtime, now=now)


async def prepare(runtime: Runtime, *, now: dt.datetime, processes: int = 1) -> bool:
    """Do what the newest release of each program asks of the members who were there before it: metrics filled,
    segments worked out. Whether there was anything. Raises DatabaseUnavailable and its like; the next call goes on."""
    programs = await access.every_program(runtime.database)
    worked = False
    async with runtime.database.lane() as lane:
        for program_id in programs:
            worked |= await prepare_program(runtime, lane, program_id=program_id, now=now, processes=processes)
    return worked


async def preparing(tx: Transaction, *, program_id: int) -> Preparing | None:
    """How far the newest release is with the members who were there before it; None where no release ever asked for
    anything. Raises NoSuchRelease."""
    known = await filling.releases(tx, program_id=program_id)
    return await preparing_status(tx, known, program_id=program_id)


async def segment_counts(runtime: Runtime, tx: Transaction, *, program_id: int) -> list[SegmentCount]:
    """Every segment of the program in force, with its members counted. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    return await segmenting.counts(tx, runtime.programs.current(program_id).program, program_id=program_id)


async def clean(tx: Transaction, *, now: dt.datetime, days: int) -> bool:
    """Delete a bounded step of what only mattered for a while: claims of keys older than `days`, counters whose window
    has gone by. Whether there may be more. Answers go with their partitions, which are the owner's to drop."""
    return await cleaning.clean(tx, now=now, days=days) >= cleaning.STEP


def backtest(
    address: Address,
    *,
    candidate: Release,
    processes: int,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> BacktestReport:
    """Judge the recorded activities of a program by a candidate, in processes of their own; nothing is written."""
    jobs = [
        backtesting.Job(
            address=msgspec.msgpack.encode(address),
            program_id=candidate.program_id,
            candidate=candidate,
            share=share,
            shares=processes * 4,
            since=since,
            until=until,
        )
        for share in range(processes * 4)
    ]
    return backtesting.run(jobs, processes=processes, progress=progress)
