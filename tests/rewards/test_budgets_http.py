"""Budgets and stock over HTTP: what is shown is what was given, and stock is supplied, ordered to the last and audited."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from regulars.kit import edge
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running

PROGRAM = """
program: {name: corner, languages: [en, ru, ro], money: MDL, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  gift: {trigger: purchase, effects: [{give: points, amount: "10"}], budget: {points: {points: 25}, shared: spring}}
  more: {trigger: purchase, if: "basket.total > 50.00", effects: [{give: points, amount: "7"}], budget: {points: {points: 25}, shared: spring}}
  daily: {trigger: purchase, effects: [{give: points, amount: "1"}], budget: {uses: 100, per: store, period: day}}
rewards:
  mug: {title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}], stock: true}
  shirt: {title: {en: Shirt, ru: Футболка, ro: Tricou}, prices: [{points: 10}], stock: true, variants: [s, m]}
  air: {title: {en: Air, ru: Воздух, ro: Aer}, prices: [{points: 1}]}
"""
SCOPES = ("till", "members:read", "members:write", "activities:write", "program:read", "program:write")


class Shop:
    """A client with a key, and whoever buys."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"/v1/programs/corner/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def post(self, path: str, body: Any, key: str = "") -> httpx.Response:
        return await self.client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    async def buy(self, amount: int, number: int = 1, path: str = "/v1/purchases") -> Any:
        body = {"member": {"phone": f"+373691234{number:02d}"}, "lines": [{"amount": amount}]}
        answer = await self.post(path, body, f"{path}{amount}{number}{edge.token(8)}")
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def supply(self, place: str, key: str = "", **body: Any) -> httpx.Response:
        path = f"/v1/programs/corner/stock/{place}"
        return await self.post(path, {"reason": "delivery", **body}, key or edge.token(8))


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="corner", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield Shop(client)


async def test_a_budget_shows_what_is_used_left_and_was_cut(shop: Shop) -> None:
    first = await shop.buy(10000)
    assert first["points"] == {"points": 118}
    quoted = await shop.buy(10000, path="/v1/quotes")
    second = await shop.buy(10000)
    # 8 were left for 10 and 7: the rule written first goes first.
    assert (quoted["points"], second["points"]) == ({"points": 109}, {"points": 109})
    cuts = [one["fields"] for one in second["messages"] if one["code"] == "points.cut"]
    assert [(cut["rule"], cut["points"], cut["by"]) for cut in cuts] == [
        ("gift", 2, "budgets.spring.budget"),
        ("more", 7, "budgets.spring.budget"),
    ]
    found = {(one["budget"], one["what"]): one for one in await shop.get("budgets")}
    spring = found["budgets.spring", "points"]
    assert (spring["of"], spring["size"], spring["used"], spring["left"], spring["cut"]) == (
        ["rules.gift", "rules.more"],
        25,
        25,
        0,
        9,
    )
    daily = found["rules.daily", "uses"]
    assert (daily["used"], daily["left"], daily["per"], daily["period"]) == (2, None, "store", "day")
    assert [(part["owner"], part["left"]) for part in daily["parts"]] == [("store:-", 98)]
    back = await shop.post("/v1/returns", {"sale": {"activity_id": first["activity_id"]}, "lines": [{"no": 1}]}, "back")
    assert back.status_code == 201, back.text
    assert {one["budget"]: one["used"] for one in await shop.get("budgets")} == {"budgets.spring": 8, "rules.daily": 1}


async def test_stock_is_supplied_with_a_reason_and_never_below_what_is_ordered(shop: Shop, database: Database) -> None:
    assert (await shop.supply("mug", set=3)).json() == {
        "reward": "mug",
        "variant": None,
        "supplied": 3,
        "used": 0,
        "left": 3,
    }
    member = (await shop.buy(10000))["member"]["id"]
    ordered = await shop.post(f"/v1/members/{member}/orders", {"reward": "mug", "quantity": 2}, "o1")
    assert ordered.status_code == 201, ordered.text
    over = await shop.supply("mug", add=-2)
    assert (over.status_code, over.json()["code"], over.json()["fields"]["used"]) == (409, "stock_below_use", 2)
    moved = await shop.supply("mug", add=10, was=4)
    assert (moved.status_code, moved.json()["code"], moved.json()["fields"]["supplied"]) == (409, "stock_moved", 3)
    assert (await shop.supply("mug", add=10, was=3)).json()["left"] == 11
    assert (await shop.supply("shirt/m", set=4)).json()["variant"] == "m"
    for wrong in ("air", "shirt", "shirt/xl", "mug/s", "nothing"):
        assert (await shop.supply(wrong, set=4)).status_code == 404, wrong
    assert (await shop.supply("mug", set=1, add=1)).status_code == 422
    assert [(one["reward"], one["variant"], one["left"]) for one in await shop.get("stock")] == [
        ("mug", None, 11),
        ("shirt", "s", 0),
        ("shirt", "m", 4),
    ]
    async with database.read(programs=[1]) as tx:
        told = [row["target"] for row in await tx.fetch("select target from audit where action = 'stock.supply'")]
    assert told == ["mug", "mug", "shirt/m"]


async def test_L50_stock_under_one_key_is_supplied_once_and_answered_with_the_same_bytes(shop: Shop) -> None:
    first = await shop.supply("mug", "k1", add=50)
    again = await asyncio.gather(*(shop.supply("mug", "k1", add=50) for _ in range(5)))
    assert {one.content for one in again} == {first.content}
    assert "idempotency-replayed" not in first.headers
    assert {(one.status_code, one.headers["idempotency-replayed"]) for one in again} == {(200, "true")}
    raced = await asyncio.gather(*(shop.supply("mug", "k2", add=5) for _ in range(8)))
    assert (
        {one.content for one in raced},
        len([one for one in raced if "idempotency-replayed" not in one.headers]),
    ) == (
        {raced[0].content},
        1,
    )
    assert (await shop.get("stock"))[0]["supplied"] == 55
    # Another key is another delivery.
    assert (await shop.supply("mug", "k3", add=5)).json()["supplied"] == 60


async def test_L51_a_key_of_stock_is_needed_belongs_to_its_body_and_is_not_used_up_by_a_fault(shop: Shop) -> None:
    missing = await shop.post("/v1/programs/corner/stock/mug", {"add": 1, "reason": "delivery"})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    refused = await shop.supply("mug", "k1", add=-1)
    assert (refused.status_code, refused.json()["code"]) == (409, "stock_below_use")
    assert (await shop.supply("mug", "k1", add=1)).json()["supplied"] == 1
    for body, place in (({"add": 2}, "mug"), ({"add": 1}, "shirt/s")):
        other = await shop.supply(place, "k1", **body)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    bought = await shop.post("/v1/purchases", {"member": {"phone": "+37369123401"}, "lines": [{"amount": 100}]}, "k1")
    assert bought.json()["code"] == "idempotency_key_reused"
    assert [one["supplied"] for one in await shop.get("stock")] == [1, 0, 0]


async def test_stock_that_cannot_be_counted_is_refused_with_that_reason(shop: Shop) -> None:
    await shop.supply("mug", set=1)
    over = await shop.supply("mug", add=9_007_199_254_740_991)
    assert (over.status_code, over.json()["code"], over.json()["fields"]) == (
        409,
        "stock_too_large",
        {"most": 9_007_199_254_740_991},
    )


async def test_I12_the_last_units_have_one_winner_each_and_the_counter_is_the_sum_of_orders(shop: Shop) -> None:
    await shop.supply("mug", set=5)
    members = [(await shop.buy(10000, number))["member"]["id"] for number in range(12)]
    replies = await asyncio.gather(
        *(shop.post(f"/v1/members/{one}/orders", {"reward": "mug"}, f"mug{one}") for one in members)
    )
    assert Counter(reply.status_code for reply in replies) == {201: 5, 409: 7}
    (mug, *_) = await shop.get("stock")
    orders = [
        order for one in members for order in (await shop.client.get(f"/v1/members/{one}/orders")).json()["items"]
    ]
    assert (mug["used"], mug["left"], len(orders)) == (5, 0, 5)
