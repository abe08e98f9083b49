"""Limits: refuse, cut, hold, alert."""

from __future__ import annotations

from regulars.engine import service as engine
from regulars.engine.contracts.decision import Cut, Outcome
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import Currency, Limit, LimitAction, Measure, Metric, Over, Owner
from regulars.program.contracts.effects import Refuse
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Span, Text, Unit, Window, WindowKind
from tests.engine.shop import Shop, Store, at, base, give, rule

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


REST = Span(2, Unit.HOUR)


def test_a_cool_down_refuses_until_it_is_over_and_says_how_long() -> None:
    limit = Limit(name="pause", cooldown=REST, then=LimitAction.REFUSE, applies_to=("visit",))
    shop = Shop(limit, base())
    assert shop.do(shop.activity("visit")).outcome is Outcome.ACCEPTED
    shop.now = at("2026-03-02 11:10")
    refused = shop.do(shop.activity("visit")).refusal
    assert refused is not None
    assert refused.fields == {"limit": "pause", "cooldown": "2 hour", "minutes_left": 50}
    # Another type is another matter, and a refusal does not begin the time anew.
    assert shop.buy(100).outcome is Outcome.ACCEPTED
    shop.now = at("2026-03-02 12:00")
    assert shop.do(shop.activity("visit")).outcome is Outcome.ACCEPTED


def test_a_cool_down_with_a_condition_looks_at_those_alone_for_which_it_holds() -> None:
    limit = Limit(name="large", if_="basket.total >= 50.00", cooldown=REST, then=LimitAction.CUT)
    shop = Shop(limit, base())
    assert [shop.buy(amount).points["points"] for amount in (5000, 1000, 6000, 1000)] == [50, 10, 0, 10]
    shop.now = at("2026-03-02 13:00")
    assert shop.buy(5000).points == {"points": 50}


def test_a_cool_down_that_holds_opens_a_case() -> None:
    shop = Shop(Limit(name="pause", cooldown=REST, then=LimitAction.HOLD), base())
    shop.buy(1000)
    held = shop.buy(1000)
    assert (shop.has().active, shop.has().pending) == (10, 10)
    (case,) = [event.data for event in held.events if event.type == "case.opened"]
    assert (case["limit"], case["cooldown"], case["then"]) == ("pause", "2 hour", "hold")


def test_a_returned_purchase_gives_its_cool_down_back() -> None:
    shop = Shop(Limit(name="pause", cooldown=REST, then=LimitAction.CUT), base())
    shop.buy(1000)
    shop.back(shop.last())
    assert shop.buy(1000).points == {"points": 10}


def test_a_rule_with_a_cool_down_rests_for_one_member() -> None:
    shop = Shop(base(), rule("extra", give("5"), cooldown=REST))
    assert [shop.buy(1000).points["points"] for _ in range(2)] == [15, 10]
    (why,) = [one for one in shop.buy(1000, trace=True).trace if one.rule == "extra"]
    assert (why.because, why.fields) == ("cooldown", {"cooldown": "2 hour"})
    shop.now = at("2026-03-02 12:00")
    assert shop.buy(1000).points == {"points": 15}
    # What was given with a sale is taken back with it, and the time before counts again.
    assert shop.back(shop.last()).points == {"points": -15}
    assert shop.buy(1000).points == {"points": 15}


def test_what_comes_late_rests_before_the_last_time_as_after_it() -> None:
    shop = Shop(base(), rule("extra", give("5"), cooldown=REST))
    shop.buy(1000)
    assert shop.buy(1000, occurred_at=at("2026-03-02 08:30")).points == {"points": 10}
    assert shop.buy(1000, occurred_at=at("2026-03-02 07:00")).points == {"points": 15}


def test_a_rule_hears_of_a_limit() -> None:
    limit = Limit(name="many", metric="purchases", at_most=1, then=LimitAction.ALERT)
    sorry = rule("sorry", give("3"), trigger=OnEvent(event="limit.hit", name="many"))
    other = rule("other", give("100"), trigger=OnEvent(event="limit.hit", name="else"))
    shop = Shop(PURCHASES, limit, base(), sorry, other)
    assert [shop.buy(1000).points["points"] for _ in range(2)] == [10, 13]


def test_an_explanation_says_which_limit_it_ran_into_and_with_what_number() -> None:
    limit = Limit(name="few", metric="purchases", at_most=1, then=LimitAction.CUT)
    shop = Shop(PURCHASES, limit, base())
    shop.buy(1000)
    told = shop.buy(1000, trace=True)
    expected = {"metric": "purchases", "value": 2, "at_most": 1}
    activity, decision, _ = shop.done[shop.last()]
    for trace in (told.trace, engine.explain(shop.compiled, activity, decision.recorded)):
        assert [(one.because, one.fields) for one in trace if one.rule == "limits.few"] == [("cut", expected)]


def test_the_words_of_a_limit_that_cuts_stand_on_the_receipt_and_of_one_that_alerts_at_the_till() -> None:
    words = Text(en="Enough", ru="Хватит", ro="Ajunge")
    for then, to in ((LimitAction.CUT, "receipt"), (LimitAction.ALERT, "cashier")):
        shop = Shop(PURCHASES, Limit(name="few", metric="purchases", at_most=0, then=then, text=words), base())
        (said,) = [one for one in shop.buy(1000).messages if one.code == f"limit.{then.value}"]
        assert (said.to, said.say) == (to, {"en": "Enough", "ru": "Хватит", "ro": "Ajunge"})


def test_a_limit_of_the_whole_program_counts_everybody() -> None:
    given = Metric(
        name="given", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, per=Owner.PROGRAM, window=DAY
    )
    shop = Shop(given, Limit(name="budget", metric="given", at_most=25, then=LimitAction.CUT), base())
    assert [shop.buy(1000).points["points"] for _ in range(4)] == [10, 10, 5, 0]
    shop.now = at("2026-03-03 10:00")
    assert shop.buy(1000).points == {"points": 10}


def test_a_limit_of_a_chain_counts_its_stores_together() -> None:
    sales = Metric(name="sales", measure=Measure.COUNT, where="type == 'purchase'", per=Owner.PARTNER, window=DAY)
    shop = Shop(sales, Limit(name="few", metric="sales", at_most=1, then=LimitAction.REFUSE), base())
    first, second = Store(id="1", chain="linella"), Store(id="2", chain="linella")
    assert shop.buy(100, store=first).outcome is Outcome.ACCEPTED
    refused = shop.buy(100, store=second).refusal
    assert refused is not None
    assert refused.fields["owner"] == "partner:linella"
    assert shop.buy(100, store=Store(id="3", chain="local")).outcome is Outcome.ACCEPTED


def test_what_may_refuse_or_cut_for_several_is_guarded_and_what_alerts_is_not() -> None:
    def guarded(*definitions: Definition) -> frozenset[str]:
        return Shop(CARDS, *definitions, base()).compiled.guarded

    assert guarded(Limit(name="l", metric="cards", at_most=1, then=LimitAction.REFUSE)) == {"cards"}
    assert guarded(Limit(name="l", metric="cards", at_most=1, then=LimitAction.CUT)) == {"cards"}
    assert guarded(rule("l", Refuse(refuse="many", say=Text(en="Many")), **{"if": "cashier.metrics.cards > 1"})) == {
        "cards"
    }
    assert guarded(Limit(name="l", metric="cards", at_most=1, then=LimitAction.ALERT)) == frozenset()
    assert guarded(Limit(name="l", metric="cards", at_most=1, then=LimitAction.HOLD)) == frozenset()
