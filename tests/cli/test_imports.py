from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from regulars.kit import edge
from tests.cli.conftest import Run

HEADER = "own_id,document,occurred_at,name,quantity,amount\n"


def write(folder: Path, rows: str, *, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes((HEADER + rows).encode(encoding))
    return path


def take_in(shop: Run, file: Path, *more: object, kind: str = "activities", code: int = 0) -> Any:
    ran = shop("import", file, "--kind", kind, "--program", "corner", "--processes", 1, "--json", *more)
    assert ran.code == code, ran
    return json.loads(ran.out)


def entries(shop: Run, member: str) -> list[Any]:
    ran = shop("ledger", "statement", f"own_id:{member}", "--program", "corner", "--format", "json")
    assert ran.code == 0, ran.err
    found: list[Any] = json.loads(ran.out)["entries"]["items"]
    return found


def rows(member: str, count: int, amount: str = "12.50") -> str:
    return "".join(f"{member},{member}-{n},2026-03-{n % 28 + 1:02}T12:00:00Z,Tea,1,{amount}\n" for n in range(count))


@pytest.fixture
def member() -> str:
    """A member that no other test uses."""
    return f"m{edge.random_digits(10)}"


def test_good_rows_go_in_and_broken_ones_are_told(shop: Run, tmp_path: Path, member: str) -> None:
    bad = f"{member},x,2026-03-05T12:00:00Z,=cmd(),1,12.505\n{member},y,never,Tea,1,1.00\n"
    found = take_in(shop, write(tmp_path, rows(member, 2) + bad), code=1)
    assert (found["applied"], found["duplicate"], found["broken"], found["refused"]) == (2, 0, 2, 0)
    with Path(found["errors"]).open(encoding="utf-8-sig", newline="") as file:
        told = [(row["row"], row["field"], row["found"], row["code"]) for row in csv.DictReader(file)]
    assert told == [("4", "amount", "12.505", "too_many_decimals"), ("5", "occurred_at", "never", "not_a_moment")]
    # 12.50 EUR at a point for each euro is 12 points, twice.
    assert [entry["entry"]["amount"] for entry in entries(shop, member)] == [12, 12]


def test_same_file_again_doubles_nothing(shop: Run, tmp_path: Path, member: str) -> None:
    file = write(tmp_path, rows(member, 3))
    assert take_in(shop, file)["applied"] == 3
    again = take_in(shop, file)
    assert (again["applied"], again["duplicate"]) == (0, 3)
    assert len(entries(shop, member)) == 3


def test_dry_run_checks_and_writes_nothing(shop: Run, tmp_path: Path, member: str) -> None:
    found = take_in(shop, write(tmp_path, rows(member, 3) + f"{member},z,never,Tea,1,1\n"), "--dry-run", code=1)
    assert (found["applied"], found["broken"], found["dry_run"]) == (3, 1, True)
    assert shop("ledger", "statement", f"own_id:{member}", "--program", "corner").code == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_file_of_a_russian_office_goes_in(shop: Run, tmp_path: Path, member: str, encoding: str) -> None:
    text = rows(member, 1).replace("Tea", "Чай чёрный крупнолистовой")
    assert take_in(shop, write(tmp_path, text, encoding=encoding))["applied"] == 1


def test_what_the_program_refuses_is_told_by_row(shop: Run, tmp_path: Path, member: str) -> None:
    text = "own_id,type,document,occurred_at,amount\n" + f"{member},picnic,1,2026-03-05T12:00:00Z,1.00\n"
    file = tmp_path / "file.csv"
    file.write_text(text)
    found = take_in(shop, file, code=1)
    assert (found["applied"], found["refused"]) == (0, 1)
    assert "picnic" in Path(found["errors"]).read_text(encoding="utf-8-sig")


def test_members_come_with_attributes(shop: Run, tmp_path: Path, member: str) -> None:
    file = tmp_path / "members.csv"
    file.write_text(f"own_id,phone,attribute.age\n{member},+373 69 {member[-6:-3]} {member[-3:]},45-54\n")
    assert take_in(shop, file, kind="members")["applied"] == 1
    assert take_in(shop, file, kind="members")["duplicate"] == 1


def test_goods_and_stores_go_into_the_directory(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("category,parent,name_en\nTEA,DRINKS,Tea\nDRINKS,,Drinks\n")
    assert take_in(shop, tmp_path / "c.csv", kind="categories")["applied"] == 2
    (tmp_path / "g.csv").write_text("sku,name,category\nt1,Green tea,TEA\n,Nothing,TEA\n")
    found = take_in(shop, tmp_path / "g.csv", kind="goods", code=1)
    assert (found["applied"], found["broken"]) == (1, 1)
    (tmp_path / "s.csv").write_text("store,zone,latitude,longitude\ns1,Europe/Chisinau,47.0,28.8\n")
    assert take_in(shop, tmp_path / "s.csv", kind="stores")["applied"] == 1


def test_killed_import_goes_on_where_it_stopped(shop: Run, shop_home: Path, tmp_path: Path, member: str) -> None:
    file = write(tmp_path, "".join(rows(f"{member}-{m}", 20, "2.00") for m in range(300)))
    command = [sys.executable, "-m", "regulars", "import", str(file), "--kind", "activities", "--program", "corner"]
    environment = os.environ | {"REGULARS_HOME": str(shop_home)}
    marks = shop_home / "imports"
    before = set(marks.glob("*.json"))
    child = subprocess.Popen([*command, "--processes", "1"], env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (new := set(marks.glob("*.json")) - before) and time.monotonic() < until and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert new, "it was never under way"
    done = json.loads(new.pop().read_bytes())["done"]
    assert 0 < done[0] < 6001, "it was over before it could be killed"
    found = take_in(shop, file)
    assert found["resumed_after"] == done[0]
    assert found["applied"] + found["duplicate"] == 6001 - done[0]
    total = sum(len(entries(shop, f"{member}-{m}")) for m in (0, 149, 299))
    assert total == 60


def test_unknown_kind_and_missing_file_say_what_to_do(shop: Run, tmp_path: Path) -> None:
    kind = shop("import", tmp_path / "x.csv", "--kind", "people")
    assert kind.code == 1
    assert "activities, members, goods" in kind.err
    gone = shop("import", tmp_path / "x.csv", "--kind", "goods", "--json")
    assert (gone.code, json.loads(gone.out)["error"]) == (1, "unreadable_file")


def test_ledger_check_is_good_and_finds_what_was_changed(
    shop: Run, shop_home: Path, tmp_path: Path, member: str
) -> None:
    import psycopg

    take_in(shop, write(tmp_path, rows(member, 2)))
    good = shop("ledger", "check", "--program", "corner", "--json")
    assert (good.code, json.loads(good.out)["breaks"]) == (0, [])
    change = "update regulars.balance set active = active {} 1 where active = 24 and currency = 'points'"
    with psycopg.connect(shop("db", "url", "--role", "admin").out.strip(), autocommit=True) as connection:
        assert connection.execute(change.format("+")).rowcount >= 1
        bad = shop("ledger", "check", "--program", "corner", "--json")
        connection.execute(change.replace("= 24", "= 25").format("-"))
    assert bad.code == 1
    assert json.loads(bad.out)["breaks"]


def test_a_dry_run_tells_what_program_and_directory_have_against_a_row_and_writes_nothing(
    shop: Run, tmp_path: Path, member: str
) -> None:
    # Without any category of ours a till's own are taken as they are.
    known = tmp_path / "known.csv"
    known.write_text("category\nTEA\n")
    assert shop("import", known, "--kind", "categories", "--program", "corner").code == 0
    file = tmp_path / "asked.csv"
    file.write_text(
        "own_id,phone,document,occurred_at,name,quantity,amount,category,store,type\n"
        f"{member},,1,2026-03-05T12:00:00Z,Tea,1,1.00,,,\n"
        f"{member},,2,2026-03-05T12:00:00Z,Tea,1,1.00,NOSUCH,,\n"
        f"{member},,3,2026-03-05T12:00:00Z,Tea,1,1.00,,nowhere,\n"
        f"{member},,4,2026-03-05T12:00:00Z,Tea,1,1.00,,,dance\n"
        f"{member},12,5,2026-03-05T12:00:00Z,Tea,1,1.00,,,\n"
    )
    found = take_in(shop, file, "--dry-run", code=1)
    with Path(found["errors"]).open(encoding="utf-8-sig", newline="") as errors:
        told = [(row["row"], row["code"]) for row in csv.DictReader(errors)]
    assert told == [
        ("3", "unknown_category"),
        ("4", "unknown_store"),
        ("5", "no_such_activity_type"),
        ("6", "not_a_phone"),
    ]
    assert (found["applied"], found["refused"], found["broken"], found["dry_run"]) == (1, 4, 0, True)
    ran = shop("ledger", "statement", f"own_id:{member}", "--program", "corner")
    assert ran.code == 1


def test_a_dry_run_of_categories_tells_of_a_parent_that_is_not_there(shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "categories.csv"
    file.write_text("category,parent\nFRUIT,NOSUCH\n")
    ran = shop("import", file, "--kind", "categories", "--program", "corner", "--dry-run")
    assert ran.code == 1
    assert "NOSUCH" in ran.err
    file.write_text("category,parent\nDRY,\n")
    assert shop("import", file, "--kind", "categories", "--program", "corner", "--dry-run").code == 0
    file.write_text("category,parent\nBELOW,DRY\n")
    # The dry run made nothing, so there is nothing to put it in.
    assert shop("import", file, "--kind", "categories", "--program", "corner").code == 1
