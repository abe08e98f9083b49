"""What time causes inside a decision, and when it next will."""

from __future__ import annotations

import datetime as dt

import pytest

from regulars.engine.contracts.activity import ProfileChange
from regulars.program.contracts.definitions import Attribute, Currency, Expiry, Measure, Metric, Segment
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnDate, OnPeriod
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, at, base, give, rule

BIRTH = Attribute(name="birth_date", type=FieldType.DATE, purpose="service", wakes=True)
BIRTHDAY = OnDate(date="member.attributes.birth_date", every="year", before=Span(3, Unit.DAY))
ENROLLED = "enrolled"
SPEND_BEFORE = Metric(
    name="spend_before",
    measure=Measure.SUM,
    value="basket.total",
    window=Window(WindowKind.PREVIOUS, period=Period.MONTH),
)


def born(shop: Shop, day: str) -> None:
    shop.do(shop.activity(ENROLLED, profile=ProfileChange(attributes={"birth_date": day})))


def test_a_birthday_gift_comes_on_its_day_with_a_tick() -> None:
    shop = Shop(BIRTH, rule("birthday", give("100"), trigger=BIRTHDAY))
    born(shop, "1990-03-20")
    assert shop.review_at == at("2026-03-16 22:00")  # the 17th begins in Chisinau
    shop.now = at("2026-03-16 21:59")
    assert shop.tick().points == {}
    shop.now = at("2026-03-16 22:00")
    assert shop.tick().points == {"points": 100}
    assert shop.tick().points == {}
    assert shop.review_at == at("2027-03-16 22:00")


def test_a_birthday_gift_that_no_tick_brought_comes_with_the_next_activity_dated_on_its_day() -> None:
    shop = Shop(BIRTH, base(), rule("birthday", give("100"), trigger=BIRTHDAY))
    born(shop, "1990-03-20")
    shop.now = at("2026-03-25 10:00")
    bought = shop.buy(1000)
    assert bought.points == {"points": 110}
    assert sorted(lot.earned_at for lot in shop.lots.values()) == [at("2026-03-16 22:00"), at("2026-03-25 10:00")]


def test_the_29th_of_february_is_the_28th_in_common_years() -> None:
    on_the_day = OnDate(date="member.attributes.birth_date", every="year")
    shop = Shop(BIRTH, rule("birthday", give("1"), trigger=on_the_day))
    shop.now = at("2026-12-01 10:00")
    born(shop, "2000-02-29")
    shop.now = at("2027-02-28 10:00")
    assert shop.tick().points == {"points": 1}
    shop.now = at("2028-02-28 10:00")
    assert shop.tick().points == {}
    shop.now = at("2028-02-29 10:00")
    assert shop.tick().points == {"points": 1}


def test_a_date_set_on_its_own_day_still_wakes_its_rule() -> None:
    today = OnDate(date="member.attributes.birth_date", every="year")
    shop = Shop(BIRTH, base("0"), rule("birthday", give("5"), trigger=today))
    shop.buy(100)
    assert shop.profile(birth_date="1990-03-02").points == {"points": 5}
    assert shop.profile(birth_date="1990-03-02").points == {}


def test_days_counted_from_joining_fire_once() -> None:
    week = OnDate(date="member.joined_on", after=Span(7, Unit.DAY))
    shop = Shop(base("0"), rule("week", give("7"), trigger=week))
    shop.do(shop.activity(ENROLLED))
    shop.now = at("2026-03-30 10:00")
    assert [shop.tick().points, shop.tick().points] == [{"points": 7}, {}]
    assert shop.lots[next(iter(shop.lots))].earned_at == at("2026-03-08 22:00")


def test_dates_inside_records_wake_too() -> None:
    loans = Attribute(
        name="loans",
        type=FieldType.RECORDS,
        key="number",
        fields={"number": FieldDefinition(type=FieldType.TEXT), "due_on": FieldDefinition(type=FieldType.DATE)},
        purpose="service",
        wakes=True,
    )
    due = OnDate(date="member.attributes.loans[].due_on", after=Span(1, Unit.DAY))
    shop = Shop(loans, rule("late", give("3"), trigger=due))
    shop.profile(loans=[{"number": "a", "due_on": "2026-03-10"}, {"number": "b", "due_on": "2026-03-12"}])
    shop.now = at("2026-03-14 10:00")
    assert shop.tick().points == {"points": 6}


def test_the_end_of_a_month_sees_the_month_that_ended() -> None:
    end = OnPeriod(period=Period.MONTH)
    bonus = rule("month_end", give("member.metrics.spend_before / 10"), trigger=end)
    shop = Shop(SPEND_BEFORE, base("0"), bonus)
    shop.now = at("2026-03-10 10:00")
    shop.buy(20000)
    shop.now = at("2026-04-20 10:00")
    bought = shop.buy(5000)
    assert bought.points == {"points": 20}
    assert [lot.earned_at for lot in shop.lots.values()] == [at("2026-03-31 21:00")]
    shop.now = at("2026-05-02 10:00")
    assert shop.tick().points == {"points": 5}


def test_every_month_that_was_missed_ends_by_itself() -> None:
    end = OnPeriod(period=Period.MONTH)
    shop = Shop(base("0"), rule("monthly", give("1"), trigger=end))
    shop.buy(100)
    shop.now = at("2026-06-15 10:00")
    shop.tick()
    assert [lot.earned_at.date().isoformat() for lot in shop.lots.values()] == [
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]
    assert shop.review_at == at("2026-06-30 21:00")


def test_L25_a_late_sweeper_writes_the_true_moment_once() -> None:
    shop = Shop(Currency(name="points", expiry=Expiry(span=Span(1, Unit.DAY)), round_up=None), base())
    shop.buy(1000)
    assert shop.review_at == at("2026-03-03 22:00")
    shop.now = at("2026-03-20 10:00")
    (entry,) = shop.tick().movement.entries
    assert (entry.kind.value, entry.amount, entry.effective_at) == ("expire", 10, at("2026-03-03 22:00"))
    assert shop.tick().movement.entries == ()
    assert shop.review_at is None


def test_L32_what_arrives_late_is_dated_by_when_it_happened() -> None:
    shop = Shop(Currency(name="points", expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None), base())
    shop.now = at("2026-02-10 10:00")
    late = shop.buy(10000, occurred_at=at("2026-01-03 10:00"))
    assert [(entry.kind.value, entry.amount) for entry in late.movement.entries] == [("earn", 100), ("expire", 100)]
    assert shop.active() == 0


def test_L34_inactivity_steps_back_when_its_last_activity_is_returned_whole() -> None:
    points = Currency(name="points", expiry=Expiry(inactivity=Span(180, Unit.DAY)), round_up=None)
    shop = Shop(points, base())
    shop.now = at("2026-01-01 10:00")
    shop.buy(1000)
    shop.now = at("2026-03-01 10:00")
    shop.buy(500)
    assert shop.has().idle_at == at("2026-08-28 21:00")
    shop.now = at("2026-03-05 10:00")
    shop.back(shop.last())
    assert shop.has().idle_at == at("2026-06-30 21:00")


def recent(days: int) -> Metric:
    return Metric(
        name="recent",
        measure=Measure.COUNT,
        where="type == 'purchase'",
        window=Window(WindowKind.SLIDING, Span(days, Unit.DAY)),
    )


def test_a_member_is_due_on_the_first_day_on_which_a_segment_may_change() -> None:
    shop = Shop(recent(10), base("0"), Segment(name="quiet", if_="member.metrics.recent == 0"))
    shop.buy(100)
    shop.now = at("2026-03-05 10:00")
    shop.buy(100)
    # The count falls to 1 on the 12th, which changes nothing, and to 0 on the 15th.
    assert shop.review_at == at("2026-03-14 22:00")
    shop.now = at("2026-03-14 22:00")
    assert [(one.segment, one.entered) for one in shop.tick().segments] == [("quiet", True)]
    assert shop.review_at is None


def test_a_metric_that_nobody_reads_makes_nobody_due() -> None:
    shop = Shop(recent(10), base("0"))
    shop.buy(100)
    assert shop.review_at is None


def test_where_a_segment_reckons_with_a_metric_every_change_is_looked_at() -> None:
    shop = Shop(recent(10), base("0"), Segment(name="even", if_="member.metrics.recent * 2 > 5"))
    shop.buy(100)
    assert shop.review_at == at("2026-03-11 22:00")


def test_a_segment_that_reads_the_clock_is_looked_at_each_day() -> None:
    shop = Shop(base("0"), Segment(name="weekend", if_="now.weekday() >= 6"))
    shop.buy(100)
    assert shop.review_at == at("2026-03-02 22:00")


@pytest.mark.parametrize("sweeps", [0, 1, 5])
def test_LAW8_when_the_sweeper_runs_changes_nothing(sweeps: int) -> None:
    shop = Shop(
        BIRTH,
        Currency(name="points", expiry=Expiry(span=Span(20, Unit.DAY)), round_up=None),
        base(),
        rule("birthday", give("100"), trigger=BIRTHDAY),
        rule("monthly", give("5"), trigger=OnPeriod(period=Period.MONTH)),
    )
    born(shop, "1990-03-20")
    shop.buy(3000)
    for number in range(sweeps):
        shop.now = at("2026-03-04 01:00") + dt.timedelta(days=7 * number)
        shop.tick()
    shop.now = at("2026-04-10 10:00")
    shop.tick()
    # 30 ended after 22 March, the 100 of the 17th after 6 April, the 5 of 1 April live on.
    assert shop.active() == 5
    assert shop.known(shop.activity("tick")).members == (MEMBER,)
