"""Writers that go on buying while things die, the killing, and the book-keeping of what was acknowledged."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import psycopg

from regulars.kit import edge, keyring, server
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from tests.journeys.conftest import Server

# Longer than everything takes to come up again on a machine that has other work.
_TO_ITS_END_S = 180


class Crowd:
    """Some writers, each with a member of its own, who buy for one dollar again and again and retry until answered.

    What they tried and what they were told goes into `journal`, on the disk before they go on.
    """

    def __init__(
        self, url: str, token: str, *, writers: int, fresh_keys: bool = False, journal: Path | None = None
    ) -> None:
        self.url = url
        self.token = token
        # The negative control: a retry under a new key is a new purchase.
        self.fresh_keys = fresh_keys
        self.tried: list[str] = []
        self.acknowledged: dict[str, str] = {}
        self.faults: Counter[str] = Counter()
        self._journal = journal.open("ab", buffering=0) if journal else None
        self._name = edge.token(6)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(writers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_TO_ITS_END_S)
        if self._journal:
            self._journal.close()
        assert not any(thread.is_alive() for thread in self._threads)

    def wait_for(self, more: int, within_s: float = 60.0) -> None:
        """Wait until so many more purchases were acknowledged."""
        goal, until = len(self.acknowledged) + more, time.monotonic() + within_s
        while len(self.acknowledged) < goal:
            assert time.monotonic() < until, (len(self.acknowledged), goal, self.faults)
            time.sleep(0.01)

    def _buy(self, number: int) -> None:
        member = {"phone": f"+3736912{number:04d}"}
        with httpx.Client(base_url=self.url, timeout=5) as client:
            count = 0
            while not self._stop.is_set():
                count += 1
                self._purchase(client, member, f"{self._name}-{number}-{count}")

    def _purchase(self, client: httpx.Client, member: dict[str, str], key: str) -> None:
        self.tried.append(key)
        self._note("TRY", key)
        sent = 0
        # What was begun is brought to its end, or nobody could say what the right number is.
        until = time.monotonic() + _TO_ITS_END_S
        while time.monotonic() < until:
            sent += 1
            body: dict[str, Any] = {"member": member, "lines": [{"amount": 100, "name": key}]}
            headers = {
                "authorization": f"Bearer {self.token}",
                "idempotency-key": f"{key}-{sent}" if self.fresh_keys else key,
            }
            # A till on a bad line gives up before the answer comes, and asks again.
            patience_s = 0.004 if sent == 1 and len(self.tried) % 5 == 0 else 5.0
            try:
                answer = client.post("/v1/purchases", json=body, headers=headers, timeout=patience_s)
            except httpx.TransportError as fault:
                self.faults[type(fault).__name__] += 1
                time.sleep(0.02)
                continue
            if answer.status_code == 201:
                member_id = answer.json()["member"]["id"]
                self._note("ACK", key, member_id)
                self.acknowledged[key] = member_id
                return
            self.faults[answer.json()["code"]] += 1
            assert answer.status_code in {409, 503}, answer.text
            time.sleep(0.02)
        raise AssertionError(self.faults)

    def _note(self, *words: str) -> None:
        if self._journal:
            # One write of a short line: lines of several writers do not mix.
            self._journal.write((" ".join(words) + "\n").encode())
            os.fsync(self._journal.fileno())


def journalled(journal: Path) -> tuple[set[str], dict[str, str]]:
    """What was tried, and what was acknowledged to which member, from the disk."""
    tried: set[str] = set()
    acknowledged: dict[str, str] = {}
    for line in journal.read_text().splitlines():
        said, key, *member = line.split(" ")
        if said == "TRY":
            tried.add(key)
        else:
            acknowledged[key] = member[0]
    return tried, acknowledged


class Found:
    """What is really there: recorded purchases by the name of their line, and what the ledger's checker says."""

    def __init__(self) -> None:
        self.recorded: Counter[str] = Counter()
        self.breaks: list[str] = []
        self.points = 0
        self.events = 0


async def look(served: Server, *, token: str, members: set[str], program_id: int) -> Found:
    """Read everything back: over the API what was recorded, from the database what the checker says."""
    # Whoever was killed last may not be back yet.
    served.wait_until_ready()
    found = Found()
    for member in members:
        found.recorded.update(recorded(served, token, member))
    key = keyring.key(served.home, "ledger")
    async with (
        Database(server.locate(served.settings), size=1, pace="patient") as database,
        database.read(programs=[program_id]) as tx,
    ):
        report = await ledger.check(tx, program_id=program_id, key=key)
        found.breaks = [str(each) for each in report.breaks]
        found.points = await tx.fetchval(
            "SELECT coalesce(sum(active), 0)::bigint FROM balance WHERE program_id = $1", program_id
        )
        found.events = await tx.fetchval("SELECT count(*) FROM event WHERE program_id = $1", program_id)
    return found


def recorded(served: Server, token: str, member: str) -> list[str]:
    """The names of the first lines of all activities of a member."""
    names: list[str] = []
    cursor: str | None = None
    with httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:
        while True:
            query: dict[str, Any] = {"limit": 100} | ({} if cursor is None else {"cursor": cursor})
            answer = client.get(f"/v1/members/{member}/activities", params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            names += [item["lines"][0]["name"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return names


def url_of(where: Address) -> str:
    """The URL under which somebody else's process would be told of this database."""
    user, password = where.login("admin")
    return f"postgresql://{user}:{password}@/{where.database}?host={where.host}&port={where.port}"


def api_processes(served: Server) -> list[psutil.Process]:
    """The processes that answer requests."""
    assert served.child is not None
    others = ("postgres", "regulars.worker", "resource_tracker")
    found = []
    for each in psutil.Process(served.child.pid).children():
        # One that was just killed may still stand there without a command line.
        with contextlib.suppress(psutil.Error):
            said = " ".join(each.cmdline())
            if said and not any(other in said for other in others):
                found.append(each)
    return found


def postmaster(served: Server) -> psutil.Process:
    """The database server itself."""
    assert served.child is not None
    return next(each for each in psutil.Process(served.child.pid).children() if "-D" in each.cmdline())


def backends(served: Server) -> list[psutil.Process]:
    """The database processes that carry our statements."""
    found = []
    for each in postmaster(served).children():
        with contextlib.suppress(psutil.Error):
            if "regulars_app" in " ".join(each.cmdline()):
                found.append(each)
    return found


def in_mid_batch(served: Server, within_s: float = 30.0) -> int:
    """Wait until a transaction of the app has written something and is not committed; the backend that carries it."""
    writing = "SELECT pid FROM pg_stat_activity WHERE usename = 'regulars_app' AND backend_xid IS NOT NULL ORDER BY xact_start"
    until = time.monotonic() + within_s
    with psycopg.connect(**server.locate(served.settings).sync_arguments("admin"), autocommit=True) as admin:
        while time.monotonic() < until:
            row = admin.execute(writing).fetchone()
            if row is not None:
                return int(row[0])
    raise AssertionError("nobody writes")


def one_of(victims: Callable[[Server], list[psutil.Process]], served: Server) -> psutil.Process:
    """One of them, as soon as there is one: the last may have been killed a moment ago."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = victims(served)
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError(victims.__name__)


def kill(process: psutil.Process) -> None:
    """As the kernel does it when memory runs out: no last words."""
    os.kill(process.pid, signal.SIGKILL)
