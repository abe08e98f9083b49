"""Plans: paid membership begins, goes on and ends by a word, by an effect or by time. Days are those of Chisinau."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.engine import service as engine
from regulars.engine import subscribing
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import PlanAct
from regulars.engine.contracts.view import PlanSeen
from regulars.program.contracts.effects import Enlist
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Span, Text, Unit
from tests.engine.shop import MEMBER, Shop, at, base, give, lines, multiply, rule

CLUB = Plan(
    name="club",
    title=Text(en="Club", ru="Клуб", ro="Club"),
    price=4900,
    period=Span(1, Unit.MONTH),
    trial=Span(7, Unit.DAY),
    grace=Span(3, Unit.DAY),
)
SILVER = Plan(name="silver")
TRIPLE = rule("triple", multiply(3), **{"if": "member.plan == 'club'"})
HEARD = tuple(
    rule(f"heard_{word}", give(str(points)), trigger=OnEvent(event=f"plan.{word}", name="club"))
    for word, points in (("started", 1000), ("renewed", 100), ("failed", 10), ("ended", 1))
)


def say(shop: Shop, act: str, plan: str | None = None, **fields: Any) -> Decision:
    when = {"occurred_at": fields.pop("occurred_at")} if "occurred_at" in fields else {}
    return shop.do(shop.activity("plan", plan=PlanAct(act=act, plan=plan, **fields), **when))


def refused(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def buy(shop: Shop, **fields: Any) -> int:
    """The points of 10.00: 10, or 30 in the club."""
    return shop.buy(1000, **fields).points.get("points", 0)


def seen(shop: Shop) -> PlanSeen | None:
    known = shop.known(shop.activity("tick"))
    return engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).plan


def test_a_member_of_the_plan_is_judged_by_it_from_the_moment_it_starts() -> None:
    shop = Shop(base(), TRIPLE, CLUB)
    assert buy(shop) == 10
    assert refused(say(shop, "started", "club")) is None
    assert buy(shop) == 30


def test_what_happened_before_it_started_is_not() -> None:
    shop = Shop(base(), TRIPLE, CLUB)
    shop.buy(100)
    shop.now = at("2026-03-02 15:00")
    say(shop, "started", "club", occurred_at=at("2026-03-02 12:00"))
    assert buy(shop, occurred_at=at("2026-03-02 11:59")) == 10
    assert buy(shop, occurred_at=at("2026-03-02 12:00")) == 30


def test_it_lasts_for_its_period_then_for_its_grace_and_rules_hear_of_it() -> None:
    # Paid from 2 March to 1 April, 3 days of grace: over with 5 April.
    shop = Shop(base(), TRIPLE, CLUB, *HEARD)
    say(shop, "started", "club")
    assert shop.active() == 1000
    shop.now = at("2026-04-01 20:00")
    assert buy(shop) == 30
    shop.now = at("2026-04-01 21:00")  # 2 April, 00:00 in Chisinau
    assert buy(shop) == 30 + 10
    shop.now = at("2026-04-04 20:59")
    assert buy(shop) == 30
    shop.now = at("2026-04-04 21:00")
    assert buy(shop) == 10 + 1
    assert seen(shop) is None


def test_time_alone_ends_it_and_nobody_has_to_look_in_between() -> None:
    shop = Shop(base(), CLUB, *HEARD)
    say(shop, "started", "club")
    assert shop.review_at == at("2026-04-01 21:00")
    shop.now = at("2026-06-01 10:00")
    shop.tick()
    # Started, not renewed, ended.
    assert shop.active() == 1011


def test_a_plan_without_a_period_lasts_until_it_is_ended() -> None:
    shop = Shop(base(), SILVER, rule("twice", multiply(2), **{"if": "member.plan == 'silver'"}))
    say(shop, "started", "silver")
    assert shop.review_at is None
    shop.now = at("2027-03-02 10:00")
    assert buy(shop) == 20
    say(shop, "ended")
    assert buy(shop) == 10


def test_a_renewal_goes_on_from_where_the_paid_time_ends() -> None:
    shop = Shop(base(), TRIPLE, CLUB, *HEARD)
    say(shop, "started", "club")
    shop.now = at("2026-03-20 10:00")
    say(shop, "renewed")
    found = seen(shop)
    assert found is not None
    assert (found.until, found.benefits_until) == (dt.date(2026, 5, 2), dt.date(2026, 5, 5))
    assert shop.active() == 1000 + 100


def test_what_began_on_the_31st_ends_on_the_31st_again_after_a_shorter_month() -> None:
    shop = Shop(base(), CLUB)
    shop.now = at("2026-12-31 10:00")
    say(shop, "started", "club")
    ends = []
    for day in ("2027-01-30", "2027-02-27", "2027-03-30"):
        shop.now = at(f"{day} 10:00")
        say(shop, "renewed")
        found = seen(shop)
        assert found is not None
        ends.append(found.until)
    assert ends == [dt.date(2027, 2, 28), dt.date(2027, 3, 31), dt.date(2027, 4, 30)]


def test_what_was_not_paid_is_paid_within_the_grace_from_its_end_on() -> None:
    shop = Shop(base(), CLUB)
    say(shop, "started", "club")
    shop.now = at("2026-04-03 10:00")
    found = seen(shop)
    assert found is not None
    assert found.state == "unpaid"
    say(shop, "renewed", "club")
    found = seen(shop)
    assert found is not None
    assert (found.state, found.until) == ("active", dt.date(2026, 5, 2))


def test_a_word_may_name_another_end_than_the_period() -> None:
    shop = Shop(base(), CLUB)
    say(shop, "started", "club", until=dt.date(2026, 12, 31))
    found = seen(shop)
    assert found is not None
    assert found.until == dt.date(2026, 12, 31)


def test_a_failed_payment_is_told_once_and_changes_no_benefit() -> None:
    shop = Shop(base(), TRIPLE, CLUB, *HEARD)
    say(shop, "started", "club")
    say(shop, "failed")
    assert shop.active() == 1000 + 10
    shop.now = at("2026-04-02 10:00")
    assert buy(shop) == 30
    assert shop.active() == 1000 + 10 + 30


def test_it_may_end_on_a_day_that_comes() -> None:
    shop = Shop(base(), TRIPLE, Plan(name="club"))
    say(shop, "started", "club")
    say(shop, "ended", until=dt.date(2026, 3, 10))
    assert buy(shop) == 30
    shop.now = at("2026-03-09 22:00")  # 10 March, 00:00 in Chisinau
    assert buy(shop) == 10


def test_a_trial_is_shorter_and_given_once() -> None:
    shop = Shop(base(), TRIPLE, CLUB, SILVER)
    assert refused(say(shop, "started", "club", trial=True)) is None
    found = seen(shop)
    assert found is not None
    assert (found.state, found.until) == ("trial", dt.date(2026, 3, 9))
    say(shop, "ended")
    assert refused(say(shop, "started", "club", trial=True)) == "trial_used"
    assert refused(say(shop, "started", "silver", trial=True)) == "no_trial"
    assert refused(say(shop, "started", "club")) is None


def test_another_plan_takes_the_place_of_the_first() -> None:
    shop = Shop(base(), CLUB, SILVER, *HEARD)
    say(shop, "started", "silver")
    say(shop, "started", "club")
    say(shop, "started", "silver")
    assert shop.active() == 1000 + 1
    found = seen(shop)
    assert found is not None
    assert found.name == "silver"


@pytest.mark.parametrize(
    ("act", "plan", "code"),
    [
        ("started", "gold", "unknown_plan"),
        ("started", "club", "already_in_plan"),
        ("renewed", "silver", "not_in_plan"),
        ("failed", "silver", "not_in_plan"),
        ("ended", "silver", "not_in_plan"),
        ("paused", "club", "missing_part"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(act: str, plan: str, code: str) -> None:
    shop = Shop(base(), CLUB, SILVER)
    say(shop, "started", "club")
    before = shop.state
    assert refused(say(shop, act, plan)) == code
    assert shop.state == before


def test_whoever_is_in_no_plan_has_nothing_to_end() -> None:
    shop = Shop(base(), CLUB)
    assert refused(say(shop, "ended")) == "in_no_plan"


def test_an_effect_starts_a_plan_and_prolongs_it() -> None:
    card = rule("card", Enlist(plan="club"), lines="line.kind == 'fee'")
    month = rule("month", Enlist(plan="club", until=Span(10, Unit.DAY)), lines="line.kind == 'service'")
    shop = Shop(base(), card, month, CLUB, *HEARD)
    shop.buy(lines=lines(500, kind="fee"))
    assert shop.active() == 5 + 1000
    shop.buy(lines=lines(500, kind="service"))
    found = seen(shop)
    assert found is not None
    # 2 April and 10 days.
    assert (found.until, shop.active()) == (dt.date(2026, 4, 12), 5 + 1000 + 5 + 100)


def test_what_was_told_long_after_it_was_over_is_over() -> None:
    shop = Shop(base(), TRIPLE, CLUB)
    shop.buy(100)
    shop.now = at("2026-06-01 10:00")
    shop.buy(100)
    say(shop, "started", "club", occurred_at=at("2026-03-05 10:00"))
    assert seen(shop) is None
    assert buy(shop) == 10


def test_two_who_become_one_keep_the_plan_that_lasts_longer_and_part_with_it() -> None:
    mine = [[["club", 10, 0]], 20, "active", []]
    theirs = [[["silver", 5, 0]], 0, "active", ["silver"]]
    assert subscribing.joined(mine, theirs) == [[["silver", 5, 0]], 0, "active", ["silver"]]
    assert subscribing.joined(theirs, mine) == [[["silver", 5, 0]], 0, "active", ["silver"]]
    assert subscribing.joined([], theirs) == theirs
    assert subscribing.parted(subscribing.joined([], theirs), theirs) == [[], 0, "", ["silver"]]
    assert subscribing.parted(mine, theirs) == mine
