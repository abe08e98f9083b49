"""Time as an activity: accounts that are due get a tick, through the same batch as everybody else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from regulars.activities import batch, queries, waiting
from regulars.activities.contracts import Intake
from regulars.activities.items import Item

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.kit.database import Lane

GRACE: Final = dt.timedelta(seconds=60)
"""The sweeper comes this much late, so that what a till handed in just in time is applied first (L26)."""

SALE_MAY_COME: Final = dt.timedelta(days=30)


async def sweep(process: Process, lane: Lane, *, programs: list[int], now: dt.datetime, limit: int = 500) -> int:
    """Give one round of ticks; how many accounts were due. Call it again while it gives `limit`."""
    async with process.database.read(programs=programs) as tx:
        due = await queries.due(tx, before=now - GRACE, limit=limit)
    items = [
        Item(
            Intake(
                program_id=program_id,
                type="tick",
                received_at=now,
                source="time",
                # A member alone is an account of the same id; time speaks to the account.
                account_id=account_id,
                member_id=account_id,
            ),
            activity_id=process.new_id(now),
            history=True,
        )
        for account_id, program_id in due
    ]
    if items:
        await batch.run_apart(process, lane, items, now=now)
    return len(due)


async def bring_together(process: Process, lane: Lane, *, programs: list[int], now: dt.datetime) -> int:
    """Returns that wait although their sale is there, and those whose sale never came; how many."""
    async with lane.transaction(programs=programs) as tx:
        late = await waiting.late(tx)
        lost = await waiting.overdue(tx, before=now - SALE_MAY_COME)
    items = [batch.follower(intake, activity_id) for intake, activity_id in late]
    if items:
        await batch.run_apart(process, lane, items, now=now)
        async with lane.transaction(programs=programs) as tx:
            await waiting.finished(tx, items)
    return len(late) + lost
