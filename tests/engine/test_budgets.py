"""Budgets: cut to what is left, then stop; by period, store and partner; given back with what is returned."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.engine import service as engine
from regulars.engine.contracts.decision import Cut, Decision
from regulars.engine.contracts.known import CounterKey
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.effects import Receipt
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.values import Period, Ratio, Text
from tests.engine.shop import ReturnedLine, Shop, Store, at, base, give, lines, rule

POINTS = Budget(points={"points": 25})


def used(shop: Shop, name: str, what: str = "points", owner: str = "program", bucket: str = "ever") -> int:
    return shop.counters.get((CounterKey(f"budget:{name}/{what}", owner, bucket), ""), 0)


def gave(decision: Decision) -> list[tuple[str, int, tuple[Cut, ...]]]:
    return [(one.rule, one.points, one.cuts) for one in decision.fired]


def test_a_budget_of_points_is_cut_to_what_is_left_and_then_stops() -> None:
    shop = Shop(base("0"), rule("ten", give("10"), budget=POINTS))
    by = "rules.ten.budget"
    assert gave(shop.buy(100)) == [("ten", 10, ())]
    assert gave(shop.buy(100)) == [("ten", 10, ())]
    assert gave(shop.buy(100)) == [("ten", 5, (Cut(by, 5),))]
    assert gave(shop.buy(100)) == [("ten", 0, (Cut(by, 10),))]
    assert (used(shop, "rules.ten"), shop.active()) == (25, 25)
    # What was cut is counted beside what was used.
    assert shop.counters[CounterKey("budget:rules.ten/points", "program", "ever"), "cut"] == 15


def test_the_explanation_says_which_budget_cut() -> None:
    shop = Shop(base("0"), rule("ten", give("10"), budget=Budget(points={"points": 4})))
    cut = (Cut("rules.ten.budget", 6),)
    traced = shop.buy(100, trace=True)
    assert [one.cuts for one in traced.trace if one.rule == "ten"] == [cut]
    activity, decision, _ = shop.done[shop.last()]
    again = engine.explain(shop.compiled, activity, decision.recorded)
    assert [(one.points, one.cuts) for one in again if one.rule == "ten"] == [({"points": 4}, cut)]


def test_uses_count_how_often_and_without_one_the_rule_does_nothing_at_all() -> None:
    said = Receipt(receipt="hello", say=Text(en="Hello"))
    shop = Shop(base("0"), rule("twice", give("10"), said, budget=Budget(uses=2)))
    found = [shop.buy(100) for _ in range(3)]
    assert [one.points for one in found] == [{"points": 10}, {"points": 10}, {"points": 0}]
    assert [sum(one.code == "hello" for one in decision.messages) for decision in found] == [1, 1, 0]
    assert gave(found[2]) == [("twice", 0, (Cut("rules.twice.budget", 10),))]
    assert used(shop, "rules.twice", "uses") == 2


def test_each_store_has_a_budget_of_the_same_size() -> None:
    shop = Shop(base("0"), rule("ten", give("10"), budget=Budget(points={"points": 15}, per=Slice.STORE)))
    one, two = Store(id="1"), Store(id="2")
    assert [shop.buy(100, store=store).points["points"] for store in (one, one, two, two, None)] == [10, 5, 10, 5, 10]
    owners = ("store:1", "store:2", "store:-")
    assert [used(shop, "rules.ten", owner=owner) for owner in owners] == [15, 15, 10]


def test_each_partner_has_a_budget_of_the_same_size() -> None:
    shop = Shop(base("0"), rule("ten", give("10"), budget=Budget(points={"points": 15}, per=Slice.PARTNER)))
    north, south = Store(id="1", chain="north"), Store(id="2", chain="south")
    assert [shop.buy(100, store=store).points["points"] for store in (north, north, south)] == [10, 5, 10]
    assert used(shop, "rules.ten", owner="partner:north") == 15


def test_a_period_begins_it_anew() -> None:
    budget = Budget(points={"points": 15}, period=Period.MONTH)
    shop = Shop(base("0"), rule("ten", give("10"), budget=budget))
    assert [shop.buy(100).points["points"] for _ in range(3)] == [10, 5, 0]
    # Local midnight of 1 April is 21:00 UTC the day before.
    shop.now = at("2026-03-31 20:59")
    assert shop.buy(100).points == {"points": 0}
    shop.now = at("2026-03-31 21:00")
    assert shop.buy(100).points == {"points": 10}
    assert used(shop, "rules.ten", bucket="2026-03-01") == 15
    assert used(shop, "rules.ten", bucket="2026-04-01") == 10


def test_definitions_share_a_budget_by_its_name_and_the_first_of_them_goes_first() -> None:
    shared = Budget(points={"points": 25}, shared="spring")
    shop = Shop(base("0"), rule("low", give("10"), budget=shared), rule("high", give("12"), budget=shared, priority=5))
    assert gave(shop.buy(100)) == [("high", 12, ()), ("low", 10, ())]
    by = "budgets.spring.budget"
    assert gave(shop.buy(100)) == [("high", 3, (Cut(by, 9),)), ("low", 0, (Cut(by, 10),))]
    assert used(shop, "budgets.spring") == 25


def test_what_a_partner_owns_is_cut_by_their_budget_too() -> None:
    whiskas = Partner(name="whiskas", budget=Budget(points={"points": 12}))
    own = Budget(points={"points": 9})
    shop = Shop(
        base("0"),
        whiskas,
        rule("cats", give("10"), owner="whiskas", budget=own),
        rule("dogs", give("5"), owner="whiskas"),
    )
    assert gave(shop.buy(100)) == [
        ("cats", 9, (Cut("rules.cats.budget", 1),)),
        ("dogs", 3, (Cut("partners.whiskas.budget", 2),)),
    ]
    assert (used(shop, "partners.whiskas"), used(shop, "rules.cats")) == (12, 9)


def test_L43_what_another_cap_cuts_does_not_use_the_budget_up() -> None:
    full = Currency(name="points", value=Ratio(1, 100), largest_balance=14)
    shop = Shop(full, base("0"), rule("ten", give("10"), budget=POINTS))
    assert [shop.buy(100).points["points"] for _ in range(2)] == [10, 4]
    assert used(shop, "rules.ten") == 14


def test_L44_returns_give_room_back_to_the_period_of_the_sale() -> None:
    budget = Budget(points={"points": 15}, period=Period.MONTH)
    shop = Shop(base("0"), rule("tenth", give("basket.total / 10"), budget=budget))
    shop.buy(10000)
    sale = shop.last()
    assert used(shop, "rules.tenth", bucket="2026-03-01") == 10
    shop.now = at("2026-04-02 10:00")
    shop.buy(lines=lines(5000))
    assert used(shop, "rules.tenth", bucket="2026-04-01") == 5
    shop.back(sale, ReturnedLine(no=1))
    assert used(shop, "rules.tenth", bucket="2026-03-01") == 0
    assert used(shop, "rules.tenth", bucket="2026-04-01") == 5


def test_L44_a_sale_that_was_cut_is_not_topped_up() -> None:
    shop = Shop(base("0"), rule("tenth", give("basket.total / 10"), budget=POINTS))
    shop.buy(20000)
    shop.buy(lines=lines(10000, 10000))
    cut = shop.last()
    assert shop.active() == 25
    # Another sale's room comes back first, then half of the cut one: 10 of its 20 are left, it had 5.
    first = next(iter(shop.done))
    assert shop.back(first).points == {"points": -20}
    assert shop.back(cut, ReturnedLine(no=1)).points == {}
    assert (used(shop, "rules.tenth"), shop.active()) == (5, 5)
    assert shop.back(cut, ReturnedLine(no=2)).points == {"points": -5}
    assert (used(shop, "rules.tenth"), shop.active()) == (0, 0)


def test_a_use_comes_back_once_nothing_of_the_sale_is_left() -> None:
    shop = Shop(base("0"), rule("once", give("10"), budget=Budget(uses=1), lines="line.amount > 5.00"))
    shop.buy(lines=lines(1000, 100))
    sale = shop.last()
    assert shop.buy(1000).points == {"points": 0}
    unlucky = shop.last()
    shop.back(unlucky)
    shop.back(sale, ReturnedLine(no=2))
    assert used(shop, "rules.once", "uses") == 1
    shop.back(sale, ReturnedLine(no=1))
    assert used(shop, "rules.once", "uses") == 0
    assert shop.buy(1000).points == {"points": 10}


def told(decision: Decision) -> list[tuple[str, Any, Any]]:
    return [
        (event.type, event.data["left"], event.data["size"]) for event in decision.events if "budget." in event.type
    ]


def test_the_world_hears_once_that_a_budget_is_low_and_that_it_is_spent() -> None:
    shop = Shop(base("0"), rule("four", give("4"), budget=POINTS))
    heard = [told(shop.buy(100)) for _ in range(8)]
    # 25 in all, low with 2 left or less: the sixth leaves 1, the seventh nothing.
    assert heard == [[], [], [], [], [], [("budget.low", 1, 25)], [("budget.spent", 0, 25)], []]
    # A return makes room, and the next sale spends it: that was told already.
    shop.back(shop.last())
    first = next(iter(shop.done))
    shop.back(first)
    assert told(shop.buy(100)) == []
    assert used(shop, "rules.four") == 25


def test_budgets_are_not_asked_for_where_nothing_is_claimed() -> None:
    late = rule("late", give("10"), budget=POINTS, from_=dt.date(2027, 1, 1))
    shop = Shop(base(), late)
    assert shop.buy(100).rations == ()
