"""A real server on the loopback, in processes of its own, with a corner shop's program published in it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from regulars.access import service as access
from regulars.kit import edge, server, settings
from regulars.kit.database import Database
from regulars.program import service as program
from tests.ports import free_port

SHOP = (Path(__file__).parent / "corner_shop.yaml").read_text()
TILL = (
    "till", "activities:write", "activities:approve", "members:read", "members:write", "events:read", "ledger:read",
)  # fmt: skip


class Server:
    """One supervisor with its processes, in a home of its own."""

    def __init__(self, home: Path, **extra: str) -> None:
        self.home = home
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")},
            "REGULARS_HOME": str(home),
            "REGULARS_PORT": str(self.port),
            "REGULARS_POSTGRES_SHARED_BUFFERS": "64MB",
            "REGULARS_RELAY_INTERVAL_MS": "50",
            **extra,
        }
        self.settings = settings.load(self.environment)
        self.log = home / "server.log"
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "regulars.api"], env=self.environment, stdout=log, stderr=log
            )
        try:
            self.wait_until_ready(within_s=120)
        except AssertionError:
            # Too late is a fault, and still nothing of it may outlive the test.
            self.stop()
            raise

    def wait_until_ready(self, within_s: float = 60.0) -> None:
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            assert self.child is None or self.child.poll() is None, self.log.read_text()[-4000:]
            try:
                if httpx.get(f"{self.url}/ready", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-4000:])

    def stop(self) -> int:
        """Ask it to stop, as an operator would; its exit code."""
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(30)

    async def found(self, *, name: str = "corner", text: str = SHOP, scopes: tuple[str, ...] = TILL) -> str:
        """A program with a published release and the token of a key for it."""
        now = edge.now()
        async with Database(server.locate(self.settings), size=1) as database:
            async with database.transaction(programs=[]) as tx:
                made = await access.create_program(tx, key=name, name=name, now=now)
            async with database.transaction(programs=[made.program_id]) as tx:
                await program.publish(tx, program_id=made.program_id, text=text, by="test", now=now)
                issued = await access.create_key(
                    tx,
                    program_id=made.program_id,
                    key_id=edge.new_id(now),
                    secret=edge.token(32),
                    label="till",
                    scopes=scopes,
                    now=now,
                )
        return issued.token


class Till:
    """What a till says: each call has a key of its own, unless it repeats one."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=10)
        self._numbers = itertools.count(1)
        self._name = edge.token(6)

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> httpx.Response:
        chosen = key or f"{self._name}-{next(self._numbers)}"
        return self.client.post(path, json=body, headers={"idempotency-key": chosen})

    def done(self, path: str, body: dict[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """An activity that must be accepted; its answer."""
        answer = self.post(path, body, key=key)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="session")
def served() -> Iterator[Server]:
    """The server of all journeys."""
    home = Path(tempfile.mkdtemp(prefix="regulars-journey-", dir="/tmp"))
    home.chmod(0o755)
    running = Server(home)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(home, ignore_errors=True)


_programs = itertools.count(1)


@contextlib.contextmanager
def opened(served: Server) -> Iterator[Till]:
    """A till of a program that nobody else uses."""
    token = asyncio.run(served.found(name=f"corner-{next(_programs)}"))
    made = Till(served.url, token)
    yield made
    made.client.close()


@pytest.fixture
def till(served: Server) -> Iterator[Till]:
    """A till of a program that no other test uses."""
    with opened(served) as made:
        yield made
