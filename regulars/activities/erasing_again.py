"""Somebody who was erased and is back with a restored database is erased again, whatever they had at that moment.

What they had let go of before they were erased they let go of again first: whom they were merged into, the household
that they shared. Their open orders end with them, their points are forfeited. Only a balance that somebody looks into
stops it: that is for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from regulars.activities import batch, erasing, moves, moving
from regulars.activities.contracts import Intake
from regulars.activities.items import Item
from regulars.engine.contracts.activity import Erasure
from regulars.engine.contracts.households import Moving
from regulars.kit.errors import DatabaseUnavailable, RegularsError
from regulars.members import service as members

if TYPE_CHECKING:
    import datetime as dt

    from regulars.activities.process import Process
    from regulars.kit.database import Lane
    from regulars.kit.forgotten import Forgotten
    from regulars.members.service import Home

SOURCE: Final = "restore"
_REASON: Final = "erased before the database was restored"
_ERASED: Final = "account_erased"
_SHARES: Final = "in_household_still"
_STEPS_MAX: Final = 10
"""Out of a household, apart from somebody, and so on; nobody is merged this deep."""


async def erase(process: Process, one: Forgotten, *, now: dt.datetime) -> str | None:
    """Erase them; the code of what stands against it, None: they are erased. Raises ErasuresNotKept and its like."""
    async with process.database.lane() as lane:
        said: str | None = None
        for _ in range(_STEPS_MAX):
            async with process.database.read(programs=[one.program_id]) as tx:
                there = await members.home(tx, program_id=one.program_id, member_id=one.member_id)
            if there.member_id != one.member_id:
                said = await _apart(process, lane, one, there, now=now)
            else:
                said = await _forget(process, lane, one, there, now=now)
                if said in {None, _ERASED}:
                    await _finish(process, lane, one, now=now)
                    return None
                if said == _SHARES:
                    said = await _leave(process, lane, one, there, now=now)
            if said is not None:
                return said
        return said or _SHARES


async def _finish(process: Process, lane: Lane, one: Forgotten, *, now: dt.datetime) -> None:
    async with process.database.read(programs=[one.program_id]) as tx:
        begun = await erasing.begun(tx, program_id=one.program_id, member_id=one.member_id)
    if begun is not None:
        await erasing.finish(lane, begun, process=process, now=now)


async def _forget(process: Process, lane: Lane, one: Forgotten, there: Home, *, now: dt.datetime) -> str | None:
    erasure = Erasure(reason=_REASON, forfeits=True, again=True)
    intake = _intake(process, one, "erase", there.account_id, there.member_id, now=now, erasure=erasure)
    return await _hand_in(process, lane, intake, now=now)


async def _leave(process: Process, lane: Lane, one: Forgotten, there: Home, *, now: dt.datetime) -> str | None:
    # Who founded the household lent it their own account: they get another.
    alone = one.member_id if one.member_id != there.account_id else process.new_id(now)
    moved = Moving(act="leave", kind="leave", member_id=one.member_id, account_id=alone)
    return await _move(process, lane, one, there, moved, now=now)


async def _apart(process: Process, lane: Lane, one: Forgotten, there: Home, *, now: dt.datetime) -> str | None:
    """Whoever was erased alone had been taken apart from whom they were merged into."""
    async with process.database.read(programs=[one.program_id]) as tx:
        came = await moves.last_merge(tx, program_id=one.program_id, member_id=one.member_id)
    if came is None:
        return "never_merged"
    moved = Moving(
        act="leave",
        kind="unmerge",
        member_id=one.member_id,
        account_id=came.account_id,
        into_id=there.member_id,
        reason=_REASON,
        luggage=came.luggage,
    )
    return await _move(process, lane, one, there, moved, now=now)


async def _move(
    process: Process, lane: Lane, one: Forgotten, there: Home, moved: Moving, *, now: dt.datetime
) -> str | None:
    intake = _intake(process, one, moving.LEFT, there.account_id, there.member_id, now=now, moving=moved)
    item = Item(intake, activity_id=process.new_id(now))
    said = await _decided(process, lane, item, now=now)
    if said is not None:
        return said
    async with process.database.read(programs=[one.program_id]) as tx:
        begun = await moves.of_activity(tx, program_id=one.program_id, activity_id=item.activity_id)
    if begun is not None:
        begun = await moving.finish(process, lane, begun, now=now)
    return None if begun is None or begun.refusal is None else "move_refused"


async def _hand_in(process: Process, lane: Lane, intake: Intake, *, now: dt.datetime) -> str | None:
    return await _decided(process, lane, Item(intake, activity_id=process.new_id(now)), now=now)


async def _decided(process: Process, lane: Lane, item: Item, *, now: dt.datetime) -> str | None:
    await batch.run_apart(process, lane, [item], now=now)
    if isinstance(item.fault, DatabaseUnavailable) or not isinstance(item.fault, RegularsError | None):
        raise item.fault
    if item.fault is not None:
        return item.fault.code
    refusal = None if item.decision is None else item.decision.refusal
    return None if refusal is None else refusal.code


def _intake(
    process: Process,
    one: Forgotten,
    type: str,
    account_id: UUID,
    member_id: UUID,
    *,
    now: dt.datetime,
    erasure: Erasure | None = None,
    moving: Moving | None = None,
) -> Intake:
    return Intake(
        program_id=one.program_id,
        client_id=UUID(int=0),
        # Of its own each time: what a balance stopped today it may not stop tomorrow.
        key=str(process.new_id(now)),
        digest=b"",
        type=type,
        received_at=now,
        source=SOURCE,
        account_id=account_id,
        member_id=member_id,
        may_enrol=False,
        erasure=erasure,
        moving=moving,
    )
