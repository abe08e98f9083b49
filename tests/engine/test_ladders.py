"""Ladders: how a tier is reached, how long it holds, how it is lost; each with numbers worked out by hand."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any
from uuid import UUID

import pytest

from regulars.engine import service as engine
from regulars.engine.contracts.activity import TierSet
from regulars.engine.contracts.decision import Decision
from regulars.engine.ladders import years
from regulars.program import ladder_forms
from regulars.program.contracts.definitions import (
    Currency,
    CurrencyKind,
    Expiry,
    Measure,
    Metric,
    Over,
    RuleKind,
    Segment,
)
from regulars.program.contracts.effects import SetTier
from regulars.program.contracts.ladders import Downgrade, Ladder, Level, Lifetime, OnReturn, Qualify, Starts
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.triggers import OnActivity, OnEvent
from regulars.program.contracts.values import Period, Ratio, Span, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, at, base, give, multiply, rule

YEAR = Metric(name="spend", measure=Measure.SUM, value="basket.total", window=Window(kind=WindowKind.TIER_YEAR))
A_MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
VISIT = OnActivity(types=("visit",))
LEVELS = {"green": 0, "silver": 300, "gold": 1000}


def ladder(qualify: Any = "member.metrics.spend", levels: dict[str, Any] = LEVELS, **fields: Any) -> Ladder:
    """A ladder named `status`; levels as whole units of money, `year` and `valid_until` as YAML writes them."""
    made = {
        name: number
        if isinstance(number, Level)
        else Level(from_={"": Ratio(number)} if number and not isinstance(number, dict) else number or {})
        for name, number in levels.items()
    }
    if "year" in fields:
        fields["year"] = ladder_forms.tier_year(fields["year"])
    if "valid_until" in fields:
        fields["valid_until"] = ladder_forms.valid_until(fields["valid_until"])
    formulas = qualify if isinstance(qualify, Qualify) else Qualify(formulas={"": qualify})
    return Ladder(name=fields.pop("name", "status"), qualify=formulas, levels=made, **fields)


def days(count: int) -> Span:
    return Span(count, Unit.DAY)


def told(decision: Decision, *types: str) -> list[tuple[Any, ...]]:
    """The events of tiers: type, level, level before, cause."""
    return [
        (one.type, one.data["level"], one.data.get("before"), one.data.get("cause"))
        for one in decision.events
        if one.type in (types or ("tier.joined", "tier.up", "tier.down", "tier.kept"))
    ]


def tier(shop: Shop, name: str = "status") -> str | None:
    """Where the member stands as the state keeps it."""
    kept = shop.member().tiers.get(name)
    return kept[0] if kept else None


def on(shop: Shop, day: str) -> Shop:
    shop.now = at(f"{day} 10:00")
    return shop


def ticked(shop: Shop, day: str) -> list[tuple[Any, ...]]:
    return told(on(shop, day).tick())


# The smallest path: a calendar year, one measure, up at once, read by rules, heard by rules.


def test_L70_a_purchase_earns_by_the_tier_before_it_and_the_next_by_the_one_it_made() -> None:
    double = rule("double", multiply(2), **{"if": "member.tier == 'gold'"})
    shop = Shop(YEAR, ladder(year="calendar year"), base(), double)
    assert shop.buy(95000).points == {"points": 950}
    assert tier(shop) == "silver"
    assert shop.buy(10000).points == {"points": 100}
    assert tier(shop) == "gold"
    assert shop.buy(10000).points == {"points": 200}


def test_a_tier_that_is_reached_wakes_a_rule_and_is_told() -> None:
    greets = rule("greets", give("50"), trigger=OnEvent(event="tier.up", name="status"))
    shop = Shop(YEAR, ladder(year="calendar year"), base(), greets)
    first = shop.buy(1000)
    assert told(first) == [("tier.joined", "green", None, "joined")]
    second = shop.buy(30000)
    assert told(second) == [("tier.up", "silver", "green", "reached")]
    assert [(one.rule, one.points) for one in second.fired] == [("base", 300), ("greets", 50)]
    silver = {"en": "silver", "ru": "silver", "ro": "silver"}
    assert [one.fields["level"] for one in second.messages if one.code == "tier.up"] == [silver]
    assert [(one.ladder, one.level, one.since, one.until) for one in second.tiers] == [
        ("status", "silver", dt.date(2026, 3, 2), dt.date(2027, 1, 1))
    ]


# Reviews: numbers raise a tier, only a review lowers it.


def gold(**fields: Any) -> Shop:
    """A member who reached gold with 1,200.00 on 2 March 2026, under a calendar year."""
    shop = Shop(YEAR, ladder(year=fields.pop("year", "calendar year"), **fields), base())
    shop.buy(120000)
    assert tier(shop) == "gold"
    return shop


def test_spending_never_lowers_and_a_return_keeps_the_tier_until_the_review() -> None:
    """L70: the return leaves 950.00; the review of 2026 on 1 January finds it too little for gold: one level down."""
    shop = Shop(YEAR, ladder(year="calendar year"), base())
    shop.buy(95000)
    shop.buy(10000)
    sale = shop.last()
    assert tier(shop) == "gold"
    assert told(shop.back(sale)) == []
    assert tier(shop) == "gold"
    assert ticked(shop, "2027-01-01") == [("tier.down", "silver", "gold", "review")]


def test_a_return_drops_at_once_where_the_ladder_says_so() -> None:
    shop = Shop(YEAR, ladder(year="calendar year", on_return=OnReturn.DROP), base())
    shop.buy(95000)
    shop.buy(10000)
    assert told(shop.back(shop.last())) == [("tier.down", "silver", "gold", "return")]


def test_a_return_of_the_new_year_does_not_take_a_level_that_rests_on_the_old_one() -> None:
    shop = gold(on_return=OnReturn.DROP)
    on(shop, "2027-02-01").buy(5000)
    assert told(shop.back(shop.last())) == []
    assert tier(shop) == "gold"


def test_a_late_return_takes_a_level_that_rests_on_the_year_of_the_sale() -> None:
    """1,200.00 in 2026 make gold; 300.00 of it come back in February 2027: 900.00 are silver."""
    shop = Shop(YEAR, ladder(year="calendar year", on_return=OnReturn.DROP), base())
    shop.buy(90000)
    shop.buy(30000)
    sale = shop.last()
    on(shop, "2027-02-01").tick()
    assert tier(shop) == "gold"
    assert told(shop.back(sale)) == [("tier.down", "silver", "gold", "return")]


@pytest.mark.parametrize(
    ("fields", "sold"),
    [
        ({"year": "calendar month", "downgrade": Downgrade.NEVER}, "2026-06-15"),
        ({"year": "ever"}, "2026-07-01"),
        ({"year": "calendar month", "valid_until": "12 months"}, "2026-06-15"),
    ],
)
def test_a_return_takes_only_what_its_own_sale_gave(fields: dict[str, Any], sold: str) -> None:
    """1,200.00 of May make gold, which months to come do not take. 1,000.00 of June, back in July, gave nothing of it."""
    month = Metric(name="spend", measure=Measure.SUM, value="basket.total", window=A_MONTH)
    for may in (True, False):
        shop = Shop(month, ladder(on_return=OnReturn.DROP, **fields), base())
        if may:
            on(shop, "2026-05-10").buy(120000)
        on(shop, sold).buy(100000)
        sale = shop.last()
        assert tier(shop) == "gold"
        on(shop, "2026-07-02").tick()
        # Without May it rests on the sale that comes back.
        assert told(shop.back(sale)) == ([] if may else [("tier.down", "green", "gold", "return")])


def test_the_review_keeps_what_the_ended_year_deserves_and_then_looks_a_year_later() -> None:
    shop = gold()
    assert ticked(shop, "2026-12-31") == []
    assert ticked(shop, "2027-01-01") == [("tier.kept", "gold", "gold", "review")]
    assert ticked(shop, "2027-12-31") == []
    assert ticked(shop, "2028-01-01") == [("tier.down", "silver", "gold", "review")]
    assert ticked(shop, "2029-01-01") == [("tier.down", "green", "silver", "review")]
    assert ticked(shop, "2030-01-01") == []


def test_whoever_is_reassessed_falls_to_what_the_year_deserves() -> None:
    shop = gold(downgrade=Downgrade.REASSESS)
    on(shop, "2027-06-01").buy(1000)
    assert ticked(shop, "2028-01-01") == [("tier.down", "green", "gold", "review")]


def test_whoever_is_never_lowered_stays() -> None:
    shop = Shop(YEAR, ladder(year="calendar year", downgrade=Downgrade.NEVER))
    shop.buy(120000)
    assert ticked(shop, "2029-01-01") == []
    assert tier(shop) == "gold"
    assert shop.review_at is None


def test_next_period_lives_through_the_year_after_the_one_in_which_it_was_reached() -> None:
    """With `end of period` the return would be seen on 1 January 2027; here nobody looks before 2028."""
    shop = Shop(YEAR, ladder(year="calendar year", valid_until="end of next period"), base())
    shop.buy(95000)
    shop.buy(10000)
    shop.back(shop.last())
    assert ticked(shop, "2027-01-01") == []
    assert tier(shop) == "gold"
    assert ticked(shop, "2028-01-01") == [("tier.down", "silver", "gold", "review")]


def test_a_span_lives_from_the_day_on_which_it_was_reached() -> None:
    """Reached on 2 March for 6 months: reviewed on 2 September, on what 2026 has so far."""
    shop = gold(valid_until="6 months")
    assert shop.review_at == at("2026-09-01 21:00")
    assert ticked(shop, "2026-09-02") == [("tier.kept", "gold", "gold", "review")]
    assert shop.review_at == at("2027-03-01 22:00")
    assert ticked(shop, "2027-03-02") == [("tier.down", "silver", "gold", "review")]


def test_a_grace_leaves_the_level_and_lets_the_new_year_earn_it() -> None:
    shop = gold(grace=days(30))
    on(shop, "2027-01-01").tick()
    assert ticked(shop, "2028-01-01") == []
    assert tier(shop) == "gold"
    assert ticked(shop, "2028-01-30") == []
    assert ticked(shop, "2028-01-31") == [("tier.down", "silver", "gold", "review")]


def test_whoever_earns_the_level_in_its_grace_keeps_it() -> None:
    shop = gold(grace=days(30))
    on(shop, "2028-01-01").tick()
    assert told(on(shop, "2028-01-20").buy(100000)) == [("tier.kept", "gold", "gold", "review")]
    assert ticked(shop, "2028-01-31") == []
    assert tier(shop) == "gold"


def test_what_starts_with_the_next_period_waits_for_it() -> None:
    shop = Shop(YEAR, ladder(year="calendar month", starts=Starts.NEXT_PERIOD), base())
    shop.buy(120000)
    assert tier(shop) == "green"
    assert shop.review_at == at("2026-03-31 21:00")
    assert ticked(shop, "2026-04-01") == [("tier.up", "gold", "green", "reached")]
    # April brings nothing: one level down on 1 May.
    assert ticked(shop, "2026-05-01") == [("tier.down", "silver", "gold", "review")]


def test_what_was_returned_before_the_period_began_never_started() -> None:
    shop = Shop(YEAR, ladder(year="calendar month", starts=Starts.NEXT_PERIOD), base())
    shop.buy(120000)
    shop.back(shop.last())
    assert ticked(shop, "2026-04-01") == []


# Years.


@pytest.mark.parametrize(
    ("year", "kept", "lost"),
    [
        # Reached on 2 March 2026 by whoever joined that day; what is earned lasts through the period after it.
        ("calendar month", "2026-04-01", "2026-05-01"),
        ("calendar quarter", "2026-04-01", "2026-07-01"),
        ("calendar half-year", "2026-07-01", "2027-01-01"),
        ("calendar year", "2027-01-01", "2028-01-01"),
        ("anniversary", "2027-03-02", "2028-03-02"),
    ],
)
def test_a_period_is_reviewed_when_it_has_ended(year: str, kept: str, lost: str) -> None:
    shop = gold(year=year)
    before = (dt.date.fromisoformat(kept) - dt.timedelta(days=1)).isoformat()
    assert ticked(shop, before) == []
    assert ticked(shop, kept) == [("tier.kept", "gold", "gold", "review")]
    assert ticked(shop, lost) == [("tier.down", "silver", "gold", "review")]


def test_a_rolling_year_is_the_last_months_and_reviewed_that_long_after() -> None:
    """1,200.00 on 2 March 2026; the last 365 days of 2 March 2027 no longer have them."""
    shop = gold(year="rolling 12 months")
    assert ticked(shop, "2027-03-01") == []
    assert ticked(shop, "2027-03-02") == [("tier.down", "silver", "gold", "review")]


def test_a_rolling_year_counts_what_came_since() -> None:
    shop = gold(year="rolling 12 months")
    on(shop, "2027-02-01").buy(100000)
    assert ticked(shop, "2027-03-02") == [("tier.kept", "gold", "gold", "review")]


def test_without_a_year_nothing_is_reviewed() -> None:
    shop = Shop(YEAR, ladder(year="ever"))
    shop.buy(120000)
    assert shop.review_at is None
    assert ticked(shop, "2036-03-02") == []
    assert tier(shop) == "gold"


def test_an_anniversary_of_29_february_is_the_28th_in_common_years() -> None:
    joined = dt.date(2024, 2, 29)
    assert years.anniversary_index(joined, dt.date(2026, 2, 27)) == 2025
    assert years.anniversary_index(joined, dt.date(2026, 2, 28)) == 2026
    assert years.anniversary_index(joined, dt.date(2028, 2, 28)) == 2027
    assert years.anniversary_index(joined, dt.date(2028, 2, 29)) == 2028


def test_the_number_of_the_tier_year_begins_anew_with_it() -> None:
    """The anniversary is 2 March: what was spent the day before counts for the old year, what comes late as well."""
    shop = Shop(YEAR, ladder(year="anniversary"), base())
    shop.buy(40000)
    on(shop, "2027-03-03").buy(7000)
    assert shop.metric("spend") == 7000
    shop.buy(20000, occurred_at=at("2027-03-01 10:00"))
    assert shop.metric("spend") == 7000
    shop.buy(1000, occurred_at=at("2027-03-02 10:00"))
    assert shop.metric("spend") == 8000


def test_a_metric_may_name_the_ladder_whose_year_it_counts() -> None:
    month = Metric(
        name="month", measure=Measure.COUNT, window=Window(kind=WindowKind.TIER_YEAR), ladder="visits",
        where="type == 'purchase'",
    )  # fmt: skip
    visits = ladder("member.metrics.month", {"new": 0, "regular": 2}, name="visits", year="calendar month")
    shop = Shop(YEAR, month, ladder(year="calendar year"), visits, main="status")
    shop.buy(1000)
    shop.buy(1000)
    assert (tier(shop, "visits"), shop.metric("month")) == ("regular", 2)
    on(shop, "2026-04-01").buy(1000)
    assert (shop.metric("month"), shop.metric("spend")) == (1, 3000)


# What comes late (L32).


def test_L32_what_comes_late_makes_the_tier_what_it_would_have_been() -> None:
    """950.00 in 2026, gold lost by nobody: but 100.00 of 20 December arrive on 10 January, and 2026 was gold."""
    shop = Shop(YEAR, ladder(year="calendar year"), base())
    shop.buy(95000)
    assert ticked(shop, "2027-01-01") == [("tier.kept", "silver", "silver", "review")]
    late = on(shop, "2027-01-10").buy(10000, occurred_at=at("2026-12-20 10:00"))
    assert told(late) == [("tier.up", "gold", "silver", "late")]
    assert [(one.since, one.until) for one in late.tiers] == [(dt.date(2027, 1, 1), dt.date(2028, 1, 1))]


def test_L32_what_comes_late_gives_back_what_the_review_took() -> None:
    shop = gold()
    on(shop, "2027-06-01").buy(95000)
    assert ticked(shop, "2028-01-01") == [("tier.down", "silver", "gold", "review")]
    late = on(shop, "2028-01-05").buy(10000, occurred_at=at("2027-12-30 10:00"))
    assert told(late) == [("tier.up", "gold", "silver", "late")]


def test_what_comes_later_than_the_year_before_changes_no_tier() -> None:
    shop = Shop(YEAR, ladder(year="calendar month"), base())
    shop.buy(95000)
    on(shop, "2026-05-10")
    assert told(shop.buy(10000, occurred_at=at("2026-03-05 10:00")), "tier.up") == []


# Warnings (L71).


def warned(decision: Decision) -> list[object]:
    return [(one.data["level"], one.data["through"]) for one in decision.events if one.type == "tier.warned"]


def test_L71_a_warning_comes_once_for_a_member_a_tier_and_a_period() -> None:
    shop = gold(warn=days(30))
    on(shop, "2027-01-01").tick()
    assert warned(on(shop, "2027-12-01").tick()) == []
    assert warned(on(shop, "2027-12-02").tick()) == [("gold", "2027-12-31")]
    assert warned(on(shop, "2027-12-03").tick()) == []
    assert warned(shop.buy(1000)) == []


def test_a_warning_speaks_of_the_end_of_the_grace() -> None:
    shop = gold(warn=days(30), grace=days(31))
    on(shop, "2027-01-01").tick()
    assert warned(on(shop, "2027-12-02").tick()) == [("gold", "2028-01-31")]


def test_nobody_is_warned_who_has_earned_it_again() -> None:
    shop = gold(warn=days(30))
    on(shop, "2027-11-01").buy(100000)
    assert warned(on(shop, "2027-12-02").tick()) == []


def test_a_return_inside_the_time_of_warning_warns_and_only_once() -> None:
    """The sale of December 2026 earned gold again; its return does not, and its second return is not told again."""
    shop = gold(warn=days(30))
    on(shop, "2027-11-01").buy(100000)
    first = shop.last()
    on(shop, "2027-12-05")
    assert warned(shop.back(first)) == [("gold", "2027-12-31")]
    shop.buy(100000)
    assert warned(shop.back(shop.last())) == []


# Releases (L71).


def test_L71_nobody_drops_by_a_release_and_the_review_asks_by_the_new_numbers() -> None:
    shop = gold()
    shop.publish(YEAR, ladder(levels={"green": 0, "silver": 300, "gold": 5000}, year="calendar year"), base())
    assert told(shop.buy(1000)) == []
    assert tier(shop) == "gold"
    assert ticked(shop, "2027-01-01") == [("tier.down", "silver", "gold", "review")]


def test_lower_thresholds_raise_with_the_next_activity() -> None:
    shop = Shop(YEAR, ladder(year="calendar year"), base())
    shop.buy(80000)
    shop.publish(YEAR, ladder(levels={"green": 0, "silver": 300, "gold": 700}, year="calendar year"), base())
    assert told(shop.buy(100)) == [("tier.up", "gold", "silver", "reached")]


def test_a_renamed_level_keeps_its_members_and_tells_nobody() -> None:
    shop = gold()
    renamed = {"green": 0, "silver": 300, "first": Level(from_={"": Ratio(1000)}, was=("gold",))}
    only_first = rule("first", give("5"), **{"if": "member.tier == 'first'"})
    shop.publish(YEAR, ladder(levels=renamed, year="calendar year"), base(), only_first)
    decision = shop.buy(1000)
    assert [one.rule for one in decision.fired] == ["base", "first"]
    assert told(decision) == []
    assert tier(shop) == "first"


def test_whoever_stood_on_a_level_that_is_gone_stands_on_the_one_that_took_its_place() -> None:
    shop = Shop(YEAR, ladder(levels={"green": 0, "silver": 300, "gold": 1000}, year="calendar year"), base())
    shop.buy(40000)
    assert tier(shop) == "silver"
    shop.publish(YEAR, ladder(levels={"green": 0, "gold": 1000}, year="calendar year"), base())
    assert told(shop.buy(100)) == [("tier.kept", "gold", "silver", "release")]
    assert ticked(shop, "2027-01-01") == [("tier.down", "green", "gold", "review")]


def test_where_the_highest_level_is_gone_the_one_below_is_what_is_left() -> None:
    shop = gold()
    shop.publish(YEAR, ladder(levels={"green": 0, "silver": 300}, year="calendar year"), base())
    assert told(shop.buy(100)) == [("tier.kept", "silver", "gold", "release")]


def test_a_ladder_that_gets_a_year_reviews_those_who_had_no_end() -> None:
    shop = gold(year="ever")
    shop.publish(
        Metric(name="spend", measure=Measure.SUM, value="basket.total"),
        ladder(year="calendar year", levels={"green": 0, "silver": 300, "gold": 5000}),
        base(),
    )
    shop.buy(100)
    assert ticked(shop, "2027-01-01") == [("tier.down", "silver", "gold", "review")]


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        # 1,200.00 of 2026 are silver by the new numbers, 10.00 of 2027 are green.
        (MidwayPolicy.KEEP, "gold"),
        (MidwayPolicy.RESTART, "silver"),
        (MidwayPolicy.CLOSE, "green"),
    ],
)
def test_a_release_may_say_what_becomes_of_those_in_the_middle(policy: MidwayPolicy, level: str) -> None:
    shop = gold()
    on(shop, "2027-02-01").buy(1000)
    harder = ladder(levels={"green": 0, "silver": 300, "gold": 5000}, year="calendar year")
    midway = {"ladders.status": Midway(policy, since=2)}
    shop.publish(YEAR, harder, base(), midway=midway)
    shop.tick()
    assert tier(shop) == level
    # Said once: the next release with the same word moves nobody again.
    shop.buy(500000)
    shop.publish(YEAR, harder, base(), midway=midway)
    assert told(shop.tick()) == []


@pytest.mark.parametrize("policy", [MidwayPolicy.RESTART, MidwayPolicy.CLOSE])
def test_what_is_seen_and_asked_after_a_release_is_what_the_next_decision_goes_by(policy: MidwayPolicy) -> None:
    """1,200.00 are gold, and silver by the new numbers. The purchase after the release is judged as silver already."""
    gilt = rule("gilt", give("7"), **{"if": "member.tier == 'gold'"})
    silvered = rule("silvered", give("3"), **{"if": "member.tier == 'silver'"})
    precious = Segment(name="precious", if_="member.tier == 'gold'")
    shop = Shop(YEAR, ladder(year="calendar year"), base(), gilt, silvered, precious)
    shop.buy(120000)
    harder = ladder(levels={"green": 0, "silver": 300, "gold": 5000}, year="calendar year")
    shop.publish(YEAR, harder, base(), gilt, silvered, precious, midway={"ladders.status": Midway(policy, since=2)})
    known = shop.known(shop.activity("tick"))
    seen = engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now)
    assert ([one.level for one in seen.tiers], seen.segments) == (["silver"], ())
    gold = engine.asked(shop.compiled, "member.tier == 'gold'")
    assert not engine.meets(shop.compiled, known, member_id=MEMBER, at=shop.now, condition=gold)
    assert tier(shop) == "gold"
    bought = shop.buy(100)
    assert told(bought) == [("tier.down", "silver", "gold", "release")]
    assert [one.rule for one in bought.fired] == ["base", "silvered"]


def test_whoever_joins_under_a_release_is_not_in_its_middle() -> None:
    shop = Shop(YEAR, ladder(year="calendar year"), base())
    shop.publish(YEAR, ladder(year="calendar year"), base(), midway={"ladders.status": Midway(MidwayPolicy.CLOSE, 2)})
    shop.buy(120000)
    on(shop, "2027-01-01")
    assert told(shop.tick()) == [("tier.kept", "gold", "gold", "review")]


def test_a_ladder_exists_from_a_day_until_another() -> None:
    dates: dict[str, Any] = {"from_": dt.date(2026, 4, 1), "until": dt.date(2026, 6, 1)}
    double = rule("double", multiply(2), **{"if": "member.tier.atLeast('silver')"})
    shop = Shop(YEAR, ladder(year="calendar year", **dates), base(), double)
    shop.buy(50000)
    assert shop.member().tiers == {}
    on(shop, "2026-04-01").buy(100)
    assert tier(shop) == "silver"
    assert on(shop, "2026-05-31").buy(100).points == {"points": 2}
    last = on(shop, "2026-06-01").buy(100)
    assert last.points == {"points": 1}
    assert [(one.ladder, one.level) for one in last.tiers] == [("status", None)]
    assert shop.member().tiers == {}


# Several measures, several ladders, no first level.

TWO = {
    "start": {},
    "big": {"spend": Ratio(500), "visits": Ratio(3)},
    "more": {"spend": Ratio(2000), "visits": Ratio(6)},
}
VISITS = Metric(
    name="visits", measure=Measure.COUNT, where="type == 'purchase'", window=Window(kind=WindowKind.TIER_YEAR)
)
MEASURES = {"spend": "member.metrics.spend", "visits": "member.metrics.visits"}


def test_any_measure_will_do() -> None:
    shop = Shop(YEAR, VISITS, ladder(Qualify(formulas=MEASURES), TWO, year="calendar month"))
    for _ in range(2):
        shop.buy(100)
    assert tier(shop) == "start"
    shop.buy(100)
    assert tier(shop) == "big"
    shop.buy(199700)
    assert tier(shop) == "more"


def test_all_measures_are_asked_for() -> None:
    shop = Shop(YEAR, VISITS, ladder(Qualify(formulas=MEASURES, all_=True), TWO, year="calendar month"))
    shop.buy(200000)
    assert tier(shop) == "start"
    shop.buy(100)
    shop.buy(100)
    assert tier(shop) == "big"


def test_a_ladder_may_begin_above_nothing() -> None:
    shop = Shop(YEAR, ladder(levels={"silver": 300, "gold": 1000}, year="calendar year"), base())
    assert told(shop.buy(1000)) == []
    assert shop.member().tiers == {}
    assert told(shop.buy(30000)) == [("tier.joined", "silver", None, "reached")]
    on(shop, "2027-01-01").tick()
    assert ticked(shop, "2028-01-01") == [("tier.down", None, "silver", "review")]


def test_several_ladders_stand_beside_each_other() -> None:
    club = ladder("member.metrics.visits", {"new": 0, "regular": 2}, name="club", year="ever")
    both = rule("both", give("7"), **{"if": "member.tiers.club == 'regular' && member.tier.atLeast('silver')"})
    ever = Metric(name="visits", measure=Measure.COUNT, where="type == 'purchase'")
    shop = Shop(YEAR, ever, ladder(year="calendar year"), club, base(), both, main="status")
    shop.buy(40000)
    shop.buy(100)
    assert (tier(shop), tier(shop, "club")) == ("silver", "regular")
    assert [one.rule for one in shop.buy(100).fired] == ["base", "both"]


def test_a_formula_may_read_balances_and_fall_between_two_minor_units() -> None:
    """1/3 of 100 points is 33.333333; 33.34 is not reached, 33.33 is."""
    asked = {"low": Level(), "high": Level(from_={"": Ratio(3334, 100)})}
    shop = Shop(ladder("member.balances.points / 3", asked), base())
    shop.buy(10000)
    assert tier(shop) == "low"
    shop.buy(200)
    assert tier(shop) == "high"


# After, for ever, by hand, by a rule.


@pytest.mark.parametrize(("force", "points"), [("before", 1200), ("after", 2400)])
def test_the_tier_in_force_is_the_one_before_or_the_one_that_the_purchase_makes(force: str, points: int) -> None:
    double = rule("double", multiply(2), **{"if": "member.tier == 'gold'"})
    shop = Shop(YEAR, ladder(year="calendar year"), base(), double, force=force)
    assert shop.buy(120000).points == {"points": points}


def test_what_a_lifetime_has_reached_is_kept() -> None:
    ever = Metric(name="ever", measure=Measure.SUM, value="basket.total")
    kept = Lifetime(total="member.metrics.ever", levels={"silver": Ratio(1500)})
    shop = Shop(YEAR, ever, ladder(year="calendar year", lifetime=kept), base())
    shop.buy(120000)
    on(shop, "2027-06-01").buy(30000)
    assert ticked(shop, "2028-01-01")[-1] == ("tier.down", "silver", "gold", "review")
    assert ticked(shop, "2029-01-01") == [("tier.kept", "silver", "silver", "review")]


def by_hand(shop: Shop, level: str | None, until: str | None = None) -> Decision:
    day = dt.date.fromisoformat(until) if until else None
    return shop.do(shop.activity("tier", tier=TierSet(ladder="status", level=level, until=day, reason="match")))


def test_a_tier_by_hand_is_left_alone_until_its_date() -> None:
    """L70: neither the 5,000.00 spent nor a review moves it; on its date the numbers decide."""
    shop = Shop(YEAR, ladder(year="calendar month", by_hand=True), base())
    assert told(by_hand(shop, "silver", "2026-06-15")) == [
        ("tier.joined", "green", None, "joined"),
        ("tier.up", "silver", "green", "hand"),
    ]
    assert told(shop.buy(500000)) == []
    assert ticked(shop, "2026-06-14") == []
    assert tier(shop) == "silver"
    assert ticked(shop, "2026-06-15") == [("tier.down", "green", "silver", "ended")]


def test_what_the_numbers_deserve_comes_when_the_hand_lets_go() -> None:
    shop = Shop(YEAR, ladder(year="calendar year", by_hand=True), base())
    shop.buy(120000)
    assert told(by_hand(shop, "silver", "2026-06-15"), "tier.down") == [("tier.down", "silver", "gold", "hand")]
    assert told(by_hand(shop, None), "tier.up") == [("tier.up", "gold", "silver", "ended")]


def test_staff_may_not_set_a_ladder_that_does_not_say_so() -> None:
    shop = Shop(YEAR, ladder(year="calendar year"), base())
    refusal = by_hand(shop, "gold").refusal
    assert refusal is not None
    assert refusal.code == "tier_not_by_hand"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (TierSet(ladder="staus", level="gold", reason="x"), "unknown_ladder"),
        (TierSet(ladder="status", level="gld", reason="x"), "unknown_level"),
        (TierSet(ladder="status", level="gold", until=dt.date(2026, 3, 2), reason="x"), "tier_ends_in_the_past"),
    ],
)
def test_a_tier_by_hand_needs_a_ladder_a_level_and_a_day_to_come(change: TierSet, code: str) -> None:
    shop = Shop(YEAR, ladder(year="calendar year", by_hand=True), base())
    refusal = shop.do(shop.activity("tier", tier=change)).refusal
    assert refusal is not None
    assert refusal.code == code


def test_a_rule_gives_a_tier_for_a_while_and_lowers_nobody() -> None:
    lends = rule("lends", SetTier(tier="status", level="silver", until=days(20)), trigger=VISIT)
    shop = Shop(YEAR, ladder(year="calendar month"), base(), lends)
    assert told(shop.do(shop.activity("visit")))[-1] == ("tier.up", "silver", "green", "rule")
    # What is lent is no bar to more.
    assert told(shop.buy(120000)) == [("tier.up", "gold", "silver", "reached")]
    assert told(shop.do(shop.activity("visit"))) == []
    assert tier(shop) == "gold"


def test_what_a_rule_gave_ends_on_its_day() -> None:
    lends = rule("lends", SetTier(tier="status", level="gold", until=days(20)), trigger=VISIT)
    shop = Shop(YEAR, ladder(year="calendar month"), base(), lends)
    shop.do(shop.activity("visit"))
    assert ticked(shop, "2026-03-21") == []
    assert ticked(shop, "2026-03-22") == [("tier.down", "green", "gold", "ended")]


def test_what_was_earned_comes_back_when_what_was_given_is_over() -> None:
    """Gold until the end of 2026 lies beneath the silver of staff and comes back on 15 June; its own end is reviewed."""
    shop = Shop(YEAR, ladder(year="calendar year", valid_until="end of next period", by_hand=True), base())
    shop.buy(120000)
    on(shop, "2027-02-01")
    by_hand(shop, "silver", "2027-06-15")
    assert ticked(shop, "2027-06-15") == [("tier.up", "gold", "silver", "ended")]
    assert ticked(shop, "2028-01-01") == [("tier.down", "silver", "gold", "review")]


def test_L32_what_comes_late_is_judged_by_the_tier_of_its_day() -> None:
    """Gold since 5 March; a purchase of 3 March arrives on the 6th and earns as the silver of that day."""
    double = rule("double", multiply(2), **{"if": "member.tier == 'gold'"})
    shop = Shop(YEAR, ladder(year="calendar year"), base(), double)
    shop.buy(95000)
    on(shop, "2026-03-05").buy(10000)
    assert tier(shop) == "gold"
    on(shop, "2026-03-06")
    assert shop.buy(1000, occurred_at=at("2026-03-03 10:00")).points == {"points": 10}
    assert shop.buy(1000).points == {"points": 20}


# Rollover (L84).

MILES = Currency(name="miles", kind=CurrencyKind.STATUS, expiry=Expiry(dates=((12, 31),)), round_up=None)
FLOWN = Metric(
    name="flown", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES,
    where="entry.currency == 'miles' && entry.kind in ['earn', 'rollover']", window=Window(kind=WindowKind.TIER_YEAR),
)  # fmt: skip
EARNED = Metric(
    name="earned", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES,
    where="entry.currency == 'miles' && entry.kind == 'earn'",
)  # fmt: skip


def flyer(**fields: Any) -> Shop:
    miles = rule("miles", give("basket.base", currency="miles"), kind=RuleKind.BASE)
    flown = ladder("member.metrics.flown", year="calendar year", rollover="miles", **fields)
    return Shop(MILES, FLOWN, EARNED, flown, miles)


def rolled(shop: Shop) -> list[tuple[int, str | None]]:
    return [(lot.remaining, lot.rule) for lot in shop.lots.values() if lot.rule == "ladders.status" and lot.remaining]


def test_L84_what_is_beyond_the_level_comes_again_as_a_lot_of_the_new_year() -> None:
    """1,200 miles are gold (1,000): 200 begin the new year. They count for it, and never again as earned."""
    shop = flyer()
    shop.buy(120000)
    on(shop, "2027-01-01").tick()
    assert shop.active("miles") == 200
    assert rolled(shop) == [(200, "ladders.status")]
    assert (shop.metric("flown"), shop.metric("earned")) == (200, 1200)
    assert tier(shop) == "gold"
    on(shop, "2027-01-02").tick()
    assert shop.active("miles") == 200
    # 200 and 150 are silver (300) on the next review; gold falls to it, and 50 roll.
    shop.buy(15000)
    on(shop, "2028-01-01").tick()
    assert (tier(shop), rolled(shop), shop.metric("flown")) == ("silver", [(50, "ladders.status")], 50)


def test_whoever_has_reached_nothing_rolls_nothing() -> None:
    shop = flyer()
    shop.buy(29900)
    on(shop, "2027-01-01").tick()
    assert shop.active("miles") == 0


def test_L84_what_comes_late_rolls_as_much_more_and_what_goes_back_as_much_less() -> None:
    shop = flyer()
    shop.buy(110000)
    shop.buy(10000)
    sale = shop.last()
    on(shop, "2027-01-01").tick()
    shop.now = at("2027-01-10 10:00")
    shop.buy(5000, occurred_at=at("2026-12-30 10:00"))
    assert (rolled(shop), shop.metric("flown")) == ([(200, "ladders.status"), (50, "ladders.status")], 250)
    shop.back(sale)
    assert shop.metric("flown") == 150


# Laws.


def lived(seed: int, *, ticks: bool) -> Shop:
    """A year and a half of random purchases and returns, with or without a tick each day between them."""
    chance = random.Random(seed)
    shop = Shop(
        YEAR,
        ladder(
            year=chance.choice(["calendar month", "calendar quarter", "anniversary", "rolling 3 months"]),
            grace=chance.choice([None, days(5)]),
            warn=chance.choice([None, days(7)]),
            downgrade=chance.choice(list(Downgrade)),
        ),
        base(),
        rule("greets", give("5"), trigger=OnEvent(event="tier.up")),
    )
    day = dt.date(2026, 3, 2)
    shop.buy(100)
    sales: list[UUID] = []
    for _ in range(25):
        step = chance.randrange(1, 40)
        for _ in range(step):
            day += dt.timedelta(days=1)
            if ticks:
                shop.now = at(f"{day} 05:00")
                shop.tick()
        on(shop, day.isoformat())
        if sales and chance.random() < 0.2:
            shop.back(sales.pop(chance.randrange(len(sales))))
        else:
            late = dt.timedelta(days=chance.choice([0, 0, 0, 3]))
            shop.buy(chance.choice([5000, 20000, 60000]), occurred_at=shop.now - late)
            sales.append(shop.last())
    return shop


@pytest.mark.parametrize("seed", range(6))
def test_LAW8_it_makes_no_difference_whether_ticks_come(seed: int) -> None:
    with_ticks, without = lived(seed, ticks=True), lived(seed, ticks=False)
    assert with_ticks.member().tiers == without.member().tiers
    assert with_ticks.active() == without.active()
    assert with_ticks.member().metrics == without.member().metrics


@pytest.mark.parametrize("seed", range(3))
def test_LAW11_the_same_history_gives_the_same_bytes(seed: int) -> None:
    assert lived(seed, ticks=False).state == lived(seed, ticks=False).state
