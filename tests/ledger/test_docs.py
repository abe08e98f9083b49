"""docs/ledger.md and docs/ledger-cases.md say what the code does."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from uuid import UUID

import pytest

from regulars.engine.contracts.points import Book, EntryKind
from regulars.engine.points import earning, holding, passing, reversing, spending
from regulars.kit.database import Database
from regulars.ledger import breakage, exporting
from regulars.ledger import service as ledger
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.ledger import page as cases
from tests.ledger.shop import CHISINAU, PROGRAM, Shop, account

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ledger.md").read_text()


def table(after: str) -> list[list[str]]:
    """The cells of the first table after a text, without its head."""
    lines = PAGE[PAGE.index(after) :].splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def test_every_test_and_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(test_\w+)`", PAGE)
    missing = [f"{file}::{name}" for file, name in named if not re.search(rf"def {name}\(", (ROOT / file).read_text())]
    assert missing == []
    files = re.findall(r"`(tests/[\w/.]+|regulars/[\w/.]+)`", PAGE)
    assert len(files) >= 8
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_examples_of_the_cases_are_those_that_the_tests_run() -> None:
    assert cases.PAGE.read_text() == cases.page(), "write it anew: python -m tests.ledger.page"
    headings = re.findall(r"^## L(\d+) ", cases.page(), flags=re.MULTILINE)
    assert [int(number) for number in headings] == list(range(1, 85))


def test_every_law_is_there() -> None:
    assert [row[0] for row in table("## What always holds")] == [f"I{n}" for n in range(1, 15)]


def test_every_policy_is_there() -> None:
    said = {name for row in table("## What each policy does") for name in re.findall(r"`(\w+)`", row[0])}
    # Every definition has a title and an owner; what is its own has a policy.
    own = set(Currency.__annotations__)
    assert {"expiry", "negative"} <= own <= said


def test_every_book_and_kind_has_its_place() -> None:
    picture = PAGE[PAGE.index("```mermaid") : PAGE.index("## What each policy does")]
    assert [book.value for book in Book if book.value not in picture] == []
    drawn = {name for label in re.findall(r">\|([^|]+)\|", picture) for name in label.split(", ")}
    assert drawn == {kind.value for kind in EntryKind}
    mapped = {name for row in table("### Where it goes") for name in re.findall(r"`(\w+)`", row[0])}
    assert {kind.value for kind in EntryKind} == mapped


def test_the_files_of_the_export_are_those() -> None:
    said = {name for row in table("writes, all of one snapshot") for name in re.findall(r"`(\w+)`", row[0])}
    assert said == set(exporting.TABLES)


def test_the_breakage_example_adds_up() -> None:
    rows: list[dict[str, int | str]] = [
        {"currency": "p", "life": 3, "age": 0, "lots": 200, "granted": 2000, "taken": 600, "expired": 0},
        {"currency": "p", "life": 3, "age": 2, "lots": 0, "granted": 0, "taken": 400, "expired": 1000},
    ]
    assert [round(100 * rate.share) for rate in breakage.rates_of(rows)] == [50, 71, 71]
    assert "50 % when new" in PAGE
    assert "71 % once they are a month old" in PAGE


def at(day: int, hour: int = 12, month: int = 3) -> dt.datetime:
    return dt.datetime(2027, month, day, hour, tzinfo=CHISINAU).astimezone(dt.UTC)


async def march(database: Database) -> Shop:
    """The month of the page."""
    shop = Shop(database, Currency(name="points", cost={"house": Ratio(8, 1000), "brand": Ratio(1, 100)}))
    one, hold = account(1), UUID(int=77)
    sale = await shop.do(one, at(2), lambda purse: earning.earn(purse, "points", 1000, expires=Span(29, Unit.DAY)))
    brand = [Share("brand", Ratio(1))]
    await shop.do(one, at(3), lambda purse: earning.earn(purse, "points", 500, funding=brand))
    await shop.do(one, at(10), lambda purse: spending.spend(purse, "points", 300))
    await shop.do(one, at(15), lambda purse: reversing.reverse(purse, "points", 100, lots=sale.made))
    await shop.do(one, at(20), lambda purse: holding.place(purse, "points", 200, hold_id=hold))
    await shop.do(one, at(20), lambda purse: holding.capture(purse, hold, 150))
    await shop.do(one, at(1, month=4), passing.catch_up)
    return shop


async def test_the_worked_month_is_what_the_ledger_says(database: Database) -> None:
    await march(database)
    now = at(9, month=4)
    async with database.read(programs=[PROGRAM]) as tx:
        found = await ledger.journal(
            tx, program_id=PROGRAM, since=at(1), until=at(2, month=4), zone="Europe/Chisinau", now=now
        )
        owed = {
            day: {
                one.funder: f"{one.points:,} points, {one.cost / 100:.2f}"
                for one in await ledger.liability(tx, program_id=PROGRAM, now=now, as_of=moment)
            }
            for day, moment in (("20 March", at(21, 0)), ("31 March", at(1, 0, month=4)))
        }
    assert table("### A month, worked") == [
        [str(one.day), one.funder, one.kind, one.debit, one.credit, f"{one.points:,}", f"{one.cost / 100:.2f}"]
        for one in found
    ]
    ends = table("| owed at the end of")
    assert ends == [[day, owed[day]["brand"], owed[day].get("house", "nothing")] for day in ("20 March", "31 March")]


@pytest.mark.parametrize("what", ["ledger check", "ledger root", "ledger frozen", "ledger thaw", "ledger export"])
def test_commands_of_the_page_are_there(what: str) -> None:
    from typer.testing import CliRunner

    from regulars.cli.app import app

    assert f"regulars {what}" in PAGE
    assert CliRunner().invoke(app, [*what.split(), "--help"]).exit_code == 0
