"""Who is in which segment after a release that changes conditions: those whose membership differs get a tick, nobody
else. The tick moves them, in silence unless the segment is announced (`engine.rejudging`).

Who is in the middle of a ladder or challenge that a release restarts or closes becomes due at once, so that what SQL
reads of them is what their next decision would make of it.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities import audience_sql, audiences, batch, sweeper, walks
from regulars.activities.audience_sql import NoSql
from regulars.activities.contracts import Intake
from regulars.activities.items import Item
from regulars.engine import service as engine
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.values import WindowKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from regulars.activities.audience_sql import Statement
    from regulars.activities.process import Process
    from regulars.activities.walks import Progress
    from regulars.engine.service import Compiled
    from regulars.kit.database import Lane, Transaction

PURPOSE: Final = "segments"
TICKS: Final = 500
_LADDERS: Final = "ladders."
_CHALLENGES: Final = "challenges."

# Of everybody the pieces of the walk are one: members who differ are found by a statement for each segment.
_BEGIN: Final = """
insert into regulars.walk (program_id, purpose, release, piece, accounts, done, touched)
select $1, $2, $3, 0, count(*), 0, 0 from regulars.account where program_id = $1
on conflict do nothing
"""

_NO_LONGER: Final = """
select distinct account_id, member_id from regulars.member_segment
where program_id = $1 and segment <> all($2::text[])
"""

_IN_IT: Final = "select account_id, member_id from regulars.member_segment where program_id = $1 and segment = $2"

_NUDGE: Final = """
insert into regulars.due as d (account_id, program_id, review_at)
select account_id, $1, $2 from (
    select distinct account_id from regulars.day_row where program_id = $1 and ($3::date is null or day >= $3)
    union
    select account_id from regulars.account where program_id = $1 and $4
) moving order by account_id
on conflict (account_id) do update set review_at = least(d.review_at, excluded.review_at)
"""


_SETTLE: Final = """
insert into regulars.due as d (account_id, program_id, review_at)
select account_id, $1, $2 from (
    select account_id from regulars.member_tier where program_id = $1 and ladder = any($3::text[])
    union
    select account_id from regulars.account a where program_id = $1 and cardinality($4::text[]) > 0 and exists (
        select from unnest($4::text[]) as t (name) where position(convert_to(t.name, 'UTF8') in a.state) > 0)
) middle order by account_id
on conflict (account_id) do update set review_at = least(d.review_at, excluded.review_at)
"""


class Asked(msgspec.Struct, frozen=True):
    """What the newest release asks for: segments to be gone through, and paths of ladders and challenges that do not go
    on for whoever is in the middle of them."""

    segments: frozenset[str] = frozenset()
    midway: frozenset[str] = frozenset()


async def begin(tx: Transaction, known: Mapping[int, Compiled], *, program_id: int) -> Asked | None:
    """What has to be done for the newest release; None where it is nothing."""
    newest = max(known)
    asked = asks(known, await walks.progress(tx, program_id=program_id, purpose=PURPOSE))
    if asked is None:
        return None
    await tx.execute(
        "delete from regulars.walk where program_id = $1 and purpose = $2 and release < $3",
        program_id,
        PURPOSE,
        newest,
    )
    await tx.execute(_BEGIN, program_id, PURPOSE, newest)
    return asked


def asks(known: Mapping[int, Compiled], before: Progress | None) -> Asked | None:
    """As `begin`, `before` being the walk that was last begun."""
    if before is not None and before.release == max(known) and before.finished:
        return None
    since = before.release if before is not None and before.finished else min(known)
    names = changed(known, since=since)
    removed = any(
        set(known[one].program.segments) - set(known[other].program.segments)
        for one, other in pairwise(sorted(number for number in known if number >= since))
    )
    midway = settles(known, since=since)
    return Asked(names, midway) if names or removed or midway else None


def settles(known: Mapping[int, Compiled], *, since: int) -> frozenset[str]:
    """The ladders and challenges of the newest release that some release after `since` has restarted or closed."""
    newest = known[max(known)]
    if not newest.has_midway:
        return frozenset()
    return frozenset(
        path
        for path, one in newest.release.midway.items()
        if one.since > since and one.policy is not MidwayPolicy.KEEP and path.startswith((_LADDERS, _CHALLENGES))
    )


def changed(known: Mapping[int, Compiled], *, since: int) -> frozenset[str]:
    """The segments of the newest release that some release after `since` has changed."""
    numbers = sorted(number for number in known if number >= since)
    names: frozenset[str] = frozenset().union(
        *(engine.rejudged(known[after], known[before]) for before, after in pairwise(numbers))
    )
    return names & frozenset(known[max(known)].program.segments)


async def run(process: Process, lane: Lane, *, program_id: int, asked: Asked, now: dt.datetime) -> int:
    """Give a tick to everybody who is in one of these segments and should not be, or the other way round; how many.

    Safe to repeat after a kill: whoever was moved no longer differs. Raises DatabaseUnavailable.
    """
    compiled, names = process.programs.current(program_id), asked.segments
    seen: set[tuple[UUID, UUID]] = set()
    waiting: list[tuple[UUID, UUID]] = []
    async for one in _who(process, compiled, names, now):
        if one not in seen:
            seen.add(one)
            waiting.append(one)
        if len(waiting) == TICKS:
            await tick(process, lane, program_id, waiting, now=now)
            await _advance(lane, compiled, len(waiting))
            waiting = []
    if waiting:
        await tick(process, lane, program_id, waiting, now=now)
        await _advance(lane, compiled, len(waiting))
    async with lane.transaction(programs=[program_id]) as tx:
        await _nudge(tx, compiled, names, now)
        await _settle(tx, asked.midway, program_id, now)
        await tx.execute(
            "update regulars.walk set done = accounts, finished_at = $4"
            " where program_id = $1 and purpose = $2 and release = $3",
            program_id,
            PURPOSE,
            compiled.release.number,
            now,
        )
    return len(seen)


async def tick(
    process: Process, lane: Lane, program_id: int, members: Sequence[tuple[UUID, UUID]], *, now: dt.datetime
) -> None:
    """Let time look at some members, of different accounts or not, in one batch. Raises DatabaseUnavailable."""
    items = [
        Item(
            Intake(
                program_id=program_id,
                type="tick",
                received_at=now,
                source="time",
                account_id=account_id,
                member_id=member_id,
            ),
            activity_id=process.new_id(now),
            history=True,
        )
        for account_id, member_id in members
    ]
    await batch.run_apart(process, lane, items, now=now)


async def _advance(lane: Lane, compiled: Compiled, count: int) -> None:
    program_id = compiled.release.program_id
    async with lane.transaction(programs=[program_id]) as tx:
        await tx.execute(
            "update regulars.walk set touched = touched + $4 where program_id = $1 and purpose = $2 and release = $3",
            program_id,
            PURPOSE,
            compiled.release.number,
            count,
        )


async def _who(
    process: Process, compiled: Compiled, names: frozenset[str], now: dt.datetime
) -> AsyncIterator[tuple[UUID, UUID]]:
    program_id, definitions = compiled.release.program_id, compiled.program.segments
    async with audiences.reading(process, program_id) as tx:
        for row in await tx.fetch(_NO_LONGER, program_id, list(definitions)):
            yield row["account_id"], row["member_id"]
    for name in sorted(names):
        condition = definitions[name].if_
        if condition is None:
            continue
        try:
            made = audience_sql.statement(compiled, condition, now=now)
        except NoSql:
            async for one in _differ_by_walk(process, compiled, name, condition, now):
                yield one
            continue
        async with audiences.reading(process, program_id) as tx:
            text, parameters = _differing(made, name)
            rows = await tx.fetch(text, *parameters)
        for row in rows:
            yield row["account_id"], row["member_id"]


def _differing(made: Statement, name: str) -> tuple[str, list[object]]:
    number = len(made.parameters) + 1
    text = (
        f"select m.account_id, m.member_id from {made.source}"
        " left join regulars.member_segment was on was.account_id = m.account_id and was.member_id = m.member_id"
        f" and was.segment = ${number}"
        " where m.program_id = $1 and m.status <> 'erased'"
        f" and coalesce(({made.condition}), false) <> (was.segment is not null)"
    )
    return text, [*made.parameters, name]


async def _differ_by_walk(
    process: Process, compiled: Compiled, name: str, condition: str, now: dt.datetime
) -> AsyncIterator[tuple[UUID, UUID]]:
    program_id = compiled.release.program_id
    async with audiences.reading(process, program_id) as tx:
        was = {(row["account_id"], row["member_id"]) for row in await tx.fetch(_IN_IT, program_id, name)}
    should = {one async for one in audiences.walk(process, compiled, condition, now=now)}
    for one in sorted(was ^ should):
        yield one


async def _nudge(tx: Transaction, compiled: Compiled, names: frozenset[str], now: dt.datetime) -> None:
    """Who stays where they are today may move by time alone, on a day that no release before this one looked out for:
    the sweeper looks at everybody whose numbers time still moves, once."""
    plans = [plan for plan in compiled.segments if plan.name in names]
    reads = {path for plan in plans for path in plan.reads}
    moving = [watch.plan for watch in compiled.watched if f"member.metrics.{watch.plan.name}" in reads]
    volatile = any(plan.volatile for plan in plans)
    if not moving and not volatile:
        return
    today = now.astimezone(compiled.zone).date()
    slides = all(plan.kind is WindowKind.SLIDING for plan in moving)
    since = today - dt.timedelta(days=compiled.watched_days) if slides else None
    await tx.execute(_NUDGE, compiled.release.program_id, now, since, volatile)


async def _settle(tx: Transaction, midway: frozenset[str], program_id: int, now: dt.datetime) -> None:
    """Let the sweeper come at once to whoever may be in the middle of something that does not go on."""
    if midway:
        ladders, challenges = (
            sorted(path.removeprefix(kind) for path in midway if path.startswith(kind))
            for kind in (_LADDERS, _CHALLENGES)
        )
        await tx.execute(_SETTLE, program_id, now - sweeper.GRACE, ladders, challenges)
