"""One database and one application for all cases; each story has a program of its own, and the clock is the story's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from regulars.kit import edge, keyring
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from tests.api.conftest import running
from tests.cases.shop import Clock, Shop
from tests.conftest import copied

# By itself structlog draws each local variable of a traceback, which takes seconds.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


class Street:
    """Where shops are opened."""

    def __init__(self, client: Any, database: Database, runtime: Any, clock: Clock, folder: Path, key: bytes) -> None:
        self.client, self.database, self.runtime = client, database, runtime
        self.clock, self.folder, self.key = clock, folder, key
        self._programs = 0

    async def shop(self, story: Any) -> Shop:
        """A shop that nobody else uses."""
        self._programs += 1
        made = Shop(self.client, self.database, self.runtime, self.clock)
        await made.open(story, key=f"l{story.case}-{self._programs}")
        return made


@pytest.fixture(scope="module")
async def street(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """An application whose clock is set by hand: `edge.now` is the one place that reads it."""
    home = tmp_path_factory.mktemp("cases")
    home.chmod(0o755)
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    clock = Clock()
    with copied(template) as where, pytest.MonkeyPatch.context() as patched:
        patched.setattr(edge, "now", clock)
        async with running(settings, where) as client, Database(where, size=3) as database:
            transport: Any = client._transport
            runtime = transport.app._inside.state.runtime
            yield Street(client, database, runtime, clock, home, keyring.key(home, "ledger"))
