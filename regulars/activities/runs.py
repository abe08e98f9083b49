"""Runs: a rule that fires once for everybody of an audience, at a moment.

Who is in the audience is written down when the run begins, and each of them then gets one activity of type `run`,
through the same batch as everybody else. Its document names rule, moment and member: whoever is killed in the middle
and begins again finds the members who were served already, and serves nobody twice. A run whose moment passed before it
was published does not begin by itself.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from regulars.access import service as access
from regulars.activities import audience_faults, audiences, batch, walks
from regulars.activities.contracts import Intake
from regulars.activities.faults import NothingPublished
from regulars.activities.items import Item
from regulars.activities.process import Process
from regulars.engine.contracts.decision import Outcome
from regulars.kit import edge, ids, server
from regulars.kit.database import Database
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.triggers import OnRun

if TYPE_CHECKING:
    from regulars.engine.service import Compiled
    from regulars.kit.database import Lane, Transaction
    from regulars.kit.settings import Settings
    from regulars.program.contracts.definitions import Rule

Status = Literal["planned", "running", "paused", "cancelled", "finished", "missed"]

TYPE: Final = "run"
SOURCE: Final = "run"
BATCH: Final = 500
LANES: Final = 2
MANY: Final = 5_000
"""From so many members on several processes are worth their start."""
CHUNK: Final = 20_000
EVERYBODY: Final = "true"

_INSERT: Final = """
insert into regulars.run (program_id, rule, run_at, release, status, members, done, refused, started_at, finished_at)
values ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8)
on conflict do nothing
"""
_QUEUE: Final = """
insert into regulars.run_member (program_id, rule, run_at, account_id, member_id)
select $1, $2, $3, a, m from unnest($4::uuid[], $5::uuid[]) as t (a, m)
on conflict do nothing
"""
_NEXT: Final = """
select account_id, member_id from regulars.run_member where program_id = $1 and rule = $2 and run_at = $3
order by account_id, member_id limit $4 for update skip locked
"""
_SERVED: Final = """
delete from regulars.run_member r using unnest($4::uuid[], $5::uuid[]) as t (a, m)
where r.program_id = $1 and r.rule = $2 and r.run_at = $3 and r.account_id = t.a and r.member_id = t.m
"""
_LOCK: Final = """
select status from regulars.run where program_id = $1 and rule = $2 and run_at = $3 for no key update
"""
_LEFT: Final = """
select count(*) from regulars.run_member m join regulars.run r using (program_id, rule, run_at)
where m.program_id = $1 and r.status = 'running'
"""
_COLUMNS: Final = "rule, run_at, release, status, members, done, refused, started_at, finished_at"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run: `members` are those of its audience when it began, `done` those served, `refused` of them those whose
    activity said no. A planned one has not begun."""

    rule: str
    run_at: dt.datetime
    status: Status
    release: int | None = None
    members: int | None = None
    done: int = 0
    refused: int = 0
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None


def moment_of(compiled: Compiled, rule: str) -> dt.datetime:
    """When the run of a rule is due. Raises NoSuchRun."""
    trigger = _trigger(compiled.program.rules, rule)
    return _aware(trigger, compiled)


def audience_of(compiled: Compiled, rule: str) -> str:
    """The condition that says who is in the audience of a run. Raises NoSuchRun."""
    audience = _trigger(compiled.program.rules, rule).audience
    if audience is None:
        return EVERYBODY
    segment = segment_named(audience)
    return audience if segment is None else f"'{segment}' in member.segments"


async def preview(process: Process, *, program_id: int, rule: str, now: dt.datetime) -> audiences.Found:
    """How many members a run would reach if it began now. Raises NothingPublished, NoSuchRun, StillPreparing."""
    audience = audience_of(await _current(process, program_id), rule)
    return await audiences.count(process, program_id=program_id, condition=audience, now=now)


async def listed(process: Process, tx: Transaction, *, program_id: int) -> list[Run]:
    """Every run of a program, those to come and those that were, the latest moment first. Raises NothingPublished."""
    compiled = await _current(process, program_id)
    rows = await tx.fetch(f"select {_COLUMNS} from regulars.run where program_id = $1", program_id)
    found = [msgspec.convert(dict(row), Run) for row in rows]
    known = {(one.rule, one.run_at) for one in found}
    for name, rule in compiled.program.rules.items():
        if isinstance(rule.trigger, OnRun):
            at = _aware(rule.trigger, compiled)
            if (name, at) not in known:
                found.append(Run(rule=name, run_at=at, status="planned"))
    return sorted(found, key=lambda one: (one.run_at, one.rule), reverse=True)


async def go_round(process: Process, *, now: dt.datetime, processes: int = 1) -> bool:
    """Begin the runs whose moment has come and serve those under way, in every program; whether there was anybody.
    Several workers share the members of a run. Raises DatabaseUnavailable."""
    served = False
    for program_id in await access.every_program(process.database):
        try:
            await process.programs.ready(program_id)
            await begin_due(process, program_id=program_id, now=now)
        except (NothingPublished, audience_faults.StillPreparing):
            # Nothing to run yet; or the audience reads what is being counted, and the run waits for that.
            continue
        served |= await serve(process, program_id=program_id, now=now, processes=processes)
    return served


async def begin_due(process: Process, *, program_id: int, now: dt.datetime) -> list[Run]:
    """Begin the runs whose moment has come; those that were published after it are noted as missed."""
    known = process.programs.all(program_id)
    compiled = known[max(known)]
    async with process.database.read(programs=[program_id]) as tx:
        runs = await listed(process, tx, program_id=program_id)
    begun = []
    for one in runs:
        if one.status != "planned" or one.run_at > now:
            continue
        if one.run_at < _announced_at(known, compiled.program.rules[one.rule]):
            await _note(process, compiled, one, status="missed", members=0, now=now)
        else:
            begun.append(await begin(process, program_id=program_id, rule=one.rule, now=now))
    return begun


async def begin(process: Process, *, program_id: int, rule: str, now: dt.datetime) -> Run:
    """Begin the run of a rule now, at its moment or by hand: write down who is in its audience. A run that was begun
    already stays as it is, one that was missed begins. Raises NothingPublished, NoSuchRun, StillPreparing."""
    compiled = await _current(process, program_id)
    at, condition = moment_of(compiled, rule), audience_of(compiled, rule)
    members = [one async for one in audiences.who(process, program_id=program_id, condition=condition, now=now)]
    async with process.database.transaction(programs=[program_id]) as tx:
        await tx.execute(
            "delete from regulars.run where program_id = $1 and rule = $2 and run_at = $3 and status = 'missed'",
            program_id,
            rule,
            at,
        )
        status = "running" if members else "finished"
        finished_at = None if members else now
        made = await tx.execute(
            _INSERT, program_id, rule, at, compiled.release.number, status, len(members), now, finished_at
        )
        for first in range(0, len(members) if made else 0, CHUNK):
            some = members[first : first + CHUNK]
            await tx.execute(_QUEUE, program_id, rule, at, [one[0] for one in some], [one[1] for one in some])
        return await _one(tx, program_id=program_id, rule=rule, at=at)


async def step(process: Process, lane: Lane, *, program_id: int, now: dt.datetime) -> bool:
    """Serve a batch of members of the runs that are under way; whether there was anybody. Raises
    DatabaseUnavailable."""
    async with process.database.read(programs=[program_id]) as tx:
        running = await tx.fetch(
            "select rule, run_at from regulars.run where program_id = $1 and status = 'running' order by run_at, rule",
            program_id,
        )
    served = False
    for row in running:
        served |= await _serve(process, lane, program_id=program_id, rule=row["rule"], at=row["run_at"], now=now)
    return served


async def serve(process: Process, *, program_id: int, now: dt.datetime, processes: int) -> bool:
    """Serve the runs under way until nobody is left; whether there was anybody. Long ones are served by several
    processes, each over two connections: while one waits for the disk, the other thinks. Raises DatabaseUnavailable."""
    async with process.database.read(programs=[program_id]) as tx:
        left = await tx.fetchval(_LEFT, program_id)
    if not left:
        # One that reached nobody else still has to be ended.
        async with process.database.lane() as lane:
            await step(process, lane, program_id=program_id, now=now)
        return False
    if processes > 1 and left >= MANY:
        await asyncio.to_thread(_serve_apart, process.settings, program_id, processes)
    else:
        await _until_nobody(process, program_id, now)
    return True


def _serve_apart(settings: Settings, program_id: int, processes: int) -> None:
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(serve_share, settings, program_id) for _ in range(processes)]:
            done.result()


def serve_share(settings: Settings, program_id: int) -> None:
    """What one process of several does: serve until nobody is left."""
    asyncio.run(_share(settings, program_id))


async def _share(settings: Settings, program_id: int) -> None:
    async with Database(server.locate(settings), size=LANES + 2, pace="patient") as database:
        process = Process(settings, database)
        await process.programs.ready(program_id)
        await _until_nobody(process, program_id, edge.now())


async def _until_nobody(process: Process, program_id: int, now: dt.datetime) -> None:
    async def one() -> None:
        async with process.database.lane() as lane:
            while await step(process, lane, program_id=program_id, now=now):
                pass

    await asyncio.gather(*(one() for _ in range(LANES)))


async def change(
    process: Process, *, program_id: int, rule: str, to: Literal["running", "paused", "cancelled"], now: dt.datetime
) -> Run:
    """Pause a run, let it go on, or end it for good. Raises NothingPublished, NoSuchRun, RunNotUnderWay."""
    at = moment_of(await _current(process, program_id), rule)
    async with process.database.transaction(programs=[program_id]) as tx:
        status = await tx.fetchval(_LOCK, program_id, rule, at)
        if status not in {"running", "paused"}:
            raise audience_faults.RunNotUnderWay(rule=rule, state=status or "planned")
        ended = to == "cancelled"
        await tx.execute(
            "update regulars.run set status = $4, finished_at = $5 where program_id = $1 and rule = $2 and run_at = $3",
            program_id,
            rule,
            at,
            to,
            now if ended else None,
        )
        if ended:
            await tx.execute(
                "delete from regulars.run_member where program_id = $1 and rule = $2 and run_at = $3",
                program_id,
                rule,
                at,
            )
        return await _one(tx, program_id=program_id, rule=rule, at=at)


async def _serve(
    process: Process, lane: Lane, *, program_id: int, rule: str, at: dt.datetime, now: dt.datetime
) -> bool:
    which = (program_id, rule, at)
    async with process.database.transaction(programs=[program_id]) as tx:
        await walks.be_patient(tx)
        rows = await tx.fetch(_NEXT, *which, BATCH)
        items = [_item(process, program_id, rule, at, row, now) for row in rows]
        if items:
            await batch.run_apart(process, lane, items, now=now)
        done = [item for item in items if item.fault is None]
        refused = sum(_said_no(item) for item in items)
        # What broke is taken off as well, or it would come round for ever; it counts as refused.
        await tx.execute(_SERVED, *which, [row["account_id"] for row in rows], [row["member_id"] for row in rows])
        await tx.execute(
            "update regulars.run set done = done + $4, refused = refused + $5"
            " where program_id = $1 and rule = $2 and run_at = $3",
            *which,
            len(rows),
            refused + len(items) - len(done),
        )
        if len(rows) < BATCH:
            await tx.execute(
                "update regulars.run r set status = 'finished', finished_at = $4"
                " where program_id = $1 and rule = $2 and run_at = $3 and status = 'running' and not exists ("
                "select from regulars.run_member m where m.program_id = $1 and m.rule = $2 and m.run_at = $3)",
                *which,
                now,
            )
    return bool(rows)


def _said_no(item: Item) -> bool:
    return item.decision is not None and item.decision.outcome is not Outcome.ACCEPTED


def _item(process: Process, program_id: int, rule: str, at: dt.datetime, row: Any, now: dt.datetime) -> Item:
    member = ids.to_wire("mem", row["member_id"])
    return Item(
        Intake(
            program_id=program_id,
            type=TYPE,
            received_at=now,
            source=SOURCE,
            document=f"{rule} {at:%Y-%m-%dT%H:%M} {member}",
            fields={"rule": rule},
            account_id=row["account_id"],
            member_id=row["member_id"],
            may_enrol=False,
        ),
        activity_id=process.new_id(now),
        history=True,
    )


async def _note(
    process: Process, compiled: Compiled, run: Run, *, status: Status, members: int, now: dt.datetime
) -> None:
    program_id = compiled.release.program_id
    async with process.database.transaction(programs=[program_id]) as tx:
        number = compiled.release.number
        await tx.execute(_INSERT, program_id, run.rule, run.run_at, number, status, members, now, now)


async def _current(process: Process, program_id: int) -> Compiled:
    await process.programs.ready(program_id)
    return process.programs.current(program_id)


async def _one(tx: Transaction, *, program_id: int, rule: str, at: dt.datetime) -> Run:
    row = await tx.fetchrow(
        f"select {_COLUMNS} from regulars.run where program_id = $1 and rule = $2 and run_at = $3", program_id, rule, at
    )
    return msgspec.convert(dict(row), Run)


def _trigger(rules: Mapping[str, Rule], name: str) -> OnRun:
    trigger = rules[name].trigger if name in rules else None
    if not isinstance(trigger, OnRun):
        raise audience_faults.NoSuchRun(rule=name[:60])
    return trigger


def _aware(trigger: OnRun, compiled: Compiled) -> dt.datetime:
    """The moment in the program's zone, unless it names one itself."""
    moment = trigger.run if trigger.run.tzinfo is not None else trigger.run.replace(tzinfo=compiled.zone)
    return moment.astimezone(dt.UTC)


def _announced_at(known: Mapping[int, Compiled], rule: Rule) -> dt.datetime:
    """When this run was first published."""
    moments = [
        compiled.release.published_at
        for compiled in known.values()
        if (old := compiled.program.rules.get(rule.name)) is not None and old.trigger == rule.trigger
    ]
    return min(moment for moment in moments if moment is not None)
