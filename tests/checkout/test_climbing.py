"""Tiers over HTTP, on a real database: what a purchase says, what a member read shows, what staff set, what SQL reads."""

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
program: {name: climb, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {basket: true}
metrics:
  spend: {title: {en: Spent, ru: Потрачено, ro: Cheltuit}, sum: "basket.total", window: tier year}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    year: calendar year
    by_hand: true
    levels:
      green: 0
      silver: {from: 100.00, title: {en: Silver, ru: Серебро, ro: Argint}, benefits: [{en: Tea, ru: Чай, ro: Ceai}]}
      gold: {from: 1000.00, title: {en: Gold, ru: Золото, ro: Aur}}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  double: {trigger: purchase, if: "member.tier.atLeast('silver')", effects: [{multiply: points, by: 2}]}
"""
SCOPES = ("till", "members:read", "members:write", "activities:write")


class Shop:
    """A client with a key, and one member."""

    def __init__(self, client: httpx.AsyncClient, database: Any) -> None:
        self.client, self.database = client, database
        self.keys = itertools.count(1)
        self.member = ""

    async def call(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {} if method == "GET" else {"Idempotency-Key": f"k{next(self.keys)}"}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def buy(self, amount: int) -> Any:
        body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": amount}]}
        answer = await self.call("POST", "/v1/purchases", body, status=201)
        self.member = answer["member"]["id"]
        return answer

    async def tier(self) -> Any:
        (found,) = (await self.call("GET", f"/v1/members/{self.member}/tiers"))["items"]
        return found

    async def set(self, status: int = 201, **body: Any) -> Any:
        path = f"/v1/members/{self.member}/tiers/status"
        return await self.call("POST", path, {"reason": "match", **body}, status=status)

    async def rows(self) -> list[tuple[Any, ...]]:
        async with self.database.read(programs=[1]) as tx:
            return [tuple(row) for row in await tx.fetch("select ladder, level, until_on from member_tier")]


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="climb", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield Shop(client, database)


async def test_a_purchase_names_the_tier_that_it_made_and_the_next_earns_by_it(shop: Shop) -> None:
    first = await shop.buy(10000)
    (message,) = [one for one in first["messages"] if one["code"] == "tier.up"]
    assert message["text"] == {
        "en": "Your new level: Silver.",
        "ru": "Ваш новый уровень: Серебро.",
        "ro": "Noul dvs. nivel: Argint.",
    }
    assert first["points"] == {"points": 100}
    assert (await shop.buy(1000))["points"] == {"points": 20}


async def test_a_member_read_shows_where_they_stand_and_what_is_missing(shop: Shop) -> None:
    await shop.buy(25000)
    seen = await shop.tier()
    assert (seen["level"], seen["held"], seen["projected"], seen["next"]) == ("silver", "reached", "silver", "gold")
    assert seen["benefits"] == [{"en": "Tea", "ru": "Чай", "ro": "Ceai"}]
    assert seen["through"] == f"{dt.date.today().year}-12-31"
    (missing,) = seen["missing"]
    assert missing["missing"] == {"amount": 75000, "scale": 2}
    assert seen["says"] == [
        {
            "en": "Spent: 750.00 more to Gold.",
            "ru": "Потрачено: ещё 750,00 до уровня «Золото».",
            "ro": "Cheltuit: încă 750,00 până la Aur.",
        }
    ]
    assert (seen["to_keep"], seen["lost_on"], seen["warned"]) == ([], None, False)


async def test_every_read_of_a_member_says_where_they_will_be_and_what_is_missing(shop: Shop) -> None:
    """250.00 bought: silver; 750.00 more are gold."""
    await shop.buy(25000)
    member = await shop.call("GET", f"/v1/members/{shop.member}")
    asked = await shop.call("POST", "/v1/members/identify", {"member": {"phone": "+37369123456"}})
    (tier,) = member["tiers"]
    assert (tier["level"], tier["projected"], tier["next"]) == ("silver", "silver", "gold")
    assert [one["missing"] for one in tier["missing"]] == [{"amount": 75000, "scale": 2}]
    seen = await shop.tier()
    assert {name: seen[name] for name in tier} == tier
    assert (asked["tiers"], asked["balances"]) == (member["tiers"], member["balances"])


async def test_staff_set_a_tier_with_an_end_and_sql_reads_where_members_stand(shop: Shop) -> None:
    await shop.buy(100)
    assert await shop.rows() == [("status", "green", None)]
    until = (dt.date.today() + dt.timedelta(days=20)).isoformat()
    await shop.set(level="gold", until=until)
    seen = await shop.tier()
    assert (seen["level"], seen["held"], seen["lost_on"]) == ("gold", "by_hand", until)
    assert await shop.rows() == [("status", "gold", dt.date.fromisoformat(until))]
    member = await shop.call("GET", f"/v1/members/{shop.member}")
    through = (dt.date.fromisoformat(until) - dt.timedelta(days=1)).isoformat()
    today = member["tiers"][0]["since"]
    assert member["tiers"] == [
        {
            "ladder": "status",
            "level": "gold",
            "since": today,
            "through": through,
            "projected": seen["projected"],
            "to_keep": seen["to_keep"],
            "lost_on": until,
        }
    ]
    await shop.set()
    assert (await shop.tier())["level"] == "green"
    assert await shop.rows() == [("status", "green", None)]


async def test_a_tier_that_does_not_exist_is_refused_with_those_that_do(shop: Shop) -> None:
    await shop.buy(100)
    problem = await shop.set(level="platinum", status=422)
    assert (problem["code"], problem["fields"]["known"]) == ("unknown_level", "green, silver, gold")
    assert (await shop.set(level="gold", until="2020-01-01", status=422))["code"] == "tier_ends_in_the_past"
