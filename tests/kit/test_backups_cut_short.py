"""Backups that come two at a time, are interrupted, or are killed: one at a time, and nobody copies on for nobody."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from regulars.kit import backups, keyring, roles, settings
from regulars.kit.address import Address
from regulars.kit.backup_faults import BackupUnderWay
from regulars.kit.server import EmbeddedServer
from regulars.kit.settings import Settings
from tests.kit.kept_home import SMALL

# A backup that tells us when it has begun to copy, and then stands still.
BACKUP = """
import sys, time
from pathlib import Path
from regulars.kit import address, backups, settings
chosen = settings.load({"REGULARS_HOME": sys.argv[1]})
def told(done, of):
    print("copying", flush=True)
    time.sleep(600)
where = address.embedded(chosen.home, Path(sys.argv[2]))
backups.take(chosen, where, Path(sys.argv[3]), revision="0001", told=told)
"""


@pytest.fixture(scope="module")
def lives() -> Iterator[tuple[Settings, Address]]:
    home = Path(tempfile.mkdtemp(prefix="regulars-home-", dir="/tmp"))
    home.chmod(0o755)
    made = EmbeddedServer(home, SMALL)
    where = made.start()
    roles.prepare(where)
    keyring.key(home, "ledger")
    yield settings.load({"REGULARS_HOME": str(home)}), where
    made.stop()
    shutil.rmtree(home)


@pytest.fixture
def begun(lives: tuple[Settings, Address], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A backup in a process of its own that is in the middle of copying."""
    chosen, where = lives
    command = [sys.executable, "-P", "-c", BACKUP, str(chosen.home), where.host, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "copying\n"
        # However fast the disk is, it is not done when we look.
        for pid in copying(tmp_path):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        yield child
        child.kill()
    for pid in copying(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def copying(folder: Path) -> list[int]:
    """The processes of PostgreSQL that write into a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            program, _, said = path.read_bytes().partition(b"\0")
            if program.endswith(b"pg_basebackup") and bytes(folder) in said:
                found.append(int(path.parent.name))
    return found


def gone(folder: Path) -> bool:
    until = time.monotonic() + 20
    while copying(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def parts(folder: Path) -> list[Path]:
    return list(folder.glob("*/*.part"))


def test_a_second_backup_is_told_that_another_is_under_way(lives: tuple[Settings, Address], tmp_path: Path) -> None:
    chosen, where = lives
    refused: list[object] = []

    def told(_done: int, _of: int) -> None:
        if not refused:
            with pytest.raises(BackupUnderWay) as said:
                backups.take(chosen, where, tmp_path, revision="0001", told=lambda *_: None)
            refused.append(said.value.text("en"))

    # The first goes on as if nobody had asked.
    first = backups.take(chosen, where, tmp_path, revision="0001", told=told)
    assert refused == [f"Another backup to {first.folder.parent} is under way. Wait until it is done."]
    assert (first.folder / "secrets" / "ledger.key").is_file()
    # And when it is done the next one comes.
    second = backups.take(chosen, where, tmp_path, revision="0001", told=lambda *_: None)
    assert [one.folder for one in backups.backups(tmp_path)] == [first.folder, second.folder]


def test_what_copies_ends_with_a_backup_that_is_killed_and_the_next_sweeps_what_it_left(
    lives: tuple[Settings, Address], begun: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert copying(tmp_path)
    begun.kill()
    begun.wait()
    assert gone(tmp_path)
    assert len(parts(tmp_path)) == 1
    chosen, where = lives
    made = backups.take(chosen, where, tmp_path, revision="0001", told=lambda *_: None)
    assert parts(tmp_path) == []
    assert [one.folder for one in backups.backups(tmp_path)] == [made.folder]


def test_a_backup_that_is_interrupted_leaves_nothing(begun: subprocess.Popen[str], tmp_path: Path) -> None:
    begun.send_signal(signal.SIGINT)
    assert begun.wait(20) != 0
    assert gone(tmp_path)
    assert parts(tmp_path) == []
