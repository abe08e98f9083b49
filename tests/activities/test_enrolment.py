"""Whoever is enrolled silently is heard of, and greeted where the program greets."""

from __future__ import annotations

from pathlib import Path

import msgspec

from regulars.engine.contracts.activity import PointsPayment
from regulars.kit.database import Database
from tests.activities.conftest import SHOP, Shop, open_shop

GREETING = (
    SHOP
    + """
  hello:
    title: {en: Welcome, ru: Добро пожаловать, ro: Bun venit}
    trigger: enrolled
    effects: [{give: points, amount: "100"}]
"""
)


async def types_of_events(shop: Shop) -> list[list[str]]:
    """The types of each event row, the oldest first."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch("select body from regulars.event order by xid, id")
    return [[event["type"] for event in msgspec.json.decode(row["body"])] for row in rows]


async def test_first_purchase_tells_that_somebody_was_enrolled(shop: Shop) -> None:
    await shop.buy(1000)
    await shop.buy(1000)
    first, second = await types_of_events(shop)
    assert first[0] == "member.enrolled"
    assert "member.enrolled" not in second


async def test_program_greets_whoever_the_till_enrols(database: Database, home: Path) -> None:
    async with open_shop(database, home, GREETING) as shop:
        answer = await shop.buy(1000)
        # 100 for the welcome, which is an activity of its own, and 10 for the purchase.
        assert (answer.points, answer.balances[0].active) == ({"points": 10}, 110)
        again = await shop.buy(1000)
        assert again.balances[0].active == 120
        told = await types_of_events(shop)
        assert sum("member.enrolled" in types for types in told) == 1


async def test_refused_first_activity_greets_nobody(database: Database, home: Path) -> None:
    async with open_shop(database, home, GREETING) as shop:
        pay = (PointsPayment(currency="points", points=500),)
        reply = await shop.submit(shop.intake(amounts=(1000,), phone="+37369123456", pay=pay))
        assert reply.status == 409
        async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
            assert await tx.fetchval("select count(*) from regulars.activity") == 0
            assert await tx.fetchval("select count(*) from regulars.entry") == 0
            assert await tx.fetchval("select count(*) from regulars.member") == 0
