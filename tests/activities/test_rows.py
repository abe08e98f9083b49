"""What a checkout writes: one more row is a decision, not an accident."""

from __future__ import annotations

import datetime as dt
from typing import Any

import asyncpg
import pytest

from regulars.activities.contracts import SaleRef
from regulars.engine.contracts.activity import PointsPayment
from tests.activities.conftest import NOW, Shop

DAY = dt.timedelta(days=1)


async def rows(shop: Shop) -> dict[str, int]:
    """Rows of every table that is the program's."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        tables = await tx.fetch(
            "select relname from pg_class where relnamespace = 'regulars'::regnamespace and relkind in ('r', 'p')"
            " and not relispartition and has_table_privilege(oid, 'select')"
        )
        return {row["relname"]: await tx.fetchval(f"select count(*) from regulars.{row['relname']}") for row in tables}


async def more(shop: Shop, before: dict[str, int]) -> dict[str, int]:
    """By how much tables grew."""
    after = await rows(shop)
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


async def test_a_known_members_purchase_writes_seven_rows(shop: Shop) -> None:
    await shop.buy(1000)
    before = await rows(shop)
    await shop.buy(1000, received_at=NOW + DAY)
    assert await more(shop, before) == dict.fromkeys(
        ("activity", "answer", "claim", "entry", "lot", "event", "day_row"), 1
    )


async def test_the_second_purchase_of_a_day_shares_its_day_row(shop: Shop) -> None:
    await shop.buy(1000)
    before = await rows(shop)
    await shop.buy(1000)
    assert await more(shop, before) == dict.fromkeys(("activity", "answer", "claim", "entry", "lot", "event"), 1)


async def test_a_newcomer_is_three_rows_more_and_two_identifiers(shop: Shop) -> None:
    before = await rows(shop)
    await shop.buy(1000)
    one_each = ["activity", "answer", "claim", "entry", "lot", "event", "day_row"]
    one_each += ["account", "member", "card", "balance", "due"]
    assert await more(shop, before) == {**dict.fromkeys(one_each, 1), "identifier": 2}


async def test_a_quarter_paid_with_points_is_an_entry_and_a_use_more(shop: Shop) -> None:
    await shop.buy(10_000)
    before = await rows(shop)
    await shop.buy(400, pay=(PointsPayment(currency="points", points=100),))
    assert await more(shop, before) == {
        **dict.fromkeys(("activity", "answer", "claim", "lot", "event", "lot_use"), 1),
        "entry": 2,
    }


async def test_a_visit_that_earns_nothing_writes_four_rows(shop: Shop) -> None:
    await shop.buy(1000)
    before = await rows(shop)
    await shop.submit(shop.intake("visit", phone="+37369123456"))
    assert await more(shop, before) == dict.fromkeys(("activity", "answer", "claim", "event"), 1)


async def days(shop: Shop) -> list[tuple[Any, ...]]:
    """(day, sums), oldest first."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [
            (row["day"], row["sums"]) for row in await tx.fetch("select day, sums from regulars.day_row order by day")
        ]


async def test_a_return_lowers_the_day_of_its_sale_and_leaves_the_rest_of_that_day(shop: Shop) -> None:
    first = await shop.buy(1000)
    await shop.buy(2000)
    await shop.buy(3000)
    assert await days(shop) == [(NOW.date(), [3])]
    await shop.submit(shop.intake("return", sale=SaleRef(activity_id=first.activity_id), received_at=NOW + 5 * DAY))
    assert await days(shop) == [(NOW.date(), [2])]


async def test_a_late_purchase_counts_on_its_own_day_and_leaves_today_alone(shop: Shop) -> None:
    await shop.buy(1000)
    await shop.buy(1000)
    await shop.buy(1000, received_at=NOW, occurred_at=NOW - 3 * DAY)
    await shop.buy(1000)
    assert await days(shop) == [((NOW - 3 * DAY).date(), [1]), (NOW.date(), [3])]


async def test_a_known_members_purchase_asks_the_database_ten_times(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.buy(1000)
    asked: list[str] = []

    def counted(name: str) -> Any:
        ask = getattr(asyncpg.Connection, name)

        async def count(connection: Any, sql: str, *values: Any, **options: Any) -> Any:
            asked.append(" ".join(sql.split()))
            return await ask(connection, sql, *values, **options)

        return count

    for name in ("execute", "fetch", "fetchrow", "fetchval"):
        monkeypatch.setattr(asyncpg.Connection, name, counted(name))
    await shop.buy(1000, received_at=NOW + DAY)
    # What else is asked now and then, which releases there are, stands before it.
    first = next(place for place, sql in enumerate(asked) if sql.startswith("BEGIN; ") and "commit = off" in sql)
    own = asked[first:]
    # Who it is; the claim, which says at once whether anybody was there before; what is known; what is written.
    assert [place for place, sql in enumerate(own) if "BEGIN" in sql] == [0, 3, 7]
    assert [own[place].split(" ")[0] for place in (0, 3, 7, 9)] == ["BEGIN;", "SELECT;", "COMMIT;", "COMMIT"]
    assert len(own) == 10
