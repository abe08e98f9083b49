"""Which rules hold: the compiled releases of each program, kept by the process, made anew when one is published."""

from __future__ import annotations

import asyncio
import bisect
from typing import TYPE_CHECKING

from regulars.activities import faults
from regulars.engine import service as engine
from regulars.program import service as program

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from regulars.engine.service import Compiled
    from regulars.kit.database import Database, Transaction
    from regulars.program.contracts.definitions import Release


class Programs:
    """The releases of every program that this process has met. It has a life: a notification or a call to `refresh`
    makes it look again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._compiled: dict[tuple[int, int], Compiled] = {}
        self._calendar: dict[int, tuple[list[dt.datetime], list[int]]] = {}
        self._fresh: set[int] = set()
        self._news = 0
        self._turn = asyncio.Lock()

    @property
    def loaded(self) -> int:
        """How many programs have a release in this process; they are loaded when first asked for."""
        return len(self._calendar)

    def forget(self, program_id: int) -> None:
        """The next question about this program asks the database."""
        self._news += 1
        self._fresh.discard(program_id)

    async def ready(self, program_id: int) -> None:
        """Make sure that this program's calendar of releases is known and fresh; until it is read, the old one stays
        in use. Raises NothingPublished."""
        if program_id in self._fresh:
            return
        async with self._turn:
            if program_id not in self._fresh:
                await self._load(program_id)

    async def _load(self, program_id: int) -> None:
        asked = self._news
        async with self._database.read(programs=[program_id]) as tx:
            published, new = await self._read(tx, program_id)
        # Ten thousand rules take seconds: outside this transaction, and beside the loop, or those of others would stand
        # idle for longer than they may.
        for release in new:
            self._compiled[program_id, release.number] = await asyncio.to_thread(engine.compile, release)
        # What was published while we read is not in what we read.
        if asked == self._news:
            self._fresh.add(program_id)
        self._calendar[program_id] = ([at for _, at in published], [number for number, _ in published])

    async def _read(self, tx: Transaction, program_id: int) -> tuple[Sequence[tuple[int, dt.datetime]], list[Release]]:
        published = await program.calendar(tx, program_id=program_id)
        if not published:
            raise faults.NothingPublished
        missing = [number for number, _ in published if (program_id, number) not in self._compiled]
        return published, [await program.release(tx, program_id=program_id, number=number) for number in missing]

    def forget_all(self) -> None:
        """The next question about each program asks the database."""
        self._news += 1
        self._fresh.clear()

    def current(self, program_id: int) -> Compiled:
        """The newest release; `ready` must have been awaited. Raises NothingPublished."""
        if program_id not in self._calendar:
            raise faults.NothingPublished
        return self._compiled[program_id, self._calendar[program_id][1][-1]]

    def at(self, program_id: int, moment: dt.datetime) -> Compiled:
        """The release in force at a moment (L32); before the first one, the first. Raises NothingPublished."""
        if program_id not in self._calendar:
            raise faults.NothingPublished
        moments, numbers = self._calendar[program_id]
        place = bisect.bisect_right(moments, moment) - 1
        return self._compiled[program_id, numbers[max(place, 0)]]

    def all(self, program_id: int) -> dict[int, Compiled]:
        """Every release of a program by its number; `ready` must have been awaited. Raises NothingPublished."""
        if program_id not in self._calendar:
            raise faults.NothingPublished
        return {number: self._compiled[program_id, number] for number in self._calendar[program_id][1]}

    def numbered(self, program_id: int, number: int) -> Compiled:
        """One release by its number; a recorded activity names it. Raises NothingPublished."""
        if (program_id, number) not in self._compiled:
            raise faults.NothingPublished
        return self._compiled[program_id, number]
