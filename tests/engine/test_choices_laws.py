"""Random picks, changes, purchases and time, held against a plain model of choices that knows nothing of the engine.

LAW8: whether somebody looks in between makes no difference. LAW11: the same history gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.activity import Activity, ChoiceMade
from regulars.program.contracts.base import Definition
from regulars.program.contracts.choices import Change, Choice, DecideBy, Default, DefaultKind, Opens, Options
from regulars.program.contracts.definitions import Segment
from regulars.program.contracts.values import Period
from tests.engine.shop import ZONE, Shop, at, base, lines, multiply, rule

OPTIONS = ("bread", "milk", "fish")
LOCAL = ZoneInfo(ZONE)
START = at("2026-02-10 10:00")
CHANGES = {
    "never": Change(never=True),
    "until": Change(until_decide_by=True),
    "always": Change(),
    "tomorrow": Change(from_tomorrow=True),
    "tomorrow until": Change(from_tomorrow=True, until_decide_by=True),
}

Month = tuple[int, int]
Step = tuple[str, Any, Any]


def day_of(moment: dt.datetime) -> dt.date:
    return moment.astimezone(LOCAL).date()


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(dt.UTC)


def month_of(day: dt.date) -> Month:
    return (day.year, day.month)


def following(month: Month, by: int = 1) -> Month:
    count = month[0] * 12 + month[1] - 1 + by
    return (count // 12, count % 12 + 1)


def first(month: Month) -> dt.date:
    return dt.date(*month, 1)


class Model:
    """What was picked for each month, and from when it counts: the rules as the page tells them, and nothing more."""

    def __init__(self, change: str, default: str, *, forgets_midnight: bool = False) -> None:
        self.change, self.default = change, default
        self.picks: dict[Month, list[tuple[dt.datetime, tuple[str, ...]]]] = {}
        self.forgets_midnight = forgets_midnight

    def counts(self, moment: dt.datetime) -> tuple[str, ...]:
        month = month_of(day_of(moment))
        mine = [picked for since, picked in self.picks.get(month, ()) if since <= moment]
        if mine:
            return mine[-1]
        if self.default == "first":
            return OPTIONS[:2]
        if self.default == "none" or month <= month_of(day_of(START)):
            return ()
        return self.counts(midnight(first(month)) - dt.timedelta(milliseconds=1))

    def pick(self, now: dt.datetime, picked: tuple[str, ...], ahead: bool) -> str | None:
        today = day_of(now)
        month = following(month_of(today)) if ahead else month_of(today)
        opens = dt.date(*month_of(today), 25) if ahead else first(month)
        if today < opens:
            return "choice_not_open"
        if len(picked) > 2:
            return "too_many_picked"
        mine = self.picks.setdefault(month, [])
        if mine and mine[-1][1] == picked:
            return None
        if mine and self.change == "never":
            return "choice_locked"
        changes = bool(mine)
        if today > first(month) + dt.timedelta(days=4):
            if self.change in {"never", "until", "tomorrow until"}:
                return "choice_closed"
            changes = True
        since = midnight(first(month)) if ahead else now
        if changes and not ahead and self.change.startswith("tomorrow") and not self.forgets_midnight:
            since = midnight(today + dt.timedelta(days=1))
            if since >= midnight(first(following(month))):
                return "choice_closed"
        self.picks[month] = [one for one in mine if one[0] < since] + [(since, picked)]
        return None


def definitions(change: str, default: str) -> list[Definition]:
    choice = Choice(
        name="mine",
        options=Options(values=OPTIONS),
        pick="2",
        period=Period.MONTH,
        opens=Opens(day=25),
        decide_by=DecideBy(5),
        default=Default(DefaultKind(default)),
        change=CHANGES[change],
    )
    five = rule("five", multiply(5), lines="line.category in member.choices.mine")
    fishers = Segment(name="fishers", if_="'fish' in member.choices.mine")
    return [base(), five, fishers, choice]


class Life:
    """One account that lives through the steps, looked at in between or not."""

    def __init__(self, change: str, default: str, *, looks: bool) -> None:
        self.shop = Shop(*definitions(change, default))
        self.shop.now = START
        self.looks = looks
        self.handed_in: list[tuple[dt.datetime, Activity]] = []

    def until(self, moment: dt.datetime) -> None:
        for _ in range(200 if self.looks else 0):
            due = self.shop.review_at
            if due is None or due > moment:
                break
            self.shop.now = due
            self.shop.tick()
        self.shop.now = moment

    def do(self, type: str, **fields: Any) -> Any:
        activity = self.shop.activity(type, **fields)
        self.handed_in.append((self.shop.now, activity))
        return self.shop.do(activity)

    def standing(self) -> tuple[Any, ...]:
        member = self.shop.member()
        return (member.choices, member.segments, self.shop.active(), self.shop.review_at)


def live(change: str, default: str, steps: Sequence[Step], model: Model) -> None:
    lives = [Life(change, default, looks=looks) for looks in (False, True)]
    now = START
    for what, one, other in steps:
        if what == "wait":
            now += dt.timedelta(hours=one, minutes=other)
            continue
        for life in lives:
            life.until(now)
        if what == "pick":
            expected = model.pick(now, one, other)
            for life in lives:
                said = life.do("choice", choice=ChoiceMade(choice="mine", picked=one, ahead=other))
                assert (said.refusal.code if said.refusal else None) == expected, (now, one, other)
        else:
            # Late at most to the beginning of the month before: so much is kept.
            earliest = max(START, midnight(first(following(month_of(day_of(now)), -1))))
            moment = max(earliest, now - dt.timedelta(hours=other))
            points = 50 if one in model.counts(moment) else 10
            for life in lives:
                bought = life.do("purchase", lines=lines(1000, category=one), occurred_at=moment)
                assert bought.points == {"points": points}, (now, moment, one)
    for life in lives:
        life.until(now)
        life.shop.tick()
    assert lives[0].standing() == lives[1].standing()
    assert ("fishers" in lives[0].shop.member().segments) == ("fish" in model.counts(now))
    again = Shop(*definitions(change, default))
    for moment, activity in lives[0].handed_in:
        again.now = moment
        again.do(activity)
    again.now = now
    again.tick()
    assert again.state == lives[0].shop.state


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 24 * 20), st.integers(0, 59)),
        st.tuples(
            st.just("pick"), st.lists(st.sampled_from(OPTIONS), unique=True, max_size=3).map(tuple), st.booleans()
        ),
        st.tuples(st.just("buy"), st.sampled_from(OPTIONS), st.sampled_from((0, 0, 1, 30, 24 * 20, 24 * 45))),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(change=st.sampled_from(sorted(CHANGES)), default=st.sampled_from(("last", "none", "first")), steps=STEPS)
def test_LAW8_LAW11_choices_follow_the_model_whether_anybody_looks_or_not(
    change: str, default: str, steps: list[Step]
) -> None:
    live(change, default, steps, Model(change, default))


def test_control_a_model_that_forgets_midnight_is_caught() -> None:
    steps: list[Step] = [("pick", ("bread",), False), ("wait", 24 * 20, 0), ("pick", ("bread",), False)]
    steps += [("pick", ("milk",), False), ("buy", "milk", 0)]
    live("tomorrow", "last", steps, Model("tomorrow", "last"))
    with pytest.raises(AssertionError):
        live("tomorrow", "last", steps, Model("tomorrow", "last", forgets_midnight=True))


def test_control_a_model_with_another_default_is_caught() -> None:
    steps: list[Step] = [("wait", 24 * 20, 0), ("pick", ("bread",), False), ("wait", 24 * 31, 0), ("buy", "bread", 0)]
    live("always", "last", steps, Model("always", "last"))
    with pytest.raises(AssertionError):
        live("always", "last", steps, Model("always", "none"))


def test_a_look_at_the_very_moment_of_a_pick_changes_nothing() -> None:
    # Found by the law above.
    steps: list[Step] = [("pick", ("bread", "fish"), False)]
    live("always", "last", steps, Model("always", "last"))
