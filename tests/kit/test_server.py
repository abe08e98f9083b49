from __future__ import annotations

import contextlib
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from regulars.kit import binaries, server, settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.server import EmbeddedServer, Tuning
from regulars.kit.server_faults import OtherServerVersion, ServerDidNotStart

SMALL = Tuning(shared_buffers="16MB", max_connections=20)


@contextlib.contextmanager
def running(home: Path) -> Iterator[tuple[EmbeddedServer, Address]]:
    one = EmbeddedServer(home, SMALL)
    try:
        yield one, one.start()
    finally:
        one.stop()


def ask(where: Address, question: str) -> object:
    arguments = where.in_database("postgres").sync_arguments("admin")
    with psycopg.connect(**arguments, connect_timeout=2, autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def ask_until_it_answers(where: Address, question: str, *, seconds: float = 5.0) -> object:
    until = time.monotonic() + seconds
    while True:
        try:
            return ask(where, question)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def test_what_was_saved_is_there_after_a_stop_and_a_start(home: Path) -> None:
    with running(home) as (first, where):
        assert first.is_supervisor
        ask(where, "CREATE TABLE public.kept AS SELECT 7 AS n")
    with running(home) as (_, where):
        assert ask(where, "SELECT n FROM public.kept") == 7


def test_a_killed_server_is_back_within_five_seconds_with_what_was_saved(home: Path) -> None:
    with running(home) as (one, where):
        ask(where, "CREATE TABLE public.kept AS SELECT 7 AS n")
        for _ in range(2):
            assert one.pid is not None
            os.kill(one.pid, signal.SIGKILL)
            assert ask_until_it_answers(where, "SELECT n FROM public.kept") == 7


async def test_the_pool_heals_when_the_server_is_back(home: Path) -> None:
    import asyncio

    from regulars.kit.errors import DatabaseUnavailable

    with running(home) as (one, where):
        async with Database(where.in_database("postgres"), role="admin", size=2) as database:
            await database.ping()
            assert one.pid is not None
            postmaster = psutil.Process(one.pid)
            for process in (postmaster, *postmaster.children()):
                process.kill()
            unavailable, until = 0, time.monotonic() + 60
            while True:
                try:
                    await database.ping()
                    break
                except DatabaseUnavailable:
                    unavailable += 1
                    assert time.monotonic() < until
                    await asyncio.sleep(0.01)
            assert unavailable > 0


def test_a_second_process_attaches_and_leaves_the_server_running(home: Path) -> None:
    with running(home) as (one, where):
        second = EmbeddedServer(home, SMALL)
        assert second.start() == where
        assert not second.is_supervisor
        second.stop()
        assert one.is_supervisor
        assert ask(where, "SELECT 1") == 1
        assert server.locate(settings.load({"REGULARS_HOME": str(home)})) == where


def test_a_server_that_outlived_its_supervisor_is_taken_over(home: Path) -> None:
    code = (
        "import os, pathlib; from regulars.kit.server import *;"
        f"s = EmbeddedServer(pathlib.Path({str(home)!r}), Tuning(shared_buffers='16MB', max_connections=20));"
        "s.start(); print(s.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    orphan = int(said.stdout)
    assert Path(f"/proc/{orphan}/cwd").exists()
    with running(home) as (one, where):
        assert ask(where, "SELECT 1") == 1
        assert one.pid not in {None, orphan}
        state = Path(f"/proc/{orphan}/stat")
        assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_nobody_else_can_enter_or_sign_in(home: Path) -> None:
    with running(home) as (_, where):
        folder = (home / "postgres").resolve()
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "data", Path(where.host))]
        assert modes == [0o700, 0o700, 0o700]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=where.host, port=where.port, dbname="postgres", user="postgres", password="postgres")
        assert ask(where, "SHOW listen_addresses") == ""
        assert ask(where, "SHOW fsync") == "on"
        assert ask(where, "SHOW synchronous_commit") == "on"


def test_the_server_never_runs_as_root(home: Path) -> None:
    with running(home) as (one, _):
        assert one.pid is not None
        runs_as = Path(f"/proc/{one.pid}").stat().st_uid
    account = binaries.server_account()
    assert runs_as == (account.uid if account else os.geteuid())
    assert runs_as != 0


def test_a_long_home_still_has_a_socket(home: Path) -> None:
    deep = home / ("long" * 20) / ("er" * 20)
    with running(deep) as (_, where):
        assert len(where.host) < 90
        assert ask(where, "SELECT 1") == 1
    Path(where.host).rmdir()


def test_a_start_that_was_killed_half_way_leaves_no_half_server(home: Path) -> None:
    with running(home) as (one, _):
        folder = one.folder
    (folder / "data").rename(folder / "data.new")
    with running(home) as (_, where):
        assert ask(where, "SELECT 1") == 1
    assert not (folder / "data.new").exists()


def test_data_of_another_version_is_refused(home: Path) -> None:
    with running(home) as (one, _):
        data = one.folder / "data"
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherServerVersion) as refused:
        EmbeddedServer(home, SMALL).start()
    assert (refused.value.fields["found"], refused.value.fields["expected"]) == ("17", "18")


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    broken = EmbeddedServer(home, Tuning(shared_buffers="no such size"))
    with pytest.raises(ServerDidNotStart, match="shared_buffers"):
        broken.start()
    # The lock is free again, and a good setting starts.
    with running(home) as (_, where):
        assert ask(where, "SELECT 1") == 1


def test_a_home_that_the_servers_user_cannot_enter_gets_a_link_out_of_it(home: Path) -> None:
    account = binaries.server_account()
    if account is None:
        # We are that user ourselves: nothing to link.
        assert binaries.folder(None).exists()
        return
    shut = home / "shut"
    shut.mkdir(mode=0o700)
    with running(shut / "regulars") as (one, where):
        assert ask(where, "SELECT 1") == 1
        folder = one.folder
    assert stat.S_IMODE(shut.stat().st_mode) == 0o700
    assert (shut / "regulars" / "postgres").is_symlink()
    assert folder.stat().st_uid == pwd.getpwnam(account.name).pw_uid
    subprocess.run(["rm", "-rf", str(folder)], check=True)
