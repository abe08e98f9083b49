"""What members do with currencies beside spending them: exchange, buying and giving back, pay-outs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import TransferAct
from regulars.program.contracts.dealings import Buying, Exchange, PayOut
from regulars.program.contracts.definitions import (
    Attribute,
    Currency,
    CurrencyKind,
    Expiry,
    Measure,
    Metric,
    Over,
    RuleKind,
)
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.households import Household
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from tests.engine.shop import PointsPayment, Shop, at, base, give, rule
from tests.engine.town import ANN, BOB, Town

POINTS: dict[str, Any] = {"name": "points", "value": Ratio(1, 100), "cost": {"house": Ratio(1, 100)}}
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


def selling(**terms: Any) -> Shop:
    buying = Buying(**{"price": Ratio(1, 50), "step": 100, **terms})
    earned = Metric(
        name="earned", measure=Measure.SUM, over=Over.ENTRIES, value="entry.amount", where="entry.kind == 'earn'"
    )
    return Shop(Currency(buy=buying, **POINTS), earned, base())


def buy(shop: Shop, points: int, money: int) -> Decision:
    return deal(shop, "buy", currency="points", points=points, money=money, paid_with="card")


def test_bought_points_are_the_members_own_and_not_earned() -> None:
    shop = selling()
    done = buy(shop, 1000, 2000)
    (lot,) = shop.lots.values()
    assert done.points == {"points": 1000}
    assert (lot.granted, lot.funder, lot.cost_minor, lot.pending) == (1000, "member", 2000, False)
    assert [entry.kind.value for entry in done.movement.entries] == ["buy"]
    assert shop.metric("earned") == 0
    (heard,) = [one for one in done.events if one.type == "points.bought"]
    assert heard.data == {"name": "points", "points": 1000, "money": 2000}


def test_the_price_the_step_the_most_and_the_period_of_a_sale() -> None:
    shop = selling(most=1000, per={Period.DAY: 1500})
    assert refused(buy(shop, 1000, 1990)) == ("price_differs", {"price": 2000, "paid": 1990})
    assert refused(buy(shop, 150, 300))[0] == "points_step"
    assert refused(buy(shop, 1100, 2200)) == ("deal_too_large", {"currency": "points", "asked": 1100, "possible": 1000})
    buy(shop, 1000, 2000)
    assert refused(buy(shop, 600, 1200))[1]["possible"] == 500
    assert (
        refused(deal(Shop(Currency(**POINTS)), "buy", currency="points", points=100, money=200))[0] == "points_not_sold"
    )


def test_what_is_owed_is_paid_from_what_is_bought() -> None:
    shop = selling()
    shop.buy(10000)
    sale = shop.last()
    shop.buy(5000, pay=(PointsPayment(currency="points", points=100),))
    shop.back(sale)
    # 49 points earned by the second purchase (50.00 less 1.00 paid in points) pay first: 51 are owed.
    assert shop.has().arrears == 51
    buy(shop, 100, 200)
    assert (shop.active(), shop.has().arrears) == (49, 0)


def test_L81_bought_points_are_given_back_as_far_as_unspent_for_that_share_of_the_money() -> None:
    shop = selling()
    shop.buy(30000)
    buy(shop, 1000, 2000)
    bought = shop.last()
    # 300 earned points end first as they were earned first; 700 of the bought ones are left.
    shop.buy(6000, pay=(PointsPayment(currency="points", points=600),))
    back = deal(shop, "give_back", currency="", points=-1, of=bought)
    assert (back.points, back.returned) == ({"points": -700}, 1400)
    # 54 earned by 60.00 - 6.00 stay.
    assert shop.active() == 54
    assert refused(deal(shop, "give_back", currency="", points=-1, of=bought))[0] == "deal_undone"


def test_L81_nothing_is_given_back_after_the_period_or_of_what_is_spent() -> None:
    shop = selling(withdrawal=Span(14, Unit.DAY))
    buy(shop, 100, 200)
    bought = shop.last()
    shop.buy(1000, pay=(PointsPayment(currency="points", points=100),))
    assert refused(deal(shop, "give_back", currency="", points=-1, of=bought))[0] == "nothing_left_of_it"
    # 2 March + 14 days: through the 16th, in Chisinau.
    shop.now = at("2026-03-16 22:00")
    assert refused(deal(shop, "give_back", currency="", points=-1, of=bought)) == (
        "withdrawal_over",
        {"through": "2026-03-16"},
    )


def paying(**terms: Any) -> Shop:
    cash = Currency(
        name="cash",
        kind=CurrencyKind.MONEY,
        scale=2,
        expiry=Expiry(span=Span(1, Unit.MONTH)),
        round_up=None,
        cost={"house": Ratio(1)},
        pay_out=PayOut(**{"account": "iban", "smallest": 5000, **terms}),
    )
    iban = Attribute(name="iban", type=FieldType.TEXT, purpose="service")
    shop = Shop(cash, iban, rule("base", give("basket.base * 0.1", currency="cash"), kind=RuleKind.BASE))
    shop.profile(iban="MD24AG000225100013104168")
    return shop


def test_a_pay_out_takes_everything_and_a_failed_one_brings_it_back_to_its_lots_once() -> None:
    shop = paying()
    shop.buy(30000)
    shop.now = at("2026-03-05 10:00")
    shop.buy(25000)
    first, second = sorted(shop.lots.values(), key=lambda lot: lot.lot_id)
    done = deal(shop, "pay_out", currency="cash", points=-1)
    paid = shop.last()
    assert (done.points, shop.active("cash")) == ({"cash": -5500}, 0)
    assert [(one.kind.value, one.amount) for one in done.movement.entries] == [("pay_out", 5500)]
    back = deal(shop, "returned", currency="", points=-1, of=paid)
    assert back.points == {"cash": 5500}
    assert (shop.lots[first.lot_id].remaining, shop.lots[second.lot_id].remaining) == (3000, 2500)
    assert refused(deal(shop, "returned", currency="", points=-1, of=paid))[0] == "deal_undone"
    assert shop.active("cash") == 5500


def test_what_a_failed_payment_brings_back_to_a_dead_lot_gets_the_return_grace() -> None:
    shop = paying()
    shop.buy(60000)
    deal(shop, "pay_out", currency="cash", points=-1)
    paid = shop.last()
    shop.now = at("2026-05-02 10:00")
    deal(shop, "returned", currency="", points=-1, of=paid)
    (lot,) = [one for one in shop.lots.values() if one.remaining]
    assert (lot.remaining, str(lot.expires_on)) == (6000, "2026-06-01")


def test_a_balance_below_the_smallest_and_one_without_an_account_wait() -> None:
    shop = paying()
    shop.buy(49990)
    assert refused(deal(shop, "pay_out", currency="cash", points=-1)) == (
        "points_least",
        {"currency": "cash", "asked": 4999, "least": 5000, "possible": 0},
    )
    shop.buy(1000)
    shop.profile(iban=None)
    assert refused(deal(shop, "pay_out", currency="cash", points=-1)) == ("account_missing", {"attribute": "iban"})
    assert refused(deal(shop, "pay_out", currency="points", points=-1))[0] == "not_paid_out"


def test_what_a_household_shares_is_exchanged_by_those_who_may_spend_it() -> None:
    stamps = Currency(name="stamps", value=Ratio(1), exchange=Exchange(to={"points": Ratio(10)}))
    family = Household(name="family", size=3, pooled=("stamps",))
    made = Town(base(), stamps, rule("stamp", give("1", "stamps")), family)
    made.at(ANN).buy(1000)
    made.found(ANN, "family")
    made.at(BOB).buy(500)
    made.household(ANN, "invite", member_id=BOB, role="child")
    made.join(BOB, ANN)

    def swap(who: UUID) -> Decision:
        asked = TransferAct(act="exchange", currency="stamps", to="points", points=2)
        return made.at(who).do(made.at(who).activity("transfer", transfer=asked))

    # Two stamps are shared now: one of each.
    assert refused(swap(BOB))[0] == "role_may_not"
    assert swap(ANN).points == {"stamps": -2, "points": 20}
    # What they became is Ann's own.
    assert (made.active(ANN), made.active(BOB)) == (30, 5)
