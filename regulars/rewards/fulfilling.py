"""What an order waits for outside: targets are told, again and again, and what is overdue is ended.

Whoever takes an order up puts its next look ahead by a lease, so that two workers do not tell the same at once and one
that was killed is followed by another. A target may hear a message twice, always under the same id; what it answered
becomes an activity once, under a key made of the order and the step.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from typing import Any, Final
from uuid import UUID

import httpx
import structlog

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Intake
from regulars.engine.contracts.gifts import OrderAct
from regulars.kit import ids
from regulars.kit.errors import RegularsError
from regulars.members import service as members
from regulars.rewards import orders, targets
from regulars.rewards.orders import OrderShown

_log = structlog.get_logger("regulars.rewards")

LEASE: Final = dt.timedelta(seconds=60)
PAUSES_S: Final = (2, 10, 60, 300, 1800, 3600, 7200, 14_400)
"""How long to wait after each try; after the last one it is tried at that pace until the step's time is over."""
TRIES_MOST: Final = 200
_NO_CLIENT: Final = UUID(int=0)
_MESSAGE: Final = "reward.step"


async def look_after(runtime: Any, *, now: dt.datetime, limit: int = 50) -> int:
    """One round over the orders that are due; how many were. Call it again while it gives `limit`. Raises
    DatabaseUnavailable."""
    async with runtime.database.read(programs=[]) as tx:
        programs = [program.program_id for program in await access.programs(tx)]
    done = 0
    addresses = targets.parse(runtime.settings.webhook_targets)
    for program_id in programs:
        async with runtime.database.transaction(programs=[program_id]) as tx:
            taken = await orders.take_up(tx, program_id=program_id, now=now, until=now + LEASE, limit=limit)
        if taken:
            async with httpx.AsyncClient(timeout=targets.TIMEOUT_S, follow_redirects=False) as client:
                looks = [_look(runtime, client, addresses, program_id, one, now=now) for one in taken]
                await asyncio.gather(*looks)
        done = max(done, len(taken))
    return done


async def _look(
    runtime: Any, client: httpx.AsyncClient, addresses: dict[str, str], program_id: int, one: OrderShown, *, now: Any
) -> None:
    try:
        if one.due_at is not None and one.due_at <= now:
            await _say(runtime, program_id, one, now=now, act="overdue", mark=one.due_at.isoformat())
        elif one.does == "webhook" and one.stage == "":
            await _tell(runtime, client, addresses, program_id, one, now=now)
    except RegularsError as fault:
        _log.warning("an order waits", order=one.id, code=fault.code)
        await _later(runtime, program_id, one, now=now, fault=fault.code)


async def _tell(
    runtime: Any, client: httpx.AsyncClient, addresses: dict[str, str], program_id: int, one: OrderShown, *, now: Any
) -> None:
    url = addresses.get(one.target)
    if url is None:
        await _later(runtime, program_id, one, now=now, fault=f"no target {one.target} in REGULARS_WEBHOOK_TARGETS")
        return
    if one.form and await _is_withheld(runtime, program_id, one, now=now):
        # What was filled in was for a purpose that the member has said no to since.
        await _say(runtime, program_id, one, now=now, act="step", outcome="failed", reason="consent_missing")
        return
    message_id = f"{one.id}.{one.step}"
    told = await targets.tell(
        client,
        url,
        _body(one),
        message_id=message_id,
        signed_with=targets.secret(runtime.settings.home, one.target),
        now=now,
    )
    if told.ok:
        outcome = "told" if one.detail.get("confirm") else "done"
        await _say(runtime, program_id, one, now=now, act="step", outcome=outcome, detail=told.detail)
    elif told.final or one.tries >= TRIES_MOST:
        await _say(runtime, program_id, one, now=now, act="step", outcome="failed", reason=told.fault)
    else:
        await _later(runtime, program_id, one, now=now, fault=told.fault)


async def _is_withheld(runtime: Any, program_id: int, one: OrderShown, *, now: dt.datetime) -> bool:
    member_id, order_id = ids.from_wire("mem", one.member), ids.from_wire("ord", one.id)
    found = await activities.order_withheld(
        runtime, program_id=program_id, member_id=member_id, order_id=order_id, now=now
    )
    return found is not None


def _body(one: OrderShown) -> dict[str, Any]:
    return {
        "type": _MESSAGE,
        "order": one.id,
        "step": one.step,
        "reward": one.reward,
        "member": one.member,
        "placed_at": one.placed_at,
        "due_at": one.due_at,
        "form": one.form,
        "detail": {name: value for name, value in one.detail.items() if name != "confirm"},
    }


async def _say(
    runtime: Any, program_id: int, one: OrderShown, *, now: dt.datetime, act: str, mark: str = "", **said: Any
) -> None:
    """Hand in what came of it, once: the same outcome of the same step has the same key."""
    member_id, order_id = ids.from_wire("mem", one.member), ids.from_wire("ord", one.id)
    async with runtime.database.read(programs=[program_id]) as tx:
        there = await members.home(tx, program_id=program_id, member_id=member_id)
    key = f"{one.id}/{one.step}/{said.get('outcome', act)}{mark}"
    step = one.step if act == "step" else None
    reply = await activities.submit(
        runtime,
        Intake(
            program_id=program_id,
            client_id=_NO_CLIENT,
            key=key,
            digest=hashlib.sha256(key.encode()).digest(),
            type="order",
            received_at=now,
            source="worker",
            account_id=there.account_id,
            member_id=there.member_id,
            may_enrol=False,
            order=OrderAct(act=act, order_id=order_id, step=step, by="system", **said),
        ),
    )
    if reply.status >= 400:
        # Somebody else was faster, or its member moved: the account knows, and this row has nothing to wait for.
        await _later(runtime, program_id, one, now=now, fault=f"{act} refused: HTTP {reply.status}")


async def _later(runtime: Any, program_id: int, one: OrderShown, *, now: dt.datetime, fault: str) -> None:
    pause = PAUSES_S[min(one.tries, len(PAUSES_S)) - 1]
    again = now + dt.timedelta(seconds=pause)
    if one.due_at is not None and one.due_at > now:
        again = min(again, one.due_at)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        await orders.put_off(
            tx, program_id=program_id, order_id=ids.from_wire("ord", one.id), step=one.step, until=again, fault=fault
        )
