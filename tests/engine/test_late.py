"""What comes late is judged by its own day, whatever has changed since and whenever it is decided: at its own moment,
at its arrival, or where the account was further on already (L32)."""

from __future__ import annotations

import pytest

from regulars.engine import periods, tier_days
from regulars.engine.contracts.activity import TierSet
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import (
    Currency,
    Expiry,
    Limit,
    LimitAction,
    Measure,
    Metric,
    Pending,
    RoundUp,
    Segment,
)
from regulars.program.contracts.ladders import Ladder, Level, Qualify
from regulars.program.contracts.values import Period, Ratio, Share, Span, Unit, Window, WindowKind
from tests.engine.shop import Shop, at, base, give, rule

SPEND = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
GOLD = rule("gold", give("500"), **{"if": "member.tier == 'gold'"})
BLACK = rule("black", give("900"), **{"if": "member.tier == 'black'"})
BY_LEVEL = {"silver": 100, "gold": 600, "black": 1000}
"""What 100.00 give: a point a leu, and what the level adds."""
TOLD = "2026-03-25 10:00"


def ladder(**levels: int) -> Ladder:
    """`status`, by all that was ever spent, in lei; staff may set it."""
    made = {name: Level(from_={"": Ratio(asked)} if asked else {}) for name, asked in levels.items()}
    return Ladder(name="status", qualify=Qualify(formulas={"": "member.metrics.spend"}), levels=made, by_hand=True)


LEVELS = ladder(silver=0, gold=1000, black=5000)


def opened(*more: Definition) -> Shop:
    """On 2 March the member buys for 1.00, and is silver."""
    shop = Shop(SPEND, base(), GOLD, BLACK, *(more or (LEVELS,)))
    shop.buy(100)
    return shop


def buys(shop: Shop, day: str, amount: int) -> Decision:
    shop.now = at(f"2026-03-{day} 10:00")
    return shop.buy(amount)


def set_to(shop: Shop, day: str, level: str, until: str) -> None:
    shop.now = at(f"2026-03-{day} 10:00")
    until_day = at(f"2026-03-{until} 00:00").date()
    shop.do(shop.activity("tier", tier=TierSet(ladder="status", level=level, until=until_day, reason="a promise")))


def late(shop: Shop, day: str) -> int:
    """Points of 100.00 of a day of March that are told on the 25th."""
    shop.now = at(TOLD)
    return shop.buy(10_000, occurred_at=at(f"2026-03-{day} 09:00")).points.get("points", 0)


def told(shop: Shop, days: dict[str, str]) -> dict[str, str]:
    """By day the level that a late sale was judged by."""
    by_points = {points: level for level, points in BY_LEVEL.items()}
    return {day: by_points[late(shop, day)] for day in days}


@pytest.mark.parametrize("moved", [False, True])
def test_L32_each_day_has_its_own_level(moved: bool) -> None:
    shop = opened()
    buys(shop, "10", 100_000)
    buys(shop, "15", 400_000)
    days = {"03": "silver", "09": "silver", "10": "gold", "14": "gold", "15": "black", "20": "black"}
    if moved:
        buys(shop, "24", 100)
    assert told(shop, days) == days


@pytest.mark.parametrize("moved", [False, True])
def test_L32_what_staff_had_given_counts_on_the_days_on_which_it_was_given(moved: bool) -> None:
    shop = opened()
    set_to(shop, "05", "gold", "20")
    if moved:
        shop.now = at("2026-03-24 10:00")
        shop.tick()
    days = {"03": "silver", "05": "gold", "19": "gold", "20": "silver", "21": "silver"}
    assert told(shop, days) == days


def test_L32_a_level_that_lay_beneath_a_given_one_is_found_again() -> None:
    shop = opened()
    buys(shop, "04", 100_000)
    set_to(shop, "08", "black", "20")
    days = {"03": "silver", "07": "gold", "08": "black", "19": "black", "20": "gold"}
    assert told(shop, days) == days


def test_L32_what_is_reached_late_was_reached_on_its_own_day() -> None:
    shop = opened()
    buys(shop, "20", 100_000)
    shop.now = at(TOLD)
    # 5,000.00 of the 6th: black from then on, and never gold.
    shop.buy(500_000, occurred_at=at("2026-03-06 10:00"))
    days = {"05": "silver", "06": "black", "21": "black"}
    assert told(shop, days) == days


def test_L32_before_the_first_level_there_is_none() -> None:
    shop = opened(ladder(gold=1000, black=5000))
    buys(shop, "10", 100_000)
    assert (late(shop, "09"), late(shop, "11")) == (100, 600)


def test_L32_a_level_that_was_renamed_since_counts_under_its_new_name() -> None:
    shop = opened()
    buys(shop, "10", 100_000)
    buys(shop, "15", 400_000)
    levels = {
        "silver": Level(),
        "golden": Level(from_={"": Ratio(1000)}, was=("gold",)),
        "black": Level(from_={"": Ratio(5000)}),
    }
    renamed = Ladder(name="status", qualify=LEVELS.qualify, levels=levels)
    golden = rule("gold", give("500"), **{"if": "member.tier == 'golden'"})
    shop.publish(SPEND, base(), golden, BLACK, renamed)
    days = {"09": "silver", "12": "gold", "16": "black"}
    assert told(shop, days) == days


def test_the_last_four_levels_are_known_and_before_them_the_oldest_of_them() -> None:
    names = {f"l{n}": n * 100 for n in range(7)}
    sixth = rule("by_level", *(give(f"member.tier == 'l{n}' ? {n}000 : 0") for n in range(7)))
    shop = Shop(SPEND, base(), sixth, ladder(**names))
    for n in range(7):
        buys(shop, f"{2 + n:02}", 10_000)
    # l1 from the 2nd (the first 100.00), l2 from the 3rd, ... l6 from the 7th; l2 to l5 are those before it.
    levels = {"02": 2, "03": 2, "04": 3, "05": 4, "06": 5, "07": 6}
    assert {day: (late(shop, day) - 100) // 1000 for day in levels} == levels


def test_L63_a_level_that_came_along_brings_the_one_before_it() -> None:
    (plan,) = opened().compiled.ladders
    days = {day: periods.number(at(f"2026-03-{day:02} 00:00").date()) for day in (5, 10, 15, 20, 25)}
    # Black since the 20th and gold before, as somebody else had it; of the member themselves silver until the 10th.
    kept, mine = ["black", days[20], 0, 2, 0, "gold"], [["silver", days[10]]]
    found = {day: tier_days.level_on(plan, kept, mine, number) for day, number in days.items()}
    assert found == {5: "silver", 10: "gold", 15: "gold", 20: "black", 25: "black"}


def test_whoever_comes_late_stays_in_the_segments_of_their_level() -> None:
    golden = Segment(name="golden", if_="member.tier == 'gold'")
    shop = opened(LEVELS, golden)
    buys(shop, "10", 100_000)
    assert shop.member().segments == ["golden"]
    shop.now = at(TOLD)
    decision = shop.buy(100, occurred_at=at("2026-03-05 10:00"))
    assert (decision.points, decision.segments, shop.member().segments) == ({"points": 1}, (), ["golden"])


MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
BOUGHT = Metric(name="bought", measure=Measure.COUNT, where="type == 'purchase'", window=MONTH)
THIRD = rule("third", give("50"), **{"if": "member.metrics.bought == 3"})


@pytest.mark.parametrize("decided", ["2026-03-20 10:00", "2026-04-05 10:00"])
def test_L32_the_third_purchase_of_a_month_is_that_of_its_own_month(decided: str) -> None:
    shop = Shop(BOUGHT, base(), THIRD)
    for day in ("03", "04"):
        buys(shop, day, 10_000)
    shop.now = at(decided)
    assert shop.buy(10_000, occurred_at=at("2026-03-06 10:00")).points == {"points": 150}
    assert shop.buy(10_000, occurred_at=at("2026-03-07 10:00")).points == {"points": 100}


def test_L32_the_third_of_april_is_no_reason_for_a_sale_of_march() -> None:
    shop = Shop(BOUGHT, base(), THIRD)
    shop.now = at("2026-04-05 10:00")
    assert [shop.buy(10_000).points["points"] for _ in range(3)] == [100, 100, 150]
    # Three in April, and none but this one in March; of February nothing is known any more.
    assert shop.buy(10_000, occurred_at=at("2026-03-20 10:00")).points == {"points": 100}
    assert shop.buy(10_000, occurred_at=at("2026-02-20 10:00")).points == {"points": 100}
    # What is decided now reads April's numbers: this is its fourth.
    assert (shop.buy(10_000).points, shop.metric("bought")) == ({"points": 100}, 4)


def test_L32_a_limit_of_a_month_looks_at_the_month_of_the_sale() -> None:
    twice = Limit(name="twice", metric="bought", at_most=2, then=LimitAction.REFUSE)
    shop = Shop(BOUGHT, base(), twice)
    shop.now = at("2026-04-05 10:00")
    for _ in range(2):
        shop.buy(10_000)
    full = shop.buy(10_000)
    assert full.outcome is Outcome.REFUSED
    assert [shop.buy(10_000, occurred_at=at("2026-03-20 10:00")).outcome for _ in range(3)] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.REFUSED,
    ]


def test_L1_a_late_sale_comes_back_as_it_was_judged() -> None:
    shop = Shop(BOUGHT, base(), THIRD)
    for day in ("03", "04"):
        buys(shop, day, 10_000)
    shop.now = at("2026-04-05 10:00")
    shop.buy(10_000, occurred_at=at("2026-03-06 10:00"))
    assert shop.back(shop.last()).points == {"points": -150}
    assert (shop.active(), shop.metric("bought")) == (200, 0)


def test_whoever_comes_late_stays_in_the_segments_of_this_month() -> None:
    shop = Shop(BOUGHT, base(), Segment(name="busy", if_="member.metrics.bought >= 2"))
    shop.now = at("2026-04-05 10:00")
    shop.buy(100)
    assert [move.entered for move in shop.buy(100).segments] == [True]
    assert shop.buy(100, occurred_at=at("2026-03-20 10:00")).segments == ()
    assert shop.member().segments == ["busy"]


OF_A_DAY = {
    "calendar day": Window(kind=WindowKind.PERIOD, period=Period.DAY),
    "1 day": Window(kind=WindowKind.SLIDING, span=Span(1, Unit.DAY)),
}


@pytest.mark.parametrize("window", OF_A_DAY)
def test_L32_a_limit_of_a_day_holds_for_the_day_of_the_sale(window: str) -> None:
    """Once wrong: what came late was held against today, and its own day took more than it allows."""
    today = Metric(
        name="today",
        measure=Measure.SUM,
        value="basket.total",
        where="type == 'purchase'",
        window=OF_A_DAY[window],
    )
    limit = Limit(name="most", metric="today", at_most=500_000, then=LimitAction.REFUSE)
    shop = Shop(today, base(), limit)
    buys(shop, "05", 400_000)
    buys(shop, "10", 400_000)

    def tells(day: str, amount: int) -> Outcome:
        return shop.buy(amount, occurred_at=at(f"2026-03-{day} 09:00")).outcome

    # 2,000.00 of the 9th have room beside 4,000.00 of the 10th, and then 3,000.00 more, but no 3,000.01.
    assert tells("09", 200_000) is Outcome.ACCEPTED
    assert tells("09", 300_001) is Outcome.REFUSED
    assert tells("09", 300_000) is Outcome.ACCEPTED
    # The 5th, too, takes 5,000.00 in all; the 10th still has room for 1,000.00.
    assert tells("05", 100_001) is Outcome.REFUSED
    assert tells("05", 100_000) is Outcome.ACCEPTED
    assert shop.buy(100_001).outcome is Outcome.REFUSED
    assert shop.buy(100_000).outcome is Outcome.ACCEPTED


SHARED = (Share("house", Ratio(3, 5)), Share("brand", Ratio(2, 5)))


@pytest.mark.parametrize("life", [30, 3])
@pytest.mark.parametrize("set_aside", [0, 4])
def test_L32_what_two_rules_give_late_is_active_in_whole(life: int, set_aside: int) -> None:
    """Once wrong: the second rule's points were added to a lot that had become active already, and waited for ever; the
    return of the sale was a fault of ours."""
    points = Currency(
        name="points",
        pending=Pending(span=Span(2, Unit.DAY)),
        expiry=Expiry(span=Span(life, Unit.DAY)),
        round_up=RoundUp.DAY,
    )
    shop = Shop(points, base("basket.base", funding=SHARED), rule("big", give("50"), **{"if": "basket.total >= 20"}))
    shop.now = at("2026-03-17 10:00")
    shop.buy(500)
    shop.now = at("2026-03-19 11:00")
    if set_aside:
        shop.hold("place", currency="points", points=set_aside)
    late = shop.buy(2000, occurred_at=at("2026-03-10 10:00"))
    sale = shop.last()
    assert late.outcome is Outcome.ACCEPTED
    # Of 20.00: 12 of the house and 8 of the brand, and 50; of three days of life nothing is left.
    there = 70 if life == 30 else 0
    balance = shop.balances["points"]
    assert (balance.active, balance.pending, balance.held) == (5 - set_aside + there, 0, set_aside)
    assert sum(lot.remaining for lot in shop.lots.values()) == 5 + there
    assert not any(lot.pending and lot.remaining for lot in shop.lots.values())
    # What ended with it is owed when it comes back (L6).
    assert shop.back(sale).outcome is Outcome.ACCEPTED
    balance = shop.balances["points"]
    assert balance.active - balance.arrears == 5 - set_aside - (70 - there)
