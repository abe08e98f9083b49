"""Exchanges and purchases of points over HTTP, on a real database: entries, answers, refusals, the checked ledger."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.kit import edge
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running
from tests.checkout.test_picking import Shop

PROGRAM = """
program: {name: sky, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01},
           exchange: {to: {miles: 1/3}, least: 3, per: {calendar month: 3000}}}
  miles: {title: {en: Miles, ru: Мили, ro: Mile}, cost: {house: 0.01}, value: 0.01,
          buy: {price: 0.02, step: 100, most: 5000, withdrawal: 14 days}}
activities:
  purchase: {basket: true}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  thanks: {trigger: {event: points.exchanged, name: points}, effects: [{give: points, amount: "event.given / 10"}]}
"""
SCOPES = ("till", "members:read", "members:write", "activities:write", "ledger:read")


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="sky", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        shop = Shop(client, database)
        body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": 10000}]}
        answer = await shop.call("POST", "/v1/purchases", body, status=201)
        shop.member = answer["member"]["id"]
        yield shop


def has(answer: Any) -> dict[str, int]:
    return {one["currency"]: one["active"] for one in answer["balances"]}


async def test_points_become_miles_once_and_staff_undo_it(shop: Shop) -> None:
    path = f"/v1/members/{shop.member}/exchanges"
    body = {"currency": "points", "to": "miles", "points": 50}
    done = await shop.call("POST", path, body, status=201, key="e1")
    # 16 miles for 48 points; the rule gives 16 / 10 = 1 point for the exchange.
    assert (done["points"], has(done)) == ({"points": -47, "miles": 16}, {"points": 53, "miles": 16})
    assert [one["text"]["en"] for one in done["messages"]] == [
        "Points earned: 1.",
        "Points, balance: 53.",
        "Miles, balance: 16.",
        "Points: 48 exchanged for 16 Miles.",
    ]
    assert await shop.call("POST", path, body, status=201, key="e1") == done
    refused = await shop.call("POST", path, {**body, "points": 2}, status=409)
    assert (refused["code"], refused["fields"]["least"]) == ("points_least", 3)
    entries = await shop.rows("select kind, currency, amount from regulars.entry order by activity_id, n")
    assert entries[1:] == [("convert", "points", 48), ("convert", "miles", 16), ("earn", "points", 1)]
    why = await shop.call("GET", f"/v1/activities/{done['activity_id']}/explanation")
    told = {(one["rule"], one["because"]): one["points"] for one in why["rules"] if one["fired"]}
    assert {"points": -48, "miles": 16} in told.values()
    undone = await shop.call("POST", f"{path}/{done['activity_id']}/undo", {"reason": "by mistake"}, status=201)
    # What the rule gave for it is no part of the exchange and stays.
    assert has(undone) == {"points": 101, "miles": 0}
    again = await shop.call("POST", f"{path}/{done['activity_id']}/undo", {"reason": "twice"}, status=409)
    assert again["code"] == "deal_undone"


async def test_L81_bought_miles_are_given_back_as_far_as_they_are_unspent(shop: Shop) -> None:
    path = f"/v1/members/{shop.member}/point-purchases"
    body: dict[str, Any] = {"currency": "miles", "points": 1000, "payment": {"kind": "card", "amount": 2000}}
    wrong = await shop.call("POST", path, {**body, "payment": {"kind": "card", "amount": 1999}}, status=409)
    assert (wrong["code"], wrong["fields"]) == ("price_differs", {"price": 2000, "paid": 1999})
    assert wrong["texts"]["ro"] == "Prețul este 20,00\N{NO-BREAK SPACE}EUR, s-a plătit 19,99\N{NO-BREAK SPACE}EUR."
    bought = await shop.call("POST", path, body, status=201)
    assert has(bought)["miles"] == 1000
    assert [one["text"]["ru"] for one in bought["messages"]][-1] == "Мили: куплено 1\N{NO-BREAK SPACE}000 за 20,00."
    spent = {
        "member": {"id": shop.member},
        "lines": [{"amount": 400}],
        "pay": [{"currency": "miles", "points": 400}],
    }
    await shop.call("POST", "/v1/purchases", spent, status=201)
    back = await shop.call("POST", f"{path}/{bought['activity_id']}/return", {}, status=201)
    assert (back["points"], back["returned"], back["to_pay"]) == ({"miles": -600}, 1200, -1200)
    assert has(back)["miles"] == 0
    twice = await shop.call("POST", f"{path}/{bought['activity_id']}/return", {}, status=409)
    assert twice["code"] == "deal_undone"
    unknown = await shop.call("POST", f"{path}/{back['activity_id']}/return", {}, status=404)
    assert unknown["code"] == "not_such_a_deal"


@pytest.mark.parametrize("by", ["old", "new"])
@pytest.mark.parametrize("apart", [False, True])
async def test_deals_of_before_a_merge_are_given_back_and_undone_after_it(shop: Shop, by: str, *, apart: bool) -> None:
    """Once wrong: not_such_a_deal, by whichever id."""
    ann = f"/v1/members/{shop.member}"
    buying: dict[str, Any] = {"currency": "miles", "points": 1000, "payment": {"kind": "card", "amount": 2000}}
    bought = await shop.call("POST", f"{ann}/point-purchases", buying, status=201)
    changing = {"currency": "points", "to": "miles", "points": 50}
    changed = await shop.call("POST", f"{ann}/exchanges", changing, status=201)
    other = {"member": {"phone": "+37369123457"}, "lines": [{"amount": 1000}]}
    into = (await shop.call("POST", "/v1/purchases", other, status=201))["member"]["id"]
    await shop.call("POST", f"{ann}/merge", {"into": into, "reason": "same person"}, status=201)
    if apart:
        await shop.call("POST", f"{ann}/unmerge", {"reason": "two people"}, status=201)
    here = ann if by == "old" else f"/v1/members/{into}"
    given = f"{here}/point-purchases/{bought['activity_id']}/return"
    undo, why = f"{here}/exchanges/{changed['activity_id']}/undo", {"reason": "by mistake"}
    if apart and by == "new":
        # They are somebody else again.
        for path, body in ((given, {}), (undo, why)):
            assert (await shop.call("POST", path, body, status=404))["code"] == "not_such_a_deal"
        return
    back = await shop.call("POST", given, {}, status=201)
    assert (back["points"], back["to_pay"]) == ({"miles": -1000}, -2000)
    undone = await shop.call("POST", undo, why, status=201)
    # 100 points less 48 and the one that the exchange itself gave; the other member's 10 beside them while merged.
    assert has(undone) == {"points": 101 + (0 if apart else 10), "miles": 0}
    twice = await shop.call("POST", undo, why, status=409)
    assert twice["code"] == "deal_undone"


async def test_what_is_owed_stands_by_currency_and_funder_at_the_cost_of_its_issue(shop: Shop) -> None:
    path = f"/v1/members/{shop.member}/point-purchases"
    body: dict[str, Any] = {"currency": "miles", "points": 1000, "payment": {"kind": "card", "amount": 2000}}
    await shop.call("POST", path, body, status=201)
    await shop.call(
        "POST", f"/v1/members/{shop.member}/exchanges", {"currency": "points", "to": "miles", "points": 30}, status=201
    )
    found = await shop.call("GET", "/v1/ledger/liability")
    shown = [(one["currency"], one["funder"], one["points"], one["cost"]) for one in found["items"]]
    # 10 miles of the house for 30 of its 100 points, and 1 point of the rule that thanks; 1,000 miles of the member.
    assert shown == [("miles", "house", 10, 10), ("miles", "member", 1000, 2000), ("points", "house", 71, 71)]
