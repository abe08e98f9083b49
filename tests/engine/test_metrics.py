"""Every measure, window and owner of a metric, as rules read it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.view import Past
from regulars.program.contracts.definitions import ActivityType, Measure, Metric, Over, Owner
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, Shop, Store, at, base, give, rule

BOUGHT = "type == 'purchase'"
EVER = Window()
MONTH = Window(WindowKind.PERIOD, period=Period.MONTH)
LAST_MONTH = Window(WindowKind.PREVIOUS, period=Period.MONTH)
WEEK = Window(WindowKind.SLIDING, span=Span(7, Unit.DAY))


def metric(measure: Measure, value: str | None = None, **fields: Any) -> Metric:
    return Metric(name="m", measure=measure, value=value, where=fields.pop("where", BOUGHT), **fields)


def seen(shop: Shop) -> Any:
    """The number now, by a view."""
    return engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now).metrics["m"]


def days(shop: Shop, *moments: str, **fields: Any) -> list[Any]:
    """Buy on these days for 1.00, 2.00, 3.00 ... and tell the number after each."""
    found = []
    for number, moment in enumerate(moments, 1):
        shop.now = at(moment)
        shop.buy(100 * number, **fields)
        found.append(seen(shop))
    return found


def money(amount: int) -> dict[str, int]:
    return {"amount": amount, "scale": 2}


DAYS = ("2026-03-01 10:00", "2026-03-06 10:00", "2026-03-08 10:00", "2026-04-02 10:00")


@pytest.mark.parametrize(
    ("window", "sums"),
    [
        (EVER, [100, 300, 600, 1000]),
        (MONTH, [100, 300, 600, 400]),
        (LAST_MONTH, [0, 0, 0, 600]),
        (WEEK, [100, 300, 500, 400]),  # the 1st leaves on the 8th
        (Window(WindowKind.BETWEEN, from_=dt.date(2026, 3, 6), until=dt.date(2026, 4, 2)), [0, 200, 500, 500]),
        (Window(WindowKind.SLIDING, span=Span(1, Unit.MONTH)), [100, 300, 600, 900]),  # 30 days: 4 March to 2 April
    ],
)
def test_a_sum_in_each_window(window: Window, sums: list[int]) -> None:
    shop = Shop(metric(Measure.SUM, "basket.total", window=window), base())
    assert days(shop, *DAYS) == [money(one) for one in sums]


@pytest.mark.parametrize(
    ("measure", "value", "window", "found"),
    [
        (Measure.COUNT, None, WEEK, [1, 2, 2, 1]),
        (Measure.MIN, "basket.total", EVER, [100, 100, 100, 100]),
        (Measure.MIN, "basket.total", WEEK, [100, 100, 200, 400]),
        (Measure.MAX, "basket.total", MONTH, [100, 200, 300, 400]),
        (Measure.MAX, "basket.total", LAST_MONTH, [None, None, None, 300]),
        (Measure.FIRST, "basket.total", MONTH, [100, 100, 100, 400]),
        (Measure.LAST, "basket.total", EVER, [100, 200, 300, 400]),
        (Measure.FIRST, "basket.total", WEEK, [100, 100, 200, 400]),
    ],
)
def test_other_measures(measure: Measure, value: str | None, window: Window, found: list[int | None]) -> None:
    shop = Shop(metric(measure, value, window=window), base())
    plain = [one if measure is Measure.COUNT or one is None else money(one) for one in found]
    assert days(shop, *DAYS) == plain


def test_distinct_counts_each_once() -> None:
    shop = Shop(metric(Measure.DISTINCT, "line.category", over=Over.LINES, window=WEEK), base())
    found = []
    for moment, categories in (("2026-03-01", "ab"), ("2026-03-06", "bc"), ("2026-03-08", "c")):
        shop.now = at(f"{moment} 10:00")
        shop.buy(lines=tuple(Line(no=no, amount=100, category=name) for no, name in enumerate(categories, 1)))
        found.append(seen(shop))
    # a, b; a, b, c; a left with the 1st.
    assert found == [2, 3, 2]


def test_a_sum_by_key_keeps_each_apart() -> None:
    shop = Shop(metric(Measure.SUM, "line.amount", over=Over.LINES, by="line.department", window=MONTH), base())
    shop.buy(lines=(Line(no=1, amount=100, department="x"), Line(no=2, amount=50, department="y")))
    shop.buy(lines=(Line(no=1, amount=25, department="x"),))
    assert seen(shop) == {"x": money(125), "y": money(50)}
    shop.back(shop.last())
    assert seen(shop) == {"x": money(100), "y": money(50)}


def test_a_dates_last_value_is_a_date_again() -> None:
    shop = Shop(metric(Measure.LAST, "now.toDate()"), base())
    assert days(shop, DAYS[0], DAYS[1]) == ["2026-03-01", "2026-03-06"]


def test_a_streak_counts_weeks_in_a_row_and_forgives_a_freeze() -> None:
    shop = Shop(metric(Measure.STREAK, streak=Period.WEEK, freeze=1), base())
    # Weeks from Monday: 2 March, 9, 16 is missed and forgiven, 23; then 30 and 6 April are missed.
    found = days(shop, "2026-03-02 10:00", "2026-03-09 10:00", "2026-03-11 10:00", "2026-03-23 10:00")
    assert found == [1, 2, 2, 3]
    shop.now = at("2026-04-13 10:00")
    assert seen(shop) == 0
    shop.buy(100)
    assert seen(shop) == 1


def test_a_return_steps_a_streak_back() -> None:
    shop = Shop(metric(Measure.STREAK, streak=Period.WEEK), base())
    days(shop, "2026-03-02 10:00", "2026-03-09 10:00")
    assert shop.back(shop.last()).recount == ()
    assert seen(shop) == 1


def test_since_last_counts_from_an_activity_on() -> None:
    since = Window(WindowKind.SINCE, activity="visit")
    shop = Shop(metric(Measure.COUNT, window=since), base())
    assert days(shop, DAYS[0], DAYS[1]) == [1, 2]
    shop.do(shop.activity("visit"))
    assert seen(shop) == 0
    assert days(shop, DAYS[2]) == [1]


def test_entries_are_counted_once_points_are_given() -> None:
    earned = Metric(
        name="m",
        measure=Measure.SUM,
        value="entry.amount",
        over=Over.ENTRIES,
        where="entry.kind == 'earn' && entry.rule == 'base'",
        window=Window(WindowKind.PERIOD, period=Period.DAY),
    )
    shop = Shop(earned, base(), rule("extra", give("100")))
    shop.buy(1000)
    assert seen(shop) == 10
    shop.buy(500)
    shop.back(shop.last())
    assert seen(shop) == 10


def test_fields_of_a_type_of_ones_own_are_measured() -> None:
    ride = ActivityType(name="ride", fields={"km": FieldDefinition(type=FieldType.INT)})
    shop = Shop(
        ride,
        metric(Measure.SUM, "km", where="type == 'ride'"),
        rule("ride", give("km"), trigger=OnActivity(types=("ride",))),
    )
    assert shop.do(shop.activity("ride", fields={"km": 12})).points == {"points": 12}
    shop.do(shop.activity("ride", fields={"km": 3}))
    assert seen(shop) == 15


def test_a_metric_of_a_till_is_a_counter_that_any_member_adds_to() -> None:
    here = Window(WindowKind.SLIDING, span=Span(1, Unit.HOUR))
    cards = Metric(name="cards", measure=Measure.DISTINCT, value="card.id", per=Owner.TILL, window=here)
    third = rule("third", give("5"), **{"if": "till.metrics.cards >= 3"})
    shop = Shop(cards, base("0"), third)
    found = []
    for minute, card in (("00", "a"), ("10", "a"), ("20", "b"), ("59", "c")):
        shop.now = at(f"2026-03-02 10:{minute}")
        found.append(shop.buy(100, till="7", card=card).points.get("points", 0))
    assert found == [0, 0, 0, 5]
    shop.now = at("2026-03-02 11:01")  # the card of 10:00 has left, but came again at 10:10
    assert shop.buy(100, till="7", card="b").points == {"points": 5}
    shop.now = at("2026-03-02 11:11")
    assert shop.buy(100, till="7", card="b").points == {}
    assert shop.buy(100, till="8", card="d").points == {}


@pytest.mark.parametrize(
    ("window", "sums"),
    [
        (EVER, [100, 300, 600]),
        (MONTH, [100, 300, 300]),
        (LAST_MONTH, [0, 0, 300]),
        (WEEK, [100, 300, 300]),
    ],
)
def test_a_counter_in_each_window(window: Window, sums: list[int]) -> None:
    total = Metric(name="total", measure=Measure.SUM, value="basket.total", per=Owner.STORE, window=window)
    tell = rule("tell", give("store.metrics.total"))
    shop = Shop(total, base("0"), tell)
    found = []
    for number, moment in enumerate(("2026-03-01 10:00", "2026-03-06 10:00", "2026-04-02 10:00"), 1):
        shop.now = at(moment)
        found.append(shop.buy(100 * number, store=Store(id="s")).points.get("points", 0) * 100)
    assert found == sums


def test_a_window_of_minutes_of_a_member_is_a_counter_too() -> None:
    often = Metric(
        name="often", measure=Measure.COUNT, where=BOUGHT, window=Window(WindowKind.SLIDING, span=Span(30, Unit.MINUTE))
    )
    shop = Shop(often, base("0"), rule("tell", give("member.metrics.often")))
    found = []
    for minute in ("00", "10", "35"):
        shop.now = at(f"2026-03-02 10:{minute}")
        found.append(shop.buy(100).points["points"])
    assert found == [1, 2, 2]


def test_metrics_counted_again_are_what_they_were() -> None:
    shop = Shop(
        Metric(name="m", measure=Measure.SUM, value="basket.total", where=BOUGHT, window=WEEK),
        Metric(name="n", measure=Measure.DISTINCT, value="basket.total", where=BOUGHT),
        Metric(name="o", measure=Measure.COUNT, where=BOUGHT, window=LAST_MONTH),
        Metric(name="p", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, where="entry.kind == 'earn'"),
        base(),
    )
    days(shop, *DAYS)
    sale = list(shop.done)[1]
    shop.back(sale, amount=100)
    past = [
        Past(
            activity=activity,
            recorded=decision.recorded,
            release=number,
            returns=tuple(shop.done[one][1].recorded for one in shop.sold.get(activity.activity_id, ())),
            entries=decision.movement.entries,
        )
        for activity, decision, number in shop.done.values()
    ]
    known = shop.known(shop.activity("tick"))
    before = engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).metrics
    rebuilt = engine.rebuild(shop.compiled, known, member_id=MEMBER, past=past, releases=shop.releases, now=shop.now)
    assert rebuilt.state == shop.state
    assert {row.day: row for row in rebuilt.days if any(row.sums) or row.keys} == {
        row.day: row for row in shop.days.values() if any(row.sums) or row.keys
    }
    # Totals of 1.00, 1.00, 3.00 and 4.00 are left, and as many points.
    assert before == {"m": money(400), "n": 3, "o": 3, "p": 9}


def test_a_return_takes_its_sale_off_the_counter_of_that_day() -> None:
    total = Metric(name="total", measure=Measure.SUM, value="basket.total", per=Owner.TILL, window=MONTH)
    shop = Shop(total, base("0"), rule("tell", give("till.metrics.total")))
    shop.buy(1000, till="7")
    shop.back(shop.last(), amount=400, till="8")
    assert list(shop.counters.values()) == [600]
    assert shop.buy(100, till="7").points == {"points": 7}


def test_what_a_return_cannot_lower_exactly_is_named_to_be_counted_again() -> None:
    since = Window(WindowKind.SINCE, activity="visit")
    shop = Shop(metric(Measure.COUNT, window=since), ActivityType(name="return", reverses="visit"), base())
    shop.buy(100)
    visit = shop.do(shop.activity("visit"))
    assert visit.recount == ()
    assert shop.back(shop.last()).recount == ("m",)
