"""A ladder on which a household stands together, and what becomes of tiers when two members are one (L63)."""

from __future__ import annotations

from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Measure, Metric, Owner
from regulars.program.contracts.households import Household
from regulars.program.contracts.values import Period, Window, WindowKind
from tests.engine.shop import at, base
from tests.engine.test_ladders import YEAR, ladder
from tests.engine.town import ANN, BOB, Town

FAMILY = Household(name="family", size=3)
MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
OURS = Metric(name="ours", measure=Measure.SUM, value="basket.total", per=Owner.HOUSEHOLD, window=MONTH)


def family(*, pooled: str | None) -> Town:
    """Ann and Bob are a family; a ladder counts what both of them spend in a month."""
    shared = ladder("household.metrics.ours", year="calendar month", pooled=pooled)
    made = Town(base(), OURS, shared, FAMILY)
    made.at(ANN).buy(100)
    made.found(ANN, "family")
    made.at(BOB).buy(100)
    made.household(ANN, "invite", member_id=BOB)
    made.join(BOB, ANN)
    return made


def levels(made: Town) -> list[str | None]:
    """The levels of Ann and Bob."""
    return [one.tiers["status"][0] for one in made.state(ANN).members]


def rows(decision: Decision) -> set[tuple[object, object]]:
    return {(one.member_id, one.level) for one in decision.tiers}


def test_what_a_family_spends_raises_all_of_them_at_once() -> None:
    made = family(pooled="family")
    made.at(ANN).buy(20000)
    assert levels(made) == ["green", "green"]
    decision = made.at(BOB).buy(15000)
    assert levels(made) == ["silver", "silver"]
    assert rows(decision) == {(ANN, "silver"), (BOB, "silver")}
    assert [one.type for one in decision.events].count("tier.up") == 1


def test_control_a_ladder_that_is_not_pooled_raises_each_by_themselves() -> None:
    made = family(pooled=None)
    made.at(ANN).buy(20000)
    made.at(BOB).buy(15000)
    assert levels(made) == ["green", "silver"]


def test_the_review_asks_what_the_family_spent_in_the_month_that_ended() -> None:
    """350.00 in March keep silver through April; April brings nothing, and all fall on 1 May."""
    made = family(pooled="family")
    made.at(ANN).buy(35000)
    made.now = at("2026-04-01 10:00")
    made.at(BOB).tick()
    assert levels(made) == ["silver", "silver"]
    made.now = at("2026-05-01 10:00")
    made.at(ANN).tick()
    assert levels(made) == ["green", "green"]


def test_whoever_joins_stands_where_the_family_stands() -> None:
    shared = ladder("household.metrics.ours", year="calendar month", pooled="family")
    made = Town(base(), OURS, shared, FAMILY)
    made.at(ANN).buy(35000)
    made.found(ANN, "family")
    made.at(BOB).buy(100)
    made.household(ANN, "invite", member_id=BOB)
    made.join(BOB, ANN)
    made.at(BOB).buy(100)
    assert levels(made) == ["silver", "silver"]


def test_L63_two_members_who_are_one_have_the_higher_tier_and_both_numbers() -> None:
    """Ann has 950.00 and silver, Bob gold; together they have gold, and 2,050.00 for the next review."""
    made = Town(base(), YEAR, ladder(year="calendar year"))
    made.at(ANN).buy(95000)
    made.at(BOB).buy(110000)
    arrived = made.merge(BOB, ANN)
    assert rows(arrived) == {(ANN, "gold")}
    assert rows(made.accounts[BOB].done[made.accounts[BOB].last()][1]) == {(BOB, None)}
    made.at(ANN).tick()
    assert made.state(ANN).members[0].tiers["status"][0] == "gold"
    assert made.metric(ANN, "spend") == {"amount": 205000, "scale": 2}
