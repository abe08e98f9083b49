"""A return counts again what it cannot lower by itself: the largest basket, the last store."""

from __future__ import annotations

from pathlib import Path

from regulars.activities import queries, replay
from regulars.activities.contracts import Answer, SaleRef
from regulars.kit import ids
from regulars.kit.database import Database
from tests.activities.conftest import SHOP, Shop, answer_of, open_shop

LARGEST = SHOP.replace(
    "rules:",
    """  largest: {max: "basket.total", where: "type == 'purchase'", window: ever}
rules:
  big:
    title: {en: Big, ru: Большая, ro: Mare}
    trigger: purchase
    if: "member.metrics.largest >= 100.00"
    effects: [{give: points, amount: "1000"}]
""",
)


async def give_back(shop: Shop, sale: Answer) -> Answer:
    return answer_of(await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sale.activity_id))))


async def test_largest_basket_falls_back_when_it_is_returned(database: Database, home: Path) -> None:
    async with open_shop(database, home, LARGEST) as shop:
        await shop.buy(5000)
        largest = await shop.buy(12_000)
        # 120 and the 1000 of those who once bought for 100.00.
        assert largest.points == {"points": 1120}
        assert (await give_back(shop, largest)).balances[0].active == 50
        # What is left is 50.00 as the largest, so a small basket brings its own points alone.
        assert (await shop.buy(1000)).points == {"points": 10}
        # The control: with a basket of 100.00 that stays, the same small basket brings 1000 more.
        await shop.buy(10_000)
        assert (await shop.buy(1000)).points == {"points": 1010}


async def test_replay_counts_again_as_the_till_did(database: Database, home: Path) -> None:
    async with open_shop(database, home, LARGEST) as shop:
        largest = await shop.buy(12_000)
        await give_back(shop, largest)
        last = await shop.buy(1000)
        account_id = ids.from_wire("mem", last.member.id)
        async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
            past = await queries.of_account(tx, account_id=account_id)
        steps = list(
            replay.replay(
                account_id,
                [(activity, number) for activity, number, _ in past],
                choose=lambda _, number: shop.runtime.programs.numbered(shop.program_id, number),
            )
        )
        assert [step.decision.recorded for step in steps] == [recorded for _, _, recorded in past]
        assert steps[-1].decision.points == {"points": 10}
