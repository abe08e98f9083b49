"""The whole ledger against the plain model, over the real database; REGULARS_STEPS says how long (tests/README.md)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from regulars.access import service as access
from regulars.activities.service import Runtime
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from tests.laws.climates import CLIMATES, text_of
from tests.laws.database_world import DatabaseWorld
from tests.laws.machine import START, STEPS, Draw, Machine, World, done, settings_for
from tests.laws.model import Climate

pytestmark = pytest.mark.timeout(7200)
Open = tuple[asyncio.AbstractEventLoop, Runtime, dict[Climate, int]]


@asynccontextmanager
async def opened(address: Address, home: Path) -> AsyncIterator[tuple[Runtime, dict[Climate, int]]]:
    """A database with a program of each climate."""
    programs: dict[Climate, int] = {}
    async with Database(address, size=5) as database:
        for number, climate in enumerate(CLIMATES):
            async with database.transaction(programs=[]) as tx:
                made = await access.create_program(tx, key=f"model{number}", name="Model", now=START)
            async with database.transaction(programs=[made.program_id]) as tx:
                await program.publish(tx, program_id=made.program_id, text=text_of(climate), by="test", now=START)
            programs[climate] = made.program_id
        async with Runtime(kit_settings.load({"REGULARS_HOME": str(home)}), database) as runtime:
            yield runtime, programs


@pytest.fixture
def open_house(address: Address, home: Path) -> Iterator[Open]:
    """One loop for all examples, since Hypothesis cannot await."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    runtime, programs = loop.run_until_complete(stack.enter_async_context(opened(address, home)))
    yield loop, runtime, programs
    loop.run_until_complete(stack.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_the_ledger_does_what_the_model_foretells(open_house: Open) -> None:
    loop, runtime, programs = open_house

    class DatabaseMachine(Machine):
        """Over this house."""

        def open_world(self, climate: Climate, now: dt.datetime) -> World:
            return DatabaseWorld(loop, runtime, programs[climate], now)

        def set_clock(self, now: dt.datetime) -> None:
            self.world.now = now

        def _tick(self, draw: Draw) -> None:
            self.world.retry(draw(st.integers(0, 99)))
            super()._tick(draw)

    wanted = STEPS // 5 or 150
    before = done.total()
    while done.total() - before < wanted:
        run_state_machine_as_test(DatabaseMachine, settings=settings_for(max(wanted // 50, 1), shrinks=False))


def test_L66_what_ones_own_card_bought_is_brought_back_at_home(open_house: Open) -> None:
    """Found by the machine: the points had gone home, and the return was taken from whoever stayed."""
    loop, runtime, programs = open_house
    world = DatabaseWorld(loop, runtime, programs[CLIMATES[0]], START)
    acts: list[Callable[[], str | None]] = [
        lambda: world.buy(1, [999], [1], 0),
        lambda: world.buy(4, [999], [1], 0),
        lambda: world.merge(4, 1),
        lambda: world.buy(4, [500], [1], 0),
        lambda: world.unmerge(4),
        lambda: world.give_back(2, 4, None),
    ]
    for act in acts:
        world.now += dt.timedelta(minutes=1)
        assert act() is None
    assert [world.balance(one, "points") for one in (1, 4)] == [(199, 0, 0, 0), (199, 0, 0, 0)]
