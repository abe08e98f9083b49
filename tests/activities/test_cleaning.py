from __future__ import annotations

import datetime as dt

from regulars.activities import cleaning
from regulars.kit import edge
from regulars.kit.database import Database
from tests.activities.conftest import NOW, Shop


async def _count(database: Database, shop: Shop, table: str) -> int:
    async with database.read(programs=[shop.program_id]) as tx:
        return int(await tx.fetchval(f"select count(*) from regulars.{table}"))


async def _clean(database: Database, shop: Shop, *, now: dt.datetime) -> int:
    async with database.transaction(programs=[shop.program_id]) as tx:
        return await cleaning.clean(tx, now=now, days=30)


async def test_a_claim_lives_as_long_as_answers_are_promised(shop: Shop, database: Database) -> None:
    await shop.buy(1000)
    await shop.buy(2000)
    # Claims are dated by the moment of the batch, which the clock says.
    today = edge.now()
    assert await _clean(database, shop, now=today + dt.timedelta(days=29)) == 0
    assert await _count(database, shop, "claim") == 2
    assert await _clean(database, shop, now=today + dt.timedelta(days=31)) == 2
    assert await _count(database, shop, "claim") == 0
    assert await _count(database, shop, "activity") >= 2


async def test_a_document_is_known_after_its_claim_went(shop: Shop, database: Database) -> None:
    bought = shop.intake(amounts=(1000,), phone="+37369123456", source="till", document="17")
    first = await shop.submit(bought)
    recorded = await _count(database, shop, "activity")
    await _clean(database, shop, now=edge.now() + dt.timedelta(days=31))
    again = await shop.submit(bought)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.activity_id == first.activity_id
    assert await _count(database, shop, "activity") == recorded


async def test_counters_go_when_their_window_has_gone_by(shop: Shop, database: Database) -> None:
    # Forty days before 20 November 2026 is 11 October; 1200 days before it is 8 August 2023.
    goes = ["2026-10-10T23:50", "2023-08-07", "2020-01-01"]
    stays = ["2023-08-08", "2026-01-01", "2026-10-11T00:00", "2026-11-20T10:05", "ever"]
    async with database.transaction(programs=[shop.program_id]) as tx:
        for bucket in (*goes, *stays):
            await tx.execute(
                "insert into regulars.counter values ($1, 'sales', 'till:1', $2, '', 1)", shop.program_id, bucket
            )
    assert await _clean(database, shop, now=NOW) == 3
    async with database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch('select bucket from regulars.counter order by bucket collate "C"')
    assert [row["bucket"] for row in rows] == stays
