"""A release changes who is in a segment: nobody hears of it, unless the segment says so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from regulars.kit.database import Database
from tests.activities.conftest import NOW, SHOP, Shop, open_shop
from tests.activities.test_filling import publish

RULES = """
segments:
  big: {title: {en: Big, ru: Большие, ro: Mari}, if: "member.metrics.spend >= %s"%s}
rules:
  welcome:
    title: {en: Welcome, ru: Добро пожаловать, ro: Bun venit}
    trigger: {event: segment.entered, name: big}
    effects: [{give: points, amount: "100"}]
"""


def text(least: str, more: str = "", *, metric: str = "spend") -> str:
    rules = RULES % (least, more)
    spend = '  spend: {sum: "basket.total", where: "type == \'purchase\'"}\n'
    if metric != "spend":
        rules = rules.replace("member.metrics.spend", f"member.metrics.{metric}")
        spend += f"  {metric}: {{count: activities, where: \"type == 'purchase'\"}}\n"
    return SHOP.replace("rules:\n", spend + rules.lstrip("\n"))


async def heard(shop: Shop) -> list[str]:
    """The segment events of the program, in their order."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch("select body from regulars.event order by id")
    events = [event for row in rows for event in msgspec.json.decode(row["body"])]
    return [f"{event['type']} {event['name']}" for event in events if event["type"].startswith("segment.")]


async def inside(shop: Shop) -> list[str]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [row["segment"] for row in await tx.fetch("select segment from regulars.member_segment order by 1")]


LATER = NOW + dt.timedelta(days=2)


async def test_a_member_whom_only_the_release_takes_in_is_not_greeted(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await shop.buy(10_000)
        assert await inside(shop) == []
        await publish(shop, text("50.00"))
        assert (await shop.buy(1000, received_at=LATER)).points == {"points": 10}
        assert (await inside(shop), await heard(shop)) == (["big"], [])


async def test_who_crosses_the_new_line_with_the_purchase_itself_is_greeted(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await shop.buy(10_000)
        await publish(shop, text("105.00"))
        assert (await shop.buy(1000, received_at=LATER)).points == {"points": 110}
        assert (await inside(shop), await heard(shop)) == (["big"], ["segment.entered big"])


async def test_a_segment_that_asks_for_it_is_announced(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await shop.buy(10_000)
        await publish(shop, text("50.00", ", announce_on_release: true"))
        assert (await shop.buy(1000, received_at=LATER)).points == {"points": 110}
        assert (await inside(shop), await heard(shop)) == (["big"], ["segment.entered big"])


async def test_who_leaves_by_a_release_or_with_a_segment_leaves_in_silence(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("50.00")) as shop:
        await shop.buy(10_000)
        assert (await inside(shop), await heard(shop)) == (["big"], ["segment.entered big"])
        await publish(shop, text("500.00"))
        await shop.buy(1000, received_at=LATER)
        assert (await inside(shop), await heard(shop)) == ([], ["segment.entered big"])
        await publish(shop, text("50.00"), days=3)
        await shop.buy(1000, received_at=LATER + dt.timedelta(days=2))
        await publish(shop, SHOP, days=5)
        await shop.buy(1000, received_at=LATER + dt.timedelta(days=4))
        assert (await inside(shop), await heard(shop)) == ([], ["segment.entered big"])


async def test_a_segment_over_a_metric_published_with_it_starts_in_silence(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await shop.buy(100)
        await shop.buy(100)
        await publish(shop, text("2", metric="times"))
        await shop.buy(100, received_at=LATER)
        assert (await inside(shop), await heard(shop)) == (["big"], [])


async def test_a_release_that_leaves_segments_alone_hides_nothing(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("105.00")) as shop:
        await shop.buy(10_000)
        await publish(shop, text("105.00").replace('amount: "100"', 'amount: "90"'))
        assert (await shop.buy(1000, received_at=LATER)).points == {"points": 100}
        assert await heard(shop) == ["segment.entered big"]
