"""Idempotency keys of writes that are no activities: stock, locks of codes, pay-outs. One claim, one stored answer.

What is written in one transaction claims its key, works and keeps its answer there: `once`. What takes several claims
its key for what it began, so that whoever was stopped in the middle finds it again, and keeps the answer at its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response

from regulars.activities import doors
from regulars.activities.contracts import Reply
from regulars.activities.doors import Call
from regulars.activities.faults import IdempotencyKeyReused, StillRunning
from regulars.kit import edge, http

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

_CLAIM: Final = """
insert into regulars.claim (program_id, client_id, key, digest, account_id, activity_id, claimed_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""
_CLAIMED: Final = """
select c.digest, c.account_id, c.activity_id, w.status, w.body from regulars.claim c
left join regulars.answer w on w.activity_id = c.activity_id and w.account_id = c.account_id
where c.program_id = $1 and c.client_id = $2 and c.key = $3
"""
_POINT: Final = """
update regulars.claim set account_id = $4 where program_id = $1 and client_id = $2 and key = $3
"""
_KEEP: Final = """
insert into regulars.answer (activity_id, account_id, program_id, status, body) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What stands under a key: what was begun, the id of its answer, and the answer once there is one. `first`: nobody
    came with this key before."""

    thing: UUID
    answer_id: UUID
    first: bool
    reply: Reply | None = None


def keyed(request: Request[Any, Any, Any], raw: bytes) -> Call:
    """Who calls, under which key. Raises IdempotencyKeyMissing, IdempotencyKeyMalformed."""
    return doors.call(request.scope, raw, keyed=True)


async def begin(tx: Transaction, call: Call) -> Kept:
    """Claim the key for this body; who comes second waits until the first transaction is over. Raises
    IdempotencyKeyReused."""
    who = (call.actor.program_id, call.actor.key_id, call.key)
    thing = edge.new_id(call.at)
    first = await tx.execute(_CLAIM, *who, call.digest, thing, edge.new_id(call.at), call.at) == 1
    row = await tx.fetchrow(_CLAIMED, *who)
    if row is None:
        raise StillRunning
    if row["digest"] != call.digest:
        raise IdempotencyKeyReused
    reply = None if row["status"] is None else Reply(status=row["status"], body=row["body"], replayed=True)
    return Kept(thing=row["account_id"], answer_id=row["activity_id"], first=first, reply=reply)


async def point(tx: Transaction, call: Call, thing: UUID) -> None:
    """The key stands for this from now on; in the transaction that claimed it."""
    await tx.execute(_POINT, call.actor.program_id, call.actor.key_id, call.key, thing)


async def keep(tx: Transaction, call: Call, value: Any, *, status: int = 200) -> Reply:
    """Keep the answer under the key; where another process was quicker, its answer is the answer. Raises
    IdempotencyKeyReused."""
    kept = await begin(tx, call)
    if kept.reply is not None:
        return kept.reply
    body = msgspec.json.encode(value)
    if await tx.execute(_KEEP, kept.answer_id, kept.thing, call.actor.program_id, status, body):
        return Reply(status=status, body=body)
    return (await begin(tx, call)).reply or Reply(status=status, body=body)


async def once(
    request: Request[Any, Any, Any], raw: bytes, work: Callable[[Transaction], Awaitable[Any]], *, status: int = 200
) -> Response[bytes]:
    """Do `work` and keep its answer in one transaction; again under the same key, the answer is given and nothing done.
    What `work` raises undoes the claim, so that the key is not used up. Raises IdempotencyKeyMissing,
    IdempotencyKeyMalformed, IdempotencyKeyReused."""
    call = keyed(request, raw)
    async with request.app.state.database.transaction(programs=[call.actor.program_id]) as tx:
        kept = await begin(tx, call)
        reply = kept.reply or await keep(tx, call, await work(tx), status=status)
    return answered(reply)


def answered(reply: Reply) -> Response[bytes]:
    """The bytes as they were stored."""
    headers = doors.REPLAYED if reply.replayed else None
    return Response(reply.body, status_code=reply.status, media_type=http.JSON, headers=headers)
