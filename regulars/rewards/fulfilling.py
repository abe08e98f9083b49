"""What an order waits for outside: targets are told, again and again, and what is overdue is ended.

Whoever takes an order up puts its next look ahead by a lease, so that two workers do not tell the same at once and one
that was killed is followed by another. A target may hear a message twice, always under the same id; what it answered
becomes an activity once, under a key made of the order and the step.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import hashlib
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
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
ROUND_S: Final = 2.0
"""How long a round waits for its targets before the next one begins beside it."""
BUSY_FROM: Final = 20
"""Looks that one target lets wait at a time."""
_MESSAGE: Final = "reward.step"


class _Underway(msgspec.Struct, frozen=True):
    """Looks that outlast their round, by the target that they wait for."""

    looks: dict[asyncio.Task[None], str]

    def busy(self) -> list[str]:
        """Targets that are slow to answer: nothing more is told to them until they have."""
        waited_for = Counter(self.looks.values())
        return [target for target, looks in waited_for.items() if target and looks >= BUSY_FROM]


_underway: Final[WeakKeyDictionary[Any, _Underway]] = WeakKeyDictionary()
"""By the runtime that they belong to."""


async def look_after(runtime: Any, *, now: dt.datetime, limit: int = 50) -> int:
    """One round over the orders that are due; how many were. Call it again while it gives `limit`.

    A round does not wait for a slow target: its looks go on beside the next rounds, each bounded by the time that a
    target has to answer, which is shorter than the lease. Raises DatabaseUnavailable.
    """
    underway = _underway.setdefault(runtime, _Underway({}))
    programs = await access.every_program(runtime.database)
    done = 0
    addresses = targets.parse(runtime.settings.webhook_targets)
    for program_id in programs:
        async with runtime.database.transaction(programs=[program_id]) as tx:
            taken = await orders.take_up(
                tx, program_id=program_id, now=now, until=now + LEASE, limit=limit, busy=underway.busy()
            )
        await _round(underway, [(_look(runtime, addresses, program_id, one, now=now), one.target) for one in taken])
        done = max(done, len(taken))
    return done


async def _round(underway: _Underway, looks: list[tuple[Coroutine[Any, Any, None], str]]) -> None:
    fresh = {asyncio.create_task(look): target for look, target in looks}
    if not fresh:
        return
    underway.looks.update(fresh)
    try:
        done, slow = await asyncio.wait(fresh, timeout=ROUND_S)
    except asyncio.CancelledError:
        for task in fresh:
            task.cancel()
        raise
    finally:
        for task in fresh:
            # One that is done already is taken out at the next turn of the loop.
            task.add_done_callback(functools.partial(_ended, underway))
    for task in slow:
        task.add_done_callback(_told_late)
    for task in done:
        task.result()


def _ended(underway: _Underway, task: asyncio.Task[None]) -> None:
    underway.looks.pop(task, None)


def _told_late(task: asyncio.Task[None]) -> None:
    """The round that it belonged to is over: whoever waits for the order hears of it when its lease is."""
    if not task.cancelled() and (fault := task.exception()) is not None:
        _log.warning("an order waits", fault=repr(fault))


async def _look(runtime: Any, addresses: dict[str, str], program_id: int, one: OrderShown, *, now: Any) -> None:
    try:
        if one.due_at is not None and one.due_at <= now:
            await _say(runtime, program_id, one, now=now, act="overdue", mark=one.due_at.isoformat())
        elif one.does == "webhook" and one.stage == "":
            await _tell(runtime, addresses, program_id, one, now=now)
    except RegularsError as fault:
        _log.warning("an order waits", order=one.id, code=fault.code)
        await _later(runtime, program_id, one, now=now, fault=fault.code)


async def _tell(runtime: Any, addresses: dict[str, str], program_id: int, one: OrderShown, *, now: Any) -> None:
    url = addresses.get(one.target)
    if url is None:
        await _later(runtime, program_id, one, now=now, fault=f"no target {one.target} in REGULARS_WEBHOOK_TARGETS")
        return
    if one.form and await _is_withheld(runtime, program_id, one, now=now):
        # What was filled in was for a purpose that the member has said no to since.
        await _say(runtime, program_id, one, now=now, act="step", outcome="failed", reason="consent_missing")
        return
    message_id = f"{one.id}.{one.step}"
    async with targets.client() as client:
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
