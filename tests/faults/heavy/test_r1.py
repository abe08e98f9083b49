"""Nothing acknowledged is lost and nothing counts twice, at the size that TRUST.md R1 asks for."""

from __future__ import annotations

import itertools
import os
import random
import signal
from pathlib import Path

import httpx
import pytest

from tests.faults import crowd, table
from tests.faults.crowd import Crowd
from tests.journeys.conftest import Server

WRITERS, ACTIVITIES = 8, 10_000
PROCESSES, BACKENDS, POSTMASTERS = 20, 10, 5


def kill_backend_in_mid_batch(pair: Server) -> None:
    """The backend may have come to its end in between: then the next one."""
    while True:
        try:
            os.kill(crowd.in_mid_batch(pair), signal.SIGKILL)
        except ProcessLookupError:
            continue
        return


def kill_process_in_mid_batch(pair: Server) -> None:
    crowd.in_mid_batch(pair)
    crowd.kill(crowd.one_of(crowd.api_processes, pair))


def kill_postmaster_in_mid_batch(pair: Server) -> None:
    crowd.in_mid_batch(pair)
    crowd.kill(crowd.postmaster(pair))


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_r1_ten_thousand_purchases_under_thirty_five_kills(pair: Server, tmp_path: Path) -> None:
    token = await pair.found()
    kills = [
        *[kill_process_in_mid_batch] * PROCESSES,
        *[kill_backend_in_mid_batch] * BACKENDS,
        *[kill_postmaster_in_mid_batch] * POSTMASTERS,
    ]
    random.Random(1).shuffle(kills)
    journal = tmp_path / "journal"
    with Crowd(pair.url, token, writers=WRITERS, journal=journal) as buyers:
        for kill in kills:
            buyers.wait_for(100, within_s=120)
            kill(pair)
        buyers.wait_for(max(100, ACTIVITIES - len(buyers.acknowledged)), within_s=600)
    tried, acknowledged = crowd.journalled(journal)
    assert len(acknowledged) >= ACTIVITIES
    assert sum(buyers.faults.values()) > len(kills), "nobody noticed the kills: they did not hit"
    found = await crowd.look(pair, token=token, members=set(acknowledged.values()), program_id=1)
    lost = set(acknowledged) - set(found.recorded)
    doubled = [key for key, times in found.recorded.items() if times > 1]
    assert (lost, doubled, tried - set(acknowledged)) == (set(), [], set())
    # One point and one event row for each, and every chain of versions and hashes holds.
    assert (found.points, found.events, found.breaks) == (len(acknowledged), len(acknowledged), [])
    assert replayed(pair, token, dict(itertools.islice(acknowledged.items(), 50))) == 50
    assert (await crowd.look(pair, token=token, members=set(), program_id=1)).points == len(acknowledged)
    done = f"{len(acknowledged)} purchases, {WRITERS} writers; kills: {PROCESSES} of server processes, {BACKENDS} of backends, {POSTMASTERS} of the postmaster"
    table.tell("R1", "kills in mid-batch over HTTP", done)


def replayed(pair: Server, token: str, acknowledged: dict[str, str]) -> int:
    """How many of these keys give their answer once more, word for word the same twice."""
    same = 0
    with httpx.Client(base_url=pair.url, headers={"authorization": f"Bearer {token}"}, timeout=10) as client:
        for key in acknowledged:
            number = int(key.rsplit("-", 2)[1])
            body = {"member": {"phone": f"+3736912{number:04d}"}, "lines": [{"amount": 100, "name": key}]}
            first, second = (
                client.post("/v1/purchases", json=body, headers={"idempotency-key": key}) for _ in range(2)
            )
            marked = first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]
            same += (first.status_code, marked) == (201, ("true", "true")) and first.content == second.content
    return same
