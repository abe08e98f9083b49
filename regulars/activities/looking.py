"""What one member has and is now, for whoever only looks: loaded like a decision, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from regulars.access import service as access
from regulars.activities import deciding, load, pasts, prepare, wishing
from regulars.engine import service as engine
from regulars.engine.contracts.points import LotsNeeded
from regulars.kit import http, ids
from regulars.members import service as members

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from uuid import UUID

    from litestar import Request

    from regulars.activities.process import Process
    from regulars.engine.contracts.view import StandingSeen, View
    from regulars.kit.database import Transaction


async def look(process: Process, *, program_id: int, member_id: UUID, now: dt.datetime) -> View:
    """A member as of now, under the release in force. Raises MemberNotFound, NothingPublished."""
    view: View = await look_for(process, engine.view, program_id=program_id, member_id=member_id, now=now)
    return view


async def look_at(request: Request[Any, Any, Any], member_id: str) -> View:
    """The member whom a route is asked about, as of now, for whoever asks. Raises MemberNotFound, NothingPublished,
    MalformedId, WrongKindOfId."""
    return await look(
        request.app.state.runtime,
        program_id=access.actor_of(request).program_id,
        member_id=ids.from_wire("mem", member_id),
        now=http.now(request),
    )


async def look_for(
    process: Process, ask: Callable[..., Any], *, program_id: int, member_id: UUID, now: dt.datetime
) -> Any:
    """What the engine says of a member as of now: `ask(compiled, known, member_id=, at=)`. Raises MemberNotFound,
    NothingPublished."""
    await process.programs.ready(program_id)
    async with process.database.read(programs=[program_id]) as tx:
        found = await members.member(tx, program_id=program_id, member_id=member_id)
        there = await members.home(tx, program_id=program_id, member_id=member_id)
        return await _asked(
            process,
            tx,
            ask,
            program_id=program_id,
            account_id=there.account_id,
            member_id=there.member_id,
            enrolled_at=found.enrolled_at,
            now=now,
        )


async def standing(
    process: Process,
    tx: Transaction,
    *,
    program_id: int,
    account_id: UUID,
    member_id: UUID,
    enrolled_at: dt.datetime | None,
    now: dt.datetime,
) -> StandingSeen:
    """Balances and tiers of somebody who has just been found, in the snapshot in which they were; the programs are
    `ready`."""
    seen: StandingSeen = await _asked(
        process,
        tx,
        engine.standing,
        program_id=program_id,
        account_id=account_id,
        member_id=member_id,
        enrolled_at=enrolled_at,
        now=now,
    )
    return seen


async def _asked(
    process: Process,
    tx: Transaction,
    ask: Callable[..., Any],
    *,
    program_id: int,
    account_id: UUID,
    member_id: UUID,
    enrolled_at: dt.datetime | None,
    now: dt.datetime,
) -> Any:
    compiled = process.programs.at(program_id, now)
    zone = compiled.program.program.zone
    today = prepare.local_day(now, zone)
    wish = load.Wish(
        account_id=account_id,
        program_id=program_id,
        members=(member_id,),
        zone=zone,
        first_day=today,
        today=today,
        counts=bool(compiled.member_metrics),
        sliding=compiled.sliding_days,
        whole=compiled.whole_days,
        counters=engine.view_ranges(compiled, account_id, member_id, now),
    )
    for _ in range(deciding.ROUNDS):
        loaded = (await load.load(tx.connection, [wish]))[account_id]
        try:
            kept = await pasts.kept_up(process, tx, loaded, compiled, now=now)
            known = msgspec.structs.replace(kept, enrolled_at=enrolled_at)
            return ask(compiled, known, member_id=member_id, at=now)
        except LotsNeeded as need:
            wish = wishing.thirstier(wish, need)
    raise RuntimeError("the engine asked for lots again and again")
