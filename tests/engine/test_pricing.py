"""What discounts take off a basket, worked out by hand: one field after the other."""

from __future__ import annotations

from typing import Any

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Adjustment, Line
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Currency, Group, Measure, Metric, SpendPolicy
from regulars.program.contracts.effects import Discount, FreeItem, On, Part, Reduction, Which
from regulars.program.contracts.values import Period, Ratio, Share
from tests.engine.shop import PointsPayment, ReturnedLine, Shop, at, base, give, rule


def off(group: str | None = None, **fields: Any) -> Discount:
    """A discount: the words of a reduction, and its other fields."""
    words = {name: fields.pop(name) for name in ("percent", "amount", "per_unit", "fixed") if name in fields}
    return Discount(discount=Reduction(**words), group=group, **fields)


def line(no: int, amount: int, quantity: int = 1, category: str | None = None, **fields: Any) -> Line:
    return Line(no=no, amount=amount, quantity=quantity * 1000, category=category, **fields)


def taken(decision: Decision) -> dict[str, int]:
    """What each source took off."""
    found: dict[str, int] = {}
    for one in decision.discounts:
        found[one.source] = found.get(one.source, 0) + one.amount
    return found


def by_line(decision: Decision) -> dict[int, int]:
    """What came off each line."""
    found: dict[int, int] = {}
    for one in decision.discounts:
        for no, amount in one.per_line:
            found[no] = found.get(no, 0) + amount
    return found


def reasons(decision: Decision) -> dict[str, str]:
    """Why which source took nothing."""
    return {one.source: one.because for one in decision.not_taken}


def test_a_percentage_comes_off_each_line_and_points_are_earned_on_the_rest() -> None:
    shop = Shop(base(), rule("tenth", off(percent="10")))
    sale = shop.buy(1999, 500)
    # 1.999 and 0.50: 2.00 and 0.50 off, so 22.49 are left, which earn 22.
    assert by_line(sale) == {1: 200, 2: 50}
    assert sale.points == {"points": 22}


def test_a_return_gives_back_what_was_paid() -> None:
    shop = Shop(base("basket.total"), rule("tenth", off(percent="10")))
    shop.buy(lines=(line(1, 3000, 3), line(2, 1000)))
    back = shop.back(shop.last(), ReturnedLine(no=1, quantity=1000))
    assert back.returned == 900
    assert back.points == {"points": -9}
    assert shop.active() == 27


def test_an_amount_is_taken_off_in_all_and_spread_by_largest_remainder() -> None:
    # L39: 10.00 over three equal lines is 3.34, 3.33, 3.33.
    sale = Shop(rule("ten", off(amount="10.00"))).buy(2000, 2000, 2000)
    assert by_line(sale) == {1: 334, 2: 333, 3: 333}


def test_an_amount_takes_no_more_than_there_is() -> None:
    shop = Shop(base(), rule("ten", off(amount="10.00")))
    sale = shop.buy(300, 400)
    assert by_line(sale) == {1: 300, 2: 400}
    assert sale.points == {}


def test_so_much_off_each_unit() -> None:
    # 3 pieces at 2.00 less 0.30 each; 1.250 kg for 5.00 less 0.30 a kg is 0.375, so 0.38.
    weighed = Line(no=2, amount=500, quantity=1250, unit="kg")
    sale = Shop(rule("less", off(per_unit="0.30"))).buy(lines=(line(1, 600, 3), weighed))
    assert by_line(sale) == {1: 90, 2: 38}


def test_a_fixed_price_for_each_unit_never_makes_anything_dearer() -> None:
    sale = Shop(rule("nine", off(fixed="9.00"))).buy(lines=(line(1, 3000, 3), line(2, 800)))
    assert by_line(sale) == {1: 300}


def test_a_formula_reads_the_line() -> None:
    # A tenth of the shelf price, and 5 percent more of what costs 10.00 or more.
    formula = "line.price >= 10.00 ? 15 : 10"
    sale = Shop(rule("more", off(percent=formula))).buy(1000, 500)
    assert by_line(sale) == {1: 150, 2: 50}


def test_off_the_basket_is_rounded_once() -> None:
    # A third of 0.05 is 0.0165 on each of three lines: 0.02 three times, but 0.05 off 0.15 in all.
    each = Shop(rule("third", off(percent="33"))).buy(5, 5, 5)
    assert by_line(each) == {1: 2, 2: 2, 3: 2}
    whole = Shop(rule("third", off(percent="33", on=On.BASKET))).buy(5, 5, 5)
    assert by_line(whole) == {1: 2, 2: 2, 3: 1}


def test_a_fixed_price_for_the_basket() -> None:
    sale = Shop(rule("set", off(fixed="99.00", on=On.BASKET))).buy(7000, 4000)
    assert (sum(by_line(sale).values()), by_line(sale)) == (1100, {1: 700, 2: 400})


def test_free_shipping_is_taken_off_shipping_only() -> None:
    basket = (line(1, 5000), line(2, 499, kind="shipping"))
    sale = Shop(rule("ship", off(percent="100", on=On.SHIPPING), **{"if": "basket.total >= 50.00"})).buy(lines=basket)
    assert by_line(sale) == {2: 499}
    other = Shop(rule("tenth", off(percent="10"))).buy(lines=basket)
    assert by_line(other) == {1: 500}


def test_deposits_and_gift_cards_are_money_and_never_reduced() -> None:
    basket = (line(1, 1000), line(2, 50, kind="deposit"), line(3, 2000, kind="gift_card"))
    assert by_line(Shop(rule("half", off(percent="50"))).buy(lines=basket)) == {1: 500}


def test_a_group_may_say_that_its_lines_are_not_discounted() -> None:
    books = Group(name="books", lines="line.category == 'book'", discounts=False)
    sale = Shop(books, rule("half", off(percent="50"))).buy(lines=(line(1, 1000, category="book"), line(2, 600)))
    assert by_line(sale) == {2: 300}


def test_only_the_lines_that_match() -> None:
    tea = rule("tea", off(percent="50"), lines="line.category == 'tea'")
    assert by_line(Shop(tea).buy(lines=(line(1, 1000, category="tea"), line(2, 600)))) == {1: 500}


def test_the_cheapest_units() -> None:
    # Units: 10.00, 10.00, 4.00, 6.00; the two cheapest are 4.00 and 6.00.
    basket = (line(1, 2000, 2), line(2, 400), line(3, 600))
    sale = Shop(rule("two", off(percent="50", which=Which.CHEAPEST, count=2))).buy(lines=basket)
    assert by_line(sale) == {2: 200, 3: 300}


def test_every_third_unit_counted_from_the_dearest() -> None:
    # 10, 10, 8 | 8, 5, 5 | 5: the third is one of 8.00, the sixth one of 5.00.
    basket = (line(1, 1500, 3), line(2, 2000, 2), line(3, 1600, 2))
    three = rule("three", off(percent="100", which=Which.NTH, count=3))
    assert by_line(Shop(three).buy(lines=basket)) == {1: 500, 3: 800}


def test_every_nth_at_most_so_often_gives_the_dearest_of_them() -> None:
    basket = (line(1, 1500, 3), line(2, 2000, 2), line(3, 1600, 2))
    once = rule("three", off(percent="100", which=Which.NTH, count=3, times=1))
    assert by_line(Shop(once).buy(lines=basket)) == {3: 800}


def test_buy_two_and_get_another_at_half_price() -> None:
    # Four shirts pay for two pairs of socks, and there are three pairs: the cheapest two.
    effect = off(percent="50", which=Which.CHEAPEST, buy=Part(lines="line.category == 'shirt'", count=2))
    basket = (line(1, 8000, 4, "shirt"), line(2, 500, 1, "socks"), line(3, 600, 2, "socks"))
    socks = rule("socks", effect, lines="line.category == 'socks'")
    assert by_line(Shop(socks).buy(lines=basket)) == {3: 300}


def test_what_pays_for_another_unit_is_not_reduced_itself() -> None:
    # Two bought, one free, all of the same kind: of 5 units one is free; of 6 two are.
    effect = off(percent="100", which=Which.CHEAPEST, buy=Part(lines="true", count=2))
    assert by_line(Shop(rule("two", effect)).buy(lines=(line(1, 5000, 5),))) == {1: 1000}
    assert by_line(Shop(rule("two", effect)).buy(lines=(line(1, 6000, 6),))) == {1: 2000}


def test_buy_and_get_at_most_so_often() -> None:
    effect = off(percent="100", which=Which.CHEAPEST, buy=Part(lines="true", count=1), times=2)
    assert by_line(Shop(rule("pairs", effect)).buy(lines=(line(1, 8000, 8),))) == {1: 2000}


def test_a_bundle_of_two_kinds_for_one_price() -> None:
    # A 60.00 and B 70.00 together for 99.00, twice: 62.00 off 260.00; the third A is outside.
    effect = off(fixed="99.00", bundle=(Part(lines="line.category == 'a'"), Part(lines="line.category == 'b'")))
    basket = (line(1, 18000, 3, "a"), line(2, 14000, 2, "b"))
    sale = Shop(rule("both", effect)).buy(lines=basket)
    # 62.00 over 120.00 and 140.00: 28.615 and 33.385.
    assert by_line(sale) == {1: 2862, 2: 3338}
    once = Shop(rule("both", off(fixed="99.00", bundle=effect.bundle, times=1))).buy(lines=basket)
    assert sum(by_line(once).values()) == 3100


def test_a_bundle_takes_so_many_units_of_a_part() -> None:
    effect = off(amount="5.00", bundle=(Part(lines="line.category == 'a'", count=3),))
    assert by_line(Shop(rule("three", effect)).buy(lines=(line(1, 7000, 7, "a"),))) == {1: 1000}
    percent = off(percent="10", bundle=(Part(lines="line.category == 'a'", count=3),))
    assert by_line(Shop(rule("three", percent)).buy(lines=(line(1, 7000, 7, "a"),))) == {1: 600}


def test_at_most_so_much_money_in_all() -> None:
    sale = Shop(rule("half", off(percent="50", at_most=700))).buy(1000, 2000)
    assert by_line(sale) == {1: 233, 2: 467}
    assert sale.discounts[0].cut_by == "at_most"


def test_a_free_item_is_the_cheapest_of_those_that_match() -> None:
    coffee = rule("coffee", FreeItem(free_item=1), lines="line.category == 'coffee'")
    basket = (line(1, 900, 3, "coffee"), line(2, 250, 1, "coffee"), line(3, 700))
    assert by_line(Shop(coffee).buy(lines=basket)) == {2: 250}


def test_a_free_item_for_every_two_bought() -> None:
    effect = FreeItem(free_item=1, buy=Part(lines="line.category == 'coffee'", count=2), times=1)
    basket = (line(1, 1200, 4, "coffee"), line(2, 400, 2, "cake"))
    assert by_line(Shop(rule("cake", effect, lines="line.category == 'cake'")).buy(lines=basket)) == {2: 200}


def test_the_till_hears_of_goods_that_would_be_free() -> None:
    mug = rule("mug", FreeItem(free_item=1, sku="mug"), lines="line.sku == 'mug'", **{"if": "basket.total >= 50.00"})
    shop = Shop(mug)
    sale = shop.buy(6000)
    assert [(one.source, one.because, one.sku) for one in sale.not_taken] == [("rules.mug", "add_item", "mug")]
    assert shop.buy(4000).not_taken == ()
    with_mug = shop.buy(lines=(line(1, 6000), line(2, 900, sku="mug")))
    assert (by_line(with_mug), with_mug.not_taken) == ({2: 900}, ())


def test_a_discount_rule_that_is_taken_does_the_rest_too() -> None:
    both = rule("both", off(percent="10"), give("50"), **{"if": "basket.total >= 100.00"})
    shop = Shop(base("0"), both)
    # 100.00 on the shelf and 90.00 to pay: the condition was asked before the price.
    assert shop.buy(10000).points == {"points": 50}
    assert shop.buy(9999).points == {}


def test_L21_points_are_earned_on_goods_after_discounts_less_what_points_paid() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base(), rule("tenth", off(percent="10")))
    shop.buy(50000)
    sale = shop.buy(10000, pay=(PointsPayment(currency="points", points=30),))
    # 100.00 less 10.00, of which 30.00 in points: base 60.00.
    assert sale.points == {"points": 60}


def test_L41_points_burn_only_what_a_discount_leaves() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base(), rule("half", off(percent="50")))
    shop.buy(10000)
    assert shop.active() == 50
    sale = shop.buy(4000, pay=(PointsPayment(currency="points", points=30),))
    # 40.00 costs 20.00: 20 of the 30 points are burnt and 0 is left exactly.
    assert [(one.points, one.amount) for one in sale.paid] == [(20, 2000)]
    assert sale.points == {}
    assert shop.active() == 30


def test_L42_minimum_and_step_hold_on_what_is_left() -> None:
    points = Currency(name="points", value=Ratio(1, 100), spend=SpendPolicy(step=100))
    shop = Shop(points, base(), rule("half", off(percent="50"), lines="line.category == 'sale'"))
    shop.buy(127000)
    assert shop.active() == 1270
    # 19.00 costs 9.50: 900 points pay 9.00.
    sale = shop.buy(lines=(line(1, 1900, category="sale"),), pay=(PointsPayment(currency="points", points=-1),))
    assert [(one.points, one.amount) for one in sale.paid] == [(900, 900)]


def test_L11_a_refund_gives_back_per_tender_what_the_reduced_line_took() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base("0"), rule("fifth", off(percent="20")))
    gift = Adjustment(currency="points", points=100, reason="test")
    shop.do(shop.activity("adjust", adjustment=gift))
    # Two units for 50.00 cost 40.00: 30.00 in money, 10.00 in points; half back: 15.00 and 5.00.
    shop.buy(lines=(line(1, 5000, 2),), pay=(PointsPayment(currency="points", points=10),))
    back = shop.back(shop.last(), ReturnedLine(no=1, quantity=1000))
    assert back.returned == 2000
    assert [(one.points, one.amount) for one in back.paid] == [(-5, -500)]


def test_LAW13_a_price_reads_numbers_without_this_purchase() -> None:
    count = Metric(name="visits", measure=Measure.COUNT, where="type == 'purchase'")
    second = rule("second", off(percent="10"), **{"if": "member.metrics.visits == 1"})
    shop = Shop(count, second)
    assert [sum(taken(shop.buy(1000)).values()) for _ in range(3)] == [0, 100, 0]


def test_a_rule_that_fires_so_often_takes_off_so_often() -> None:
    shop = Shop(rule("once", off(percent="10"), per_member={Period.DAY: 1}))
    first, again = shop.buy(1000), shop.buy(1000)
    assert (taken(first), taken(again)) == ({"rules.once": 100}, {})
    assert reasons(again) == {"rules.once": "per_member"}
    shop.now = at("2026-03-03 10:00")
    assert taken(shop.buy(1000)) == {"rules.once": 100}


def test_L82_who_pays_for_a_discount_by_largest_remainder() -> None:
    shares = (Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))
    sale = Shop(rule("one", off(amount="1.01", funding=shares))).buy(1000)
    assert sale.discounts[0].funders == (("brand", 61), ("house", 40))
    of_rule = Shop(rule("one", off(amount="1.01"), funding=shares)).buy(1000)
    assert of_rule.discounts[0].funders == (("brand", 61), ("house", 40))


def test_the_trace_of_a_decision_is_the_explanation_of_the_activity() -> None:
    rules = (
        rule("tenth", off(percent="10"), give("5")),
        rule("large", off(percent="10"), **{"if": "basket.total >= 500.00"}),
        rule("once", off(percent="10"), per_member={Period.DAY: 1}),
    )
    shop = Shop(base(), *rules)
    for _ in range(2):
        sale = shop.buy(10000, trace=True)
        told = engine.explain(shop.compiled, shop.done[shop.last()][0], sale.recorded)
        assert sale.trace == told
    why = {one.rule: (one.because, one.discount, one.points) for one in told}
    assert why == {
        "base": ("fired", 0, {"points": 90}),
        "tenth": ("discounted", 1000, {"points": 5}),
        "large": ("condition", 0, {}),
        "once": ("per_member", 0, {}),
    }
