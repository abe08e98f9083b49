"""Keys of partners over HTTP: a partner starts an offer within its budget by itself, sees its own, and nothing else."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from regulars.access import service as access
from regulars.api import app, describing
from regulars.kit import edge, ids
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import proposals
from regulars.program import service as program
from tests.api.conftest import new_key, running

PROGRAM = """
program: {name: market, languages: [en, ru, ro], money: MDL, zone: Europe/Chisinau, approvals: 1}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01, whiskas: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
partners:
  whiskas:
    title: {en: Cats, ru: Кошки, ro: Pisici}
    may_define: [offers, rewards]
    budget: {points: {points: 25}}
  pedigree:
    title: {en: Dogs, ru: Собаки, ro: Câini}
    may_define: [offers]
    budget: {points: {points: 500}}
segments:
  all: {title: {en: All, ru: Все, ro: Toți}, if: "true"}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}], budget: {points: {points: 100000}}}
offers:
  house_offer: {title: {en: House, ru: Дом, ro: Casa}, audience: all, effects: [{multiply: points, by: 2}], budget: {uses: 1}}
rewards:
  mug: {title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}], stock: true}
  bowl: {title: {en: Bowl, ru: Миска, ro: Castron}, owner: whiskas, prices: [{points: 10}], stock: true}
"""
RIGHTS = ("program:read", "program:write", "program:publish")
TITLE = {"en": "Cats", "ru": "Кошки", "ro": "Pisici"}
HOUSE = "/v1/programs/market"


def offer(points: str = "10", size: str = "25", **more: Any) -> dict[str, Any]:
    return {
        "title": TITLE,
        "audience": "all",
        "effects": [{"give": "points", "amount": points}],
        "budget": {"points": {"points": size}},
        **more,
    }


class Market:
    """A client for each key."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client, self.tokens = client, tokens

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[who]}", "idempotency-key": edge.token(8)}
        return await self.client.request(method, path, json=body, headers=headers)

    async def draft(self, who: str, path: str, body: Any, draft: str = "cats") -> httpx.Response:
        return await self.ask(who, "PUT", f"{HOUSE}/drafts/{draft}/{path}", body)

    async def buy(self, number: int) -> dict[str, int]:
        points: dict[str, int] = (await self.buy_as(number))["points"]
        return points

    async def buy_as(self, number: int, amount: int = 100) -> Any:
        body = {"member": {"phone": f"+373691234{number:02d}"}, "lines": [{"amount": amount}]}
        answer = await self.ask("till", "POST", "/v1/purchases", body)
        assert answer.status_code == 201, answer.text
        return answer.json()


async def key_of(database: Database, partner: str, scopes: tuple[str, ...] = RIGHTS) -> str:
    now = edge.now()
    async with database.transaction(programs=[1]) as tx:
        made = await access.create_key(
            tx,
            program_id=1,
            key_id=edge.new_id(now),
            secret=edge.token(32),
            label=partner,
            scopes=scopes,
            now=now,
            partner=partner,
        )
    return made.token


@pytest.fixture
async def market(home, address, database):
    house = await new_key(database, program="market", scopes=("admin",))
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    tokens = {"house": house, "till": house}
    for partner in ("whiskas", "pedigree"):
        tokens[partner] = await key_of(database, partner)
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        yield Market(client, tokens)


async def test_a_partner_starts_an_offer_within_its_budget_without_a_second_person(market: Market) -> None:
    assert await market.buy(1) == {"points": 2}
    put = await market.draft("whiskas", "offers/cat_food", offer())
    assert put.status_code == 200, put.text
    published = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
    assert (published.status_code, published.json()["number"]) == (201, 2), published.text
    # The owner is the partner, whether or not they said so.
    mine = (await market.ask("whiskas", "GET", f"{HOUSE}/definitions")).json()["definitions"]
    assert {kind: list(named) for kind, named in mine.items()} == {
        "partners": ["whiskas"],
        "offers": ["cat_food"],
        "rewards": ["bowl"],
    }
    assert mine["offers"]["cat_food"]["owner"] == "whiskas"
    assert [(await market.buy(number))["points"] for number in (2, 3, 4, 5)] == [11, 11, 6, 1]
    shown = (await market.ask("whiskas", "GET", f"{HOUSE}/budgets")).json()["items"]
    assert [(one["budget"], one["used"], one["left"]) for one in shown] == [
        ("offers.cat_food", 25, 0),
        ("partners.whiskas", 25, 0),
    ]
    drafts = (await market.ask("house", "GET", f"{HOUSE}/drafts")).json()["items"]
    assert drafts == []


async def test_what_is_not_theirs_is_refused_with_the_reason(market: Market) -> None:
    for path, body, code in (
        ("offers/house_offer", offer(), "not_yours"),
        ("offers/new", offer(owner="pedigree"), "not_yours"),
        ("rules/new", {"trigger": "purchase", "effects": [{"give": "points", "amount": "1"}]}, "not_for_partners"),
        ("vouchers/new", {}, "not_for_partners"),
        ("partners/whiskas", {"title": TITLE}, "not_for_partners"),
        ("program/program", {}, "not_for_partners"),
    ):
        refused = await market.draft("whiskas", path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, code), path
    assert (await market.ask("whiskas", "DELETE", f"{HOUSE}/drafts/cats/offers/house_offer")).status_code == 403
    # None of these began a draft.
    assert (await market.ask("house", "GET", f"{HOUSE}/drafts")).json()["items"] == []


async def test_an_effect_that_the_house_decides_by_is_refused_when_it_is_published(market: Market) -> None:
    cheap = {"give": "points", "amount": "1", "cost": "0"}
    for effect in ({"event": "gold"}, {"offer": "house_offer"}, cheap):
        await market.draft("whiskas", "offers/cat_food", offer(effects=[effect]))
        refused = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
        assert (refused.status_code, refused.json()["code"]) in {(403, "not_for_partners"), (403, "not_yours")}


@pytest.mark.parametrize("of", [{"bundle": ["bowl", "mug"]}, {"choose": ["mug", "bowl"]}])
async def test_a_reward_of_a_partner_is_not_made_of_rewards_of_the_house(market: Market, of: dict[str, Any]) -> None:
    await market.draft("whiskas", "rewards/set", {"title": TITLE, "prices": [{"points": 1}], **of})
    refused = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert refused.json()["fields"]["path"] == "rewards.mug"
    own = {name: ["bowl"] for name in of}
    await market.draft("whiskas", "rewards/set", {"title": TITLE, "prices": [{"points": 1}], **own})
    assert (await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")).status_code == 201


async def test_a_step_of_a_partners_reward_does_nothing_that_the_house_decides_by(market: Market) -> None:
    steps = [{"effects": [{"event": "gold"}]}]
    await market.draft("whiskas", "rewards/set", {"title": TITLE, "prices": [{"points": 1}], "steps": steps})
    refused = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_for_partners")


async def test_more_than_the_partners_budget_is_not_accepted(market: Market) -> None:
    await market.draft("whiskas", "offers/cat_food", offer(size="26"))
    refused = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "program_not_accepted")
    assert refused.json()["fields"]["report"]["faults"][0]["code"] == "partner_budget_passed"


async def test_what_somebody_does_elsewhere_is_not_accepted_as_a_condition(market: Market) -> None:
    await market.draft("whiskas", "offers/cat_food", offer(**{"if": "store.chain == 'felicia'"}))
    refused = await market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "program_not_accepted")
    faults = refused.json()["fields"]["report"]["faults"]
    assert [(one["code"], one["path"]) for one in faults] == [("partner_place", "offers.cat_food.if")]


async def test_partners_see_neither_each_other_nor_the_house(market: Market) -> None:
    await market.draft("whiskas", "offers/cat_food", offer())
    await market.draft(
        "house", "rules/more", {"trigger": "purchase", "effects": [{"give": "points", "amount": "1"}]}, "plan"
    )
    for draft in ("cats", "plan"):
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/offers/cat_food"),
            ("POST", "/check"),
            ("POST", "/publish"),
        ):
            refused = await market.ask("pedigree", method, f"{HOUSE}/drafts/{draft}{path}")
            assert (refused.status_code, refused.json()["code"]) == (403, "not_yours"), path
        assert (await market.draft("pedigree", "offers/mine", offer(), draft)).status_code == 403
    assert (await market.ask("pedigree", "GET", f"{HOUSE}/drafts")).json()["items"] == []
    assert (await market.ask("pedigree", "GET", f"{HOUSE}/definitions/rules/base")).status_code == 403
    assert (await market.ask("pedigree", "GET", f"{HOUSE}/stock")).json()["items"] == []
    assert [one["reward"] for one in (await market.ask("whiskas", "GET", f"{HOUSE}/stock")).json()["items"]] == ["bowl"]
    supply = {"set": 3, "reason": "made"}
    assert (await market.ask("whiskas", "POST", f"{HOUSE}/stock/mug", supply)).status_code == 403
    assert (await market.ask("whiskas", "POST", f"{HOUSE}/stock/bowl", supply)).status_code == 200
    member = (await market.buy_as(7, 10000))["member"]["id"]
    for who, reward in (("house", "mug"), ("house", "bowl")):
        await market.ask(who, "POST", f"{HOUSE}/stock/{reward}", {"set": 9, "reason": "made"})
        ordered = await market.ask("house", "POST", f"/v1/members/{member}/orders", {"reward": reward})
        assert ordered.status_code == 201, ordered.text
    seen = {
        who: [one["reward"] for one in (await market.ask(who, "GET", f"{HOUSE}/orders")).json()["items"]]
        for who in ("house", "whiskas", "pedigree")
    }
    assert seen == {"house": ["bowl", "mug"], "whiskas": ["bowl"], "pedigree": []}
    batches = {who: await market.ask(who, "GET", "/v1/vouchers/batches") for who in ("house", "whiskas")}
    assert [one["voucher"] for one in batches["house"].json()["items"]] == []
    assert batches["whiskas"].json()["items"] == []
    # The house sees all of it.
    assert (await market.ask("house", "GET", f"{HOUSE}/drafts/cats")).status_code == 200


async def test_two_partners_at_once_both_come_into_force(market: Market) -> None:
    await market.draft("whiskas", "offers/cat_food", offer(), "cats")
    await market.draft("pedigree", "offers/dog_food", offer(size="500"), "dogs")
    both = await asyncio.gather(
        market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish"),
        market.ask("pedigree", "POST", f"{HOUSE}/drafts/dogs/publish"),
    )
    assert sorted(str(one.json().get("number", one.text)) for one in both) == ["2", "3"]
    offers = (await market.ask("house", "GET", f"{HOUSE}/definitions")).json()["definitions"]["offers"]
    assert sorted(offers) == ["cat_food", "dog_food", "house_offer"]


async def test_two_partners_and_the_house_at_once_all_get_through(market: Market) -> None:
    for turn in range(3):
        await market.draft("whiskas", f"offers/cat{turn}", offer(size="1"), f"cats{turn}")
        await market.draft("pedigree", f"offers/dog{turn}", offer(size="1"), f"dogs{turn}")
        rule = {"trigger": "purchase", "effects": [{"give": "points", "amount": "1"}]}
        await market.draft("house", f"rules/more{turn}", rule, f"plan{turn}")
        tried = await asyncio.gather(
            market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats{turn}/publish"),
            market.ask("pedigree", "POST", f"{HOUSE}/drafts/dogs{turn}/publish"),
            market.ask("house", "POST", f"{HOUSE}/drafts/plan{turn}/releases", {}),
        )
        # The house proposes over a release: where a partner's came first it is told so, and proposes again.
        codes = [(one.status_code, one.json().get("code")) for one in tried]
        assert codes[:2] == [(201, None), (201, None)]
        assert codes[2] in {(201, None), (409, "release_overtaken")}
    offers = (await market.ask("house", "GET", f"{HOUSE}/definitions")).json()["definitions"]["offers"]
    assert {f"{one}{turn}" for one in ("cat", "dog") for turn in range(3)} <= set(offers)


async def test_a_turn_that_takes_long_is_waited_for(market: Market, database: Database) -> None:
    await market.draft("whiskas", "offers/cat_food", offer())
    async with database.transaction(programs=[1]) as tx:
        await proposals.lock(tx, program_id=1)
        published = asyncio.create_task(market.ask("whiskas", "POST", f"{HOUSE}/drafts/cats/publish"))
        # Longer than a transaction may be idle elsewhere, and than any other lock is waited for.
        await asyncio.sleep(2.6)
        assert not published.done()
        await tx.fetchval("select 1")
    assert (await published).status_code == 201


async def test_the_house_still_needs_its_second_person(market: Market) -> None:
    await market.draft(
        "house", "rules/more", {"trigger": "purchase", "effects": [{"give": "points", "amount": "1"}]}, "plan"
    )
    refused = await market.ask("house", "POST", f"{HOUSE}/drafts/plan/publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_needed")


async def test_a_partners_key_gets_no_right_of_the_house(market: Market) -> None:
    for scope in ("till", "members:read", "program:approve", "admin", "ledger:read"):
        made = await market.ask("house", "POST", "/v1/keys", {"label": "x", "scopes": [scope], "partner": "whiskas"})
        assert (made.status_code, made.json()["code"]) == (422, "scope_not_for_partners"), scope
    made = await market.ask(
        "house", "POST", "/v1/keys", {"label": "x", "scopes": ["program:read"], "partner": "whiskas"}
    )
    assert (made.status_code, made.json()["key"]["partner"]) == (201, "whiskas")


async def test_a_key_is_made_only_for_a_partner_that_there_is(market: Market) -> None:
    body = {"label": "x", "scopes": ["program:read"], "partner": "nope"}
    made = await market.ask("house", "POST", "/v1/keys", body)
    assert (made.status_code, made.json()["code"]) == (422, "unknown_partner")
    assert made.json()["fields"] == {"partner": "nope", "known": "whiskas, pedigree"}


OPEN = {
    ("GET", "/v1/programs/{program}/budgets"),
    ("GET", "/v1/programs/{program}/definitions"),
    ("GET", "/v1/programs/{program}/definitions/{kind}/{name}"),
    ("GET", "/v1/programs/{program}/drafts"),
    ("DELETE", "/v1/programs/{program}/drafts/{draft}"),
    ("GET", "/v1/programs/{program}/drafts/{draft}"),
    ("POST", "/v1/programs/{program}/drafts/{draft}/check"),
    ("POST", "/v1/programs/{program}/drafts/{draft}/publish"),
    ("POST", "/v1/programs/{program}/drafts/{draft}/rebase"),
    ("DELETE", "/v1/programs/{program}/drafts/{draft}/{kind}/{name}"),
    ("GET", "/v1/programs/{program}/drafts/{draft}/{kind}/{name}"),
    ("PUT", "/v1/programs/{program}/drafts/{draft}/{kind}/{name}"),
    ("GET", "/v1/programs/{program}/orders"),
    ("GET", "/v1/vouchers/batches"),
    ("GET", "/v1/programs/{program}/stock"),
    ("POST", "/v1/programs/{program}/stock/{reward}"),
    ("POST", "/v1/programs/{program}/stock/{reward}/{variant}"),
}
"""All that a partner's key opens. Whoever opens a route to partners adds it here, with a test of what they see."""


async def test_the_key_of_a_partner_opens_these_operations_and_no_other(market: Market) -> None:
    opened = set()
    for each in describing.operations(app.routes_only()):
        if each.description.scope is None:
            continue
        path = re.sub(r"{(\w+)}", lambda found: _some(found[1]), each.path)
        content: dict[str, Any] | None = None if each.method in {"GET", "DELETE"} else {}
        answer = await market.ask("whiskas", each.method, path, content)
        code = answer.json().get("code") if answer.headers["content-type"].startswith("application/") else ""
        assert answer.status_code != 500, each
        if each.description.scope in RIGHTS and code != "closed_to_partners":
            opened.add((each.method, each.path))
        elif each.description.scope not in RIGHTS:
            assert (answer.status_code, code) == (403, "scope_missing"), each
    assert opened == OPEN


def _some(name: str) -> str:
    prefix = {"activity_id": "act", "hold_id": "hld", "member_id": "mem", "card_id": "crd", "key_id": "key"}.get(name)
    return ids.to_wire(prefix, edge.new_id(edge.now())) if prefix else "1"
