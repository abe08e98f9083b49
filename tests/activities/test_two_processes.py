"""Two processes on one database: one winner each, nothing lost, and both hear of a release."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.activities import batch, claiming, faults
from regulars.activities.contracts import Reply
from regulars.activities.items import Item
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import PointsPayment
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from tests.activities.conftest import NOW, SHOP, Shop, answer_of

ROUNDS = 15


@pytest.fixture
async def other(shop: Shop, address: Address, home: Path) -> AsyncIterator[Shop]:
    """The same shop as another process serves it."""
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Database(address, size=3) as database, Runtime(settings, database) as runtime:
        yield Shop(runtime, shop.program_id)


async def sums(shop: Shop, sql: str) -> int:
    """A number from the database."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return int(await tx.fetchval(sql) or 0)


async def test_one_key_posts_once(shop: Shop, other: Shop) -> None:
    for number in range(ROUNDS):
        intake = shop.intake(amounts=(1000,), phone=f"+3736940{number:04d}")
        replies = await asyncio.gather(*(one.submit(intake) for one in (shop, other, shop, other)))
        assert len({reply.body for reply in replies}) == 1
        assert sum(not reply.replayed for reply in replies) == 1
    assert await sums(shop, "select count(*) from regulars.activity") == ROUNDS
    assert await sums(shop, "select sum(active) from regulars.balance") == 10 * ROUNDS


async def test_one_document_under_two_keys_posts_once(shop: Shop, other: Shop) -> None:
    for number in range(ROUNDS):
        given: dict[str, Any] = {
            "amounts": (1000,),
            "phone": "+37369123456",
            "source": "till-1",
            "document": f"A-{number}",
        }
        mine, theirs = shop.intake(**given), msgspec.structs.replace(shop.intake(**given), key=f"theirs-{number}")
        replies = await asyncio.gather(shop.submit(mine), other.submit(theirs))
        assert len({reply.body for reply in replies}) == 1
    assert await sums(shop, "select count(*) from regulars.activity") == ROUNDS


async def test_one_document_with_two_contents_has_one_winner(shop: Shop, other: Shop) -> None:
    for number in range(ROUNDS):
        mine = shop.intake(amounts=(1000,), phone="+37369123456", source="t", document=f"A-{number}")
        theirs = shop.intake(amounts=(2000,), phone="+37369123456", source="t", document=f"A-{number}")
        replies = await asyncio.gather(shop.submit(mine), other.submit(theirs), return_exceptions=True)
        assert sum(isinstance(reply, Reply) for reply in replies) == 1
        assert sum(isinstance(reply, faults.DocumentTaken) for reply in replies) == 1
    assert await sums(shop, "select count(*) from regulars.activity") == ROUNDS


async def test_one_new_phone_is_one_member(shop: Shop, other: Shop) -> None:
    for number in range(ROUNDS):
        phone = f"+3736950{number:04d}"
        answers = await asyncio.gather(shop.buy(1000, phone=phone), other.buy(2000, phone=phone, key=f"o-{number}"))
        assert answers[0].member.id == answers[1].member.id
        assert sorted(answer.member.new for answer in answers) == [False, True]
        assert max(answer.balances[0].active for answer in answers) == 30
    assert await sums(shop, "select count(*) from regulars.member") == ROUNDS
    assert await sums(shop, "select count(*) from regulars.card") == ROUNDS
    assert await sums(shop, "select sum(version) from regulars.account") == 2 * ROUNDS


async def test_L53_last_points_have_one_winner(shop: Shop, other: Shop) -> None:
    pay = (PointsPayment(currency="points", points=100),)
    for number in range(ROUNDS):
        phone = f"+3736960{number:04d}"
        await shop.buy(10_000, phone=phone)
        replies = await asyncio.gather(
            *(
                one.submit(one.intake(amounts=(100,), phone=phone, pay=pay, key=f"{place}-{number}"))
                for place, one in enumerate((shop, other, shop, other))
            )
        )
        # 100 points pay 1.00 of 1.00, so that the winner earns nothing.
        assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert await sums(shop, "select sum(active) from regulars.balance") == 0


async def test_nothing_is_lost_when_both_serve_the_same_members(shop: Shop, other: Shop) -> None:
    """LAW5: each acknowledgement is a place in one order of the account, and the balances are those of that order."""
    work = [
        one.submit(one.intake(amounts=(1000,), phone=f"+3736970000{number % 3}", key=f"{place}-{number}"))
        for number in range(60)
        for place, one in enumerate((shop, other))
    ]
    replies = await asyncio.gather(*work)
    assert {reply.status for reply in replies} == {201}
    seen: dict[str, list[int]] = {}
    for reply in replies:
        answer = answer_of(reply)
        seen.setdefault(answer.member.id, []).append(answer.balances[0].active)
    assert sorted(sorted(balances) for balances in seen.values()) == [[10 * n for n in range(1, 41)]] * 3
    assert await sums(shop, "select count(*) from regulars.activity") == 120


async def test_a_release_published_while_the_other_runs_is_picked_up(shop: Shop, other: Shop) -> None:
    assert (await other.buy(1000)).points == {"points": 10}
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        doubled = SHOP.replace('amount: "basket.base"', 'amount: "basket.base * 2"')
        await program.publish(tx, program_id=shop.program_id, text=doubled, by="test", now=NOW)
    async with asyncio.timeout(60):
        number = 0
        while (await other.buy(1000, key=f"try-{number}")).release == 1:
            number += 1
            await asyncio.sleep(0.02)
    assert (await other.buy(1000, key="then")).points == {"points": 20}


async def test_L50_a_slow_first_try_says_what_its_retry_has_done_meanwhile(shop: Shop, other: Shop) -> None:
    phone, pay = "+37369700001", (PointsPayment(currency="points", points=100),)
    await shop.buy(10_000, phone=phone)
    intake = shop.intake(amounts=(100,), phone=phone, pay=pay)
    slow = Item(intake, activity_id=shop.runtime.new_id(NOW))
    async with shop.runtime.database.lane() as lane:
        await claiming.claim(shop.runtime, lane, [slow], now=NOW, again=False)
        # The retry takes the claim over and spends the last points before the first try has looked at them.
        done = await other.submit(intake)
        assert (done.status, slow.reply) == (201, None)
        await batch.carry_out(shop.runtime, lane, [slow], NOW)
    assert slow.reply is not None
    assert (slow.reply.status, slow.reply.body) == (201, done.body)
    assert await sums(shop, "select count(*) from regulars.entry where kind = 'spend'") == 1


@pytest.mark.parametrize("late_one", [0, 1], ids=["who claimed first is late", "who took over is late"])
async def test_L58_the_same_acts_in_two_batches_at_once_get_one_answer_without_a_failed_batch(
    shop: Shop, other: Shop, late_one: int
) -> None:
    known, new = "+37369700002", "+37369700003"
    await shop.buy(1000, phone=known)
    acts = [shop.intake(amounts=(1000,), phone=phone) for phone in (known, new, known, new)]
    own = shop.intake(amounts=(2000,), phone=known)
    batches = [[Item(intake, activity_id=shop.runtime.new_id(NOW)) for intake in acts] for _ in range(2)]
    # Between the same acts stands one that only this batch has.
    batches[late_one].insert(1, Item(own, activity_id=shop.runtime.new_id(NOW)))
    processes = (shop.runtime, other.runtime)
    async with shop.runtime.database.lane() as one, other.runtime.database.lane() as two:
        lanes = (one, two)
        for process, lane, items in zip(processes, lanes, batches, strict=True):
            await claiming.claim(process, lane, items, now=NOW, again=False)
        for place in (1 - late_one, late_one):
            await batch.carry_out(processes[place], lanes[place], batches[place], NOW)
    done, late = batches[1 - late_one], batches[late_one]
    mine = late.pop(1)
    assert [item.fault for item in (*done, *late, mine)] == [None] * 9
    assert [item.reply and (item.reply.body, item.reply.replayed) for item in late] == [
        item.reply and (item.reply.body, True) for item in done
    ]
    assert mine.reply is not None
    # 10 before, twice 10 of the others, 20 of its own.
    assert (mine.reply.replayed, answer_of(mine.reply).balances[0].active) == (False, 50)
    assert await sums(shop, "select count(*) from regulars.activity") == 6
