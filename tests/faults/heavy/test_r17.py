"""Four times the planned load while the database is slow: what is served is right, what is not is told to come back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.faults import crowd, table
from tests.journeys.conftest import Server

# The floor of TRUST.md R17 on two busy cores is a hundred a second.
PER_S, SECONDS, MEMBERS = 4 * 100, 30, 40
SLOW_S, BETWEEN_S = 0.3, 0.7


@pytest.fixture
def narrow() -> Iterator[Server]:
    """A server that lets few wait, so that it has to send some away."""
    home = Path(tempfile.mkdtemp(prefix="regulars-faults-", dir="/tmp"))
    home.chmod(0o755)
    server = Server(home, REGULARS_QUEUE_MAX="50")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


async def slow(served: Server) -> None:
    """The database stands still for a part of each second."""
    postmaster = crowd.postmaster(served)
    while True:
        await asyncio.sleep(BETWEEN_S)
        whole = [postmaster, *postmaster.children()]
        try:
            for each in whole:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.suspend()
            await asyncio.sleep(SLOW_S)
        finally:
            for each in whole:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.resume()


async def load(served: Server, token: str) -> tuple[dict[str, str], list[str], Counter[str], list[float]]:
    """Send at the pace of the clock, whatever comes back: acknowledged, tried, what was answered, and how fast."""
    acknowledged: dict[str, str] = {}
    tried: list[str] = []
    answers: Counter[str] = Counter()
    served_s: list[float] = []
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=served.url, headers={"authorization": f"Bearer {token}"}, timeout=30, limits=limits
    ) as client:

        async def sell(number: int) -> None:
            key = f"load-{number}"
            tried.append(key)
            body: dict[str, Any] = {
                "member": {"phone": f"+3736914{number % MEMBERS:04d}"},
                "lines": [{"amount": 100, "name": key}],
            }
            began = time.monotonic()
            answer = await client.post("/v1/purchases", json=body, headers={"idempotency-key": key})
            answers[str(answer.status_code) if answer.status_code == 201 else answer.json()["code"]] += 1
            if answer.status_code == 201:
                acknowledged[key] = answer.json()["member"]["id"]
                served_s.append(time.monotonic() - began)
            else:
                assert answer.status_code in {429, 503}, answer.text
                assert int(answer.headers["retry-after"]) >= 1

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            slowing = asyncio.create_task(slow(served))
            for number in range(PER_S * SECONDS):
                await asyncio.sleep(max(0.0, began + number / PER_S - time.monotonic()))
                if time.monotonic() - began > SECONDS:
                    # A machine with other work may not even ask so fast; the row says how much it was.
                    break
                group.create_task(sell(number))
            slowing.cancel()
    await asyncio.gather(slowing, return_exceptions=True)
    return acknowledged, tried, answers, served_s


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_r17_overload_is_shed_and_nothing_is_wrong(narrow: Server) -> None:
    token = await narrow.found()
    acknowledged, tried, answers, served_s = await load(narrow, token)
    found = await crowd.look(narrow, token=token, members=set(acknowledged.values()), program_id=1)
    # It was too much, or this proves nothing.
    assert answers["overloaded"] > 0
    assert set(acknowledged) - set(found.recorded) == set()
    assert [key for key, times in found.recorded.items() if times > 1] == []
    assert found.points == sum(found.recorded.values())
    assert found.breaks == []
    p99_ms = sorted(served_s)[int(len(served_s) * 0.99)] * 1000
    said = ", ".join(f"{count} {name}" for name, count in sorted(answers.items()))
    done = f"{len(tried) / SECONDS:.0f} a second: {said}; p99 of the served {p99_ms:.0f} ms"
    table.tell("R17", f"overload for {SECONDS} s, database slow", done)
