"""A database that goes away: 503 within two seconds, and healthy within five of its return, without a hand."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from regulars.kit import upgrade
from regulars.kit.server import EmbeddedServer
from tests.faults import crowd, table
from tests.journeys.conftest import Server

TIMES = 5


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder for a database that is not ours to start."""
    home = Path(tempfile.mkdtemp(prefix="regulars-elsewhere-", dir="/tmp"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


class Till:
    """A till that sells one thing after the other, and measures how long it waits for an answer."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.count = 0
        self.slowest_no_s = 0.0

    def sell(self) -> httpx.Response:
        self.count += 1
        body: dict[str, Any] = {"member": {"phone": "+37369123456"}, "lines": [{"amount": 100}]}
        began = time.monotonic()
        answer = self.client.post("/v1/purchases", json=body, headers={"idempotency-key": f"k-{self.count}"})
        if answer.status_code != 201:
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) >= 1
            self.slowest_no_s = max(self.slowest_no_s, time.monotonic() - began)
        return answer

    def healthy_after_s(self) -> float:
        """Until a sale and readiness are a yes again."""
        began = time.monotonic()
        while self.sell().status_code != 201 or self.client.get("/ready").status_code != 200:
            assert time.monotonic() - began < 60
            time.sleep(0.05)
        return time.monotonic() - began


def until(done: Callable[[], bool], within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_r10_a_database_elsewhere_is_gone_and_comes_back(elsewhere: Path, home: Path) -> None:
    database = EmbeddedServer(elsewhere)
    where = database.start()
    upgrade.upgrade(where)
    served = Server(home, REGULARS_DATABASE_URL=crowd.url_of(where))
    served.start()
    healthy: list[float] = []
    try:
        token = asyncio.run(served.found())
        with httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:
            till = Till(client)
            for _ in range(TIMES):
                until(lambda: till.sell().status_code == 201)
                database.stop()
                for _ in range(20):
                    assert till.sell().status_code == 503
                assert client.get("/health").status_code == 200
                database = EmbeddedServer(elsewhere)
                database.start()
                healthy.append(till.healthy_after_s())
    finally:
        served.stop()
        database.stop()
    assert till.slowest_no_s < 2
    assert max(healthy) < 5
    done = f"{TIMES} times; 503 within {till.slowest_no_s:.2f} s, healthy within {max(healthy):.1f} s of its return"
    table.tell("R10", "database elsewhere gone", done)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_r10_a_killed_embedded_database_is_started_again(doomed: Server) -> None:
    token = asyncio.run(doomed.found())
    healthy: list[float] = []
    with httpx.Client(base_url=doomed.url, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:
        till = Till(client)
        for _ in range(TIMES):
            until(lambda: till.sell().status_code == 201)
            crowd.kill(crowd.postmaster(doomed))
            healthy.append(till.healthy_after_s())
    assert till.slowest_no_s < 2
    assert max(healthy) < 5
    done = (
        f"kill -9 {TIMES} times; 503 within {till.slowest_no_s:.2f} s, healthy within {max(healthy):.1f} s of the kill"
    )
    table.tell("R10", "embedded database killed", done)
