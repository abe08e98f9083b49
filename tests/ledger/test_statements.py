from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from regulars.engine.points import adjusting, earning, holding, passing, spending
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Statement, TooRecent
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account

NOW = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HOUR = Span(1, Unit.HOUR)
ONE = account(1)


async def statement(database: Database, now: dt.datetime, **how: Any) -> Statement:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.statement(tx, program_id=PROGRAM, account_id=ONE, now=now, **how)


async def balances(database: Database, at: dt.datetime, now: dt.datetime) -> list[tuple[int, int, int, int]]:
    async with database.read(programs=[PROGRAM]) as tx:
        found = await ledger.balances_at(tx, program_id=PROGRAM, account_id=ONE, at=at, now=now)
    return [(one.active, one.pending, one.held, one.arrears) for one in found]


async def three_days(database: Database) -> Shop:
    """100 on the first day, 30 spent on the second; on the third 20 held for an hour and 10 pending for two."""
    shop = Shop(database)
    await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 100, rule="base"))
    await shop.do(ONE, NOW + DAY, lambda purse: spending.spend(purse, "points", 30, line=1))
    await shop.do(
        ONE,
        NOW + 2 * DAY,
        lambda purse: holding.place(purse, "points", 20, hold_id=UUID(int=99), ttl_s=3600),
        lambda purse: earning.earn(purse, "points", 10, pending=Span(2, Unit.HOUR)),
    )
    return shop


async def test_a_statement_names_every_entry_with_the_balance_after_it(database: Database) -> None:
    await three_days(database)
    said = await statement(database, NOW + 2 * DAY)
    assert [
        (one.entry.kind.value, one.entry.amount, one.active_after, one.pending_after, one.held_after)
        for one in said.entries.items
    ] == [("earn", 10, 50, 10, 20), ("hold", 20, 50, 0, 20), ("spend", 30, 70, 0, 0), ("earn", 100, 100, 0, 0)]
    assert said.entries.next_cursor is None
    assert said.entries.items[-1].entry.rule == "base"
    assert [use.amount for use in said.entries.items[2].entry.uses] == [30]
    assert [(lot.remaining, lot.pending) for lot in said.lots] == [(70, False), (10, True)]
    assert [hold.amount for hold in said.holds] == [20]


async def test_pages_follow_each_other_without_gap_or_repeat(database: Database) -> None:
    shop = Shop(database, Currency(name="points"), Currency(name="stars"))

    async def earn(n: int) -> None:
        await shop.do(ONE, NOW, lambda purse: (earning.earn(purse, "points", n), earning.earn(purse, "stars", 10 * n)))

    for n in range(1, 8):
        await earn(n)
    seen, cursor = [], None
    while True:
        page = (await statement(database, NOW, limit=3, cursor=cursor)).entries
        seen += [(one.entry.currency, one.entry.amount) for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 14
    assert [amount for currency, amount in seen if currency == "points"] == [7, 6, 5, 4, 3, 2, 1]
    only = await statement(database, NOW, currency="stars", limit=2)
    assert [one.entry.amount for one in only.entries.items] == [70, 60]
    assert [one.currency for one in only.balances] == ["stars"]


async def test_a_balance_of_the_past_is_what_was_posted_then(database: Database) -> None:
    await three_days(database)
    now = NOW + 30 * DAY
    assert await balances(database, NOW - DAY, now) == []
    assert await balances(database, NOW, now) == [(100, 0, 0, 0)]
    assert await balances(database, NOW + DAY, now) == [(70, 0, 0, 0)]
    assert await balances(database, NOW + 2 * DAY, now) == [(50, 10, 20, 0)]
    # Time let go of the hold after an hour and began the pending points after two, though nobody has written it yet.
    assert await balances(database, NOW + 2 * DAY + dt.timedelta(hours=1), now) == [(70, 10, 0, 0)]
    assert await balances(database, NOW + 2 * DAY + dt.timedelta(hours=2), now) == [(80, 0, 0, 0)]
    past = await statement(database, now, as_of=NOW + DAY)
    assert [one.entry.kind.value for one in past.entries.items] == ["spend", "earn"]
    assert [lot.remaining for lot in past.lots] == [70]


async def test_L25_the_present_is_right_although_no_sweeper_ran(database: Database) -> None:
    await three_days(database)
    late = NOW + 2 * DAY + dt.timedelta(hours=5)
    assert await balances(database, late, late) == [(80, 0, 0, 0)]
    said = await statement(database, late)
    assert [one.active for one in said.balances] == [80]
    assert [lot.pending for lot in said.lots] == [False, False]
    assert said.holds == ()


async def test_I8_what_the_sweeper_writes_changes_no_balance_of_any_time(database: Database) -> None:
    shop = await three_days(database)
    moments = [NOW + dt.timedelta(hours=12 * n) for n in range(8)]
    later = NOW + 60 * DAY
    before = [await balances(database, moment, later) for moment in moments]
    await shop.do(ONE, NOW + 10 * DAY, passing.catch_up)
    assert [await balances(database, moment, later) for moment in moments] == before


async def test_points_to_come_can_be_asked_for(database: Database) -> None:
    shop = Shop(database)
    await shop.do(ONE, NOW, lambda purse: earning.earn(purse, "points", 40, expires=Span(3, Unit.HOUR)))
    assert await balances(database, NOW + dt.timedelta(hours=2), NOW) == [(40, 0, 0, 0)]
    assert await balances(database, NOW + dt.timedelta(hours=3), NOW) == [(0, 0, 0, 0)]


async def test_as_of_is_refused_for_what_may_still_be_under_way(database: Database) -> None:
    with pytest.raises(TooRecent) as refused:
        await statement(database, NOW, as_of=NOW - dt.timedelta(seconds=14))
    assert refused.value.fields == {"settled_s": 15}
    assert (await statement(database, NOW, as_of=NOW - dt.timedelta(seconds=15))).balances == ()


async def test_currencies_in_use_would_be_orphaned(database: Database) -> None:
    points, stars, unused = Currency(name="points"), Currency(name="stars"), Currency(name="unused")
    shop = Shop(database, points, stars, unused)
    await shop.do(ONE, NOW, lambda purse: (earning.earn(purse, "points", 40), earning.earn(purse, "stars", 5)))
    await shop.do(account(2), NOW, lambda purse: adjusting.adjust(purse, "stars", 2))
    async with database.read(programs=[PROGRAM]) as tx:
        found = await ledger.orphaned_balances(
            tx, program_id=PROGRAM, old=shop.policies, new={"points": Currency(name="points", scale=2)}
        )
    assert [(one.currency, one.accounts, one.points, one.reason) for one in found] == [
        ("points", 1, 40, "rescaled"),
        ("stars", 2, 7, "removed"),
    ]
