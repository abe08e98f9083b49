"""A Regulars of its own for a measurement: an empty database on a real disk, a program, a key, servers, CPU clocks."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psutil

from benchmarks import world
from regulars.access import service as access
from regulars.directory import service as directory
from regulars.directory.contracts import CategoryIn, GoodIn, StoreIn
from regulars.kit import companions, edge, server, upgrade
from regulars.kit import settings as kit_settings
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as programs

_READY_S: Final = 60.0


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything is."""

    settings: Settings
    program_id: int
    token: str
    postmaster: int

    @property
    def url(self) -> str:
        """Where its server answers."""
        return f"http://{self.settings.host}:{self.settings.port}"


@contextmanager
def fresh(*, rules: int = 50, text: str | None = None) -> Iterator[House]:
    """An empty database with a program of so many rules, or with the program of a text; deleted afterwards."""
    # Not /tmp, which lives in memory on many machines: fsync must cost what it costs.
    home = Path(tempfile.mkdtemp(prefix="regulars-bench-", dir="/var/tmp"))
    settings = kit_settings.load({"REGULARS_HOME": str(home), "REGULARS_PORT": str(_free_port())})
    one = server.EmbeddedServer(settings.home, server.tuning_of(settings))
    try:
        where = one.start()
        upgrade.upgrade(where)
        program_id, token = asyncio.run(_furnish(settings, text or world.program_text(rules)))
        assert one.pid is not None
        yield House(settings=settings, program_id=program_id, token=token, postmaster=one.pid)
    finally:
        one.stop()
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


async def _furnish(settings: Settings, text: str) -> tuple[int, str]:
    now = edge.now()
    async with Database(server.locate(settings), size=2, pace="patient") as database:
        async with database.transaction(programs=[]) as tx:
            found = await access.create_program(tx, key="bench", name="Bench", now=now)
        async with database.transaction(programs=[found.program_id]) as tx:
            await directory.put_categories(
                tx,
                program_id=found.program_id,
                rows=[CategoryIn(key=f"C{number}") for number in range(world.CATEGORIES)],
                now=now,
            )
            await directory.put_stores(
                tx,
                program_id=found.program_id,
                rows=[StoreIn(id=f"S{number}", zone="Europe/Chisinau") for number in range(world.STORES)],
                now=now,
            )
            goods = [
                GoodIn(sku=f"G{number}", name=f"Good {number}", category=f"C{number % world.CATEGORIES}")
                for number in range(world.GOODS)
            ]
            await directory.put_goods(tx, program_id=found.program_id, rows=goods, now=now)
            await programs.publish(tx, program_id=found.program_id, text=text, by="bench", now=now)
            issued = await access.create_key(
                tx,
                program_id=found.program_id,
                key_id=edge.new_id(now),
                secret=edge.token(),
                label="bench",
                scopes=["till"],
                now=now,
            )
    return found.program_id, issued.token


@contextmanager
def serving(house: House, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """One API server process on the house, with these settings."""
    names = {
        "REGULARS_HOME": str(house.settings.home),
        "REGULARS_PORT": str(house.settings.port),
        "REGULARS_LOG_LEVEL": "error",
        "REGULARS_RATE_LIMIT_PER_S": "1000000",
        "REGULARS_RATE_LIMIT_BURST": "1000000",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "regulars.api"], env=os.environ | names | environment, start_new_session=True
    )
    try:
        _wait(child, house.url)
        yield child
    finally:
        companions.end(child, 20)


class Cpu(msgspec.Struct, frozen=True):
    """Seconds of CPU: the server's processes, and PostgreSQL with all backends and the WAL writer."""

    server_s: float
    postgres_s: float

    def since(self, before: Cpu) -> Cpu:
        """What was used between two readings."""
        return Cpu(self.server_s - before.server_s, self.postgres_s - before.postgres_s)


def cpu(house: House, child: subprocess.Popen[bytes] | None = None) -> Cpu:
    """A reading of the clocks."""
    return Cpu(_seconds(child.pid) if child else 0.0, _seconds(house.postmaster))


def rss_mb(child: subprocess.Popen[bytes]) -> float:
    """Memory of the largest process of a server: the one that answers."""
    sizes = [one.memory_info().rss for one in psutil.Process(child.pid).children(recursive=True)]
    return round(max(sizes, default=0) / (1 << 20), 1)


def postgres_mb(house: House) -> float:
    """Memory of PostgreSQL, what its processes share counted once."""
    root = psutil.Process(house.postmaster)
    return round(sum(one.memory_full_info().pss for one in [root, *root.children(recursive=True)]) / (1 << 20), 1)


def _seconds(pid: int) -> float:
    total = 0.0
    root = psutil.Process(pid)
    for one in [root, *root.children(recursive=True)]:
        try:
            times: Any = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        # Children that ended are counted with their parent.
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _wait(child: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with {child.returncode}")
        try:
            if httpx.get(f"{url}/ready", timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the server did not get ready")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
