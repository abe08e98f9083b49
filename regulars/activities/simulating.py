"""What would happen to somebody who is only thought up: `decide` over an imagined member, nothing read of any real one
and nothing written.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from regulars.activities import answers, chain, faults, foreign, lucky, prepare
from regulars.activities.contracts import Answer, Intake, MemberOut
from regulars.engine import service as engine
from regulars.program import service as program

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Decision
    from regulars.engine.contracts.known import Known
    from regulars.engine.service import Compiled, Imagined
    from regulars.kit.database import Transaction
    from regulars.program.contracts.definitions import Release

_OWN_IDS = frozenset({"activity", "member"})


class EventSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the world would have heard."""

    type: str
    data: dict[str, object]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that was entered or left."""

    segment: str
    entered: bool


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """The decision: its explanation as of a real activity, and what the till would have heard; `refused` holds the
    problem where it would have been refused. `release` is 0 for a draft."""

    release: int
    type: str
    occurred_at: dt.datetime
    points: dict[str, int]
    rules: tuple[msgspec.Raw, ...]
    answer: Answer | None
    refused: msgspec.Raw | None
    events: tuple[EventSeen, ...]
    segments: tuple[Moved, ...]
    tiers: dict[str, str | None]


async def simulate(
    process: Process,
    intake: Intake,
    who: Imagined,
    *,
    release: int | None,
    draft: str | None,
    now: dt.datetime,
) -> Simulated:
    """What one activity of an imagined member would do under the release in force, another one, a proposal or a draft.

    It happens when `intake` says, which may lie ahead. Raises NotFound, NothingReleased, DraftConflict,
    ProgramNotAccepted, the faults of an activity, and what `engine.imagine` raises.
    """
    compiled = await _under(process, intake.program_id, release=release, draft=draft)
    at = intake.occurred_at or now
    # The question is what the rules say then: nothing has arrived late or early.
    intake = msgspec.structs.replace(intake, occurred_at=at, received_at=at)
    prepare.check(intake, compiled.program)
    shelf = await process.directory.prepare(
        process.database,
        intake.program_id,
        {line.sku for line in intake.lines},
        now=now,
        stores={intake.store},
        categories={line.category for line in intake.lines},
    )
    found = shelf.enrich(intake.lines, store=intake.store, at=at, zone=compiled.program.program.zone)
    if foreign.of(intake, compiled.program) is not None:
        # A question about rules: whoever asks it writes the amounts that rules see.
        raise faults.CurrencyMismatch(expected=compiled.money, given=intake.currency or compiled.money)
    account_id, member_id = process.new_id(now), process.new_id(now)
    activity = prepare.activity(
        intake,
        compiled.program,
        activity_id=process.new_id(now),
        account_id=account_id,
        member_id=member_id,
        occurred_at=at,
        lines=found.lines,
        store=found.store,
        sale=None,
        card=None,
        card_blocked=False,
    )
    known = engine.imagine(compiled, who, account_id=account_id, member_id=member_id, at=at)
    course = chain.Course(known, releases=lambda _: compiled)
    # Nothing is drawn for somebody who is thought up: the wheel would say something else to whoever is real.
    activity = lucky.unknown(activity, compiled.draws)
    decision = course.decide(compiled, activity, now=at, trace=True)
    if decision.refusal is None:
        course.take(activity, decision, compiled)
    return _shown(compiled, activity, decision, course.known)


def _shown(compiled: Compiled, activity: Activity, decision: Decision, after: Known) -> Simulated:
    answer = refused = None
    if decision.refusal is None:
        answer = answers.answer(activity, decision, after, member=MemberOut(id="imagined"), compiled=compiled)
        answer = msgspec.structs.replace(answer, activity_id=None)
    else:
        refused = msgspec.Raw(answers.refused(decision.refusal, compiled).body)
    return Simulated(
        release=compiled.release.number,
        type=activity.type,
        occurred_at=activity.occurred_at,
        points=decision.points,
        rules=tuple(msgspec.Raw(msgspec.json.encode(rule)) for rule in decision.trace),
        answer=answer,
        refused=refused,
        events=tuple(
            EventSeen(type=one.type, data={name: value for name, value in one.data.items() if name not in _OWN_IDS})
            for one in decision.events
        ),
        segments=tuple(Moved(segment=one.segment, entered=one.entered) for one in decision.segments),
        tiers={one.ladder: one.level for one in decision.tiers},
    )


async def _under(process: Process, program_id: int, *, release: int | None, draft: str | None) -> Compiled:
    if release is None and draft is None:
        # Whoever tries a program may have published it a moment ago, which this process need not have heard of yet.
        process.programs.forget(program_id)
        await process.programs.ready(program_id)
        return process.programs.current(program_id)
    async with process.database.read(programs=[program_id]) as tx:
        wanted = await _wanted(tx, program_id, release=release, draft=draft)
    # A large one takes seconds, in which the till is not to wait.
    return await asyncio.to_thread(engine.compile, wanted)


async def _wanted(tx: Transaction, program_id: int, *, release: int | None, draft: str | None) -> Release:
    if draft is not None:
        like = await program.current(tx, program_id=program_id)
        text = (await program.merge_draft(tx, program_id=program_id, name=draft)).text
        return program.candidate(program.prepare(text).program, program_id=program_id, like=like)
    shown = await program.show_release(tx, program_id=program_id, number=release or 0)
    if shown.published_at is not None:
        return await program.release(tx, program_id=program_id, number=shown.number)
    calendar = await program.calendar(tx, program_id=program_id)
    before = await program.current(tx, program_id=program_id) if calendar else None
    return program.candidate(shown.program, program_id=program_id, number=shown.number, like=before)
