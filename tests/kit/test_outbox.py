from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from regulars.kit import ids, outbox
from regulars.kit.address import Address
from regulars.kit.database import Database

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
NOW_MS = 1_793_880_000_000


class Earned(outbox.Event, frozen=True, tag="points.earned"):
    points: int


class Recorded(outbox.Event, frozen=True, tag="purchase.recorded"):
    lines: int


def id_of(n: int) -> UUID:
    return ids.uuid7(NOW_MS, n.to_bytes(10, "big"))


async def write(database: Database, n: int, *, program: int = 1, hold: asyncio.Event | None = None) -> None:
    async with database.transaction(programs=[program]) as tx:
        await outbox.record(tx, Earned(points=n), program_id=program, event_id=id_of(n), occurred_at=NOW)
        if hold:
            await hold.wait()


async def relay(address: Address) -> int:
    async with Database(address, role="relay", size=1) as relaying, relaying.transaction(programs=[]) as tx:
        return await outbox.relay(tx)


async def points_heard(database: Database, *, program: int = 1, after: tuple[int, int] = (0, 0)) -> list[int]:
    async with database.read(programs=[program]) as tx:
        page = await outbox.page(tx, program_id=program, after=after)
    return [event.data["points"] for event in page.events]


async def test_events_are_heard_in_the_order_of_their_transactions(database: Database, address: Address) -> None:
    for n in (3, 1, 2):
        await write(database, n)
    assert await relay(address) == 3
    assert await points_heard(database) == [3, 1, 2]


async def test_an_event_that_commits_late_is_not_missed(database: Database, address: Address) -> None:
    hold = asyncio.Event()
    late = asyncio.create_task(write(database, 1, hold=hold))
    await asyncio.sleep(0.1)
    await write(database, 2)
    # The transaction of event 1 is older and still runs, so event 2 waits too: nothing may come before it later.
    assert await relay(address) == 0
    hold.set()
    await late
    assert await relay(address) == 2
    assert await points_heard(database) == [1, 2]


async def test_control_reading_by_the_last_id_misses_the_late_event(database: Database) -> None:
    hold = asyncio.Event()
    late = asyncio.create_task(write(database, 1, hold=hold))
    await asyncio.sleep(0.1)
    await write(database, 2)
    heard: list[int] = []
    last = UUID(int=0)
    for _ in range(2):
        async with database.read(programs=[1]) as tx:
            rows = await tx.fetch("SELECT id FROM event WHERE id > $1 ORDER BY id", last)
        heard += [row["id"].int & 0xFF for row in rows]
        last = rows[-1]["id"] if rows else last
        hold.set()
        await late
    assert heard == [2]


async def test_many_writers_and_two_relays_miss_nothing_and_double_nothing(
    database: Database, address: Address
) -> None:
    async def writer(first: int) -> None:
        for n in range(first, first + 30):
            await write(database, n)

    async def relaying(done: asyncio.Event) -> None:
        while not done.is_set():
            await relay(address)

    done = asyncio.Event()
    relays = [asyncio.create_task(relaying(done)) for _ in range(2)]
    await asyncio.gather(*(writer(first) for first in (100, 200, 300, 400)))
    done.set()
    await asyncio.gather(*relays)
    await relay(address)
    async with database.read(programs=[1]) as tx:
        rows = await tx.fetch("SELECT position, event_id FROM event_feed WHERE type = '' ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, 121))
    expected = {id_of(n) for first in (100, 200, 300, 400) for n in range(first, first + 30)}
    assert {row["event_id"] for row in rows} == expected


async def test_a_rolled_back_act_is_never_heard(database: Database, address: Address) -> None:
    async def change_my_mind() -> None:
        async with database.transaction(programs=[1]) as tx:
            await outbox.record(tx, Earned(points=1), program_id=1, event_id=id_of(1), occurred_at=NOW)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_my_mind()
    assert await relay(address) == 0


async def test_pages_go_on_inside_of_a_row_and_filter_by_type(database: Database, address: Address) -> None:
    async with database.transaction(programs=[1]) as tx:
        await outbox.record(
            tx,
            Recorded(lines=2),
            Earned(points=5),
            Earned(points=6),
            program_id=1,
            event_id=id_of(1),
            occurred_at=NOW,
        )
        await outbox.record(tx, Earned(points=7), program_id=1, event_id=id_of(2), occurred_at=NOW)
    await relay(address)
    async with database.read(programs=[1]) as tx:
        first = await outbox.page(tx, program_id=1, limit=2)
        second = await outbox.page(tx, program_id=1, after=first.last, limit=2)
        third = await outbox.page(tx, program_id=1, after=second.last, limit=2)
        earned = await outbox.page(tx, program_id=1, types=["points.earned"], limit=10)
        recorded = await outbox.page(tx, program_id=1, types=["purchase.recorded", "points.lost"], limit=10)
        newest = await outbox.last_position(tx, program_id=1)
    assert [(each.type, each.data) for each in first.events] == [
        ("purchase.recorded", {"lines": 2}),
        ("points.earned", {"points": 5}),
    ]
    assert (first.last, first.more) == ((1, 2), True)
    assert [each.data["points"] for each in second.events] == [6, 7]
    assert (second.last, second.more) == ((2, 1), False)
    assert (third.events, third.last, third.more) == ([], (2, 1), False)
    assert [each.data["points"] for each in earned.events] == [5, 6, 7]
    assert [each.type for each in recorded.events] == ["purchase.recorded"]
    assert newest == 2


async def test_a_program_hears_only_its_own_events(database: Database, address: Address) -> None:
    await write(database, 1, program=1)
    await write(database, 2, program=2)
    await relay(address)
    assert await points_heard(database, program=2) == [2]
    async with database.read(programs=[1]) as tx:
        other = await outbox.page(tx, program_id=2)
    assert other.events == []


async def test_a_type_with_a_comma_is_refused(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(ValueError, match="no type of an event"):
            await outbox.record(tx, {"type": "a,b"}, program_id=1, event_id=id_of(1), occurred_at=NOW)
