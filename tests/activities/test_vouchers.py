"""Vouchers against a real database: one winner for one code, codes given, set aside, blocked, retried, imagined."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.activities import batch, code_desk, guarding, queries, replay
from regulars.activities import service as activities
from regulars.activities.contracts import Reply, SaleRef
from regulars.activities.items import Item
from regulars.activities.service import Runtime
from regulars.codes import service as codes
from regulars.codes.contracts import CodeIn, CodeLocked, CodeShared, CodeUsedUp, UnknownCode
from regulars.engine.contracts.gifts import OrderAct, VoucherAct
from regulars.kit import edge, ids
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import RateLimited
from regulars.ledger import service as ledger
from tests.activities.conftest import CLIENT, NOW, SHOP, Shop, answer_of, open_shop

WORDS = "{en: A, ru: А, ro: A}"
CAMPAIGNS = (
    SHOP
    + f"""
  thanks:
    title: {WORDS}
    trigger: purchase
    if: "basket.total >= 500.00"
    effects: [{{voucher: back}}]
vouchers:
  summer: {{title: {WORDS}, codes: {{pattern: "SUM-@@@@-@@@@"}}, lock: 10 minutes, effects: [{{give: points, amount: "50"}}]}}
  welcome: {{title: {WORDS}, codes: {{shared: WELCOME10}}, uses: {{member: 1}}, effects: [{{give: points, amount: "7"}}]}}
  back: {{title: {WORDS}, codes: {{pattern: "BACK-@@@@-@@@@"}}, holder: assigned, window: 14 days,
         effects: [{{give: points, amount: "30"}}]}}
  friend: {{title: {WORDS}, codes: {{pattern: "FR-@@@@-@@@@"}}, effects: [{{give: points, amount: "3"}}]}}
  few: {{title: {WORDS}, holder: assigned, effects: [{{give: points, amount: "9"}}]}}
reward_types: {{lately: {{title: {WORDS}, steps: [{{issue_code: friend}}], cancel: [member, staff], cancel_within: 1 day}}}}
rewards:
  treat: {{title: {WORDS}, type: lately, prices: [{{points: 5}}], bundle: [part]}}
  part: {{title: {WORDS}, limits: {{ever: 2}}, budget: {{uses: 3}}, value: 0.01}}
"""
)


@pytest.fixture
async def shop(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, CAMPAIGNS) as opened:
        yield opened


@pytest.fixture
async def other(shop: Shop, address: Address, home: Path) -> AsyncIterator[Shop]:
    """The same shop as another process serves it."""
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Database(address, size=3) as database, Runtime(settings, database) as runtime:
        yield Shop(runtime, shop.program_id)


async def bring(shop: Shop, *texts: str, voucher: str = "summer", **given: Any) -> None:
    kind = codes.Kind(program_id=shop.program_id, voucher=voucher, batch="test")
    rows = [CodeIn(row=row, code=text, **given) for row, text in enumerate(texts, start=1)]
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        new, refused = await codes.bring(tx, shop.runtime.code_keys, kind, rows, now=NOW)
    assert (new, refused) == (len(texts), [])


def problem(reply: Reply) -> str:
    assert reply.status >= 400, reply.body
    return str(msgspec.json.decode(reply.body)["code"])


def said(reply: Reply) -> str:
    """The code on the receipt."""
    (message,) = [one for one in answer_of(reply).messages if one.code.startswith("voucher.given")]
    return str(message.fields["code"])


async def test_L54_two_tills_one_code_one_winner(shop: Shop, other: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001", "SUM-AAAA-0002")
    for text in ("SUM-AAAA-0001", "sum aaaa 0002"):
        replies = await asyncio.gather(
            *(
                one.submit(
                    one.intake(
                        amounts=(1000,),
                        phone=f"+373691{place}0{number:03d}",
                        codes=(text,),
                        key=f"{text}-{place}-{number}",
                    )
                )
                for number in range(6)
                for place, one in enumerate((shop, other))
            )
        )
        assert Counter(reply.status for reply in replies) == {201: 1, 409: 11}
        assert {problem(reply) for reply in replies if reply.status == 409} == {"voucher_used_up"}


async def test_a_retry_is_the_same_answer_and_no_second_use(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    intake = shop.intake(amounts=(1000,), phone="+37369100000", codes=("SUM-AAAA-0001",))
    first, again = await shop.submit(intake), await shop.submit(intake)
    assert (first.status, first.body) == (again.status, again.body)
    assert answer_of(first).points == {"points": 60}


async def test_a_code_that_nobody_made_is_told_apart(shop: Shop) -> None:
    reply = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100000", codes=("SUM-AAAA-9999",)))
    assert (reply.status, problem(reply)) == (404, "unknown_voucher")
    assert b"SUM-AAAA-9999" not in reply.body
    # Its end in the letters that were typed; all of what is too short to have one.
    for typed, shown in (("spring-oil0", "oil0"), ("- . -", "- . -")):
        reply = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100000", codes=(typed,)))
        assert f"There is no voucher with a code ending in {shown}.".encode() in reply.body


async def test_a_shared_code_counts_for_everybody_once(shop: Shop) -> None:
    for phone in ("+37369100001", "+37369100002"):
        answer = await shop.buy(1000, phone=phone, codes=("welcome10",))
        assert answer.points == {"points": 17}
    reply = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100001", codes=("WELCOME 10",)))
    assert problem(reply) == "voucher_used_up"


async def test_what_has_letters_of_another_alphabet_is_not_the_code_without_them(shop: Shop) -> None:
    for typed in ("ВЕСНАWELCOME10", "WELCOME10Ж", "ВЕСНА2026"):
        reply = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100001", codes=(typed,)))
        assert (reply.status, problem(reply)) == (404, "unknown_voucher")
    answer = await shop.buy(1000, phone="+37369100001", codes=("wêlcomé10",))
    assert answer.points == {"points": 17}


async def test_a_sale_gives_a_code_that_only_its_member_uses(shop: Shop) -> None:
    reply = await shop.submit(shop.intake(amounts=(50000,), phone="+37369100001"))
    code = said(reply)
    assert code.startswith("BACK-")
    stranger = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100002", codes=(code,)))
    assert problem(stranger) == "voucher_not_yours"
    assert (await shop.buy(1000, phone="+37369100001", codes=(code,))).points == {"points": 40}


async def test_the_code_itself_is_nowhere_but_in_the_answer(shop: Shop) -> None:
    code = said(await shop.submit(shop.intake(amounts=(50000,), phone="+37369100001")))
    await shop.buy(1000, phone="+37369100001", codes=(code,))
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        bodies = await tx.fetch("select convert_from(body, 'UTF8') as body from regulars.activity")
        events = await tx.fetch("select row_to_json(e)::text as body from regulars.event e")
        rows = await tx.fetch("select sealed, tail from regulars.voucher_code")
    assert all(code not in row["body"] for row in (*bodies, *events))
    assert all(code.encode() not in row["sealed"] and len(row["tail"]) == 4 for row in rows)


async def test_a_quote_says_that_there_will_be_a_code_and_takes_none(shop: Shop) -> None:
    quoted = await activities.quote(shop.runtime, shop.intake(amounts=(50000,), phone="+37369100001"), now=NOW)
    assert not isinstance(quoted, Reply)
    assert [one.code for one in quoted[0].messages if one.code.startswith("voucher")] == ["voucher.given_until"]
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.voucher_code") == 0


async def test_the_last_codes_of_a_pool_go_to_one_member_each(shop: Shop, other: Shop) -> None:
    await bring(shop, *(f"FEW-00{number}" for number in range(5)), voucher="few")
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.voucher_code where member_id is null") == 5
    act = VoucherAct(act="give", voucher="few")
    replies = await asyncio.gather(
        *(
            one.submit(
                one.intake("voucher", phone=f"+373691{place}0{number:03d}", voucher=act, key=f"{place}-{number}")
            )
            for number in range(4)
            for place, one in enumerate((shop, other))
        )
    )
    assert {reply.status for reply in replies} == {201}
    given = [
        str(one.fields["code"]) for reply in replies for one in answer_of(reply).messages if one.code == "voucher.given"
    ]
    assert sorted(given) == [f"FEW-00{number}" for number in range(5)]


async def test_what_was_reserved_and_never_given_is_given_to_somebody_else_later(shop: Shop) -> None:
    await bring(shop, "FEW-001", voucher="few")
    kind = codes.Kind(
        program_id=shop.program_id,
        voucher="few",
        batch="given",
        reserved_by=edge.new_id(NOW),
        reserved_until=edge.now() + dt.timedelta(minutes=15),
    )
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        taken = await codes.reserve(tx, shop.runtime.code_keys, kind, 1, now=NOW, random=edge.secret)
    assert [text for _, text in taken] == ["FEW-001"]
    act = VoucherAct(act="give", voucher="few")
    reply = await shop.submit(shop.intake("voucher", phone="+37369100001", voucher=act))
    assert not [one for one in answer_of(reply).messages if one.code == "voucher.given"]
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        await tx.execute("update regulars.voucher_code set reserved_until = reserved_until - interval '16 minutes'")
    reply = await shop.submit(shop.intake("voucher", phone="+37369100002", voucher=act))
    assert said(reply) == "FEW-001"


async def test_a_process_killed_after_it_reserved_a_code_leaves_nothing_lost_and_nothing_doubled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step before the writing may be the last: the retry gets a code, and the first is free again by itself."""
    await bring(shop, "FEW-001", "FEW-002", voucher="few")
    act = VoucherAct(act="give", voucher="few")
    intake = shop.intake("voucher", phone="+37369100001", voucher=act)

    async def killed(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(guarding, "write", killed)
        item = Item(intake, activity_id=edge.new_id(NOW))
        async with shop.runtime.database.lane() as lane:
            with pytest.raises(asyncio.CancelledError):
                await batch.run(shop.runtime, lane, [item], now=edge.now())
    assert item.reply is None
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch("select member_id, reserved_by from regulars.voucher_code order by tail")
    assert [(row["member_id"], row["reserved_by"] is None) for row in rows].count((None, False)) == 1
    # The same request again: the claim is taken over, under the same id, with the other code.
    first = said(await shop.submit(intake))
    assert said(await shop.submit(intake)) == first
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        await tx.execute("update regulars.voucher_code set reserved_until = reserved_until - interval '16 minutes'")
    second = said(await shop.submit(shop.intake("voucher", phone="+37369100002", voucher=act)))
    assert {first, second} == {"FEW-001", "FEW-002"}


async def test_a_code_whose_reservation_is_over_is_not_given_but_another(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that stood still for longer than a reservation lasts gives nobody what somebody else has by then."""
    await bring(shop, "FEW-001", "FEW-002", voucher="few")
    act = VoucherAct(act="give", voucher="few")
    write, slept = guarding.write, 0

    async def late(connection: Any, outcomes: Any, **given: Any) -> Any:
        nonlocal slept
        if not slept:
            slept += 1
            async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
                await tx.execute("update regulars.voucher_code set reserved_until = now() - interval '1 second'")
        return await write(connection, outcomes, **given)

    monkeypatch.setattr(guarding, "write", late)
    code = said(await shop.submit(shop.intake("voucher", phone="+37369100001", voucher=act)))
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        given = await tx.fetchval("select count(*) from regulars.voucher_code where member_id is not null")
    assert (slept, given, code in {"FEW-001", "FEW-002"}) == (1, 1, True)


async def lock(shop: Shop, text: str, session: str, *, ttl_s: int | None = None, at: dt.datetime = NOW) -> dt.datetime:
    rt, program_id = shop.runtime, shop.program_id
    await rt.programs.ready(program_id)
    async with rt.database.transaction(programs=[program_id]) as tx:
        return await code_desk.lock(
            rt, tx, program_id=program_id, client_id=CLIENT, code=text, session=session, ttl_s=ttl_s, now=at
        )


async def test_a_code_that_is_set_aside_counts_for_that_session_alone_and_not_for_ever(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001", "SUM-AAAA-0002")
    assert await lock(shop, "SUM-AAAA-0001", "till-1", ttl_s=60) == NOW + dt.timedelta(seconds=60)
    with pytest.raises(CodeLocked):
        await lock(shop, "SUM-AAAA-0001", "till-2")
    shown: dict[str, Any] = {"amounts": (1000,), "phone": "+37369100001", "codes": ("SUM-AAAA-0001",)}
    assert problem(await shop.submit(shop.intake(**shown))) == "voucher_locked"
    assert (await shop.submit(shop.intake(**shown, session="till-1"))).status == 201
    with pytest.raises(CodeUsedUp):
        await lock(shop, "SUM-AAAA-0001", "till-2", at=NOW + dt.timedelta(minutes=2))
    await lock(shop, "SUM-AAAA-0002", "till-1", ttl_s=60)
    late = shop.intake(
        amounts=(1000,), phone="+37369100001", codes=("SUM-AAAA-0002",), received_at=NOW + dt.timedelta(seconds=61)
    )
    assert (await shop.submit(late)).status == 201


async def test_a_lock_lasts_no_longer_than_its_campaign_lets_it(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    assert await lock(shop, "SUM-AAAA-0001", "a", ttl_s=86_400) == NOW + dt.timedelta(minutes=10)
    assert await lock(shop, "SUM-AAAA-0001", "a") == NOW + dt.timedelta(minutes=10)
    with pytest.raises(CodeShared):
        await lock(shop, "WELCOME10", "a")


async def test_a_code_set_aside_between_decision_and_writing_is_not_used(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    tries = [
        shop.submit(shop.intake(amounts=(1000,), phone=f"+3736910{number:04d}", codes=("SUM-AAAA-0001",)))
        for number in range(8)
    ]
    outcomes = await asyncio.gather(*tries, lock(shop, "SUM-AAAA-0001", "till-1"), return_exceptions=True)
    bought = [one for one in outcomes[:-1] if isinstance(one, Reply) and one.status == 201]
    # Either somebody had used it before it was set aside, or it was set aside and nobody did.
    assert (len(bought), isinstance(outcomes[-1], CodeUsedUp)) in {(1, True), (0, False)}


async def test_a_blocked_code_counts_for_nobody(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    code_id = codes.id_of(shop.runtime.code_keys, shop.program_id, "SUM-AAAA-0001")
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        assert await codes.block(tx, program_id=shop.program_id, code_ids=[code_id], blocked=True) == 1
    shown = shop.intake(amounts=(1000,), phone="+37369100001", codes=("SUM-AAAA-0001",))
    assert problem(await shop.submit(shown)) == "voucher_blocked"


async def test_a_use_comes_back_with_the_goods_and_an_unused_code_goes(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    sold = await shop.buy(50000, phone="+37369100001", codes=("SUM-AAAA-0001",))
    back = await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sold.activity_id), may_enrol=False))
    assert back.status == 201, back.body
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        states = await tx.fetch("select voucher, state from regulars.voucher_code order by voucher")
    assert [tuple(row) for row in states] == [("back", "cancelled"), ("summer", "open")]
    assert (await shop.buy(1000, phone="+37369100002", codes=("SUM-AAAA-0001",))).points == {"points": 60}


async def test_who_tries_codes_has_to_wait(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    asked: dict[str, Any] = {"program_id": shop.program_id, "client_id": CLIENT, "till": "7"}
    for number in range(20):
        with pytest.raises(UnknownCode):
            await code_desk.look(shop.runtime, **asked, code=f"SUM-BBBB-{number:04d}", now=NOW)
    with pytest.raises(RateLimited):
        await code_desk.look(shop.runtime, **asked, code="SUM-AAAA-0001", now=NOW)
    later = NOW + dt.timedelta(seconds=61)
    found = await code_desk.look(shop.runtime, **asked, code="SUM-AAAA-0001", now=later)
    assert (found.code.voucher, found.uses_left) == ("summer", 1)


async def test_who_tries_codes_in_a_web_shop_keeps_nobody_else_waiting(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    for number in range(20):
        tried = await shop.submit(shop.intake(amounts=(1,), phone="+37369100001", codes=(f"SUM-BBBB-{number:04d}",)))
        assert problem(tried) == "unknown_voucher"
    with pytest.raises(RateLimited):
        await shop.submit(shop.intake(amounts=(1,), phone="+37369100001", codes=("SUM-AAAA-0001",)))
    assert (await shop.buy(1000, phone="+37369100002", codes=("SUM-AAAA-0001",))).points == {"points": 60}


async def test_a_code_may_be_a_members_from_the_beginning(shop: Shop) -> None:
    first = await shop.buy(1000, phone="+37369100001")
    await bring(shop, "SUM-AAAA-0001", member_id=ids.from_wire("mem", first.member.id))
    shown: dict[str, Any] = {"amounts": (1000,), "codes": ("SUM-AAAA-0001",)}
    assert problem(await shop.submit(shop.intake(phone="+37369100002", **shown))) == "voucher_not_yours"
    assert (await shop.submit(shop.intake(phone="+37369100001", **shown))).status == 201


async def test_LAW11_the_past_is_decided_again_to_the_byte(shop: Shop) -> None:
    await bring(shop, "SUM-AAAA-0001")
    code = said(await shop.submit(shop.intake(amounts=(50000,), phone="+37369100001", codes=("SUM-AAAA-0001",))))
    sold = await shop.buy(1000, phone="+37369100001", codes=(code, "WELCOME10"))
    await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sold.activity_id), may_enrol=False))
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        (row,) = await tx.fetch("select account_id, state from regulars.account")
        past = await queries.of_account(tx, account_id=row["account_id"])
    recorded = [(activity, number) for activity, number, _ in past]
    choose = shop.runtime.programs.numbered
    steps = list(replay.replay(row["account_id"], recorded, choose=lambda one, number: choose(one.program_id, number)))
    assert steps[-1].left.state == row["state"]


async def test_an_open_code_that_was_given_is_used_by_a_friend_and_gone_for_its_holder(shop: Shop) -> None:
    first = await shop.buy(1000, phone="+37369100001")
    act = VoucherAct(act="give", voucher="friend")
    given = await shop.submit(shop.intake("voucher", phone="+37369100001", voucher=act, may_enrol=False))
    code = said(given)
    # 10 of the purchase, 3 of the code.
    assert (await shop.buy(1000, phone="+37369100002", codes=(code,))).points == {"points": 13}
    again = await shop.submit(shop.intake(amounts=(1000,), phone="+37369100001", codes=(code,)))
    assert problem(again) == "voucher_used_up"
    member_id = ids.from_wire("mem", first.member.id)
    found = await activities.look(shop.runtime, program_id=shop.program_id, member_id=member_id, now=NOW)
    named = {one.code_id: one.voucher for one in found.vouchers}
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        gone = await code_desk.used_up(shop.runtime, tx, program_id=shop.program_id, vouchers=named, now=NOW)
    assert list(named.values()) == ["friend"]
    assert gone == set(named)


async def test_I12_orders_cancelled_and_not_cancelled_leave_all_counters_right(shop: Shop) -> None:
    await shop.buy(1000, phone="+37369100001")
    treat = OrderAct(act="place", reward="treat")
    placed = [
        await shop.submit(shop.intake("order", phone="+37369100001", order=treat, may_enrol=False)) for _ in range(2)
    ]
    used = said(placed[0])
    await shop.buy(1000, phone="+37369100002", codes=(used,))
    cancels = [
        OrderAct(act="cancel", order_id=ids.from_wire("ord", answer_of(one).orders[0].id), by="member")
        for one in placed
    ]
    replies = [
        await shop.submit(shop.intake("order", phone="+37369100001", order=one, may_enrol=False)) for one in cancels
    ]
    assert [reply.status for reply in replies] == [409, 201]
    assert problem(replies[0]) == "order_used"
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        report = await ledger.check(tx, program_id=shop.program_id, key=shop.runtime.ledger_key)
        rows = await tx.fetch("select metric, sum(value) as n from regulars.counter where item = '' group by metric")
    assert report.breaks == ()
    # One of two parts came back; of the code that nobody used all is taken, so that nobody can.
    kept = {row["metric"]: row["n"] for row in rows if ":" in row["metric"]}
    assert kept == {"budget:rewards.part/uses": 1, "uses:friend": 2}
