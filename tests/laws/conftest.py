"""A laboratory a test: one loop for all examples, since Hypothesis cannot await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from regulars.access import service as access
from regulars.activities.service import Runtime
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from tests.laws.gifts import AMPLE, SCARCE, GiftLab, program_of
from tests.laws.lab import PROGRAM, STANDING, START, Lab

# By itself structlog draws each local variable of a traceback, which takes seconds for a batch.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@asynccontextmanager
async def open_lab(address: Address, home: Path, text: str = PROGRAM) -> AsyncIterator[tuple[Runtime, int]]:
    """Publish a program in a fresh database and serve it."""
    async with Database(address, size=5) as database:
        async with database.transaction(programs=[]) as tx:
            made = await access.create_program(tx, key="lab", name="Lab", now=START)
        async with database.transaction(programs=[made.program_id]) as tx:
            await program.publish(tx, program_id=made.program_id, text=text, by="test", now=START)
        settings = kit_settings.load({"REGULARS_HOME": str(home)})
        async with Runtime(settings, database) as runtime:
            yield runtime, made.program_id


@pytest.fixture
def lab(address: Address, home: Path) -> Iterator[Lab]:
    """The laboratory, open."""
    yield from _opened(address, home, PROGRAM, Lab)


@pytest.fixture
def standing_lab(address: Address, home: Path) -> Iterator[Lab]:
    """The laboratory with tiers, challenges, choices, games and consents."""
    yield from _opened(address, home, STANDING, Lab)


@pytest.fixture
def still_lab(address: Address, home: Path) -> Iterator[Lab]:
    """The same without the wheel, whose luck is another for every activity, and without the prizes of a board, which one
    member takes from the other: two tellings of a history are compared."""
    still = STANDING.replace(", {play: wheel}", "").replace('{1: [{give: points, amount: "100"}]}', "{}")
    yield from _opened(address, home, still, Lab)


@pytest.fixture
def gift_lab(address: Address, home: Path) -> Iterator[GiftLab]:
    """The laboratory with all that a member gets, of which there is little."""
    for lab in _opened(address, home, program_of(SCARCE), GiftLab):
        lab.supply()
        yield lab


@pytest.fixture
def ample_lab(address: Address, home: Path) -> Iterator[GiftLab]:
    """The same with enough for everybody: two tellings of a history take nothing from each other. No sale gives a code:
    codes are made by luck, and several are kept in the order of their ids."""
    for lab in _opened(address, home, program_of(AMPLE).replace(", {voucher: back}", ""), GiftLab):
        lab.supply(times=10_000)
        yield lab


L = TypeVar("L", bound=Lab)


def _opened(address: Address, home: Path, text: str, kind: type[L]) -> Iterator[L]:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    runtime, program_id = loop.run_until_complete(stack.enter_async_context(open_lab(address, home, text)))
    yield kind(loop, runtime, program_id)
    loop.run_until_complete(stack.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
