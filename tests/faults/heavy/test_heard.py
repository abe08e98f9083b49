"""The worker, and with it the relay, is killed twenty times while tills write: every event is heard, under one id, and what was
heard adds up to what the ledger says (TRUST.md R8). tests/kit/test_relay_killed.py kills the relay in mid-transaction."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from regulars.kit import server
from tests.faults import crowd, table
from tests.faults.crowd import Crowd
from tests.journeys.conftest import Server

KILLS = 20


def worker_of(served: Server) -> psutil.Process | None:
    assert served.child is not None
    for each in psutil.Process(served.child.pid).children():
        try:
            if "regulars.worker" in " ".join(each.cmdline()):
                return each
        except psutil.Error:
            continue
    return None


class Listener(threading.Thread):
    """Who reads on from the position of the last event that it has, and forgets its place now and then."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        self.heard: Counter[str] = Counter()
        self.events: dict[str, dict[str, Any]] = {}
        self.stop = threading.Event()
        self._url, self._token, self._after = url, token, "0.0"

    def run(self) -> None:
        while not self.stop.is_set():
            self.read_on()
            time.sleep(0.05)

    def read_on(self) -> int:
        with httpx.Client(base_url=self._url, headers={"authorization": f"Bearer {self._token}"}, timeout=10) as client:
            answer = client.get("/v1/events", params={"after": self._after, "limit": 100})
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        for item in items:
            self.heard[item["id"]] += 1
            assert self.events.setdefault(item["id"], item) == item, "one id, two events"
            self._after = item["position"]
        return len(items)


@pytest.mark.timeout(300)
def test_a_worker_killed_twenty_times_keeps_no_event_to_itself(doomed: Server) -> None:
    token = asyncio.run(doomed.found())
    listener, kills = Listener(doomed.url, token), 0
    listener.start()
    try:
        with Crowd(doomed.url, token, writers=4) as buyers:
            until = time.monotonic() + 200
            while kills < KILLS:
                assert time.monotonic() < until, kills
                victim = worker_of(doomed)
                if victim is None:
                    time.sleep(0.02)
                    continue
                # Some die while they start, most while they number events.
                time.sleep(0.1 * (kills % 12))
                with contextlib.suppress(ProcessLookupError):
                    crowd.kill(victim)
                    kills += 1
                psutil.wait_procs([victim], timeout=10)
    finally:
        listener.stop.set()
        listener.join(20)
    where = server.locate(doomed.settings)
    wait_until_numbered(where)
    while listener.read_on():
        pass
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        activities = connection.execute("SELECT count(*) FROM regulars.activity").fetchone()
        points = connection.execute("SELECT sum(amount)::bigint FROM regulars.entry WHERE kind = 'earn'").fetchone()
    earned = [item["data"]["points"] for item in listener.events.values() if item["type"] == "points.earned"]
    assert (sum(earned),) == points
    assert len(earned) == len(buyers.acknowledged)
    assert (len({event_id.rpartition(".")[0] for event_id in listener.events}),) == activities
    table.tell(
        "R8", f"{KILLS} kills of the worker under load", f"{len(listener.heard)} events heard, sums equal the ledger"
    )


def wait_until_numbered(where: Any) -> None:
    until = time.monotonic() + 60
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        while connection.execute(
            "SELECT count(*) FROM regulars.event e WHERE NOT EXISTS"
            " (SELECT FROM regulars.event_feed f WHERE f.event_id = e.id AND f.type = '')"
        ).fetchone() != (0,):
            assert time.monotonic() < until
            time.sleep(0.1)
