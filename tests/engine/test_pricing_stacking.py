"""How discounts meet, worked out by hand: modes, groups, bounds, budgets, and what is said of those not taken."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.engine.contracts.decision import NotTaken
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import FreeItem, On, Which
from regulars.program.contracts.rewards import Price, Reward, RewardType
from regulars.program.contracts.stacking import Mode, Stacking, StackingGroup
from regulars.program.contracts.values import Ratio
from tests.engine.shop import ReturnedLine, Shop, base, rule
from tests.engine.test_pricing import by_line, line, off, reasons, taken


def stacking(otherwise: Mode = Mode.ALL, **fields: Any) -> Stacking:
    groups = {name: StackingGroup(mode=mode) for name, mode in fields.pop("groups", {}).items()}
    return Stacking(name="till", groups=groups, otherwise=otherwise, **fields)


def test_all_apply_each_on_what_the_one_before_it_left() -> None:
    # 100.00, a tenth off is 90.00, a fifth off that 72.00.
    sale = Shop(rule("a", off(percent="10")), rule("b", off(percent="20"))).buy(10000)
    assert taken(sale) == {"rules.a": 1000, "rules.b": 1800}


def test_priority_goes_before_the_order_written() -> None:
    shop = Shop(rule("a", off(percent="50")), rule("b", off(amount="20.00"), priority=5))
    assert taken(shop.buy(10000)) == {"rules.b": 2000, "rules.a": 4000}


def test_the_first_that_applies() -> None:
    rules = (
        rule("tea", off(percent="50"), lines="line.category == 'tea'", priority=3),
        rule("tenth", off(percent="10"), priority=2),
        rule("half", off(percent="50"), priority=1),
    )
    sale = Shop(stacking(Mode.FIRST), *rules).buy(10000)
    assert taken(sale) == {"rules.tenth": 1000}
    assert sale.not_taken == (NotTaken("rules.half", 0, "worse_in_group", ("rules.tenth",)),)


def test_the_best_of_two_that_meet_on_a_line() -> None:
    shop = Shop(stacking(Mode.BEST), rule("tenth", off(percent="10")), rule("ten", off(amount="10.00")))
    small, even, large = shop.buy(5000), shop.buy(10000), shop.buy(20000)
    assert taken(small) == {"rules.ten": 1000}
    assert taken(large) == {"rules.tenth": 2000}
    # A tie goes by name, where neither ends first.
    assert taken(even) == {"rules.ten": 1000}
    assert reasons(even) == {"rules.tenth": "worse_in_group"}


def test_a_tie_goes_to_what_ends_first() -> None:
    ends = rule("tenth", off(percent="10"), until=dt.date(2026, 4, 1))
    sale = Shop(stacking(Mode.BEST), ends, rule("ten", off(amount="10.00"))).buy(10000)
    assert taken(sale) == {"rules.tenth": 1000}


def test_each_line_has_the_best_of_what_can_be_taken_line_by_line() -> None:
    tea = rule("tea", off(percent="30"), lines="line.category == 'tea'")
    shop = Shop(stacking(Mode.BEST), rule("tenth", off(percent="10")), tea)
    sale = shop.buy(lines=(line(1, 1000, category="tea"), line(2, 2000)))
    assert by_line(sale) == {1: 300, 2: 200}
    assert sale.not_taken == ()


def test_the_best_is_found_among_all_combinations() -> None:
    # Together tea and jam take off 3.00 + 2.50 = 5.50, which is more than 5.00 off everything; the dearest alone is not
    # the best, and neither is the first.
    rules = (
        rule("five", off(amount="5.00")),
        rule("jam", off(amount="2.50"), lines="line.category == 'jam'"),
        rule("tea", off(amount="3.00"), lines="line.category == 'tea'"),
    )
    shop = Shop(stacking(Mode.BEST), *rules)
    sale = shop.buy(lines=(line(1, 1000, category="tea"), line(2, 1000, category="jam")))
    assert taken(sale) == {"rules.tea": 300, "rules.jam": 250}
    assert sale.not_taken == (NotTaken("rules.five", 0, "worse_in_group", ("rules.jam", "rules.tea")),)


def test_of_more_than_eight_the_first_that_fit_in_the_order_written() -> None:
    rules = [rule(f"r{n}", off(amount=f"{n}.00")) for n in range(1, 10)]
    # Nine apply: the first is taken, though the ninth is better.
    assert taken(Shop(stacking(Mode.BEST), *rules).buy(10000)) == {"rules.r1": 100}
    assert taken(Shop(stacking(Mode.BEST), *rules[1:]).buy(10000)) == {"rules.r9": 900}


def test_groups_follow_each_other_in_the_order_written_and_the_rest_come_last() -> None:
    shop = Shop(
        stacking(groups={"late": Mode.ALL, "early": Mode.BEST}),
        rule("rest", off(percent="50")),
        rule("early", off(amount="10.00", group="early")),
        rule("late", off(percent="10", group="late")),
    )
    sale = shop.buy(10000)
    # 100.00, less a tenth 90.00, less 10.00 80.00, half of it.
    assert [(one.source, one.amount) for one in sale.discounts] == [
        ("rules.late", 1000),
        ("rules.early", 1000),
        ("rules.rest", 4000),
    ]


def test_the_largest_discount_of_a_line() -> None:
    shop = Shop(stacking(largest_line=Ratio(3, 10)), rule("half", off(percent="50"), lines="line.no == 1"))
    sale = shop.buy(1000, 1000)
    assert by_line(sale) == {1: 300}
    assert sale.discounts[0].cut_by == "largest_discount_line"


def test_the_largest_discount_of_the_basket() -> None:
    rules = (rule("a", off(percent="40"), lines="line.no == 1"), rule("b", off(percent="40"), lines="line.no == 2"))
    shop = Shop(stacking(largest_basket=Ratio(1, 4)), *rules)
    sale = shop.buy(1000, 1000)
    # A quarter of 20.00 is 5.00: 4.00 and what is left of it.
    assert by_line(sale) == {1: 400, 2: 100}
    third = Shop(stacking(largest_basket=Ratio(1, 5)), *rules).buy(1000, 1000)
    assert (by_line(third), reasons(third)) == ({1: 400}, {"rules.b": "largest_discount_basket"})


def test_never_below_a_price_that_the_goods_have() -> None:
    shop = Shop(stacking(never_below=("cost", "legal_price")), rule("half", off(percent="50")))
    basket = (
        line(1, 2000, 2, facts={"cost": 800, "legal_price": 700}),
        line(2, 1000, facts={"legal_price": 900}),
        line(3, 1000),
        line(4, 1000, facts={"cost": 1200}),
    )
    sale = shop.buy(lines=basket)
    # 16.00 at least for two; 9.00; half; and nothing comes off what is sold below its cost.
    assert by_line(sale) == {1: 400, 2: 100, 3: 500}
    assert sale.discounts[0].cut_by == "never_below"


def test_an_amount_goes_to_the_lines_that_have_room_for_it() -> None:
    shop = Shop(stacking(never_below=("cost",)), rule("ten", off(amount="10.00")))
    sale = shop.buy(lines=(line(1, 1000, facts={"cost": 900}), line(2, 1000)))
    assert by_line(sale) == {1: 100, 2: 900}
    assert sale.discounts[0].cut_by is None


def test_a_discount_that_finds_no_room_says_why() -> None:
    shop = Shop(stacking(never_below=("cost",)), rule("ten", off(percent="10")))
    sale = shop.buy(lines=(line(1, 1000, facts={"cost": 1000}),))
    assert (taken(sale), reasons(sale)) == ({}, {"rules.ten": "never_below"})


def test_nothing_to_discount() -> None:
    shop = Shop(rule("nine", off(fixed="9.00")), rule("ship", off(percent="100", on=On.SHIPPING)))
    assert reasons(shop.buy(800)) == {"rules.nine": "nothing_to_discount", "rules.ship": "nothing_to_discount"}


def test_of_an_exclusive_group_of_rules_only_the_highest_is_asked() -> None:
    rules = (
        rule("a", off(percent="50"), group="one", priority=1),
        rule("b", off(percent="10"), group="one", priority=2),
    )
    assert taken(Shop(*rules).buy(10000)) == {"rules.b": 1000}


def test_a_budget_in_money_cuts_and_then_gives_nothing_more() -> None:
    shop = Shop(rule("half", off(percent="50"), budget=Budget(money=700)))
    first = shop.buy(1000)
    assert taken(first) == {"rules.half": 500}
    second = shop.buy(1000)
    assert (taken(second), second.discounts[0].cut_by) == ({"rules.half": 200}, "budget")
    third = shop.buy(1000)
    assert (taken(third), reasons(third)) == ({}, {"rules.half": "budget"})


def test_a_return_gives_a_budget_back() -> None:
    shop = Shop(rule("half", off(percent="50"), budget=Budget(money=700)))
    shop.buy(lines=(line(1, 1000, 2),))
    shop.back(shop.last(), ReturnedLine(no=1, quantity=1000))
    # 7.00 less 5.00, and 2.50 back: 4.50 are left.
    assert taken(shop.buy(1000)) == {"rules.half": 450}


def test_a_budget_of_uses_counts_each_purchase_once() -> None:
    shop = Shop(rule("two", off(percent="10"), off(amount="1.00", which=Which.CHEAPEST), budget=Budget(uses=2)))
    assert [sum(taken(shop.buy(1000)).values()) for _ in range(3)] == [200, 200, 0]


def test_a_reward_that_points_pay_for_is_no_discount_that_the_bounds_hold_for() -> None:
    sort = RewardType(name="free", effects=(FreeItem(),))
    coffee = Reward(
        name="coffee", type="free", lines="line.category == 'coffee'", prices=(Price(points={"points": "10"}),)
    )
    shop = Shop(
        stacking(largest_line=Ratio(1, 5), largest_basket=Ratio(1, 5), never_below=("cost",)),
        base(),
        sort,
        coffee,
        rule("tenth", off(percent="50"), lines="line.category == 'bread'"),
    )
    shop.buy(10000)
    basket = (line(1, 400, category="coffee", facts={"cost": 300}), line(2, 1000, category="bread"))
    sale = shop.buy(lines=basket, rewards=("coffee",))
    # The coffee is free; of the bread a fifth comes off, as if nothing else had.
    assert by_line(sale) == {1: 400, 2: 200}
