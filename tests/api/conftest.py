"""The whole application in this process, over a fresh database: requests go in as a server would hand them in."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from regulars.access import service as access
from regulars.access.contracts import SCOPES
from regulars.api import app
from regulars.api.gate import Gate
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from tests.conftest import copied
from tests.journeys.conftest import served, till

# pytest finds fixtures by the names of the module that a test's folder has.
__all__ = ["served", "till"]

EVERY_SCOPE = tuple(scope for scope in SCOPES if scope != "admin")

_ended: dict[int, list[Litestar]] = defaultdict(list)
"""The routes of applications that have ended, by how large a body they take."""


@contextlib.asynccontextmanager
async def running(settings: Settings, where: Address) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that lives as long as the block."""
    ended = _ended[settings.body_bytes_max]
    routes = ended.pop() if ended else app.routes_only(app.life, body_bytes_max=settings.body_bytes_max)
    gate = app.build(settings, where=where, routes=routes)
    inside: Any = gate._inside
    up, down = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # A life begins and ends in one task, which a fixture's two halves are not.
        async with inside.lifespan():
            up.set()
            await down.wait()

    life = asyncio.create_task(live())
    await asyncio.wait({life, asyncio.create_task(up.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        life.result()
    async with httpx.AsyncClient(transport=transport(gate), base_url="http://till") as client:
        yield client
    down.set()
    await life
    ended.append(routes)


def transport(gate: Gate) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=gate, raise_app_exceptions=False)  # type: ignore[arg-type]  # httpx has a type of its own for it


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)


@pytest.fixture
async def client(settings: Settings, address: Address) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with running(settings, address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def standing(
    template: Address, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    """An application and its database for all tests of a file: for those that ask much and change nothing."""
    home = tmp_path_factory.mktemp("standing")
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    with copied(template) as where:
        async with running(settings, where) as client, Database(where, size=5) as database:
            yield client, database


async def new_key(
    database: Database, *, program: str, scopes: Sequence[str], rate: int | None = None, staff: str | None = None
) -> str:
    """A program, made where it is missing, and the token of a new key for it."""
    async with database.transaction(programs=[]) as tx:
        known = {each.key: each for each in await access.programs(tx)}
        made = known.get(program) or await access.create_program(tx, key=program, name=program, now=edge.now())
    now = edge.now()
    async with database.transaction(programs=[made.program_id]) as tx:
        issued = await access.create_key(
            tx,
            program_id=made.program_id,
            key_id=edge.new_id(now),
            label="test",
            scopes=scopes,
            secret=edge.token(32),
            now=now,
            rate_per_minute=rate,
            staff_id=None if staff is None else ids.from_wire("stf", staff),
        )
    return issued.token
