"""Limits: refuse, cut, hold, alert."""

from __future__ import annotations

from regulars.engine.contracts.decision import Cut, Outcome
from regulars.program.contracts.definitions import Currency, Limit, LimitAction, Measure, Metric, Over, Owner
from regulars.program.contracts.values import Period, Span, Text, Unit, Window, WindowKind
from tests.engine.shop import Shop, base, give, rule

DAY = Window(WindowKind.PERIOD, period=Period.DAY)
PURCHASES = Metric(name="purchases", measure=Measure.COUNT, where="type == 'purchase'", window=DAY)
EARNED = Metric(
    name="earned",
    measure=Measure.SUM,
    value="entry.amount",
    over=Over.ENTRIES,
    where="entry.kind == 'earn' && entry.currency == 'points'",
    window=DAY,
)
CARDS = Metric(
    name="cards",
    measure=Measure.DISTINCT,
    value="card.id",
    per=Owner.CASHIER,
    window=Window(WindowKind.SLIDING, span=Span(1, Unit.HOUR)),
)


def test_a_limit_refuses_the_activity_that_goes_over_it() -> None:
    words = Text(en="Enough", ru="Хватит", ro="Ajunge")
    limit = Limit(name="often", metric="purchases", at_most=2, then=LimitAction.REFUSE, text=words)
    shop = Shop(PURCHASES, limit, base())
    assert [shop.buy(100).outcome for _ in range(3)] == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED]
    refused = shop.buy(100).refusal
    assert refused is not None
    assert (refused.code, refused.by, refused.say["en"]) == ("limit_reached", "limits.often", "Enough")
    assert refused.fields == {"limit": "often", "metric": "purchases", "value": 3, "at_most": 2}


def test_a_limit_with_a_condition_refuses_while_it_holds() -> None:
    limit = Limit(name="large", if_="basket.total > 500.00", then=LimitAction.REFUSE, applies_to=("purchase",))
    shop = Shop(limit, base())
    assert shop.buy(50000).outcome is Outcome.ACCEPTED
    assert shop.buy(50001).outcome is Outcome.REFUSED


def test_a_limit_cuts_what_is_earned_lowest_priority_first() -> None:
    limit = Limit(name="day", metric="earned", at_most=50, then=LimitAction.CUT)
    shop = Shop(EARNED, limit, base(), rule("bonus", give("20")))
    assert shop.buy(2000).points == {"points": 40}
    second = shop.buy(800)
    assert [(one.rule, one.points, one.cuts) for one in second.fired] == [
        ("base", 8, ()),
        ("bonus", 2, (Cut("limits.day", 18),)),
    ]
    assert shop.buy(800).points == {"points": 0}


def test_a_cut_limit_over_activities_gives_nothing_to_those_above_it() -> None:
    limit = Limit(name="few", metric="purchases", at_most=1, then=LimitAction.CUT)
    shop = Shop(PURCHASES, limit, base())
    assert [shop.buy(1000).points for _ in range(2)] == [{"points": 10}, {"points": 0}]


def test_a_limit_that_holds_keeps_earnings_waiting_and_opens_a_case() -> None:
    limit = Limit(name="many", metric="purchases", at_most=1, then=LimitAction.HOLD, case="risk")
    shop = Shop(PURCHASES, limit, base())
    shop.buy(1000)
    held = shop.buy(1000)
    assert (shop.has().active, shop.has().pending) == (10, 10)
    (case,) = [event.data for event in held.events if event.type == "case.opened"]
    assert case["case"] == "risk"
    assert (case["metric"], case["value"], case["at_most"], case["then"]) == ("purchases", 2, 1, "hold")


def test_a_limit_that_alerts_lets_everything_pass() -> None:
    limit = Limit(name="many_cards", metric="cards", at_most=1, then=LimitAction.ALERT)
    shop = Shop(CARDS, limit, base())
    assert [event.type for event in shop.buy(1000, cashier="9", card="a").events if "case" in event.type] == []
    alerted = shop.buy(1000, cashier="9", card="b")
    assert alerted.points == {"points": 10}
    (case,) = [event.data for event in alerted.events if event.type == "case.opened"]
    assert (case["limit"], case["value"], case["at_most"]) == ("many_cards", 2, 1)


def test_a_limit_applies_to_the_types_it_names() -> None:
    limit = Limit(name="often", metric="purchases", at_most=0, then=LimitAction.REFUSE, applies_to=("visit",))
    shop = Shop(PURCHASES, limit, base())
    assert shop.buy(100).outcome is Outcome.ACCEPTED
    assert shop.do(shop.activity("visit")).outcome is Outcome.REFUSED


def test_room_under_a_limit_comes_back_with_a_return() -> None:
    limit = Limit(name="day", metric="earned", at_most=50, then=LimitAction.CUT)
    shop = Shop(EARNED, limit, base())
    shop.buy(5000)
    shop.back(shop.last(), amount=3000)
    assert shop.active() == 20
    assert shop.buy(5000).points == {"points": 30}


def test_a_sale_cut_by_a_limit_stays_within_its_room_when_returned() -> None:
    limit = Limit(name="day", metric="earned", at_most=50, then=LimitAction.CUT)
    shop = Shop(EARNED, limit, base())
    shop.buy(8000)
    assert shop.active() == 50
    assert shop.back(shop.last(), amount=2000).points == {}
    assert shop.active() == 50


def test_a_limit_over_entries_holds_beside_a_currency_with_decimals() -> None:
    # Entries of all currencies share the scale of the finest: 50 points are 5000 there.
    limit = Limit(name="day", metric="earned", at_most=5000, then=LimitAction.CUT)
    shop = Shop(Currency(name="cash", scale=2), EARNED, limit, base())
    assert shop.buy(4000).points == {"points": 40}
    assert shop.buy(4000).points == {"points": 10}
    sale = shop.last()
    assert shop.back(sale, amount=3500).points == {"points": -5}
