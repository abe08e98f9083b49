"""What members do with currencies beside spending them: exchange, buying and giving back, pay-outs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import TransferAct
from regulars.program.contracts.dealings import Exchange
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Period, Ratio
from tests.engine.shop import PointsPayment, Shop, at, base

POINTS = {"name": "points", "value": Ratio(1, 100), "cost": {"house": Ratio(1, 100)}}
MILES = Currency(name="miles", cost={"house": Ratio(1, 50)})


def exchanging(**terms: Any) -> Shop:
    exchange = Exchange(to={"miles": Ratio(1, 3)}, **terms)
    return Shop(Currency(exchange=exchange, **POINTS), MILES, base())


def deal(shop: Shop, act: str, **fields: Any) -> Decision:
    return shop.do(shop.activity("transfer", transfer=TransferAct(act=act, **fields)))


def exchange(shop: Shop, points: int, **fields: Any) -> Decision:
    return deal(shop, "exchange", **{"currency": "points", "to": "miles", "points": points, **fields})


def refused(decision: Decision) -> tuple[str, dict[str, object]]:
    assert decision.refusal is not None
    return decision.refusal.code, decision.refusal.fields


def test_L76_an_exchange_stores_both_entries_and_what_makes_no_whole_unit_stays() -> None:
    shop = exchanging()
    shop.buy(10000)
    done = exchange(shop, 50)
    # 50 / 3 = 16.67 miles: 16 for 48 points, 2 points stay.
    assert done.points == {"points": -48, "miles": 16}
    assert (shop.active(), shop.active("miles")) == (52, 16)
    assert [(one.kind.value, one.currency, one.amount) for one in done.movement.entries] == [
        ("convert", "points", 48),
        ("convert", "miles", 16),
    ]
    assert [one.type for one in done.events if one.type == "points.exchanged"] == ["points.exchanged"]


def test_an_exchange_needs_a_rate() -> None:
    shop = exchanging()
    shop.buy(10000)
    assert refused(deal(shop, "exchange", currency="miles", to="points", points=1))[0] == "not_exchangeable"
    assert refused(exchange(shop, 3, to="stars"))[0] == "not_exchangeable"
    assert refused(exchange(shop, 101)) == (
        "insufficient_points",
        {"currency": "points", "asked": 101, "available": 100},
    )


def test_step_and_least_of_an_exchange() -> None:
    shop = exchanging(step=30, least=60)
    shop.buy(10000)
    assert refused(exchange(shop, 50)) == (
        "points_step",
        {"currency": "points", "asked": 50, "step": 30, "possible": 30},
    )
    assert refused(exchange(shop, 30)) == (
        "points_least",
        {"currency": "points", "asked": 30, "least": 60, "possible": 100},
    )
    assert exchange(shop, -1).points == {"points": -90, "miles": 30}


def test_an_exchange_is_bounded_per_period() -> None:
    shop = exchanging(per={Period.MONTH: 60})
    shop.buy(20000)
    assert exchange(shop, 45).points == {"points": -45, "miles": 15}
    assert refused(exchange(shop, 45)) == (
        "deal_too_large",
        {"currency": "points", "asked": 45, "possible": 15, "period": "calendar month"},
    )
    shop.now = at("2026-04-02 10:00")
    assert exchange(shop, 45).points == {"points": -45, "miles": 15}


def test_staff_undo_an_exchange_at_its_rate_to_the_lots_it_came_from() -> None:
    shop = exchanging(per={Period.MONTH: 60})
    shop.buy(10000)
    (lot,) = shop.lots
    exchange(shop, 60)
    done = shop.last()
    undone = deal(shop, "undo", currency="points", points=0, of=done, reason="by mistake")
    assert undone.points == {"miles": -20, "points": 60}
    assert (shop.active(), shop.active("miles"), shop.lots[lot].remaining) == (100, 0, 100)
    # The room of the month is back as well.
    assert refused(deal(shop, "undo", currency="points", points=0, of=done))[0] == "deal_undone"
    assert exchange(shop, 60).points == {"points": -60, "miles": 20}


def test_an_exchange_of_which_something_was_spent_is_not_undone() -> None:
    shop = Shop(
        Currency(exchange=Exchange(to={"stars": Ratio(1)}), **POINTS),
        Currency(name="stars", value=Ratio(1), cost={"house": Ratio(1, 100)}),
        base(),
    )
    shop.buy(10000)
    exchange(shop, 60, to="stars")
    done = shop.last()
    shop.buy(1000, pay=(PointsPayment(currency="stars", points=10),))
    assert refused(deal(shop, "undo", currency="points", points=0, of=done)) == (
        "exchange_spent",
        {"currency": "stars", "given": 60, "left": 50},
    )
    assert refused(deal(shop, "undo", currency="points", points=0, of=UUID(int=5)))[0] == "not_such_a_deal"
