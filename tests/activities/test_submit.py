"""One activity through every floor: claimed, decided, applied, answered."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.activities import faults
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, SaleRef
from regulars.engine.contracts.activity import PointsPayment
from regulars.kit.database import Database
from regulars.kit.errors import CommitOutcomeUnknown
from tests.activities.conftest import NOW, SHOP, Shop, answer_of, open_shop


async def counts(shop: Shop, *tables: str) -> dict[str, int]:
    """How many rows each table has for this program."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return {table: await tx.fetchval(f"select count(*) from regulars.{table}") for table in tables}


EVERYTHING = ("account", "activity", "answer", "claim", "natural_key", "entry", "lot", "event", "member", "identifier")


async def test_first_purchase_enrols_and_earns(shop: Shop) -> None:
    answer = await shop.buy(4000, 1050)
    # 50.50 lei at one point a leu, rounded down once: 50, spread by largest remainder over 40.00 and 10.50.
    assert answer.points == {"points": 50}
    assert [line.points for line in answer.lines] == [{"points": 40}, {"points": 10}]
    assert answer.member.new
    assert answer.member.card is not None
    assert len(answer.member.card) == 12
    assert [(one.currency, one.active) for one in answer.balances] == [("points", 50)]
    assert await counts(shop, "account", "activity", "answer", "entry", "lot", "event", "member") == dict.fromkeys(
        ("account", "activity", "answer", "entry", "lot", "event", "member"), 1
    )


async def test_same_phone_written_differently_is_the_same_member(shop: Shop) -> None:
    first = await shop.buy(1000, phone="+373 69 123 456")
    second = await shop.buy(2000, phone="069123456")
    assert second.member.id == first.member.id
    assert not second.member.new
    assert second.balances[0].active == 30


async def test_card_that_enrolment_gave_leads_to_the_member(shop: Shop) -> None:
    first = await shop.buy(1000)
    assert first.member.card is not None
    reply = await shop.submit(shop.intake(amounts=(500,), who=(Identifier("card", first.member.card),)))
    assert answer_of(reply).member.id == first.member.id


async def test_points_pay_a_part(shop: Shop) -> None:
    await shop.buy(100_000)
    answer = await shop.buy(2000, pay=(PointsPayment(currency="points", points=300),))
    # 300 points are worth 3.00; the base is 20.00 less 3.00: 17 points. 1000 - 300 + 17.
    assert (answer.to_pay, answer.points["points"]) == (1700, 17)
    assert answer.balances[0].active == 717


async def test_paying_more_than_there_is_is_refused_and_writes_nothing_but_the_answer(shop: Shop) -> None:
    await shop.buy(1000)
    before = await counts(shop, *EVERYTHING)
    intake = shop.intake(amounts=(5000,), phone="+37369123456", pay=(PointsPayment(currency="points", points=11),))
    reply = await shop.submit(intake)
    assert reply.status == 409
    assert msgspec.json.decode(reply.body)["code"] == "insufficient_points"
    after = await counts(shop, *EVERYTHING)
    assert {table: after[table] - before[table] for table in EVERYTHING if after[table] != before[table]} == {
        "answer": 1,
        "claim": 1,
    }
    again = await shop.submit(intake)
    assert again.replayed
    assert again.body == reply.body


async def test_L50_same_key_gives_the_same_bytes(shop: Shop) -> None:
    intake = shop.intake(amounts=(1000,), phone="+37369123456")
    first = await shop.submit(intake)
    second = await shop.submit(intake)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body
    assert await counts(shop, "activity", "entry") == {"activity": 1, "entry": 1}


async def test_L50_fifty_parallel_posts_of_one_key_post_once(shop: Shop) -> None:
    intake = shop.intake(amounts=(1000,), phone="+37369123456")
    replies = await asyncio.gather(*(shop.submit(intake) for _ in range(50)))
    assert {reply.body for reply in replies} == {replies[0].body}
    assert sum(not reply.replayed for reply in replies) == 1
    assert await counts(shop, "activity", "entry", "lot") == {"activity": 1, "entry": 1, "lot": 1}


async def test_without_a_key_fifty_parallel_posts_post_fifty_times(shop: Shop) -> None:
    """The control of the test above: it is the key that protects, and the count can see doubles."""
    await asyncio.gather(*(shop.submit(shop.intake(amounts=(1000,), phone="+37369123456")) for _ in range(50)))
    assert await counts(shop, "activity", "entry") == {"activity": 50, "entry": 50}


async def test_whatever_ends_a_lane_nobody_waits_for_ever_and_a_retry_is_done_once(shop: Shop) -> None:
    intake, batcher = shop.intake(amounts=(1000,), phone="+37369123456"), shop.runtime.batcher
    waiting = asyncio.create_task(shop.submit(intake))
    # Handed in, and taken up by a lane, which waits for the database.
    for _ in range(6):
        await asyncio.sleep(0)
    assert not batcher._queue
    for lane in batcher._tasks:
        lane.cancel()
    with pytest.raises(CommitOutcomeUnknown):
        async with asyncio.timeout(60):
            await waiting
    await batcher.start()
    assert (await shop.submit(intake)).status == 201
    assert await counts(shop, "activity", "entry") == {"activity": 1, "entry": 1}


async def test_L51_same_key_with_another_body_is_refused(shop: Shop) -> None:
    await shop.submit(shop.intake(amounts=(1000,), phone="+37369123456", key="one"))
    with pytest.raises(faults.IdempotencyKeyReused):
        await shop.submit(shop.intake(amounts=(1001,), phone="+37369123456", key="one"))


async def test_L51_validation_error_does_not_use_the_key_up(shop: Shop) -> None:
    with pytest.raises(faults.NoSuchActivityType):
        await shop.submit(shop.intake("ride", phone="+37369123456", key="one"))
    answer = await shop.buy(1000, key="one")
    assert answer.points == {"points": 10}


async def test_L52_same_document_under_another_key(shop: Shop) -> None:
    given: dict[str, Any] = {"amounts": (1000,), "phone": "+37369123456", "source": "till-1", "document": "A-1"}
    first = await shop.submit(shop.intake(**given))
    second = await shop.submit(shop.intake(**given))
    assert second.replayed
    assert second.body == first.body
    with pytest.raises(faults.DocumentTaken):
        await shop.submit(shop.intake(**{**given, "amounts": (1001,)}))
    assert await counts(shop, "activity") == {"activity": 1}


async def test_two_identifiers_of_two_people_open_a_case(shop: Shop) -> None:
    await shop.buy(1000, phone="+37369123456")
    await shop.buy(1000, phone="+37369123457")
    both = (Identifier("phone", "+37369123456"), Identifier("phone", "+37369123457"))
    # A quote says the same and opens none.
    with pytest.raises(faults.IdentifiersDisagree) as refused:
        await activities.quote(shop.runtime, shop.intake(amounts=(1000,), who=both), now=NOW)
    assert refused.value.text("en") == "The identifiers belong to two different members. Use one of them."
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.event where types = 'case.opened'") == 0
    with pytest.raises(faults.IdentifiersDisagree):
        await shop.submit(shop.intake(amounts=(1000,), who=both))
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.event where types = 'case.opened'") == 1


async def test_what_lies_in_the_future_is_refused(shop: Shop) -> None:
    with pytest.raises(faults.InTheFuture):
        await shop.buy(1000, occurred_at=NOW + dt.timedelta(minutes=6))
    assert await counts(shop, "activity", "claim", "member") == {"activity": 0, "claim": 0, "member": 0}


async def test_quote_says_what_commit_does_and_writes_nothing(shop: Shop) -> None:
    await shop.buy(1000)
    before = await counts(shop, *EVERYTHING)
    intake = shop.intake(amounts=(2550,), phone="+37369123456")
    quoted = await activities.quote(shop.runtime, intake, now=NOW)
    assert isinstance(quoted, tuple)
    answer, facts = quoted
    assert await counts(shop, *EVERYTHING) == before
    done = answer_of(await shop.submit(msgspec.structs.replace(intake, quoted=facts)))
    assert done.as_quoted is True
    plain: dict[str, Any] = {"activity_id": None, "as_quoted": None, "changed": {}}
    assert msgspec.structs.replace(done, **plain) == msgspec.structs.replace(answer, **plain)


async def test_quote_of_somebody_unknown_writes_nobody(shop: Shop) -> None:
    quoted = await activities.quote(shop.runtime, shop.intake(amounts=(2550,), phone="+37369123456"), now=NOW)
    assert isinstance(quoted, tuple)
    assert quoted[0].points == {"points": 25}
    assert await counts(shop, "member", "identifier", "account") == {"member": 0, "identifier": 0, "account": 0}


async def test_return_takes_back_what_was_earned(shop: Shop) -> None:
    sale = await shop.buy(4000, 1050)
    reply = await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sale.activity_id)))
    answer = answer_of(reply)
    assert answer.points == {"points": -50}
    assert answer.balances[0].active == 0


async def test_L15_return_before_its_sale_waits_and_comes_with_it(shop: Shop) -> None:
    early = shop.intake("return", source="till-1", document="R-1", sale=SaleRef(document="A-1"))
    reply = await shop.submit(early)
    assert (reply.status, answer_of(reply).waiting) == (202, True)
    answer = await shop.buy(4000, source="till-1", document="A-1")
    assert answer.points == {"points": 40}
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select sum(active) from regulars.balance") == 0
        assert await tx.fetchval("select count(*) from regulars.waiting") == 0
    assert (await shop.submit(early)).body == reply.body


async def test_L53_last_points_go_to_one_of_fifty(shop: Shop) -> None:
    await shop.buy(10_000)
    wanted = [
        shop.intake(amounts=(500,), phone="+37369123456", pay=(PointsPayment(currency="points", points=100),))
        for _ in range(50)
    ]
    replies = await asyncio.gather(*(shop.submit(intake) for intake in wanted))
    won = [msgspec.json.decode(reply.body, type=Answer) for reply in replies if reply.status == 201]
    paid = [answer for answer in won if answer.paid]
    # Who pays 1.00 of 5.00 with 100 points earns 4 on the rest, which is never enough for a second hundred.
    assert len(paid) == 1
    assert sorted({reply.status for reply in replies}) == [201, 409]


async def test_explanation_names_the_rule_and_its_points(shop: Shop) -> None:
    sale = await shop.buy(4000)
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        activity_id = await tx.fetchval("select activity_id from regulars.activity")
    told = await activities.explain(shop.runtime, program_id=shop.program_id, activity_id=activity_id)
    assert told.activity_id == sale.activity_id
    assert told.points == {"points": 40}
    [rule] = [msgspec.json.decode(raw) for raw in told.rules]
    assert (rule["rule"], rule["fired"], rule["points"]) == ("base", True, {"points": 40})


async def test_quote_is_good_for_a_quarter_of_an_hour(shop: Shop) -> None:
    await shop.buy(1000)
    intake = shop.intake(amounts=(2550,), phone="+37369123456", received_at=NOW)
    quoted = await activities.quote(shop.runtime, intake, now=NOW)
    assert isinstance(quoted, tuple)
    in_time = msgspec.structs.replace(intake, quoted=quoted[1], received_at=NOW + dt.timedelta(seconds=900))
    late = msgspec.structs.replace(intake, key="late", quoted=quoted[1], received_at=NOW + dt.timedelta(seconds=901))
    with pytest.raises(faults.QuoteExpired):
        await shop.submit(late)
    reply = await shop.submit(in_time)
    assert answer_of(reply).as_quoted is True
    # What was committed in time is answered for ever.
    retry = msgspec.structs.replace(in_time, received_at=NOW + dt.timedelta(hours=2))
    assert (await shop.submit(retry)).body == reply.body


OF_MONTH = """
  of_month: {count: activities, where: "type == 'purchase'", window: calendar month}
rules:
"""
CHALLENGE = """
challenges:
  first_look:
    title: {en: First look, ru: Первый взгляд, ro: Prima privire}
    goal: member.metrics.of_month
    target: 1
    window: calendar month
    effects: [{give: points, amount: 50}]
"""


async def test_explanation_adds_up_with_the_prize_of_a_challenge(database: Database, home: Path) -> None:
    text = SHOP.replace("\nrules:\n", OF_MONTH) + CHALLENGE
    async with open_shop(database, home, text) as shop:
        await shop.buy(4000)
        async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
            activity_id = await tx.fetchval("select activity_id from regulars.activity")
        told = await activities.explain(shop.runtime, program_id=shop.program_id, activity_id=activity_id)
    assert told.points == {"points": 90}
    rules = [msgspec.json.decode(raw) for raw in told.rules]
    assert [(rule["rule"], rule["because"], rule["points"]) for rule in rules] == [
        ("base", "fired", {"points": 40}),
        ("challenges.first_look", "caused", {"points": 50}),
    ]
