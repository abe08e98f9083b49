"""What finance takes along equals the ledger to the point, in points and in money, whatever the form of the file."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from regulars.engine.points import passing
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import files
from regulars.ledger import service as ledger
from regulars.ledger.contracts import AlreadyExported, TooRecent
from regulars.ledger.service import Manifest, Wanted
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Ratio
from tests.ledger.shop import PROGRAM, Shop, account
from tests.ledger.test_checker import busy
from tests.ledger.test_random import Shopper

START = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
LATER = START + 1000 * HOUR
OWN = {"active", "pending", "held"}
# 3 minor units for 7 points: nearly every part of a lot has a cost that has to be rounded.
ODD = Currency(name="points", cost={"house": Ratio(3, 700)})


def wanted(at: dt.datetime, **other: Any) -> Wanted:
    facts = {"program_id": PROGRAM, "as_of": at, "since": START - HOUR, "until": at + dt.timedelta(microseconds=1)}
    return Wanted(**{**facts, "zone": "Europe/Chisinau", **other})


async def export(database: Database, folder: Path, asked: Wanted, *, overwrite: bool = False) -> Manifest:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.export(tx, folder, asked, now=LATER, overwrite=overwrite)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def random_history(database: Database, seed: int, steps: int) -> Shop:
    rng, shop = random.Random(seed), Shop(database, ODD)
    people = {account(n): Shopper() for n in (1, 2)}
    for step in range(steps):
        one = rng.choice(list(people))
        acts = [lambda purse, one=one: people[one].act(purse, rng)] * rng.randint(1, 2)
        await shop.do(one, START + step * HOUR, passing.catch_up, *acts)
    return shop


@pytest.mark.parametrize("at", [START + 20 * HOUR, START + 39 * HOUR])
async def test_I9_files_add_up_to_the_balances_in_points_and_in_money(
    database: Database, tmp_path: Path, at: dt.datetime
) -> None:
    await random_history(database, seed=7, steps=40)
    made = await export(database, tmp_path, wanted(at))
    assert made.adds_up
    (sums,) = made.sums
    booked = 0
    for row in rows(tmp_path / "entries.csv"):
        booked += int(row["amount"]) * ((row["to_book"] in OWN) - (row["from_book"] in OWN))
    lots = rows(tmp_path / "lots.csv")
    assert booked == sums.entries == sum(int(row["remaining"]) for row in lots) > 0
    living = [row for row in lots if row["state"] != "ended"]
    # Of both accounts, as a statement of that moment tells it.
    told = 0
    async with database.read(programs=[PROGRAM]) as tx:
        for n in (1, 2):
            found = await ledger.balances_at(tx, program_id=PROGRAM, account_id=account(n), at=at, now=LATER)
            told += sum(one.active + one.pending + one.held for one in found)
    (owed,) = rows(tmp_path / "liability.csv")
    assert int(owed["points"]) == sum(int(row["owed"]) for row in living) == told == sums.entries - sums.ended
    assert int(owed["cost"]) == sum(int(row["owed_cost"]) for row in living)
    (broken,) = rows(tmp_path / "breakage.csv")
    assert (broken["points"], broken["cost"]) == (owed["points"], owed["cost"])
    # The day book: what was credited to the member's books less what was debited, in points and in money.
    points, cost = 0, 0
    for row in rows(tmp_path / "journal.csv"):
        sign = (row["credit"] in OWN) - (row["debit"] in OWN)
        points, cost = points + sign * int(row["points"]), cost + sign * int(row["cost"])
    assert (points, cost) == (sums.entries, sum(int(row["cost"]) for row in lots))


async def test_the_day_book_of_parts_adds_up_to_that_of_the_whole(database: Database) -> None:
    await random_history(database, seed=8, steps=30)
    cuts = [START - HOUR, START + 7 * HOUR, START + 19 * HOUR, START + 40 * HOUR]

    async def book(since: dt.datetime, until: dt.datetime) -> dict[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = defaultdict(int)
        async with database.read(programs=[PROGRAM]) as tx:
            for one in await ledger.journal(
                tx, program_id=PROGRAM, since=since, until=until, zone="Europe/Chisinau", now=LATER
            ):
                found[str(one.day), one.funder, one.kind, one.debit, one.credit, "points"] += one.points
                found[str(one.day), one.funder, one.kind, one.debit, one.credit, "cost"] += one.cost
        return found

    parts: dict[tuple[str, ...], int] = defaultdict(int)
    for since, until in itertools.pairwise(cuts):
        for key, value in (await book(since, until)).items():
            parts[key] += value
    assert parts == await book(cuts[0], cuts[-1]) != {}


async def test_each_funder_has_its_own_cost(database: Database, tmp_path: Path) -> None:
    # Of 101 points 61 are of whiskas and 40 of the house, all taken back; of 500 given then 56 pay the debt: the house's.
    await busy(database, 1)
    await export(database, tmp_path, wanted(START + 5 * 24 * HOUR))
    owed = {(row["currency"], row["funder"]): (row["points"], row["cost"]) for row in rows(tmp_path / "liability.csv")}
    async with database.read(programs=[PROGRAM]) as tx:
        sums = await tx.fetch(
            "select funder, sum(remaining)::text as left, sum(round(cost_minor::numeric * remaining / granted))::text"
            " as cost from lot where currency = 'points' and remaining > 0 group by 1"
        )
    assert {("points", row["funder"]): (row["left"], row["cost"]) for row in sums} == {
        key: value for key, value in owed.items() if key[0] == "points"
    }


async def test_parquet_says_the_same_with_types(database: Database, tmp_path: Path) -> None:
    await busy(database, 1)
    at = START + 5 * 24 * HOUR
    plain = await export(database, tmp_path, wanted(at))
    typed = await export(database, tmp_path, wanted(at, format="parquet"), overwrite=True)
    assert [one.rows for one in plain.files] == [one.rows for one in typed.files]
    lots = pq.read_table(tmp_path / "lots.parquet").to_pylist()
    assert [str(row["remaining"]) for row in lots] == [row["remaining"] for row in rows(tmp_path / "lots.csv")]
    assert {type(row["earned_at"]) for row in lots} == {dt.datetime}
    for one in (*plain.files, *typed.files):
        assert hashlib.sha256((tmp_path / one.file).read_bytes()).hexdigest() == one.digest
    assert [name for name in names(tmp_path) if name.startswith(".")] == []


async def test_only_what_was_asked_for(database: Database, tmp_path: Path) -> None:
    await busy(database, 1)
    asked = wanted(START + HOUR, since=START + 24 * HOUR, until=START + 25 * HOUR, tables=("entries",))
    made = await export(database, tmp_path, asked)
    assert names(tmp_path) == ["entries.csv", "manifest.json"]
    found = rows(tmp_path / "entries.csv")
    assert {row["posted_at"] for row in found} == {"2027-03-11T12:00:00Z"}
    assert made.files[0].rows == len(found) > 0


async def test_what_may_still_be_under_way_is_not_exported(database: Database, tmp_path: Path) -> None:
    with pytest.raises(TooRecent):
        await export(database, tmp_path, wanted(LATER))
    with pytest.raises(TooRecent, match="has not come yet"):
        await export(database, tmp_path / "books", wanted(LATER + HOUR))
    assert names(tmp_path) == []


async def test_closed_books_are_for_their_owner_and_not_written_over(database: Database, tmp_path: Path) -> None:
    asked, folder = wanted(START, tables=("lots",)), tmp_path / "books" / "2027-03"
    await export(database, folder, asked)
    assert [path.stat().st_mode & 0o777 for path in (folder, *sorted(folder.iterdir()))] == [0o700, 0o600, 0o600]
    before = (folder / "manifest.json").read_bytes()
    later = wanted(START + HOUR, tables=("lots",))
    with pytest.raises(AlreadyExported, match="--overwrite"):
        await export(database, folder, later)
    assert (folder / "manifest.json").read_bytes() == before
    await export(database, folder, later, overwrite=True)
    assert (folder / "manifest.json").read_bytes() != before


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_S14_cells_that_a_spreadsheet_would_run_are_only_text(tmp_path: Path, cell: str) -> None:
    with files.CsvFile(tmp_path / "x.csv", (("text", "text"), ("number", "int"))) as file:
        file.add([cell, -5])
    assert rows(tmp_path / "x.csv") == [{"text": f"'{cell}", "number": "-5"}]


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    def stopped() -> None:
        with files.CsvFile(tmp_path / "x.csv", (("text", "text"),)) as file:
            file.add(["a"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped()
    assert names(tmp_path) == []


async def test_without_lots_that_agree_the_export_says_so(database: Database, address: Address, tmp_path: Path) -> None:
    await busy(database, 1)
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[PROGRAM]) as tx:
        await tx.execute("update lot_use set amount = amount - 1 where amount = 15")
    made = await export(database, tmp_path, wanted(START + 5 * 24 * HOUR))
    assert not made.adds_up
    assert [one.lots - one.entries for one in made.sums] == [0, 1]
