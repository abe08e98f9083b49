"""The lanes that carry batches: whatever ends one, nobody waits for ever, nothing is lost, and the next is carried."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from regulars.kit import edge
from regulars.kit.errors import CommitOutcomeUnknown, Overloaded
from tests.activities.conftest import Shop, answer_of


class BrokenClock:
    """`edge.now` fails the first times that a lane reads it: an error that no batch expects, outside every batch."""

    def __init__(self, times: int) -> None:
        self.left, self._now = times, edge.now

    def __call__(self) -> dt.datetime:
        task = asyncio.current_task()
        if self.left and task is not None and task.get_name().startswith("lane-"):
            self.left -= 1
            raise ArithmeticError("no clock")
        return self._now()


async def points(shop: Shop) -> Any:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return await tx.fetchval("select coalesce(sum(active), 0) from regulars.balance")


async def test_a_lane_that_fails_is_told_of_and_another_carries_what_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = shop.runtime.settings.batch_lanes
    broken = BrokenClock(3 * lanes)
    monkeypatch.setattr(edge, "now", broken)
    first = shop.intake(amounts=(1000,), phone="+37369123456")
    # More often than there are lanes: before, each failure took one away, and then everybody waited for ever.
    for _ in range(3 * lanes):
        with pytest.raises(CommitOutcomeUnknown):
            await asyncio.wait_for(shop.submit(first), timeout=10)
    assert broken.left == 0
    assert await points(shop) == 0
    # Nobody knew whether it was stored, so the till sends the same once more: it is done, and once.
    assert answer_of(await asyncio.wait_for(shop.submit(first), timeout=10)).points == {"points": 10}
    assert (await shop.submit(first)).replayed
    assert await points(shop) == 10
    await asyncio.gather(*(shop.buy(1000) for _ in range(20)))
    assert await points(shop) == 210


async def test_what_waits_while_a_lane_fails_is_carried_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "now", BrokenClock(1))
    replies = await asyncio.gather(
        *(shop.submit(shop.intake(amounts=(1000,), phone=f"+3736912{n:04}")) for n in range(300)),
        return_exceptions=True,
    )
    failed = [one for one in replies if isinstance(one, BaseException)]
    # Only what the failing lane had in its hands; a batch is never more than `batch_max`.
    assert 0 < len(failed) <= shop.runtime.settings.batch_max < 300
    assert {type(one) for one in failed} == {CommitOutcomeUnknown}
    assert await points(shop) == 10 * (300 - len(failed))


async def test_what_no_lane_took_before_the_end_is_told_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "now", BrokenClock(10_000))
    waiting = [
        asyncio.create_task(shop.submit(shop.intake(amounts=(1000,), phone=f"+3736912{n:04}"))) for n in range(600)
    ]
    await asyncio.sleep(0)
    await shop.runtime.batcher.stop()
    told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), timeout=10)
    assert {type(one) for one in told} == {CommitOutcomeUnknown, Overloaded}
    assert await points(shop) == 0
