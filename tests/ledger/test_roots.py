"""What a chain alone cannot tell: that its end was cut off and the balance put back as it was. Roots outside the database do."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from regulars.engine.points import earning, extending, holding, spending
from regulars.engine.points.purse import Purse
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.ledger.contracts import CheckReport, NoRoots, Root
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Span, Unit
from tests.ledger.shop import KEY, PROGRAM, Shop, account
from tests.ledger.test_checker import TABLES, Undo, unguard

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)

ACTS: list[Callable[[Purse], object]] = [
    lambda purse: earning.earn(purse, "points", 100),
    lambda purse: spending.spend(purse, "points", 30),
    lambda purse: earning.earn(purse, "points", 7),
    lambda purse: holding.place(purse, "points", 20, hold_id=UUID(int=99)),
    lambda purse: extending.extend(purse, "points", by=Span(1, Unit.MONTH)),
    lambda purse: holding.capture(purse, UUID(int=99), 15),
    lambda purse: spending.spend(purse, "points", 5),
]


async def write(database: Database, folder: Path, now: dt.datetime, *, full: bool = False) -> Root:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.write_root(tx, folder, program_id=PROGRAM, key=KEY, now=now, full=full)


async def compare(database: Database, folder: Path, key: bytes = KEY) -> CheckReport:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.compare_roots(tx, folder, program_id=PROGRAM, key=key)


async def test_R16_an_end_that_was_cut_off_is_found_and_named(
    database: Database, address: Address, tmp_path: Path
) -> None:
    shop = Shop(database, Currency(name="points"))
    async with Database(address, role="owner", size=1) as owner:
        await unguard(owner)
        versions = []
        for n, act in enumerate(ACTS):
            movement = await shop.do(account(1), NOW + n * MINUTE, act)
            versions.append(movement.balances[0].version)
            async with owner.transaction(programs=[PROGRAM]) as tx:
                for table in TABLES:
                    await tx.execute(f"create table kept_{n}_{table} as table regulars.{table}")
        await write(database, tmp_path, NOW + 8 * DAY)
        for n in range(len(ACTS) - 1):
            try:
                async with owner.transaction(programs=[PROGRAM]) as tx:
                    for table in TABLES:
                        await tx.execute(f"delete from regulars.{table}")
                        await tx.execute(f"insert into regulars.{table} table kept_{n}_{table}")
                    # The chain itself holds: this is why there are roots.
                    assert (await ledger.check(tx, program_id=PROGRAM, key=KEY)).breaks == ()
                    report = await ledger.compare_roots(tx, tmp_path, program_id=PROGRAM, key=KEY)
                    (found,) = report.breaks
                    assert (found.table, found.account_id, found.currency) == ("entry", account(1), "points")
                    assert found.key.endswith(f"version = {versions[-1]}")
                    assert found.stored == f"the balance ends with version {versions[n]}"
                    raise Undo
            except Undo:
                pass
    report = await compare(database, tmp_path)
    assert (report.roots, report.breaks) == (1, ())


async def test_a_root_lists_what_was_touched_since_and_all_with_a_new_month(database: Database, tmp_path: Path) -> None:
    shop = Shop(database)
    for n in (1, 2, 3):
        await shop.do(account(n), NOW, lambda purse: earning.earn(purse, "points", 10))
    first = await write(database, tmp_path, NOW + DAY)
    await shop.do(account(2), NOW + 2 * DAY, lambda purse: spending.spend(purse, "points", 4))
    second = await write(database, tmp_path, NOW + 3 * DAY)
    third = await write(database, tmp_path, NOW + 30 * DAY)
    assert [(one.number, one.full, one.heads) for one in (first, second, third)] == [
        (1, True, 3),
        (2, False, 1),
        (3, True, 3),
    ]
    assert (second.previous, third.previous) == (first.signature, second.signature)
    assert ledger.newest_root(tmp_path) == third
    lines = gzip.decompress((tmp_path / "000002.heads.csv.gz").read_bytes()).decode().splitlines()
    assert lines[0] == "account_id,currency,version,changes,hash"
    assert lines[1].startswith(f"{account(2)},points,2,0,")
    # From the last full one on.
    assert (await compare(database, tmp_path)).roots == 3


async def test_what_was_done_to_the_roots_themselves_is_found(database: Database, tmp_path: Path) -> None:
    shop = Shop(database)
    await shop.do(account(1), NOW, lambda purse: earning.earn(purse, "points", 10))
    for n in (1, 2, 3):
        await write(database, tmp_path, NOW + n * DAY)
    assert (await compare(database, tmp_path)).breaks == ()
    assert {one.column for one in (await compare(database, tmp_path, key=b"x" * 32)).breaks} == {"signature"}
    heads = tmp_path / "000003.heads.csv.gz"
    sound = heads.read_bytes()
    heads.write_bytes(gzip.compress(b"account_id,currency,version,changes,hash\n"))
    assert [one.column for one in (await compare(database, tmp_path)).breaks] == ["digest"]
    heads.write_bytes(sound)
    (tmp_path / "000002.root.json").unlink()
    assert [one.column for one in (await compare(database, tmp_path)).breaks] == ["previous"]


async def test_a_folder_that_a_person_names_is_that_of_the_program_or_of_all(
    database: Database, tmp_path: Path
) -> None:
    for named in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NoRoots, match="no roots of this program"):
            ledger.roots_in(named, PROGRAM)
    own = ledger.roots_folder(tmp_path, PROGRAM)
    await write(database, own, NOW)
    assert ledger.roots_in(own, PROGRAM) == ledger.roots_in(tmp_path / "roots", PROGRAM) == own
    with pytest.raises(NoRoots):
        ledger.roots_in(tmp_path / "roots", PROGRAM + 1)


@pytest.mark.parametrize("there", [True, False])
async def test_without_any_root_there_is_nothing_to_compare(database: Database, tmp_path: Path, there: bool) -> None:
    report = await compare(database, tmp_path if there else tmp_path / "nowhere")
    assert (report.roots, report.breaks) == (0, ())
