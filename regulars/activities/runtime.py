"""What one process keeps while it runs: the database, compiled programs, goods, secrets, and the lanes that apply
batches."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import TYPE_CHECKING, Self

from regulars.activities.batcher import Batcher
from regulars.activities.programs import Programs
from regulars.directory import service as directory
from regulars.kit import edge, keyring
from regulars.kit.errors import DatabaseUnavailable
from regulars.members import service as members
from regulars.program import service as program

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

ASK_AGAIN_S = 15.0
"""How often the process asks for new releases by itself; a notification may be lost."""


class Runtime:
    """It has a life: `async with Runtime(settings, database)`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.programs = Programs(database)
        self.directory = directory.Directory()
        self.member_keys = members.keys(settings.home)
        self.ledger_key = keyring.key(settings.home, "ledger")
        self.batcher = Batcher(self, lanes=settings.batch_lanes, most=settings.batch_max, queue=settings.queue_max)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.batcher.start()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._ask())]
        # Compiled programs live as long as the process: the collector need not look at them again and again (SPEED.md
        # section 5).
        gc.freeze()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.batcher.stop()

    def new_id(self, now: dt.datetime) -> UUID:
        """A fresh id of this moment."""
        return edge.new_id(now)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(DatabaseUnavailable):
                async with self.database.listening(program.CHANNEL, self._published):
                    await asyncio.Event().wait()
            await asyncio.sleep(1.0)

    async def _ask(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_S)
            self.programs.forget_all()

    def _published(self, payload: str) -> None:
        self.programs.forget(int(payload.partition(":")[0]))
