"""Time as an activity: accounts that are due get a tick, through the same batch as everybody else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

from regulars.activities import batch, queries, waiting
from regulars.activities.contracts import Intake
from regulars.activities.items import Item
from regulars.kit import outbox

if TYPE_CHECKING:
    from regulars.activities.runtime import Runtime
    from regulars.kit.database import Lane

GRACE: Final = dt.timedelta(seconds=60)
"""The sweeper comes this much late, so that what a till handed in just in time is applied first (L26)."""

SALE_MAY_COME: Final = dt.timedelta(days=30)
NO_CLIENT: Final = UUID(int=0)


async def sweep(runtime: Runtime, lane: Lane, *, programs: list[int], now: dt.datetime, limit: int = 500) -> int:
    """Give one round of ticks; how many accounts were due. Call it again while it gives `limit`."""
    async with runtime.database.read(programs=programs) as tx:
        due = await queries.due(tx, before=now - GRACE, limit=limit)
    items = [
        Item(
            Intake(
                program_id=program_id,
                client_id=NO_CLIENT,
                key=None,
                digest=b"",
                type="tick",
                received_at=now,
                source="time",
                # A member alone is an account of the same id; time speaks to the account.
                account_id=account_id,
                member_id=account_id,
            ),
            activity_id=runtime.new_id(now),
            history=True,
        )
        for account_id, program_id in due
    ]
    if items:
        await batch.run(runtime, lane, items, now=now)
    return len(due)


async def bring_together(runtime: Runtime, lane: Lane, *, programs: list[int], now: dt.datetime) -> int:
    """Returns that wait although their sale is there, and those whose sale never came; how many."""
    async with lane.transaction(programs=programs) as tx:
        late = await waiting.late(tx)
        lost = await waiting.overdue(tx, before=now - SALE_MAY_COME)
        for intake, activity_id in lost:
            # There is no desk yet, so the case is an event that somebody can find.
            await outbox.record(
                tx,
                {
                    "type": "case.opened",
                    "case": "sale_never_came",
                    "source": intake.sale.source if intake.sale else None,
                    "document": intake.sale.document if intake.sale else None,
                },
                program_id=intake.program_id,
                event_id=activity_id,
                occurred_at=now,
            )
    items = [batch.follower(intake, activity_id) for intake, activity_id in late]
    if items:
        await batch.run(runtime, lane, items, now=now)
        async with lane.transaction(programs=programs) as tx:
            await waiting.finished(tx, [item.activity_id for item in items if item.fault is None])
    return len(late) + len(lost)
