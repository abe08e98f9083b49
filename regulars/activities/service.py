"""The door of activities: hand one in, ask for a quote, take in a history, explain, replay, let time pass."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
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
    happened,
    identify,
    looking,
    moves,
    moving,
    queries,
    quoting,
    receiving,
    runs,
    segmenting,
    sweeper,
)
from regulars.activities import backtest as backtesting
from regulars.activities.amidst import members as midway
from regulars.activities.amidst import relatives
from regulars.activities.audience_faults import StillPreparing
from regulars.activities.audiences import Found
from regulars.activities.audiences import count as count_members
from regulars.activities.backtest import Report as BacktestReport
from regulars.activities.checking import check_everything, write_root
from regulars.activities.code_desk import lock as lock_code
from regulars.activities.code_desk import look as look_code
from regulars.activities.code_desk import shared as shared_codes
from regulars.activities.code_stock import bring as bring_codes
from regulars.activities.code_stock import export as export_codes
from regulars.activities.code_stock import make as make_codes
from regulars.activities.code_stock import order as code_order
from regulars.activities.contracts import (
    ActivityOut,
    Answer,
    Circumstances,
    Explanation,
    ImportOutcome,
    Intake,
    LineShown,
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
from regulars.activities.preparing import Preparing
from regulars.activities.preparing import again as prepare_again
from regulars.activities.preparing import prepare as prepare_program
from regulars.activities.preparing import status as preparing_status
from regulars.activities.recalling import points_of, recall
from regulars.activities.reviewing import page as reviews
from regulars.activities.runs import Run
from regulars.activities.runtime import Runtime
from regulars.activities.segmenting import SegmentCount
from regulars.activities.segmenting import put as put_on_list
from regulars.activities.simulating import Simulated, simulate
from regulars.activities.soundness import Breach, breaches
from regulars.activities.stocking import StockBelowUse, StockMoved, StockTooLarge, Tally, supply, tallies
from regulars.activities.summarising import summary as backtest_summary
from regulars.activities.thawing import Thawed, thaw
from regulars.engine import service as engine
from regulars.kit import edge, forgotten, ids, pages
from regulars.kit.errors import DatabaseUnavailable, NotFound, RegularsError
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Callable

    from regulars.engine.contracts.catalogue import RewardSeen
    from regulars.engine.contracts.decision import Message
    from regulars.engine.contracts.view import View
    from regulars.kit.address import Address
    from regulars.kit.database import Database, Lane, Transaction
    from regulars.kit.forgotten import Forgotten
    from regulars.program.contracts.definitions import Release

log = structlog.get_logger(__name__)

__all__ = [
    "KEYED",
    "BacktestReport",
    "Breach",
    "Call",
    "NothingPublished",
    "Preparing",
    "Runtime",
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
    "breaches",
    "bring_codes",
    "cancel_run",
    "catalogue",
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
    "keep",
    "keyed",
    "lock_code",
    "look",
    "look_code",
    "luggage_of",
    "make_codes",
    "midway",
    "move",
    "once",
    "page",
    "pause_run",
    "point_keyed",
    "prepare",
    "prepare_again",
    "preparing",
    "preview_run",
    "put_on_list",
    "quote",
    "relatives",
    "resume_run",
    "reviews",
    "run",
    "runs_of",
    "segment_counts",
    "send",
    "shared_codes",
    "simulate",
    "start_run",
    "stored",
    "submit",
    "submit_in_order",
    "submit_of_member",
    "supply",
    "sweep",
    "tallies",
    "thaw",
    "worded",
    "write_root",
]


async def submit(runtime: Runtime, intake: Intake) -> Reply:
    """Hand in one activity; the reply is stored and durable before this returns.

    The same key again gives the same bytes with `replayed`. Raises the faults in `activities.faults`, those of
    identifiers and of the
    directory, Overloaded, DatabaseUnavailable; none of these uses the key up. A decision that says no is a Reply.
    """
    reply = await runtime.batcher.submit(intake)
    if reply.body or reply.activity_id is None:
        return reply
    async with runtime.database.read(programs=[intake.program_id]) as tx:
        return await recall(runtime, tx, program_id=intake.program_id, activity_id=reply.activity_id)


async def submit_in_order(runtime: Runtime, intakes: Sequence[Intake]) -> list[Reply | Exception]:
    """Hand in activities that were done one after another, as a till's that was offline: those of one member are
    decided in this order. For each its reply, or the fault that `submit` would raise; a fault uses no key up.

    Raises DatabaseUnavailable and its like: what was applied then stays, and comes back as replayed.
    """
    now = edge.now()
    items = [Item(intake, activity_id=runtime.new_id(now)) for intake in intakes]
    most = runtime.settings.batch_max
    # Each has a connection of its own: hundreds of tills come back with the network at one moment.
    async with runtime.queues, runtime.database.lane() as lane:
        for first in range(0, len(items), most):
            await batch.run_apart(runtime, lane, items[first : first + most], now=now)
    bare = [item.reply.activity_id for item in items if item.reply is not None and not item.reply.body]
    async with runtime.database.read(programs=sorted({one.program_id for one in intakes})) as tx:
        recalled = {
            one: await recall(runtime, tx, program_id=intakes[0].program_id, activity_id=one) for one in bare if one
        }
    return [_outcome_of(item, recalled) for item in items]


def _outcome_of(item: Item, recalled: Mapping[UUID, Reply]) -> Reply | Exception:
    if item.fault is not None or item.reply is None:
        return item.fault or RegularsError()
    activity_id = item.reply.activity_id or item.activity_id
    return recalled.get(activity_id) or msgspec.structs.replace(item.reply, activity_id=activity_id)


async def stored(
    runtime: Runtime, tx: Transaction, activity_ids: Sequence[UUID], *, program_id: int
) -> dict[UUID, Reply]:
    """The answers that were given to some activities, as far as they are still kept."""
    found = {}
    for row in await queries.answers(tx, program_id=program_id, activity_ids=activity_ids):
        one = row["activity_id"]
        found[one] = Reply(status=row["status"], body=row["body"], replayed=True, activity_id=one)
        if row["status"] == HTTPStatus.ACCEPTED:
            # It waited then; by now it may be done.
            with contextlib.suppress(NotFound):
                found[one] = await recall(runtime, tx, program_id=program_id, activity_id=one)
    return found


async def submit_of_member(
    runtime: Runtime, call: Call, body: Circumstances, path: Mapping[str, Any], **given: Any
) -> Reply:
    """Hand in an activity (`type` and its part are `given`) of the member that a path names. Raises what `submit` does,
    MemberNotFound, MalformedId, WrongKindOfId."""
    program_id, one = call.actor.program_id, ids.from_wire("mem", path["member_id"])
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
    return await submit(
        runtime,
        Intake(
            account_id=there.account_id,
            member_id=there.member_id,
            may_enrol=False,
            **given,
            **circumstances(call, body),
        ),
    )


async def move(runtime: Runtime, intake: Intake) -> Reply:
    """Hand in the first half of a move between two accounts (`intake.moving`) and bring it to its end.

    The reply is what became of it: arrived (201), refused by the other side, so that all of it is home again, or under
    way (202), which the same call or the worker finishes. Raises as `submit` does, but nothing that its second half
    met: what has left is under way, and whoever heard otherwise would do it once more.
    """
    reply = await runtime.batcher.submit(intake)
    if reply.status >= HTTPStatus.BAD_REQUEST or reply.activity_id is None:
        return reply
    async with runtime.database.read(programs=[intake.program_id]) as tx:
        begun = await moves.of_activity(tx, program_id=intake.program_id, activity_id=reply.activity_id)
    if begun is None:
        return reply
    if begun.arrived_at is None:
        try:
            async with runtime.database.lane() as lane:
                begun = await moving.finish(runtime, lane, begun, now=edge.now())
        except Exception:
            log.warning("move_not_finished", exc_info=True, activity=str(begun.activity_id), kind=begun.kind)
    return msgspec.structs.replace(moving.reply(begun), replayed=reply.replayed)


async def send(runtime: Runtime, intake: Intake, who: tuple[tuple[str, str], ...]) -> Reply:
    """Hand in points that are sent (`intake.transfer`) to whom these (kind, value) pairs name, and bring them there.

    The reply is as that of `move`. Raises as `submit` does, NoIdentifier, IdentifiersDisagree.
    """
    found = await receiving.send(runtime, intake, who)
    return found if isinstance(found, Reply) else await move(runtime, found)


async def finish_moves(runtime: Runtime, *, now: dt.datetime, limit: int = 100) -> int:
    """Finish moves whose process ended between leaving and arriving; how many there were. Raises DatabaseUnavailable
    and its like."""
    async with runtime.database.read(programs=[]) as tx:
        programs = [one.program_id for one in await access.programs(tx)]
    async with runtime.database.read(programs=programs) as tx:
        begun = await moves.under_way(tx, before=now - moving.STALLED, word_before=now, limit=limit)
    async with runtime.database.lane() as lane:
        for one in begun:
            if one.left_at < now - moving.ALARMING:
                # Points in transit for so long are nobody's: a person must know (I10).
                log.error("move_stalled", account=str(one.account_id), activity=str(one.activity_id), kind=one.kind)
            try:
                await moving.finish(runtime, lane, one, now=now)
            except DatabaseUnavailable:
                raise
            except Exception:
                # Nobody else's points wait because of it; it is tried again, and told aloud once it takes too long.
                log.exception("move_failed", activity=str(one.activity_id), kind=one.kind)
    return len(begun)


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
    programs = await _programs(runtime)
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
    async with database.read(programs=[]) as tx:
        programs = [one.program_id for one in await access.programs(tx)]
    async with database.read(programs=programs) as tx:
        return await erasing.back_again(tx, known)


async def erase_again(runtime: Runtime, one: Forgotten, *, now: dt.datetime) -> str | None:
    """Erase somebody who came back with a restored database, whatever they had then; the code of what stands against
    it, if anything does. Raises ErasuresNotKept, ErasuresChanged, DatabaseUnavailable and its like."""
    return await erasing_again.erase(runtime, one, now=now)


async def _programs(runtime: Runtime) -> list[int]:
    async with runtime.database.read(programs=[]) as tx:
        return [one.program_id for one in await access.programs(tx)]


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


async def look(runtime: Runtime, *, program_id: int, member_id: UUID, now: dt.datetime) -> View:
    """What one member has and is now; nothing is written. Raises MemberNotFound, NothingPublished."""
    return await looking.look(runtime, program_id=program_id, member_id=member_id, now=now)


async def explain(runtime: Runtime, *, program_id: int, activity_id: UUID) -> Explanation:
    """Each rule of the release that judged an activity: fired with its points, or not, with the condition that failed
    and what it read.

    It is worked out from the activity and what was stored with it, under the release that judged it. Raises NotFound.
    """
    await runtime.programs.ready(program_id)
    async with runtime.database.read(programs=[program_id]) as tx:
        row = await queries.by_id(tx, program_id=program_id, activity_id=activity_id)
        if row is None:
            raise NotFound(kind="activity", id=ids.to_wire("act", activity_id))
        what = queries.decode_body(row["body"])
        told = await happened.told(tx, row, what, program_id=program_id)
    compiled = runtime.programs.numbered(program_id, row["release"])
    return Explanation(
        activity_id=ids.to_wire("act", activity_id),
        type=what.type,
        release=row["release"],
        occurred_at=what.occurred_at,
        points=points_of(compiled, row["decision"]),
        rules=tuple(msgspec.Raw(msgspec.json.encode(rule)) for rule in engine.explain(compiled, what, row["decision"])),
        **told,
    )


async def activity(runtime: Runtime, tx: Transaction, *, program_id: int, activity_id: UUID) -> ActivityOut:
    """One recorded activity with what it gave. Raises NotFound."""
    row = await queries.by_id(tx, program_id=program_id, activity_id=activity_id)
    if row is None:
        raise NotFound(kind="activity", id=ids.to_wire("act", activity_id))
    await runtime.programs.ready(program_id)
    return _shown(runtime, program_id, row)


async def page(
    runtime: Runtime,
    tx: Transaction,
    *,
    program_id: int,
    member_id: UUID,
    cursor: str | None = None,
    limit: int | None = None,
) -> pages.Page[ActivityOut]:
    """A member's activities, the newest first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    await runtime.programs.ready(program_id)
    before = None if cursor is None else pages.decode_cursor(cursor, tuple[int, int])
    home = await members.home(tx, program_id=program_id, member_id=member_id)
    earlier = await members.earlier_accounts(tx, program_id=program_id, member_id=member_id)
    rows = await queries.page_of_member(
        tx,
        program_id=program_id,
        accounts=[home.account_id, *earlier],
        people=await members.people(tx, program_id=program_id, member_id=member_id),
        before=before,
        limit=size + 1,
    )
    page = pages.page(rows, limit=size, key=lambda row: (row["place"], row["version"]))
    return pages.Page(items=[_shown(runtime, program_id, row) for row in page.items], next_cursor=page.next_cursor)


def _shown(runtime: Runtime, program_id: int, row: Any) -> ActivityOut:
    compiled = runtime.programs.numbered(program_id, row["release"])
    what = queries.decode_body(row["body"])
    return ActivityOut(
        activity_id=ids.to_wire("act", what.activity_id),
        member=ids.to_wire("mem", what.member_id),
        type=what.type,
        occurred_at=what.occurred_at,
        release=row["release"],
        store=None if what.store is None else what.store.id,
        document=what.document,
        total=what.total,
        discount=sum(one.points for one in engine.taken_off(compiled, row["decision"])) if what.lines else 0,
        points=points_of(compiled, row["decision"]),
        lines=tuple(
            LineShown(
                no=line.no,
                sku=line.sku,
                name=line.name,
                category=line.category,
                quantity=line.quantity,
                amount=line.amount,
            )
            for line in what.lines
        ),
        reverses=None if what.speaks_of is None else ids.to_wire("act", what.speaks_of),
    )


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
        return ImportOutcome(outcome="refused", refusal=item.decision.refusal)
    return ImportOutcome(outcome="applied", activity_id=item.activity_id)


async def sweep(runtime: Runtime, *, now: dt.datetime, limit: int = 500) -> int:
    """Let time pass for accounts that are due, in every program, and bring waiting returns to their sales.

    Gives how many there were; call it again at once while it gives `limit` or more.
    """
    async with runtime.database.read(programs=[]) as tx:
        programs = [one.program_id for one in await access.programs(tx)]
    async with runtime.database.lane() as lane:
        due = await sweeper.sweep(runtime, lane, programs=programs, now=now, limit=limit)
        due += await sweeper.bring_together(runtime, lane, programs=programs, now=now)
        due += await closing.close(runtime, lane, programs=programs, now=now, limit=limit)
    return due + await finish_moves(runtime, now=now)


async def prepare(runtime: Runtime, *, now: dt.datetime, processes: int = 1) -> bool:
    """Do what the newest release of each program asks of the members who were there before it: metrics filled,
    segments worked out. Whether there was anything. Raises DatabaseUnavailable and its like; the next call goes on."""
    async with runtime.database.read(programs=[]) as tx:
        programs = [one.program_id for one in await access.programs(tx)]
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


async def run(runtime: Runtime, *, now: dt.datetime, processes: int = 1) -> bool:
    """Begin the runs whose moment has come and serve those under way, in every program; whether there was anybody.
    Several workers share the members of a run. Raises DatabaseUnavailable."""
    async with runtime.database.read(programs=[]) as tx:
        programs = [one.program_id for one in await access.programs(tx)]
    served = False
    for program_id in programs:
        try:
            await runtime.programs.ready(program_id)
            await runs.begin_due(runtime, program_id=program_id, now=now)
        except (NothingPublished, StillPreparing):
            # Nothing to run yet; or the audience reads what is being counted, and the run waits for that.
            continue
        served |= await runs.serve(runtime, program_id=program_id, now=now, processes=processes)
    return served


async def segment_counts(runtime: Runtime, tx: Transaction, *, program_id: int) -> list[SegmentCount]:
    """Every segment of the program in force, with its members counted. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    return await segmenting.counts(tx, runtime.programs.current(program_id).program, program_id=program_id)


async def runs_of(runtime: Runtime, tx: Transaction, *, program_id: int) -> list[Run]:
    """Every run of a program, planned and past, the latest moment first. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    return await runs.listed(runtime, tx, program_id=program_id)


async def preview_run(runtime: Runtime, *, program_id: int, rule: str, now: dt.datetime) -> Found:
    """How many members a run would reach if it began now. Raises NothingPublished, NoSuchRun, StillPreparing."""
    await runtime.programs.ready(program_id)
    audience = runs.audience_of(runtime.programs.current(program_id), rule)
    return await count_members(runtime, program_id=program_id, condition=audience, now=now)


async def start_run(runtime: Runtime, *, program_id: int, rule: str, now: dt.datetime) -> Run:
    """Begin a run now; the worker serves it. Raises NothingPublished, NoSuchRun, StillPreparing."""
    await runtime.programs.ready(program_id)
    return await runs.begin(runtime, program_id=program_id, rule=rule, now=now)


async def pause_run(runtime: Runtime, *, program_id: int, rule: str, now: dt.datetime) -> Run:
    """Let a run stand still. Raises NothingPublished, NoSuchRun, RunNotUnderWay."""
    await runtime.programs.ready(program_id)
    return await runs.change(runtime, program_id=program_id, rule=rule, to="paused", now=now)


async def resume_run(runtime: Runtime, *, program_id: int, rule: str, now: dt.datetime) -> Run:
    """Let a paused run go on. Raises NothingPublished, NoSuchRun, RunNotUnderWay."""
    await runtime.programs.ready(program_id)
    return await runs.change(runtime, program_id=program_id, rule=rule, to="running", now=now)


async def cancel_run(runtime: Runtime, *, program_id: int, rule: str, now: dt.datetime) -> Run:
    """End a run for good. Raises NothingPublished, NoSuchRun, RunNotUnderWay."""
    await runtime.programs.ready(program_id)
    return await runs.change(runtime, program_id=program_id, rule=rule, to="cancelled", now=now)


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
