"""Challenges and bonuses of ended periods over HTTP, on a real database: what is tapped is kept, what is returned after
the month is taken back.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import httpx
import pytest

from regulars.kit import edge
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running

PROGRAM = """
program: {name: taps, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {basket: true}
  return: {basket: true, reverses: purchase}
metrics:
  kinds: {distinct: "line.category", over: lines, where: "type == 'purchase'", window: calendar month}
  before: {sum: "basket.total", where: "type == 'purchase'", window: previous calendar month}
challenges:
  explorer:
    title: {en: Explorer, ru: Исследователь, ro: Explorator}
    picture: /explorer.png
    join: tap
    goal: "member.metrics.kinds"
    target: "3"
    window: calendar month
    effects: [{badge: explorer}, {give: points, amount: "50"}]
rules:
  month:
    trigger: {period: calendar month, ended: true}
    if: "member.metrics.before >= 1000.00"
    effects: [{give: points, amount: "500"}]
"""
SCOPES = ("till", "members:read", "members:write", "activities:write", "ledger:read", "events:read")


class Shop:
    """A client with a key, and one member."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.keys = itertools.count(1)
        self.member = ""

    async def call(self, method: str, path: str, body: object = None, *, status: int, key: str = "") -> Any:
        headers = {} if method == "GET" else {"Idempotency-Key": key or f"k{next(self.keys)}"}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def buy(self, category: str, amount: int = 1000, **more: Any) -> Any:
        body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": amount, "category": category}], **more}
        answer = await self.call("POST", "/v1/purchases", body, status=201)
        self.member = answer["member"]["id"]
        return answer

    async def tap(self, act: str = "join", *, status: int = 201, name: str = "explorer", key: str = "") -> Any:
        path = f"/v1/members/{self.member}/challenges/{name}/{act}"
        return await self.call("POST", path, {"channel": "app"}, status=status, key=key)

    async def seen(self) -> Any:
        return await self.call("GET", f"/v1/members/{self.member}/challenges", status=200)


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="taps", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield Shop(client)


async def test_a_challenge_is_offered_joined_followed_and_done(shop: Shop) -> None:
    await shop.buy("fish")
    (offered,) = (await shop.seen())["items"]
    assert (offered["state"], offered["progress"], offered["target"]) == ("offered", 1, 3)
    joined = await shop.tap()
    (message,) = [one for one in joined["messages"] if one["code"] == "challenge.joined"]
    assert message["text"] == {
        "en": "Explorer: joined, 1 of 3.",
        "ru": "Исследователь: участие начато, 1 из 3.",
        "ro": "Explorator: înscriere, 1 din 3.",
    }
    second = await shop.buy("meat")
    assert [one["text"]["ro"] for one in second["messages"] if one["code"] == "challenge.progress"] == [
        "Explorator: 2 din 3."
    ]
    third = await shop.buy("cake")
    assert third["points"] == {"points": 50}
    seen = await shop.seen()
    assert [(one["state"], one["progress"], one["times"]) for one in seen["items"]] == [("done", 3, 1)]
    assert [(one["name"], one["title"]["ru"], one["picture"], one["times"]) for one in seen["badges"]] == [
        ("explorer", "Исследователь", "/explorer.png", 1)
    ]
    statement = await shop.call("GET", f"/v1/members/{shop.member}/statement", status=200)
    assert [one["rule"] for one in statement["entries"]["items"]] == ["challenges.explorer"]


async def test_a_tap_is_done_once_and_a_refusal_says_why(shop: Shop) -> None:
    await shop.buy("fish")
    once, again = await shop.tap(key="tap"), await shop.tap(key="tap")
    assert once == again
    twice = await shop.tap(status=409)
    assert (twice["code"], twice["fields"]["challenge"]) == ("challenge_joined", "explorer")
    unknown = await shop.tap(status=404, name="nothing")
    assert unknown["code"] == "unknown_challenge"
    await shop.tap("leave")
    assert [one["state"] for one in (await shop.seen())["items"]] == ["offered"]
    assert (await shop.tap("leave", status=409))["code"] == "not_in_challenge"


async def test_L77_a_return_after_the_month_takes_its_bonus_back(shop: Shop) -> None:
    first = edge.now().astimezone(dt.UTC).replace(day=1, hour=12)
    then = (first - dt.timedelta(days=4)).isoformat()
    await shop.buy("fish", 94000, occurred_at=then)
    sale = await shop.buy("meat", 10000, occurred_at=then)
    bought = await shop.buy("cake", 100)
    assert bought["balances"][0]["active"] == 500
    body = {"sale": {"activity_id": sale["activity_id"]}}
    back = await shop.call("POST", "/v1/returns", body, status=201)
    assert back["points"] == {"points": -500}
    assert back["balances"][0]["active"] == 0
