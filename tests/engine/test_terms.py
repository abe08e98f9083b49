"""What a rule says of its own points: how long they live, by tier too, and what they cost; where and until when
something counts.
"""

from __future__ import annotations

import datetime as dt

from regulars.engine import service as engine
from regulars.engine.contracts.activity import PointsPayment, ReturnedLine, Store
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Currency, Expiry, Pending, RoundUp, RuleKind, SpendOrder, SpendPolicy
from regulars.program.contracts.effects import Discount, FreeItem, Reduction
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Ratio, Share, Span, Unit
from tests.engine.shop import Shop, at, base, give, lines, multiply, rule
from tests.engine.test_ladders import YEAR, ladder
from tests.engine.test_orders import EARN, Desk, code, reward, sort

YEAR_LONG = Currency(name="points", expiry=Expiry(span=Span(12, Unit.MONTH)), round_up=RoundUp.MONTH)
DEAR = Currency(name="points", expiry=Expiry(never=True), cost={"house": Ratio(1, 100), "brand": Ratio(1, 50)})
CHEAP = Ratio(1, 500)


def ends(shop: Shop) -> list[tuple[int, dt.date | None]]:
    return [(lot.granted, lot.expires_on) for lot in shop.lots.values()]


def costs(shop: Shop) -> list[tuple[str, int, int]]:
    return [(lot.funder, lot.granted, lot.cost_minor) for lot in shop.lots.values()]


def test_points_of_a_rule_have_an_end_of_their_own_and_those_of_each_tier() -> None:
    month = give("5", expires=Span(30, Unit.DAY))
    week, year = give("7", expires=Span(7, Unit.DAY)), give("9", expires=Span(1, Unit.YEAR))
    shop = Shop(
        YEAR_LONG,
        YEAR,
        ladder(year="calendar year"),
        base(),
        rule("gift", month),
        rule("low", week, **{"if": "member.tier != 'gold'"}),
        rule("high", year, **{"if": "member.tier == 'gold'"}),
    )
    shop.buy(100000)
    # On 2 March: a year and on to the end of the month; 30 days; a week, below gold.
    assert ends(shop) == [(1000, dt.date(2027, 3, 31)), (5, dt.date(2026, 4, 1)), (7, dt.date(2026, 3, 9))]
    shop.buy(100)
    assert ends(shop)[3:] == [(1, dt.date(2027, 3, 31)), (5, dt.date(2026, 4, 1)), (9, dt.date(2027, 3, 2))]


def test_a_rule_says_what_its_points_cost() -> None:
    gift = rule("gift", give("500", cost=CHEAP))
    both = rule("both", give("100", cost=CHEAP, funding=(Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))))
    shop = Shop(DEAR, base(), gift, both)
    decision = shop.buy(10000)
    # 100 at 0.01 are 1.00; 500 at 0.002 are 1.00; 60 and 40 at 0.002 are 0.12 and 0.08, whoever pays. What costs the
    # house the same is one lot.
    assert costs(shop) == [("house", 100, 100), ("house", 540, 108), ("brand", 60, 12)]
    given = engine.given(shop.compiled, decision.recorded)
    assert {one.rule: one.points * engine.unit_cost(shop.compiled, one) for one in given} == {
        "base": 100,
        "gift": 100,
        "both": 20,
    }


def test_what_a_later_return_gives_back_costs_what_the_rule_said() -> None:
    """L2: a part that comes back takes the points of the larger price; the rest of the sale then deserves more."""
    odd = rule("odd", give("basket.base == 20.00 ? 0 : 100", cost=CHEAP), kind=RuleKind.BASE)
    shop = Shop(DEAR, odd)
    shop.buy(1000, 1000, 1000)
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1))
    assert shop.active() == 0
    shop.back(sale, ReturnedLine(no=2))
    assert shop.active() == 100
    assert {cost for _, granted, cost in costs(shop) if granted == 100} == {20}


def test_a_multiplier_costs_what_the_currency_says() -> None:
    cheap = rule("cheap", give("basket.base", cost=CHEAP), kind=RuleKind.BASE)
    shop = Shop(DEAR, cheap, rule("double", multiply(2)))
    shop.buy(10000)
    assert costs(shop) == [("house", 100, 20), ("house", 100, 100)]


def test_a_formula_may_count_what_is_taken_off_too() -> None:
    tenth = rule("tenth", Discount(discount=Reduction(percent="10")))
    after, before = Shop(base("basket.base"), tenth), Shop(base("basket.gross"), tenth)
    assert (after.buy(10000).points, before.buy(10000).points) == ({"points": 90}, {"points": 100})


def test_L24_what_a_partner_paid_for_is_spent_first_at_its_stores() -> None:
    points = Currency(
        name="points",
        value=Ratio(1, 100),
        cost={"house": Ratio(1, 100), "linella": Ratio(1, 100)},
        spend=SpendPolicy(order=SpendOrder.THIS_PARTNER_FIRST),
    )
    linella = Partner(name="linella", stores="store.chain == 'lin'")
    theirs = give("50", funding=(Share("linella", Ratio(1)),), expires=Span(300, Unit.DAY))
    ours = give("50", expires=Span(30, Unit.DAY))
    there, here = Store(id="1", chain="lin"), Store(id="2", chain="own")
    paid = (PointsPayment(currency="points", points=60),)
    for store, left in ((there, [("house", 40), ("linella", 0)]), (here, [("house", 0), ("linella", 40)])):
        shop = Shop(points, linella, base("0"), rule("gift", theirs, ours, trigger=OnActivity(types=("visit",))))
        shop.do(shop.activity("visit"))
        made = shop.activity("purchase", lines=lines(1000), store=store, pay=paid)
        shop.do(engine.as_kept(shop.compiled, made))
        assert sorted((lot.funder, lot.remaining) for lot in shop.lots.values()) == left


def test_LAW8_a_debt_is_paid_from_the_same_lots_whoever_looks_first() -> None:
    """What time does is no spending at a store: points that begin together pay a debt alike by a tick and at the till."""
    points = Currency(
        name="points",
        expiry=Expiry(never=True),
        value=Ratio(1, 100),
        cost={"house": Ratio(1, 100), "linella": Ratio(1, 100)},
        pending=Pending(dates=((4, 1),)),
        spend=SpendPolicy(order=SpendOrder.THIS_PARTNER_FIRST),
    )
    linella = Partner(name="linella", stores="store.chain == 'lin'")
    # The house's end first, and so they pay.
    ours, theirs = give("50", expires=Span(90, Unit.DAY)), give("50", funding=(Share("linella", Ratio(1)),))
    at_once = rule("at_once", give("30", pending=Span(0, Unit.DAY)), per_member={Period.EVER: 1})
    later = rule("later", theirs, ours, trigger=OnActivity(types=("visit",)), per_member={Period.EVER: 1})
    seen = []
    for ticks in (True, False):
        shop = Shop(points, linella, base("0"), at_once, later)
        shop.buy(1000)
        sale = shop.last()
        shop.buy(1000, pay=(PointsPayment(currency="points", points=30),))
        shop.back(sale)
        shop.do(shop.activity("visit"))
        assert shop.has().arrears == 30
        shop.now = at("2026-04-02 10:00")
        if ticks:
            shop.tick()
        made = shop.activity("visit", store=Store(id="1", chain="lin"))
        shop.do(engine.as_kept(shop.compiled, made))
        assert shop.has().arrears == 0
        seen.append(sorted((lot.funder, lot.granted, lot.remaining) for lot in shop.lots.values()))
    assert seen[0] == seen[1]
    assert seen[0] == [("house", 30, 0), ("house", 50, 20), ("linella", 50, 50)]


def off(decision: Decision) -> int:
    return sum(one.amount for one in decision.discounts)


def test_what_is_for_the_web_is_neither_taken_nor_offered_at_a_till() -> None:
    web = "channel == 'web'"
    tenth = Offer(name="tenth", audience="1 == 1", if_=web, effects=(Discount(discount=Reduction(percent="10")),))
    cup = reward("cup", type="sort", if_=web, lines="line.category == 'coffee'")
    desk = Desk(EARN, tenth, cup, sort("sort", effects=(FreeItem(),)))
    desk.buy(100_00)
    coffee = lines(300, category="coffee")
    assert code(desk.buy(lines=coffee, rewards=("cup",), channel="store")) == "reward_not_for_member"
    assert off(desk.buy(lines=coffee, channel="store")) == 0
    assert off(desk.buy(lines=coffee, channel="web")) == 30
    assert off(desk.buy(lines=coffee, rewards=("cup",), channel="web")) == 300


def test_L73_the_day_after_the_season_nothing_is_earned_and_refunds_are_right() -> None:
    season = dt.date(2026, 3, 1), dt.date(2026, 3, 10)
    summer = rule("summer", give("basket.base", funding=(Share("brand", Ratio(1)),)), from_=season[0], until=season[1])
    shop = Shop(DEAR, base("0"), summer)
    shop.now = at("2026-03-09 21:59")
    assert shop.buy(1000, 1000).points == {"points": 20}
    sale = shop.last()
    # 10 March begins in Chisinau.
    shop.now = at("2026-03-09 22:00")
    assert shop.buy(1000).points.get("points", 0) == 0
    assert shop.back(sale, ReturnedLine(no=1)).points == {"points": -10}
    assert [(lot.funder, lot.remaining) for lot in shop.lots.values()] == [("brand", 10)]
    assert shop.back(sale, ReturnedLine(no=2)).points == {"points": -10}
