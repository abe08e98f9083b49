"""What is shared and runs out: one winner for the last of it, whoever decides where; nothing is given away twice, nothing
by what came to nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from regulars.activities import guarding, queries, rationing, replay
from regulars.activities import service as activities
from regulars.activities.contracts import Reply, SaleRef
from regulars.activities.outcomes import Outcome, Shares
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import PointsPayment
from regulars.engine.contracts.known import CounterKey, Quota, Ration
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.activities.conftest import NOW, SHOP, Shop, answer_of, open_shop
from tests.activities.test_shared_limits import chosen, outcome

BUDGETED = (
    SHOP
    + """
  gift:
    title: {en: Gift, ru: Подарок, ro: Cadou}
    trigger: purchase
    effects: [{give: points, amount: "10"}]
    budget: {points: {points: 125}}
  first:
    title: {en: The first twelve, ru: Первые двенадцать, ro: Primii doisprezece}
    trigger: visit
    effects: [{give: points, amount: "100"}]
    budget: {uses: 12}
"""
)
GIFT = CounterKey("budget:rules.gift/points", "program", "ever")


@pytest.fixture
async def shop(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, BUDGETED) as opened:
        yield opened


@pytest.fixture
async def other(shop: Shop, address: Address, home: Path) -> AsyncIterator[Shop]:
    """The same shop as another process serves it."""
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Database(address, size=3) as database, Runtime(settings, database) as runtime:
        yield Shop(runtime, shop.program_id)


async def crowd(*shops: Shop, each: int, kind: str = "purchase", start: int = 0) -> list[Reply]:
    """People of their own, all at the same moment, each buying for 1.00 or coming in."""
    amounts = (100,) if kind == "purchase" else ()
    return await asyncio.gather(
        *(
            one.submit(
                one.intake(
                    kind,
                    amounts=amounts,
                    phone=f"+3736{place}{start + number:06d}",
                    key=f"{kind}-{place}-{start + number}",
                )
            )
            for number in range(each)
            for place, one in enumerate(shops, start=1)
        )
    )


async def used(shop: Shop, metric: str = GIFT.metric) -> int:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        found = await tx.fetchval(
            "select sum(value)::bigint from regulars.counter where metric = $1 and item = ''", metric
        )
    return int(found or 0)


def gifts(replies: list[Reply]) -> list[int]:
    # Each also earns one point for its leu.
    return [answer_of(reply).points["points"] - 1 for reply in replies]


async def test_a_batch_of_strangers_gets_a_budget_to_the_last_point_and_no_further(shop: Shop) -> None:
    replies = await crowd(shop, each=30)
    assert Counter(gifts(replies)) == {10: 12, 5: 1, 0: 17}
    assert await used(shop) == 125


async def test_two_processes_have_one_winner_for_the_last_of_it(shop: Shop, other: Shop) -> None:
    replies = [reply for round_ in range(3) for reply in await crowd(shop, other, each=4, start=round_ * 4)]
    assert Counter(gifts(replies)) == {10: 12, 5: 1, 0: 11}
    visits = await crowd(shop, other, each=12, kind="visit")
    assert Counter(answer_of(reply).points.get("points", 0) for reply in visits) == {100: 12, 0: 12}
    assert await used(shop, "budget:rules.first/uses") == 12


async def test_a_retry_takes_nothing_again(shop: Shop) -> None:
    bought = shop.intake(amounts=(100,), phone="+37369000001", key="once")
    first = await shop.submit(bought)
    again = await shop.submit(bought)
    assert (first.body, again.replayed) == (again.body, True)
    assert await used(shop) == 10


async def test_what_is_refused_takes_nothing(shop: Shop) -> None:
    await shop.buy(100)
    reply = await shop.submit(
        shop.intake(amounts=(100,), phone="+37369123456", pay=(PointsPayment(currency="points", points=5000),))
    )
    assert reply.status == 409
    assert await used(shop) == 10


async def test_what_a_return_gives_back_is_there_for_the_next(shop: Shop) -> None:
    replies = await crowd(shop, each=13)
    assert sorted(gifts(replies))[:1] == [5]
    whole = next(reply for reply in replies if answer_of(reply).points["points"] == 11)
    back = await shop.submit(
        shop.intake("return", sale=SaleRef(activity_id=answer_of(whole).activity_id), may_enrol=False)
    )
    assert back.status == 201, back.body
    assert await used(shop) == 115
    assert gifts(await crowd(shop, each=2, start=50)) in ([10, 0], [0, 10])
    assert await used(shop) == 125


async def test_a_quote_reads_what_is_left_and_takes_nothing(shop: Shop) -> None:
    await crowd(shop, each=12)
    for number in range(3):
        found = await activities.quote(shop.runtime, shop.intake(amounts=(100,), phone=f"+3736955500{number}"), now=NOW)
        assert not isinstance(found, Reply)
        assert found[0].points["points"] == 6
    assert await used(shop) == 120


async def test_what_was_asked_for_lately_is_loaded_at_once(shop: Shop) -> None:
    await shop.buy(100)
    place = (shop.program_id, 1, "purchase", None)
    assert list(shop.runtime.quotas.of(place)) == [GIFT]
    # A guard stands only for what was taken of.
    await crowd(shop, each=14)
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        guards = [row["metric"] for row in await tx.fetch("select metric from regulars.counter_guard order by metric")]
    assert guards == [GIFT.metric]


async def test_LAW11_what_a_budget_cut_is_cut_again_when_the_past_is_decided_again(shop: Shop) -> None:
    replies = await crowd(shop, each=16)
    assert sum(gifts(replies)) == 125
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        accounts = [row["account_id"] for row in await tx.fetch("select account_id from regulars.account")]
        again = 0
        for account in accounts:
            past = await queries.of_account(tx, account_id=account)
            steps = replay.replay(account, [(activity, number) for activity, number, _ in past], choose=chosen(shop))
            for step, (_, _, recorded) in zip(steps, past, strict=True):
                assert step.decision.recorded == recorded
                again += step.decision.points.get("points", 0)
    assert (len(accounts), again) == (16, 125 + 16)


KEY = CounterKey("stock:mug", "program", "ever")


def taker(number: int, *, taken: int = 1, least: int = 1, most: int = 10**9, size: int | None = None) -> Outcome:
    shares = Shares(taken=(Ration(KEY, size, least, most, taken),))
    return msgspec.structs.replace(outcome(number), shares=shares)


def kept(outcomes: list[Outcome], quota: Quota, writable: set[int]) -> list[int]:
    left = rationing.Ledger({(1, KEY): quota})
    return [one.account_id.int for one in guarding.still_true(outcomes, {}, left, {UUID(int=one) for one in writable})]


def test_who_needs_no_more_than_is_left_is_not_decided_again_because_others_took() -> None:
    buyers = [taker(number) for number in range(1, 6)]
    # Decided when 100 were left; since then 97 are gone: the first three of them have it.
    assert kept(buyers, Quota(100, 97), {1, 2, 3, 4, 5}) == [1, 2, 3]


def test_what_somebody_who_falls_out_would_have_taken_is_there_for_the_next() -> None:
    buyers = [taker(number) for number in range(1, 5)]
    assert kept(buyers, Quota(100, 98), {2, 3, 4}) == [2, 3]


def test_who_was_cut_to_the_last_of_it_is_decided_again_when_more_or_less_is_left() -> None:
    cut = taker(1, taken=3, least=3, most=3, size=100)
    assert kept([cut], Quota(0, 97), {1}) == [1]
    assert kept([cut], Quota(0, 98), {1}) == []
    assert kept([cut], Quota(0, 96), {1}) == []


def test_who_got_nothing_falls_only_with_the_neighbour_who_took_the_last() -> None:
    empty = msgspec.structs.replace(outcome(2), shares=Shares(asked=frozenset({KEY})))
    assert kept([taker(1), empty], Quota(1, 0), {1, 2}) == [1, 2]
    assert kept([taker(1), empty], Quota(1, 0), {2}) == []
    assert kept([empty], Quota(5, 0), {2}) == [2]


def test_what_is_told_once_is_not_told_by_two() -> None:
    marked = Shares(taken=(Ration(KEY, 10, 1, 10, 1, ("low",)),))
    two = [msgspec.structs.replace(outcome(number), shares=marked) for number in (1, 2)]
    assert kept(two, Quota(0, 2), {1, 2}) == [1]
    assert kept(two[1:], Quota(0, 2, frozenset({"low"})), {2}) == []
