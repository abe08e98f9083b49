"""A backup is one that has been restored: to its end, to a moment, and not at all where anything is wrong (TRUST.md R14).
What costs more is in tests/faults/test_restored.py.
"""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from regulars.kit import backups, keyring, restoring, settings
from regulars.kit.address import Address
from regulars.kit.backup_faults import (
    BackupBroken,
    BackupFailed,
    HomeNotEmpty,
    LogMissing,
    NoBackup,
    OtherBackup,
    RestoreUnderWay,
)
from regulars.kit.backups import Found
from tests.kit.kept_home import SMALL, WORDS, Kept, change, kept_home, linked, logs, restored, said_in


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with kept_home() as made:
        yield made


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Path:
    """The backup folder, to be harmed."""
    return linked(kept.folder, tmp_path / "backup")


def refused(home: Path, folder: Path) -> None:
    """Ask for a restore that must fail; the home is as empty as before."""
    try:
        restoring.restore(home, backups.chosen(folder, None), to=None, tuning=SMALL, told=lambda *_: None)
    finally:
        assert list(home.iterdir()) == []


def test_a_backup_becomes_a_home_as_late_as_its_log_reaches(kept: Kept, home: Path) -> None:
    assert restored(home, kept.folder) == WORDS
    assert keyring.key(home, "ledger") == kept.ledger_key
    assert (home / "imports" / "state").read_text() == "row 7"
    # With the roots, or the check of a restored ledger would have nothing to hold its ends against; none half written.
    assert [path.name for path in (home / "roots" / "1").iterdir()] == ["000001.root.json"]
    # What the backup holds is for its owner alone, and so is what became of it.
    private = [path for path in kept.folder.rglob("*") if path.is_file()]
    assert len(private) > 500
    secret = home / "secrets" / "ledger.key"
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [*private, secret]} == {0}


def test_a_backup_becomes_a_home_at_a_moment(kept: Kept, home: Path) -> None:
    begun = time.monotonic()
    assert restored(home, kept.folder, kept.moment) == WORDS[:2]
    assert time.monotonic() - begun < 60


def test_two_restores_at_once_into_one_home_are_one(kept: Kept, home: Path) -> None:
    refused: list[object] = []

    def told(_done: int, _of: int) -> None:
        if not refused:
            with pytest.raises(RestoreUnderWay) as said:
                restored(home, kept.folder)
            refused.append(said.value.fields["home"])

    restoring.restore(home, backups.chosen(kept.folder, None), to=None, tuning=SMALL, told=told)
    assert refused == [str(home)]
    assert said_in(home) == WORDS


def test_a_restore_that_is_interrupted_leaves_nothing(kept: Kept, home: Path) -> None:
    def told(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restoring.restore(home, backups.chosen(kept.folder, None), to=None, tuning=SMALL, told=told)
    assert list(home.iterdir()) == []


def test_a_home_that_cannot_be_made_is_no_restore(kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place, fault in ((Path("/proc/nothere"), FileNotFoundError), (file, FileExistsError)):
        # The command line says what to do: tests/cli/test_unusable.py.
        with pytest.raises(fault, match=str(place)):
            restored(place, kept.folder)


def test_a_home_is_never_written_over(kept: Kept, home: Path) -> None:
    (home / "something").touch()
    with pytest.raises(HomeNotEmpty, match="is not empty"):
        restored(home, kept.folder)
    assert [path.name for path in home.iterdir()] == ["something"]


def test_a_moment_before_every_backup_is_refused(kept: Kept, home: Path) -> None:
    with pytest.raises(NoBackup):
        backups.chosen(kept.folder, kept.before)
    with pytest.raises(NoBackup):
        backups.chosen(home, None)


@pytest.mark.parametrize("of", ["row", "secret", "manifest"])
def test_control_one_flipped_byte_is_found_before_anything_is_restored(copy: Path, home: Path, of: str) -> None:
    folder = backups.chosen(copy, None).folder
    rows = (path for path in (folder / "data" / "base").rglob("*") if path.is_file())
    file = {
        "row": max(rows, key=lambda path: path.stat().st_size),
        "secret": folder / "secrets" / "ledger.key",
        "manifest": folder / "data" / "backup_manifest",
    }[of]
    change(file, 20)
    with pytest.raises(BackupBroken):
        refused(home, copy)


def test_control_a_missing_file_of_the_log_is_told_before_anything_is_restored(copy: Path, home: Path) -> None:
    missing = logs(copy)[1]
    missing.unlink()
    with pytest.raises(LogMissing, match=f"lacks {missing.name}"):
        refused(home, copy)


def rewritten(found: Found, **changes: object) -> None:
    path = found.folder / backups.NOTE
    about = msgspec.json.decode(path.read_bytes()) | changes
    path.unlink()
    path.write_bytes(msgspec.json.encode(about))


def test_a_backup_of_another_postgresql_is_refused(copy: Path, home: Path) -> None:
    rewritten(backups.chosen(copy, None), postgres="19")
    with pytest.raises(OtherBackup, match="PostgreSQL 19"):
        refused(home, copy)


def test_old_backups_go_with_the_log_that_only_they_need(copy: Path) -> None:
    first = backups.chosen(copy, None)
    second = first.folder.with_name("20991231T000000.000000Z")
    shutil.copytree(first.folder, second, copy_function=lambda a, b: Path(b).hardlink_to(a))
    later = logs(copy)[1].name
    rewritten(Found(folder=second, about=first.about), ended_at="2099-12-31T00:00:00Z", first_log=later)
    gone = backups.keep(backups.chosen(copy, None), 1)
    assert gone[0] == first.folder
    assert [one.folder for one in backups.backups(copy)] == [second]
    assert min(path.name for path in first.wal.glob("0*")) == later


def test_a_backup_does_not_lie_in_what_it_is_a_backup_of(home: Path) -> None:
    chosen = settings.load({"REGULARS_HOME": str(home)})
    nowhere = Address(host="/nowhere", port=1, database="x")
    with pytest.raises(BackupFailed, match="would be lost with it"):
        backups.take(chosen, nowhere, home / "backup", revision="", told=lambda *_: None)
