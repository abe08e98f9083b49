"""Time: what comes late, what a clock says wrongly, and what ends by itself."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.activities import service as activities
from regulars.engine.contracts.activity import Extension, HoldAction, PointsPayment
from regulars.kit.database import Database
from tests.activities.conftest import SHOP, Shop, answer_of, open_shop

SHORT = SHOP.replace("expiry: 12 months", "expiry: 30 days, round_up: day")
JANUARY = dt.datetime(2026, 1, 3, 10, 0, tzinfo=dt.UTC)
FEBRUARY = dt.datetime(2026, 2, 10, 10, 0, tzinfo=dt.UTC)
# 3 January and 30 days is 2 February; the last day is whole, and Chisinau is two hours ahead.
END = dt.datetime(2026, 2, 2, 22, 0, tzinfo=dt.UTC)


@pytest.fixture
async def short(database: Database, home: Path) -> AsyncIterator[Shop]:
    """The small shop, where points live for 30 days."""
    async with open_shop(database, home, SHORT) as opened:
        yield opened


async def entries(shop: Shop) -> list[Any]:
    """(kind, amount, effective_at) in the order of the books."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch("select kind, amount, effective_at from regulars.entry order by version")
    return [tuple(row) for row in rows]


async def test_L32_a_late_purchase_earns_and_expires_in_one_answer(short: Shop) -> None:
    answer = await short.buy(10_000, received_at=FEBRUARY, occurred_at=JANUARY)
    assert answer.occurred_at == JANUARY
    assert answer.points == {"points": 100}
    assert [(one.currency, one.active) for one in answer.balances] == [("points", 0)]
    assert answer.expiring == ()
    assert [(line.code, line.fields["points"]) for line in answer.messages] == [("points.earned", 100), ("balance", 0)]
    assert await entries(short) == [("earn", 100, JANUARY), ("expire", 100, END)]
    # Time has nothing left to do.
    assert await activities.sweep(short.runtime, now=FEBRUARY + dt.timedelta(days=400)) == 0


async def test_L32_what_is_late_but_still_alive_stays(short: Shop) -> None:
    answer = await short.buy(10_000, received_at=JANUARY + dt.timedelta(days=20), occurred_at=JANUARY)
    assert answer.balances[0].active == 100
    assert [one.expires_at for one in answer.expiring] == [END]


async def test_L32_a_late_purchase_behind_a_later_one(short: Shop) -> None:
    await short.buy(5000, received_at=FEBRUARY)
    answer = await short.buy(10_000, received_at=FEBRUARY + dt.timedelta(hours=1), occurred_at=JANUARY)
    assert answer.points == {"points": 100}
    assert answer.balances[0].active == 50
    assert [(kind, amount) for kind, amount, _ in await entries(short)] == [
        ("earn", 50),
        ("earn", 100),
        ("expire", 100),
    ]


async def test_L59_a_clock_a_little_ahead_is_set_to_the_arrival(short: Shop) -> None:
    answer = await short.buy(1000, received_at=FEBRUARY, occurred_at=FEBRUARY + dt.timedelta(minutes=4))
    assert answer.occurred_at == FEBRUARY


async def test_L25_the_sweeper_writes_the_true_instant_once(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    late = END + dt.timedelta(hours=3)
    assert await activities.sweep(short.runtime, now=late) == 1
    assert await activities.sweep(short.runtime, now=late) == 0
    assert await entries(short) == [("earn", 100, JANUARY), ("expire", 100, END)]


async def test_L25_two_sweepers_at_once_expire_once(short: Shop, database: Database) -> None:
    for number in range(10):
        await short.buy(10_000, received_at=JANUARY, phone=f"+3736930000{number}")
    late = END + dt.timedelta(hours=3)
    await asyncio.gather(*(activities.sweep(short.runtime, now=late) for _ in range(3)))
    async with database.read(programs=[short.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.entry where kind = 'expire'") == 10
        assert await tx.fetchval("select sum(active) from regulars.balance") == 0


async def test_L25_a_dead_lot_cannot_be_spent_though_no_sweeper_ran(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    pay = (PointsPayment(currency="points", points=1),)
    reply = await short.submit(short.intake(amounts=(1000,), phone="+37369123456", received_at=END, pay=pay))
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (409, "insufficient_points")
    just_in_time = END - dt.timedelta(microseconds=1)
    answer = await short.buy(1000, received_at=just_in_time, pay=pay)
    assert answer.paid[0].points == 1


async def test_L26_the_sweeper_waits_for_what_arrived_in_time(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    # 59 s after the end nothing is due yet: a till's purchase of the last second may still be on its way.
    assert await activities.sweep(short.runtime, now=END + dt.timedelta(seconds=59)) == 0
    in_time = END - dt.timedelta(seconds=1)
    pay = (PointsPayment(currency="points", points=20),)
    assert (await short.buy(1000, received_at=in_time, pay=pay)).paid[0].points == 20
    assert await activities.sweep(short.runtime, now=END + dt.timedelta(seconds=61)) == 1
    # Now the order of the ledger wins.
    reply = await short.submit(short.intake(amounts=(1000,), phone="+37369123456", received_at=in_time, pay=pay))
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (409, "insufficient_points")


async def test_L57_a_hold_that_is_over_reserves_nothing(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    held = await short.submit(
        short.intake(
            "hold",
            phone="+37369123456",
            received_at=JANUARY,
            hold=HoldAction(act="place", currency="points", points=80, ttl_s=600),
        )
    )
    assert answer_of(held).balances[0].active == 20
    after = JANUARY + dt.timedelta(minutes=10)
    late = await short.submit(
        short.intake(
            "hold", phone="+37369123456", received_at=after, hold=HoldAction(act="capture", hold_id=held.activity_id)
        )
    )
    assert (late.status, msgspec.json.decode(late.body)["code"]) == (409, "hold_expired")
    pay = (PointsPayment(currency="points", points=100),)
    assert (await short.buy(1000, received_at=after, pay=pay)).paid[0].points == 100


PAY = (PointsPayment(currency="points", points=60),)
"""Of the 100 points that end at END."""
AFTER = END + dt.timedelta(minutes=30)
JUST_BEFORE = END - dt.timedelta(minutes=1)


def code(reply: Any) -> tuple[int, str]:
    return reply.status, msgspec.json.decode(reply.body)["code"]


@pytest.mark.parametrize("swept", [False, True])
async def test_L25_a_date_in_the_past_spends_no_dead_lot(short: Shop, swept: bool) -> None:
    await short.buy(10_000, received_at=JANUARY)
    late: dict[str, Any] = {"phone": "+37369123456", "received_at": AFTER, "occurred_at": JUST_BEFORE}
    if swept:
        assert await activities.sweep(short.runtime, now=AFTER) == 1
    assert code(await short.submit(short.intake(amounts=(1000,), pay=PAY, **late))) == (409, "insufficient_points")
    place = HoldAction(act="place", currency="points", points=60)
    assert code(await short.submit(short.intake("hold", hold=place, **late))) == (409, "insufficient_points")
    extension = Extension(currency="points", through=dt.date(2026, 3, 1), reason="asked for")
    assert code(await short.submit(short.intake("extend", extension=extension, **late))) == (409, "nothing_to_extend")
    assert [one[:2] for one in await entries(short)] == [("earn", 100), ("expire", 100)][: 1 + swept]
    # What is earned is earned as of then (L32): 30 days from 2 February, the last of them whole.
    answer = await short.buy(2000, **late)
    assert answer.points == {"points": 20}
    assert [one.expires_at for one in answer.expiring] == [dt.datetime(2026, 3, 4, 22, 0, tzinfo=dt.UTC)]


async def test_L32_a_late_sale_pays_at_its_arrival_and_earns_as_of_its_day(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    await short.buy(10_000, received_at=JANUARY + dt.timedelta(days=20))
    answer = await short.buy(5000, received_at=AFTER, occurred_at=JUST_BEFORE, pay=PAY)
    assert answer.occurred_at == JUST_BEFORE
    # 60 points are 0.60: the 49.40 paid in money earn 49.
    assert answer.points == {"points": 49}
    assert await entries(short) == [
        ("earn", 100, JANUARY),
        ("earn", 100, JANUARY + dt.timedelta(days=20)),
        ("expire", 100, END),
        ("spend", 60, AFTER),
        ("earn", 49, JUST_BEFORE),
    ]
    assert [(one.currency, one.active) for one in answer.balances] == [("points", 89)]
    assert [one.expires_at for one in answer.expiring][-1] == dt.datetime(2026, 3, 4, 22, 0, tzinfo=dt.UTC)


async def test_L57_a_date_in_the_past_captures_no_hold_that_is_over(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    place = HoldAction(act="place", currency="points", points=80, ttl_s=600)
    held = await short.submit(short.intake("hold", phone="+37369123456", received_at=JANUARY, hold=place))
    over = JANUARY + dt.timedelta(minutes=10)
    for act in ("capture", "void", "extend"):
        late = await short.submit(
            short.intake(
                "hold",
                phone="+37369123456",
                received_at=over + dt.timedelta(seconds=30),
                occurred_at=JANUARY + dt.timedelta(minutes=5),
                hold=HoldAction(act=act, hold_id=held.activity_id),
            )
        )
        assert code(late) == (409, "hold_expired")


async def test_L57_a_hold_lasts_from_its_arrival(short: Shop) -> None:
    await short.buy(10_000, received_at=JANUARY)
    place = HoldAction(act="place", currency="points", points=80, ttl_s=1)
    moment = JANUARY + dt.timedelta(minutes=5)
    placed = await short.submit(
        short.intake(
            "hold",
            phone="+37369123456",
            received_at=moment,
            occurred_at=moment - dt.timedelta(seconds=3),
            hold=place,
        )
    )
    [hold] = answer_of(placed).holds
    assert (hold.state, hold.expires_at) == ("open", moment + dt.timedelta(seconds=1))
