"""Who was forgotten, beside the database: written before anybody hears of it, read whatever became of the last line."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import stat
from pathlib import Path
from uuid import UUID

import pytest

from regulars.kit import forgotten, settings
from regulars.kit.forgotten import ErasuresChanged, ErasuresNotKept, Forgotten

AT = dt.datetime(2027, 3, 1, 10, 0, tzinfo=dt.UTC)
ANN, BOB = Forgotten(1, UUID(int=1), AT), Forgotten(2, UUID(int=2), AT + dt.timedelta(days=1))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "erasures" / forgotten.NAME


def test_a_line_names_a_program_a_member_and_a_moment_and_nothing_else(file: Path) -> None:
    forgotten.remember([file], [ANN])
    line = file.read_text()
    assert line.startswith(
        '{"program":1,"member":"mem_00000000000000000000000001","at":"2027-03-01T10:00:00Z","digest":'
    )
    assert line.endswith("\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert forgotten.read(file) == [ANN]


def test_whoever_is_there_is_not_written_again(file: Path) -> None:
    forgotten.remember([file], [ANN])
    before = file.read_bytes()
    forgotten.remember([file], [Forgotten(1, ANN.member_id, AT + dt.timedelta(days=9))])
    assert file.read_bytes() == before
    forgotten.remember([file], [ANN, BOB])
    assert forgotten.read(file) == [ANN, BOB]


def test_every_beginning_of_a_last_line_that_was_cut_short_is_passed_over_and_mended(file: Path) -> None:
    forgotten.remember([file], [ANN, BOB])
    whole = file.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        file.write_bytes(whole[:cut])
        assert forgotten.read(file) == [ANN]
        forgotten.remember([file], [BOB])
        assert file.read_bytes() == whole


def test_control_a_whole_line_that_was_changed_is_never_passed_over(file: Path) -> None:
    forgotten.remember([file], [ANN, BOB])
    whole = file.read_bytes()
    at = whole.index(b"\n")
    for place in range(at):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        file.write_bytes(bytes(changed))
        with pytest.raises(ErasuresChanged) as caught:
            forgotten.read(file)
        assert caught.value.fields == {"file": str(file), "number": 1}
        with pytest.raises(ErasuresChanged):
            forgotten.remember([file], [ANN])
        assert file.read_bytes() == bytes(changed)


def _write(file: Path, program: int) -> None:
    for number in range(40):
        forgotten.remember([file], [Forgotten(program, UUID(int=number), AT)])


def test_several_processes_write_and_no_line_is_lost_or_mixed(file: Path) -> None:
    spawned = multiprocessing.get_context("fork")
    writers = [spawned.Process(target=_write, args=(file, program)) for program in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert {(one.program_id, one.member_id.int) for one in forgotten.read(file)} == {
        (program, number) for program in range(3) for number in range(40)
    }
    assert len(file.read_bytes().splitlines()) == 120


def test_where_it_cannot_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "erasures").touch()
    with pytest.raises(ErasuresNotKept) as caught:
        forgotten.remember([tmp_path / "erasures" / forgotten.NAME], [ANN])
    assert (caught.value.status, caught.value.retry_after_s) == (503, 10)


def test_the_home_and_the_line_of_the_backup_folder_hear_of_it_and_other_lines_are_read_too(tmp_path: Path) -> None:
    chosen = settings.load(
        {"REGULARS_HOME": str(tmp_path / "home"), "REGULARS_BACKUP_FOLDER": str(tmp_path / "backup")}
    )
    chosen.home.mkdir()
    home, line = forgotten.files_of(chosen)
    assert (home, line.parent.parent) == (chosen.home / "erasures" / forgotten.NAME, tmp_path / "backup")
    forgotten.remember([home, line], [ANN])
    other = tmp_path / "backup" / "20200101T000000Z-00000000"
    other.mkdir()
    forgotten.remember([other / forgotten.NAME], [BOB, ANN])
    assert forgotten.known(chosen) == [ANN, BOB]
    assert forgotten.known(settings.load({"REGULARS_HOME": str(tmp_path / "home")})) == [ANN]
