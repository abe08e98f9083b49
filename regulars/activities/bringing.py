"""Moves between accounts, begun here and brought to their end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import structlog

from regulars.access import service as access
from regulars.activities import claims, moves, moving, receiving
from regulars.activities.contracts import Intake, Reply
from regulars.kit import edge
from regulars.kit.errors import DatabaseUnavailable

if TYPE_CHECKING:
    import datetime as dt

    from regulars.activities.doors import Call
    from regulars.activities.runtime import Runtime

log = structlog.get_logger(__name__)


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


async def begun_before(runtime: Runtime, call: Call) -> Reply | None:
    """What became of the move that was handed in under this key with these bytes, as `move` answers a retry; None where
    there was none. For a caller whose own look at the members would refuse what was done long ago."""
    program_id = call.actor.program_id
    async with runtime.database.read(programs=[program_id]) as tx:
        [found] = await claims.answers(tx.connection, [(program_id, call.actor.key_id, call.key or "")])
        if found is None or found.answered is None or found.key_digest != call.digest:
            return None
        begun = await moves.of_activity(tx, program_id=program_id, activity_id=found.activity_id)
    status, body = found.answered
    kept = Reply(status=status, body=body, activity_id=found.activity_id)
    return msgspec.structs.replace(kept if begun is None else moving.reply(begun), replayed=True)


async def send(runtime: Runtime, intake: Intake, who: tuple[tuple[str, str], ...]) -> Reply:
    """Hand in points that are sent (`intake.transfer`) to whom these (kind, value) pairs name, and bring them there.

    The reply is as that of `move`. Raises as `submit` does, NoIdentifier, IdentifiersDisagree.
    """
    found = await receiving.send(runtime, intake, who)
    return found if isinstance(found, Reply) else await move(runtime, found)


async def finish_moves(runtime: Runtime, *, now: dt.datetime, limit: int = 100) -> int:
    """Finish moves whose process ended between leaving and arriving; how many there were. Raises DatabaseUnavailable
    and its like."""
    programs = await access.every_program(runtime.database)
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
