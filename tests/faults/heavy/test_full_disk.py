"""A full disk: writing waits for space and says so, reading works, and it heals by itself (TRUST.md R11).

The database stands on small volumes of memory, which only root may make.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from regulars.kit import server
from tests.faults import crowd, table
from tests.journeys.conftest import Server

MEGABYTE = 1 << 20
FULL, WITHIN_S = {503, 507}, 5.0


@contextlib.contextmanager
def volume(megabytes: int) -> Iterator[Path]:
    """A volume of its own, so large."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-volume-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path) -> Path:
    """Write until there is no byte left; the ballast."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        piece = b"\0" * MEGABYTE
        while piece:
            try:
                file.write(piece)
            except OSError as fault:
                if fault.errno != errno.ENOSPC:
                    raise
                piece = piece[: len(piece) // 2]
    return ballast


class Writer:
    """A till that sells, each time to somebody new, and keeps what it was told."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.tried: list[str] = []
        self.acknowledged: dict[str, str] = {}

    def buy(self, key: str = "") -> httpx.Response:
        key = key or f"k-{len(self.tried)}"
        if key not in self.tried:
            self.tried.append(key)
        body = {"member": {"phone": f"+373691{key[2:]:0>5}"}, "lines": [{"amount": 100, "name": key}]}
        answer = self.client.post("/v1/purchases", json=body, headers={"idempotency-key": key})
        if answer.status_code == 201:
            self.acknowledged[key] = answer.json()["member"]["id"]
        return answer

    def until_full(self, within_s: float = 120.0) -> httpx.Response:
        """Sell until it is told to come back later."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            answer = self.buy()
            if answer.status_code != 201:
                return answer
        raise AssertionError("the volume never got full")

    def healed_after_s(self) -> float:
        """Try again until it is a yes."""
        began = time.monotonic()
        while self.buy(self.tried[-1]).status_code != 201:
            assert time.monotonic() - began < 60
            time.sleep(0.05)
        return time.monotonic() - began


@contextlib.contextmanager
def on_volumes(home: Path, log: Path) -> Iterator[tuple[Server, Writer]]:
    """A server whose home stands here and whose log of changes stands there, and a till at it."""
    served = Server(home, REGULARS_POSTGRES_MAX_WAL_SIZE="64MB")
    served.log = log.parent / f"{log.name}.said"
    served.start()
    served.stop()
    wal = home / "postgres" / "data" / "pg_wal"
    shutil.copytree(wal, log / "pg_wal")
    owner = wal.stat()
    for each in [log / "pg_wal", *(log / "pg_wal").rglob("*")]:
        os.chown(each, owner.st_uid, owner.st_gid)
    (log / "pg_wal").chmod(0o700)
    shutil.rmtree(wal)
    wal.symlink_to(log / "pg_wal")
    served.start()
    try:
        token = asyncio.run(served.found())
        with httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:
            yield served, Writer(client)
    finally:
        served.stop()
        served.log.unlink()


def agree(served: Server, writer: Writer) -> None:
    """Whatever was acknowledged is there once, and the books hold."""
    token = writer.client.headers["authorization"].removeprefix("Bearer ")
    members = set(list(writer.acknowledged.values())[:20] + list(writer.acknowledged.values())[-20:])
    found = asyncio.run(crowd.look(served, token=token, members=members, program_id=1))
    assert set(found.recorded.values()) == {1}
    assert found.points == len(writer.acknowledged)
    assert found.breaks == []


def reads(writer: Writer) -> int:
    member = next(iter(writer.acknowledged.values()))
    return writer.client.get(f"/v1/members/{member}").status_code


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_full_disk_of_data_refuses_writes_and_heals() -> None:
    assert os.geteuid() == 0, "only root can make a small volume"
    with volume(400) as home, tempfile.TemporaryDirectory(prefix="regulars-wal-", dir="/tmp") as log:
        Path(log).chmod(0o755)
        with on_volumes(home, Path(log)) as (served, writer):
            for _ in range(20):
                assert writer.buy().status_code == 201
            ballast = fill(home)
            told = writer.until_full()
            assert (told.status_code in FULL, int(told.headers["retry-after"]) >= 1) == (True, True), told.text
            assert reads(writer) == 200
            ballast.unlink()
            healed_s = writer.healed_after_s()
            assert healed_s < WITHIN_S
            agree(served, writer)
    table.tell(
        "R11", "data volume full", f"{told.status_code}, reads 200, healed {healed_s:.1f} s after there was space"
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_full_disk_of_the_log_refuses_writes_and_heals() -> None:
    assert os.geteuid() == 0, "only root can make a small volume"
    with volume(160) as log, tempfile.TemporaryDirectory(prefix="regulars-data-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        with on_volumes(Path(home), log) as (served, writer):
            for _ in range(20):
                assert writer.buy().status_code == 201
            ballast = fill(log)
            told = until_log_full(served, writer)
            assert (told.status_code in FULL, int(told.headers["retry-after"]) >= 1) == (True, True), told.text
            ballast.unlink()
            healed_s = writer.healed_after_s()
            assert healed_s < WITHIN_S
            agree(served, writer)
    table.tell("R11", "volume of the log full", f"{told.status_code}, healed {healed_s:.1f} s after there was space")


def until_log_full(served: Server, writer: Writer) -> httpx.Response:
    """Begin a new file of the log after each sale until there is no room for one more."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(**server.locate(served.settings).sync_arguments("admin"), autocommit=True) as admin,
        ):
            admin.execute("SELECT pg_switch_wal()")
        answer = writer.buy()
        if answer.status_code != 201:
            return answer
    raise AssertionError("the log never got full")
