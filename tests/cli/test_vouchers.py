"""`regulars voucher`, as somebody types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, Run

WORDS = "{en: A, ru: А, ro: A}"
VOUCHERS = (
    PROGRAM
    + f"""
vouchers:
  summer: {{title: {WORDS}, codes: {{pattern: "SUM-@@@@-@@@@"}}, effects: [{{give: points, amount: "5"}}]}}
  narrow: {{title: {WORDS}, codes: {{pattern: "N-##"}}, effects: [{{give: points, amount: "5"}}]}}
  partner: {{title: {WORDS}, effects: [{{give: points, amount: "voucher.value"}}]}}
  hello: {{title: {WORDS}, codes: {{shared: WELCOME}}, uses: {{code: 100}}, effects: [{{give: points, amount: "5"}}]}}
"""
)


@pytest.fixture
def codes(shop: Run, tmp_path: Path) -> Run:
    file = tmp_path / "vouchers.yaml"
    file.write_text(VOUCHERS, encoding="utf-8")
    made = shop("program", "publish", file, "--program", "corner")
    assert made.code == 0, made.err
    return lambda *arguments: shop("voucher", *arguments, "--program", "corner")


def test_codes_are_made_once_however_often_it_is_typed(codes: Run, tmp_path: Path) -> None:
    assert "300 codes made" in codes("make", "summer", 300, "--batch", "may").err
    assert "0 codes made" in codes("make", "summer", 300, "--batch", "may").err
    assert json.loads(codes("make", "summer", 450, "--batch", "may", "--json").out) == {"made": 150, "batch": "may"}
    file = tmp_path / "out.csv"
    assert "450 codes written" in codes("export", "summer", file, "--batch", "may").err
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert len({row["code"] for row in rows}) == 450
    (found,) = [one for one in json.loads(codes("show", "summer", "--json").out) if one["batch"] == "may"]
    assert (found["codes"], found["free"]) == (450, 450)


def test_what_cannot_be_made_is_said(codes: Run) -> None:
    narrow = codes("make", "narrow", 1)
    assert (narrow.code != 0, "100 codes" in narrow.err) == (True, True)
    assert "no pattern" in codes("make", "partner", 1).err
    assert "no vouchers winter" in codes("make", "winter", 1).err
    assert "value" in codes("make", "summer", 1, "--value", "much").err


def test_each_row_of_a_file_that_is_no_code_is_told(codes: Run, tmp_path: Path) -> None:
    file, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    file.write_text(
        "code,value,from,until,member\n"
        "PART-0001,5.00,2026-01-01,2027-01-01,\nx,,,,\npart 0001,,,,\nPART-0002,much,,,\n"
        "PART-0003,,tomorrow,,\nPART-0004,,,,mem_1\n",
        encoding="utf-8",
    )
    done = codes("import", "partner", file, "--errors", bad)
    assert (done.code, "1 new code, 5 rows refused" in done.err) == (1, True)
    rows = list(csv.reader(bad.read_text(encoding="utf-8").splitlines()))[1:]
    assert [(row[0], row[2]) for row in rows] == [
        ("3", "malformed"),
        ("4", "twice"),
        ("5", "value"),
        ("6", "date"),
        ("7", "member"),
    ]
    assert "0 new codes" in codes("import", "partner", file).err


def test_what_was_exported_is_worth_the_same_where_it_is_imported(codes: Run, tmp_path: Path) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("code,value\nWORTH-0001,12.50\n", encoding="utf-8")
    assert codes("import", "partner", file, "--batch", "worth").code == 0
    codes("export", "partner", out, "--batch", "worth")
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert (row["code"], row["value"]) == ("WORTH-0001", "12.50")


def test_what_is_no_code_is_not_taken_for_one(codes: Run, tmp_path: Path) -> None:
    file, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    file.write_text(
        "code,value,from,until,member\n"
        '"TWO\nLINES",,,,\nSEMI;COLON,,,,\n=cmd()A0,,,,\nTOO-MANY,,,,,,\nwelcome,,,,\n'
        "HUGE-0001,1e400000000,,,\nBACKWARDS-1,,2027-01-01,2026-01-01,\n",
        encoding="utf-8",
    )
    assert codes("import", "partner", file, "--errors", bad).code == 1
    rows = list(csv.reader(bad.read_text(encoding="utf-8").splitlines()))[1:]
    assert [row[2] for row in rows] == ["malformed"] * 4 + ["taken", "value", "date"]


def test_letters_that_no_code_has_are_told_with_what_to_do(codes: Run, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("code\nВЕСНА-2026\n", encoding="utf-8")
    done = codes("import", "partner", file)
    assert (done.code, "row 2 (...2026): letters" in done.err, "from A to Z" in done.err) == (1, True, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name;value\nA;1\n", "no heading with code"),
        ("", "no heading with code"),
        ('code\n"OPEN-1\nB\n', "never closed"),
    ],
)
def test_a_file_of_another_kind_is_told_as_a_whole(codes: Run, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "in.csv"
    file.write_text(text, encoding="utf-8")
    told = codes("import", "partner", file)
    assert (told.code != 0, said in told.err) == (True, True)
