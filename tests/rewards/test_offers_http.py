"""Offers over HTTP, on a real database: given by a purchase, shown, activated, used, given back; by hand, refused."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from regulars.kit import edge
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running

PROGRAM = """
program: {name: offers, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
metrics:
  spend: {title: {en: Spent, ru: Потрачено, ro: Cheltuit}, sum: "basket.total"}
segments:
  spender: {title: {en: Spender, ru: Тратит, ro: Cheltuie}, if: "member.metrics.spend >= 100.00"}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  gives: {trigger: purchase, if: "basket.total >= 50.00", effects: [{offer: triple}]}
offers:
  triple:
    title: {en: Triple points, ru: Тройные баллы, ro: Puncte triple}
    text: {en: Above your usual basket., ru: Больше обычной корзины., ro: Peste coșul obișnuit.}
    params: {least: "member.metrics.spend / 2"}
    if: "basket.total >= offer.least"
    window: 14 days
    uses: 1
    reason: welcome_back
    effects: [{multiply: points, by: 3}]
  double:
    title: {en: Double points, ru: Двойные баллы, ro: Puncte duble}
    audience: spender
    activate: tap
    window: 7 days
    uses: 1
    goods: [a1, a2]
    placements: [app]
    effects: [{multiply: points, by: 2}]
"""
SCOPES = ("till", "members:read", "members:write", "activities:write")


class Shop:
    """A client with a key, and one member."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.keys = itertools.count(1)
        self.member = ""

    async def call(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {} if method == "GET" else {"Idempotency-Key": f"k{next(self.keys)}"}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def basket(self, amount: int, path: str = "/v1/purchases", status: int = 201) -> Any:
        body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": amount}]}
        answer = await self.call("POST", path, body, status=status)
        self.member = answer["member"]["id"]
        return answer

    async def offers(self, **query: str) -> dict[str, Any]:
        found = await self.client.get(f"/v1/members/{self.member}/offers", params=query)
        return {one["name"]: one for one in found.json()["items"]}

    async def say(self, offer: str, act: str, status: int = 201, **body: Any) -> Any:
        return await self.call("POST", f"/v1/members/{self.member}/offers/{offer}/{act}", body, status=status)


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="offers", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield Shop(client)


async def test_an_offer_is_given_shown_used_and_given_back(shop: Shop) -> None:
    # 60.00 brings 60 points and the offer, frozen at half of what was spent so far.
    first = await shop.basket(6000)
    assert first["points"] == {"points": 60}
    (given,) = first["offers"]
    assert (given["name"], given["state"], given["reason"]) == ("triple", "active", "welcome_back")
    assert given["params"] == {"least": {"amount": 30000000, "scale": 6}}
    assert given["title"]["ru"] == "Тройные баллы"
    (said,) = [one for one in first["messages"] if one["code"].startswith("offer.next")]
    assert said["to"] == "receipt"
    assert "Triple points. Above your usual basket." in said["text"]["en"]
    assert "Puncte triple" in said["text"]["ro"]

    # 20.00 is 10.00 short of it; nothing is used.
    quote = await shop.basket(2000, "/v1/quotes", 200)
    assert (quote["points"], quote["offers"][0]["needs"]) == ({"points": 20}, 1000)
    # 40.00: 40 and twice as much again.
    second = await shop.basket(4000)
    assert second["points"] == {"points": 120}
    assert second["offers"][0]["brings"] == {"points": 80}
    assert (await shop.offers())["triple"]["state"] == "used"
    assert (await shop.basket(3000))["points"] == {"points": 30}

    # The 40.00 come back whole: so does the use.
    sale = {"sale": {"activity_id": second["activity_id"]}}
    assert (await shop.call("POST", "/v1/returns", sale, status=201))["points"] == {"points": -120}
    assert (await shop.offers())["triple"]["state"] == "active"


async def test_an_offer_of_an_audience_is_activated_or_refused_and_staff_give_and_withdraw(shop: Shop) -> None:
    await shop.basket(2000)
    assert await shop.offers() == {}
    assert (await shop.say("double", "activate", status=409))["code"] == "offer_not_for_member"
    await shop.basket(8000)
    assert set(await shop.offers()) == {"triple", "double"}
    assert set(await shop.offers(placement="till")) == {"triple"}
    double = (await shop.offers(placement="app"))["double"]
    assert (double["state"], double["goods"]) == ("offered", ["a1", "a2"])
    await shop.say("double", "activate")
    assert (await shop.say("double", "activate", status=409))["code"] == "offer_activated"
    # 10.00 doubled; it is less than the 50.00 of the other offer.
    assert (await shop.basket(1000))["points"] == {"points": 20}
    # By hand once more, then refused: it does not come back.
    await shop.say("double", "give", reason="the till was down")
    assert (await shop.offers())["double"]["state"] == "offered"
    await shop.say("double", "refuse")
    assert (await shop.say("double", "give", status=409, reason="again"))["code"] == "offer_refused"
    await shop.say("triple", "withdraw", reason="given by mistake")
    assert set(await shop.offers()) == {"double"}
    assert (await shop.say("none", "refuse", status=404))["code"] == "unknown_offer"
