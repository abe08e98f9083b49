"""A metric that is published late is what it would have been: its account is filled from what was recorded, whenever
that is done. Without a database."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.activities import replay
from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import Activity, Line, ReturnedLine, Reversal
from regulars.engine.service import Compiled
from regulars.program.contracts.definitions import Measure, Metric, Over, Release, Segment
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, at, base, program

BOUGHT = "type == 'purchase'"


def some(examples: int) -> settings:
    """Histories are short as they are, and making one shorter takes minutes."""
    return settings(max_examples=examples, deadline=None, phases=(Phase.explicit, Phase.generate))


def window(kind: WindowKind, **more: Any) -> Window:
    return Window(kind=kind, **more)


def days(count: int) -> Window:
    return window(WindowKind.SLIDING, span=Span(count, Unit.DAY))


def metric(name: str, measure: Measure, value: str | None = None, **more: Any) -> Metric:
    return Metric(name=name, measure=measure, value=value, where=more.pop("where", BOUGHT), **more)


MONTH = window(WindowKind.PERIOD, period=Period.MONTH)
BEFORE = window(WindowKind.PREVIOUS, period=Period.MONTH)
SPRING = window(WindowKind.BETWEEN, from_=dt.date(2026, 3, 10), until=dt.date(2026, 4, 20))
EARNED = "entry.kind == 'earn'"

EARLY = (metric("spend", Measure.SUM, "basket.total"), metric("often", Measure.COUNT, window=days(9)))
LATE = (
    metric("all_spend", Measure.SUM, "basket.total", window=days(20)),
    metric("year", Measure.SUM, "basket.base", window=window(WindowKind.PERIOD, period=Period.YEAR)),
    metric("month", Measure.COUNT, window=MONTH),
    metric("before", Measure.SUM, "basket.total", window=BEFORE),
    metric("spring", Measure.COUNT, window=SPRING),
    metric("shelves", Measure.DISTINCT, "line.category", over=Over.LINES),
    metric("shelves_now", Measure.DISTINCT, "line.category", over=Over.LINES, window=days(12)),
    metric("shelves_before", Measure.DISTINCT, "line.category", over=Over.LINES, window=BEFORE),
    metric("by_shelf", Measure.SUM, "line.amount", over=Over.LINES, by="line.category", window=days(30)),
    metric("largest", Measure.MAX, "basket.total"),
    metric("smallest_now", Measure.MIN, "basket.total", window=days(15)),
    metric("first", Measure.FIRST, "basket.total"),
    metric("last", Measure.LAST, "basket.total", window=days(10)),
    metric("row", Measure.STREAK, streak=Period.WEEK, freeze=1),
    metric("since", Measure.COUNT, window=window(WindowKind.SINCE, activity="visit")),
    metric("earned", Measure.SUM, "entry.amount", over=Over.ENTRIES, where=EARNED, window=days(25)),
    metric("back", Measure.COUNT, where="type == 'return'"),
)
# The numbers whose sliding the segment watches are kept a second time, by day.
WATCHES = Segment(name="quiet", if_="member.metrics.all_spend < 50.00 || member.metrics.shelves_now == 0")

SLOTS = {one.name: slot for slot, one in enumerate((*EARLY, *LATE))}


def compiled(number: int, *definitions: Any) -> Compiled:
    of = program(base(), *definitions)
    slots = {name: SLOTS[name] for name in of.metrics}
    return engine.compile(Release(program_id=1, number=number, program=of, slots=slots, digest=b""))


LEAN = compiled(1, *EARLY)
FULL = compiled(2, *EARLY, *LATE, WATCHES)
LEAN_AGAIN = compiled(3, *EARLY)
FULL_AGAIN = compiled(4, *EARLY, *LATE, WATCHES)

_act = st.tuples(
    st.sampled_from(["purchase", "purchase", "purchase", "visit", "tick", "return", "part"]),
    st.sampled_from([0, 3, 26, 24 * 4, 24 * 9, 24 * 33]),
    st.lists(st.tuples(st.integers(1, 9000), st.sampled_from("abc")), min_size=1, max_size=3),
    st.integers(0, 5),
)
_histories = st.lists(_act, min_size=2, max_size=14)


def told(history: list[Any]) -> list[Activity]:
    """The activities of a history; a return speaks of an earlier sale."""
    now, made, sales = at("2026-02-20 09:00"), [], []
    for number, (kind, hours, basket, of) in enumerate(history):
        now += dt.timedelta(hours=hours, minutes=1)
        lines = tuple(Line(no=no, amount=amount, category=shelf) for no, (amount, shelf) in enumerate(basket, 1))
        common: dict[str, Any] = {
            "program_id": 1,
            "account_id": MEMBER,
            "member_id": MEMBER,
            "occurred_at": now,
            "received_at": now,
        }
        one = Activity(activity_id=UUID(int=1000 + number), type=kind, **common)
        if kind == "purchase":
            one = replace(one, lines=lines, total=sum(line.amount for line in lines))
            sales.append(one.activity_id)
        elif kind in {"return", "part"}:
            if not sales:
                continue
            part = (ReturnedLine(no=1),) if kind == "part" else ()
            one = replace(one, type="return", reverses=Reversal(activity_id=sales[of % len(sales)], lines=part))
        made.append(one)
    return made


def ends(activities: list[Activity], rules: dict[int, Compiled]) -> states.MemberState:
    """The member's state after a history; `rules` says from which place on which release holds."""
    holds = [rules[max(start for start in rules if start <= place)] for place in range(len(activities))]
    chosen = {one.activity_id: rule for one, rule in zip(activities, holds, strict=True)}
    past = [(one, chosen[one.activity_id].release.number) for one in activities]
    *_, last = replay.replay(MEMBER, past, choose=lambda one, _: chosen[one.activity_id])
    return states.decode(last.left.state).members[0]


def values(activities: list[Activity], rules: dict[int, Compiled]) -> dict[str, object]:
    """The numbers as anybody reads them after a history."""
    *_, last = replay.replay(
        MEMBER,
        [(one, 0) for one in activities],
        choose=lambda one, _: rules[max(start for start in rules if start <= activities.index(one))],
    )
    moment = activities[-1].occurred_at
    return {**engine.view(FULL, last.left, member_id=MEMBER, at=moment).metrics}


@some(60)
@given(history=_histories, cut=st.integers(1, 13))
def test_numbers_published_late_are_those_published_at_the_start(history: list[Any], cut: int) -> None:
    activities = told(history)
    assume(len(activities) > 1)
    cut = 1 + cut % (len(activities) - 1)
    assert values(activities, {0: LEAN, cut: FULL}) == values(activities, {0: FULL})


@some(40)
@given(
    history=_histories.map(lambda acts: [act for act in acts if act[0] not in {"return", "part"}]),
    cut=st.integers(1, 13),
)
def test_without_returns_even_the_stored_bytes_are_the_same(history: list[Any], cut: int) -> None:
    activities = told(history)
    assume(len(activities) > 1)
    cut = 1 + cut % (len(activities) - 1)
    late, early = ends(activities, {0: LEAN, cut: FULL}), ends(activities, {0: FULL})
    assert late.metrics == early.metrics
    # Days that have left the window are forgotten with the next one that is kept.
    oldest = (activities[-1].occurred_at.astimezone(FULL.zone).date() - dt.date(1970, 1, 1)).days - FULL.watched_days
    assert {day: row for day, row in late.gave.items() if day > oldest} == {
        day: row for day, row in early.gave.items() if day > oldest
    }
    assert late.segments == early.segments


@some(30)
@given(history=_histories, places=st.lists(st.integers(1, 13), min_size=3, max_size=3, unique=True).map(sorted))
def test_a_metric_that_was_away_for_a_while_is_whole_again(history: list[Any], places: list[int]) -> None:
    activities = told(history)
    assume(len(activities) > 3)
    # Three places inside the history, however long it became.
    away, back, late = sorted(1 + place % (len(activities) - 1) for place in places)
    rules = {0: LEAN, away: FULL, back: LEAN_AGAIN, late: FULL_AGAIN}
    assert values(activities, rules) == values(activities, {0: FULL})


def test_control_what_is_not_filled_is_not_whole() -> None:
    activities = told([("purchase", 3, [(5000, "a")], 0), ("purchase", 3, [(700, "b")], 0)])
    whole = values(activities, {0: LEAN, 1: FULL})
    assert (whole["shelves"], whole["largest"], whole["since"]) == (2, {"amount": 5000, "scale": 2}, 2)
    # Had the release counted from its own beginning, the first purchase would be missing.
    assert values(activities[1:], {0: FULL})["shelves"] == 1


def test_nothing_is_counted_again_between_releases_that_keep_the_same() -> None:
    assert engine.gap(FULL_AGAIN, FULL).plans == ()
    assert set(engine.gap(FULL, LEAN).metrics) == {one.name for one in LATE}
    assert engine.gap(LEAN, FULL).plans == ()
