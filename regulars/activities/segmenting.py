"""Segments for whoever asks about them: how many are in each, who they are, and static lists put together by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities import audience_faults, batch
from regulars.activities.contracts import Identifier, Intake
from regulars.activities.items import Item
from regulars.engine.contracts.activity import ProfileChange
from regulars.engine.contracts.decision import Outcome
from regulars.kit import pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.activities.process import Process
    from regulars.kit.database import Lane, Transaction
    from regulars.program.contracts.definitions import Program


_COUNTS: Final = """
select segment, count(*) as members from regulars.member_segment where program_id = $1 group by segment
"""
_PAGE: Final = """
select member_id from regulars.member_segment where program_id = $1 and segment = $2 and member_id > $3
order by member_id limit $4
"""


class SegmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """A segment of the program in force; `members` are those in it as of the last look at each: an activity of theirs,
    or the moment at which time was to move them."""

    name: str
    condition: str | None
    static: bool
    announce_on_release: bool
    members: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the identifiers handed in for a static segment: nobody is enrolled for it."""

    changed: int = 0
    unknown: int = 0
    """Identifiers that lead to nobody."""
    refused: int = 0


async def counts(tx: Transaction, program: Program, *, program_id: int) -> list[SegmentCount]:
    """Every segment of a program with its members, by name."""
    rows = {row["segment"]: row["members"] for row in await tx.fetch(_COUNTS, program_id)}
    return [
        SegmentCount(
            name=name,
            condition=one.if_,
            static=one.static,
            announce_on_release=one.announce_on_release,
            members=rows.get(name, 0),
        )
        for name, one in sorted(program.segments.items())
    ]


async def members(
    tx: Transaction, program: Program, *, program_id: int, name: str, cursor: str | None, limit: int | None
) -> pages.Page[UUID]:
    """The members of a segment, by id. Raises NoSuchSegment, MalformedCursor, LimitOutOfRange."""
    known(program, name)
    size = pages.check_limit(limit)
    after = UUID(int=0) if cursor is None else UUID(pages.decode_cursor(cursor, str))
    rows = await tx.fetch(_PAGE, program_id, name, after, size + 1)
    page = pages.page([row["member_id"] for row in rows], limit=size, key=str)
    return pages.Page(items=page.items, next_cursor=page.next_cursor)


def known(program: Program, name: str, *, static: bool = False) -> None:
    """Raises NoSuchSegment, SegmentNotStatic."""
    if name not in program.segments:
        raise audience_faults.NoSuchSegment(segment=name[:60], known=", ".join(sorted(program.segments)) or "-")
    if static and not program.segments[name].static:
        raise audience_faults.SegmentNotStatic(segment=name)


async def put(
    process: Process,
    lane: Lane,
    *,
    program_id: int,
    name: str,
    who: Sequence[Identifier],
    adds: bool,
    now: dt.datetime,
    by: str | None = None,
) -> Listed:
    """Put members on a static segment or take them off it, a few thousand at most in one call: each gets an activity of
    type `profile`. Twice is as once. Raises NothingPublished, NoSuchSegment, SegmentNotStatic, DatabaseUnavailable."""
    await process.programs.ready(program_id)
    known(process.programs.current(program_id).program, name, static=True)
    change = ProfileChange(add_to=(name,)) if adds else ProfileChange(remove_from=(name,))
    items = [
        Item(
            Intake(
                program_id=program_id,
                type="profile",
                received_at=now,
                source="segment",
                who=(one,),
                profile=change,
                may_enrol=False,
                by=by,
            ),
            activity_id=process.new_id(now),
            history=True,
        )
        for one in dict.fromkeys(who)
    ]
    await batch.run_apart(process, lane, items, now=now)
    outcomes = Counter(_outcome(item) for item in items)
    return Listed(changed=outcomes["changed"], unknown=outcomes["unknown"], refused=outcomes["refused"])


def _outcome(item: Item) -> str:
    if item.fault is not None:
        return "unknown"
    said = item.decision
    return "changed" if said is not None and said.outcome is Outcome.ACCEPTED else "refused"
