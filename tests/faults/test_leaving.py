"""A process whose place is taken answers whom it has, and takes nobody new: no caller is cut off when it is stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from regulars.api import rolling
from regulars.kit.address import Address
from tests.faults import crowd
from tests.journeys.conftest import Server


@pytest.fixture
def served(address: Address, home: Path) -> Iterator[Server]:
    running = Server(home, REGULARS_DATABASE_URL=crowd.url_of(address))
    running.start()
    yield running
    assert running.stop() == 0


@pytest.mark.slow
def test_who_leaves_answers_whom_it_has_and_takes_nobody_new(served: Server) -> None:
    [answering] = crowd.api_processes(served)
    with httpx.Client(base_url=served.url, timeout=20) as known:
        # Control: until it leaves it takes whoever comes, and keeps them.
        assert httpx.get(f"{served.url}/health", timeout=20).status_code == 200
        assert "connection" not in known.get("/health").headers
        os.kill(answering.pid, rolling.LEAVE)
        until = time.monotonic() + 20
        while "connection" not in (last := known.get("/health")).headers:
            assert time.monotonic() < until, "it does not heed that it leaves"
    assert (last.status_code, last.headers["connection"]) == (200, "close")
    # Who comes now waits in the socket that all share, where no other process is to take it here.
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{served.url}/health", timeout=3)
