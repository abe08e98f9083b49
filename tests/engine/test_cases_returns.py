"""The decided cases of returns that live inside a decision; numbers as in docs/ledger.md."""

from __future__ import annotations

from msgspec.structs import replace

from regulars.engine.contracts.activity import Adjustment, Line, Reversal
from regulars.engine.contracts.decision import Outcome
from regulars.program.contracts.definitions import (
    ActivityType,
    Attribute,
    Currency,
    EarnCap,
    Expiry,
    Measure,
    Metric,
    Pending,
)
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.values import Period, Ratio, Share, Span, Unit
from tests.engine.shop import MEMBER, PointsPayment, ReturnedLine, Shop, at, base, give, lines, rule

UNITS = Line(no=1, amount=3000, quantity=3000)


def attribute(name: str) -> Attribute:
    return Attribute(name=name, type=FieldType.TEXT, purpose="service")


def test_L01_a_return_is_judged_by_the_rules_and_the_standing_of_the_day_of_sale() -> None:
    gold = rule("gold", give("basket.base"), **{"if": "member.attributes.tier == 'gold'"})
    shop = Shop(attribute("tier"), base("basket.base"), gold)
    shop.profile(tier="gold")
    sale = shop.buy(lines=(UNITS,))
    assert sale.points == {"points": 60}
    sale_id = shop.last()
    shop.profile(tier="silver")
    shop.publish(attribute("tier"), base("basket.base / 2"))
    returned = shop.back(sale_id, ReturnedLine(no=1, quantity=1000))
    assert returned.points == {"points": -20}
    assert shop.active() == 40


def test_L02_what_is_left_of_the_basket_decides() -> None:
    shop = Shop(base("floor(basket.base / 10)"))
    assert shop.buy(3500).points == {"points": 3}
    sale = shop.last()
    taken = [shop.back(sale, amount=500).points.get("points", 0) for _ in range(3)]
    assert taken == [0, -1, 0]
    other = Shop(base("floor(basket.base / 10)"))
    other.buy(3500)
    assert other.back(other.last(), amount=1500).points == {"points": -1}


def test_L02_a_later_return_may_give_back_what_an_earlier_one_took() -> None:
    # 10 for a basket below 20.00, 4 for one of 20.00 or more but below 40.00, 20 from 40.00 on.
    formula = "basket.total < 20.00 ? 10 : (basket.total < 40.00 ? 4 : 20)"
    shop = Shop(base(formula))
    assert shop.buy(4000).points == {"points": 20}
    sale = shop.last()
    assert shop.back(sale, amount=1000).points == {"points": -16}
    assert shop.back(sale, amount=1500).points == {"points": 6}
    assert shop.active() == 10


def test_L03_a_threshold_that_is_lost_takes_its_bonus_along() -> None:
    bonus = rule("big", give("500"), **{"if": "basket.total >= 100.00"})
    shop = Shop(base(), bonus)
    assert shop.buy(10000).points == {"points": 600}
    assert shop.back(shop.last(), amount=1000).points == {"points": -510}
    assert shop.active() == 90


def test_L05_before_activation_only_the_pending_lot_of_the_sale_is_cut() -> None:
    points = Currency(name="points", pending=Pending(span=Span(14, Unit.DAY)))
    shop = Shop(points, base())
    shop.buy(10000)
    assert (shop.has().active, shop.has().pending) == (0, 100)
    shop.back(shop.last(), amount=4000)
    assert (shop.has().active, shop.has().pending) == (0, 60)


def test_L07_what_is_spent_already_is_owed() -> None:
    shop = Shop(base("basket.total"))
    shop.buy(10000)
    sale = shop.last()
    shop.buy(70, pay=(PointsPayment(currency="points", points=70),))
    shop.buy(2000)
    assert shop.active() == 50
    # The 70 were worth 0.70, and the line they paid earned nothing whole: total 0.70 gives 0.
    shop.back(sale)
    assert (shop.has().active, shop.has().arrears) == (0, 50)


def test_L09_points_paid_go_back_to_the_lots_they_came_from_last_taken_first() -> None:
    shop = Shop(
        Currency(name="points", value=Ratio(1, 1), expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None), base()
    )
    shop.buy(20000)
    shop.now = at("2026-03-20 10:00")
    shop.buy(10000)
    first, second = shop.lots.values()
    shop.buy(30000, pay=(PointsPayment(currency="points", points=300),))
    sale = shop.last()
    assert shop.active() == 0
    half = shop.back(sale, amount=15000)
    assert [(line.points, line.amount) for line in half.paid] == [(-150, -15000)]
    assert shop.lots[second.lot_id].remaining == 100
    assert shop.lots[first.lot_id].remaining == 50
    shop.back(sale, amount=15000)
    assert shop.lots[first.lot_id].remaining == 200
    assert shop.active() == 300


def test_L10_a_lot_that_died_since_comes_back_with_the_grace_of_a_return() -> None:
    points = Currency(name="points", value=Ratio(1, 1), expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None)
    shop = Shop(points, base())
    shop.now = at("2026-03-01 10:00")
    shop.buy(20000)
    shop.buy(20000, pay=(PointsPayment(currency="points", points=200),))
    sale = shop.last()
    shop.now = at("2026-04-05 10:00")
    shop.back(sale, amount=5000)
    assert shop.active() == 50
    (lot,) = (lot for lot in shop.lots.values() if lot.remaining)
    assert lot.expires_on is not None
    assert lot.expires_on.isoformat() == "2026-05-05"


def test_L11_a_refund_gives_back_per_tender_what_the_line_took() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base())
    shop.buy(1000)
    shop.buy(4000, pay=(PointsPayment(currency="points", points=10),))
    half = shop.back(shop.last(), amount=2000)
    (line,) = half.paid
    assert (line.points, line.amount) == (-5, -500)


def test_L14_an_exchange_owes_nothing_on_its_way() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base())
    shop.buy(5000)
    sale = shop.last()
    shop.buy(4000, pay=(PointsPayment(currency="points", points=40),))
    assert shop.active() == 10
    exchange = shop.do(shop.activity("purchase", lines=lines(6000), reverses=Reversal(activity_id=sale)))
    assert shop.active() == 20
    assert shop.has().arrears == 0
    assert exchange.points == {"points": 10}
    assert [entry.kind.value for entry in exchange.movement.entries] == ["earn", "reverse"]


def test_L14_what_pays_for_the_new_goods_is_not_given_back_with_the_old_ones() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base())
    shop.buy(1000)
    shop.buy(500)
    first, second = shop.lots
    shop.buy(2000, pay=(PointsPayment(currency="points", points=10),))
    sale = shop.last()
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (0, 5)
    # A cent comes back, for which no point is given back; the new goods are paid of the second lot.
    pay = (PointsPayment(currency="points", points=1),)
    cent = Reversal(activity_id=sale, amount=1)
    part = shop.do(shop.activity("purchase", lines=lines(100), pay=pay, reverses=cent))
    assert part.refusal is None
    rest = shop.do(shop.activity("purchase", lines=lines(100), reverses=Reversal(activity_id=sale)))
    assert rest.refusal is None
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (10, 4)


def test_L16_more_than_was_sold_is_refused_and_changes_nothing() -> None:
    shop = Shop(base())
    shop.buy(lines=(UNITS,))
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1, quantity=2000))
    before = (shop.state, dict(shop.balances))
    again = shop.back(sale, ReturnedLine(no=1, quantity=2000))
    assert again.outcome is Outcome.REFUSED
    assert again.refusal is not None
    assert again.refusal.code == "return_exceeds_sale"
    assert again.refusal.fields == {"line": 1, "measure": "quantity", "asked": 2000, "left": 1000}
    assert again.movement.entries == ()
    assert again.events == ()
    assert again.messages == ()
    assert (shop.state, shop.balances) == before


def test_L22_a_chargeback_by_amount_spreads_over_the_lines() -> None:
    shop = Shop(base())
    shop.buy(1000, 1000, 1000)
    back = shop.back(shop.last(), amount=1000)
    # 3.34, 3.33 and 3.33 come back; of 6.66, 6.67 and 6.67 the 20 points are 6, 7 and 7 instead of 10 each.
    assert back.points == {"points": -10}
    assert back.per_line == ((1, "points", -4), (2, "points", -3), (3, "points", -3))


def test_L45_a_capped_sale_that_is_returned_stays_within_its_room() -> None:
    points = Currency(name="points", caps=(EarnCap(period=Period.DAY, at_most=200),))
    shop = Shop(points, base())
    assert shop.buy(10000, 10000, 10000).points == {"points": 200}
    sale = shop.last()
    assert shop.back(sale, ReturnedLine(no=1)).points == {}
    assert shop.back(sale, ReturnedLine(no=2)).points == {"points": -100}


def test_L44_room_returns_to_the_period_of_the_sale() -> None:
    points = Currency(name="points", caps=(EarnCap(period=Period.DAY, at_most=100),))
    shop = Shop(points, base())
    shop.buy(8000)
    sale = shop.last()
    shop.now = at("2026-03-03 10:00")
    assert shop.buy(8000).points == {"points": 80}
    shop.back(sale)
    # Yesterday has its room again, today has 20 left.
    assert shop.buy(8000).points == {"points": 20}


def test_L48_a_rest_is_carried_to_the_next_purchase() -> None:
    shop = Shop(base("basket.base / 10", carry=True))
    assert shop.buy(600).points == {}
    assert shop.buy(600).points == {"points": 1}
    assert shop.buy(800).points == {"points": 1}


def test_L49_a_return_borrows_from_what_is_carried() -> None:
    shop = Shop(base("basket.base / 10", carry=True))
    shop.buy(600)
    first = shop.last()
    shop.buy(600)
    assert shop.active() == 1
    assert shop.back(first).points == {"points": -1}
    # Carry 6.00 is left: 4.00 more make a point.
    assert shop.buy(400).points == {"points": 1}


def test_L04_metrics_always_recount() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
    count = Metric(name="visits", measure=Measure.COUNT, where="type == 'purchase'")
    bonus = rule("regular", give("100"), **{"if": "member.metrics.visits == 2 && member.metrics.spend >= 50.00"})
    shop = Shop(spend, count, base("0"), bonus)
    shop.buy(4000)
    shop.back(shop.last())
    assert shop.buy(4000).points == {}
    assert shop.buy(1000).points == {"points": 100}


def test_a_void_undoes_what_is_left() -> None:
    shop = Shop(base())
    shop.buy(1000, 2000)
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1))
    void = shop.back(sale, reason="void")
    assert (void.points, void.returned) == ({"points": -20}, 2000)
    again = shop.back(sale, reason="void")
    assert again.refusal is not None
    assert again.refusal.code == "sale_already_returned"


def test_a_return_dated_before_its_sale_is_refused_beyond_what_clocks_differ() -> None:
    shop = Shop(base())
    shop.buy(1000, 2000)
    sale = shop.last()
    early = shop.back(sale, ReturnedLine(no=1), occurred_at=at("2026-03-02 09:54"))
    assert early.refusal is not None
    assert early.refusal.code == "return_before_sale"
    assert early.refusal.fields == {
        "returned_at": "2026-03-02T09:54:00+00:00",
        "sold_at": "2026-03-02T10:00:00+00:00",
    }
    assert shop.back(sale, ReturnedLine(no=1), occurred_at=at("2026-03-02 09:55")).points == {"points": -10}


def test_an_adjustment_of_nothing_is_refused() -> None:
    shop = Shop(base())
    nothing = shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=0, reason="none")))
    assert nothing.refusal is not None
    assert (nothing.refusal.code, nothing.refusal.fields["part"]) == ("missing_part", "adjustment.points")


def test_L23_points_wait_until_the_payment_is_settled() -> None:
    points = Currency(name="points", pending=Pending(until="settled", within=Span(30, Unit.DAY)))
    shop = Shop(points, ActivityType(name="settled", reverses="purchase"), base())
    shop.buy(12000)
    sale = shop.last()
    assert (shop.has().active, shop.has().pending) == (0, 120)
    settled = shop.do(replace(shop.activity("settled", reverses=Reversal(activity_id=sale)), total=9640))
    assert settled.points == {"points": -24}
    assert (shop.has().active, shop.has().pending) == (96, 0)


def test_L23_what_is_not_settled_in_time_is_cancelled() -> None:
    points = Currency(name="points", pending=Pending(until="settled", within=Span(30, Unit.DAY)))
    shop = Shop(points, ActivityType(name="settled", reverses="purchase"), base())
    shop.buy(12000)
    assert shop.review_at == at("2026-04-01 21:00")
    shop.now = at("2026-04-02 10:00")
    (entry,) = shop.tick().movement.entries
    assert (entry.kind.value, entry.amount) == ("cancel", 120)
    assert (shop.has().active, shop.has().pending) == (0, 0)


def test_an_effect_that_is_to_be_kept_is_not_reversed() -> None:
    shop = Shop(base(on_reversal=OnReversal.KEEP))
    shop.buy(1000)
    assert shop.back(shop.last()).points == {}
    assert shop.active() == 10


def test_an_effect_that_is_to_be_looked_at_opens_a_case() -> None:
    shop = Shop(base(on_reversal=OnReversal.REVIEW))
    shop.buy(1000)
    back = shop.back(shop.last())
    assert shop.active() == 10
    (case,) = [event.data for event in back.events if event.type == "case.opened"]
    assert (case["case"], case["rule"], case["points"]) == ("reversal", "base", 10)


def test_a_sale_of_somebody_else_is_not_found() -> None:
    shop = Shop(base())
    refused = shop.back(MEMBER)
    assert refused.refusal is not None
    assert refused.refusal.code == "sale_not_found"


def test_L82_each_funder_gets_back_its_own() -> None:
    shares = (Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))
    shop = Shop(base("101", funding=shares))
    shop.buy(1000)
    shop.back(shop.last())
    assert [(lot.funder, lot.remaining) for lot in shop.lots.values()] == [("brand", 0), ("house", 0)]


def test_a_return_names_a_purchase_and_neither_a_visit_nor_another_return() -> None:
    shop = Shop(base())
    sale = (shop.buy(1000), shop.last())[1]
    shop.do(shop.activity("visit"))
    visit = shop.last()
    shop.back(sale)
    back = shop.last()
    for wrong, found in ((visit, "visit"), (back, "return")):
        refused = shop.back(wrong)
        assert refused.refusal is not None
        assert (refused.refusal.code, refused.refusal.fields["found"]) == ("not_such_a_sale", found)
    assert shop.active() == 0
