"""Every event is heard, under one id, although its number is given in another order than it commits, and although the relay
dies again and again (TRUST.md R8). With whole processes: tests/faults/test_heard.py."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from uuid import UUID

import asyncpg

from regulars.kit import outbox
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from tests.kit.test_outbox import NOW, Earned, id_of

KILLS, WRITERS, EACH = 20, 5, 40


async def write(database: Database, first: int, drawn: random.Random) -> None:
    """Events whose ids are given at once and whose transactions end when chance wants it."""
    for n in range(first, first + EACH):
        async with database.transaction(programs=[1]) as tx:
            events = [Earned(points=n)] * (1 + n % 3)
            await outbox.record(tx, *events, program_id=1, event_id=id_of(n), occurred_at=NOW)
            await asyncio.sleep(drawn.uniform(0, 0.01))


async def relay_until_killed(address: Address, *, killed: bool) -> None:
    """One relay, which numbers a few and dies before it could commit them; or does not die."""
    async with Database(address, role="relay", size=1) as relaying, relaying.transaction(programs=[]) as tx:
        await outbox.relay(tx, limit=7)
        if killed:
            tx.connection.terminate()


class Listener:
    """Who keeps the position of the last event, and asks from there."""

    def __init__(self) -> None:
        self.heard: Counter[tuple[UUID, int]] = Counter()
        self.last = (0, 0)

    async def listen(self, database: Database) -> None:
        more = True
        while more:
            async with database.read(programs=[1]) as tx:
                page = await outbox.page(tx, program_id=1, after=self.last, limit=50)
            self.heard.update((each.event_id, each.n) for each in page.events)
            self.last, more = page.last, page.more


class ByLastId:
    """The control: who reads what is above the last id."""

    def __init__(self) -> None:
        self.heard: set[UUID] = set()
        self.last = UUID(int=0)

    async def listen(self, database: Database) -> None:
        async with database.read(programs=[1]) as tx:
            rows = await tx.fetch("SELECT id FROM event WHERE id > $1 ORDER BY id", self.last)
        self.heard |= {row["id"] for row in rows}
        self.last = max(self.heard, default=self.last)


async def test_a_relay_killed_twenty_times_misses_nothing_and_reading_by_id_misses_much(
    database: Database, address: Address
) -> None:
    drawn = random.Random(8)
    # Interleaved, so that a lower id often commits after a higher one.
    async with Database(address, size=WRITERS) as tills:
        writing = [asyncio.create_task(write(tills, 1000 * number, drawn)) for number in range(1, WRITERS + 1)]
        listener, control, kills = Listener(), ByLastId(), 0
        while kills < KILLS or not all(task.done() for task in writing):
            killed = kills < KILLS and drawn.random() < 0.7
            with contextlib.suppress(RegularsError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await relay_until_killed(address, killed=killed)
            kills += killed
            await listener.listen(database)
            await control.listen(database)
        await asyncio.gather(*writing)
    before = -1
    while before != len(listener.heard):
        before = len(listener.heard)
        for _ in range(20):
            await relay_until_killed(address, killed=False)
        await listener.listen(database)
        await control.listen(database)
    numbers = [1000 * number + n for number in range(1, WRITERS + 1) for n in range(EACH)]
    expected = {(id_of(n), place) for n in numbers for place in range(1, 2 + n % 3)}
    assert set(listener.heard) == expected
    assert set(listener.heard.values()) == {1}
    assert kills == KILLS
    missed = {id_of(n) for n in numbers} - control.heard
    assert missed, "the control is blind: nothing committed out of order"
