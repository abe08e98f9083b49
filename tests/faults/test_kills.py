"""Nothing acknowledged is lost, nothing counts twice, whoever dies (TRUST.md R1, R2, R10); small here, `make faults` more."""

from __future__ import annotations

import asyncio
import os
import time

import httpx
import pytest

from regulars.kit import server
from regulars.kit.database import Database
from tests.faults import crowd, table
from tests.faults.crowd import Crowd
from tests.journeys.conftest import Server

# `make faults` sets this to what TRUST.md R1 asks for.
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
WRITERS = 6


@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * ROUNDS)
async def test_kills_lose_nothing_and_double_nothing(doomed: Server) -> None:
    token = await doomed.found()
    with Crowd(doomed.url, token, writers=WRITERS) as buyers:
        for _ in range(ROUNDS):
            for victims in (crowd.api_processes, crowd.backends, crowd.api_processes):
                buyers.wait_for(60)
                crowd.kill(crowd.one_of(victims, doomed))
            buyers.wait_for(60)
            crowd.kill(crowd.postmaster(doomed))
        buyers.wait_for(60)
    found = await crowd.look(doomed, token=token, members=set(buyers.acknowledged.values()), program_id=1)
    assert sum(buyers.faults.values()) > 0, "nobody noticed the kills: they did not hit"
    assert set(buyers.acknowledged) == set(buyers.tried)
    assert set(buyers.acknowledged) - set(found.recorded) == set(), "acknowledged and lost"
    assert [key for key, times in found.recorded.items() if times > 1] == [], "counted twice"
    assert found.points == len(buyers.acknowledged)
    assert found.breaks == []
    # One event row for each activity, no more and no less.
    assert found.events == len(buyers.acknowledged)
    done = f"{len(buyers.acknowledged)} purchases; kills: {2 * ROUNDS} of the server process, {ROUNDS} of backends, {ROUNDS} of the postmaster"
    table.tell("R1", "kills with one server process", done)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_check_sees_purchases_that_count_twice(doomed: Server) -> None:
    """The control: a till that retries under a new key buys twice, and the check above must see it."""
    token = await doomed.found()
    with Crowd(doomed.url, token, writers=WRITERS, fresh_keys=True) as buyers:
        buyers.wait_for(200)
    found = await crowd.look(doomed, token=token, members=set(buyers.acknowledged.values()), program_id=1)
    doubled = [key for key, times in found.recorded.items() if times > 1]
    assert doubled, "the check is blind"
    assert found.points > len(buyers.acknowledged)
    done = f"{len(buyers.acknowledged)} purchases, retries under a new key"
    table.tell("R2", "control: no idempotency", done, f"{len(doubled)} doubled, as it must")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_check_sees_acknowledged_purchases_that_are_lost(doomed: Server) -> None:
    """The control: without waiting for the disk, a killed database forgets what was acknowledged."""
    token = await doomed.found()
    async with (
        Database(server.locate(doomed.settings), role="admin", size=1) as admin,
        admin.transaction(programs=[]) as tx,
    ):
        await tx.execute("ALTER ROLE regulars_app SET synchronous_commit = off")
    # Connections take the setting on when they begin.
    for each in crowd.backends(doomed):
        each.terminate()
    lost: set[str] = set()
    for _ in range(8):
        with Crowd(doomed.url, token, writers=WRITERS) as buyers:
            buyers.wait_for(150)
            crowd.kill(crowd.postmaster(doomed))
            at_the_kill = set(buyers.acknowledged)
            buyers.wait_for(20)
        found = await crowd.look(doomed, token=token, members=set(buyers.acknowledged.values()), program_id=1)
        lost = at_the_kill - set(found.recorded)
        if lost:
            break
    assert lost, "the check is blind"
    done = "synchronous_commit = off, the postmaster killed"
    table.tell("R2", "control: not waiting for the disk", done, f"{len(lost)} lost, as it must")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_database_that_goes_away_is_a_503_and_heals_by_itself(doomed: Server) -> None:
    token = asyncio.run(doomed.found())
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}
    body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": 100}]}
    with httpx.Client(base_url=doomed.url, headers=headers, timeout=10) as client:
        assert client.post("/v1/purchases", json=body).status_code == 201
        stopped = crowd.postmaster(doomed)
        # Stopped, not killed: the supervisor would have it back before anybody could ask.
        for each in [stopped, *stopped.children()]:
            each.suspend()
        try:
            begun = time.monotonic()
            away = client.post("/v1/purchases", json=body, headers={"idempotency-key": "k-2"})
            assert time.monotonic() - begun < 30
            assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
            assert int(away.headers["retry-after"]) >= 1
            assert client.get("/health").status_code == 200
        finally:
            for each in [*stopped.children(), stopped]:
                each.resume()
        crowd.kill(stopped)
        begun = time.monotonic()
        while client.post("/v1/purchases", json=body, headers={"idempotency-key": "k-2"}).status_code != 201:
            assert time.monotonic() - begun < 60
            time.sleep(0.05)
        doomed.wait_until_ready()
