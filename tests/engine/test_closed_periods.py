"""L77: a bonus for an ended period is judged again when a return or a late activity changes the numbers of that period."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import Past
from regulars.program.contracts.definitions import Attribute, Currency, EarnCap, Measure, Metric, Negative, Over, Rule
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.triggers import OnPeriod
from regulars.program.contracts.values import Period, Ratio, Share, Window, WindowKind
from tests.engine.shop import MEMBER, ZONE, Shop, at, base, give, rule

BEFORE = Window(kind=WindowKind.PREVIOUS, period=Period.MONTH)
SPENT = Metric(name="spent", measure=Measure.SUM, value="basket.total", where="type == 'purchase'", window=BEFORE)
ENDED = OnPeriod(period=Period.MONTH)


def bonus(amount: str = "500", *, effect: dict[str, Any] | None = None, **fields: Any) -> Rule:
    """500 for a month of 1,000.00."""
    given = {"if_": "member.metrics.spent >= 1000.00", **fields}
    return rule("bonus", give(amount, **(effect or {})), trigger=ENDED, **given)


def fired(decision: Decision) -> list[tuple[str, int]]:
    return [(one.rule, one.points) for one in decision.fired]


def march(*definitions: Any) -> Shop:
    """1,000.00 and 40.00 and 100.00 are bought in March; April has begun."""
    shop = Shop(SPENT, base("0"), *definitions)
    shop.buy(94000)
    shop.buy(10000)
    shop.now = at("2026-04-02 10:00")
    return shop


def last_sale(shop: Shop) -> Any:
    return [one for one, (activity, _, _) in shop.done.items() if activity.type == "purchase"][-1]


def test_L77_a_return_after_the_month_closed_takes_the_bonus_back_now() -> None:
    shop = march(bonus())
    assert fired(shop.tick()) == [("bonus", 500)]
    back = shop.back(last_sale(shop))  # 940.00 are left
    assert fired(back) == [("bonus", -500)]
    assert shop.active() == 0
    assert [entry.effective_at for entry in back.movement.entries] == [at("2026-04-02 10:00")]


def test_L77_it_makes_no_difference_whether_the_sweeper_came_before() -> None:
    shop = march(bonus())
    assert fired(shop.back(last_sale(shop))) == [("bonus", 500), ("bonus", -500)]


def test_L77_what_is_still_reached_stays() -> None:
    shop = march(bonus())
    shop.tick()
    sale = last_sale(shop)
    assert fired(shop.back(sale, amount=4000)) == []  # exactly 1,000.00
    assert fired(shop.back(sale, amount=1)) == [("bonus", -500)]
    assert fired(shop.back(sale)) == []


def test_L77_a_part_of_an_amount_goes_back_in_any_split() -> None:
    for split in ((10000,), (2500, 7500), (1, 2, 9997)):
        shop = march(bonus("member.metrics.spent / 10", if_="true"))
        assert fired(shop.tick()) == [("bonus", 104)]
        sale = last_sale(shop)
        for amount in split:
            shop.back(sale, amount=amount)
        assert shop.active() == 94


def test_L77_a_late_purchase_brings_what_was_missing() -> None:
    shop = Shop(SPENT, base("0"), bonus())
    shop.buy(90000)
    shop.now = at("2026-04-02 10:00")
    assert fired(shop.tick()) == []
    late = shop.buy(10000, occurred_at=at("2026-03-30 10:00"))
    assert fired(late) == [("bonus", 500)]
    assert fired(shop.back(last_sale(shop))) == [("bonus", -500)]
    assert fired(shop.buy(20000, occurred_at=at("2026-03-30 11:00"))) == [("bonus", 500)]


def test_L77_only_the_last_closed_month_is_judged_again() -> None:
    shop = march(bonus())
    shop.tick()
    sale = last_sale(shop)
    shop.now = at("2026-05-02 10:00")
    assert fired(shop.back(sale)) == []
    assert shop.active() == 500


def test_L77_control_a_rule_that_never_ran_for_that_month_owes_nothing() -> None:
    shop = march()
    shop.tick()
    shop.publish(SPENT, base("0"), bonus())
    assert fired(shop.buy(50000, occurred_at=at("2026-03-30 10:00"))) == []
    assert fired(shop.back(last_sale(shop))) == []


def test_L77_the_funder_who_gave_it_gets_it_back() -> None:
    capital = Currency(name="points", value=Ratio(1, 100), cost={"house": Ratio(1), "brand": Ratio(1)})
    shop = march(capital, bonus(effect={"funding": (Share(by="brand", share=Ratio(1)),)}), rule("own", give("500")))
    shop.tick()
    assert sorted((lot.funder, lot.remaining) for lot in shop.lots.values()) == [
        ("brand", 500),
        ("house", 500),
        ("house", 500),
    ]
    sale = [one for one, (activity, _, _) in shop.done.items() if activity.type == "purchase"][1]
    back = shop.back(sale)
    assert sorted(fired(back)) == [("bonus", -500), ("own", -500)]
    assert {lot.funder: lot.remaining for lot in shop.lots.values() if lot.remaining} == {"house": 500}


@pytest.mark.parametrize(("mode", "left"), [(OnReversal.KEEP, 500), (OnReversal.REVIEW, 500), (OnReversal.REVERSE, 0)])
def test_L77_the_effect_says_whether_it_goes_back(mode: OnReversal, left: int) -> None:
    shop = march(bonus(effect={"on_reversal": mode}))
    shop.tick()
    back = shop.back(last_sale(shop))
    assert shop.active() == left
    cases = [one.data["points"] for one in back.events if one.type == "case.opened"]
    assert cases == ([500] if mode is OnReversal.REVIEW else [])


def test_L77_what_else_the_rule_read_is_that_of_the_day_it_closed() -> None:
    level = Attribute(name="level", type=FieldType.TEXT, purpose="service")
    shop = march(level, bonus(if_="member.metrics.spent >= 100.00 && member.attributes.level == 'gold'"))
    shop.profile(level="gold")
    # April began before anybody was gold.
    assert shop.active() == 0
    gold = march(level, bonus("member.metrics.spent", if_="member.attributes.level == 'gold'"))
    gold.now = at("2026-03-31 10:00")
    gold.profile(level="gold")
    gold.now = at("2026-04-02 10:00")
    assert fired(gold.tick()) == [("bonus", 1040)]
    gold.profile(level="blue")
    assert fired(gold.back(last_sale(gold))) == [("bonus", -100)]


def test_L77_what_a_cap_cut_is_not_topped_up_and_goes_back_only_as_far_as_it_was_given() -> None:
    capped = Currency(name="points", value=Ratio(1, 100), caps=(EarnCap(period=Period.DAY, at_most=300),))
    shop = march(capped, bonus("member.metrics.spent", if_="true"))
    assert fired(shop.tick()) == [("bonus", 300)]
    sale = last_sale(shop)
    assert fired(shop.back(sale)) == []  # 940 are still more than 300
    first = next(one for one, (activity, _, _) in shop.done.items() if activity.type == "purchase")
    assert fired(shop.back(first, amount=80000)) == [("bonus", -160)]


def test_L77_a_rule_that_a_release_has_changed_is_for_a_person_to_judge() -> None:
    shop = march(bonus())
    shop.tick()
    shop.publish(SPENT, base("0"), bonus("400"))
    back = shop.back(last_sale(shop))
    assert fired(back) == []
    assert [one.data["case"] for one in back.events if one.type == "case.opened"] == ["closed_period"]


def test_a_metric_over_points_counted_anew_has_bonuses_and_what_was_taken_back_of_them() -> None:
    earned = Metric(
        name="earned", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, where="entry.kind == 'earn'"
    )
    shop = march(earned, bonus(), rule("own", give("7")))
    shop.tick()
    for back in (False, True):
        if back:
            shop.back(last_sale(shop))
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
        again = engine.rebuild(shop.compiled, known, member_id=MEMBER, past=past, releases=shop.releases, now=shop.now)
        live = number_of(shop)
        assert live == (7 if back else 514)
        shop.state = again.state
        assert number_of(shop) == live


def number_of(shop: Shop) -> object:
    seen = engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now)
    return seen.metrics["earned"]


ACTS = st.one_of(
    st.tuples(st.just("buy"), st.integers(1, 99_999), st.integers(0, 40)),
    st.tuples(st.just("back"), st.integers(0, 12), st.integers(1, 99_999)),
)


@given(history=st.lists(st.tuples(st.integers(0, 24 * 12), ACTS), max_size=14), sweeps=st.booleans())
@settings(max_examples=60, deadline=None)
def test_L77_any_history_ends_at_a_tenth_of_what_is_left_of_each_month(
    history: list[tuple[int, tuple[str, int, int]]], sweeps: bool
) -> None:
    owing = Currency(name="points", value=Ratio(1, 100), negative=Negative.ARREARS)
    shop = Shop(owing, SPENT, base("0"), bonus("member.metrics.spent / 10", if_="true"))
    starts = shop.now = at("2026-03-02 10:00")
    shop.tick()
    sales: list[tuple[UUID, dt.date, int]] = []
    sums: dict[int, int] = {}
    given_for: dict[int, int] = {}
    for hours, (act, number, amount) in history:
        shop.now += dt.timedelta(hours=hours)
        if sweeps:
            shop.tick()
        if act == "buy":
            when = max(shop.now - dt.timedelta(days=amount), starts)
            shop.buy(number, occurred_at=when)
            sales.append((shop.last(), when.astimezone(ZoneInfo(ZONE)).date(), number))
            _count(sums, sales[-1][1], number)
        elif number < len(sales) and (back := min(amount, sales[number][2])):
            sale, day, left = sales[number]
            shop.back(sale, amount=back)
            sales[number] = (sale, day, left - back)
            _count(sums, day, -back)
        else:
            shop.tick()
        month = _month(shop.now.astimezone(ZoneInfo(ZONE)).date())
        for closed in range(_month(starts.date()), month):
            # Money has two decimals and a tenth of it is rounded down; what closed longer ago stays as it was.
            if closed == month - 1 or closed not in given_for:
                given_for[closed] = sums.get(closed, 0) // 1000
        balance = shop.has()
        assert balance.active - balance.arrears == sum(given_for.values())


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month


def _count(sums: dict[int, int], day: dt.date, amount: int) -> None:
    sums[_month(day)] = sums.get(_month(day), 0) + amount
