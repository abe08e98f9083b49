"""Merging two members and taking them apart (L63 to L67), without a database; balances are worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.engine import service as engine
from regulars.engine.contracts.activity import HoldAction
from regulars.engine.contracts.decision import Outcome
from regulars.engine.contracts.view import Past
from regulars.program.contracts.definitions import Attribute, Measure, Metric, Over, RuleKind, Segment
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind
from tests.engine.shop import ReturnedLine, at, base, give, lines, rule
from tests.engine.town import ANN, BOB, CAT, Town

EVER = Window(kind=WindowKind.PERIOD, period=Period.EVER)
MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
WEEK = Window(kind=WindowKind.SLIDING, span=Span(7, Unit.DAY))
SPENT = Metric(name="spent", measure=Measure.SUM, value="basket.total", over=Over.ACTIVITIES, window=EVER)
VISITS = Metric(name="visits", measure=Measure.COUNT, over=Over.ACTIVITIES, window=MONTH)
LATELY = Metric(name="lately", measure=Measure.SUM, value="basket.total", over=Over.ACTIVITIES, window=WEEK)
DAYS = Metric(name="sums", measure=Measure.DISTINCT, value="basket.total", over=Over.ACTIVITIES, window=EVER)
NICK = Attribute(name="nick", type=FieldType.TEXT, purpose="service")
FANS = Segment(name="fans", static=True)
LARGE = Segment(name="large", if_="member.metrics.spent >= 150.00")


def test_L63_lots_and_balances_become_one() -> None:
    town = Town(base())
    town.at(ANN).buy(12000)
    town.at(BOB).buy(5000)
    done = town.merge(ANN, BOB)
    assert done.outcome is Outcome.ACCEPTED
    assert (town.active(BOB), town.accounts[ANN].active()) == (170, 0)
    assert [event.type for event in done.events][:2] == ["moved_in.recorded", "member.merged"]


def test_L63_arrears_are_netted() -> None:
    town = Town(base())
    town.at(ANN).buy(12000)
    bob = town.at(BOB)
    bob.buy(5000)
    bought = bob.last()
    bob.do(bob.activity("hold", hold=_hold("place", points=50)))
    bob.do(bob.activity("hold", hold=_hold("capture", hold_id=bob.last())))
    bob.back(bought)
    assert bob.has().arrears == 50
    town.merge(ANN, BOB)
    assert (town.has(BOB).active, town.has(BOB).arrears) == (70, 0)


def _hold(act: str, **fields: Any) -> HoldAction:
    return HoldAction(act=act, currency="points" if act == "place" else None, **fields)


def test_L63_metrics_add_and_segments_follow() -> None:
    town = Town(base(), SPENT, VISITS, LATELY, DAYS, LARGE)
    town.at(ANN).buy(10000)
    town.now = at("2026-03-06 10:00")
    town.at(BOB).buy(6000)
    done = town.merge(ANN, BOB)
    assert [(move.segment, move.entered) for move in done.segments] == [("large", True)]
    numbers = {name: town.metric(BOB, name) for name in ("spent", "visits", "lately", "sums")}
    assert numbers == {
        "spent": {"amount": 16000, "scale": 2},
        "visits": 2,
        "lately": {"amount": 16000, "scale": 2},
        "sums": 2,
    }
    # What Ann bought on the 2nd leaves the week on the 9th, what Bob bought on the 6th on the 13th.
    town.now = at("2026-03-09 10:00")
    assert town.metric(BOB, "lately") == {"amount": 6000, "scale": 2}
    town.now = at("2026-03-13 10:00")
    assert town.metric(BOB, "lately") == {"amount": 0, "scale": 2}
    assert town.metric(BOB, "visits") == 2


def test_L64_what_either_used_is_used() -> None:
    welcome = rule("welcome", give("50"), per_member={Period.EVER: 1})
    capped = base(caps={Period.MONTH: 150})
    town = Town(capped, welcome)
    town.at(ANN).buy(10000)
    town.now = at("2026-03-05 10:00")
    bob = town.at(BOB)
    bob.do(bob.activity("visit"))
    town.merge(ANN, BOB)
    # Ann had 100 and her welcome; Bob has 50 of the month's 150 left, and no second welcome.
    assert town.at(BOB).buy(10000).points == {"points": 50}
    assert town.active(BOB) == 200


def test_L64_gifts_that_both_got_before_stay() -> None:
    town = Town(rule("welcome", give("50"), per_member={Period.EVER: 1}, kind=RuleKind.BASE))
    town.at(ANN).buy(100)
    town.at(BOB).buy(100)
    town.merge(ANN, BOB)
    assert town.active(BOB) == 100


def test_L63_attributes_fill_what_the_other_left_open() -> None:
    town = Town(base(), NICK, Attribute(name="city", type=FieldType.TEXT, purpose="service"), FANS)
    town.at(ANN).profile(nick="Annie", city="Iasi")
    town.at(BOB).profile(nick="Bobby")
    done = town.merge(ANN, BOB)
    assert [(change.name, change.value) for change in done.attributes] == [("city", "Iasi")]
    (member,) = town.state(BOB).members
    assert member.attributes == {"nick": "Bobby", "city": "Iasi"}


def test_L65_a_hold_is_captured_on_the_other_by_its_old_id() -> None:
    town = Town(base())
    ann = town.at(ANN)
    ann.buy(10000)
    ann.do(ann.activity("hold", hold=_hold("place", points=60)))
    hold_id = ann.last()
    town.merge(ANN, BOB)
    bob = town.at(ANN)
    assert (bob.account_id, bob.has().active, bob.has().held) == (BOB, 40, 60)
    bob.do(bob.activity("hold", hold=_hold("capture", hold_id=hold_id, points=45)))
    assert (bob.has().active, bob.has().held) == (55, 0)


def test_L66_nobody_goes_home_while_points_of_theirs_are_held() -> None:
    town = Town(base())
    ann = town.at(ANN)
    # Ann's end a month before Bob's, and are spent first.
    ann.do(ann.activity("purchase", lines=lines(10000), occurred_at=at("2026-02-02 10:00")))
    town.at(BOB).buy(5000)
    ann.do(ann.activity("hold", hold=_hold("place", points=60)))
    hold_id = ann.last()
    town.merge(ANN, BOB)
    refused = town.unmerge(ANN)
    assert refused.refusal is not None
    assert refused.refusal.code == "holds_open"
    bob = town.at(BOB)
    assert (bob.has().active, bob.has().held) == (90, 60)
    bob.do(bob.activity("hold", hold=_hold("void", hold_id=hold_id)))
    # What is held of Bob's own does not keep Ann here.
    bob.do(bob.activity("hold", hold=_hold("place", points=120)))
    bob.do(bob.activity("hold", hold=_hold("capture", hold_id=bob.last())))
    bob.do(bob.activity("hold", hold=_hold("place", points=10)))
    assert town.unmerge(ANN).outcome is Outcome.ACCEPTED
    town.homes.pop(ANN)
    assert (town.active(ANN), town.has(BOB).active, town.has(BOB).held) == (0, 20, 10)


def test_L66_lots_go_home_by_origin() -> None:
    town = Town(base())
    ann, bob = town.at(ANN), town.at(BOB)
    ann.do(ann.activity("purchase", lines=lines(10000), occurred_at=at("2026-02-02 10:00")))
    bob.buy(5000)
    town.merge(ANN, BOB)
    there = town.at(BOB)
    there.do(there.activity("hold", hold=_hold("place", points=120)))
    there.do(there.activity("hold", hold=_hold("capture", hold_id=there.last())))
    town.unmerge(ANN)
    town.homes.pop(ANN)
    # Of 120, Ann's 100 went first: they end a month before Bob's.
    assert (town.active(ANN), town.active(BOB)) == (0, 30)


def test_L66_what_ones_own_card_bought_is_brought_back_at_home() -> None:
    town = Town(base())
    town.at(ANN).buy(10000)
    town.at(BOB).buy(5000)
    town.merge(ANN, BOB)
    town.at(ANN).buy(2000, earner=ANN)
    sale = town.at(BOB).last()
    town.unmerge(ANN)
    town.homes.pop(ANN)
    assert (town.active(ANN), town.active(BOB)) == (120, 50)
    assert town.at(ANN).back(sale).points == {"points": -20}
    assert (town.active(ANN), town.active(BOB)) == (100, 50)


def test_LAW4_merge_then_unmerge_is_identity() -> None:
    definitions = (
        base(),
        SPENT,
        VISITS,
        LATELY,
        DAYS,
        NICK,
        LARGE,
        rule("once", give("5"), per_member={Period.EVER: 1}),
    )
    town, control = Town(*definitions), Town(*definitions)
    for one in (town, control):
        one.at(ANN).buy(10000)
        one.at(ANN).profile(nick="Annie")
        one.now = at("2026-03-06 10:00")
        one.at(BOB).buy(6000)
    town.merge(ANN, BOB)
    town.now = control.now = at("2026-03-07 10:00")
    town.unmerge(ANN)
    town.homes.pop(ANN)
    for member in (ANN, BOB):
        control.at(member).tick()
        town.at(member).tick()
        assert town.active(member) == control.active(member)
        for name in ("spent", "visits", "lately", "sums"):
            assert town.metric(member, name) == control.metric(member, name), name
        (mine,), (theirs,) = town.state(member).members, control.state(member).members
        assert (mine.attributes, mine.segments, mine.used) == (theirs.attributes, theirs.segments, theirs.used)
        assert (mine.joined_day, mine.statics) == (theirs.joined_day, theirs.statics)
    town.now = control.now = at("2026-03-10 10:00")
    assert town.metric(ANN, "lately") == control.metric(ANN, "lately") == {"amount": 0, "scale": 2}
    assert town.metric(BOB, "lately") == control.metric(BOB, "lately") == {"amount": 6000, "scale": 2}


def test_L67_nothing_is_done_in_an_account_that_was_left() -> None:
    town = Town(base())
    town.at(ANN).buy(10000)
    town.merge(ANN, BOB)
    refused = town.account(ANN).buy(1000)
    assert refused.refusal is not None
    assert refused.refusal.code == "member_moved"
    assert town.at(ANN).buy(1000).points == {"points": 10}
    assert town.active(BOB) == 110


def test_who_arrives_where_nobody_is_any_more_goes_home() -> None:
    town = Town(base())
    for member in (ANN, BOB, CAT):
        town.at(member).buy(10000)
    ann, bob = town.set_out(ANN, BOB), town.set_out(BOB, CAT)
    refused = town.reach(*ann)
    assert refused.refusal is not None
    assert refused.refusal.code == "target_moved"
    assert town.reach(*bob).outcome is Outcome.ACCEPTED
    assert (town.active(ANN), town.accounts[BOB].active(), town.active(CAT)) == (100, 0, 200)
    assert town.at(ANN).buy(1000).points == {"points": 10}
    assert town.merge(ANN, BOB).outcome is Outcome.ACCEPTED
    assert town.active(CAT) == 310


def test_two_who_are_merged_into_each_other_at_once_are_not_lost() -> None:
    town = Town(base())
    for member in (ANN, BOB):
        town.at(member).buy(10000)
    ann, bob = town.set_out(ANN, BOB), town.set_out(BOB, ANN)
    assert town.reach(*ann).outcome is Outcome.REFUSED
    assert town.reach(*bob).outcome is Outcome.ACCEPTED
    assert (town.active(ANN), town.active(BOB), town.accounts[BOB].active()) == (200, 200, 0)
    assert town.at(BOB).buy(1000).points == {"points": 10}


def test_a_return_of_what_was_bought_before_finds_its_sale_and_its_lot() -> None:
    town = Town(base(), SPENT)
    ann = town.at(ANN)
    ann.buy(10000)
    sale = ann.last()
    town.merge(ANN, BOB)
    there = town.at(ANN)
    done = there.back(sale, ReturnedLine(no=1, amount=4000))
    assert done.outcome is Outcome.ACCEPTED
    assert done.points == {"points": -40}
    assert town.active(BOB) == 60
    assert town.metric(BOB, "spent") == {"amount": 6000, "scale": 2}


def test_an_account_that_was_left_sleeps_for_ever() -> None:
    birthday = rule("monthly", give("1"), trigger=OnActivity(types=("visit",)))
    town = Town(base(), birthday)
    town.at(ANN).buy(10000)
    town.merge(ANN, BOB)
    assert town.accounts[ANN].review_at is None


def test_three_become_one_and_the_middle_goes_home_with_the_first() -> None:
    town = Town(base(), SPENT)
    for member, amount in ((ANN, 1000), (BOB, 2000), (CAT, 4000)):
        town.at(member).buy(amount)
    town.merge(ANN, BOB)
    town.merge(BOB, CAT)
    assert (town.active(ANN), town.active(CAT)) == (70, 70)
    town.unmerge(BOB)
    town.homes.pop(BOB)
    town.homes[ANN] = (BOB, BOB)
    assert (town.active(BOB), town.active(CAT)) == (30, 40)
    assert (town.metric(BOB, "spent"), town.metric(CAT, "spent")) == (
        {"amount": 3000, "scale": 2},
        {"amount": 4000, "scale": 2},
    )


@pytest.mark.parametrize("days", [0, 40])
def test_control_without_what_arrives_metrics_differ(days: int) -> None:
    town = Town(base(), SPENT)
    town.at(ANN).buy(10000)
    town.at(BOB).buy(6000)
    town.now += dt.timedelta(days=days)
    assert town.metric(BOB, "spent") == {"amount": 6000, "scale": 2}


def test_what_is_counted_again_after_a_merge_has_both_pasts() -> None:
    largest = Metric(name="largest", measure=Measure.MAX, value="basket.total", over=Over.ACTIVITIES, window=EVER)
    town = Town(base(), SPENT, largest, LATELY)
    town.at(ANN).buy(10000)
    town.now = at("2026-03-06 10:00")
    town.at(BOB).buy(20000)
    sale = town.at(BOB).last()
    town.merge(ANN, BOB)
    account = town.at(BOB)
    back = account.back(sale)
    assert back.outcome is Outcome.ACCEPTED
    rebuilt = engine.rebuild(
        town.compiled,
        account.known(account.activity("tick")),
        member_id=BOB,
        past=[
            Past(
                activity=activity,
                recorded=decision.recorded,
                release=1,
                returns=(back.recorded,) if activity.activity_id == sale else (),
                entries=decision.movement.entries,
            )
            for activity, decision, _ in account.done.values()
        ],
        releases=town.releases,
        now=town.now,
    )
    account.state, account.metric_day = rebuilt.state, rebuilt.metric_day
    account.days = {(row.member_id, row.day): row for row in rebuilt.days}
    for name in ("largest", "spent", "lately"):
        assert town.metric(BOB, name) == {"amount": 10000, "scale": 2}, name
    town.now = at("2026-03-09 10:00")
    assert town.metric(BOB, "lately") == {"amount": 0, "scale": 2}
