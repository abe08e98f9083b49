"""kill -9 between what is set aside and what is spent: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from regulars.activities.service import Runtime
from regulars.kit import edge, ids
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.rewards import service as rewards
from tests.rewards.receiver import FINE, Receiver
from tests.rewards.test_fulfilment import opened

ROUNDS = 1


def work(address: Address, home: str, url: str) -> None:
    """A worker in a process of its own, until it is killed."""

    async def for_ever() -> None:
        settings = kit_settings.load({"REGULARS_HOME": home, "REGULARS_WEBHOOK_TARGETS": f"lounge={url}"})
        async with Database(address, size=3) as database, Runtime(settings, database) as runtime:
            while True:
                await rewards.look_after(runtime, now=edge.now())
                await asyncio.sleep(0.02)

    asyncio.run(for_ever())


async def killed_while(receiver: Receiver, address: Address, home: Path, heard: int) -> None:
    """Let a worker tell the receiver, and kill it before the answer comes."""
    worker: Any = multiprocessing.get_context("spawn").Process(
        target=work, args=(address, str(home), receiver.url), daemon=True
    )
    worker.start()
    until = time.monotonic() + 30
    while len(receiver.heard) < heard:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    await asyncio.to_thread(worker.join, 10)
    worker.close()


@pytest.mark.timeout(120)
async def test_a_worker_killed_while_it_tells_loses_nothing_and_spends_once(address: Address, home: Path) -> None:
    receiver = Receiver(*[(200, 1.0, {"late": True})] * ROUNDS, FINE)
    async with opened(address, home, receiver) as desk:
        order_id = await desk.place()
        for number in range(1, ROUNDS + 1):
            await killed_while(receiver, address, home, number)
            assert (await desk.shown(order_id)).state == "open"
            assert await desk.miles() == (50, 100)
            # The lease of whoever died is over.
            async with desk.runtime.database.transaction(programs=[desk.program_id]) as tx:
                await tx.execute("update regulars.reward_order set next_at = now()")
        desk.now = edge.now()
        await desk.work()
        shown = await desk.shown(order_id)
        assert (shown.state, shown.detail["reference"], await desk.miles()) == ("fulfilled", "L-77", (50, 0))
        assert [one["webhook-id"] for one in receiver.headers] == [f"{ids.to_wire('ord', order_id)}.1"] * (ROUNDS + 1)
        async with desk.runtime.database.read(programs=[desk.program_id]) as tx:
            report = await ledger.check(tx, program_id=desk.program_id, key=desk.runtime.ledger_key)
        assert report.breaks == ()
    await asyncio.to_thread(receiver.close)
