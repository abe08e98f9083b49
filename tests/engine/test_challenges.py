"""Challenges: joined, counted, completed, missed, repeated; late activities, returns, time and releases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.engine import attempts, state
from regulars.engine import service as engine
from regulars.engine.attempts import WHOLE, Attempt, Part, Standing
from regulars.engine.contracts.activity import ChallengeAct, Reversal
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import Past, View
from regulars.program.contracts.challenges import Challenge, Counts, Join, Order, Recurrence, Step, Team
from regulars.program.contracts.definitions import Currency, EarnCap, Measure, Metric, Over, Owner, Segment
from regulars.program.contracts.effects import Badge, Freeze, OnReversal, Progress
from regulars.program.contracts.households import Household
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.triggers import OnActivity, OnEvent
from regulars.program.contracts.values import Period, Ratio, Share, Span, Text, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, at, base, give, lines, rule
from tests.engine.town import ANN, BOB, Town

MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
DEPARTMENTS = Metric(
    name="departments",
    measure=Measure.DISTINCT,
    value="line.department",
    over=Over.LINES,
    where="type == 'purchase'",
    window=MONTH,
)


def explorer(**fields: Any) -> Challenge:
    """Three departments in a month."""
    given: dict[str, Any] = {
        "name": "explorer",
        "join": Join.TAP,
        "goal": "member.metrics.departments",
        "target": "3",
        "window": MONTH,
        "effects": (Badge(badge="explorer"), give("50")),
    }
    return Challenge(**given | fields)


def tap(shop: Shop, challenge: str = "explorer", act: str = "join") -> Decision:
    return shop.do(shop.activity("challenge", challenge=ChallengeAct(challenge=challenge, act=act)))


def buy(shop: Shop, department: str, amount: int = 1000, **fields: Any) -> Decision:
    return shop.buy(lines=lines(amount, department=department), **fields)


def told(decision: Decision) -> list[tuple[str, dict[str, object]]]:
    """What the world hears of challenges and badges."""
    mine = ("challenge.", "badge.")
    return [(one.type, one.data) for one in decision.events if one.type.startswith(mine) and "recorded" not in one.type]


def fired(decision: Decision) -> list[tuple[str, int]]:
    return [(one.rule, one.points) for one in decision.fired]


def said(decision: Decision) -> list[tuple[str, object, object]]:
    return [
        (one.code, one.fields["progress"], one.fields["target"])
        for one in decision.messages
        if one.code.startswith("challenge.")
    ]


def test_a_challenge_of_a_month_is_joined_counted_and_completed_with_a_badge() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    assert buy(shop, "fish").refusal is None
    joined = tap(shop)
    assert told(joined) == [("challenge.joined", {"name": "explorer", "times": 0})]
    assert said(joined) == [("challenge.joined", 1, 3)]
    second = buy(shop, "meat")
    assert said(second) == [("challenge.progress", 2, 3)]
    assert fired(second) == [("base", 10)]
    third = buy(shop, "cake")
    assert told(third) == [
        ("challenge.completed", {"name": "explorer", "times": 1, "progress": 3, "target": 3}),
        ("badge.given", {"name": "explorer"}),
    ]
    assert fired(third) == [("base", 10), ("challenges.explorer", 50)]
    assert said(third) == [("challenge.completed", 3, 3)]
    assert shop.active() == 10 + 10 + 10 + 50
    assert fired(buy(shop, "wine")) == [("base", 10)]


def test_nobody_is_in_a_challenge_of_a_tap_without_it() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    for department in ("fish", "meat", "cake"):
        assert told(buy(shop, department)) == []


def test_the_next_month_begins_anew_and_what_was_not_reached_is_missed() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    tap(shop)
    buy(shop, "fish")
    assert shop.review_at == at("2026-03-31 21:00")  # the first of April in Chisinau
    shop.now = at("2026-04-01 10:00")
    late = shop.tick()
    assert told(late) == [("challenge.missed", {"name": "explorer", "times": 0, "progress": 1, "target": 3})]
    for department in ("fish", "meat", "cake"):
        assert told(buy(shop, department)) == []
    # Nothing was joined in April; whoever joins now has what the month has.
    assert [type for type, _ in told(tap(shop))] == ["challenge.joined", "challenge.completed", "badge.given"]


def test_who_leaves_is_in_it_no_more_and_may_come_back() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    tap(shop)
    buy(shop, "fish")
    assert told(tap(shop, act="leave")) == [("challenge.left", {"name": "explorer"})]
    buy(shop, "meat")
    assert fired(buy(shop, "cake")) == [("base", 10)]
    assert [type for type, _ in told(tap(shop))][:2] == ["challenge.joined", "challenge.completed"]


def test_why_somebody_cannot_join_or_leave() -> None:
    cases = {
        "nothing": "unknown_challenge",
        "own": "challenge_joins_itself",
        "later": "challenge_not_open",
        "rich": "challenge_not_offered",
        "few": "challenge_not_offered",
        "zero": "challenge_not_offered",
    }
    shop = Shop(
        DEPARTMENTS,
        Segment(name="vip", static=True),
        base(),
        explorer(),
        replace(explorer(join=Join.SELF), name="own"),
        replace(explorer(), name="later", from_=dt.date(2026, 3, 3)),
        replace(explorer(audience="vip"), name="rich"),
        replace(explorer(if_="member.metrics.departments > 5"), name="few"),
        replace(explorer(target="member.metrics.departments"), name="zero"),
    )
    for name, code in cases.items():
        refusal = tap(shop, name).refusal
        assert refusal is not None, name
        assert refusal.code == code
    leaving, joined, twice = tap(shop, act="leave"), tap(shop), tap(shop)
    assert leaving.refusal is not None
    assert leaving.refusal.code == "not_in_challenge"
    assert joined.refusal is None
    assert twice.refusal is not None
    assert twice.refusal.code == "challenge_joined"
    for department in ("fish", "meat", "cake"):
        buy(shop, department)
    over = tap(shop)
    assert over.refusal is not None
    assert over.refusal.code == "challenge_over"


def test_a_segment_or_a_condition_says_who_is_offered_it_and_who_is_in_stays_in() -> None:
    small = Segment(name="small", if_="member.metrics.departments < 2")
    shop = Shop(DEPARTMENTS, small, base(), explorer(audience="small"))
    tap(shop)
    buy(shop, "fish")
    buy(shop, "meat")
    assert ("challenges.explorer", 50) in fired(buy(shop, "cake"))
    condition = Shop(DEPARTMENTS, base(), explorer(audience="member.metrics.departments >= 1"))
    assert tap(condition).refusal is not None
    buy(condition, "fish")
    assert tap(condition).refusal is None


COUNT = Metric(name="cups", measure=Measure.COUNT, where="type == 'purchase'")
SPEND = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")


def stamps(**fields: Any) -> Challenge:
    """Three cups."""
    given: dict[str, Any] = {"goal": "member.metrics.cups", "target": "3", "effects": (give("50"),)}
    return Challenge(name="stamps", **given | fields)


def test_whoever_is_in_it_by_themselves_begins_with_the_first_activity_that_counts() -> None:
    shop = Shop(COUNT, base(), stamps())
    assert told(shop.tick()) == []
    assert [type for type, _ in told(shop.buy(100))] == ["challenge.joined"]
    shop.buy(100)
    assert fired(shop.buy(100)) == [("base", 1), ("challenges.stamps", 50)]
    for _ in range(4):
        assert fired(shop.buy(100)) == [("base", 1)]


def test_again_begins_anew_when_it_is_done_and_keeps_what_is_beyond_the_target() -> None:
    shop = Shop(SPEND, base(), stamps(goal="member.metrics.spend", target="100.00", recurrence=Recurrence.AGAIN))
    first = shop.buy(25000)  # 250.00: twice, and 50.00 towards the next
    assert fired(first) == [("base", 250), ("challenges.stamps", 50), ("challenges.stamps", 50)]
    assert fired(shop.buy(4900)) == [("base", 49)]
    assert fired(shop.buy(100)) == [("base", 1), ("challenges.stamps", 50)]


def test_times_says_how_often_in_all() -> None:
    shop = Shop(COUNT, base(), stamps(recurrence=Recurrence.AGAIN, times=2, effects=(give("10 * event.times"),)))
    given = [points for _ in range(10) for rule, points in fired(shop.buy(100)) if rule == "challenges.stamps"]
    assert given == [10, 20]


def test_once_in_a_window_of_a_month_is_one_month_only() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer(join=Join.SELF, recurrence=Recurrence.ONCE))
    for department in ("fish", "meat"):
        buy(shop, department)
    shop.now = at("2026-04-02 10:00")
    found = [one for department in ("fish", "meat", "cake") for one in fired(buy(shop, department))]
    assert found == [("base", 10)] * 3
    each = Shop(DEPARTMENTS, base(), explorer(join=Join.SELF))
    for department in ("fish", "meat"):
        buy(each, department)
    each.now = at("2026-04-02 10:00")
    found = [one for department in ("fish", "meat", "cake") for one in fired(buy(each, department))]
    assert found == [*[("base", 10)] * 3, ("challenges.explorer", 50)]


def test_days_since_joining_are_a_window_of_ones_own() -> None:
    ten = Window(kind=WindowKind.SLIDING, span=Span(10, Unit.DAY))
    shop = Shop(COUNT, base(), stamps(window=ten, join=Join.TAP))
    shop.buy(100)
    tap(shop, "stamps")
    shop.buy(100)
    shop.now = at("2026-03-11 21:59")  # the tenth day is the 11th, until midnight in Chisinau at 22:00
    shop.buy(100)
    assert fired(shop.buy(100)) == [("base", 1), ("challenges.stamps", 50)]
    late = Shop(COUNT, base(), stamps(window=ten, join=Join.TAP))
    tap(late, "stamps")
    late.buy(100)
    late.buy(100)
    late.now = at("2026-03-11 22:00")
    decision = late.buy(100)
    assert fired(decision) == [("base", 1)]
    assert [type for type, _ in told(decision)] == ["challenge.missed"]


def test_dates_and_the_life_of_a_definition_bound_it() -> None:
    between = Window(kind=WindowKind.BETWEEN, from_=dt.date(2026, 3, 5), until=dt.date(2026, 3, 8))
    shop = Shop(COUNT, base(), stamps(window=between, target="2"))
    shop.buy(100)
    shop.now = at("2026-03-05 10:00")
    shop.buy(100)
    assert shop.review_at == at("2026-03-07 22:00")
    assert fired(shop.buy(100)) == [("base", 1), ("challenges.stamps", 50)]
    until = Shop(COUNT, base(), stamps(until=dt.date(2026, 3, 4)))
    until.buy(100)
    until.now = at("2026-03-04 10:00")
    assert [type for type, _ in told(until.tick())] == ["challenge.missed"]


def test_a_target_is_a_formula_of_the_day_of_joining() -> None:
    shop = Shop(COUNT, base(), stamps(join=Join.TAP, target="member.metrics.cups + 1"))
    shop.buy(100)
    tap(shop, "stamps")  # two more
    shop.buy(100)
    assert fired(shop.buy(100)) == [("base", 1), ("challenges.stamps", 50)]


def test_counts_says_whether_the_past_counts() -> None:
    for counts, needed in ((Counts.ALL, 1), (Counts.NEW, 3), (None, 3)):
        shop = Shop(COUNT, base(), stamps(join=Join.TAP, counts=counts))
        shop.buy(100)
        shop.buy(100)
        tap(shop, "stamps")
        tries = 1
        while ("challenges.stamps", 50) not in fired(shop.buy(100)):
            tries += 1
        assert tries == needed, counts


def steps(order: Order, **fields: Any) -> Challenge:
    """A purchase for 50.00 in all, and a visit; each brings something."""
    taken = {
        "spend": Step(goal="member.metrics.spend", target="50.00", effects=(give("5"),)),
        "visit": Step(goal="member.metrics.visits", target="1", effects=(give("7"),)),
    }
    return Challenge(name="tour", steps=taken, order=order, effects=(give("50"),), **fields)


VISITS = Metric(name="visits", measure=Measure.COUNT, where="type == 'visit'")


def visit(shop: Shop) -> Decision:
    return shop.do(shop.activity("visit"))


def test_steps_in_any_order_each_bring_their_own() -> None:
    shop = Shop(SPEND, VISITS, base("0"), steps(Order.ANY))
    first = visit(shop)
    assert told(first)[1] == (
        "challenge.step",
        {"name": "tour", "times": 0, "step": "visit", "progress": 1, "target": 1},
    )
    assert said(first) == [("challenge.progress", 1, 2)]
    assert fired(first) == [("challenges.tour", 7)]
    assert fired(shop.buy(5000)) == [("challenges.tour", 5), ("challenges.tour", 50)]


def test_a_step_in_order_begins_when_the_one_before_it_is_done() -> None:
    shop = Shop(SPEND, VISITS, base("0"), steps(Order.IN_ORDER))
    visit(shop)
    shop.buy(3000)
    visit(shop)
    assert fired(shop.buy(3000)) == [("challenges.tour", 5)]
    assert fired(visit(shop)) == [("challenges.tour", 7), ("challenges.tour", 50)]


def test_a_step_without_a_goal_is_a_milestone() -> None:
    milestones = {
        "half": Step(target="2", effects=(give("goal.progress * 10"),)),
        "more": Step(target="3", effects=(give("goal.target"),)),
    }
    shop = Shop(COUNT, base("0"), stamps(target="4", steps=milestones, order=Order.IN_ORDER))
    found = [points for _ in range(4) for _, points in fired(shop.buy(100))]
    assert found == [20, 3, 50]


def test_a_rule_that_listens_reads_times_progress_and_target() -> None:
    heard = rule(
        "heard",
        give("goal.progress + goal.target + event.times"),
        trigger=OnEvent(event="challenge.completed", name="stamps"),
    )
    shop = Shop(SPEND, base("0"), stamps(goal="member.metrics.spend", target="1.00", effects=()), heard)
    assert fired(shop.buy(250)) == [("heard", 4)]  # 2.50 + 1.00 + 1, rounded down


def test_progress_is_added_by_an_effect_to_whoever_is_in() -> None:
    gift = rule("gift", Progress(progress="stamps", amount="2"), trigger=OnActivity(types=("visit",)))
    shop = Shop(COUNT, base("0"), stamps(join=Join.TAP), gift)
    visit(shop)
    tap(shop, "stamps")
    visit(shop)
    assert fired(shop.buy(100)) == [("challenges.stamps", 50)]
    own = Shop(COUNT, base("0"), stamps(), gift)
    visit(own)
    assert fired(visit(own)) == [("challenges.stamps", 50)]


def test_a_badge_counts_and_is_read_by_conditions() -> None:
    named = rule("named", give("9"), **{"if": "'king' in member.badges"})
    shop = Shop(COUNT, base("0"), named, stamps(recurrence=Recurrence.AGAIN, effects=(Badge(badge="king"),)))
    for _ in range(6):
        shop.buy(100)
    assert state.decode(shop.state).members[0].badges == {"king": [2, 20514]}  # 2026-03-02
    assert fired(shop.buy(100)) == [("named", 9)]


WEEKS = Metric(name="weeks", measure=Measure.STREAK, streak=Period.WEEK, where="type == 'purchase'")


def streak(**fields: Any) -> Challenge:
    given: dict[str, Any] = {"goal": "member.metrics.weeks", "target": "3", "effects": (give("50"),)}
    return Challenge(name="row", **given | fields)


def test_a_streak_is_counted_as_it_stands_and_a_freeze_saves_it() -> None:
    for saved in (False, True):
        ice = rule("ice", Freeze(freeze="weeks"), trigger=OnActivity(types=("visit",)))
        shop = Shop(WEEKS, base("0"), streak(), *([ice] if saved else []))
        shop.buy(100)  # Monday the 2nd
        shop.now = at("2026-03-09 10:00")
        shop.buy(100)
        visit(shop)
        shop.now = at("2026-03-23 10:00")  # the week of the 16th is missed
        assert fired(shop.buy(100)) == ([("challenges.row", 50)] if saved else [])


def test_one_freeze_forgives_one_miss_and_only_the_running_streak() -> None:
    ice = rule("ice", Freeze(freeze="weeks", by=1), trigger=OnActivity(types=("visit",)))
    shop = Shop(WEEKS, base("0"), streak(target="5"), ice)
    visit(shop)  # no streak runs: it is lost
    shop.buy(100)
    shop.now = at("2026-03-16 10:00")
    assert shop.compiled is not None
    shop.buy(100)
    assert streak_of(shop) == 1
    visit(shop)
    shop.now = at("2026-03-30 10:00")
    shop.buy(100)
    assert streak_of(shop) == 2
    shop.now = at("2026-04-13 10:00")
    shop.buy(100)
    assert streak_of(shop) == 1


def streak_of(shop: Shop) -> object:
    return seen(shop).metrics["weeks"]


def seen(shop: Shop) -> View:
    return engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now)


# Late activities and returns: for the window in which they happened, if it is this one or the one before it.

SPEND_MONTH = Metric(
    name="spend_month", measure=Measure.SUM, value="basket.total", where="type == 'purchase'", window=MONTH
)


def monthly(goal: str = "spend_month", **fields: Any) -> Challenge:
    """100.00 in a month, by the month's own number or by what came since the start."""
    given: dict[str, Any] = {
        "join": Join.TAP,
        "goal": f"member.metrics.{goal}",
        "target": "100.00",
        "window": MONTH,
        "effects": (give("50"),),
    }
    return Challenge(name="monthly", **given | fields)


@pytest.mark.parametrize("goal", ["spend_month", "spend"])
def test_what_arrives_late_counts_for_the_month_in_which_it_happened(goal: str) -> None:
    shop = Shop(SPEND, SPEND_MONTH, base("0"), monthly(goal))
    tap(shop, "monthly")
    shop.buy(6000)
    shop.now = at("2026-04-02 10:00")
    tap(shop, "monthly")
    shop.buy(9000)
    late = shop.buy(4000, occurred_at=at("2026-03-20 10:00"))
    assert fired(late) == [("challenges.monthly", 50)]
    assert fired(shop.buy(1000)) == [("challenges.monthly", 50)]


@pytest.mark.parametrize("goal", ["spend_month", "spend"])
def test_what_happened_in_no_window_counts_for_none(goal: str) -> None:
    shop = Shop(SPEND, SPEND_MONTH, base("0"), monthly(goal))
    shop.now = at("2026-05-02 10:00")
    tap(shop, "monthly")
    shop.buy(9900)
    assert fired(shop.buy(9900, occurred_at=at("2026-04-20 10:00"))) == []
    assert fired(shop.buy(100)) == [("challenges.monthly", 50)]


@pytest.mark.parametrize("goal", ["spend_month", "spend"])
@pytest.mark.parametrize("month", [3, 4])
@pytest.mark.parametrize("mode", list(OnReversal))
def test_a_prize_that_is_reached_no_more_is_kept_reversed_or_looked_at(goal: str, month: int, mode: OnReversal) -> None:
    shop = Shop(SPEND, SPEND_MONTH, base("0"), monthly(goal, on_reversal=mode))
    tap(shop, "monthly")
    shop.buy(9000)
    assert fired(shop.buy(1000)) == [("challenges.monthly", 50)]
    sale = shop.last()
    shop.now = at(f"2026-{month:02}-28 10:00")
    back = shop.back(sale)
    cases = [one.data for one in back.events if one.type == "case.opened"]
    if mode is OnReversal.REVERSE:
        assert fired(back) == [("challenges.monthly", -50)]
        assert ("challenge.undone", {"name": "monthly", "step": None}) in told(back)
        assert shop.active() == 0
    else:
        assert fired(back) == []
        assert shop.active() == 50
    assert [(one["case"], one["rule"], one["points"]) for one in cases] == (
        [("reversal", "challenges.monthly", 50)] if mode is OnReversal.REVIEW else []
    )
    again = shop.buy(1000, occurred_at=at("2026-03-28 09:00"))
    assert fired(again) == ([("challenges.monthly", 50)] if mode is OnReversal.REVERSE else [])


def test_a_return_long_after_the_window_changes_nothing_more() -> None:
    shop = Shop(SPEND, base("0"), monthly("spend", on_reversal=OnReversal.REVERSE))
    tap(shop, "monthly")
    shop.buy(10000)
    sale = shop.last()
    shop.now = at("2026-04-02 10:00")
    tap(shop, "monthly")
    shop.now = at("2026-05-02 10:00")
    tap(shop, "monthly")
    assert fired(shop.back(sale)) == []
    assert fired(shop.buy(9900)) == []
    assert fired(shop.buy(100)) == [("challenges.monthly", 50)]


def test_a_step_that_is_reached_no_more_gives_its_own_back() -> None:
    shop = Shop(SPEND, VISITS, base("0"), steps(Order.ANY, on_reversal=OnReversal.REVERSE))
    visit(shop)
    shop.buy(5000)
    assert shop.active() == 62
    back = shop.back(shop.last())
    assert fired(back) == [("challenges.tour", -50), ("challenges.tour", -5)]
    assert fired(shop.buy(5000)) == [("challenges.tour", 5), ("challenges.tour", 50)]


def test_what_began_again_gives_back_only_what_is_lost() -> None:
    often = stamps(goal="member.metrics.spend", target="100.00", recurrence=Recurrence.AGAIN)
    shop = Shop(SPEND, base("0"), replace(often, on_reversal=OnReversal.REVERSE))
    shop.buy(15000)
    shop.buy(10000)
    assert shop.active() == 100
    assert fired(shop.back(shop.last())) == [("challenges.stamps", -50)]  # 150.00 are left: once, and 50.00
    assert fired(shop.buy(5000)) == [("challenges.stamps", 50)]


def test_an_exchange_counts_what_comes_back_in_its_month_and_what_goes_out_in_this() -> None:
    shop = Shop(SPEND, base("0"), monthly("spend", on_reversal=OnReversal.REVERSE))
    tap(shop, "monthly")
    shop.buy(10000)
    sale = shop.last()
    shop.now = at("2026-04-02 10:00")
    tap(shop, "monthly")
    shop.buy(4000)
    exchange = shop.activity("return", reverses=Reversal(activity_id=sale), lines=lines(6000))
    assert sorted(fired(shop.do(exchange))) == [("challenges.monthly", -50)]


def test_points_of_a_prize_have_their_funder_caps_and_dates() -> None:
    capped = Currency(name="points", value=Ratio(1, 100), caps=(EarnCap(period=Period.DAY, at_most=70),))
    prize = give("50", funding=(Share(by="brand", share=Ratio(1)),), expires=Span(2, Unit.DAY))
    shop = Shop(capped, COUNT, base("30"), stamps(target="1", effects=(prize,)))
    decision = shop.buy(100)
    assert fired(decision) == [("base", 30), ("challenges.stamps", 40)]
    lot = next(lot for lot in shop.lots.values() if lot.funder == "brand")
    assert (lot.rule, lot.granted, lot.expires_at) == ("challenges.stamps", 40, at("2026-03-04 22:00"))
    assert [entry.rule for entry in decision.movement.entries] == ["base", "challenges.stamps"]


# What a release does to members in the middle.


def test_somebody_in_the_middle_keeps_target_and_what_they_reached() -> None:
    shop = Shop(COUNT, SPEND, base("0"), stamps())
    shop.buy(100)
    shop.buy(100)
    shop.publish(COUNT, SPEND, base("0"), stamps(goal="member.metrics.cups * 2", target="100"))
    assert fired(shop.buy(100)) == [("challenges.stamps", 50)]
    other = Shop(COUNT, SPEND, base("0"), stamps())
    other.buy(100)
    other.publish(COUNT, SPEND, base("0"), stamps(target="100"))
    other.buy(100)
    assert fired(other.buy(100)) == [("challenges.stamps", 50)]


def test_a_declared_policy_begins_anew_or_ends() -> None:
    for policy, needed in ((MidwayPolicy.RESTART, 3), (MidwayPolicy.CLOSE, 0)):
        shop = Shop(COUNT, base("0"), stamps())
        shop.buy(100)
        shop.buy(100)
        midway = {"challenges.stamps": Midway(policy=policy, since=2)}
        shop.publish(COUNT, base("0"), stamps())
        made = replace(shop.compiled.release, midway=midway)
        shop.compiled = shop.releases[2] = engine.compile(made)
        shop.tick()
        given = [number for number in range(1, 6) if fired(shop.buy(100))]
        assert given == ([needed] if needed else [])


def test_what_begins_anew_with_a_release_counts_from_the_first_purchase_after_it() -> None:
    """Two of three stamps; the release begins anew: three more are asked for, whether or not anybody looked between."""
    for ticks in (True, False):
        shop = Shop(COUNT, base("0"), stamps())
        shop.buy(100)
        shop.buy(100)
        shop.publish(COUNT, base("0"), stamps(), midway={"challenges.stamps": Midway(MidwayPolicy.RESTART, since=2)})
        seen = engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now)
        assert [(one.progress, one.target) for one in seen.challenges] == [(0, 3)]
        if ticks:
            shop.tick()
        assert [number for number in range(1, 5) if fired(shop.buy(100))] == [3]


def test_what_comes_back_of_before_it_began_anew_takes_nothing_of_the_new_try() -> None:
    """Sold the day before the release, back after it: three purchases are asked for as if it had never been."""
    shop = Shop(COUNT, base("0"), stamps())
    shop.buy(100)
    sale = shop.last()
    shop.now += dt.timedelta(days=1)
    shop.publish(COUNT, base("0"), stamps(), midway={"challenges.stamps": Midway(MidwayPolicy.RESTART, since=2)})
    shop.back(sale)
    assert [number for number in range(1, 5) if fired(shop.buy(100))] == [3]


def test_a_definition_that_is_gone_takes_its_progress_along_and_says_so() -> None:
    shop = Shop(COUNT, base("0"), stamps())
    shop.buy(100)
    shop.publish(COUNT, base("0"))
    assert told(shop.buy(100)) == [("challenge.dropped", {"name": "stamps"})]
    assert told(shop.buy(100)) == []


def test_a_prize_of_one_challenge_may_wake_another_in_the_same_decision() -> None:
    hop = stamps(target="1", effects=(Progress(progress="next", amount="1"),))
    shop = Shop(COUNT, base("0"), hop, Challenge(name="next", goal="0", target="1", effects=(give("7"),)))
    assert fired(shop.buy(100)) == [("challenges.next", 7)]


# What a member reads.


def test_a_member_sees_what_is_offered_how_far_they_are_and_their_badges() -> None:
    title = Text(en="Explorer", ru="Исследователь", ro="Explorator")
    shop = Shop(
        DEPARTMENTS,
        Segment(name="vip", static=True),
        base("0"),
        explorer(title=title, picture="/explorer.png"),
        replace(explorer(audience="vip"), name="secret"),
    )
    buy(shop, "fish")
    (offered,) = seen(shop).challenges
    assert (offered.name, offered.state, offered.progress, offered.target) == ("explorer", "offered", 1, 3)
    assert (offered.join, offered.ends_on) == ("tap", dt.date(2026, 3, 31))
    tap(shop)
    buy(shop, "meat")
    (joined,) = seen(shop).challenges
    assert (joined.state, joined.progress, joined.times) == ("joined", 2, 0)
    buy(shop, "cake")
    view = seen(shop)
    assert [(one.state, one.progress, one.times) for one in view.challenges] == [("done", 3, 1)]
    assert [(one.name, one.title["en"], one.picture, one.times, one.last_on) for one in view.badges] == [
        ("explorer", "Explorer", "/explorer.png", 1, dt.date(2026, 3, 2))
    ]
    shop.now = at("2026-04-01 10:00")
    assert [one.state for one in seen(shop).challenges] == ["offered"]


def test_a_member_sees_steps_and_what_is_missed_even_before_anybody_looks() -> None:
    shop = Shop(SPEND, VISITS, base("0"), steps(Order.ANY, until=dt.date(2026, 3, 5)))
    visit(shop)
    shop.buy(1250)
    (one,) = seen(shop).challenges
    assert (one.state, one.progress, one.target) == ("joined", 1, 2)
    assert [(step.name, step.progress, step.target, step.done) for step in one.steps] == [
        ("spend", {"amount": 1250, "scale": 2}, {"amount": 5000, "scale": 2}, False),
        ("visit", 1, 1, True),
    ]
    shop.now = at("2026-03-05 10:00")
    assert [(one.state, one.progress) for one in seen(shop).challenges] == [("missed", 1)]


# A team.

TOGETHER = Metric(name="together", measure=Measure.COUNT, where="type == 'purchase'", per=Owner.HOUSEHOLD)


def family(*definitions: Any) -> Town:
    """Ann and Bob, who share nothing but the goal."""
    made = Town(base("0"), *definitions, Household(name="family", size=3))
    made.at(ANN).buy(100)
    assert made.found(ANN, "family").refusal is None
    made.at(BOB).buy(100)
    assert made.household(ANN, "invite", member_id=BOB).refusal is None
    assert made.join(BOB, ANN).refusal is None
    return made


@pytest.mark.parametrize("goal", ["household.metrics.together", "member.metrics.cups"])
def test_a_team_has_one_progress_one_prize_and_a_badge_for_all(goal: str) -> None:
    crew = Challenge(
        name="crew",
        goal=goal,
        target="3",
        team=Team.HOUSEHOLD,
        counts=Counts.NEW,
        join=Join.TAP,
        effects=(give("50"), Badge(badge="crew")),
    )
    made = family(COUNT, TOGETHER, crew)
    ann, bob = made.at(ANN), made.at(BOB)
    assert tap(ann, "crew").refusal is None
    assert said(bob.buy(100)) == [("challenge.progress", 1, 3)]
    assert said(ann.buy(100)) == [("challenge.progress", 2, 3)]
    assert fired(bob.buy(100)) == [("challenges.crew", 50)]
    assert (made.active(ANN), made.active(BOB)) == (0, 50)
    account = state.decode(ann.state)
    assert [list(member.badges) for member in account.members] == [["crew"], ["crew"]]
    assert fired(ann.buy(100)) == []


def test_two_members_who_become_one_have_what_either_reached() -> None:
    def standing(reached: int, *, done: bool = False, times: int = 0) -> Standing:
        parts = {WHOLE: Part(target=5, reached=reached)}
        return Standing(now=Attempt(began=1, index=3, form=0, release=1, parts=parts, state=int(done)), times=times)

    mine, theirs = standing(4), standing(2, done=True, times=1)
    both = attempts.merged(mine, theirs)
    assert (both.now, both.times) == (theirs.now, 1)
    together = attempts.merged(standing(4), standing(2))
    assert together.now is not None
    assert together.now.parts[WHOLE].reached == 6


def test_a_streak_counted_anew_keeps_what_was_forgiven_beforehand() -> None:
    for ices in ([rule("ice", Freeze(freeze="weeks"), trigger=OnActivity(types=("visit",)))], []):
        shop = Shop(WEEKS, base("0"), *ices)
        shop.buy(100)
        visit(shop)
        shop.now = at("2026-03-16 10:00")
        shop.buy(100)
        past = [
            Past(activity=activity, recorded=decision.recorded, release=number)
            for activity, decision, number in shop.done.values()
        ]
        known = shop.known(shop.activity("tick"))
        again = engine.rebuild(shop.compiled, known, member_id=MEMBER, past=past, releases=shop.releases, now=shop.now)
        assert streak_of(shop) == (2 if ices else 1)
        shop.state = again.state
        assert streak_of(shop) == (2 if ices else 1)


def test_what_a_prize_costs_is_the_cost_of_its_funder() -> None:
    points = Currency(name="points", cost={"house": Ratio(1, 100), "brand": Ratio(1, 50)})
    prize = give("50", funding=(Share(by="brand", share=Ratio(1)),))
    shop = Shop(points, COUNT, base("0"), stamps(effects=(prize,)))
    for _ in range(2):
        shop.buy(100)
    (prize_given,) = engine.given(shop.compiled, shop.buy(100).recorded)
    assert (prize_given.rule, prize_given.points) == ("challenges.stamps", 50)
    assert engine.unit_cost(shop.compiled, prize_given) == 2


@pytest.mark.parametrize(("both", "reached"), [(True, 3), (False, 2)])
def test_who_is_merged_brings_what_they_reached_and_not_what_they_did_before(both: bool, reached: int) -> None:
    made = Town(COUNT, base("0"), stamps(join=Join.TAP, target="4"))
    ann, bob = made.at(ANN), made.at(BOB)
    for _ in range(5):
        ann.buy(100)
        bob.buy(100)
    tap(ann, "stamps")
    if both:
        tap(bob, "stamps")
    ann.buy(100)
    ann.buy(100)
    bob.buy(100)
    assert made.merge(BOB, ANN).refusal is None
    ann = made.at(ANN)
    (one,) = engine.view(ann.compiled, ann.known(ann.activity("tick")), member_id=ANN, at=ann.now).challenges
    assert (one.state, one.progress) == ("joined", reached)
    assert fired(ann.buy(100)) == ([("challenges.stamps", 50)] if both else [])
