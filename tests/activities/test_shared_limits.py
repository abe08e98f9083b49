"""Limits over numbers that are nobody's own: never passed, within a batch, between two processes, or when an account
moves; those that alert may lag.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest

from regulars.activities import guarding, queries, rationing, replay
from regulars.activities.contracts import Reply, SaleRef
from regulars.activities.outcomes import Outcome, Watched
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import Activity
from regulars.engine.service import Compiled
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.activities.conftest import SHOP, Shop, answer_of, open_shop

AT_MOST = 12
LIMITED = (
    SHOP.replace(
        "rules:\n",
        """  at_till: {count: activities, where: "type == 'purchase'", window: day, per: till}
  given: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn'", window: ever, per: program}
  visits: {distinct: "card.id", where: "type == 'visit'", window: ever, per: cashier}
rules:
""",
    )
    + """
limits:
  till: {metric: at_till, at_most: 12, then: refuse}
  budget: {metric: given, at_most: 125, then: cut}
"""
)


@pytest.fixture
async def shop(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, LIMITED) as opened:
        yield opened


@pytest.fixture
async def other(shop: Shop, address: Address, home: Path) -> AsyncIterator[Shop]:
    """The same shop as another process serves it."""
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Database(address, size=3) as database, Runtime(settings, database) as runtime:
        yield Shop(runtime, shop.program_id)


async def crowd(*shops: Shop, each: int, till: str) -> list[Reply]:
    """People of their own at one till, all at the same moment, each buying for 10.00."""
    return await asyncio.gather(
        *(
            one.submit(
                one.intake(
                    amounts=(1000,), phone=f"+3736{place}{number:06d}", till=till, key=f"{till}-{place}-{number}"
                )
            )
            for number in range(each)
            for place, one in enumerate(shops, start=1)
        )
    )


async def counted(shop: Shop, sql: str) -> int:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return int(await tx.fetchval(sql) or 0)


TILLS = "select sum(value) from regulars.counter where metric = 'at_till'"


async def test_a_batch_of_strangers_does_not_pass_a_limit_of_their_till(shop: Shop) -> None:
    replies = await crowd(shop, each=30, till="t1")
    assert Counter(reply.status for reply in replies) == {201: AT_MOST, 409: 30 - AT_MOST}
    assert await counted(shop, TILLS) == AT_MOST


async def test_two_processes_do_not_pass_it_together(shop: Shop, other: Shop) -> None:
    for round_ in range(4):
        replies = await crowd(shop, other, each=12, till=f"t{round_}")
        # Who is told to come again has not bought, and may: nobody is served above the limit, nobody refused below it.
        served = Counter(reply.status for reply in replies)
        assert served == {201: AT_MOST, 409: 24 - AT_MOST}, served
    assert await counted(shop, TILLS) == 4 * AT_MOST


async def test_a_cut_budget_of_the_whole_program_is_given_to_the_last_point_and_no_further(
    shop: Shop, other: Shop
) -> None:
    replies = [reply for till in range(3) for reply in await crowd(shop, other, each=4, till=f"b{till}")]
    given = [answer_of(reply).points.get("points", 0) for reply in replies]
    assert sum(given) == 125
    assert Counter(given) == {10: 12, 5: 1, 0: 11}
    # Each process adds to a slice of its own, and reads them together.
    slices = "select count(*) from regulars.counter where metric = 'given' and owner like 'program/_'"
    assert await counted(shop, slices) >= 1


async def test_what_a_return_gives_back_is_room_again(shop: Shop) -> None:
    replies = await crowd(shop, each=AT_MOST, till="t1")
    sold = answer_of(replies[0]).activity_id
    late = shop.intake(amounts=(1000,), phone="+37369999999", till="t1")
    assert (await shop.submit(late)).status == 409
    back = await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sold), may_enrol=False))
    assert back.status == 201, back.body
    again = shop.intake(amounts=(1000,), phone="+37369999999", till="t1")
    assert (await shop.submit(again)).status == 201


def outcome(number: int, *, read: dict[str, int] | None = None, added: str = "") -> Outcome:
    return Outcome(
        account_id=UUID(int=number),
        program_id=1,
        expected=1,
        clock=None,
        metric_day=None,
        state=b"",
        review_at=None,
        review_moved=False,
        rows=(),
        answers=(),
        days=(),
        counters=(),
        segments=(),
        attributes=(),
        hashes={},
        enrolled=(),
        watched=Watched(
            read={(1, "m", name): version for name, version in (read or {}).items()},
            added=frozenset({(1, "m", added)} if added else ()),
        ),
    )


def kept(outcomes: list[Outcome], there: dict[str, int], writable: set[int]) -> list[int]:
    found = guarding.still_true(
        outcomes,
        {(1, "m", name): version for name, version in there.items()},
        rationing.Ledger({}),
        {UUID(int=one) for one in writable},
    )
    return [one.account_id.int for one in found]


def test_whoever_saw_additions_of_somebody_who_falls_out_falls_out_too() -> None:
    chain = [outcome(1, read={"t": 0}, added="t"), outcome(2, read={"t": 0}, added="t"), outcome(3, read={"u": 4})]
    assert kept(chain, {"t": 0, "u": 4}, {1, 2, 3}) == [1, 2, 3]
    assert kept(chain, {"t": 0, "u": 4}, {2, 3}) == [3]
    # The second only read what the first added to; who came before the lost one did not see it.
    assert kept(chain, {"t": 0, "u": 4}, {1, 3}) == [1, 3]


def test_whoever_read_an_older_number_is_decided_again() -> None:
    assert kept([outcome(1, read={"t": 3}), outcome(2, read={"t": 4})], {"t": 4}, {1, 2}) == [2]


def test_who_only_adds_need_not_have_read_the_newest() -> None:
    assert kept([outcome(1, added="t")], {"t": 9}, {1}) == [1]


async def test_LAW11_what_a_shared_number_cut_is_cut_again_when_the_past_is_decided_again(shop: Shop) -> None:
    replies = [reply for till in range(2) for reply in await crowd(shop, each=8, till=f"b{till}")]
    assert sum(answer_of(reply).points.get("points", 0) for reply in replies) == 125
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        accounts = [row["account_id"] for row in await tx.fetch("select account_id from regulars.account")]
        again = 0
        for account in accounts:
            past = await queries.of_account(tx, account_id=account)
            steps = replay.replay(account, [(activity, number) for activity, number, _ in past], choose=chosen(shop))
            for step, (_, _, recorded) in zip(steps, past, strict=True):
                assert step.decision.recorded == recorded
                again += step.decision.points.get("points", 0)
    assert (len(accounts), again) == (8, 125)


def chosen(shop: Shop) -> Callable[[Activity, int], Compiled]:
    return lambda activity, number: shop.runtime.programs.numbered(activity.program_id, number)
