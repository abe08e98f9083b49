"""The checker finds every row that was changed behind its back, whatever the row and the column."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from regulars.engine.contracts.points import LotUse
from regulars.engine.points import earning, extending, holding, passing, reversing, settling, spending
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.points.purse import Purse
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.program.contracts.definitions import Currency, Pending
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POINTS = Currency(name="points", cost={"house": Ratio(1, 100), "whiskas": Ratio(1, 100)})
CASH = Currency(name="cash", scale=2, pending=Pending(until="settled", within=Span(30, Unit.DAY)))


async def busy(database: Database, accounts: int) -> Shop:
    """Accounts with a bit of everything: two funders, spending, refunds, returns, holds, pending, new dates, expiry."""
    shop = Shop(database, POINTS, CASH)
    funding = [Share("whiskas", Ratio(6, 10)), Share("house", Ratio(4, 10))]
    for n in range(1, accounts + 1):
        one, hold, void = account(n), UUID(int=1000 + n), UUID(int=2000 + n)
        sale = await shop.do(one, NOW, lambda purse: earning.earn(purse, "points", 101, funding=funding))
        await shop.do(one, NOW, lambda purse: earning.earn(purse, "points", 9, expires=Span(2, Unit.HOUR)))
        waits = await shop.do(one, NOW, lambda purse: earning.earn(purse, "cash", 250))
        spent = await shop.do(one, NOW, lambda purse: spending.spend(purse, "points", 80))
        uses: tuple[LotUse, ...] = spent.entries[0].uses
        await shop.do(one, NOW, lambda purse, uses=uses: spending.refund(purse, "points", 30, uses=uses))  # type: ignore[misc]
        await shop.do(
            one, NOW, lambda purse, hold=hold: holding.place(purse, "points", 20, hold_id=hold),  # type: ignore[misc]
            lambda purse, hold=hold: holding.capture(purse, hold, 15),  # type: ignore[misc]
        )  # fmt: skip
        await shop.do(one, NOW, lambda purse, void=void: holding.place(purse, "points", 3, hold_id=void))  # type: ignore[misc]
        await shop.do(one, NOW + DAY, lambda purse: extending.extend(purse, "points", by=Span(1, Unit.MONTH)))
        await shop.do(one, NOW + DAY, lambda purse, lots=waits.made: settling.settle(purse, "cash", lots, points=200))  # type: ignore[misc]
        await shop.do(one, NOW + DAY, lambda purse, lots=sale.made: reversing.reverse(purse, "points", 101, lots=lots))  # type: ignore[misc]
        await shop.do(
            one, NOW + 2 * DAY, passing.catch_up,
            lambda purse: earning.earn(purse, "points", 500),
            lambda purse, n=n: holding.place(purse, "points", 40, hold_id=UUID(int=3000 + n)),  # type: ignore[misc]
        )  # fmt: skip
    return shop


async def test_a_sound_ledger_has_no_breaks(database: Database) -> None:
    shop = await busy(database, 3)
    seen: list[tuple[int, int]] = []
    report = await shop.check(progress=lambda done, count: seen.append((done, count)))
    assert report.breaks == ()
    assert (report.accounts, report.balances) == (3, 6)
    assert seen[-1] == (3, 3)
    # I1: per currency the books add up to nothing.
    assert {currency: sum(books.values()) for currency, books in report.totals.items()} == {"points": 0, "cash": 0}
    assert report.totals["cash"]["active"] == 3 * 200


async def test_only_what_was_touched_is_checked_in_between(database: Database) -> None:
    shop = await busy(database, 3)
    await shop.do(account(2), NOW + 9 * DAY, lambda purse: earning.earn(purse, "points", 1))
    report = await shop.check(since=NOW + 8 * DAY)
    assert (report.accounts, report.breaks) == (1, ())


async def test_each_check_begins_where_the_last_one_ended(database: Database) -> None:
    shop = await busy(database, 2)

    async def touched(now: dt.datetime) -> int:
        async with database.read(programs=[PROGRAM]) as tx:
            report, until = await ledger.check_touched(tx, program_id=PROGRAM, key=b"k" * 32, now=now)
        async with database.transaction(programs=[PROGRAM]) as tx:
            await ledger.mark_checked(tx, program_id=PROGRAM, until=until)
        return report.accounts

    assert await touched(NOW + 3 * DAY) == 2
    assert await touched(NOW + 4 * DAY) == 0
    await shop.do(account(2), NOW + 5 * DAY, lambda purse: earning.earn(purse, "points", 1))
    assert await touched(NOW + 6 * DAY) == 1


# What no entry can tell: when a member was last active is kept with the account, and freezing is the work of the
# checker itself.
HARMLESS = {("balance", "idle_at"), ("balance", "frozen_reason")}
OTHER: dict[str, str] = {
    "uuid": "gen_random_uuid()",
    "text": "{column} || 'x'",
    "int4": "{column} + 1",
    "int8": "{column} + 1",
    "bool": "not {column}",
    "timestamptz": "{column} + interval '1 second'",
    "date": "{column} + 1",
    "bytea": "sha256({column})",
}
TABLES = ("entry", "lot", "lot_use", "lot_change", "hold", "balance")


async def corruptions(owner: Database, rng: random.Random, n: int) -> list[tuple[str, str]]:
    """What to do to one row each: a table, and the SQL, with {row} for its place."""
    found = []
    async with owner.transaction(programs=[PROGRAM]) as tx:
        columns = await tx.fetch(
            "select table_name, column_name, udt_name from information_schema.columns"
            " where table_schema = 'regulars' and table_name = any($1::text[]) order by table_name, ordinal_position",
            list(TABLES),
        )
    by_table: dict[str, list[tuple[str, str]]] = {}
    for row in columns:
        if (row["table_name"], row["column_name"]) not in HARMLESS:
            by_table.setdefault(row["table_name"], []).append((row["column_name"], row["udt_name"]))
    for _ in range(n):
        table = rng.choice(TABLES)
        if rng.random() < 0.2:
            found.append((table, "delete from {table} where {row}"))
            continue
        column, kind = rng.choice(by_table[table])
        change = OTHER[kind].format(column=column)
        found.append((table, f"update {{table}} set {column} = {change} where {{row}} and {column} is not null"))
    return found


async def test_every_corrupted_row_is_found(database: Database, address: Address) -> None:
    shop = await busy(database, 4)
    rng = random.Random(20271110)
    missed: list[str] = []
    tried = 0
    async with Database(address, role="owner", size=1) as owner:
        await unguard(owner)
        for table, sql in await corruptions(owner, rng, 160):
            outcome = await corrupt(owner, shop, table, sql, rng)
            if outcome is not None:
                tried += 1
                if not outcome:
                    missed.append(f"{table}: {sql}")
    assert missed == []
    assert tried >= 100


async def unguard(owner: Database) -> None:
    """Takes the CHECKs and walls away, so that only the checker stands between a change and its success."""
    async with owner.transaction(programs=[PROGRAM]) as tx:
        for row in await tx.fetch(
            "select conrelid::regclass::text as name, conname from pg_constraint c join pg_namespace n on n.oid = c.connamespace"
            " where n.nspname = 'regulars' and contype = 'c'"
        ):
            if row["name"].removeprefix("regulars.") in TABLES:
                await tx.execute(f"alter table {row['name']} drop constraint {row['conname']}")
        for table in TABLES:
            await tx.execute(f"alter table regulars.{table} no force row level security")


class Undo(Exception):
    pass


async def corrupt(owner: Database, shop: Shop, table: str, sql: str, rng: random.Random) -> bool | None:
    """Changes one row, checks, and undoes it; None where there was nothing to change."""
    found: bool | None = None
    try:
        async with owner.transaction(programs=[PROGRAM]) as tx:
            places = [row["ctid"] for row in await tx.fetch(f"select ctid::text from regulars.{table} order by ctid")]
            row = f"ctid = '{rng.choice(places)}'"
            if await tx.execute(sql.format(table=f"regulars.{table}", row=row)):
                report = await ledger.check(tx, program_id=PROGRAM, key=b"k" * 32)
                found = bool(report.breaks)
            raise Undo
    except (Undo, asyncpg.UniqueViolationError):
        # The second: keys are what the database itself holds.
        pass
    return found


@pytest.mark.parametrize("table", ["entry", "lot", "lot_use", "lot_change", "hold", "balance"])
async def test_a_row_that_nobody_wrote_is_found(database: Database, address: Address, table: str) -> None:
    shop = await busy(database, 1)
    keys = {
        "entry": "version",
        "lot": "n",
        "lot_use": "version",
        "lot_change": "seq",
        "hold": "hold_id",
        "balance": "currency",
    }
    other = {"hold_id": "gen_random_uuid()", "currency": "'stars'"}.get(keys[table], f"{keys[table]} + 100")
    columns = "select column_name from information_schema.columns where table_schema = 'regulars' and table_name = $1"
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[PROGRAM]) as tx:
        names = [row["column_name"] for row in await tx.fetch(columns, table)]
        values = ", ".join(other if name == keys[table] else name for name in names)
        await tx.execute(
            f"insert into regulars.{table} ({', '.join(names)}) select {values} from regulars.{table} limit 1"
        )
    assert (await shop.check()).breaks != ()


async def test_a_wrong_key_breaks_every_chain(database: Database) -> None:
    await busy(database, 1)
    async with database.read(programs=[PROGRAM]) as tx:
        report = await ledger.check(tx, program_id=PROGRAM, key=b"x" * 32)
    assert {one.invariant for one in report.breaks} == {"I2"}


async def test_a_broken_balance_is_frozen_for_spending_and_goes_on_earning(
    database: Database, address: Address
) -> None:
    shop = await busy(database, 2)
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[PROGRAM]) as tx:
        await tx.execute(
            "update balance set active = active + 5 where account_id = $1 and currency = 'points'", account(1)
        )
    report = await shop.check()
    # 110 - 80 + 30 - 15 = 45; of 101 taken back 56 are owed; 500 pay them; 40 are held: 404.
    first = report.breaks[0]
    assert (first.account_id, first.currency, first.invariant) == (account(1), "points", "I2")
    assert (first.stored, first.expected) == ("409", "404")
    async with database.transaction(programs=[PROGRAM]) as tx:
        assert await ledger.freeze(tx, program_id=PROGRAM, breaks=report.breaks) == 1
        assert await ledger.freeze(tx, program_id=PROGRAM, breaks=report.breaks) == 0

    def buy(purse: Purse) -> Any:
        earning.earn(purse, "points", 1)
        with pytest.raises(BalanceFrozen):
            spending.spend(purse, "points", 1)

    await shop.do(account(1), NOW + 2 * DAY, buy)
    await shop.do(account(2), NOW + 2 * DAY, lambda purse: spending.spend(purse, "points", 1))
    async with database.transaction(programs=[PROGRAM]) as tx:
        assert await ledger.thaw(tx, program_id=PROGRAM, account_id=account(1), currency="points")
        assert not await ledger.thaw(tx, program_id=PROGRAM, account_id=account(1), currency="points")
