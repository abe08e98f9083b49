"""What a release asks of the members who are there already: metrics filled, segments worked out. Until both are done it
is preparing; decisions never wait for it, since each account is made ready by its own next activity.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities import filling, recomputing, walks
from regulars.activities.faults import NothingPublished
from regulars.kit import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Lane, Transaction

ALONE: Final = 4_000
"""With fewer accounts than this, making processes costs more than they save."""


class Preparing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the newest release that asked for something has come: `percent` of the accounts have the metrics that it
    adds, and whether everybody is in the segments that it changes. `ready` when there is nothing left to do."""

    release: int
    percent: int
    accounts: int
    segments_done: bool
    ready: bool


_UNDER_OLDER: Final = """
select exists (
    select from regulars.activity where program_id = $1 and activity_id >= $2
        and release < (select max(number) from regulars.release where program_id = $1)
)
"""
_AGAIN: Final = "delete from regulars.walk where program_id = $1 and purpose = any($2::text[])"


async def status(tx: Transaction, known: Mapping[int, Compiled], *, program_id: int) -> Preparing | None:
    """How far it has come, also where the worker has not begun yet; None where no release ever asked for anything.
    `known` are all releases of the program, by number."""
    fill = await walks.progress(tx, program_id=program_id, purpose=filling.PURPOSE)
    segments = await walks.progress(tx, program_id=program_id, purpose=recomputing.PURPOSE)
    anybody = await filling.anybody(tx, program_id=program_id)
    fills = anybody and filling.asks(known, fill)
    moves = anybody and recomputing.asks(known, segments) is not None
    newest = max(known) if fills or moves else max((one.release for one in (fill, segments) if one), default=None)
    if newest is None:
        return None
    return Preparing(
        release=newest,
        percent=filling.percent(known, fill) if fills else 100,
        accounts=max((one.accounts for one in (fill, segments) if one is not None), default=0),
        segments_done=not moves,
        ready=not (fills or moves),
    )


async def again(tx: Transaction, *, program_id: int, since: dt.datetime | None) -> bool:
    """Let the worker go through all accounts once more if since a moment (None: ever) somebody came in under a release
    that holds no more; whether it was so. Its own next activity may be long in coming."""
    first = UUID(int=0) if since is None else ids.first_of(int(since.timestamp() * 1000))
    if not await tx.fetchval(_UNDER_OLDER, program_id, first):
        return False
    await tx.execute(_AGAIN, program_id, [filling.PURPOSE, recomputing.PURPOSE])
    return True


async def prepare(process: Process, lane: Lane, *, program_id: int, now: dt.datetime, processes: int) -> bool:
    """Do what the newest release of a program asks for; whether there was anything. Raises DatabaseUnavailable and its
    like: then the next call goes on where this one was.
    """
    try:
        await process.programs.ready(program_id)
    except NothingPublished:
        return False
    known = process.programs.all(program_id)
    async with lane.transaction(programs=[program_id]) as tx:
        release = await filling.begin(tx, known, program_id=program_id)
    if release is not None:
        await _fill(process, program_id=program_id, release=release, processes=processes)
    async with lane.transaction(programs=[program_id]) as tx:
        progress = await walks.progress(tx, program_id=program_id, purpose=filling.PURPOSE)
        if progress is not None and not progress.finished:
            # Other processes are still at it: segments read what they count.
            return True
        asked = await recomputing.begin(tx, known, program_id=program_id)
    if asked is not None:
        await recomputing.run(process, lane, program_id=program_id, asked=asked, now=now)
    return release is not None or asked is not None


async def _fill(process: Process, *, program_id: int, release: int, processes: int) -> None:
    async with process.database.read(programs=[program_id]) as tx:
        progress = await walks.progress(tx, program_id=program_id, purpose=filling.PURPOSE)
    if processes < 2 or progress is None or progress.accounts < ALONE:
        known = process.programs.all(program_id)
        await filling.work(process.database, known, program_id=program_id, release=release)
        return
    await asyncio.to_thread(
        filling.run, process.database.address, program_id=program_id, release=release, processes=processes
    )
