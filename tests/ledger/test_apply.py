from __future__ import annotations

import datetime as dt
from uuid import UUID

from msgspec.structs import replace

from regulars.engine.contracts.points import HoldState, LotId
from regulars.engine.points import earning, extending, holding, reversing, spending
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Posting
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account, write

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
HOLD = UUID(int=99)
ONE = account(1)


async def test_what_is_written_is_read_back(database: Database) -> None:
    shop = Shop(database, Currency(name="points"))
    written = await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60, rule="base", line=2))
    async with database.read(programs=[PROGRAM]) as tx:
        balances = await ledger.load_balances(tx, [ONE, account(2)])
        lots = await ledger.load_lots(tx, [ONE])
    assert [kept.balance for kept in balances[ONE]] == list(written.balances)
    assert len(balances[ONE][0].last_hash) == 32
    assert lots == {ONE: written.lots}
    assert account(2) not in balances


async def test_a_batch_of_chained_activities_writes_what_stands_at_the_end(database: Database) -> None:
    shop = Shop(database)
    await shop.do(
        ONE,
        NOW,
        lambda purse: earning.earn(purse, "points", 60),
        lambda purse: spending.spend(purse, "points", 45),
        lambda purse: holding.place(purse, "points", 10, hold_id=HOLD),
        lambda purse: holding.capture(purse, HOLD, 4),
    )
    async with database.read(programs=[PROGRAM]) as tx:
        (kept,) = (await ledger.load_balances(tx, [ONE]))[ONE]
        (lot,) = (await ledger.load_lots(tx, [ONE]))[ONE]
        (hold,) = (await ledger.load_holds(tx, [ONE], named=[HOLD]))[ONE]
        assert await ledger.load_holds(tx, [ONE]) == {}
    assert (kept.balance.active, kept.balance.version) == (11, 5)
    assert (lot.granted, lot.remaining, lot.held) == (60, 11, 0)
    assert (hold.state, hold.captured, hold.amount) == (HoldState.CAPTURED, 4, 10)
    assert (await shop.check()).breaks == ()


async def test_holds_come_back_with_what_they_pin(database: Database) -> None:
    shop = Shop(database)
    await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60))
    placed = await shop.do(ONE, NOW, lambda purse: holding.place(purse, "points", 10, hold_id=HOLD))
    async with database.read(programs=[PROGRAM]) as tx:
        assert (await ledger.load_holds(tx, [ONE]))[ONE] == placed.holds


async def test_new_dates_are_a_link_of_the_chain(database: Database) -> None:
    shop = Shop(database, Currency(name="points"))
    await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60))
    month = Span(1, Unit.MONTH)
    await shop.do(ONE, NOW, lambda purse: extending.extend(purse, "points", by=month))
    await shop.do(
        ONE,
        NOW,
        lambda purse: extending.extend(purse, "points", by=month),
        lambda purse: spending.spend(purse, "points", 1),
    )
    async with database.read(programs=[PROGRAM]) as tx:
        (lot,) = (await ledger.load_lots(tx, [ONE]))[ONE]
        (kept,) = (await ledger.load_balances(tx, [ONE]))[ONE]
    # 10 March 2027 and 12 months, to the end of March 2028, and two months more.
    assert lot.expires_on == dt.date(2028, 5, 31)
    assert (kept.balance.version, kept.balance.changes) == (2, 2)
    assert (await shop.check()).breaks == ()


async def test_only_accounts_that_may_be_written_are_written(database: Database) -> None:
    shop = Shop(database)
    earned = await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60))
    postings = [
        Posting(account_id=one, program_id=PROGRAM, hashes={}, movements=((UUID(int=n), earned),), posted_at=NOW)
        for n, one in ((2, account(2)), (3, account(3)))
    ]
    # The lot must be of the activity that made it.
    postings = [_renamed(posting) for posting in postings]
    async with database.transaction(programs=[PROGRAM]) as tx:
        await write(tx, postings, ok=[account(3)])
        assert set(await ledger.load_balances(tx, [account(2), account(3)])) == {account(3)}
        assert [
            row["count"] for row in await tx.fetch("select count(*) from lot where account_id = $1", account(2))
        ] == [0]


def _renamed(posting: Posting) -> Posting:
    ((activity_id, movement),) = posting.movements
    lots = tuple(replace(lot, lot_id=LotId(activity_id, lot.lot_id.n)) for lot in movement.lots)
    moved = replace(movement, lots=lots, made=frozenset(lot.lot_id for lot in lots))
    return replace(posting, movements=((activity_id, moved),))


async def test_programs_do_not_see_each_other(database: Database) -> None:
    shop = Shop(database)
    await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60))
    async with database.read(programs=[2]) as tx:
        assert await ledger.load_balances(tx, [ONE]) == {}
        assert await ledger.load_lots(tx, [ONE]) == {}


async def test_a_return_of_what_was_spent_is_written_as_a_debt(database: Database) -> None:
    shop = Shop(database)
    earned = await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 60))
    await shop.do(ONE, NOW, lambda purse: spending.spend(purse, "points", 50))
    (sale,) = earned.made
    await shop.do(ONE, NOW, lambda purse: reversing.reverse(purse, "points", 60, lots=[sale]))
    async with database.read(programs=[PROGRAM]) as tx:
        (kept,) = (await ledger.load_balances(tx, [ONE]))[ONE]
    assert (kept.balance.active, kept.balance.arrears) == (0, 50)
    assert (await shop.check()).breaks == ()


async def test_a_plain_purchase_writes_three_rows(database: Database) -> None:
    shop = Shop(database, Currency(name="points"))
    await shop.do(
        ONE,
        NOW,
        lambda purse: (earning.earn(purse, "points", 60, rule="base"), earning.earn(purse, "points", 5, rule="cup")),
    )
    tables = ("entry", "lot", "balance", "lot_use", "lot_change", "hold")
    async with database.read(programs=[PROGRAM]) as tx:
        rows = {table: await tx.fetchval(f"select count(*) from {table}") for table in tables}
    # One row more a purchase is a decision, not an accident.
    assert rows == {"entry": 1, "lot": 1, "balance": 1, "lot_use": 0, "lot_change": 0, "hold": 0}
