"""Somebody imagined buys something imagined: the same decision and the same explanation as in real life."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from regulars.kit.database import Database
from tests.api.team import Team, team

# 1 point for each whole leu, half as much again for silver, 50 for a birthday month that is imagined.
PROGRAM = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: MDL, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}, caps: {day: 5000}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}, fields: {minutes: int}}
attributes:
  born: {type: date, purpose: service, title: {en: Born, ru: Рождение, ro: Naștere}}
purposes:
  service: {title: {en: Service, ru: Сервис, ro: Servicii}, texts: {v1: {en: We serve, ru: Служим, ro: Servim}}}
lists:
  shelves: {title: {en: Shelves, ru: Полки, ro: Rafturi}, values: [TEA, COFFEE]}
metrics:
  buys: {count: activities, where: "type == 'purchase'"}
  spend: {sum: "basket.total", window: 30 days}
  last_month: {sum: "basket.total", window: previous calendar month}
  top: {max: "basket.total"}
  shops: {distinct: "store.id", where: "has(store)"}
  row: {streak: week}
  last_shop: {last: "store.city", where: "has(store)"}
  by_shelf: {sum: "line.amount", over: lines, by: "line.category"}
  at_till: {count: activities, per: till, window: 1 hour}
segments:
  regular: {title: {en: Regular, ru: Частый, ro: Fidel}, if: "member.metrics.buys >= 3"}
  vip: {title: {en: VIP, ru: ВИП, ro: VIP}, static: true}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    levels: {green: 0, silver: 1000.00, gold: 5000.00}
    by_hand: true
choices:
  mine:
    title: {en: Mine, ru: Моё, ro: Al meu}
    options: lists.shelves
    pick: "1"
    period: calendar month
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base / 1.00"}]}
  silver: {trigger: purchase, if: "member.tier == 'silver'", effects: [{multiply: points, by: 1.5}]}
  vip: {trigger: purchase, audience: vip, effects: [{give: points, amount: "7"}]}
  regular: {trigger: {event: segment.entered, name: regular}, effects: [{give: points, amount: "100"}]}
  chosen: {trigger: purchase, lines: "line.category in member.choices.mine", effects: [{give: points, amount: "3"}]}
  big: {trigger: purchase, if: "member.metrics.last_month >= 2000.00", effects: [{give: points, amount: "11"}]}
  steady: {trigger: purchase, if: "member.metrics.row >= 4", effects: [{give: points, amount: "13"}]}
"""


async def corner(client: httpx.AsyncClient, database: Database) -> Team:
    found = await team(client, database, "marta")
    await found.publish(PROGRAM)
    return found


async def tried(found: Team, member: dict[str, Any], **activity: Any) -> Any:
    body = {"member": member, "lines": [{"amount": 10000}], **activity}
    return await found.post("marta", "simulate", body)


def fired(answer: Any) -> dict[str, int]:
    return {one["rule"]: one["points"].get("points", 0) for one in answer["rules"] if one["fired"]}


async def test_a_stranger_earns_the_base_and_hears_why_not_more(client: httpx.AsyncClient, database: Database) -> None:
    found = await tried(await corner(client, database), {})
    assert (found["release"], found["points"], fired(found)) == (1, {"points": 100}, {"base": 100})
    silver = next(one for one in found["rules"] if one["rule"] == "silver")
    assert (silver["because"], silver["condition"]["holds"]) == ("condition", False)
    assert silver["condition"]["reads"] == {"member.tier": "green"}
    answer = found["answer"]
    assert (answer["total"], answer["points"], answer["balances"][0]["active"]) == (10000, {"points": 100}, 100)
    assert found["refused"] is None


async def test_a_price_is_simulated_as_a_quote_says_it(client: httpx.AsyncClient, database: Database) -> None:
    team = await corner(client, database)
    rules = "".join(
        f'  {name}: {{trigger: purchase, effects: [{{discount: {{percent: "{percent}"}}, group: goods}}]}}\n'
        for name, percent in (("tenth", 10), ("fifth", 20))
    )
    await team.publish(PROGRAM + rules + "stacking: {till: {groups: {goods: {mode: best}}}}\n")
    answer = (await tried(team, {}))["answer"]
    assert (answer["total"], answer["discount"], answer["to_pay"]) == (10000, 2000, 8000)
    assert [(one["source"], one["amount"]) for one in answer["discounts"]] == [("rules.fifth", 2000)]
    assert [(one["source"], one["because"]) for one in answer["not_taken"]] == [("rules.tenth", "worse_in_group")]


async def test_a_tier_follows_from_the_imagined_number_or_is_imagined_itself(
    client: httpx.AsyncClient, database: Database
) -> None:
    shop = await corner(client, database)
    for member in ({"metrics": {"spend": 150_000}}, {"tiers": {"status": "silver"}}):
        found = await tried(shop, member)
        assert fired(found) == {"base": 100, "silver": 50}, member
        assert found["tiers"] == {}
    # 4,950.00 and 100.00 more: gold, and the world hears it; a tier that is said is only where the member begins.
    for member in ({}, {"tiers": {"status": "silver"}}):
        found = await tried(shop, {"metrics": {"spend": 495_000}, **member})
        assert found["tiers"] == {"status": "gold"}
        assert [one["data"]["level"] for one in found["events"] if one["type"] == "tier.up"] == ["gold"]


async def test_each_fact_that_is_imagined_changes_the_decision(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    assert fired(await tried(shop, {"segments": ["vip"]})) == {"base": 100, "vip": 7}
    assert fired(await tried(shop, {"metrics": {"last_month": 200_000}})) == {"base": 100, "big": 11}
    assert fired(await tried(shop, {"metrics": {"row": 3}})) == {"base": 100, "steady": 13}
    assert fired(await tried(shop, {"metrics": {"row": 2}})) == {"base": 100}
    tea = [{"amount": 10000, "category": "TEA"}]
    assert fired(await tried(shop, {"choices": {"mine": ["TEA"]}}, lines=tea)) == {"base": 100, "chosen": 3}
    assert fired(await tried(shop, {"choices": {"mine": ["COFFEE"]}}, lines=tea)) == {"base": 100}


async def test_the_third_purchase_enters_the_segment_and_wakes_its_rule(
    client: httpx.AsyncClient, database: Database
) -> None:
    shop = await corner(client, database)
    found = await tried(shop, {"metrics": {"buys": 2}})
    assert found["segments"] == [{"segment": "regular", "entered": True}]
    assert found["points"] == {"points": 200}
    # Who is in it already enters no more.
    found = await tried(shop, {"metrics": {"buys": 3}})
    assert (found["segments"], found["points"]) == ([], {"points": 100})


async def test_imagined_points_can_be_spent_and_no_more(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    pay = [{"currency": "points", "points": 400}]
    found = await tried(shop, {"balances": {"points": 500}}, pay=pay)
    # 4.00 of 100.00 are paid with points, and earn nothing.
    assert (found["answer"]["to_pay"], found["points"]) == (9600, {"points": 96})
    assert found["answer"]["balances"][0]["active"] == 500 - 400 + 96
    poor = await tried(shop, {"balances": {"points": 300}}, pay=pay)
    assert (poor["answer"], poor["refused"]["code"], poor["points"]) == (None, "insufficient_points", {})


async def test_a_draft_and_a_proposal_are_tried_before_they_hold(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    rule = {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base / 0.50"}]}
    await shop.put("marta", "drafts/double/rules/base", rule)
    assert (await tried(shop, {}, draft="double"))["points"] == {"points": 200}
    assert (await tried(shop, {}))["points"] == {"points": 100}
    number = (await shop.post("marta", "drafts/double/releases", {}, 201))["number"]
    under = await tried(shop, {}, release=number)
    assert (under["release"], under["points"]) == (2, {"points": 200})
    await shop.post("marta", f"releases/{number}/publish")
    assert (await tried(shop, {}))["points"] == {"points": 200}
    assert (await tried(shop, {}, release=1))["points"] == {"points": 100}


async def test_nothing_is_written(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    await tried(shop, {"metrics": {"buys": 2}, "balances": {"points": 10}})
    async with database.read(programs=[1]) as tx:
        for table in ("account", "member", "activity", "entry", "claim", "day_row"):
            assert await tx.fetchval(f"select count(*) from {table}") == 0, table


async def test_any_type_can_be_tried_at_any_moment(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    found = await tried(shop, {}, type="visit", lines=[], fields={"minutes": 5}, occurred_at="2031-05-01T10:00:00Z")
    assert (found["type"], found["occurred_at"], found["points"]) == ("visit", "2031-05-01T10:00:00Z", {})


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ({"metrics": {"nothing": 1}}, "not_in_program"),
        ({"metrics": {"at_till": 1}}, "cannot_be_imagined"),
        ({"metrics": {"buys": "many"}}, "imagined_value_wrong"),
        ({"metrics": {"by_shelf": 3}}, "imagined_value_wrong"),
        ({"metrics": {"last_shop": 3}}, "imagined_value_wrong"),
        ({"metrics": {"shops": 1001}}, "imagined_value_wrong"),
        ({"segments": ["regular"]}, "segment_follows"),
        ({"segments": ["nobody"]}, "not_in_program"),
        ({"balances": {"gold": 1}}, "not_in_program"),
        ({"balances": {"points": -1}}, "validation_fault"),
        ({"tiers": {"status": "platinum"}}, "unknown_level"),
        ({"tiers": {"other": "gold"}}, "unknown_ladder"),
        ({"choices": {"mine": ["FISH"]}}, "imagined_value_wrong"),
        ({"choices": {"yours": ["TEA"]}}, "not_in_program"),
        ({"attributes": {"born": "yesterday"}}, "attribute_invalid"),
        ({"wishes": 3}, "validation_fault"),
    ],
)
async def test_what_cannot_be_imagined_is_said(
    client: httpx.AsyncClient, database: Database, member: dict[str, Any], code: str
) -> None:
    shop = await corner(client, database)
    answer = await shop.ask("marta", "POST", "simulate", {"member": member, "lines": [{"amount": 100}]})
    assert answer.json()["code"] == code
    assert 400 <= answer.status_code < 500


async def test_every_shape_of_metric_reads_what_was_imagined(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    rule = {
        "trigger": "purchase",
        "if": "member.metrics.top == 500.00 && member.metrics.shops == 4 && member.metrics.last_shop == 'Orhei'"
        " && member.metrics.by_shelf.exists(x, x.key == 'TEA' && x.value == 30.00)",
        "effects": [{"give": "points", "amount": "17"}],
    }
    await shop.put("marta", "drafts/all/rules/all", rule)
    facts = {"top": 50_000, "shops": 4, "last_shop": "Orhei", "by_shelf": {"TEA": 3_000}}
    assert fired(await tried(shop, {"metrics": facts}, draft="all")) == {"base": 100, "all": 17}
    assert fired(await tried(shop, {"metrics": {**facts, "shops": 5}}, draft="all")) == {"base": 100}


async def test_a_release_or_a_draft_and_somebody_elses_program(client: httpx.AsyncClient, database: Database) -> None:
    shop = await corner(client, database)
    both = {"member": {}, "release": 1, "draft": "x"}
    assert await shop.refused("marta", "simulate", both) == (422, "validation_fault")
    assert await shop.refused("marta", "simulate", {"release": 9}) == (404, "not_found")
    assert await shop.refused("marta", "simulate", {"draft": "none"}) == (404, "not_found")
    assert await shop.refused("marta", "/v1/programs/other/simulate", {}) == (404, "unknown_program")
