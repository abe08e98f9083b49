"""A machine is lost in the middle of a day: what was answered is there after one command, or what was there at a moment
(TRUST.md R14), and whoever was erased is not (D3). The mechanics in small: tests/kit/test_backups.py,
tests/cli/test_restored.py."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psutil
import psycopg
import pytest

from regulars.kit import backups, edge, forgotten, ids, restoring, server
from regulars.kit.backup_faults import BackupBroken, NotReached
from regulars.kit.server import EmbeddedServer
from regulars.kit.server_faults import RestoreUnfinished
from tests.faults import table
from tests.journeys.conftest import Server, Till
from tests.kit.kept_home import SMALL, WORDS, Kept, change, kept_home, linked, logs, restored


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with kept_home() as made:
        yield made


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-lost-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    for link in folder.glob("*/postgres"):
        shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_moment_that_the_log_does_not_reach_is_refused(kept: Kept, home: Path) -> None:
    with pytest.raises(NotReached, match="does not reach 2099"):
        restored(home, kept.folder, dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    assert list(home.iterdir()) == []


def test_control_a_flipped_byte_of_the_log_is_not_taken_for_its_end(kept: Kept, home: Path, tmp_path: Path) -> None:
    # PostgreSQL itself would end there without a word, and forget all that came later.
    copy = linked(kept.folder, tmp_path / "backup")
    found = next(path for path in logs(copy) if b"after" in path.read_bytes())
    change(found, found.read_bytes().index(b"after"))
    with pytest.raises(BackupBroken, match="cannot be read beyond"):
        restored(home, copy)
    assert list(home.iterdir()) == []
    table.tell("R14", "control: flipped byte in the log", "refused, nothing restored")


def test_a_restore_that_was_cut_short_is_no_home_and_can_be_begun_again(kept: Kept, home: Path) -> None:
    (home / server.UNFINISHED).touch()
    (home / "postgres").mkdir()
    (home / "postgres" / "half").touch()
    with pytest.raises(RestoreUnfinished, match="Run it again"):
        EmbeddedServer(home, SMALL).start()
    assert restored(home, kept.folder) == WORDS


class Tills:
    """Four tills that buy until nobody answers any more; what was answered, and when."""

    def __init__(self, url: str, token: str) -> None:
        self.answered: dict[str, float] = {}
        self._url, self._token = url, token
        self._threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(30)

    def wait_for(self, more: int) -> None:
        goal, until = len(self.answered) + more, time.monotonic() + 90
        while len(self.answered) < goal:
            assert time.monotonic() < until, len(self.answered)
            time.sleep(0.01)

    def _buy(self, number: int) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=10) as client:
            for count in itertools.count():
                name = f"sale-{number}-{count}"
                body = {"member": {"phone": f"+3736912{number:04d}"}, "lines": [{"amount": 100, "name": name}]}
                try:
                    answer = client.post("/v1/purchases", json=body, headers={"idempotency-key": name})
                except httpx.TransportError:
                    return
                if answer.status_code != 201:
                    return
                self.answered[name] = time.monotonic()


def kill_all(served: Server) -> None:
    """The power fails: all processes at once, none with a last word."""
    assert served.child is not None
    everyone = [psutil.Process(served.child.pid), *psutil.Process(served.child.pid).children(recursive=True)]
    for each in everyone:
        each.suspend()
    for each in everyone:
        os.kill(each.pid, signal.SIGKILL)
    served.child.wait(10)
    psutil.wait_procs(everyone, timeout=10)


def regulars(home: Path, *arguments: str) -> str:
    """The command line as an operator types it; what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    ran = subprocess.run(
        [sys.executable, "-m", "regulars", *arguments],
        env=environment | {"REGULARS_HOME": str(home), "LANG": "en_US.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def acknowledged(served: Server, names: set[str]) -> tuple[set[str], set[str]]:
    """Of these, which are in the ledger and which are not."""
    with psycopg.connect(**server.locate(served.settings).sync_arguments("admin")) as connection:
        bodies = [bytes(row[0]).decode() for row in connection.execute("SELECT body FROM regulars.activity").fetchall()]
    there = {name for body in bodies for name in re.findall(r'"name":"([^"]+)"', body)}
    return names & there, names - there


@pytest.mark.timeout(300)
def test_a_lost_machine_is_back_with_what_was_answered_and_with_any_moment(root: Path) -> None:
    backup = root / "backup"
    first = Server(root / "first", REGULARS_BACKUP_FOLDER=str(backup))
    (root / "first").mkdir(mode=0o755)
    first.start()
    token = asyncio.run(first.found())
    with Tills(first.url, token) as tills:
        tills.wait_for(50)
        regulars(first.home, "backup", str(backup))
        tills.wait_for(100)
        moment, until_then = edge.now(), set(tills.answered)
        tills.wait_for(100)
        kill_all(first)
    begun = time.monotonic()
    said = regulars(root / "second", "restore", str(backup))
    took_s = time.monotonic() - begun
    assert "Everything holds." in said
    second = Server(root / "second", REGULARS_BACKUP_FOLDER=str(backup))
    second.start()
    there, missing = acknowledged(second, set(tills.answered))
    # The promise is a minute; what was answered a second before the end is there.
    last = max(tills.answered.values())
    assert {name for name in missing if tills.answered[name] < last - 1.0} == set(), (len(there), len(missing))
    assert "Everything holds." in regulars(
        root / "third", "restore", str(backup), "--to", moment.isoformat().replace("+00:00", "Z")
    )
    third = Server(root / "third")
    third.start()
    back, gone = acknowledged(third, set(tills.answered))
    assert until_then <= back
    assert len(gone) >= 90
    for each in (second, third):
        assert each.stop() == 0
    table.tell(
        "R14",
        "machine lost under load, restored by one command, then to a moment",
        f"{len(there)} answers kept, {len(missing)} in the last second lost, restored and checked in {took_s:.1f} s",
    )


KILLS = 4


def erased_in(where: Server, home: Path) -> tuple[set[str], set[str]]:
    """Who is erased in a database, and whom the file beside it names."""
    with psycopg.connect(**server.locate(where.settings).sync_arguments("admin")) as connection:
        rows = connection.execute("SELECT member_id FROM regulars.member WHERE status = 'erased'").fetchall()
    named = forgotten.read(home / forgotten.FOLDER / forgotten.NAME)
    return {ids.to_wire("mem", row[0]) for row in rows}, {ids.to_wire("mem", one.member_id) for one in named}


@pytest.mark.timeout(600)
def test_who_was_erased_stays_so_through_kills_and_restores(root: Path, tmp_path: Path) -> None:
    backup = root / "backup"
    first = Server(root / "first", REGULARS_BACKUP_FOLDER=str(backup))
    (root / "first").mkdir(mode=0o755)
    first.start()
    till = Till(first.url, asyncio.run(first.found()))
    people = [
        till.done("/v1/purchases", {"member": {"phone": f"+3736915{number:04d}"}, "lines": [{"amount": 1000}]})
        for number in range(KILLS + 2)
    ]
    members = [str(one["member"]["id"]) for one in people]
    regulars(first.home, "backup", str(backup))
    moment = edge.now()
    for number, member in enumerate(members[:KILLS]):
        path, body = f"/v1/members/{member}/erase", {"reason": "letter", "forfeits": True}
        asking = threading.Thread(target=ask, args=(till, path, body, f"erase-{number}"))
        asking.start()
        # At another point of it each time: before the points go, between that and the file, before the keys go, after.
        time.sleep(0.012 * number)
        kill_all(first)
        asking.join(30)
        first.start()
        gone, named = erased_in(first, first.home)
        assert gone <= named, "somebody was destroyed of whom a restore would not know"
        answer = till.post(path, body, key=f"erase-{number}")
        assert answer.status_code == 201, answer.text
        gone, named = erased_in(first, first.home)
        assert member in gone & named
    till.client.close()
    kill_all(first)
    [line] = backup.glob(f"*/{forgotten.NAME}")
    whole = line.read_bytes()
    # As if the machine had gone while it wrote down one more, whom nobody was told to be erased.
    line.write_bytes(whole + whole.splitlines()[0][:40])
    # As if the restore had been cut short before it erased anybody.
    found = backups.chosen(backup, moment)
    restoring.restore(root / "second", found, to=moment, tuning=SMALL, told=lambda *_: None)
    second = Server(root / "second")
    refused = subprocess.run(
        [sys.executable, "-m", "regulars.api"], env=second.environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert f"{KILLS} members who were erased are in the database again" in refused.stderr
    said = regulars(second.home, "db", "restored")
    assert f"{KILLS} members erased since, and now erased again." in said
    assert "Everything holds." in said
    assert "erased since" not in regulars(second.home, "db", "restored")
    second.start()
    assert erased_in(second, second.home)[0] == set(members[:KILLS])
    assert second.stop() == 0
    control = linked(backup, tmp_path / "forgetful")
    for each in control.rglob(forgotten.NAME):
        each.unlink()
    assert "erased since" not in regulars(root / "third", "restore", str(control), "--to", wire(moment))
    third = Server(root / "third")
    third.start()
    assert erased_in(third, third.home)[0] == set()
    assert third.stop() == 0
    table.tell("D3", f"erasures and {KILLS} kills around them, then a restore to before them", f"{KILLS} erased again")
    table.tell("D3", "control: the same, without what was written down", "restored", f"{KILLS} are back")


def ask(till: Till, path: str, body: dict[str, object], key: str) -> None:
    with contextlib.suppress(httpx.TransportError):
        till.post(path, body, key=key)


def wire(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
