"""Folders and files that cannot be made, read or written end a command in a sentence that says what to do."""

from __future__ import annotations

import errno
import getpass
import os
from pathlib import Path

import pytest

from regulars.cli import unusable
from regulars.kit import forgotten
from tests.cli.conftest import Run

NOWHERE = "/proc/nothere"
DO = f"Name another one, make room on its disk, or let {getpass.getuser()} read and write it."


def sentence(path: object, reason: str) -> str:
    return f"{path} cannot be used: {reason}. {DO}\n"


@pytest.mark.parametrize(
    "command",
    [
        ("backup",),
        ("ledger", "export", "--program", "corner"),
        ("ledger", "root", "--program", "corner", "--out"),
    ],
    ids=["backup", "export", "root"],
)
def test_a_folder_that_cannot_be_made_is_told(shop: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = shop(*command, NOWHERE)
    assert (ran.code, ran.out, ran.err) == (1, "", sentence(NOWHERE, "No such file or directory"))
    file = tmp_path / "file"
    file.touch()
    ran = shop(*command, file)
    assert (ran.code, ran.out, ran.err) == (1, "", sentence(file, "Not a directory"))


def test_a_home_that_cannot_be_made_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_HOME", NOWHERE)
    ran = run("program", "list")
    assert (ran.code, ran.out, ran.err) == (1, "", sentence(NOWHERE, "No such file or directory"))


def test_a_list_of_the_erased_that_cannot_be_read_is_told() -> None:
    # Open it can be, read it cannot.
    file = Path("/proc/self/mem")
    with pytest.raises(OSError, match=str(file)) as fault:
        forgotten.read(file)
    told = unusable.told(fault.value)
    assert told is not None
    assert told.text("en") + "\n" == sentence(file, "Input/output error")


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["regulars", "ledger", "export", "/mnt/out"])
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    told = unusable.told(full)
    assert told is not None
    assert told.text("en") + "\n" == sentence("regulars ledger export /mnt/out", "No space left on device")
    # What is no fault of a file goes on as it came.
    assert unusable.told(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) is None
