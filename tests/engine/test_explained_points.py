"""Every point can be explained: the lines of an explanation add up to what the activity gave or took, also what was
caused by it and what had come due before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.engine import recording
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision, RuleTrace
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.definitions import Currency, Measure, Metric, Negative, Segment
from regulars.program.contracts.effects import OnReversal, Take
from regulars.program.contracts.triggers import OnDate, OnEvent, OnPeriod
from regulars.program.contracts.values import Period, Ratio, Span, Unit, Window, WindowKind
from tests.engine.shop import Shop, at, base, give, lines, multiply, rule

DEFINITIONS = (
    Currency(name="points", value=Ratio(1, 100), negative=Negative.ARREARS),
    Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'"),
    Metric(
        name="of_month",
        measure=Measure.SUM,
        value="basket.total",
        where="type == 'purchase'",
        window=Window(kind=WindowKind.PERIOD, period=Period.MONTH),
    ),
    Segment(name="big", if_="member.metrics.spend >= 100.00"),
    base(carry=True),
    rule("double", multiply(2), lines="line.category == 'tea'", caps={Period.DAY: 50}),
    rule("once", give("20"), per_member={Period.MONTH: 1}),
    rule("fee", Take(take="points", amount="3"), **{"if": "basket.total > 50.00"}),
    rule("three", give("30"), trigger=OnEvent(event="segment.entered", name="big")),
    rule("week", give("7"), trigger=OnDate(date="member.joined_on", after=Span(7, Unit.DAY))),
    rule("month", give("5"), trigger=OnPeriod(period=Period.MONTH)),
    Challenge(
        name="first_look",
        goal="member.metrics.of_month",
        target="80.00",
        window=Window(kind=WindowKind.PERIOD, period=Period.MONTH),
        effects=(give("50"),),
        on_reversal=OnReversal.REVERSE,
    ),
)

# Days that pass, then what happens: a purchase of two lines, the return of an earlier one, nothing.
ACTS = st.one_of(
    st.tuples(st.just("buy"), st.integers(1, 12_000), st.integers(0, 3_000)),
    st.tuples(st.just("back"), st.integers(0, 20), st.integers(0, 9_000)),
    st.tuples(st.just("tick"), st.just(0), st.just(0)),
)
HISTORIES = st.lists(st.tuples(st.integers(0, 12), ACTS), max_size=12)


def happen(shop: Shop, act: tuple[str, int, int]) -> None:
    kind, one, other = act
    if kind == "buy":
        shop.buy(lines=lines(one, other, category="tea" if other % 2 else None))
        return
    sales = [id for id, (done, _, _) in shop.done.items() if done.type == "purchase"]
    if kind == "tick":
        shop.tick()
    elif sales:
        sale = sales[one % len(sales)]
        # A refund that exceeds its sale is refused, and leaves nothing to explain.
        shop.back(sale, amount=other or None)


def summed(told: Iterable[RuleTrace]) -> dict[str, int]:
    points: dict[str, int] = {}
    for line in told:
        for currency, more in line.points.items():
            points[currency] = points.get(currency, 0) + more
    return {currency: more for currency, more in points.items() if more}


def explained(shop: Shop, activity: Activity, decision: Decision, number: int) -> tuple[RuleTrace, ...]:
    return engine.explain(shop.releases[number], activity, decision.recorded)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_the_lines_of_an_explanation_add_up_to_the_points(history: list[tuple[int, tuple[str, int, int]]]) -> None:
    shop = Shop(*DEFINITIONS)
    for days, act in history:
        shop.now += dt.timedelta(days=days)
        happen(shop, act)
    for activity, decision, number in shop.done.values():
        told = explained(shop, activity, decision, number)
        assert summed(told) == {name: more for name, more in decision.points.items() if more}


@settings(max_examples=30, deadline=None)
@given(HISTORIES, st.integers(1, 12_000))
def test_they_add_up_when_asked_at_once(history: list[tuple[int, tuple[str, int, int]]], amount: int) -> None:
    shop = Shop(*DEFINITIONS)
    for days, act in history:
        shop.now += dt.timedelta(days=days)
        happen(shop, act)
    shop.now += dt.timedelta(days=8)
    decision = shop.ask(shop.activity("purchase", lines=lines(amount)), trace=True)
    assert summed(decision.trace) == decision.points


def test_what_time_gave_before_and_what_was_caused_are_lines_of_their_own() -> None:
    shop = Shop(*DEFINITIONS)
    shop.now = at("2026-03-22 10:00")
    shop.tick()
    shop.now = at("2026-04-02 10:00")
    decision = shop.buy(10_000)
    activity, stored, number = shop.done[shop.last()]
    told = {line.rule: (line.fired, line.because, line.points) for line in explained(shop, activity, stored, number)}
    assert told == {
        "week": (True, "time", {"points": 7}),
        "month": (True, "time", {"points": 5}),
        "base": (True, "fired", {"points": 100}),
        "double": (False, "no_line", {}),
        "once": (True, "fired", {"points": 20}),
        "fee": (True, "fired", {"points": -3}),
        "three": (True, "caused", {"points": 30}),
        "challenges.first_look": (True, "caused", {"points": 50}),
    }
    # 7 + 5 + 100 + 20 - 3 + 30 + 50
    assert decision.points == {"points": 209}
    # Without what time gave and what was caused, the lines would fall short of it: the law can fail.
    kept = recording.decode(stored.recorded)
    bare = recording.encode(replace(kept, others=(), timed=0))
    assert summed(engine.explain(shop.releases[number], activity, bare)) == {"points": 120}


def test_a_return_says_what_it_took_back() -> None:
    shop = Shop(*DEFINITIONS)
    shop.buy(10_000)
    shop.back(shop.last())
    activity, decision, number = shop.done[shop.last()]
    told = explained(shop, activity, decision, number)
    assert {line.rule: line.points["points"] for line in told if line.because == "caused"} == {
        "base": -100,
        "once": -20,
        "challenges.first_look": -50,
    }
    assert decision.points == {"points": -170}


def test_what_was_recorded_before_this_was_kept_is_still_explained() -> None:
    shop = Shop(*DEFINITIONS)
    shop.buy(10_000)
    activity, decision, number = shop.done[shop.last()]
    fields = msgspec.msgpack.decode(decision.recorded)
    *older, timed = fields[: recording.Recorded.__struct_fields__.index("carried")]
    assert timed == 0
    told = engine.explain(shop.releases[number], activity, msgspec.msgpack.encode(older))
    assert summed(told) == decision.points
