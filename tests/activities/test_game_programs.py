"""Two well-known games as programs, lived through by several members: a peel-off game with a budget, and a runners' board
of the month. Everything is worked out by hand or, where luck decides, once more in other words."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.activities import closing, lucky
from regulars.activities import games as games_read
from regulars.activities.contracts import Answer, LineIn
from regulars.engine.contracts.activity import ConsentSaid, ProfileChange
from regulars.kit import ids
from regulars.kit.database import Database
from tests.activities.conftest import Shop, open_shop

PROGRAMS = Path(__file__).parents[1] / "programs"
SEPTEMBER = dt.datetime(2026, 9, 10, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
async def burgers(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, (PROGRAMS / "instant_win.yaml").read_text()) as shop:
        yield shop


@pytest.fixture
async def runners(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, (PROGRAMS / "athletes.yaml").read_text()) as shop:
        yield shop


async def close(shop: Shop, now: dt.datetime) -> int:
    async with shop.runtime.database.lane() as lane:
        return await closing.close(shop.runtime, lane, programs=[shop.program_id], now=now)


async def rows(shop: Shop, text: str) -> list[tuple[Any, ...]]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [tuple(row) for row in await tx.fetch(text)]


class Person:
    """Somebody with a phone, whose clock goes on a minute with everything they do."""

    clock = SEPTEMBER

    def __init__(self, shop: Shop, number: int) -> None:
        self.shop, self.phone = shop, f"+373691{number:05d}"
        self.id = ""

    async def does(self, kind: str, **fields: Any) -> Answer:
        Person.clock += dt.timedelta(minutes=1)
        intake = self.shop.intake(kind, phone=self.phone, received_at=Person.clock, **fields)
        reply = await self.shop.submit(intake)
        assert reply.status == 201, reply.body
        answer = msgspec.json.decode(reply.body, type=Answer)
        self.id = answer.member.id
        return answer

    async def is_known(self, **attributes: object) -> None:
        await self.does("profile", profile=ProfileChange(attributes=attributes))

    async def menu(self) -> Answer:
        line = LineIn(no=1, amount=799, category="large menu")
        return await self.does("purchase", lines=(line,))

    async def runs(self, metres: int) -> Answer:
        return await self.does("workout", fields={"metres": metres})

    async def has(self, currency: str) -> int:
        member = ids.from_wire("mem", self.id)
        found = await rows(
            self.shop,
            f"select active from regulars.balance where account_id = '{member}' and currency = '{currency}'",
        )
        return int(found[0][0]) if found else 0


@pytest.fixture(autouse=True)
def _begin() -> None:
    Person.clock = SEPTEMBER


async def test_peel_and_win(burgers: Shop) -> None:
    people = [Person(burgers, number) for number in range(12)]
    for number, person in enumerate(people):
        # The last two are 15, or of unknown age: their stickers are empty.
        if number < 11:
            await person.is_known(birth_date="1990-05-01" if number < 10 else "2010-09-11")
    for _ in range(6):
        for person in people:
            await person.menu()
    played = await rows(
        burgers, "select activity_id, n, member_id, drawn, prize from regulars.draw_play where draw = 'peel'"
    )
    # 10 people x 6 menus x 2 stickers, but at most 10 plays a day each: 100.
    assert len(played) == 100
    secret = lucky.seed(burgers.runtime.draw_key, program_id=burgers.program_id, draw="peel", cycle=0)
    worth: dict[UUID, list[int]] = {}
    cash = 0
    for activity_id, n, member_id, drawn, prize in sorted(played, key=lambda row: (row[0], row[1])):
        first = hashlib.sha256(hmac.digest(secret, activity_id.bytes, "sha256") + n.to_bytes(4, "big")).digest()[0]
        # Eighths of 256: below 32 is the cash, below 96 fries.
        mine = "cash" if first < 32 else "fries" if first < 96 else None
        assert drawn == mine
        given = None if mine == "cash" and cash == 2 else mine
        assert prize == given
        cash += given == "cash"
        points, streets = worth.setdefault(member_id, [0, 0])
        bonus = {"cash": 10000, "fries": 150, None: 0}[given]
        worth[member_id] = [points + bonus, streets + (given is None)]
    assert cash == 2
    for person in people[:10]:
        member_id = ids.from_wire("mem", person.id)
        assert [await person.has("points"), await person.has("streets")] == worth[member_id]
    tickets = await rows(burgers, "select count(*) from regulars.draw_play where draw = 'car' and ticket")
    assert tickets == [(sum(streets for _, streets in worth.values()),)]
    assert [await person.has("points") + await person.has("streets") for person in people[10:]] == [0, 0]

    # The game ends on 15 October, the car is drawn a week later, once.
    assert await close(burgers, dt.datetime(2026, 10, 21, 20, 0, tzinfo=dt.UTC)) == 0
    assert await close(burgers, dt.datetime(2026, 10, 22, 12, 0, tzinfo=dt.UTC)) == 1
    assert await close(burgers, dt.datetime(2026, 10, 23, 12, 0, tzinfo=dt.UTC)) == 0
    winners = await rows(burgers, "select member_id from regulars.game_winner where game = 'draws.car'")
    assert len(winners) == 1
    assert winners[0][0] in worth


async def test_the_club_of_the_month(runners: Shop) -> None:
    ana, bob, cid, dan, eve = (Person(runners, number) for number in range(5))
    for person, club in ((ana, "north"), (bob, "north"), (cid, "north"), (dan, "south"), (eve, "north")):
        await person.is_known(club=club)
    await ana.does("consent", consents=(ConsentSaid(purpose="fame", given=True),))
    await ana.is_known(nickname="Ana the Fast")
    for person in (ana, bob, cid, dan):
        # Eve runs, but does not want to stand on a board.
        await person.does("board", fields={"board": "month", "act": "join"})
    await ana.runs(12000)
    await bob.runs(7000)
    await eve.runs(42195)
    await cid.runs(9000)
    await bob.runs(5000)
    await dan.runs(3000)

    async def shown(club: str, on: dt.date = dt.date(2026, 9, 10)) -> list[tuple[int, int, bool]]:
        async with runners.runtime.database.read(programs=[runners.program_id]) as tx:
            page = await games_read.board_page(
                runners.runtime,
                tx,
                program_id=runners.program_id,
                name="month",
                now=Person.clock,
                on=on,
                within=club,
            )
        return [(one.rank, one.score, one.name["ro"] == "Ana the Fast") for one in page.places]

    assert await shown("north") == [(1, 12000, True), (1, 12000, False), (3, 9000, False)]
    assert await shown("south") == [(1, 3000, False)]
    # Who takes the consent back is under an invented name with the same activity.
    await ana.does("consent", consents=(ConsentSaid(purpose="fame", given=False),))
    assert await shown("north") == [(1, 12000, False), (1, 12000, False), (3, 9000, False)]
    # October begins anew.
    Person.clock = dt.datetime(2026, 10, 1, 9, 0, tzinfo=dt.UTC)
    await cid.runs(1000)
    assert await shown("north", dt.date(2026, 10, 1)) == [(1, 1000, False)]

    # Prizes on 4 October: Ana and Bob share the first place and have 300 each, Cid is third with 100, Dan first in the south.
    assert await close(runners, dt.datetime(2026, 10, 3, 20, 0, tzinfo=dt.UTC)) == 0
    assert await close(runners, dt.datetime(2026, 10, 4, 9, 0, tzinfo=dt.UTC)) == 4
    assert [await person.has("points") for person in (ana, bob, cid, dan, eve)] == [300, 300, 100, 300, 0]
    heard = await rows(runners, "select body from regulars.event")
    text = b"".join(body for (body,) in heard).decode()
    assert text.count('"badge.given"') == 3
    assert text.count('"board.closed"') == 4
