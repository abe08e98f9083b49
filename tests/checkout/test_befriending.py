"""Referrals over HTTP: codes, both sides, what a process leaves on its way, and two at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from regulars.activities import bringing, moves, moving, queries, replay
from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.kit.errors import DatabaseUnavailable
from regulars.members import referrals
from tests.checkout.test_merging import SHOP
from tests.checkout.town import PHONES, People, people, worker

CIRCLE = SHOP.replace(
    "activities:\n",
    """referrals:
  friend:
    title: {en: Bring a friend, ru: Приведи друга, ro: Adu un prieten}
    link: "https://shop.example/join?code={code}"
    converts: "type == 'purchase' && basket.total >= 50.00"
    within: 30 days
    limits: {calendar year: 10}
    on_reversal: reverse
    effects: {both: [{give: points, amount: "500"}]}
activities:
""",
    1,
)


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, CIRCLE) as opened:
        yield opened


async def code(town: People, name: str) -> str:
    found = await town.get(f"/v1/members/{town.ids[name]}/referrals")
    return str(found["items"][0]["code"])


async def counts(town: People, name: str) -> tuple[int, int]:
    found = (await town.get(f"/v1/members/{town.ids[name]}/referrals"))["items"][0]
    return found["joined"], found["counted"]


async def visit(town: People, name: str, **more: Any) -> Any:
    done = await town.post(
        "/v1/activities", {"type": "visit", "member": {"phone": PHONES[name]}, "fields": {"minutes": 5}, **more}
    )
    town.ids.setdefault(name, done["member"]["id"])
    return done


async def carried(home, address) -> int:
    """What the worker does each second, until nothing is under way."""
    done = 0
    async with worker(home, address) as runtime:
        while count := await activities.finish_moves(runtime, now=edge.now()):
            done += count
    return done


async def test_a_code_is_short_always_the_same_and_taken_however_it_is_typed(town: People) -> None:
    await town.buy("ann", 100)
    found = await town.get(f"/v1/members/{town.ids['ann']}/referrals")
    one = found["items"][0]
    assert (len(one["code"]), set(one["code"]) <= set(referrals.ALPHABET)) == (8, True)
    assert one["link"] == f"https://shop.example/join?code={one['code']}"
    assert (one["joined"], one["counted"], one["left"], found["brought"]) == (0, 0, {"calendar year": 10}, None)
    assert await code(town, "ann") == one["code"]
    typed = f"{one['code'][:4].lower()}-{one['code'][4:]} "
    await visit(town, "bob")
    await town.post(f"/v1/members/{town.ids['bob']}/referral", {"code": typed})
    brought = (await town.get(f"/v1/members/{town.ids['bob']}/referrals"))["brought"]
    assert (brought["referral"], brought["by"], brought["state"]) == ("friend", town.ids["ann"], "joined")


async def test_both_sides_get_theirs_and_the_referrer_by_the_worker(town: People, home, address) -> None:
    await town.buy("ann", 100)
    bought = await town.buy("bob", 6000, referral=await code(town, "ann"))
    # 60 for the purchase and 500 for counting, at once.
    assert bought["points"] == {"points": 560}
    assert await town.active("ann") == 1
    assert await carried(home, address) == 1
    assert (await town.active("ann"), await counts(town, "ann")) == (501, (1, 1))
    assert (await town.get(f"/v1/members/{town.ids['bob']}/referrals"))["brought"]["state"] == "counted"
    assert await carried(home, address) == 0
    assert await town.sound()
    # It comes back, and with it what both got.
    back = {"sale": {"activity_id": bought["activity_id"]}}
    await town.post("/v1/returns", back)
    assert await carried(home, address) == 1
    assert (await town.active("ann"), await town.active("bob")) == (1, 0)
    assert await counts(town, "ann") == (1, 0)
    assert await town.sound()


async def test_a_wrong_code_stops_no_purchase_and_is_told_at_the_desk(town: People) -> None:
    bought = await town.buy("bob", 6000, referral="NOBODYS")
    assert [one["code"] for one in bought["messages"] if one["to"] == "cashier"] == ["referral.refused"]
    refused = await town.post(f"/v1/members/{town.ids['bob']}/referral", {"code": "NOBODYS"}, status=404)
    assert refused["code"] == "referral_code_unknown"
    late = await town.post(f"/v1/members/{town.ids['bob']}/referral", {"code": await code(town, "bob")}, status=409)
    assert late["code"] == "referral_too_late"


async def test_one_phone_one_device_one_person(town: People) -> None:
    await visit(town, "ann", device="handset-1")
    await visit(town, "bob")
    body = {"code": await code(town, "ann"), "device": "handset-1"}
    refused = await town.post(f"/v1/members/{town.ids['bob']}/referral", body, status=409)
    assert (refused["code"], refused["fields"]["by"]) == ("self_referral", "device")
    # Ann gives her number up, and somebody comes with it who takes her code.
    changed = await town.client.patch(f"/v1/members/{town.ids['ann']}/profile", json={"phone": PHONES["cat"]})
    assert changed.status_code == 200, changed.text
    town.ids["dan"] = (
        await town.post(
            "/v1/activities", {"type": "visit", "member": {"phone": PHONES["ann"]}, "fields": {"minutes": 1}}
        )
    )["member"]["id"]
    assert town.ids["dan"] != town.ids["ann"]
    bought = await town.buy("dan", 100, by={"phone": PHONES["ann"]}, referral=body["code"])
    assert [one["fields"] for one in bought["messages"] if one["code"] == "referral.refused"] == [
        {"why": "self_referral"}
    ]


async def test_what_the_friend_left_behind_and_the_referrer_took_up_betrays_them(
    town: People, home, address, database
) -> None:
    await town.buy("ann", 100, device="handset-1")
    shown = await code(town, "ann")
    await town.buy("bob", 1000, referral=shown, device="handset-2")
    await town.buy("cat", 1000, referral=shown, device="handset-3")
    await town.buy("ann", 10, device="handset-2")
    for name, points in (("bob", 60), ("cat", 560)):
        assert (await town.buy(name, 6000))["points"] == {"points": points}
    states = [
        (await town.get(f"/v1/members/{town.ids[name]}/referrals"))["brought"]["state"] for name in ("bob", "cat")
    ]
    assert states == ["refused", "counted"]
    await carried(home, address)
    assert await counts(town, "ann") == (2, 1)
    assert await town.sound()
    # Who is erased was seen with nobody.
    bob = ids.from_wire("mem", town.ids["bob"]).hex
    count = "select count(*) from regulars.counter where strpos(owner || item, $1) > 0"
    async with database.read(programs=[1]) as tx:
        # The phone, the handset, and who else had it on both sides.
        assert await tx.fetchval(count, bob) == 4
    await town.post(f"/v1/members/{town.ids['bob']}/erase", {"reason": "asked by letter", "forfeits": True})
    async with database.read(programs=[1]) as tx:
        assert await tx.fetchval(count, bob) == 0


async def test_two_friends_at_once_are_both_counted(town: People, home, address) -> None:
    await town.buy("ann", 100)
    shown = await code(town, "ann")
    await asyncio.gather(*(town.buy(name, 6000, referral=shown) for name in ("bob", "cat", "dan")))
    async with worker(home, address) as one, worker(home, address) as other:
        for _ in range(4):
            await asyncio.gather(*(activities.finish_moves(each, now=edge.now()) for each in (one, other)))
    assert (await town.active("ann"), await counts(town, "ann")) == (1501, (3, 3))
    assert await town.sound()


async def test_a_process_that_dies_on_its_way_gives_once_and_in_order(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 100)
    bought = await town.buy("bob", 6000, referral=await code(town, "ann"))
    arrive = moving._arrive

    async def arrives_and_dies(*given: Any, **named: Any) -> None:
        await arrive(*given, **named)
        raise DatabaseUnavailable

    monkeypatch.setattr(moving, "_arrive", arrives_and_dies)
    async with worker(home, address) as runtime:
        with pytest.raises(DatabaseUnavailable):
            await activities.finish_moves(runtime, now=edge.now())
    monkeypatch.undo()
    await town.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    # The first word stands, what takes it back waits for its end.
    async with worker(home, address) as runtime:
        async with runtime.database.read(programs=[1]) as tx:
            under_way = await moves.under_way(tx, before=edge.now(), word_before=edge.now(), limit=10)
        async with runtime.database.lane() as lane:
            left = await moving.finish(runtime, lane, under_way[1], now=edge.now())
        assert left.arrived_at is None
    assert await carried(home, address) == 2
    assert (await town.active("ann"), await counts(town, "ann")) == (1, (1, 0))
    assert await town.sound()


async def test_L64_the_same_person_after_all(town: People, home, address) -> None:
    await town.buy("ann", 100)
    await town.buy("bob", 6000, referral=await code(town, "ann"))
    await carried(home, address)
    await town.merge("bob", "ann")
    assert await carried(home, address) == 1
    assert await town.active("ann") == 61
    assert await town.sound()


async def test_LAW11_the_past_of_referrals_comes_out_again(town: People, home, address) -> None:
    await visit(town, "ann", device="one")
    bought = await town.buy("bob", 6000, referral=await code(town, "ann"), device="two")
    await carried(home, address)
    await town.buy("cat", 6000, referral=await code(town, "bob"), device="one")
    await town.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    await carried(home, address)
    async with worker(home, address) as runtime:
        await runtime.programs.ready(1)
        compiled = runtime.programs.numbered(1, 1)
        async with runtime.database.read(programs=[1]) as tx:
            accounts = await tx.fetch("select account_id, state from regulars.account")
            for account in accounts:
                past = await queries.of_account(tx, account_id=account["account_id"])
                steps = list(
                    replay.replay(
                        account["account_id"],
                        [(activity, number) for activity, number, _ in past],
                        choose=lambda _, __: compiled,
                    )
                )
                assert [step.decision.recorded for step in steps] == [recorded for _, _, recorded in past]
                assert steps[-1].left.state == account["state"]
    assert len(accounts) == 3


async def test_one_word_that_fails_keeps_nobody_else_waiting(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 100)
    await town.buy("bob", 6000, referral=await code(town, "ann"))
    await town.buy("dan", 100)
    await town.buy("cat", 6000, referral=await code(town, "dan"))
    hand_in, told = moving._hand_in, []

    async def fails_for_ann(process: Any, lane: Any, intake: Any, **given: Any) -> Any:
        if ids.to_wire("mem", intake.member_id) == town.ids["ann"]:
            raise RuntimeError("nobody knows why")
        return await hand_in(process, lane, intake, **given)

    monkeypatch.setattr(moving, "_hand_in", fails_for_ann)
    monkeypatch.setattr(bringing.log, "exception", lambda event, **facts: told.append((event, facts["kind"])))
    async with worker(home, address) as runtime:
        assert await activities.finish_moves(runtime, now=edge.now()) == 2
    assert told == [("move_failed", "referral")]
    assert (await town.active("ann"), await town.active("dan")) == (1, 501)
    monkeypatch.undo()
    assert await carried(home, address) == 1
    assert await town.active("ann") == 501
    assert await town.sound()


async def test_a_quote_says_what_counting_brings_and_each_side_is_explained(town: People, home, address) -> None:
    await town.buy("ann", 100)
    shown = await code(town, "ann")
    body = {"member": {"phone": PHONES["bob"]}, "lines": [{"amount": 6000}], "referral": shown}
    quoted = await town.client.post("/v1/quotes", json=body)
    assert quoted.json()["points"] == {"points": 560}
    bought = await town.buy("bob", 6000, referral=shown)
    assert bought["points"] == {"points": 560}
    await carried(home, address)
    told = await town.get(f"/v1/activities/{bought['activity_id']}/explanation")
    assert told["points"] == {"points": 560}
    assert {one["rule"]: one["points"] for one in told["rules"] if one["fired"]} == {
        "base": {"points": 60},
        "referrals.friend": {"points": 500},
    }
    shown_to_ann = await town.get(f"/v1/members/{town.ids['ann']}/statement")
    given = shown_to_ann["entries"]["items"][0]
    assert (given["rule"], given["amount"]) == ("referrals.friend", 500)
    referred = await town.get(f"/v1/activities/{given['id'].partition('.')[0]}")
    assert (referred["type"], referred["points"]) == ("referral", {"points": 500})
