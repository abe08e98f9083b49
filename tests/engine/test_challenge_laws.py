"""Any history of purchases, returns, late arrivals and taps, against a plain model of what a monthly challenge gives.

LAW8: whether the sweeper came in between makes no difference. LAW11: the same history gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.engine.challenges import windows
from regulars.engine.contracts.activity import ChallengeAct
from regulars.program.contracts.challenges import Challenge, Join, Recurrence
from regulars.program.contracts.definitions import Currency, Measure, Metric, Negative
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.values import Period, Ratio, Window, WindowKind
from tests.engine.shop import Shop, at, base, give

MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
SPEND = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
OF_MONTH = Metric(name="of_month", measure=Measure.SUM, value="basket.total", where="type == 'purchase'", window=MONTH)
POINTS = Currency(name="points", value=Ratio(1, 100), negative=Negative.ARREARS)
TARGET, PRIZE = 10_000, 50
STARTS = at("2026-03-02 10:00")

# What happens: hours that pass, then an act. Amounts are large against the target, or nothing would ever be reached.
Act = tuple[str, int, int]
ACTS = st.one_of(
    st.tuples(st.just("buy"), st.integers(1, 12_000), st.integers(0, 40)),
    st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 12_000)),
    st.tuples(st.just("tap"), st.just(0), st.just(0)),
    st.tuples(st.just("leave"), st.just(0), st.just(0)),
)
HISTORIES = st.lists(st.tuples(st.integers(0, 24 * 12), ACTS), max_size=14)


def challenge(goal: str, mode: OnReversal) -> Challenge:
    return Challenge(
        name="monthly",
        join=Join.TAP,
        goal=f"member.metrics.{goal}",
        target="100.00",
        window=MONTH,
        effects=(give(str(PRIZE)),),
        on_reversal=mode,
    )


class Model:
    """What a person would reckon with a pencil: a sum a month, and whether its prize was given.

    With the month's own number all of a month counts once somebody has joined in it; with a number for ever what was
    done from the moment of joining on.
    """

    def __init__(self, *, whole_month: bool, reverses: bool) -> None:
        self.whole_month, self.reverses = whole_month, reverses
        self.happened: list[tuple[dt.datetime, dt.date, int]] = []
        self.joined: dict[tuple[int, int], dt.datetime] = {}
        self.given: set[tuple[int, int]] = set()
        self.points = 0

    def count(self, at: dt.datetime, day: dt.date, amount: int) -> None:
        self.happened.append((at, day, amount))

    def judge(self, today: dt.date) -> None:
        for month, since in self.joined.items():
            if (today.year * 12 + today.month) - (month[0] * 12 + month[1]) > 1:
                continue
            reached = sum(
                amount
                for at, day, amount in self.happened
                if (day.year, day.month) == month and (self.whole_month or at >= since)
            )
            if month not in self.given and reached >= TARGET:
                self.given.add(month)
                self.points += PRIZE
            elif month in self.given and reached < TARGET and self.reverses:
                self.given.discard(month)
                self.points -= PRIZE


class Told:
    """One history, told to the engine and to the model."""

    def __init__(self, goal: str, mode: OnReversal, *, sweeps: bool) -> None:
        self.shop = Shop(POINTS, SPEND, OF_MONTH, base("0"), challenge(goal, mode))
        self.shop.now = STARTS
        self.model = Model(whole_month=goal == "of_month", reverses=mode is OnReversal.REVERSE)
        self.sales: list[tuple[UUID, dt.datetime, dt.date, int]] = []
        self.sweeps = sweeps

    def run(self, history: list[tuple[int, Act]]) -> None:
        self.shop.tick()
        for hours, act in history:
            self.shop.now += dt.timedelta(hours=hours)
            if self.sweeps:
                self.shop.tick()
            getattr(self, f"_{act[0]}")(*act[1:])
            self.model.judge(self.today)

    @property
    def today(self) -> dt.date:
        return self.shop.now.astimezone(self.shop.compiled.zone).date()

    def _buy(self, amount: int, days_late: int) -> None:
        when = max(self.shop.now - dt.timedelta(days=days_late), STARTS)
        day = when.astimezone(self.shop.compiled.zone).date()
        assert self.shop.buy(amount, occurred_at=when).refusal is None
        self.sales.append((self.shop.last(), when, day, amount))
        self.model.count(when, day, amount)

    def _back(self, number: int, amount: int) -> None:
        if number >= len(self.sales):
            return
        sale, when, day, left = self.sales[number]
        back = min(amount, left)
        if back:
            assert self.shop.back(sale, amount=back).refusal is None
            self.sales[number] = (sale, when, day, left - back)
            self.model.count(when, day, -back)

    def _tap(self, *_: int) -> None:
        month = (self.today.year, self.today.month)
        done = self.shop.do(self.shop.activity("challenge", challenge=ChallengeAct(challenge="monthly")))
        assert (done.refusal is None) == (month not in self.model.joined)
        if done.refusal is None:
            self.model.joined[month] = self.shop.now

    def _leave(self, *_: int) -> None:
        month = (self.today.year, self.today.month)
        done = self.shop.do(self.shop.activity("challenge", challenge=ChallengeAct(challenge="monthly", act="leave")))
        assert (done.refusal is None) == (month in self.model.joined and month not in self.model.given)
        if done.refusal is None:
            del self.model.joined[month]

    def points(self) -> int:
        balance = self.shop.has()
        return balance.active - balance.arrears


@pytest.mark.parametrize("mode", [OnReversal.KEEP, OnReversal.REVERSE])
@pytest.mark.parametrize("goal", ["spend", "of_month"])
@given(history=HISTORIES, sweeps=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_monthly_challenge_gives_what_the_model_says(
    goal: str, mode: OnReversal, history: list[tuple[int, Act]], sweeps: bool
) -> None:
    told = Told(goal, mode, sweeps=sweeps)
    told.run(history)
    assert told.points() == told.model.points


@given(history=HISTORIES)
@settings(max_examples=40, deadline=None)
def test_LAW8_the_sweeper_makes_no_difference_to_challenges(history: list[tuple[int, Act]]) -> None:
    swept, alone = (Told("spend", OnReversal.REVERSE, sweeps=sweeps) for sweeps in (True, False))
    swept.run(history)
    alone.run(history)
    assert swept.points() == alone.points()
    swept.shop.tick()
    alone.shop.tick()
    assert swept.shop.state == alone.shop.state


@given(history=HISTORIES)
@settings(max_examples=20, deadline=None)
def test_LAW11_the_same_history_gives_the_same_bytes(history: list[tuple[int, Act]]) -> None:
    one, other = (Told("of_month", OnReversal.REVERSE, sweeps=False) for _ in range(2))
    one.run(history)
    other.run(history)
    assert one.shop.state == other.shop.state


def test_control_an_engine_that_counts_late_arrivals_where_they_arrive_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = [
        (0, ("tap", 0, 0)),
        (24 * 31, ("tap", 0, 0)),
        (0, ("buy", 9_000, 0)),
        (0, ("buy", 1_000, 20)),
    ]
    told = Told("spend", OnReversal.KEEP, sweeps=False)
    told.run(history)
    assert told.points() == told.model.points == 0
    monkeypatch.setattr(windows, "holds", lambda *_: True)
    wrong = Told("spend", OnReversal.KEEP, sweeps=False)
    wrong.run(history)
    assert (wrong.points(), wrong.model.points) == (50, 0)


@given(history=HISTORIES)
@settings(max_examples=60, deadline=None)
def test_what_begins_again_is_given_as_often_as_the_target_fits_into_what_is_left(
    history: list[tuple[int, Act]],
) -> None:
    often = replace(
        challenge("spend", OnReversal.REVERSE), join=Join.SELF, window=Window(), recurrence=Recurrence.AGAIN
    )
    shop = Shop(POINTS, SPEND, base("0"), often)
    shop.now, left = STARTS, dict[UUID, int]()
    for hours, (act, number, amount) in history:
        shop.now += dt.timedelta(hours=hours)
        if act == "buy":
            shop.buy(3 * number)
            left[shop.last()] = 3 * number
        elif act == "back" and number < len(left):
            sale = list(left)[number]
            back = min(amount, left[sale])
            if back:
                shop.back(sale, amount=back)
                left[sale] -= back
        balance = shop.has()
        assert balance.active - balance.arrears == PRIZE * (sum(left.values()) // TARGET)
