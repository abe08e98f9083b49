"""The supervisor itself is killed: nothing of it goes on without it, and the same command starts everything again."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import psutil
import pytest

from tests.faults import crowd, table
from tests.faults.crowd import Crowd
from tests.journeys.conftest import Server

TIMES, WITHIN_S = 3, 15.0


def answering(pair: Server) -> list[psutil.Process]:
    """The processes that answer and the worker; the database is for the next supervisor to stop."""
    assert pair.child is not None
    found = psutil.Process(pair.child.pid).children()
    return [each for each in found if "-D" not in each.cmdline()]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_supervisor_takes_everything_along_and_starts_again(pair: Server) -> None:
    token = asyncio.run(pair.found())
    acknowledged: dict[str, str] = {}
    tried: list[str] = []
    for _ in range(TIMES):
        assert pair.child is not None
        with Crowd(pair.url, token, writers=4) as buyers:
            buyers.wait_for(60, within_s=120)
            ours = answering(pair)
            assert len(ours) >= 3
            os.kill(pair.child.pid, signal.SIGKILL)
            pair.child.wait()
            until = time.monotonic() + WITHIN_S
            while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in ours):
                assert time.monotonic() < until, ours
                time.sleep(0.05)
            pair.start()
            buyers.wait_for(60, within_s=120)
        acknowledged |= buyers.acknowledged
        tried += buyers.tried
    found = asyncio.run(crowd.look(pair, token=token, members=set(acknowledged.values()), program_id=1))
    assert set(tried) == set(acknowledged)
    assert {found.recorded[key] for key in tried} == {1}
    assert (found.points, found.events, found.breaks) == (len(tried), len(tried), [])
    table.tell("R1", "supervisor killed and started again", f"{TIMES} times, {len(tried)} purchases")
