"""Points that move house (L63, L65, L66): worked out by hand, and random lives of two accounts against one book."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.points import Book as Books
from regulars.engine.contracts.points import EntryKind, HoldState, Lot, LotsNeeded
from regulars.engine.points import earning, holding, moving, passing, reversing, spending
from regulars.engine.points.errors import BalanceFrozen
from regulars.program.contracts.definitions import Currency, Expiry, Pending
from regulars.program.contracts.values import Span, Unit
from tests.engine.points.books import FOR_EVER, MEMBER, Book, local, utc

NOON = local(2027, 1, 10, 12)
POINTS = Currency(name="points", expiry=FOR_EVER)
HOLD = UUID(int=77)


def pair(*currencies: Currency) -> tuple[Book, Book]:
    one, other = Book(*currencies), Book(*currencies)
    other.activities = 1000
    return one, other


def until(month: int, day: int) -> Expiry:
    return Expiry(dates=((month, day),))


def earned(book: Book, points: int, *, at: dt.datetime = NOON, **policies: Any) -> None:
    with book.at(at) as purse:
        earning.earn(purse, "points", points, **policies)


def everything(lot: Lot) -> bool:
    return True


def move(one: Book, other: Book, *, at: dt.datetime = NOON, later: dt.timedelta = dt.timedelta()) -> moving.Baggage:
    with one.at(at) as purse:
        passing.catch_up(purse)
        baggage = moving.leave(purse, "points", takes=everything)
    with other.at(at + later) as purse:
        passing.catch_up(purse)
        moving.arrive(purse, baggage)
    return baggage


def transit(*books: Book) -> int:
    """What is on its way: posted to transit and not yet from it."""
    entries = [entry for book in books for _, entry in book.entries]
    return sum(one.amount * ((one.to is Books.TRANSIT) - (one.from_ is Books.TRANSIT)) for one in entries)


def test_L63_what_one_has_pays_what_the_other_owes() -> None:
    a, b = pair(POINTS)
    earned(a, 120)
    earned(b, 50)
    with b.at(NOON) as purse:
        spending.spend(purse, "points", 50)
    with b.at(NOON) as purse:
        reversing.reverse(purse, "points", 50)
    move(a, b)
    assert (a.balance("points"), b.balance("points")) == ((0, 0, 0, 0), (70, 0, 0, 0))
    assert b.kinds("points", last=2) == [("merge", 120), ("repay", 50)]
    assert transit(a, b) == 0


def test_L63_what_the_first_owes_the_second_pays() -> None:
    a, b = pair(POINTS)
    earned(a, 30)
    with a.at(NOON) as purse:
        spending.spend(purse, "points", 30)
    with a.at(NOON) as purse:
        reversing.reverse(purse, "points", 30)
    earned(b, 100)
    move(a, b)
    assert (a.balance("points"), b.balance("points")) == ((0, 0, 0, 0), (70, 0, 0, 0))
    assert transit(a, b) == 0


def test_L63_a_debt_that_arrives_is_paid_from_lots_that_were_there_and_asks_for_them() -> None:
    a, b = pair(POINTS)
    with a.at(NOON) as purse:
        reversing.reverse(purse, "points", 30)
    earned(b, 100, expires=until(6, 30))
    earned(b, 20, expires=until(3, 31))
    with a.at(NOON) as purse:
        baggage = moving.leave(purse, "points", takes=everything)
    with pytest.raises(LotsNeeded):
        moving.arrive(b.purse(NOON, loaded=False), baggage)
    with b.at(NOON) as purse:
        moving.arrive(purse, baggage)
    assert b.open_lots("points") == [(90, dt.date(2027, 6, 30))]
    assert transit(a, b) == 0


def test_L65_a_hold_that_comes_along_ends_at_its_time_though_no_lots_were_loaded() -> None:
    a, b = pair(POINTS)
    earned(a, 30)
    with a.at(NOON) as purse:
        holding.place(purse, "points", 20, hold_id=HOLD, ttl_s=3600)
    earned(b, 10)
    with a.at(NOON) as purse:
        baggage = moving.leave(purse, "points", takes=everything)
    with b.at(NOON, loaded=False) as purse:
        moving.arrive(purse, baggage)
    assert b.balance("points") == (20, 0, 20, 0)
    assert b.balances["points"].next_change_at == NOON + dt.timedelta(hours=1)
    with b.at(NOON + dt.timedelta(hours=1)) as purse:
        passing.catch_up(purse)
    assert b.balance("points") == (40, 0, 0, 0)


def test_control_points_that_leave_without_their_lots_are_not_posted() -> None:
    book = Book(POINTS)
    earned(book, 100)
    purse = book.purse(NOON, loaded=False)
    with pytest.raises(ValueError, match="takes 0 from lots"):
        purse.post("points", EntryKind.REPAY, Books.ACTIVE, Books.ARREARS, 10)


def test_L63_lots_keep_dates_earner_funder_and_cost() -> None:
    a, b = pair(POINTS)
    earned(a, 50, expires=until(3, 31))
    earned(a, 20, pending=Span(14, Unit.DAY))
    with a.at(NOON) as purse:
        spending.spend(purse, "points", 10)
    before = {lot.source_id: lot for lot in a.lots.values() if lot.remaining}
    move(a, b, at=local(2027, 1, 11, 12))
    assert b.balance("points") == (40, 20, 0, 0)
    for lot in b.lots.values():
        was = before[lot.source_id]
        assert (lot.earned_at, lot.active_at, lot.expires_at, lot.expires_on, lot.pending) == (
            was.earned_at,
            was.active_at,
            was.expires_at,
            was.expires_on,
            was.pending,
        )
        assert (lot.member_id, lot.funder, lot.origin) == (MEMBER, was.funder, was.lot_id)
    with b.at(local(2027, 1, 25)) as purse:
        passing.catch_up(purse)
    assert b.balance("points") == (60, 0, 0, 0)


def test_L65_a_hold_goes_along_and_is_captured_by_its_old_id() -> None:
    a, b = pair(POINTS)
    earned(a, 100)
    with a.at(NOON) as purse:
        hold = holding.place(purse, "points", 60, hold_id=UUID(int=77))
    move(a, b, at=NOON + dt.timedelta(minutes=5))
    assert (a.balance("points"), a.holds[hold.hold_id].state) == ((0, 0, 0, 0), HoldState.VOIDED)
    assert b.balance("points") == (40, 0, 60, 0)
    assert b.holds[hold.hold_id].expires_at == hold.expires_at
    with b.at(NOON + dt.timedelta(minutes=6)) as purse:
        holding.capture(purse, UUID(int=77), 45)
    assert b.balance("points") == (55, 0, 0, 0)


def test_L65_a_hold_that_is_over_when_it_arrives_has_let_go() -> None:
    a, b = pair(POINTS)
    earned(a, 100)
    with a.at(NOON) as purse:
        holding.place(purse, "points", 60, hold_id=UUID(int=77))
    move(a, b, at=NOON + dt.timedelta(minutes=14), later=dt.timedelta(minutes=2))
    assert (b.balance("points"), b.holds[UUID(int=77)].state) == ((100, 0, 0, 0), HoldState.EXPIRED)


def test_L65_a_dead_lot_that_a_hold_keeps_alive_goes_along() -> None:
    a, b = pair(POINTS)
    earned(a, 100, expires=until(1, 10))
    midnight = local(2027, 1, 11)
    with a.at(midnight - dt.timedelta(minutes=5)) as purse:
        holding.place(purse, "points", 100, hold_id=UUID(int=77))
    move(a, b, at=midnight + dt.timedelta(minutes=2))
    assert b.balance("points") == (0, 0, 100, 0)
    with b.at(midnight + dt.timedelta(minutes=3)) as purse:
        holding.capture(purse, UUID(int=77), 30)
    assert b.balance("points") == (0, 0, 0, 0)
    assert b.kinds("points", last=3) == [("capture", 30), ("release", 70), ("expire", 70)]


def test_L66_lots_go_home_by_origin() -> None:
    a, b = pair(POINTS)
    earned(a, 100, expires=until(3, 31))
    other = UUID(int=8)
    with b.at(NOON) as purse:
        purse.earner = other
        earning.earn(purse, "points", 50, expires=until(6, 30))
    move(a, b)
    with b.at(NOON) as purse:
        spending.spend(purse, "points", 120)
    with b.at(NOON) as purse:
        home = moving.leave(purse, "points", takes=lambda lot: lot.member_id == MEMBER)
    with a.at(NOON) as purse:
        moving.arrive(purse, home)
    assert (a.balance("points")[0], b.balance("points")[0]) == (0, 30)
    assert transit(a, b) == 0


def test_L66_what_was_not_spent_comes_home_as_it_left() -> None:
    a, b = pair(POINTS)
    earned(a, 100, expires=until(3, 31))
    move(a, b)
    with b.at(NOON) as purse:
        spending.spend(purse, "points", 30)
    move(b, a)
    assert (a.open_lots("points"), b.open_lots("points")) == ([(70, dt.date(2027, 3, 31))], [])


def test_a_refund_of_what_was_paid_before_the_move_has_the_dates_of_its_lot() -> None:
    a, b = pair(POINTS)
    earned(a, 100, expires=until(3, 31))
    with a.at(NOON) as purse:
        uses = spending.spend(purse, "points", 80)
    move(a, b)
    with b.at(NOON) as purse:
        spending.refund(purse, "points", 50, uses=uses)
    assert b.open_lots("points") == [(20, dt.date(2027, 3, 31)), (50, dt.date(2027, 3, 31))]
    with b.at(local(2027, 4, 5, 12)) as purse:
        passing.catch_up(purse)
        spending.refund(purse, "points", 30, uses=uses)
    assert b.open_lots("points") == [(30, dt.date(2027, 5, 5))]


def test_a_return_after_the_move_takes_from_what_goes_on_from_its_lot() -> None:
    a, b = pair(POINTS)
    earned(b, 40, expires=until(2, 28))
    earned(a, 100, expires=until(3, 31))
    sold = next(iter(a.lots))
    move(a, b)
    with b.at(NOON) as purse:
        reversing.reverse(purse, "points", 30, lots=(sold,))
    assert b.open_lots("points") == [(40, dt.date(2027, 2, 28)), (70, dt.date(2027, 3, 31))]


def test_L34_the_later_end_of_idling_holds() -> None:
    idle = Currency(name="points", expiry=Expiry(inactivity=Span(180, Unit.DAY)), pending=Pending())
    a, b = pair(idle)
    earned(a, 10, at=local(2027, 1, 1, 12))
    earned(b, 10, at=local(2027, 1, 9, 12))
    end = b.balances["points"].idle_at
    move(a, b, at=local(2027, 2, 1, 12))
    assert b.balances["points"].idle_at == end
    assert a.balances["points"].idle_at is None


def test_nothing_leaves_a_balance_that_is_being_looked_at() -> None:
    a, _ = pair(POINTS)
    earned(a, 10)
    purse = a.purse(NOON)
    purse.standing("points").frozen = True
    with pytest.raises(BalanceFrozen):
        moving.leave(purse, "points", takes=everything)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "spend", "hold", "capture", "reverse", "move", "home"]),
        st.integers(0, 1),
        st.integers(1, 9),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_I10_whatever_happens_points_are_somewhere(steps: list[tuple[str, int, int, int]]) -> None:
    books = pair(POINTS)
    now, held = utc(2027, 1, 1), list[UUID]()
    for step, which, points, days in steps:
        now += dt.timedelta(days=days)
        book, other = books[which], books[1 - which]
        if step in ("move", "home"):
            with book.at(now) as purse:
                passing.catch_up(purse)
                takes = everything if step == "move" else (lambda lot: lot.origin is not None)
                baggage = moving.leave(purse, "points", takes=takes, with_debts=step == "move", with_holds=False)
            with other.at(now) as purse:
                passing.catch_up(purse)
                moving.arrive(purse, baggage)
            assert transit(*books) == 0
            continue
        with book.at(now) as purse:
            passing.catch_up(purse)
            active = purse.standing("points").active
            if step == "earn":
                life = Expiry(span=Span(points, Unit.DAY))
                earning.earn(purse, "points", points * 3, expires=life, pending=Span(days, Unit.DAY) if days else None)
            elif step == "spend" and active >= points:
                spending.spend(purse, "points", points)
            elif step == "hold" and active >= points:
                held.append(holding.place(purse, "points", points, hold_id=purse.activity_id, ttl_s=86400).hold_id)
            elif step == "capture":
                for hold_id in held:
                    hold = purse.holds.get(hold_id)
                    if hold is not None and hold.is_open:
                        holding.capture(purse, hold_id, 1)
                        break
            elif step == "reverse":
                reversing.reverse(purse, "points", points)


def test_control_a_move_that_loses_a_point_is_seen() -> None:
    a, b = pair(POINTS)
    earned(a, 10)
    with a.at(NOON) as purse:
        moving.leave(purse, "points", takes=everything)
    assert transit(a, b) == 10
