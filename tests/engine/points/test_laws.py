"""Random sequences of operations against a naive model: a list of single points, each with its dates. Small here; the nights run more."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.points import HoldState, LotId
from regulars.engine.points import adjusting, earning, holding, passing, reversing, spending
from regulars.engine.points.errors import HoldClosed, HoldExpired, InsufficientPoints
from regulars.engine.points.purse import Purse
from regulars.program.contracts.definitions import Currency, Expiry
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.engine.points.books import FOR_EVER, Book, utc

START = utc(2027, 1, 1)
HOURS = dt.timedelta(hours=1)
POLICY = Currency(name="points", expiry=FOR_EVER)


class Model:
    """What an account has, one item a point: (end, beginning, lot). Nothing clever: no lots, no books, no sums kept."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float, int]] = []
        self.held: dict[int, tuple[float, list[tuple[float, float, int]]]] = {}
        self.debt = 0

    def pass_time(self, now: float) -> None:
        moments = {end for end, _, _ in self.points} | {begin for _, begin, _ in self.points}
        moments |= {ends for ends, _ in self.held.values()}
        for moment in sorted(one for one in moments if one <= now):
            for hold in [hold for hold, (ends, _) in self.held.items() if ends <= moment]:
                self.points += self.held.pop(hold)[1]
            self.settle(moment)
        self.settle(now)

    def settle(self, now: float) -> None:
        self.points = sorted(point for point in self.points if point[0] > now)
        while self.debt and self.active(now):
            self.points.remove(self.active(now)[0])
            self.debt -= 1

    def active(self, now: float) -> list[tuple[float, float, int]]:
        return sorted((p for p in self.points if p[1] <= now), key=lambda p: (p[0], p[2]))

    def take(self, points: int, now: float) -> list[tuple[float, float, int]]:
        taken = self.active(now)[:points]
        for point in taken:
            self.points.remove(point)
        return taken

    def reverse(self, points: int, lot: int, now: float) -> None:
        own = sorted((p for p in self.points if p[2] == lot), key=lambda p: p[1] <= now)[:points]
        for point in own:
            self.points.remove(point)
        rest = points - len(own)
        self.debt += rest - len(self.take(rest, now))

    def balance(self, now: float) -> tuple[int, int, int, int]:
        waiting = sum(1 for point in self.points if point[1] > now)
        return len(self.active(now)), waiting, sum(len(one) for _, one in self.held.values()), self.debt


OPERATIONS = st.one_of(
    st.tuples(st.just("earn"), st.integers(1, 9), st.integers(1, 12), st.sampled_from([0, 0, 3])),
    st.tuples(st.just("spend"), st.integers(1, 9), st.just(0), st.just(0)),
    st.tuples(st.just("hold"), st.integers(1, 9), st.integers(1, 4), st.just(0)),
    st.tuples(st.just("capture"), st.integers(0, 5), st.integers(1, 9), st.just(0)),
    st.tuples(st.just("void"), st.integers(0, 5), st.just(0), st.just(0)),
    st.tuples(st.just("reverse"), st.integers(0, 5), st.integers(1, 9), st.just(0)),
)
STEPS = st.lists(st.tuples(st.integers(0, 4), OPERATIONS), min_size=5, max_size=30)


class Pair:
    """The purse and the model side by side."""

    def __init__(self) -> None:
        self.book, self.model = Book(POLICY), Model()
        self.sales: list[LotId] = []
        self.earned: dict[LotId, int] = {}
        self.holds: list[UUID] = []
        self.hour = 0

    def step(self, hours: int, operation: tuple[str, int, int, int], *, sweep: bool = True) -> None:
        self.hour += hours
        now = START + self.hour * HOURS
        self.model.pass_time(self.hour)
        purse = self.book.purse(now)
        if sweep:
            passing.catch_up(purse)
        getattr(self, operation[0])(purse, *operation[1:])
        self.book.store(purse)
        assert self.book.balance("points") == self.model.balance(self.hour)

    def earn(self, purse: Purse, points: int, life: int, wait: int) -> None:
        pending = Span(wait, Unit.HOUR) if wait else None
        earning.earn(purse, "points", points, expires=Span(life, Unit.HOUR), pending=pending)
        lot = next(iter(purse.made))
        self.sales.append(lot)
        self.earned[lot] = points
        begin = self.hour + wait
        self.model.points += [(begin + life, begin, lot.activity_id.int)] * points
        self.model.settle(self.hour)

    def spend(self, purse: Purse, points: int, *_: int) -> None:
        enough = len(self.model.active(self.hour)) >= points
        try:
            spending.spend(purse, "points", points)
        except InsufficientPoints:
            assert not enough
        else:
            assert enough
            self.model.take(points, self.hour)

    def hold(self, purse: Purse, points: int, hours: int, _: int) -> None:
        hold_id = UUID(int=purse.activity_id.int)
        enough = len(self.model.active(self.hour)) >= points
        try:
            holding.place(purse, "points", points, hold_id=hold_id, ttl_s=hours * 3600)
        except InsufficientPoints:
            assert not enough
        else:
            assert enough
            self.holds.append(hold_id)
            self.model.held[hold_id.int] = (self.hour + hours, self.model.take(points, self.hour))

    def capture(self, purse: Purse, which: int, points: int, _: int) -> None:
        self._close(purse, which, points)

    def void(self, purse: Purse, which: int, *_: int) -> None:
        self._close(purse, which, 0)

    def _close(self, purse: Purse, which: int, points: int) -> None:
        if not self.holds:
            return
        hold_id = self.holds[which % len(self.holds)]
        points = min(points, self.book.holds[hold_id].amount)
        try:
            if points:
                holding.capture(purse, hold_id, points)
            else:
                holding.void(purse, hold_id)
        except (HoldClosed, HoldExpired):
            assert hold_id.int not in self.model.held
        else:
            _, pinned = self.model.held.pop(hold_id.int)
            self.model.points += sorted(pinned, key=lambda p: (p[0], p[2]))[points:]
            self.model.settle(self.hour)

    def reverse(self, purse: Purse, which: int, points: int, _: int) -> None:
        if not self.sales:
            return
        sale = self.sales[which % len(self.sales)]
        points = min(points, self.earned[sale])
        self.earned[sale] -= points
        if points:
            reversing.reverse(purse, "points", points, lots=[sale])
            self.model.reverse(points, sale.activity_id.int, self.hour)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_purse_equals_the_naive_model_and_keeps_I3_to_I6(steps: list[tuple[int, tuple[str, int, int, int]]]) -> None:
    pair = Pair()
    for hours, operation in steps:
        pair.step(hours, operation)


def test_the_model_catches_a_purse_that_does_not_catch_up() -> None:
    pair = Pair()
    pair.step(0, ("earn", 5, 1, 0))
    with pytest.raises(AssertionError):
        pair.step(2, ("spend", 5, 0, 0), sweep=False)


def held_then(points: int, capture: int | None) -> Book:
    book = Book(POLICY)
    for life in (5, 3, 9):
        with book.at(START) as purse:
            earning.earn(purse, "points", 10, expires=Span(life, Unit.HOUR))
    with book.at(START) as purse:
        holding.place(purse, "points", points, hold_id=UUID(int=99))
    with book.at(START) as purse:
        if capture is None:
            holding.void(purse, UUID(int=99))
        else:
            holding.capture(purse, UUID(int=99), capture)
    return book


def spent(points: int) -> Book:
    book = Book(POLICY)
    for life in (5, 3, 9):
        with book.at(START) as purse:
            earning.earn(purse, "points", 10, expires=Span(life, Unit.HOUR))
    if points:
        with book.at(START) as purse:
            spending.spend(purse, "points", points)
    return book


@given(st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_LAW7_hold_and_capture_is_spend(one: int, other: int) -> None:
    captured, held = sorted((one, other))
    assert held_then(held, captured).lots == spent(captured).lots


@given(st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_LAW7_hold_and_void_is_nothing(points: int) -> None:
    book = held_then(points, None)
    assert book.lots == spent(0).lots
    assert book.holds[UUID(int=99)].state is HoldState.VOIDED


@given(st.integers(1, 30), st.lists(st.integers(1, 30), max_size=5))
@settings(max_examples=60, deadline=None)
def test_LAW7_spend_and_refund_in_any_parts_is_identity(points: int, parts: list[int]) -> None:
    book = spent(points)
    taken = [use for _, entry in book.entries if entry.kind == "spend" for use in entry.uses]
    back = {use.lot_id: 0 for use in taken}
    for part in [*parts, points]:
        left = [type(use)(use.lot_id, use.amount - back[use.lot_id]) for use in taken]
        amount = min(part, sum(use.amount for use in left))
        if amount:
            with book.at(START) as purse:
                for use in spending.refund(purse, "points", amount, uses=left):
                    back[use.lot_id] += use.amount
    assert book.lots == spent(0).lots


def test_LAW7_can_fail() -> None:
    book = held_then(20, 12)
    assert book.lots != spent(13).lots


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 12)), max_size=8), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_LAW8_when_the_sweeper_runs_changes_no_balance(earnings: list[tuple[int, int, int]], look: int) -> None:
    busy, lazy = Book(POLICY), Book(POLICY)
    hour = 0
    for hours, points, life in earnings:
        hour += hours
        for book in (busy, lazy):
            with book.at(START + hour * HOURS) as purse:
                passing.catch_up(purse)
                earning.earn(purse, "points", points, expires=Span(life, Unit.HOUR))
    for at in range(hour, hour + look):
        with busy.at(START + at * HOURS) as purse:
            passing.catch_up(purse)
    for book in (busy, lazy):
        with book.at(START + (hour + look) * HOURS) as purse:
            passing.catch_up(purse)
    assert busy.balance("points") == lazy.balance("points")
    assert busy.lots == lazy.lots
    assert [(e.kind, e.amount, e.effective_at) for _, e in busy.entries] == [
        (e.kind, e.amount, e.effective_at) for _, e in lazy.entries
    ]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_a_schedule_without_lots_equals_one_with_them(lives: list[int], points: int) -> None:
    blind, seeing = Book(POLICY), Book(POLICY)
    for life in lives:
        for book, loaded in ((blind, False), (seeing, True)):
            with book.at(START, loaded=loaded) as purse:
                earning.earn(purse, "points", points, expires=Span(life, Unit.HOUR))
    assert blind.schedules == seeing.schedules
    assert blind.balances == seeing.balances


@given(st.integers(1, 10_000), st.integers(1, 50), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_conversion_never_makes_more_than_it_takes(points: int, n: int, d: int) -> None:
    book = Book(POLICY, Currency(name="miles", expiry=Expiry(never=True)))
    with book.at(START) as purse:
        earning.earn(purse, "points", points)
    with book.at(START) as purse:
        done = adjusting.convert(purse, "points", "miles", points, rate=Ratio(n, d))
    assert done.given * d <= done.taken * n
    assert done.given == points * n // d
    assert done.taken <= points
