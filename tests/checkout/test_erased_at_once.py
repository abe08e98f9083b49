"""Members are erased while other things happen to them (L67, L68, I14): each has one decided result, whoever comes first,
and the books hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest

from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key
from tests.checkout.test_households import FAMILY
from tests.checkout.town import People, people, worker
from tests.conftest import copied

SHOP = FAMILY.replace(
    "activities:\n",
    """referrals:
  friend:
    title: {en: Bring a friend, ru: Приведи друга, ro: Adu un prieten}
    link: "https://shop.example/join?code={code}"
    converts: "type == 'purchase' && basket.total >= 50.00"
    within: 30 days
    same_person: [phone]
    effects: {both: [{give: points, amount: "500"}]}
activities:
  photo: {title: {en: Photo, ru: Фото, ro: Fotografie}, purpose: contract, approve: always}
""",
    1,
)
_phones = count(69600000)


class Town(People):
    where: Address
    second: str
    """Who of the staff says yes or no: a token of their own."""

    async def newcomer(self, dollars: int = 50) -> dict[str, str]:
        """Somebody new with so many points: their id, card and phone, and the purchase."""
        phone = f"+373{next(_phones)}"
        bought = await self.post("/v1/purchases", {"member": {"phone": phone}, "lines": [{"amount": dollars * 100}]})
        member = bought["member"]
        return {"id": member["id"], "card": member["card"], "phone": phone, "bought": bought["activity_id"]}

    async def try_(self, path: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"idempotency-key": key or edge.token(8)})

    async def erase(self, one: dict[str, str], *, key: str | None = None, forfeits: bool = True) -> httpx.Response:
        return await self.try_(f"/v1/members/{one['id']}/erase", {"reason": "letter", "forfeits": forfeits}, key)

    async def is_gone(self, one: dict[str, str]) -> bool:
        """Whether nobody and nothing is there any more, but entries that add up to nothing."""
        with psycopg.connect(**self.where.sync_arguments("admin")) as connection:
            member = ids.from_wire("mem", one["id"])
            rows = connection.execute(
                "select active + pending + held + arrears from regulars.balance where account_id = %s", (member,)
            ).fetchall()
            named = connection.execute(
                "select count(*) from regulars.identifier where member_id = %s and kind <> 'card'", (member,)
            ).fetchone()
        assert {amount for (amount,) in rows} <= {0}
        assert named == (0,)
        return (await self.client.get(f"/v1/members/{one['id']}")).status_code == 410


@pytest.fixture(scope="module")
async def town(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    home = tmp_path_factory.mktemp("at_once")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, SHOP) as opened:
            made = Town(opened.client, database, home)
            token = await new_key(database, program="shop", scopes=["activities:approve"])
            made.where, made.second = where, f"Bearer {token}"
            yield made


def codes(*answers: httpx.Response) -> list[str]:
    return sorted(str(one.json().get("code", one.status_code)) for one in answers)


async def test_two_erasures_at_once_are_one(town: Town) -> None:
    one, other = await town.newcomer(), await town.newcomer()
    assert codes(*await asyncio.gather(town.erase(one), town.erase(one))) == ["201", "account_erased"]
    same = await asyncio.gather(*(town.erase(other, key="same") for _ in range(5)))
    assert [answer.status_code for answer in same] == [201] * 5
    assert await town.is_gone(one)
    assert await town.is_gone(other)
    assert await town.sound()


@pytest.mark.parametrize("by", ["phone", "card", "id"])
async def test_a_purchase_under_way_counts_before_it_or_for_nobody(town: Town, by: str) -> None:
    for delay_s in (0.0, 0.005):
        one = await town.newcomer()
        buying = town.try_("/v1/purchases", {"member": {by: one[by]}, "lines": [{"amount": 700}]})
        erasing = asyncio.create_task(town.erase(one))
        await asyncio.sleep(delay_s)
        bought, erased = await asyncio.gather(buying, erasing)
        assert (bought.status_code, erased.status_code) == (201, 201), (bought.text, erased.text)
        said = bought.json()
        if said.get("member", {}).get("id") == one["id"] and said["points"]:
            forfeited = (await town.get(f"/v1/activities/{erased.json()['activity_id']}/explanation"))["entries"]
            assert sum(entry["points"] for entry in forfeited) >= 57
        assert await town.is_gone(one)
    assert await town.sound()


async def test_without_a_word_on_forfeiting_no_purchase_is_lost(town: Town) -> None:
    one = await town.newcomer(1)
    await town.post("/v1/purchases", {"member": {"id": one["id"]}, "lines": [{"amount": 1}], "pay": [_pays(1)]})
    bought, erased = await asyncio.gather(
        town.try_("/v1/purchases", {"member": {"id": one["id"]}, "lines": [{"amount": 700}]}),
        town.erase(one, forfeits=False),
    )
    assert bought.status_code == 201
    assert codes(erased) == (["201"] if not bought.json()["points"] else ["erasure_loses_points"])
    assert await town.sound()


def _pays(points: int) -> dict[str, Any]:
    return {"currency": "points", "points": points}


async def test_whoever_shares_a_household_leaves_first(town: Town) -> None:
    founder, guest = await town.newcomer(), await town.newcomer()
    await town.post(f"/v1/members/{founder['id']}/household", {"household": "family"})
    invited = {"act": "invite", "member": guest["id"]}
    await town.post(f"/v1/members/{founder['id']}/household/members", invited)
    await town.post(f"/v1/members/{guest['id']}/household/join", {"of": founder["id"]})
    for who in (founder, guest):
        assert codes(await town.erase(who)) == ["in_household_still"]
    left, erased = await asyncio.gather(town.try_(f"/v1/members/{guest['id']}/household/leave", {}), town.erase(guest))
    assert left.status_code == 201, left.text
    assert codes(erased)[0] in {"201", "in_household_still", "member_moving", "account_erased"}, erased.text
    if erased.status_code != 201:
        assert (await town.erase(guest)).status_code == 201
    assert await town.is_gone(guest)
    town.ids["founder"] = founder["id"]
    assert await town.active("founder") == 50
    assert await town.sound()


async def test_a_hold_is_captured_before_it_or_not_at_all(town: Town) -> None:
    for delay_s in (0.0, 0.005):
        one = await town.newcomer()
        held = await town.post("/v1/holds", {"member": {"id": one["id"]}, "currency": "points", "points": 20})
        capturing = asyncio.create_task(town.try_(f"/v1/holds/{held['holds'][0]['id']}/capture", {}))
        await asyncio.sleep(delay_s)
        erased, captured = await asyncio.gather(town.erase(one), capturing)
        assert erased.status_code == 201, erased.text
        assert codes(captured)[0] in {"201", "account_erased"}, captured.text
        entries = (await town.get(f"/v1/activities/{erased.json()['activity_id']}/explanation"))["entries"]
        told = {(entry["kind"], entry["points"]) for entry in entries if entry["currency"] == "points"}
        if captured.status_code == 201:
            assert told == {("forfeit", 30)}
        else:
            assert told == {("release", 20), ("forfeit", 50)}
        assert await town.is_gone(one)
    assert await town.sound()


async def test_what_waits_for_a_yes_is_answered_before_it_or_by_nobody(town: Town) -> None:
    one = await town.newcomer()
    photo = await town.post("/v1/activities", {"member": {"id": one["id"]}, "type": "photo"})
    said = {"verdict": "approve", "reason": "looked at it"}
    headers = {"authorization": town.second, "idempotency-key": edge.token(8)}
    reviewed, erased = await asyncio.gather(
        town.client.post(f"/v1/activities/{photo['activity_id']}/review", json=said, headers=headers),
        town.erase(one),
    )
    assert erased.status_code == 201, erased.text
    assert codes(reviewed)[0] in {"201", "account_erased"}, reviewed.text
    waiting = (await town.client.get("/v1/reviews", headers={"authorization": town.second})).json()["items"]
    assert photo["activity_id"] not in {item["activity_id"] for item in waiting}
    assert await town.is_gone(one)
    assert await town.sound()


async def test_a_frozen_balance_is_looked_into_first(town: Town) -> None:
    one = await town.newcomer()
    member = ids.from_wire("mem", one["id"])
    freeze = "update regulars.balance set frozen_reason = %s where account_id = %s and currency = 'points'"
    with psycopg.connect(**town.where.sync_arguments("admin")) as connection:
        connection.execute(freeze, ("looked into", member))
    assert codes(await town.erase(one)) == ["balance_frozen"]
    assert (await town.client.get(f"/v1/members/{one['id']}")).status_code == 200
    with psycopg.connect(**town.where.sync_arguments("admin")) as connection:
        connection.execute(freeze, (None, member))
    assert (await town.erase(one)).status_code == 201
    assert await town.is_gone(one)
    assert await town.sound()


async def test_word_of_a_friend_finds_nobody_and_the_friend_keeps_what_is_theirs(town: Town) -> None:
    referrer = await town.newcomer()
    found = await town.get(f"/v1/members/{referrer['id']}/referrals")
    code = found["items"][0]["code"]
    friend = {"phone": f"+373{next(_phones)}"}
    joined = await town.post("/v1/activities", {"type": "visit", "member": friend, "fields": {"minutes": 5}})
    friend["id"] = joined["member"]["id"]
    await town.post(f"/v1/members/{friend['id']}/referral", {"code": code})
    assert (await town.erase(referrer)).status_code == 201
    bought = await town.post("/v1/purchases", {"member": {"id": friend["id"]}, "lines": [{"amount": 6000}]})
    assert bought["points"]["points"] == 60 + 500
    await carried(town)
    assert await town.is_gone(referrer)
    # And the other way round: who was brought goes, and what comes back of theirs takes nothing from nobody.
    assert (await town.erase(friend)).status_code == 201
    back = await town.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    assert back["points"] == {}
    await carried(town)
    assert await town.is_gone(friend)
    assert await town.sound()


async def test_a_referrer_keeps_what_a_friend_brought_who_was_erased(town: Town) -> None:
    referrer = await town.newcomer()
    code = (await town.get(f"/v1/members/{referrer['id']}/referrals"))["items"][0]["code"]
    friend = {"phone": f"+373{next(_phones)}"}
    joined = await town.post("/v1/activities", {"type": "visit", "member": friend, "fields": {"minutes": 5}})
    friend["id"] = joined["member"]["id"]
    await town.post(f"/v1/members/{friend['id']}/referral", {"code": code})
    await town.post("/v1/purchases", {"member": {"id": friend["id"]}, "lines": [{"amount": 6000}]})
    # The word of it is still on its way when they are erased.
    assert (await town.erase(friend)).status_code == 201
    await carried(town)
    town.ids["referrer"] = referrer["id"]
    assert await town.active("referrer") == 50 + 500
    assert await town.is_gone(friend)
    assert await town.sound()


async def carried(town: Town) -> None:
    async with worker(town.home, town.where) as process:
        while await activities.finish_moves(process, now=edge.now()):
            pass


async def test_L67_a_new_phone_shown_with_a_dead_card_leads_to_nobody(town: Town) -> None:
    one = await town.newcomer()
    assert (await town.erase(one)).status_code == 201
    fresh = f"+373{next(_phones)}"
    late = {"member": {"card": one["card"], "phone": fresh}, "lines": [{"amount": 900}]}
    bought = await town.post("/v1/purchases", late)
    assert (bought["member"]["id"], bought["points"]) == (one["id"], {})
    assert await town.is_gone(one)
    new = await town.post("/v1/purchases", {"member": {"phone": fresh}, "lines": [{"amount": 900}]})
    assert new["member"]["new"] is True
    assert new["points"]["points"] == 9
    assert await town.sound()


async def test_L67_a_phone_shown_with_a_card_while_its_member_is_erased_leads_to_nobody(town: Town) -> None:
    for delay_s in (0.0, 0.004, 0.012):
        one = await town.newcomer()
        fresh = f"+373{next(_phones)}"
        late = {"member": {"card": one["card"], "phone": fresh}, "lines": [{"amount": 900}]}
        erasing = asyncio.create_task(town.erase(one))
        await asyncio.sleep(delay_s)
        bought, erased = await asyncio.gather(town.try_("/v1/purchases", late), erasing)
        assert (bought.status_code, erased.status_code) == (201, 201), (bought.text, erased.text)
        assert await town.is_gone(one)
    assert await town.sound()
