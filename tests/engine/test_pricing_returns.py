"""What a return does to a price, worked out by hand: what was paid comes back, or what is left is priced anew (L78)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Adjustment, Line, Reversal
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.definitions import ActivityType, Currency, Measure, Metric, Pending
from regulars.program.contracts.effects import On, Which
from regulars.program.contracts.stacking import Mode, Stacking
from regulars.program.contracts.values import Period, Ratio, Rollback, Span, Unit
from tests.engine.shop import PointsPayment, ReturnedLine, Shop, base, give, rule
from tests.engine.test_pricing import line, off, taken

ANEW = Rollback.RECALCULATE
THREE_FOR_TWO = off(percent="100", which=Which.NTH, count=3, rollback=ANEW)


def refunds(shop: Shop, *returns: Sequence[ReturnedLine]) -> list[int]:
    sale = shop.last()
    return [shop.back(sale, *one).returned for one in returns]


def one(no: int, quantity: int = 1) -> list[ReturnedLine]:
    return [ReturnedLine(no=no, quantity=quantity * 1000)]


def test_L78_three_for_two_kept_comes_back_at_what_was_paid() -> None:
    shop = Shop(rule("jam", off(percent="100", which=Which.NTH, count=3)))
    assert taken(shop.buy(lines=(line(1, 3000, 3),))) == {"rules.jam": 1000}
    assert refunds(shop, one(1), one(1), one(1)) == [667, 667, 666]


def test_L78_three_for_two_recalculated_refunds_the_difference() -> None:
    shop = Shop(rule("jam", THREE_FOR_TWO))
    shop.buy(lines=(line(1, 3000, 3),))
    # Two by themselves cost the 20.00 that were paid for three; one costs 10.00.
    assert refunds(shop, one(1), one(1), one(1)) == [0, 1000, 1000]
    again = Shop(rule("jam", THREE_FOR_TWO))
    again.buy(lines=(line(1, 3000, 3),))
    assert refunds(again, one(1, 2), one(1)) == [1000, 1000]


def test_L78_a_threshold_that_is_lost() -> None:
    tenth = rule("tenth", off(percent="10", rollback=ANEW), **{"if": "basket.total >= 100.00"})
    shop = Shop(base("basket.total"), tenth)
    # 60.00 and 40.00 for 90.00. The 60.00 by themselves cost 60.00: 30.00 come back, and 60 points stay.
    assert shop.buy(6000, 4000).points == {"points": 90}
    back = shop.back(shop.last(), ReturnedLine(no=2))
    assert (back.returned, back.points) == (3000, {"points": -30})
    rest = shop.back(next(iter(shop.done)), ReturnedLine(no=1))
    assert (rest.returned, rest.points, shop.active()) == (6000, {"points": -60}, 0)


def test_L78_a_refund_is_never_below_nothing() -> None:
    half = rule("half", off(percent="50", rollback=ANEW), **{"if": "basket.total >= 100.00"})
    shop = Shop(half)
    # 90.00 and 10.00 for 50.00. Without the 10.00 the rest would cost 90.00.
    shop.buy(9000, 1000)
    assert refunds(shop, one(2), one(1)) == [0, 5000]


def test_L78_a_discount_that_the_rest_deserves_too_is_not_lost() -> None:
    tenth = rule("tenth", off(percent="10", rollback=ANEW), **{"if": "basket.total >= 100.00"})
    shop = Shop(tenth)
    shop.buy(lines=(line(1, 15000, 15), line(2, 5000)))
    assert refunds(shop, one(2), one(1, 5)) == [4500, 4500]


def test_L78_only_what_says_so_is_lost() -> None:
    rules = (
        rule("kept", off(percent="10")),
        rule("jam", THREE_FOR_TWO, lines="line.no == 1"),
    )
    shop = Shop(*rules)
    # 27.00 after a tenth, less 9.00; two by themselves cost 18.00.
    assert sum(taken(shop.buy(lines=(line(1, 3000, 3),))).values()) == 1200
    assert refunds(shop, one(1), one(1), one(1)) == [0, 900, 900]


def test_L78_what_was_not_asked_for_then_gives_nothing_more_now() -> None:
    rules = (
        rule("jam", THREE_FOR_TWO, lines="line.category == 'jam'"),
        rule("few", off(percent="50"), **{"if": "basket.total < 25.00"}),
    )
    shop = Shop(*rules)
    shop.buy(lines=(line(1, 3000, 3, "jam"),))
    # Two by themselves would cost 10.00 under the other rule: no more comes back than was paid for one of three.
    assert refunds(shop, one(1))[0] == 667


def test_L78_points_paid_come_back_once_no_money_is_left_to_withhold_from() -> None:
    points = Currency(name="points", value=Ratio(1, 100))
    shop = Shop(points, rule("jam", THREE_FOR_TWO))
    shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=2000, reason="test")))
    shop.buy(lines=(line(1, 3000, 3),), pay=(PointsPayment(currency="points", points=2000),))
    sale = shop.last()
    back = [shop.back(sale, *one(1)) for _ in range(3)]
    assert [decision.returned for decision in back] == [0, 1000, 1000]
    assert [sum(paid.amount for paid in decision.paid) for decision in back] == [0, -1000, -1000]
    assert shop.active() == 2000


def test_L78_what_is_withheld_is_withheld_of_money_first() -> None:
    points = Currency(name="points", value=Ratio(1, 100))
    shop = Shop(points, rule("jam", THREE_FOR_TWO))
    shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=1000, reason="test")))
    shop.buy(lines=(line(1, 3000, 3),), pay=(PointsPayment(currency="points", points=1000),))
    sale = shop.last()
    back = [shop.back(sale, *one(1)) for _ in range(3)]
    assert [decision.returned for decision in back] == [0, 1000, 1000]
    assert [to_money(decision) for decision in back] == [0, 333, 667]
    assert shop.active() == 1000


def to_money(decision: Decision) -> int:
    return decision.returned + sum(paid.amount for paid in decision.paid)


def test_L02_any_split_of_a_return_adds_up_with_discounts() -> None:
    for rollback in Rollback:
        totals = set()
        for order in itertools.permutations([1, 1, 2, 2]):
            shop = Shop(
                base("basket.total"),
                rule("third", off(percent="33", rollback=rollback)),
                rule("cent", off(amount="0.10", on=On.BASKET, rollback=rollback)),
            )
            shop.buy(lines=(line(1, 999, 2), line(2, 101, 2)))
            back = refunds(shop, *[one(no) for no in order])
            assert min(back) >= 0
            totals.add((sum(back), shop.active()))
        # 6.69 and 0.68 after a third, less 0.10.
        assert totals == {(727, 0)}


def test_a_whole_return_takes_everything_back() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
    shop = Shop(spend, base("basket.total"), rule("half", off(percent="50")))
    shop.buy(3000, 2000)
    assert (shop.metric("spend"), shop.active()) == (2500, 25)
    assert shop.back(shop.last()).returned == 2500
    assert (shop.metric("spend"), shop.active()) == (0, 0)


def test_a_return_by_amount_is_of_what_was_paid() -> None:
    shop = Shop(base("basket.total"), rule("half", off(percent="50")))
    shop.buy(3000, 2000)
    sale = shop.last()
    assert shop.back(sale, amount=1000).returned == 1000
    refused = shop.back(sale, amount=1501)
    assert refused.refusal is not None
    assert refused.refusal.fields["left"] == 1500


def test_an_exchange_prices_what_is_bought_anew() -> None:
    shop = Shop(base("basket.total"), rule("half", off(percent="50")))
    shop.buy(5000)
    reversal = Reversal(activity_id=shop.last(), lines=(ReturnedLine(no=1),))
    done = shop.do(shop.activity("purchase", lines=(Line(no=1, amount=6000),), reverses=reversal))
    # 25.00 came back, 30.00 is to pay for the new: 5.00 and 5 points more.
    assert (done.returned, taken(done)) == (2500, {"rules.half": 3000})
    assert shop.active() == 30


def test_settling_less_than_was_authorised_is_held_against_the_price_paid() -> None:
    points = Currency(name="points", pending=Pending(until="settle", within=Span(30, Unit.DAY)))
    settle = ActivityType(name="settle", basket=True, reverses="purchase")
    shop = Shop(points, settle, base("basket.total"), rule("tenth", off(percent="10"), **{"if": "type == 'purchase'"}))
    shop.buy(10000)
    reversal = Reversal(activity_id=shop.last())
    settled = shop.activity("settle", reverses=reversal)
    shop.do(replace(settled, total=8000))
    # 90.00 was authorised, 80.00 is settled.
    assert (shop.has().active, shop.has().pending) == (80, 0)


def test_what_a_rule_gave_beside_its_discount_goes_with_its_condition() -> None:
    both = rule("both", off(percent="10"), give("50"), **{"if": "basket.total >= 100.00"})
    shop = Shop(base("0"), both)
    shop.buy(6000, 6000)
    assert shop.active() == 50
    shop.back(shop.last(), ReturnedLine(no=1))
    assert shop.active() == 0


def test_numbers_of_the_day_of_sale_decide_what_is_lost() -> None:
    count = Metric(name="visits", measure=Measure.COUNT, where="type == 'purchase'")
    first = rule("first", off(percent="10", rollback=ANEW), **{"if": "member.metrics.visits == 0"})
    shop = Shop(count, first)
    shop.buy(lines=(line(1, 2000, 2),))
    sale = shop.last()
    shop.buy(1000)
    assert shop.back(sale, *one(1)).returned == 900


def test_a_rationed_discount_is_asked_again_only_where_it_was_taken() -> None:
    rules = (
        rule("jam", THREE_FOR_TWO, per_member={Period.DAY: 1}),
        rule("ten", off(amount="9.00", rollback=ANEW), per_member={Period.DAY: 1}),
    )
    shop = Shop(Stacking(name="s", otherwise=Mode.BEST), *rules)
    shop.buy(lines=(line(1, 3000, 3),))
    # The 9.00 were not taken then, and are not now: two cost 20.00.
    assert refunds(shop, one(1)) == [0]


def test_a_budget_bounds_what_is_left_too() -> None:
    half = rule("half", off(percent="50", rollback=ANEW), budget=Budget(money=700))
    shop = Shop(half)
    shop.buy(lines=(line(1, 2000, 2),))
    # 7.00 off 20.00. One by itself costs 5.00 less: 13.00 less 5.00.
    assert refunds(shop, one(1), one(1)) == [650, 650]


def test_L18_a_return_undone_takes_back_what_it_refunded_and_what_it_withheld() -> None:
    shop = Shop(base("basket.total"), rule("jam", THREE_FOR_TWO, lines="line.no == 1"))
    shop.buy(lines=(line(1, 3000, 3), line(2, 1000)))
    sale = shop.last()
    assert shop.back(sale, *one(1)).returned == 0
    first = shop.last()
    assert shop.back(sale, *one(1)).returned == 1000
    undo = Reversal(activity_id=sale, undoes=first)
    undone = shop.do(shop.activity("return", reverses=undo))
    # Two jams and the other line are there again, as if only one had ever come back: nothing was refunded for it.
    assert (undone.returned, shop.active()) == (-1000, 30)
    assert shop.back(sale).returned == 3000
    assert shop.active() == 0


def test_what_discounts_cost_is_told_beside_points_and_comes_off_with_returns() -> None:
    shop = Shop(base("basket.total"), rule("tenth", off(percent="10")), rule("jam", THREE_FOR_TWO))
    shop.buy(lines=(line(1, 3000, 3),))
    sale = shop.last()
    for _ in range(3):
        shop.back(sale, *one(1))
    # 3.00 and 9.00. Two left by themselves lose the 9.00; of the 3.00 a third goes with each unit.
    told = [
        [
            (given.rule, given.points, engine.unit_cost(shop.compiled, given))
            for given in engine.taken_off(shop.compiled, made)
        ]
        for made in (decision.recorded for _, decision, _ in shop.done.values())
    ]
    off_the_price = [{name: points for name, points, cost in one if cost == 1} for one in told]
    assert off_the_price == [
        {"tenth": 300, "jam": 900},
        {"tenth": -100, "jam": -900},
        {"tenth": -100},
        {"tenth": -100},
    ]
