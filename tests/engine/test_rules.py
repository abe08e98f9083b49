"""What wakes a rule, for whom, on which lines, and what each effect does."""

from __future__ import annotations

import datetime as dt

import pytest

from regulars.engine.contracts.activity import Line, ProfileChange
from regulars.engine.contracts.decision import Decision, EventDraft, Outcome
from regulars.program.contracts.definitions import Attribute, Currency, Expiry, Measure, Metric, Segment
from regulars.program.contracts.effects import (
    AddTo,
    Cashier,
    Convert,
    Emit,
    Extend,
    HoldForReview,
    Receipt,
    Refuse,
    RemoveFrom,
    SetAttribute,
    Take,
)
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Ratio, Schedule, Span, Text, Unit
from tests.engine.shop import MEMBER, Shop, Store, at, base, give, lines, multiply, rule

FAVOURITE = Attribute(name="favourite", type=FieldType.TEXT, purpose="service")
SAID = Text(en="Hello", ru="Привет", ro="Salut")


def codes(decision: Decision) -> list[str]:
    return [message.code for message in decision.messages]


def test_a_rule_runs_for_its_types_only() -> None:
    shop = Shop(base(), rule("come_in", give("5"), trigger=OnActivity(types=("visit",))))
    assert shop.do(shop.activity("visit")).points == {"points": 5}
    assert shop.buy(1000).points == {"points": 10}


def test_a_type_that_the_program_does_not_know_is_refused() -> None:
    shop = Shop(base())
    refused = shop.do(shop.activity("flight"))
    assert refused.refusal is not None
    assert refused.refusal.code == "type_not_in_program"


def test_a_rule_with_dates_runs_between_them() -> None:
    march = rule("march", give("5"), from_=dt.date(2026, 3, 2), until=dt.date(2026, 3, 4))
    shop = Shop(base("0"), march)
    found = []
    for moment in ("2026-03-01 21:59", "2026-03-01 22:00", "2026-03-03 21:59", "2026-03-03 22:00"):
        shop.now = at(moment)
        found.append(shop.buy(100).points.get("points", 0))
    assert found == [0, 5, 5, 0]


@pytest.mark.parametrize(
    ("moment", "zone", "points"),
    [
        ("2026-03-03 15:00", None, 5),  # Tuesday 17:00 in Chisinau
        ("2026-03-03 14:59", None, 0),
        ("2026-03-03 17:00", None, 0),  # 19:00: over
        ("2026-03-04 15:00", None, 0),  # Wednesday
        ("2026-03-03 15:00", "America/New_York", 0),  # 10:00 there
        ("2026-03-03 22:30", "America/New_York", 5),  # Tuesday 17:30 there
    ],
)
def test_a_happy_hour_is_told_by_the_clock_of_the_store(moment: str, zone: str | None, points: int) -> None:
    happy = Schedule(days=(2,), hours=((dt.time(17), dt.time(19)),))
    shop = Shop(base("0"), rule("happy", give("5"), schedule=happy))
    shop.now = at(moment)
    store = Store(id="s", zone=zone) if zone else None
    assert shop.buy(100, store=store).points.get("points", 0) == points


def test_hours_over_midnight_belong_to_the_day_on_which_they_began() -> None:
    night = Schedule(days=(5,), hours=((dt.time(22), dt.time(2)),), zone="program")
    shop = Shop(base("0"), rule("night", give("5"), schedule=night))
    found = []
    for moment in ("2026-03-06 20:00", "2026-03-06 23:59", "2026-03-07 00:00", "2026-03-07 20:00"):
        shop.now = at(moment)
        found.append(shop.buy(100).points.get("points", 0))
    # Friday 22:00, Saturday 01:59, Saturday 02:00, Saturday 22:00 in Chisinau.
    assert found == [5, 5, 0, 0]


def test_in_an_exclusive_group_the_highest_priority_that_fires_counts() -> None:
    small = rule("small", give("5"), group="one", priority=1)
    big = rule("big", give("50"), group="one", priority=9, **{"if": "basket.total >= 100.00"})
    shop = Shop(base("0"), small, big)
    assert [one.rule for one in shop.buy(10000).fired] == ["big"]
    assert [one.rule for one in shop.buy(5000).fired] == ["small"]


def test_a_rule_fires_no_more_than_so_often_a_member_and_period() -> None:
    shop = Shop(base("0"), rule("once", give("5"), per_member={Period.DAY: 1}))
    first = [shop.buy(100).points.get("points", 0) for _ in range(2)]
    shop.now = at("2026-03-03 10:00")
    assert (first, shop.buy(100).points) == ([5, 0], {"points": 5})


def test_a_count_per_member_comes_back_with_a_full_return() -> None:
    shop = Shop(base("0"), rule("once", give("5"), per_member={Period.EVER: 1}))
    shop.buy(100)
    shop.back(shop.last())
    assert shop.buy(100).points == {"points": 5}


def test_a_rule_has_caps_of_its_own() -> None:
    shop = Shop(base("0"), rule("capped", give("basket.base"), caps={Period.MONTH: 15}))
    assert [shop.buy(1000).points.get("points", 0) for _ in range(3)] == [10, 5, 0]
    shop.now = at("2026-04-02 10:00")
    assert shop.buy(1000).points == {"points": 10}


def test_an_audience_is_a_segment_or_a_condition() -> None:
    fans = Segment(name="fans", static=True)
    by_name = rule("by_name", give("1"), audience="fans")
    by_condition = rule("by_condition", give("10"), audience="member.attributes.favourite == 'tea'")
    shop = Shop(FAVOURITE, fans, base("0"), by_name, by_condition)
    assert shop.buy(100).points == {}
    shop.do(shop.activity("profile", profile=ProfileChange(attributes={"favourite": "tea"}, add_to=("fans",))))
    assert shop.buy(100).points == {"points": 11}


def test_a_rule_about_lines_needs_one() -> None:
    tea = rule("tea", give("5"), lines="line.category == 'tea'")
    shop = Shop(base("0"), tea)
    assert shop.buy(lines=lines(100, category="coffee")).points == {}
    bought = shop.buy(lines=(Line(no=1, amount=100), Line(no=2, amount=100, category="tea")))
    assert bought.per_line == ((2, "points", 5),)


def test_take_takes_at_most_what_is_there() -> None:
    fee = rule("fee", Take(take="points", amount="15"), trigger=OnActivity(types=("visit",)))
    shop = Shop(base(), fee)
    shop.buy(2000)
    taken = shop.do(shop.activity("visit"))
    assert taken.points == {"points": -15}
    assert codes(taken) == ["points.used", "balance"]
    assert shop.do(shop.activity("visit")).points == {"points": -5}
    assert shop.active() == 0


def test_convert_turns_full_cards_into_points() -> None:
    stamps = Currency(name="stamps")
    full = rule(
        "full",
        Convert(convert="stamps", to="points", rate=Ratio(10), amount="9"),
        **{"if": "member.balances.stamps >= 9"},
    )
    shop = Shop(stamps, rule("stamp", give("9", "stamps")), full)
    shop.buy(100)
    assert (shop.active("stamps"), shop.active()) == (9, 0)
    shop.buy(100)
    assert (shop.active("stamps"), shop.active()) == (9, 90)


def test_extend_moves_the_end_of_lots() -> None:
    later = rule("later", Extend(extend="points", by=Span(1, Unit.MONTH)), trigger=OnActivity(types=("visit",)))
    shop = Shop(base(), later)
    shop.buy(1000)
    (lot,) = shop.lots.values()
    assert lot.expires_on == dt.date(2027, 3, 31)
    decision = shop.do(shop.activity("visit"))
    assert shop.lots[lot.lot_id].expires_on == dt.date(2027, 4, 30)
    assert (
        EventDraft(type="points.extended", data={"currency": "points", "points": 10, "rule": "later"})
        in decision.events
    )


def test_set_keeps_an_attribute_that_later_rules_read() -> None:
    learn = rule("learn", SetAttribute(set="favourite", value="basket.total >= 10.00 ? 'much' : 'little'"))
    loved = rule("loved", give("7"), **{"if": "member.attributes.favourite == 'much'"})
    shop = Shop(FAVOURITE, base("0"), learn, loved)
    first = shop.buy(1000)
    assert first.points == {}
    assert [(one.name, one.value) for one in first.attributes] == [("favourite", "much")]
    assert shop.buy(1000).points == {"points": 7}


def test_add_to_and_remove_from_move_a_static_segment() -> None:
    fans = Segment(name="fans", static=True)
    join = rule("join", AddTo(add_to="fans"), **{"if": "basket.total >= 10.00"})
    leave = rule("leave", RemoveFrom(remove_from="fans"), **{"if": "basket.total < 1.00"})
    shop = Shop(fans, base("0"), join, leave)
    joined = shop.buy(1000)
    assert [(one.member_id, one.segment, one.entered) for one in joined.segments] == [(MEMBER, "fans", True)]
    assert "segment.entered" in [event.type for event in joined.events]
    left = shop.buy(50)
    assert [(one.segment, one.entered) for one in left.segments] == [("fans", False)]
    assert shop.buy(500).segments == ()


def test_receipt_and_cashier_say_their_words_with_fields() -> None:
    talk = rule(
        "talk",
        Receipt(receipt="thanks", say=SAID, fields={"total": "basket.total", "lines": "basket.lines.size()"}),
        Cashier(cashier="ask_age", say=SAID),
    )
    receipt, cashier = Shop(base("0"), talk).buy(1234).messages
    assert (receipt.to, receipt.code, receipt.fields) == (
        "receipt",
        "thanks",
        {"total": {"amount": 1234, "scale": 2}, "lines": 1},
    )
    assert receipt.say == {"en": "Hello", "ru": "Привет", "ro": "Salut"}
    assert (cashier.to, cashier.code) == ("cashier", "ask_age")


def test_event_tells_the_world_a_name_of_the_program() -> None:
    tell = rule("tell", Emit(event="big.basket", fields={"total": "basket.total"}))
    events = Shop(base("0"), tell).buy(500).events
    assert EventDraft(type="big.basket", data={"rule": "tell", "total": {"amount": 500, "scale": 2}}) in events


def test_refuse_stops_everything_with_its_words() -> None:
    closed = rule("closed", Refuse(refuse="closed", say=SAID), **{"if": "basket.total > 100.00"})
    shop = Shop(base(), closed)
    refused = shop.buy(10001)
    assert refused.outcome is Outcome.REFUSED
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.by, refused.refusal.say["ro"]) == (
        "refused_by_rule",
        "rules.closed",
        "Salut",
    )
    assert refused.refusal.fields == {"rule": "closed", "reason": "closed"}
    assert (refused.movement.entries, refused.events, shop.state) == ((), (), b"")
    assert shop.buy(10000).points == {"points": 100}


def test_hold_keeps_what_was_earned_waiting_for_a_person() -> None:
    odd = rule("odd", HoldForReview(hold="odd_basket", say=SAID), **{"if": "basket.total > 100.00"})
    shop = Shop(base(), odd)
    held = shop.buy(20000)
    assert (shop.has().active, shop.has().pending) == (0, 200)
    assert [event.data["case"] for event in held.events if event.type == "case.opened"] == ["odd_basket"]
    (lot,) = shop.lots.values()
    assert (lot.pending, lot.active_at) == (True, None)


def test_rules_read_metrics_with_this_activity() -> None:
    purchases = Metric(name="purchases", measure=Measure.COUNT, where="type == 'purchase'")
    welcome = rule("welcome", give("100"), **{"if": "member.metrics.purchases == 1"})
    shop = Shop(purchases, base("0"), welcome)
    assert [shop.buy(100).points.get("points", 0) for _ in range(2)] == [100, 0]


def test_a_multiplier_without_a_base_gives_nothing() -> None:
    assert Shop(rule("double", multiply(2))).buy(1000).points == {}


def test_points_of_a_visit_need_no_lines() -> None:
    visit = OnActivity(types=("visit",))
    first = rule("first", give("10"), trigger=visit)
    shop = Shop(base(), first)
    decision = shop.do(shop.activity("visit"))
    assert (decision.points, decision.per_line) == ({"points": 10}, ())


def test_a_receipt_speaks_of_points_that_end_soon() -> None:
    shop = Shop(Currency(name="points", expiry=Expiry(span=Span(40, Unit.DAY)), round_up=None), base())
    early = shop.buy(1000)
    assert "points.expiring" not in codes(early)
    assert [one.points for one in early.expiring] == [10]
    shop.now = at("2026-03-20 10:00")
    (said,) = [one for one in shop.buy(100).messages if one.code == "points.expiring"]
    assert said.fields == {"currency": "points", "points": 10, "through": "2026-04-11"}
