"""What waits for a person, at the door: held, late, approved first; the same by import; who may send what."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import faults, queries, replay
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Reply, SaleRef, Verdict
from regulars.kit import ids
from regulars.kit.database import Database
from tests.activities.conftest import NOW, SHOP, Shop, answer_of, open_shop

WATCHED = (
    SHOP.replace(
        "metrics:\n",
        """  photo:
    title: {en: Photo, ru: Фото, ro: Fotografie}
    fields: {url: text}
    approve: always
    proof: url
    deadline: 7 days
    sources: [app]
    purpose: service
metrics:
  photos: {count: activities, where: "type == 'photo'"}
  largest: {max: "basket.total"}
""",
    )
    + """
  thanks:
    title: {en: For a photo, ru: За фото, ro: Pentru o fotografie}
    trigger: photo
    effects: [{give: points, amount: "40"}]
limits:
  large: {if: "basket.total >= 1000.00", applies_to: [purchase], then: hold, case: risk}
  day: {metric: purchases, at_most: 3, then: cut}
"""
)
PHONE = "+37369123456"


@pytest.fixture
async def shop(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, WATCHED) as opened:
        yield opened


async def say(shop: Shop, of: str | None, *, yes: bool, by: str = "ana", **given: Any) -> Reply:
    verdict = Verdict(approves=yes, by=by, reason="looked at it")
    return await shop.submit(
        shop.intake("verdict", sale=SaleRef(activity_id=of), verdict=verdict, may_enrol=False, **given)
    )


def balance(answer: Answer) -> tuple[int, int]:
    return (answer.balances[0].active, answer.balances[0].pending) if answer.balances else (0, 0)


async def photo(shop: Shop, **given: Any) -> Answer:
    fields = {"url": "https://x/1.jpg"}
    return answer_of(await shop.submit(shop.intake("photo", phone=PHONE, fields=fields, source="app", **given)))


async def test_what_a_limit_held_begins_with_a_yes(shop: Shop) -> None:
    held = await shop.buy(100_000)
    assert balance(held) == (0, 1000)
    assert [one.code for one in held.messages if one.code == "limit.hold"] == ["limit.hold"]
    yes = await say(shop, held.activity_id, yes=True)
    assert yes.status == 201, yes.body
    assert balance(answer_of(yes)) == (1000, 0)
    again = await say(shop, held.activity_id, yes=False)
    assert again.status == 409
    assert b"nothing_to_review" in again.body


async def test_a_no_takes_it_out_of_what_only_the_records_know(shop: Shop) -> None:
    await shop.buy(5_000)
    held = await shop.buy(200_000)
    assert await largest(shop, held) == 200_000
    no = answer_of(await say(shop, held.activity_id, yes=False))
    assert (balance(no), await largest(shop, held)) == ((50, 0), 5_000)


async def largest(shop: Shop, of: Answer) -> int:
    """The largest basket of a member, as they see it."""
    member = ids.from_wire("mem", of.member.id)
    view = await activities.look(shop.runtime, program_id=shop.program_id, member_id=member, now=NOW)
    found: Any = view.metrics["largest"]
    return int(found["amount"])


async def test_a_type_that_is_approved_first_waits_and_its_proof_must_be_there(shop: Shop) -> None:
    waits = await photo(shop)
    assert balance(waits) == (0, 40)
    yes = await say(shop, waits.activity_id, yes=True)
    assert balance(answer_of(yes)) == (40, 0)
    with pytest.raises(faults.FieldFault):
        await shop.submit(shop.intake("photo", phone=PHONE, source="app"))


async def test_only_those_named_may_send_it(shop: Shop) -> None:
    with pytest.raises(faults.SourceNotAllowed) as refused:
        await shop.submit(shop.intake("photo", phone=PHONE, fields={"url": "x"}))
    assert refused.value.fields == {"type": "photo", "source": "api", "allowed": "app"}


async def test_nobody_reviews_what_they_handed_in(shop: Shop) -> None:
    waits = await photo(shop, by="bob")
    own = await say(shop, waits.activity_id, yes=True, by="bob")
    assert own.status == 403
    assert (await say(shop, waits.activity_id, yes=True, by="ana")).status == 201


async def test_L32_what_is_older_than_its_type_allows_waits_and_a_history_does_not(shop: Shop) -> None:
    long_ago = NOW - dt.timedelta(days=91)
    late = await shop.buy(1_000, occurred_at=long_ago)
    assert balance(late) == (0, 10)
    assert balance(answer_of(await say(shop, late.activity_id, yes=True))) == (10, 0)
    old = shop.intake(key=None, amounts=(1_000,), phone=PHONE, source="old", document="1", occurred_at=long_ago)
    async with shop.runtime.database.lane() as lane:
        [taken] = await activities.import_chunk(shop.runtime, lane, [old])
    assert taken.outcome == "applied"
    assert balance(await shop.buy(1_000)) == (30, 0)


async def test_L43_a_limit_cuts_at_the_till_and_in_a_history_alike(shop: Shop) -> None:
    at_till = [(await shop.buy(1_000)).points for _ in range(4)]
    rows = [
        shop.intake(key=None, amounts=(1_000,), phone="+37369000001", source="old", document=str(number))
        for number in range(4)
    ]
    async with shop.runtime.database.lane() as lane:
        assert {one.outcome for one in await activities.import_chunk(shop.runtime, lane, rows)} == {"applied"}
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        active = [row["active"] for row in await tx.fetch("select active from regulars.balance")]
    assert at_till == [{"points": 10}, {"points": 10}, {"points": 10}, {"points": 0}]
    assert active == [30, 30]


async def test_L44_L45_what_comes_back_stays_within_the_room_and_gives_it_back(shop: Shop) -> None:
    sales = [await shop.buy(1_000) for _ in range(4)]
    cut = shop.intake("return", sale=SaleRef(activity_id=sales[3].activity_id), may_enrol=False)
    assert answer_of(await shop.submit(cut)).points == {}
    earned = shop.intake("return", sale=SaleRef(activity_id=sales[0].activity_id), may_enrol=False)
    assert answer_of(await shop.submit(earned)).points == {"points": -10}
    assert (await shop.buy(1_000)).points == {"points": 10}


async def test_LAW11_what_was_reviewed_is_reviewed_again_when_the_past_is_decided_again(shop: Shop) -> None:
    held = await shop.buy(100_000)
    waits = await photo(shop)
    await say(shop, held.activity_id, yes=False)
    await say(shop, waits.activity_id, yes=True)
    await shop.buy(5_000)
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        [account] = [row["account_id"] for row in await tx.fetch("select account_id from regulars.account")]
        past = await queries.of_account(tx, account_id=account)
        state = await tx.fetchval("select state from regulars.account")
    steps = list(
        replay.replay(
            account,
            [(activity, number) for activity, number, _ in past],
            choose=lambda activity, number: shop.runtime.programs.numbered(activity.program_id, number),
        )
    )
    assert [step.decision.recorded for step in steps] == [recorded for _, _, recorded in past]
    assert steps[-1].decision.state == state
