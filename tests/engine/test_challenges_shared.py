"""Challenges of people who move: a prize is never given twice for the same activity, however often they become one, are
taken apart, found, join and leave.
"""

from __future__ import annotations

from typing import Any

import pytest

from regulars.program.contracts.challenges import Challenge, Counts, Recurrence, Team
from regulars.program.contracts.definitions import Measure, Metric, Owner
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.households import Household
from regulars.program.contracts.households import Join as Enters
from regulars.program.contracts.values import Period, Window, WindowKind
from tests.engine.shop import at, base, give
from tests.engine.town import ANN, BOB, CAT, DAN, Town

MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
EVER = Window(kind=WindowKind.BETWEEN)
CUPS = Metric(name="cups", measure=Measure.COUNT, where="type == 'purchase'")
MONTHLY = Metric(name="monthly", measure=Measure.COUNT, where="type == 'purchase'", window=MONTH)
TOGETHER = Metric(name="together", measure=Measure.COUNT, where="type == 'purchase'", window=MONTH, per=Owner.HOUSEHOLD)
FAMILY = Household(name="family", size=3, join=Enters.CODE)


def crew(goal: str = "member.metrics.monthly", **fields: Any) -> Town:
    """A team has 40 for two purchases in a month."""
    given: dict[str, Any] = {"team": Team.HOUSEHOLD, "target": "2", "window": MONTH, "effects": (give("40"),)}
    challenge = Challenge(name="crew", goal=goal, **given | fields)
    return Town(CUPS, MONTHLY, TOGETHER, base("0"), challenge, FAMILY)


def found(town: Town, member: Any) -> str:
    """The code of a new household."""
    return next(str(one.data["code"]) for one in town.found(member, "family").events if "code" in one.data)


GOALS = ["member.metrics.monthly", "household.metrics.together"]


@pytest.mark.parametrize("goal", GOALS)
def test_a_team_prize_of_a_month_is_not_had_again_by_founding_and_leaving(goal: str) -> None:
    town = crew(goal)
    town.at(ANN).buy(100)
    assert town.at(ANN).buy(100).points == {"points": 40}
    found(town, ANN)
    town.at(ANN).buy(100)
    assert town.leave(ANN).refusal is None
    for _ in range(2):
        town.at(ANN).buy(100)
    assert town.active(ANN) == 40
    town.now = at("2026-04-02 10:00")
    assert town.at(ANN).buy(100).points == {}
    assert town.at(ANN).buy(100).points == {"points": 40}


@pytest.mark.parametrize("goal", GOALS)
def test_a_team_prize_is_not_had_again_in_the_household_of_somebody_else(goal: str) -> None:
    town = crew(goal)
    town.at(BOB).buy(100)
    assert town.at(BOB).buy(100).points == {"points": 40}
    for other in (ANN, CAT):
        code = found(town, other)
        assert town.join(BOB, other, code=code).refusal is None
        for _ in range(3):
            town.at(BOB).buy(100)
        assert town.active(BOB) == 40
        assert town.leave(BOB).refusal is None
        town.at(BOB).buy(100)
        assert town.active(BOB) == 40


def test_what_a_member_did_before_counts_for_no_team_that_they_come_to() -> None:
    town = crew(target="3", counts=Counts.ALL)
    town.at(BOB).buy(100)
    town.at(BOB).buy(100)
    code = found(town, ANN)
    town.join(BOB, ANN, code=code)
    # One of ANN, one of BOB: two of three. What BOB had begun alone is nobody's.
    town.at(ANN).buy(100)
    town.at(BOB).buy(100)
    assert (town.active(ANN), town.active(BOB)) == (0, 0)
    town.leave(BOB)
    # The two stay with the household, BOB begins anew.
    town.at(BOB).buy(100)
    town.at(BOB).buy(100)
    assert town.active(BOB) == 0
    town.at(ANN).buy(100)
    assert (town.active(ANN), town.active(BOB)) == (40, 0)
    town.at(BOB).buy(100)
    assert town.active(BOB) == 40


def both(goal: str, recurrence: Recurrence, mode: OnReversal, *, team: bool = False) -> Town:
    """ANN and BOB have two purchases each; three bring 30."""
    window = MONTH if goal == "member.metrics.monthly" or recurrence is Recurrence.EACH_PERIOD else EVER
    challenge = Challenge(
        name="three",
        goal=goal,
        target="3",
        window=window,
        recurrence=recurrence,
        on_reversal=mode,
        effects=(give("30"),),
        team=Team.HOUSEHOLD if team else None,
    )
    town = Town(CUPS, MONTHLY, base("0"), challenge, FAMILY)
    for member in (ANN, BOB):
        town.at(member).buy(100)
        town.at(member).buy(100)
    return town


def total(town: Town) -> int:
    return sum(account.active() - account.has().arrears for account in town.accounts.values())


@pytest.mark.parametrize("goal", ["member.metrics.cups", "member.metrics.monthly"])
@pytest.mark.parametrize("recurrence", list(Recurrence))
@pytest.mark.parametrize("mode", list(OnReversal))
def test_merging_again_and_again_gives_one_prize(goal: str, recurrence: Recurrence, mode: OnReversal) -> None:
    town = both(goal, recurrence, mode)
    for _ in range(3):
        assert town.merge(ANN, BOB).refusal is None
        assert total(town) == 30
        assert town.unmerge(ANN).refusal is None
        town.homes.pop(ANN)
        # What is to be taken back is: three purchases were never one person's.
        assert total(town) == (0 if mode is OnReversal.REVERSE else 30)


@pytest.mark.parametrize("mode", [OnReversal.KEEP, OnReversal.REVERSE])
def test_taken_apart_each_goes_on_where_they_were(mode: OnReversal) -> None:
    town = both("member.metrics.cups", Recurrence.AGAIN, mode)
    town.merge(ANN, BOB)
    town.unmerge(ANN)
    town.homes.pop(ANN)
    assert town.at(ANN).buy(100).points == {"points": 30}
    # Where the prize of both was kept, it stands against the one who stayed: four are missing, not one.
    missing = 1 if mode is OnReversal.REVERSE else 4
    given = [town.at(BOB).buy(100).points for _ in range(missing)]
    assert given == [{}] * (missing - 1) + [{"points": 30}]


def test_a_try_that_was_done_before_a_merge_leaves_the_others_as_it_was() -> None:
    town = both("member.metrics.cups", Recurrence.EACH_PERIOD, OnReversal.KEEP)
    assert town.at(BOB).buy(100).points == {"points": 30}
    town.merge(ANN, BOB)
    town.unmerge(ANN)
    town.homes.pop(ANN)
    assert town.at(ANN).buy(100).points == {"points": 30}


def test_somebody_who_is_merged_into_many_brings_a_prize_once() -> None:
    town = both("member.metrics.cups", Recurrence.ONCE, OnReversal.KEEP)
    for other in (CAT, DAN):
        town.at(other).buy(100)
        town.at(other).buy(100)
    for other in (BOB, CAT, DAN):
        town.merge(ANN, other)
        town.unmerge(ANN)
        town.homes.pop(ANN)
    assert total(town) == 30


def test_a_team_of_members_who_become_one_has_no_prize_twice() -> None:
    town = both("member.metrics.monthly", Recurrence.EACH_PERIOD, OnReversal.KEEP, team=True)
    town.at(ANN).buy(100)
    assert town.active(ANN) == 30
    for _ in range(3):
        town.merge(ANN, BOB)
        town.at(BOB).buy(100)
        assert total(town) == 30
        town.unmerge(ANN)
        town.homes.pop(ANN)
    assert total(town) == 30
