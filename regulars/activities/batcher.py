"""Group commit: while a batch is on its way to the disk, arrivals gather into the next one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

from regulars.activities import batch
from regulars.activities.items import Item
from regulars.activities.room import Room
from regulars.kit import edge
from regulars.kit.errors import CommitOutcomeUnknown, DatabaseUnavailable, Overloaded

if TYPE_CHECKING:
    from regulars.activities.contracts import Intake, Reply
    from regulars.activities.process import Process
    from regulars.kit.database import Lane

log = structlog.get_logger(__name__)

AGAIN_S: Final = 0.2
"""So long a lane rests after something that no batch expects: it may come again at once."""


class Batcher:
    """Some lanes, each a connection that carries one batch at a time. A lone activity leaves at once; nobody waits
    for company."""

    def __init__(self, process: Process, *, lanes: int, most: int, queue: int) -> None:
        self._process = process
        self._lanes = lanes
        self._room = Room(lanes=lanes, batch_most=most, most=queue)
        self._queue: deque[tuple[Item, asyncio.Future[Reply]]] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    async def start(self) -> None:
        """Open the lanes."""
        self._tasks = [asyncio.create_task(self._serve(), name=f"lane-{n}") for n in range(self._lanes)]

    async def stop(self) -> None:
        """Finish what waits, then close the lanes. What no lane took is told so: its key is not used up."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._queue:
            item, answer = self._queue.popleft()
            item.fault = item.fault or Overloaded()
            _tell(item, answer)

    @property
    def is_full(self) -> bool:
        """Whether what comes now would wait too long."""
        return not self._room.admits(len(self._queue), asyncio.get_running_loop().time())

    async def submit(self, intake: Intake) -> Reply:
        """Hand one activity in and wait for its reply. Raises Overloaded, DatabaseUnavailable and the faults of an
        activity."""
        if self.is_full or self._closing:
            raise Overloaded
        item = Item(intake, activity_id=self._process.new_id(intake.received_at))
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._queue.append((item, answer))
        self._wake.set()
        return await answer

    async def _serve(self) -> None:
        """A lane for as long as the process serves: whatever ends one, those who wait find another in its place."""
        while True:
            try:
                return await self._run()
            except Exception:
                log.exception("lane_failed", waiting=len(self._queue))
                if self._closing:
                    return None
                await asyncio.sleep(AGAIN_S)

    async def _run(self) -> None:
        time = asyncio.get_running_loop().time
        async with self._process.database.lane() as lane:
            while True:
                while not self._queue:
                    if self._closing:
                        return
                    self._wake.clear()
                    await self._wake.wait()
                count = min(len(self._queue), self._room.batch)
                taken = [self._queue.popleft() for _ in range(count)]
                if self._queue:
                    self._wake.set()
                began_s = time()
                try:
                    await self._carry(lane, [item for item, _ in taken])
                    self._room.learn(len(taken), time() - began_s, time())
                finally:
                    # Whatever ends a lane, nobody waits for ever for what it carried.
                    for item, answer in taken:
                        _tell(item, answer)
                if not self._queue:
                    gc.collect(0)

    async def _carry(self, lane: Lane, items: list[Item]) -> None:
        """Run a batch to its end. Whatever goes wrong becomes the fault of an item, never of the lane."""
        try:
            await batch.run_apart(self._process, lane, items, now=edge.now())
        except DatabaseUnavailable as fault:
            for item in items:
                if item.is_open:
                    item.fault = fault


def _tell(item: Item, answer: asyncio.Future[Reply]) -> None:
    if answer.cancelled():
        return
    with contextlib.suppress(asyncio.InvalidStateError):
        if item.fault is not None:
            answer.set_exception(item.fault)
        elif item.reply is not None:
            answer.set_result(item.reply)
        else:
            answer.set_exception(CommitOutcomeUnknown())
