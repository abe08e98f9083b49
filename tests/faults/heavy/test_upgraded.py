"""A new release takes over while tills buy: nobody goes without an answer, and nobody waits for a lock (TRUST.md R15)."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import psycopg
import pytest

from regulars.kit import keyring, standing, upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.server import EmbeddedServer, Tuning
from regulars.ledger import service as ledger
from tests.faults import table
from tests.journeys.conftest import Server

ROOT = Path(__file__).resolve().parents[3]
LOCK_MS = 500


class Tills:
    """Six tills that never repeat a request: some keep their connection, some come with a new one each time."""

    def __init__(self, urls: list[str], token: str) -> None:
        self.urls = urls
        self.seen: Counter[str] = Counter()
        self.slowest_s = 0.0
        self._token = token
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(6)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int) -> None:
        goal, until = self.seen.total() + more, time.monotonic() + 120
        while self.seen.total() < goal:
            assert time.monotonic() < until, self.seen
            time.sleep(0.01)

    def _buy(self, number: int) -> None:
        client, url, count = httpx.Client(timeout=30), "", 0
        while not self._stop.is_set():
            count += 1
            # The first address is where the balancer in front of two servers sends them.
            if number % 2 or url != self.urls[0]:
                client.close()
                client, url = httpx.Client(timeout=30), self.urls[0]
            body = {"member": {"phone": f"+3736912{number:04d}"}, "lines": [{"amount": 100}]}
            headers = {"authorization": f"Bearer {self._token}", "idempotency-key": f"k-{number}-{count}"}
            begun = time.monotonic()
            try:
                self.seen[str(client.post(f"{url}/v1/purchases", json=body, headers=headers).status_code)] += 1
            except httpx.TransportError as fault:
                self.seen[repr(fault)] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        client.close()


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-upgraded-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree((folder / "home" / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def release(at: Path, version: str) -> Path:
    """This code in a folder of its own, as a release that calls itself so."""
    shutil.copytree(ROOT / "regulars", at / "regulars")
    health = at / "regulars" / "api" / "health.py"
    health.write_text(re.sub(r'VERSION: Final = ".*"', f'VERSION: Final = "{version}"', health.read_text()))
    return at


def switched(link: Path, to: Path) -> None:
    draft = link.with_suffix(".new")
    draft.symlink_to(to)
    draft.rename(link)


async def points(where: Address, home: Path) -> tuple[int, list[str]]:
    async with Database(where, size=1, pace="patient") as database, database.read(programs=[1]) as tx:
        report = await ledger.check(tx, program_id=1, key=keyring.key(home, "ledger"))
        found: int = await tx.fetchval("SELECT sum(active)::bigint FROM regulars.balance")
        return found, [str(each) for each in report.breaks]


def waits(home: Path) -> list[str]:
    """What the server says of locks that somebody waited for longer than LOCK_MS."""
    logs = (home / "postgres").resolve() / "log"
    said = "".join(path.read_text(errors="replace") for path in logs.glob("*.log"))
    return re.findall(r"still waiting for .*|canceling statement due to lock timeout", said)


def watch_locks(where: Address) -> None:
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET deadlock_timeout = '{LOCK_MS}ms'")
        connection.execute("ALTER SYSTEM SET log_lock_waits = on")
        connection.execute("SELECT pg_reload_conf()")


class Released(Server):
    """A server that runs the code of a folder."""

    def __init__(self, home: Path, code: Path, **extra: str) -> None:
        super().__init__(home, PYTHONPATH=str(code), PYTHONDONTWRITEBYTECODE="", **extra)
        self.code = code

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "regulars.api"], env=self.environment, cwd=self.home, stdout=log, stderr=log
            )
        self.wait_until_ready(within_s=120)


@pytest.fixture
def running() -> Iterator[list[Server]]:
    """Servers that must not outlive the test."""
    began: list[Server] = []
    yield began
    for each in began:
        if each.child is not None and each.child.poll() is None:
            each.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_processes_are_replaced_by_those_of_a_new_release_and_every_request_is_answered(
    root: Path, running: list[Server], processes: str
) -> None:
    link, home = root / "current", root / "home"
    home.mkdir(mode=0o755)
    switched(link, release(root / "old", "0.1.old"))
    served = Released(home, link, REGULARS_PROCESSES=processes)
    running.append(served)
    served.start()
    token = asyncio.run(served.found())
    assert httpx.get(f"{served.url}/health").json()["version"] == "0.1.old"
    with Tills([served.url], token) as tills:
        tills.wait_for(60)
        switched(link, release(root / "new", "9.9.new"))
        assert served.child is not None
        served.child.send_signal(signal.SIGHUP)
        until = time.monotonic() + 150
        while (found := standing.read(served.settings)) is None or found.reloads == 0:
            assert time.monotonic() < until, served.log.read_text()[-3000:]
            time.sleep(0.1)
        assert not found.failed, served.log.read_text()[-3000:]
        tills.wait_for(60)
        assert {httpx.get(f"{served.url}/health").json()["version"] for _ in range(10)} == {"9.9.new"}
    assert set(tills.seen) == {"201"}, tills.seen
    from regulars.kit import server

    earned, breaks = asyncio.run(points(server.locate(served.settings), home))
    assert (earned, breaks) == (tills.seen["201"], [])
    assert served.stop() == 0
    table.tell(
        "R15",
        f"all of {processes} processes replaced by a new release under load",
        f"{tills.seen['201']} requests, 0 failed, the slowest {tills.slowest_s:.1f} s",
    )


def test_control_a_server_that_is_stopped_and_started_is_seen(root: Path, running: list[Server]) -> None:
    home = root / "home"
    home.mkdir(mode=0o755)
    served = Server(home)
    running.append(served)
    served.start()
    token = asyncio.run(served.found())
    with Tills([served.url], token) as tills:
        tills.wait_for(30)
        served.stop()
        served.start()
        tills.wait_for(10)
    assert served.stop() == 0
    assert set(tills.seen) != {"201"}, "the tills are blind"
    table.tell(
        "R15", "control: stopped and started instead", f"{tills.seen.total() - tills.seen['201']} requests failed"
    )


# The last commit before the newest migration: the code that runs when the schema moves on beneath it.
def code_before() -> str:
    newest = max((ROOT / "regulars" / "migrations" / "versions").glob("0*.py"))
    log = ["git", "log", "--format=%H", "--diff-filter=A", "--", str(newest.relative_to(ROOT))]
    said = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert said, f"{newest.name} is in no commit"
    return f"{said[-1]}~1"


def unpacked(commit: str, at: Path) -> Path:
    at.mkdir()
    archive = subprocess.run(["git", "archive", commit, "regulars"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(at)], input=archive, check=True)
    return at


@pytest.mark.timeout(300)
def test_the_release_before_serves_on_while_the_schema_moves_and_hands_over(root: Path, running: list[Server]) -> None:
    home = root / "home"
    home.mkdir(mode=0o755)
    embedded = EmbeddedServer(home, Tuning(shared_buffers="64MB"))
    where = embedded.start()
    try:
        _hands_over(root, home, where, running)
    finally:
        embedded.stop()


def _hands_over(root: Path, home: Path, where: Address, running: list[Server]) -> None:
    old_code = unpacked(code_before(), root / "before")
    [last] = {upgrade.revisions()[-2]}
    upgrade.upgrade(where, last)
    watch_locks(where)
    user, password = where.login("admin")
    place = f"host={quote(where.host, safe='')}&port={where.port}"
    url = f"postgresql://{user}:{password}@/{where.database}?{place}"
    old = Released(home, old_code, REGULARS_DATABASE_URL=url)
    old.start()
    token = _published(old)
    new = Released(home, ROOT, REGULARS_DATABASE_URL=url)
    running += [old, new]
    with Tills([old.url], token) as tills:
        tills.wait_for(60)
        assert upgrade.revision(where) == last
        upgrade.upgrade(where)
        assert upgrade.is_current(where)
        tills.wait_for(60)
        new.start()
        tills.urls[0] = new.url
        tills.wait_for(60)
        # All have moved on to the new one: what the old one began, it ends.
        assert old.stop() == 0
        tills.wait_for(60)
    assert set(tills.seen) == {"201"}, (tills.seen, old.log.read_text()[-3000:])
    assert waits(home) == []
    earned, breaks = asyncio.run(points(where, home))
    assert (earned, breaks) == (tills.seen["201"], [])
    assert new.stop() == 0
    table.tell(
        "R15",
        f"release before {upgrade.head()}: migrated under load, old code on the new schema, then the new release",
        f"{tills.seen['201']} requests, 0 failed, no lock waited for {LOCK_MS} ms, the slowest {tills.slowest_s:.1f} s",
    )


def _published(old: Released) -> str:
    """A program and a key, made by the old release itself."""

    def typed(*arguments: str) -> str:
        command = [sys.executable, "-m", "regulars", *arguments]
        ran = subprocess.run(command, env=old.environment, cwd=old.home, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    typed("program", "publish", str(ROOT / "tests" / "journeys" / "corner_shop.yaml"))
    made: Any = typed("key", "create", "till", "--scope", "till", "--scope", "activities:write", "--json")
    return str(re.findall(r'"token":\s*"([^"]+)"', made)[0])
