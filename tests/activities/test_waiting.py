"""Returns that come before their sale: alone, in a crowd, with goods in exchange, and when it never comes (L15)."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from regulars.activities import batch
from regulars.activities import service as activities
from regulars.activities.contracts import SaleRef
from regulars.activities.items import Item
from regulars.engine.contracts.activity import ReturnedLine
from tests.activities.conftest import NOW, Shop, answer_of

MEMBER = "+37369123456"


async def rows(shop: Shop, sql: str) -> list[Any]:
    """Rows of the program."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [tuple(row) for row in await tx.fetch(sql)]


async def cases(shop: Shop) -> list[dict[str, Any]]:
    """The cases that were opened."""
    found = await rows(shop, "select body from regulars.event where types = 'case.opened' order by id")
    return [msgspec.json.decode(body)[0] for (body,) in found]


async def test_returns_and_sales_that_meet_are_brought_together(shop: Shop) -> None:
    work = []
    for number in range(40):
        work.append(
            shop.submit(shop.intake("return", source="t", document=f"R-{number}", sale=SaleRef(document=f"A-{number}")))
        )
        work.append(
            shop.submit(shop.intake(amounts=(1000,), phone=f"+3736980{number:04d}", source="t", document=f"A-{number}"))
        )
    replies = await asyncio.gather(*(asyncio.create_task(one) for one in work))
    assert {reply.status for reply in replies} <= {201, 202}
    await activities.sweep(shop.runtime, now=NOW)
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]
    assert await rows(shop, "select count(*), count(reverses) from regulars.activity") == [(80, 40)]
    assert await rows(shop, "select sum(active), sum(arrears) from regulars.balance") == [(0, 0)]


async def test_a_return_in_the_same_batch_behind_its_sale_is_answered_at_once(shop: Shop) -> None:
    sale = shop.intake(amounts=(4000,), phone=MEMBER, source="t", document="A-1")
    back = shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1"))
    # One is on its way alone, and while it is, the two gather into one batch.
    first = asyncio.create_task(shop.buy(100))
    await asyncio.sleep(0)
    done = await asyncio.gather(shop.submit(sale), shop.submit(back))
    await first
    assert [reply.status for reply in done] == [201, 201]
    assert answer_of(done[1]).points == {"points": -40}


async def test_several_returns_wait_for_one_sale(shop: Shop) -> None:
    for no in (1, 2):
        part = SaleRef(document="A-1", lines=(ReturnedLine(no=no),))
        assert (await shop.submit(shop.intake("return", source="t", document=f"R-{no}", sale=part))).status == 202
    answer = await shop.buy(4000, 1000, 500, source="t", document="A-1")
    assert answer.points == {"points": 55}
    # What the till shows is what is left when both have come: 55 - 40 - 10.
    assert [(one.currency, one.active) for one in answer.balances] == [("points", 5)]
    assert await rows(shop, "select active from regulars.balance") == [(5,)]


async def test_goods_of_an_exchange_are_not_forgotten_while_it_waits(shop: Shop) -> None:
    early = shop.intake(amounts=(6000,), phone=MEMBER, source="t", document="X-1", sale=SaleRef(document="A-1"))
    assert (await shop.submit(early)).status == 202
    await shop.buy(5000, source="t", document="A-1")
    # 50 - 50 + 60.
    assert await rows(shop, "select active from regulars.balance") == [(60,)]


async def test_a_waiting_return_that_is_refused_in_the_end_is_a_case(shop: Shop) -> None:
    for number in (1, 2):
        await shop.submit(shop.intake("return", source="t", document=f"R-{number}", sale=SaleRef(document="A-1")))
    await shop.buy(4000, source="t", document="A-1")
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    [case] = await cases(shop)
    assert (case["case"], case["code"], case["document"]) == ("waiting_return_refused", "sale_already_returned", "A-1")
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_a_sale_that_never_comes_is_a_case_after_30_days(shop: Shop) -> None:
    await shop.submit(shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1")))
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=30))
    assert await cases(shop) == []
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=30, seconds=1))
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=31))
    [case] = await cases(shop)
    assert (case["case"], case["source"], case["document"]) == ("sale_never_came", "t", "A-1")
    assert await rows(shop, "select count(*) from regulars.entry") == [(0,)]


async def test_two_sweepers_bring_a_return_home_once(shop: Shop) -> None:
    """Somebody parked it while its sale went by, as two processes do: neither saw the other."""
    early = shop.intake(
        "return", source="t", document="R-1", sale=SaleRef(document="A-1", lines=(ReturnedLine(no=1, quantity=250),))
    )
    await shop.submit(early)
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        [parked] = await tx.fetch("delete from regulars.waiting returning *")
    await shop.buy(4000, source="t", document="A-1")
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        marks = ", ".join(f"${place}" for place in range(1, len(parked) + 1))
        await tx.execute(f"insert into regulars.waiting values ({marks})", *parked.values())
    await asyncio.gather(*(activities.sweep(shop.runtime, now=NOW) for _ in range(3)))
    assert await rows(shop, "select active from regulars.balance") == [(30,)]
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_a_return_that_waited_is_not_taken_for_done_because_its_till_was_told_that_it_waits(shop: Shop) -> None:
    early = shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1"))
    waiting = await shop.submit(early)
    assert (waiting.status, waiting.activity_id is not None) == (202, True)
    async with shop.runtime.database.lane() as lane:
        # The sale comes, and its account moves before the return that came with it is written.
        sale = Item(shop.intake(amounts=(4000,), phone=MEMBER, source="t", document="A-1"), activity_id=UUID(int=1))
        await batch.run(shop.runtime, lane, [sale], now=NOW, bare=True)
        assert await rows(shop, "select active from regulars.balance") == [(40,)]
        follower = batch.follower(early, waiting.activity_id or UUID(int=0))
        await batch.run_apart(shop.runtime, lane, [follower], now=NOW, again=True)
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    # The same slip once more says what its till heard first, and takes nothing again.
    again = await shop.submit(early)
    assert (again.replayed, again.body) == (True, waiting.body)
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
