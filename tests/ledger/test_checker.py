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
from regulars.ledger.contracts import Break
from regulars.program.contracts.definitions import Currency, Pending
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.ledger.shop import KEY, PROGRAM, Shop, account

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POINTS = Currency(name="points", cost={"house": Ratio(1, 100), "whiskas": Ratio(1, 100)})
CASH = Currency(name="cash", scale=2, pending=Pending(until="settled", within=Span(30, Unit.DAY)))


async def busy(database: Database, accounts: int) -> Shop:
    """Accounts with a bit of everything: two funders, spending, refunds, returns, holds, pending, new dates, expiry."""
    shop = Shop(database, POINTS, CASH)
    for n in range(1, accounts + 1):
        await _live(shop, n)
    return shop


async def _live(shop: Shop, n: int) -> None:
    funding = [Share("whiskas", Ratio(6, 10)), Share("house", Ratio(4, 10))]
    one, hold, void = account(n), UUID(int=1000 + n), UUID(int=2000 + n)
    sale = await shop.do(one, NOW, lambda purse: earning.earn(purse, "points", 101, funding=funding))
    await shop.do(one, NOW, lambda purse: earning.earn(purse, "points", 9, expires=Span(2, Unit.HOUR)))
    waits = await shop.do(one, NOW, lambda purse: earning.earn(purse, "cash", 250))
    spent = await shop.do(one, NOW, lambda purse: spending.spend(purse, "points", 80))
    uses: tuple[LotUse, ...] = spent.entries[0].uses
    await shop.do(one, NOW, lambda purse: spending.refund(purse, "points", 30, uses=uses))
    await shop.do(
        one, NOW, lambda purse: holding.place(purse, "points", 20, hold_id=hold),
        lambda purse: holding.capture(purse, hold, 15),
    )  # fmt: skip
    await shop.do(one, NOW, lambda purse: holding.place(purse, "points", 3, hold_id=void))
    await shop.do(one, NOW + DAY, lambda purse: extending.extend(purse, "points", by=Span(1, Unit.MONTH)))
    await shop.do(one, NOW + DAY, lambda purse: settling.settle(purse, "cash", waits.made, points=200))
    await shop.do(one, NOW + DAY, lambda purse: reversing.reverse(purse, "points", 101, lots=sale.made))
    await shop.do(
        one, NOW + 2 * DAY, passing.catch_up,
        lambda purse: earning.earn(purse, "points", 500),
        lambda purse: holding.place(purse, "points", 40, hold_id=UUID(int=3000 + n)),
    )  # fmt: skip


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
    "text": "coalesce({column}, '') || 'x'",
    "int4": "coalesce({column}, 0) + 1",
    "int8": "coalesce({column}, 0) + 1",
    "bool": "not {column}",
    "timestamptz": "coalesce({column}, now()) + interval '1 second'",
    "date": "coalesce({column}, current_date) + 1",
    "bytea": "sha256({column})",
}
TABLES = ("entry", "lot", "lot_use", "lot_change", "hold", "balance")
KEYS = {
    "entry": ("account_id", "currency", "version"),
    "lot": ("account_id", "activity_id", "n"),
    "lot_use": ("account_id", "currency", "version", "lot_activity_id", "lot_n"),
    "lot_change": ("account_id", "currency", "seq"),
    "hold": ("account_id", "hold_id"),
    "balance": ("account_id", "currency"),
}


async def columns_of(owner: Database) -> dict[str, list[tuple[str, str]]]:
    """Every column of every ledger table with its type, from the catalogue: a new one is corrupted too."""
    async with owner.transaction(programs=[PROGRAM]) as tx:
        rows = await tx.fetch(
            "select table_name, column_name, udt_name from information_schema.columns"
            " where table_schema = 'regulars' and table_name = any($1::text[]) order by table_name, ordinal_position",
            list(TABLES),
        )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if (row["table_name"], row["column_name"]) not in HARMLESS:
            found.setdefault(row["table_name"], []).append((row["column_name"], row["udt_name"]))
    return found


def corruptions(columns: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    """Table, column and SQL, with {row} for one row and {other} for another: every column changed, rows deleted, rows
    whose contents change places."""
    found = []
    for table, known in columns.items():
        for column, kind in known:
            change = OTHER[kind].format(column=column)
            found.append((table, column, f"update regulars.{table} set {column} = {change} where {{row}}"))
        found += [(table, "", f"delete from regulars.{table} where {{row}}")] * 2
        content = [name for name, _ in known if name not in (*KEYS[table], "program_id")]
        names, theirs = ", ".join(content), ", ".join(f"o.{name}" for name in content)
        swap = f"update regulars.{table} x set ({names}) = row({theirs}) from regulars.{table} o"
        found.append((table, "", swap + " where (x.{row} and o.{other}) or (x.{other} and o.{row})"))
    return found


async def test_R16_every_corrupted_row_is_found(database: Database, address: Address) -> None:
    shop = await busy(database, 2)
    rng = random.Random(20271110)
    missed, told, exact, tried = list[str](), 0, 0, 0
    async with Database(address, role="owner", size=1) as owner:
        await unguard(owner)
        for table, column, sql in corruptions(await columns_of(owner)):
            breaks = await corrupt(owner, shop, table, sql, rng)
            if breaks is None:
                continue
            tried += 1
            missed += [] if breaks else [sql]
            if column and breaks:
                told += any(one.table == table for one in breaks)
                exact += (breaks[0].table, breaks[0].column) == (table, column)
    assert missed == []
    assert tried >= 100
    # Of changed columns the table is named, and the first break mostly is the very column. Keys make another row, and
    # what stands nowhere twice cannot be told.
    assert (told, exact) >= (75, 38), (told, exact, tried)


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


async def corrupt(owner: Database, shop: Shop, table: str, sql: str, rng: random.Random) -> tuple[Break, ...] | None:
    """Changes one row, checks, and undoes it; None where there was nothing to change."""
    found: tuple[Break, ...] | None = None
    try:
        async with owner.transaction(programs=[PROGRAM]) as tx:
            places = [row["ctid"] for row in await tx.fetch(f"select ctid::text from regulars.{table} order by ctid")]
            one, other = rng.sample(places, 2)
            if await tx.execute(sql.format(row=f"ctid = '{one}'", other=f"ctid = '{other}'")):
                found = (await ledger.check(tx, program_id=PROGRAM, key=KEY)).breaks
            raise Undo
    except (Undo, asyncpg.UniqueViolationError):
        # The second: keys are what the database itself holds.
        pass
    return found


@pytest.mark.parametrize("table", ["entry", "lot", "lot_use", "lot_change", "hold", "balance"])
async def test_a_row_that_nobody_wrote_is_found(database: Database, address: Address, table: str) -> None:
    shop = await busy(database, 1)
    key = KEYS[table][-1]
    other = {"hold_id": "gen_random_uuid()", "currency": "'stars'"}.get(key, f"{key} + 100")
    columns = "select column_name from information_schema.columns where table_schema = 'regulars' and table_name = $1"
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[PROGRAM]) as tx:
        names = [row["column_name"] for row in await tx.fetch(columns, table)]
        values = ", ".join(other if name == key else name for name in names)
        await tx.execute(
            f"insert into regulars.{table} ({', '.join(names)}) select {values} from regulars.{table} limit 1"
        )
    assert (await shop.check()).breaks != ()


NAMED = [
    ("entry", "amount", "amount = 300", "kind = 'hold' and amount = 20", "300", "20"),
    ("entry", "kind", "kind = 'adjust'", "version = 1 and currency = 'points'", "adjust", "earn"),
    ("entry", "funder", "funder = 'house'", "funder = 'whiskas' and version = 1", "house", "whiskas"),
    ("lot", "granted", "granted = granted + 1", "granted = 61", "62", "61"),
    ("lot", "cost_minor", "cost_minor = 1", "granted = 61", "1", "61"),
    ("lot_use", "amount", "amount = amount + 5", "amount = 15", "20", "15"),
    ("balance", "active", "active = active + 5", "currency = 'points'", "409", "404"),
    ("lot", "remaining", "remaining = remaining - 1", "granted = 500", "443", "444"),
    ("hold", "captured", "captured = 20", "captured = 15", "20", "15"),
]


@pytest.mark.parametrize(("table", "column", "change", "row", "says", "should"), NAMED)
async def test_the_first_wrong_row_is_named_with_what_it_says_and_should_say(
    database: Database, address: Address, table: str, column: str, change: str, row: str, says: str, should: str
) -> None:
    # 101 points: 61 of whiskas, 40 of the house; a hold of 20 and 15 of it captured; 500 less 56 owed: 444 are left.
    shop = await busy(database, 1)
    async with Database(address, role="owner", size=1) as owner:
        await unguard(owner)
        async with owner.transaction(programs=[PROGRAM]) as tx:
            assert await tx.execute(f"update regulars.{table} set {change} where {row}") == 1
    report = await shop.check()
    named = [(one.table, one.column, one.stored, one.expected) for one in report.breaks]
    assert named[0] == (table, column, says, should), named


async def test_R16_the_check_of_every_minute_finds_what_is_new_and_wrong(database: Database, address: Address) -> None:
    shop = await busy(database, 2)
    since = NOW + 8 * DAY
    await shop.do(account(2), NOW + 9 * DAY, lambda purse: earning.earn(purse, "cash", 700))
    # The chain of a balance without changes of dates is followed from the last link before.
    assert (await shop.check(since=since)).breaks == ()
    async with Database(address, role="owner", size=1) as owner:
        await unguard(owner)
        for change in (
            "update regulars.entry set rule = 'other' where amount = 700",
            "update regulars.entry set effective_at = effective_at + interval '1 s' where amount = 700",
            "update regulars.lot set funder = 'whiskas' where granted = 700",
            "update regulars.balance set pending = pending + 1 where currency = 'cash' and pending >= 700",
            "update regulars.lot set remaining = 699 where granted = 700",
            # What is old in an account that was touched is seen in its sums.
            f"update regulars.lot_use set amount = 201 where amount = 200 and account_id = '{account(2)}'",
        ):
            try:
                async with owner.transaction(programs=[PROGRAM]) as tx:
                    assert await tx.execute(change) == 1, change
                    found = await ledger.check(tx, program_id=PROGRAM, key=KEY, since=since)
                    assert found.breaks, change
                    raise Undo
            except Undo:
                pass
    # The control: what nobody touched since is left to the night.
    assert (await shop.check(since=NOW + 20 * DAY)).accounts == 0


async def test_several_processes_find_the_same(database: Database, address: Address, monkeypatch: Any) -> None:
    from regulars.ledger import parallel

    shop = await busy(database, 5)
    monkeypatch.setattr(parallel, "RANGE", 2)
    monkeypatch.setattr(parallel, "ALONE", 0)
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[PROGRAM]) as tx:
        await tx.execute(
            "update balance set active = active + 5 where account_id = $1 and currency = 'points'", account(4)
        )
    seen = list[int]()
    async with Database(address, size=1, pace="patient") as patient, patient.read(programs=[PROGRAM]) as tx:
        report = await ledger.check_with(
            tx, address, program_id=PROGRAM, key=KEY, processes=2, progress=lambda done, _: seen.append(done)
        )
    assert report == await shop.check()
    assert [one.account_id for one in report.breaks] == [account(4)] * len(report.breaks) != []
    assert seen[-1] == 5


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
