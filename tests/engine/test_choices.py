"""Choices: what a member picks for a period, what counts then, and what a change costs. Days are those of Chisinau."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.engine import choosing
from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import ChoiceMade, ReturnedLine
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import ChoiceSeen
from regulars.program.contracts.choices import Change, Choice, DecideBy, Default, DefaultKind, Opens, Options
from regulars.program.contracts.definitions import Attribute, Currency, Measure, Metric, Purpose, Segment, ValueList
from regulars.program.contracts.effects import Slots
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.triggers import OnEvent, OnPeriod
from regulars.program.contracts.values import Period, Ratio, Span, Text, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, at, base, give, lines, multiply, program, release, rule

FIVE = rule("five", multiply(5), lines="line.category in member.choices.mine")


def mine(*options: str, **fields: Any) -> Choice:
    given: dict[str, Any] = {
        "options": Options(values=options or ("bread", "milk", "fish")),
        "period": Period.MONTH,
    } | fields
    return Choice(name="mine", **given)


def choose(shop: Shop, *picked: str, ahead: bool = False, name: str = "mine") -> Decision:
    return shop.do(shop.activity("choice", choice=ChoiceMade(choice=name, picked=picked, ahead=ahead)))


def refused(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def buy(shop: Shop, category: str, amount: int = 1000, **fields: Any) -> int:
    """The points of 10.00 of one category: 10, or 50 where it is chosen."""
    return shop.buy(lines=lines(amount, category=category), **fields).points.get("points", 0)


def seen(shop: Shop) -> ChoiceSeen:
    known = shop.known(shop.activity("tick"))
    return engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).choices[0]


def go(shop: Shop, when: str) -> None:
    shop.now = at(when)


def test_a_picked_category_earns_five_times_from_the_next_purchase_on() -> None:
    shop = Shop(base(), FIVE, mine())
    assert buy(shop, "bread") == 10
    assert refused(choose(shop, "bread")) is None
    assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)


def test_the_default_is_what_counted_last_also_in_the_next_period() -> None:
    shop = Shop(base(), FIVE, mine())
    choose(shop, "bread")
    go(shop, "2026-05-02 10:00")
    assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)


def test_without_a_default_a_new_period_begins_with_nothing() -> None:
    shop = Shop(base(), FIVE, mine(default=Default(DefaultKind.NONE)))
    choose(shop, "bread")
    go(shop, "2026-03-31 20:00")
    assert buy(shop, "bread") == 50
    go(shop, "2026-03-31 21:00")  # midnight in Chisinau
    assert buy(shop, "bread") == 10


def test_the_first_ones_offered_count_for_whoever_never_picked() -> None:
    shop = Shop(base(), FIVE, mine(default=Default(DefaultKind.FIRST), pick="2"))
    assert (buy(shop, "bread"), buy(shop, "milk"), buy(shop, "fish")) == (50, 50, 10)
    choose(shop, "fish")
    assert (buy(shop, "bread"), buy(shop, "fish")) == (10, 50)
    go(shop, "2026-04-02 10:00")
    assert (buy(shop, "bread"), buy(shop, "fish")) == (50, 10)


def test_a_default_may_name_its_options() -> None:
    shop = Shop(base(), FIVE, mine(default=Default(DefaultKind.THESE, ("fish",))))
    assert (buy(shop, "bread"), buy(shop, "fish")) == (10, 50)


def test_options_stand_in_a_named_list_and_two_choices_do_not_meet() -> None:
    shop = Shop(
        base(),
        FIVE,
        ValueList(name="shelf", values=("bread", "milk")),
        mine(options=Options(list="shelf"), pick="2"),
        Choice(name="other", options=Options(values=("fish",))),
    )
    choose(shop, "fish", name="other")
    choose(shop, "bread", "milk")
    assert (buy(shop, "bread"), buy(shop, "milk"), buy(shop, "fish")) == (50, 50, 10)


def test_options_may_be_what_the_member_has() -> None:
    pets = Attribute(
        name="pets",
        type=FieldType.RECORDS,
        key="name",
        fields={"name": FieldDefinition(type=FieldType.TEXT), "kind": FieldDefinition(type=FieldType.TEXT)},
        purpose="service",
    )
    fed = rule("fed", give("7"), if_="'Rex' in member.choices.mine")
    offered = "member.attributes.pets.exists(p, p.name == option && p.kind == 'dog')"
    service = Purpose(name="service", texts={"v1": Text(en="x")})
    shop = Shop(base(), fed, pets, service, mine(options=Options(records="pets"), offered=offered))
    assert refused(choose(shop, "Rex")) == "not_offered"
    shop.profile(pets=[{"name": "Rex", "kind": "dog"}, {"name": "Tom", "kind": "cat"}])
    assert (seen(shop).options, seen(shop).offered) == (("Rex", "Tom"), ("Rex",))
    assert refused(choose(shop, "Tom")) == "not_offered"
    choose(shop, "Rex")
    assert shop.buy(1000).points == {"points": 17}


def test_how_many_and_what_is_offered_are_formulas_about_the_member() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total")
    shop = Shop(
        base(),
        FIVE,
        spend,
        mine(
            pick="member.metrics.spend >= 100.00 ? 2 : 1",
            offered="option != 'fish' || member.metrics.spend >= 100.00",
        ),
    )
    assert (seen(shop).allowed, seen(shop).offered) == (1, ("bread", "milk"))
    decision = choose(shop, "bread", "milk")
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.fields) == (
        "too_many_picked",
        {"choice": "mine", "picked": 2, "allowed": 1},
    )
    assert refused(choose(shop, "fish")) == "not_offered"
    shop.buy(10000)
    assert refused(choose(shop, "bread", "fish")) is None


def test_refusals_say_what_is_wrong_and_change_nothing() -> None:
    shop = Shop(base(), FIVE, mine())
    choose(shop, "bread")
    before = shop.state
    assert refused(choose(shop, "wine")) == "not_offered"
    assert refused(choose(shop, "milk", "milk")) == "picked_twice"
    assert refused(choose(shop, "milk", name="yours")) == "unknown_choice"
    assert refused(shop.do(shop.activity("choice"))) == "missing_part"
    assert shop.state == before


def test_the_first_pick_is_taken_from_the_day_it_opens_through_the_day_to_decide_by() -> None:
    shop = Shop(base(), FIVE, mine(opens=Opens(day=2), decide_by=DecideBy(5)))
    go(shop, "2026-03-01 10:00")
    assert refused(choose(shop, "bread")) == "choice_not_open"
    go(shop, "2026-03-05 21:00")  # 23:00 of the fifth
    assert refused(choose(shop, "bread")) is None
    late = Shop(base(), FIVE, mine(decide_by=DecideBy(5)))
    go(late, "2026-03-05 22:00")  # midnight: the sixth
    decision = choose(late, "bread")
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.fields["closed_on"]) == ("choice_closed", "2026-03-05")
    assert buy(late, "bread") == 10


@pytest.mark.parametrize(
    ("opens", "opened", "day"),
    [
        (Opens(day=25), "2026-03-24 22:00", "2026-03-25"),  # midnight, still winter time
        (Opens(before=Span(1, Unit.WEEK)), "2026-03-24 22:00", "2026-03-25"),
        (Opens(day=31), "2026-03-30 21:00", "2026-03-31"),
    ],
)
def test_the_next_period_may_be_picked_ahead_once_it_opens(opens: Opens, opened: str, day: str) -> None:
    shop = Shop(base(), FIVE, mine(opens=opens))
    choose(shop, "bread")
    shop.now = at(opened) - dt.timedelta(minutes=1)
    decision = choose(shop, "fish", ahead=True)
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.fields["opens_on"]) == ("choice_not_open", day)
    go(shop, opened)
    assert refused(choose(shop, "fish", ahead=True)) is None
    assert (seen(shop).picked, seen(shop).later, seen(shop).later_from) == (
        ("bread",),
        ("fish",),
        at("2026-03-31 21:00"),
    )
    assert (buy(shop, "bread"), buy(shop, "fish")) == (50, 10)
    go(shop, "2026-04-01 10:00")
    assert (buy(shop, "bread"), buy(shop, "fish")) == (10, 50)


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    shop = Shop(base(), FIVE, mine(opens=Opens(day=31)))
    go(shop, "2026-02-28 10:00")
    assert refused(choose(shop, "fish", ahead=True)) is None


def test_a_choice_without_periods_has_nothing_ahead() -> None:
    shop = Shop(base(), FIVE, mine(period=Period.EVER))
    assert refused(choose(shop, "bread", ahead=True)) == "no_next_period"
    choose(shop, "bread")
    go(shop, "2028-01-01 10:00")
    assert buy(shop, "bread") == 50


def test_never_changed_means_the_period_through() -> None:
    shop = Shop(base(), FIVE, mine(change=Change(never=True), opens=Opens(day=25)))
    choose(shop, "bread")
    assert refused(choose(shop, "milk")) == "choice_locked"
    assert refused(choose(shop, "bread")) is None  # what is there already is no change
    go(shop, "2026-03-26 10:00")
    choose(shop, "milk", ahead=True)
    assert refused(choose(shop, "fish", ahead=True)) == "choice_locked"
    go(shop, "2026-04-02 10:00")
    assert refused(choose(shop, "fish")) == "choice_locked"
    assert buy(shop, "milk") == 50


def test_changes_end_with_the_day_to_decide_by_or_go_on_always() -> None:
    until = Shop(base(), FIVE, mine(decide_by=DecideBy(5)))
    always = Shop(base(), FIVE, mine(decide_by=DecideBy(5), change=Change()))
    for shop in (until, always):
        choose(shop, "bread")
        go(shop, "2026-03-05 10:00")
        assert refused(choose(shop, "milk")) is None
        go(shop, "2026-03-06 10:00")
    assert refused(choose(until, "fish")) == "choice_closed"
    assert refused(choose(always, "fish")) is None
    assert (buy(until, "milk"), buy(always, "fish")) == (50, 50)


BONUS = Currency(name="bonus", scale=2, cost={"house": Ratio(1)})
WELCOME = rule("welcome", give("150", "bonus"), if_="basket.total == 1.00")
FEE = Change(fee={"bonus": Ratio(100)})


def test_a_change_costs_its_fee_and_the_first_pick_does_not() -> None:
    shop = Shop(base(), FIVE, BONUS, WELCOME, mine(change=FEE))
    shop.buy(100)
    choose(shop, "bread")
    assert shop.active("bonus") == 15000
    assert seen(shop).fee == {"bonus": 10000}
    decision = choose(shop, "milk")
    assert (shop.active("bonus"), decision.points) == (5000, {"bonus": -10000})
    assert buy(shop, "milk") == 50
    decision = choose(shop, "fish")
    assert decision.refusal is not None
    assert decision.refusal.fields == {"choice": "mine", "currency": "bonus", "fee": 10000, "available": 5000}
    assert decision.refusal.code == "fee_short"
    assert (buy(shop, "milk"), buy(shop, "fish")) == (50, 10)


def test_the_same_picks_again_are_no_change() -> None:
    shop = Shop(base(), FIVE, BONUS, WELCOME, mine(change=FEE))
    shop.buy(100)
    choose(shop, "bread")
    before = shop.state
    assert choose(shop, "bread").points == {}
    assert (shop.active("bonus"), shop.state) == (15000, before)


def test_whoever_let_the_day_pass_pays_like_whoever_changes() -> None:
    shop = Shop(base(), FIVE, BONUS, WELCOME, mine(change=FEE, decide_by=DecideBy(5)))
    shop.buy(100)
    go(shop, "2026-03-06 10:00")
    choose(shop, "milk")
    assert shop.active("bonus") == 5000


def test_what_lies_ahead_changes_without_a_fee() -> None:
    shop = Shop(base(), FIVE, BONUS, WELCOME, mine(change=FEE, opens=Opens(day=25)))
    shop.buy(100)
    go(shop, "2026-03-26 10:00")
    choose(shop, "milk", ahead=True)
    choose(shop, "fish", ahead=True)
    assert shop.active("bonus") == 15000
    go(shop, "2026-04-02 10:00")
    assert (buy(shop, "milk"), buy(shop, "fish")) == (10, 50)


def test_a_change_from_tomorrow_counts_from_midnight_without_a_tick() -> None:
    shop = Shop(base(), FIVE, mine(change=Change(from_tomorrow=True)))
    choose(shop, "bread")
    choose(shop, "milk")
    assert (seen(shop).picked, seen(shop).later) == (("bread",), ("milk",))
    go(shop, "2026-03-02 21:59")
    assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)
    go(shop, "2026-03-02 22:00")
    assert (buy(shop, "bread"), buy(shop, "milk")) == (10, 50)


def test_a_change_from_tomorrow_is_too_late_on_the_last_day() -> None:
    shop = Shop(base(), FIVE, mine(change=Change(from_tomorrow=True)))
    choose(shop, "bread")
    go(shop, "2026-03-31 10:00")
    assert not seen(shop).open
    assert refused(choose(shop, "milk")) == "choice_closed"


def test_the_last_of_several_changes_from_tomorrow_counts() -> None:
    shop = Shop(base(), FIVE, mine(change=Change(from_tomorrow=True)))
    for option in ("bread", "milk", "fish"):
        choose(shop, option)
    go(shop, "2026-03-03 10:00")
    assert (buy(shop, "milk"), buy(shop, "fish")) == (10, 50)


def test_a_fee_from_tomorrow_is_paid_at_once() -> None:
    shop = Shop(base(), FIVE, BONUS, WELCOME, mine(change=Change(fee=FEE.fee, from_tomorrow=True)))
    shop.buy(100)
    choose(shop, "bread")
    choose(shop, "milk")
    assert (shop.active("bonus"), buy(shop, "milk")) == (5000, 10)


def test_a_sale_comes_back_under_the_choice_of_its_day() -> None:
    # L80: 50 for two breads under the choice of that day; one back is 25, whatever is picked by then.
    shop = Shop(base(), FIVE, mine())
    choose(shop, "bread")
    shop.buy(lines=lines(500, 500, category="bread"))
    sale = shop.last()
    choose(shop, "milk")
    assert shop.back(sale, ReturnedLine(no=1)).points == {"points": -25}
    assert shop.back(sale).points == {"points": -25}


def test_a_purchase_that_comes_late_is_judged_by_the_choice_of_its_moment() -> None:
    shop = Shop(base(), FIVE, mine())
    go(shop, "2026-03-02 10:00")
    choose(shop, "bread")
    go(shop, "2026-03-10 10:00")
    choose(shop, "milk")
    go(shop, "2026-04-05 10:00")
    choose(shop, "fish")
    when = {"2026-03-01 10:00": 10, "2026-03-02 10:00": 50, "2026-03-10 09:59": 50, "2026-03-10 10:00": 10}
    assert {moment: buy(shop, "bread", occurred_at=at(moment)) for moment in when} == when
    assert buy(shop, "milk", occurred_at=at("2026-04-01 10:00")) == 50
    assert (buy(shop, "milk"), buy(shop, "fish")) == (10, 50)


def test_what_is_kept_ends_with_the_period_before() -> None:
    shop = Shop(base(), FIVE, mine())
    for month, option in enumerate(("bread", "milk", "fish", "bread", "milk"), start=3):
        go(shop, f"2026-0{month}-02 10:00")
        choose(shop, option)
    kept = states.decode(shop.state).members[0].choices["mine"]
    assert [stint[2] for stint in kept[1]] == [["fish"], ["bread"], ["milk"]]
    assert buy(shop, "bread", occurred_at=at("2026-06-20 10:00")) == 50


def test_the_rule_of_an_ended_period_reads_what_was_picked_for_it() -> None:
    ended = rule(
        "ended", give("9"), trigger=OnPeriod(period=Period.MONTH, ended=True), if_="'bread' in member.choices.mine"
    )
    shop = Shop(base(), ended, mine(opens=Opens(day=25)))
    choose(shop, "bread")
    go(shop, "2026-03-26 10:00")
    choose(shop, "milk", ahead=True)
    go(shop, "2026-04-01 10:00")
    shop.tick()
    assert shop.active() == 9
    go(shop, "2026-05-01 10:00")
    shop.tick()
    assert shop.active() == 9


def test_whoever_picks_is_heard_once_and_so_is_a_default_that_takes_over() -> None:
    thanks = rule("thanks", give("3"), trigger=OnEvent(event="choice.made", name="mine"))
    shop = Shop(base(), thanks, mine(default=Default(DefaultKind.FIRST)))
    decision = choose(shop, "fish")
    assert decision.points == {"points": 3}
    heard = [event.data for event in decision.events if event.type == "choice.made"]
    assert heard == [{"name": "mine", "picked": ["fish"], "own": True, "starts_at": "2026-03-02T10:00:00+00:00"}]
    assert choose(shop, "fish").points == {}
    go(shop, "2026-04-02 10:00")
    told = [event.data for event in shop.tick().events if event.type == "choice.made"]
    assert told == [{"name": "mine", "picked": ["bread"], "own": False}]
    assert shop.active() == 6


def test_a_rule_may_tell_picks_from_defaults() -> None:
    thanks = rule("thanks", give("3"), trigger=OnEvent(event="choice.made", name="mine"), if_="event.own")
    shop = Shop(base(), thanks, mine(default=Default(DefaultKind.FIRST)))
    assert choose(shop, "fish").points == {"points": 3}
    go(shop, "2026-04-02 10:00")
    assert shop.tick().points == {}


def test_a_segment_reads_choices_at_once_and_when_a_default_takes_over() -> None:
    bakers = Segment(name="bakers", if_="'bread' in member.choices.mine")
    shop = Shop(base(), bakers, mine(default=Default(DefaultKind.NONE)))
    assert [(move.segment, move.entered) for move in choose(shop, "bread").segments] == [("bakers", True)]
    assert shop.review_at == at("2026-03-31 21:00")
    go(shop, "2026-04-01 10:00")
    assert [(move.segment, move.entered) for move in shop.tick().segments] == [("bakers", False)]


def test_nobody_is_due_whose_default_changes_nothing() -> None:
    shop = Shop(base(), FIVE, mine())
    choose(shop, "bread")
    assert shop.review_at is None


def test_what_a_tier_allowed_is_cut_when_the_next_period_begins_without_it() -> None:
    month = Metric(
        name="month",
        measure=Measure.SUM,
        value="basket.total",
        window=Window(kind=WindowKind.PERIOD, period=Period.MONTH),
    )
    shop = Shop(base(), FIVE, month, mine(pick="member.metrics.month >= 100.00 ? 2 : 1"))
    shop.buy(10000)
    choose(shop, "milk", "bread")
    assert seen(shop).picked == ("milk", "bread")
    go(shop, "2026-04-01 10:00")
    assert (buy(shop, "bread"), buy(shop, "milk")) == (10, 50)


def test_a_choice_counts_between_its_dates() -> None:
    shop = Shop(base(), FIVE, mine(from_=at("2026-03-05 00:00").date(), until=at("2026-03-20 00:00").date()))
    assert refused(choose(shop, "bread")) == "choice_not_open"
    go(shop, "2026-03-05 10:00")
    choose(shop, "bread")
    assert buy(shop, "bread") == 50
    go(shop, "2026-03-20 10:00")
    assert buy(shop, "bread") == 10
    assert refused(choose(shop, "milk")) == "choice_not_open"


def test_a_default_begins_with_its_choice_whether_anybody_looks_or_not() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total")
    starts = at("2026-03-05 00:00").date()
    choice = mine(
        default=Default(DefaultKind.FIRST),
        pick="member.metrics.spend >= 10.00 ? 2 : 1",
        from_=starts,
        period=Period.EVER,
    )
    looked, not_looked = Shop(base(), FIVE, spend, choice), Shop(base(), FIVE, spend, choice)
    for shop in (looked, not_looked):
        assert buy(shop, "bread", 500) == 5
        assert shop.review_at == at("2026-03-04 22:00")
    go(looked, "2026-03-04 22:00")
    looked.tick()
    for shop in (looked, not_looked):
        go(shop, "2026-03-06 10:00")
        assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)


def test_an_option_that_a_release_takes_away_counts_to_the_end_of_the_period_and_may_be_replaced_freely() -> None:
    before = mine(pick="2", change=FEE)
    after = mine("bread", "milk", pick="2", change=FEE)
    shop = Shop(base(), FIVE, BONUS, before)
    choose(shop, "fish", "bread")
    shop.publish(base(), FIVE, BONUS, after)
    assert (buy(shop, "fish"), buy(shop, "bread"), buy(shop, "milk")) == (50, 50, 10)
    assert (seen(shop).options, seen(shop).picked) == (("bread", "milk"), ("fish", "bread"))
    assert refused(choose(shop, "fish", "milk")) == "not_offered"
    assert refused(choose(shop, "milk", "bread")) is None  # no fee: there is none to pay it from
    assert (buy(shop, "fish"), buy(shop, "milk")) == (10, 50)


def test_an_option_that_went_is_no_default() -> None:
    shop = Shop(base(), FIVE, mine(pick="2"))
    choose(shop, "fish", "bread")
    shop.publish(base(), FIVE, mine("bread", "milk", pick="2"))
    go(shop, "2026-04-02 10:00")
    assert (buy(shop, "fish"), buy(shop, "bread")) == (10, 50)


@pytest.mark.parametrize(
    ("policy", "bread"), [(MidwayPolicy.KEEP, 50), (MidwayPolicy.RESTART, 10), (MidwayPolicy.CLOSE, 10)]
)
def test_a_release_may_make_picks_void(policy: MidwayPolicy, bread: int) -> None:
    shop = Shop(base(), FIVE, mine(change=Change(never=True)))
    choose(shop, "bread")
    shop.publish(base(), FIVE, mine(change=Change(never=True)))
    under = replace(shop.compiled.release, midway={"choices.mine": Midway(policy=policy, since=2)})
    shop.compiled = shop.releases[2] = engine.compile(under)
    assert buy(shop, "bread") == bread
    assert refused(choose(shop, "milk")) == ("choice_locked" if policy is MidwayPolicy.KEEP else None)


def test_whoever_a_release_asks_anew_may_pick_after_the_day_to_decide_by() -> None:
    choice = mine(decide_by=DecideBy(5))
    shop = Shop(base(), FIVE, choice)
    choose(shop, "bread")
    go(shop, "2026-03-20 10:00")
    shop.publish(base(), FIVE, choice)
    under = replace(shop.compiled.release, midway={"choices.mine": Midway(policy=MidwayPolicy.RESTART, since=2)})
    shop.compiled = shop.releases[2] = engine.compile(under)
    assert (buy(shop, "bread"), seen(shop).open) == (10, True)
    assert refused(choose(shop, "milk")) is None
    assert buy(shop, "milk") == 50
    assert refused(choose(shop, "fish")) == "choice_closed"


def test_many_rules_find_the_chosen_category_by_their_index() -> None:
    others = [rule(f"r{n}", give("1"), lines=f"line.category == 'c{n}'") for n in range(40)]
    shop = Shop(base(), FIVE, mine(), *others)
    choose(shop, "bread")
    assert (buy(shop, "bread"), buy(shop, "milk"), buy(shop, "c3")) == (50, 10, 11)
    ended = release(program(base(), FIVE, mine(), *others))
    assert engine.compile(ended).choices_by_name["mine"].always_alike


def test_an_effect_gives_more_picks_through_the_running_period() -> None:
    prize = rule("prize", Slots(slots="mine", by=2), if_="basket.total == 1.00")
    shop = Shop(base(), FIVE, prize, mine())
    assert refused(choose(shop, "bread", "milk")) == "too_many_picked"
    shop.buy(100)
    assert seen(shop).allowed == 3
    choose(shop, "bread", "milk", "fish")
    assert buy(shop, "fish") == 50
    go(shop, "2026-04-01 10:00")
    assert (buy(shop, "bread"), buy(shop, "fish"), seen(shop).allowed) == (50, 10, 1)


def test_more_picks_may_last_through_a_date_and_add_up() -> None:
    prize = rule("prize", Slots(slots="mine", until="now.toDate().addDays(35)"), if_="basket.total == 1.00")
    shop = Shop(base(), FIVE, prize, mine())
    shop.buy(100)
    shop.buy(100)
    choose(shop, "bread", "milk", "fish")
    go(shop, "2026-04-06 10:00")  # 2 March and 35 days
    assert (buy(shop, "fish"), seen(shop).allowed) == (50, 3)
    go(shop, "2026-04-07 10:00")
    assert (buy(shop, "fish"), seen(shop).allowed) == (50, 1)
    go(shop, "2026-05-01 10:00")
    assert (buy(shop, "bread"), buy(shop, "fish")) == (50, 10)


def test_two_members_who_are_one_keep_what_was_picked_by_hand() -> None:
    shop = Shop(mine())
    default, own = [9, [[0, 0, ["bread"], 1]], [[5, 1]]], [9, [[0, 1, ["milk"], 1]], [[5, 2], [7, 1]]]
    assert choosing.merged(shop.compiled, "mine", default, own) == [9, [[0, 1, ["milk"], 1]], [[5, 3], [7, 1]]]
    assert choosing.merged(shop.compiled, "mine", own, default) == [9, [[0, 1, ["milk"], 1]], [[5, 3], [7, 1]]]
