"""How a basket is paid: what pays earns or does not, what a basket earns pays for it or does not, who pays for points."""

from __future__ import annotations

from typing import Any

from regulars.engine.contracts.activity import Adjustment, Reversal
from regulars.program.contracts.definitions import Currency, CurrencyKind, SpendPolicy
from regulars.program.contracts.effects import Per
from regulars.program.contracts.values import Ratio, Share
from tests.engine.shop import Payment, PointsPayment, ReturnedLine, Shop, base, give, multiply, rule

GIFT: dict[str, Any] = {"kind": CurrencyKind.MONEY, "scale": 2, "value": Ratio(1), "cost": {"house": Ratio(1)}}


def charge(shop: Shop, currency: str, points: int) -> None:
    shop.do(shop.activity("adjust", adjustment=Adjustment(currency=currency, points=points, reason="charged")))


def test_L21_a_bought_gift_card_earns_and_one_that_was_won_does_not() -> None:
    shop = Shop(Currency(name="card", earns=True, **GIFT), Currency(name="prize", **GIFT), base())
    charge(shop, "card", 3000)
    charge(shop, "prize", 3000)
    assert shop.buy(10000, pay=(PointsPayment(currency="prize", points=3000),)).points == {"points": 70}
    done = shop.buy(10000, pay=(PointsPayment(currency="card", points=3000),))
    assert done.points == {"points": 100}
    sale = shop.last()
    # The half of it, paid by half of the card: 50 stay earned.
    half = shop.back(sale, amount=5000)
    assert (half.points, [(one.points, one.amount) for one in half.paid]) == ({"points": -50}, [(-1500, -1500)])


def test_L79_a_basket_cannot_be_paid_with_what_it_earns_unless_the_currency_says_so() -> None:
    def bought(*, same_basket: bool) -> Shop:
        points = Currency(name="points", value=Ratio(1, 10), spend=SpendPolicy(same_basket=same_basket))
        return Shop(points, base())

    shop = bought(same_basket=False)
    assert shop.buy(10000, pay=(PointsPayment(currency="points", points=-1),)).paid == ()
    shop = bought(same_basket=True)
    # 100 points on all of 100.00; worth 10.00 of it.
    done = shop.buy(10000, pay=(PointsPayment(currency="points", points=-1),))
    assert (done.points, [(one.points, one.amount) for one in done.paid]) == ({"points": 100}, [(100, 1000)])
    assert (shop.active(), shop.has().arrears) == (0, 0)
    more = shop.buy(10000, pay=(PointsPayment(currency="points", points=101),))
    assert more.refusal is not None
    assert (more.refusal.code, more.refusal.fields["available"]) == ("insufficient_points", 100)


def test_L79_returned_a_basket_that_paid_for_itself_leaves_nothing() -> None:
    points = Currency(name="points", value=Ratio(1, 10), spend=SpendPolicy(same_basket=True))
    shop = Shop(points, base())
    shop.buy(10000, 10000, pay=(PointsPayment(currency="points", points=-1),))
    sale = shop.last()
    one = shop.back(sale, ReturnedLine(no=1))
    # Of 200 points 100 go back to their lot and are taken from it again.
    assert (one.points, [(line.points, line.amount) for line in one.paid]) == ({"points": -100}, [(-100, -1000)])
    assert (shop.active(), shop.has().arrears) == (0, 0)
    shop.back(sale)
    assert (shop.active(), shop.has().arrears) == (0, 0)


def test_per_payment_a_return_takes_back_by_tender_what_each_gave() -> None:
    by_card = give("payment.kind == 'card' ? payment.amount * 2 : payment.amount", per=Per.PAYMENT)
    shop = Shop(rule("tenders", by_card))
    payments = (Payment(kind="card", amount=6000), Payment(kind="cash", amount=4000))
    assert shop.buy(6000, 4000, payments=payments).points == {"points": 160}
    sale = shop.last()
    # Half of it: 30.00 by card and 20.00 in cash are left, 80 points.
    assert shop.back(sale, amount=5000).points == {"points": -80}
    assert shop.back(sale).points == {"points": -80}


def test_a_rules_funders_pay_where_its_effects_name_none() -> None:
    shares = (Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))
    cost = {"brand": Ratio(1, 50), "house": Ratio(1, 100)}
    shop = Shop(
        Currency(name="points", cost=cost),
        base("101"),
        rule("brand_week", multiply(2), funding=shares),
    )
    shop.buy(1000)
    lots = sorted((lot.funder, lot.granted, lot.cost_minor) for lot in shop.lots.values())
    # 101 of the house; the bonus of 101 is 61 of the brand at 0.02 and 40 of the house at 0.01.
    assert lots == [("brand", 61, 122), ("house", 141, 141)]
    # A return gives each funder its own back.
    shop.do(shop.activity("return", reverses=Reversal(activity_id=shop.last())))
    assert [lot.remaining for lot in shop.lots.values()] == [0, 0]
