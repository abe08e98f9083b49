"""Baskets in another money by file (LEDGER.md L46): rates fed, sales converted, returns in the money of their sale."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from regulars.activities.service import importing
from regulars.kit import edge
from tests.cli.conftest import Run

RATES = "base,quote,day,rate,source\nEUR,RON,2026-03-02,4.9760,BNR\nEUR,JPY,2026-03-02,160,BNR\n"


def take_in(shop: Run, folder: Path, text: str, *more: object, kind: str = "activities", code: int = 0) -> Any:
    file = folder / f"{kind}-{edge.random_digits(8)}.csv"
    file.write_text(text, encoding="utf-8")
    return again(shop, file, *more, kind=kind, code=code)


def again(shop: Run, file: Path, *more: object, kind: str = "activities", code: int = 0) -> Any:
    ran = shop("import", file, "--kind", kind, "--program", "corner", "--processes", 1, "--json", *more)
    assert ran.code == code, ran
    return json.loads(ran.out)


def told(found: Any) -> list[tuple[str, str, str, str]]:
    """The file of errors: row, column, code, and what is right."""
    with Path(found["errors"]).open(encoding="utf-8-sig", newline="") as file:
        return [(row["row"], row["field"], row["code"], row["expected"]) for row in csv.DictReader(file)]


def counts(found: Any) -> tuple[int, int, int, int]:
    return found["applied"], found["duplicate"], found["broken"], found["refused"]


def moved(shop: Run, member: str) -> list[int]:
    """What each entry moved, the first first; points taken away below 0."""
    ran = shop("ledger", "statement", f"own_id:{member}", "--program", "corner", "--format", "json")
    assert ran.code == 0, ran.err
    entries = [one["entry"] for one in json.loads(ran.out)["entries"]["items"]]
    return [one["amount"] if one["kind"] == "earn" else -one["amount"] for one in reversed(entries)]


@pytest.fixture
def member() -> str:
    """A member that no other test uses."""
    return f"m{edge.random_digits(10)}"


@pytest.fixture
def abroad(shop: Run, tmp_path: Path) -> Run:
    """The shop, which counts in EUR, with the rates of 2 March."""
    assert counts(take_in(shop, tmp_path, RATES, kind="rates")) == (2, 0, 0, 0)
    return shop


def sales(member: str) -> str:
    return "".join(
        (
            "own_id,document,occurred_at,currency,name,amount\n",
            # 100.00 at 4.9760 are 20.10: 20 points. A basket of two lines is converted as a whole.
            f"{member},{member}-1,2026-03-02T12:00:00Z,RON,Tea,60.00\n",
            f"{member},{member}-1,2026-03-02T12:00:00Z,RON,Cake,40.00\n",
            # A rate holds for six days after its own: 10.00, and 10 points.
            f"{member},{member}-2,2026-03-08T12:00:00Z,RON,Tea,49.76\n",
            f"{member},{member}-3,2026-03-09T12:00:00Z,RON,Tea,49.76\n",
            f"{member},{member}-4,2026-03-02T12:00:00Z,USD,Tea,10.00\n",
            f"{member},{member}-5,2026-03-02T12:00:00Z,JPY,Tea,1600\n",
            f"{member},{member}-6,2026-03-02T12:00:00Z,XQX,Tea,1.00\n",
            f"{member},{member}-7,2026-03-02T12:00:00Z,ron,Tea,1.00\n",
            f"{member},{member}-8,2026-03-02T12:00:00Z,RON,Tea,1.005\n",
            f"{member},{member}-9,2026-03-10T12:00:00Z,EUR,Tea,5.00\n",
        )
    )


WRONG = [
    ("5", "", "no_rate"),
    ("6", "", "no_rate"),
    ("7", "currency", "not_one_of"),
    ("8", "currency", "not_one_of"),
    ("9", "currency", "not_one_of"),
    ("10", "amount", "too_many_decimals"),
]


def test_L46_baskets_in_another_money_come_in_and_what_cannot_is_told_by_row(
    abroad: Run, tmp_path: Path, member: str
) -> None:
    found = take_in(abroad, tmp_path, sales(member), code=1)
    assert counts(found) == (3, 0, 4, 2)
    errors = {row: (field, code, right) for row, field, code, right in told(found)}
    assert sorted((row, field, code) for row, (field, code, _) in errors.items()) == sorted(WRONG)
    assert "RON" in errors["5"][2]
    assert "2026-03-09" in errors["5"][2]
    assert "USD" in errors["6"][2]
    # Yen have no decimals, and the columns of this file two.
    assert "2 decimals" in errors["7"][2]
    assert moved(abroad, member) == [20, 10, 5]


def test_a_dry_run_finds_the_same_and_writes_nothing(abroad: Run, tmp_path: Path, member: str) -> None:
    found = take_in(abroad, tmp_path, sales(member), "--dry-run", code=1)
    assert counts(found) == (3, 0, 4, 2)
    assert sorted((row, field, code) for row, field, code, _ in told(found)) == sorted(WRONG)
    assert abroad("ledger", "statement", f"own_id:{member}", "--program", "corner").code == 1


def test_L46_a_return_by_file_is_in_the_money_of_its_sale(abroad: Run, tmp_path: Path, member: str) -> None:
    take_in(abroad, tmp_path, sales(member), code=1)
    # Another rate since: what comes back comes back as it was sold.
    take_in(abroad, tmp_path, "base,quote,day,rate,source\nEUR,RON,2026-03-11,9.9999,BNR\n", kind="rates")
    head = "document,occurred_at,sale_document,currency,sale_amount,line,amount\n"
    back = "2026-03-12T12:00:00Z"
    text = (
        # 50.00 of 100.00 are 10.05 of 20.10, and the 10.05 that are left give 10.
        head
        + f"{member}-r1,{back},{member}-1,RON,50.00,,\n"
        + f"{member}-r2,{back},{member}-1,USD,10.00,,\n"
        + f"{member}-r3,{back},{member}-9,RON,10.00,,\n"
        # Half of 49.76 is 5.00, of 10.00.
        + f"{member}-r4,{back},{member}-2,RON,,1,24.88\n"
        + f"{member}-r5,{back},{member}-2,RON,,1,24.89\n"
        + f"{member}-r6,{back},{member}-1,RON,50.00,,\n"
        + f"{member}-r7,{back},{member}-2,RON,,1,24.88\n"
    )
    found = take_in(abroad, tmp_path, text, code=1)
    assert counts(found) == (4, 0, 0, 3)
    assert told(found) == [
        ("3", "", "sale_in_other_money", "The sale was in RON; the return names amounts in USD."),
        ("4", "", "sale_in_other_money", "The sale was in EUR; the return names amounts in RON."),
        ("6", "", "return_exceeds_sale", told(found)[2][3]),
    ]
    assert "24.88" in told(found)[2][3]
    assert moved(abroad, member) == [20, 10, 5, -10, -5, -10, -5]


def test_broken_rates_are_told_by_row_and_the_others_hold(shop: Run, tmp_path: Path, member: str) -> None:
    rows = "EUR,RON,2026-05-02,0,BNR\nEUR,EUR,2026-05-02,1,BNR\nEUR,XQX,2026-05-02,2,BNR\nEUR,RON,never,5,BNR\n"
    rows += "EUR,RON,2026-05-03,5,\nEUR,RON,2026-05-04,5.00,BNR\nEUR,RON,2026-05-04,6.00,BNR\n"
    found = take_in(shop, tmp_path, "base,quote,day,rate,source\n" + rows, kind="rates", code=1)
    assert (found["applied"], found["broken"]) == (1, 6)
    assert [(row, field, code) for row, field, code, _ in told(found)] == [
        ("2", "rate", "out_of_range"),
        ("3", "quote", "not_one_of"),
        ("4", "quote", "not_one_of"),
        ("5", "day", "not_a_date"),
        ("6", "source", "missing"),
        ("8", "base", "twice_in_file"),
    ]
    sale = f"own_id,document,occurred_at,currency,amount\n{member},{member},2026-05-05T12:00:00Z,RON,50.00\n"
    take_in(shop, tmp_path, sale)
    assert moved(shop, member) == [10]


class Killed(BaseException):
    """As if somebody had pulled the plug."""


def test_an_import_that_was_killed_goes_on_and_what_was_converted_stays(
    abroad: Run, tmp_path: Path, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = "base,quote,day,rate,source\nEUR,RON,2026-06-03,{},BNR\n"
    take_in(abroad, tmp_path, rate.format("4.9760"), kind="rates")
    # 49.76 at 4.9760 are 10.00. A piece is a thousand: the last hundred come with the corrected rate, twice as much.
    lines = "".join(f"{member}-{n % 41},{member}-{n},2026-06-03T12:00:00Z,RON,49.76\n" for n in range(1100))
    file = tmp_path / "many.csv"
    file.write_text("own_id,document,occurred_at,currency,amount\n" + lines)
    save = importing.save_mark

    def ends(*given: Any) -> None:
        save(*given)
        raise Killed

    monkeypatch.setattr(importing, "save_mark", ends)
    with pytest.raises(Killed):
        again(abroad, file)
    monkeypatch.setattr(importing, "save_mark", save)
    take_in(abroad, tmp_path, rate.format("2.4880"), kind="rates")
    found = again(abroad, file)
    assert (found["resumed_after"], *counts(found)) == (1001, 100, 0, 0, 0)
    # The first of 41 members has every 41st row: 0 to 984, and 1025 and 1066.
    points = moved(abroad, f"{member}-0")
    assert (points.count(10), points.count(20)) == (25, 2)
    assert counts(again(abroad, file, "--no-resume")) == (0, 1100, 0, 0)
