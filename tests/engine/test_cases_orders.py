"""Orders, holds and returns of the ledger's numbered cases that have no other home: L13, L17, L19, L20, L73."""

from __future__ import annotations

from msgspec.structs import replace

from regulars.engine.contracts.activity import Reversal
from regulars.program.contracts.definitions import ActivityType, Currency, Expiry, Measure, Metric, Pending
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.engine.shop import Shop, at, base, give, lines, rule

ORDER = ActivityType(name="ordered", basket=True)
FUNDED = (Share("brand", Ratio(1)),)


def test_L13_void_before_payment_writes_nothing_but_the_voided_hold() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
    shop = Shop(Currency(name="points", value=Ratio(1, 100)), spend, base())
    shop.buy(10000)
    before = (shop.active(), shop.metric("spend"))
    shop.hold("place", currency="points", points=60)
    void = shop.hold("void", hold_id=shop.last())
    assert [(one.kind.value, one.amount) for one in void.movement.entries] == [("release", 60)]
    assert (shop.active(), shop.metric("spend")) == before
    assert shop.has().held == 0


def test_L17_without_a_receipt_nothing_is_reversed_by_guess() -> None:
    shop = Shop(base())
    shop.buy(10000)
    back = shop.do(shop.activity("return"))
    assert (back.points, back.movement.entries, back.returned) == ({}, (), 0)
    assert shop.active() == 100


def test_L19_however_late_a_return_reverses() -> None:
    shop = Shop(Currency(name="points", expiry=Expiry(never=True)), base())
    shop.buy(10000)
    sale = shop.last()
    shop.now = at("2033-03-02 10:00")
    assert shop.back(sale).points == {"points": -100}


def test_L20_an_order_earns_once_when_it_is_paid() -> None:
    points = Currency(name="points", pending=Pending(until="paid", within=Span(30, Unit.DAY)))
    paid = ActivityType(name="paid", reverses="ordered")
    shop = Shop(points, ORDER, paid, rule("goods", give("basket.base"), trigger=OnActivity(types=("ordered",))))
    shop.do(shop.activity("ordered", lines=lines(10000)))
    order = shop.last()
    assert (shop.has().active, shop.has().pending) == (0, 100)
    settled = shop.do(replace(shop.activity("paid", reverses=Reversal(activity_id=order)), total=10000))
    assert (settled.points, shop.has().active, shop.has().pending) == ({}, 100, 0)
    # Paid on account, told once more: recorded, nothing earned.
    again = shop.do(replace(shop.activity("paid", reverses=Reversal(activity_id=order)), total=10000))
    assert (again.points, shop.active()) == ({}, 100)


def test_L20_what_earned_when_it_was_ordered_earns_nothing_when_it_is_paid() -> None:
    shop = Shop(
        ORDER,
        ActivityType(name="paid"),
        rule("goods", give("basket.base"), trigger=OnActivity(types=("ordered",))),
    )
    shop.do(shop.activity("ordered", lines=lines(10000)))
    assert shop.do(shop.activity("paid")).points == {}
    assert shop.active() == 100


def test_L73_what_is_reversed_later_names_the_lot_with_its_funder_and_price() -> None:
    brand = Currency(name="points", cost={"brand": Ratio(1, 100)}, expiry=Expiry(never=True))
    shop = Shop(brand, rule("gift", give("1000", funding=FUNDED)))
    shop.buy(1000)
    sale = shop.last()
    (lot,) = shop.lots.values()
    assert (lot.funder, lot.granted, lot.cost_minor) == ("brand", 1000, 1000)
    shop.now = at("2026-04-20 10:00")
    (entry,) = shop.back(sale).movement.entries
    # 1,000 of 1,000 back in April: the charge of March, 10.00, goes back by its own lot.
    assert [(use.lot_id, use.amount) for use in entry.uses] == [(lot.lot_id, 1000)]
    assert shop.lots[lot.lot_id].remaining * lot.cost_minor // lot.granted == 0
