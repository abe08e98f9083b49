"""A process that serves: it hears of new releases and of what is fed, and carries batches on its lanes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import TYPE_CHECKING, Self

from regulars.activities.batcher import Batcher
from regulars.activities.process import Process
from regulars.directory import service as directory
from regulars.kit.errors import DatabaseUnavailable
from regulars.program import service as program

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

ASK_AGAIN_S = 15.0
"""How often the process asks for new releases by itself; a notification may be lost."""
LISTEN_AGAIN_S = 60.0
"""A listening connection that broke says nothing, so it is made anew now and then."""
COLLECT_AFTER = 20_000
"""So many objects more than were freed: a batch has tens of thousands on its way that no cycle holds, and looking at
them every 700 costs a twentieth of its time; between batches they are looked at anyway."""


class Runtime(Process):
    """It has a life: `async with Runtime(settings, database)`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(settings, database)
        self.batcher = Batcher(self, lanes=settings.batch_lanes, most=settings.batch_max, queue=settings.queue_max)
        self.queues = asyncio.Semaphore(2)
        """Queues of tills that were offline are taken in two at a time."""
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.batcher.start()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._ask())]
        # Compiled programs live as long as the process: the collector need not look at them again and again.
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.batcher.stop()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(DatabaseUnavailable):
                heard = {program.CHANNEL: self._published, directory.CHANNEL: self.directory.heard}
                async with self.database.listening(heard):
                    # Whatever was published or fed before we listened was not heard.
                    self.programs.forget_all()
                    self.directory.forget_all()
                    await asyncio.sleep(LISTEN_AGAIN_S)
                continue
            await asyncio.sleep(1.0)

    async def _ask(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_S)
            self.programs.forget_all()

    def _published(self, payload: str) -> None:
        self.programs.forget(int(payload.partition(":")[0]))
