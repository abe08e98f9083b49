"""Activities handed in, alone or one after another, and the answers that were given to them."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.activities import batch, queries
from regulars.activities.contracts import Circumstances, Intake, Reply
from regulars.activities.doors import Call, circumstances
from regulars.activities.items import Item
from regulars.activities.recalling import recall
from regulars.kit import edge, ids
from regulars.kit.errors import NotFound, RegularsError
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from regulars.activities.runtime import Runtime
    from regulars.kit.database import Transaction


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
    runtime: Runtime, call: Call, body: Circumstances, path: Mapping[str, Any], *, gives: bool = False, **given: Any
) -> Reply:
    """Hand in an activity (`type` and its part are `given`) of the member that a path names. What it `gives` to
    somebody who was merged into another member goes home with them (L66). Raises what `submit` does, MemberNotFound,
    MalformedId, WrongKindOfId."""
    program_id, one = call.actor.program_id, ids.from_wire("mem", path["member_id"])
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
    return await submit(
        runtime,
        Intake(
            account_id=there.account_id,
            member_id=there.member_id,
            named=one if gives and one != there.member_id else None,
            may_enrol=False,
            **given,
            **circumstances(call, body),
        ),
    )
