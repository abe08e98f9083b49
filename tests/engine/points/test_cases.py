"""The cases of docs/ledger.md that live in the arithmetic of lots, each under its number."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from msgspec.structs import replace

from regulars.engine.contracts.points import HoldState, LotId, LotsNeeded, LotUse
from regulars.engine.points import (
    adjusting,
    earning,
    extending,
    holding,
    passing,
    paying,
    reversing,
    settling,
    spending,
    transferring,
)
from regulars.engine.points.earning import Earned
from regulars.engine.points.errors import (
    BalanceFrozen,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    HoldNotFound,
    HoldTooLong,
    InsufficientPoints,
    NotTransferable,
)
from regulars.engine.points.reversing import Reversed
from regulars.program.contracts.definitions import Currency, Expiry, Negative, Pending, RoundUp, SpendOrder, SpendPolicy
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.engine.points.books import FOR_EVER, Book, local, utc

POINTS = Currency(name="points", expiry=FOR_EVER)
NOON = utc(2027, 3, 10, 12)
DAY = dt.timedelta(days=1)


def until(month: int, day: int) -> Expiry:
    return Expiry(dates=((month, day),))


def lot(n: int) -> LotId:
    """The one lot of the n-th activity of a book."""
    return LotId(UUID(int=n), 1)


def earned(book: Book, points: int, *, at: dt.datetime = NOON, expires: Expiry | Span | None = None) -> LotId:
    with book.at(at) as purse:
        passing.catch_up(purse)
        earning.earn(purse, "points", points, expires=expires)
    return lot(book.activities)


def owing(policy: Currency, *, owed: int) -> Book:
    """A book that owes: something was earned, spent and returned."""
    book = Book(policy)
    earned(book, owed)
    with book.at(NOON) as purse:
        spending.spend(purse, "points", owed)
    with book.at(NOON) as purse:
        reversing.reverse(purse, "points", owed, lots=[lot(1)])
    return book


def test_L05_only_this_sales_pending_lot_is_cut() -> None:
    book = Book(Currency(name="points", pending=Pending(span=Span(14, Unit.DAY))))
    earned(book, 100)
    earned(book, 100)
    with book.at(NOON) as purse:
        assert reversing.reverse(purse, "points", 40, lots=[lot(1)]) == Reversed(cancelled=40)
    assert book.balance("points") == (0, 160, 0, 0)
    assert (book.lots[lot(1)].remaining, book.lots[lot(2)].remaining) == (60, 100)


def test_L06_own_lot_first_then_others_in_spend_order() -> None:
    book = Book(POINTS)
    earned(book, 30, expires=until(6, 30))
    earned(book, 30, expires=until(5, 31))
    sale = earned(book, 30)
    with book.at(NOON) as purse:
        spending.spend(purse, "points", 80)
        spending.refund(purse, "points", 80, uses=[LotUse(lot(1), 30), LotUse(lot(2), 30), LotUse(sale, 20)])
    with book.at(NOON) as purse:
        reversing.reverse(purse, "points", 50, lots=[sale])
    assert [book.lots[one].remaining for one in (lot(1), lot(2), sale)] == [30, 10, 0]


def test_L06_never_held_points() -> None:
    book = Book(POINTS)
    sale = earned(book, 50)
    with book.at(NOON) as purse:
        holding.place(purse, "points", 30, hold_id=UUID(int=99))
    with book.at(NOON) as purse:
        assert reversing.reverse(purse, "points", 50, lots=[sale]) == Reversed(taken=20, owed=30)
    assert book.balance("points") == (0, 0, 30, 30)


@pytest.mark.parametrize(
    ("negative", "outcome", "entries", "balance"),
    [
        (Negative.ARREARS, Reversed(taken=50, owed=50), [("reverse", 50), ("owe", 50)], (0, 0, 0, 50)),
        (Negative.TO_ZERO, Reversed(taken=50, written_off=50), [("reverse", 50), ("write_off", 50)], (0, 0, 0, 0)),
        (Negative.OWN_LOT, Reversed(taken=30, written_off=70), [("reverse", 30), ("write_off", 70)], (20, 0, 0, 0)),
        (Negative.PENDING_ONLY, Reversed(written_off=100), [("write_off", 100)], (50, 0, 0, 0)),
    ],
)
def test_L07_already_spent(
    negative: Negative, outcome: Reversed, entries: list[tuple[str, int]], balance: tuple[int, int, int, int]
) -> None:
    book = Book(Currency(name="points", expiry=FOR_EVER, negative=negative))
    sale = earned(book, 100)
    with book.at(NOON) as purse:
        spending.spend(purse, "points", 70)
    earned(book, 20, at=NOON + DAY)
    before = len(book.entries)
    with book.at(NOON + DAY) as purse:
        assert reversing.reverse(purse, "points", 100, lots=[sale]) == outcome
    assert book.kinds("points", last=len(book.entries) - before) == entries
    assert book.balance("points") == balance


def test_L07_arrears_have_a_ceiling() -> None:
    book = Book(Currency(name="points", expiry=FOR_EVER, arrears_ceiling=30))
    sale = earned(book, 100)
    with book.at(NOON) as purse:
        spending.spend(purse, "points", 100)
    with book.at(NOON) as purse:
        assert reversing.reverse(purse, "points", 100, lots=[sale]) == Reversed(owed=30, written_off=70)
    assert book.balance("points") == (0, 0, 0, 30)


def test_L08_arrears_are_paid_first() -> None:
    book = owing(POINTS, owed=50)
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 80) == Earned(active=30, repaid=50)
    assert book.balance("points") == (30, 0, 0, 0)
    assert book.kinds("points", last=2) == [("earn", 80), ("repay", 50)]
    assert book.lots[lot(4)].granted == 80


def test_L08_pending_points_pay_on_activation_only() -> None:
    book = owing(POINTS, owed=50)
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 80, pending=Span(2, Unit.DAY)) == Earned(pending=80)
    assert book.balance("points") == (0, 80, 0, 50)
    with book.at(NOON + 2 * DAY) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (30, 0, 0, 0)


def test_L08_largest_balance_counts_after_repaying() -> None:
    book = owing(Currency(name="points", expiry=FOR_EVER, largest_balance=100), owed=50)
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 170) == Earned(active=100, repaid=50, cut=20)
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 1) == Earned(cut=1)


def test_L08_an_earning_that_pays_a_debt_needs_no_lots() -> None:
    book = owing(POINTS, owed=50)
    with book.at(NOON, loaded=False) as purse:
        assert earning.earn(purse, "points", 80) == Earned(active=30, repaid=50)


def paid_with_two_lots() -> tuple[Book, tuple[LotUse, ...]]:
    book = Book(Currency(name="points"))
    start = local(2027, 1, 10, 12)
    earned(book, 200, at=start, expires=until(3, 31))
    earned(book, 100, at=start, expires=until(6, 30))
    with book.at(local(2027, 3, 20, 12)) as purse:
        uses = spending.spend(purse, "points", 300)
    assert uses == (LotUse(lot(1), 200), LotUse(lot(2), 100))
    return book, uses


def test_L09_points_go_back_last_taken_first() -> None:
    book, uses = paid_with_two_lots()
    with book.at(local(2027, 3, 25, 12)) as purse:
        assert spending.refund(purse, "points", 150, uses=uses) == (LotUse(lot(2), 100), LotUse(lot(1), 50))
    assert book.open_lots("points") == [(50, dt.date(2027, 3, 31)), (100, dt.date(2027, 6, 30))]
    with book.at(local(2027, 3, 25, 12)) as purse:
        spending.refund(purse, "points", 150, uses=[LotUse(lot(1), 150)])
    assert book.balance("points") == (300, 0, 0, 0)


def test_L09_never_more_than_was_taken() -> None:
    book, uses = paid_with_two_lots()
    with pytest.raises(ValueError, match="than was taken"):
        spending.refund(book.purse(local(2027, 3, 25)), "points", 301, uses=uses)


def test_L10_a_lot_that_died_since_comes_back_with_the_return_grace() -> None:
    book, uses = paid_with_two_lots()
    with book.at(local(2027, 4, 5, 12)) as purse:
        passing.catch_up(purse)
        spending.refund(purse, "points", 150, uses=uses)
    assert book.open_lots("points") == [(100, dt.date(2027, 6, 30)), (50, dt.date(2027, 5, 5))]
    grace = book.lots[LotId(UUID(int=4), 2)]
    assert (grace.source_id, grace.expires_at) == (UUID(int=1), local(2027, 5, 6))


def test_L10_a_lot_that_is_not_loaded_is_asked_for() -> None:
    book, uses = paid_with_two_lots()
    purse = book.purse(local(2027, 3, 25), everything=False)
    with pytest.raises(LotsNeeded) as needed:
        spending.refund(purse, "points", 150, uses=uses)
    assert needed.value.lots == (lot(2), lot(1))


def test_L23_authorised_then_settled_in_part() -> None:
    waits = Currency(name="points", pending=Pending(until="settled", within=Span(30, Unit.DAY)))
    book = Book(waits)
    earned(book, 120)
    assert book.balance("points") == (0, 120, 0, 0)
    with book.at(NOON + 3 * DAY) as purse:
        passing.catch_up(purse)
        assert settling.settle(purse, "points", [lot(1)], points=96) == settling.Settled(active=96, cancelled=24)
    assert book.balance("points") == (96, 0, 0, 0)
    # Counted from the day they became active, 13 March 2027, for 12 months and to the end of that month.
    assert book.lots[lot(1)].expires_on == dt.date(2028, 3, 31)


def test_L23_not_settled_by_the_deadline() -> None:
    book = Book(Currency(name="points", pending=Pending(until="settled", within=Span(30, Unit.DAY))))
    earned(book, 120, at=local(2027, 3, 10, 12))
    assert book.balances["points"].next_change_at == local(2027, 4, 10)
    with book.at(local(2027, 4, 20)) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (0, 0, 0, 0)
    assert book.kinds("points", last=1) == [("cancel", 120)]
    assert book.entries[-1][1].effective_at == local(2027, 4, 10)


def test_a_decision_held_for_review_waits_without_a_date() -> None:
    book = Book(Currency(name="points"))
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 10, waits=True) == Earned(pending=10)
    assert book.balances["points"].next_change_at is None
    with book.at(NOON + DAY) as purse:
        settling.settle(purse, "points", [lot(1)])
    assert book.balance("points") == (10, 0, 0, 0)


def three_lots(order: SpendOrder = SpendOrder.EXPIRING_FIRST) -> Book:
    book = Book(Currency(name="points", expiry=FOR_EVER, spend=SpendPolicy(order=order)))
    earned(book, 50, at=NOON, expires=until(6, 30))
    earned(book, 50, at=NOON + DAY, expires=until(3, 31))
    earned(book, 50, at=NOON + 2 * DAY)
    return book


def test_L24_spend_order() -> None:
    book = three_lots()
    with book.at(NOON + 3 * DAY) as purse:
        assert spending.spend(purse, "points", 70) == (LotUse(lot(2), 50), LotUse(lot(1), 20))


def test_L24_oldest_first() -> None:
    book = three_lots(SpendOrder.OLDEST_FIRST)
    with book.at(NOON + 3 * DAY) as purse:
        assert spending.spend(purse, "points", 70) == (LotUse(lot(1), 50), LotUse(lot(2), 20))


def test_L24_this_partners_first() -> None:
    book = Book(Currency(name="points", expiry=FOR_EVER, spend=SpendPolicy(order=SpendOrder.THIS_PARTNER_FIRST)))
    for funder, expires in (("house", until(3, 31)), ("linella", until(12, 31)), ("linella", until(6, 30))):
        with book.at(NOON) as purse:
            earning.earn(purse, "points", 50, funding=[Share(funder, Ratio(1))], expires=expires)
    with book.at(NOON + DAY) as purse:
        purse.partner = "linella"
        # Both of Linella's, what ends first first; then the house's, which ends before them.
        assert [lot_.expires_on for lot_ in purse.free_lots("points", at_store=True)] == [
            dt.date(2027, 6, 30),
            dt.date(2027, 12, 31),
            dt.date(2027, 3, 31),
        ]
        assert spending.spend(purse, "points", 60) == (LotUse(lot(3), 50), LotUse(lot(2), 10))
    # Elsewhere what ends first goes first.
    with book.at(NOON + DAY) as purse:
        assert spending.spend(purse, "points", 60) == (LotUse(lot(1), 50), LotUse(lot(2), 10))


def test_L24_pending_never() -> None:
    book = Book(POINTS)
    with book.at(NOON) as purse:
        earning.earn(purse, "points", 50, pending=Span(1, Unit.DAY))
    with pytest.raises(InsufficientPoints) as refused:
        spending.spend(book.purse(NOON), "points", 1)
    assert refused.value.fields == {"currency": "points", "asked": 1, "available": 0}


def test_L25_a_late_sweeper_writes_the_true_moment_once() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, at=local(2027, 3, 10, 12), expires=until(3, 31))
    with book.at(local(2027, 5, 1)) as purse:
        passing.catch_up(purse)
        passing.catch_up(purse)
    assert [(e.kind.value, e.effective_at) for _, e in book.entries] == [
        ("earn", local(2027, 3, 10, 12)),
        ("expire", local(2027, 4, 1)),
    ]
    with book.at(local(2027, 5, 2)) as purse:
        passing.catch_up(purse)
    assert len(book.entries) == 2


def test_L25_what_is_over_cannot_be_spent_before_the_sweeper_ran() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, at=local(2027, 3, 10, 12), expires=until(3, 31))
    purse = book.purse(local(2027, 4, 1))
    passing.catch_up(purse)
    assert purse.available("points") == 0
    one_moment_before = book.purse(local(2027, 4, 1) - dt.timedelta(microseconds=1))
    passing.catch_up(one_moment_before)
    assert one_moment_before.available("points") == 50


def test_L25_catching_up_asks_for_lots_only_when_something_is_due() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, at=local(2027, 3, 10, 12), expires=until(3, 31))
    passing.catch_up(book.purse(local(2027, 3, 31, 23), loaded=False))
    with pytest.raises(LotsNeeded) as needed:
        passing.catch_up(book.purse(local(2027, 4, 1), loaded=False))
    assert needed.value.currencies == ("points",)


def held_across_expiry() -> Book:
    book = Book(Currency(name="points"))
    earned(book, 100, at=local(2027, 3, 10, 12), expires=until(3, 31))
    with book.at(local(2027, 3, 31, 23, 55)) as purse:
        holding.place(purse, "points", 100, hold_id=UUID(int=99))
    return book


def test_an_extended_hold_never_ends_earlier_than_it_would_have() -> None:
    """Once wrong: a second from now on left five minutes a second."""
    book = held_across_expiry()
    with book.at(local(2027, 3, 31, 23, 56)) as purse:
        shorter = holding.extend(purse, UUID(int=99), new_id=UUID(int=100), ttl_s=1)
        longer = holding.extend(purse, UUID(int=100), new_id=UUID(int=101), ttl_s=3600)
    # Placed at 23:55 for the 15 minutes of the currency.
    assert (shorter.expires_at, longer.expires_at) == (local(2027, 4, 1, 0, 10), local(2027, 4, 1, 0, 56))


def test_L27_capture_after_the_lot_ended() -> None:
    book = held_across_expiry()
    with book.at(local(2027, 4, 1, 0, 5)) as purse:
        passing.catch_up(purse)
        assert holding.capture(purse, UUID(int=99)) == (LotUse(lot(1), 100),)
    assert book.balance("points") == (0, 0, 0, 0)
    assert book.kinds("points", last=2) == [("hold", 100), ("capture", 100)]


def test_L27_void_after_the_lot_ended() -> None:
    book = held_across_expiry()
    with book.at(local(2027, 4, 1, 0, 5)) as purse:
        passing.catch_up(purse)
        holding.void(purse, UUID(int=99))
    assert book.balance("points") == (0, 0, 0, 0)
    assert book.kinds("points", last=3) == [("hold", 100), ("release", 100), ("expire", 100)]
    assert book.entries[-1][1].effective_at == local(2027, 4, 1, 0, 5)


def test_L32_back_dated_points_come_and_expire_together() -> None:
    book = Book(Currency(name="points", expiry=Expiry(span=Span(30, Unit.DAY)), round_up=RoundUp.DAY))
    with book.at(local(2027, 2, 10, 12), occurred_at=local(2027, 1, 3, 12), loaded=False) as purse:
        assert earning.earn(purse, "points", 100) == Earned(expired=100)
    assert book.balance("points") == (0, 0, 0, 0)
    assert [(e.kind.value, e.amount, e.effective_at) for _, e in book.entries] == [
        ("earn", 100, local(2027, 1, 3, 12)),
        ("expire", 100, local(2027, 2, 3)),
    ]


def test_L33_pending_and_validity_count_from_active() -> None:
    policy = Currency(
        name="points",
        pending=Pending(span=Span(14, Unit.DAY)),
        expiry=Expiry(span=Span(30, Unit.DAY)),
        round_up=RoundUp.DAY,
    )
    book = Book(policy)
    earned(book, 10, at=local(2027, 3, 1, 12))
    # Active from 15 March; 30 days from then is 14 April, lived through.
    assert (book.lots[lot(1)].active_at, book.lots[lot(1)].expires_on) == (local(2027, 3, 15), dt.date(2027, 4, 14))


def test_L33_validity_may_count_from_earned() -> None:
    policy = Currency(
        name="points",
        pending=Pending(span=Span(14, Unit.DAY)),
        expiry=Expiry(span=Span(30, Unit.DAY)),
        round_up=None,
        counts_from="earned",
    )
    book = Book(policy)
    earned(book, 10, at=local(2027, 3, 1, 12))
    assert book.lots[lot(1)].expires_on == dt.date(2027, 3, 31)


def idle_book() -> Book:
    return Book(
        Currency(name="points", expiry=Expiry(inactivity=Span(180, Unit.DAY), resets=("purchase",)), round_up=None)
    )


def test_L34_inactivity_runs_from_the_last_reset_that_was_not_returned() -> None:
    book = idle_book()
    first = local(2027, 1, 1, 12)
    earned(book, 10, at=first)
    with book.at(local(2027, 3, 1, 12), loaded=False) as purse:
        passing.reset_idling(purse, "points", last_reset_at=local(2027, 3, 1, 12))
    assert book.balances["points"].idle_at == local(2027, 8, 29)
    with book.at(local(2027, 3, 5, 12), loaded=False) as purse:
        passing.reset_idling(purse, "points", last_reset_at=first)
    assert book.balances["points"].next_change_at == local(2027, 7, 1)
    with book.at(local(2027, 7, 2)) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (0, 0, 0, 0)
    assert book.entries[-1][1].effective_at == local(2027, 7, 1)


def test_L34_a_reset_moves_the_end_and_an_early_look_changes_nothing() -> None:
    book = idle_book()
    earned(book, 10, at=local(2027, 1, 1, 12))
    with book.at(local(2027, 6, 1, 12), loaded=False) as purse:
        passing.reset_idling(purse, "points", last_reset_at=local(2027, 6, 1, 12))
    with book.at(local(2027, 7, 2)) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (10, 0, 0, 0)
    assert book.balances["points"].next_change_at == book.balances["points"].idle_at == local(2027, 11, 29)


def test_L34_held_points_end_when_their_hold_lets_go() -> None:
    book = idle_book()
    earned(book, 10, at=local(2027, 1, 1, 12))
    with book.at(local(2027, 6, 30, 23, 55)) as purse:
        holding.place(purse, "points", 4, hold_id=UUID(int=99))
    with book.at(local(2027, 7, 1, 0, 5)) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (0, 0, 4, 0)
    with book.at(local(2027, 7, 1, 0, 6)) as purse:
        passing.catch_up(purse)
        holding.void(purse, UUID(int=99))
    assert book.balance("points") == (0, 0, 0, 0)


def test_L34_points_that_come_after_it_struck_have_a_life_of_their_own() -> None:
    book = idle_book()
    earned(book, 10, at=local(2027, 1, 1, 12))
    with book.at(local(2027, 1, 2, 12)) as purse:
        spending.spend(purse, "points", 10)
    # 180 days after 1 January nothing was left to end; what is earned in August ends 180 days later, on 28 January.
    earned(book, 5, at=local(2027, 8, 1, 12))
    assert book.balance("points") == (5, 0, 0, 0)
    assert book.balances["points"].idle_at == local(2028, 1, 29)


def test_L35_transfer_keeps_dates() -> None:
    sender, receiver = Book(Currency(name="points")), Book(Currency(name="points"))
    earned(sender, 50, expires=until(3, 31))
    earned(sender, 20, expires=until(6, 30))
    with sender.at(NOON) as purse:
        parcels = transferring.send(purse, "points", 60)
    with receiver.at(NOON) as purse:
        transferring.receive(purse, "points", parcels)
    assert receiver.open_lots("points") == [(50, dt.date(2027, 3, 31)), (10, dt.date(2027, 6, 30))]
    assert sender.open_lots("points") == [(10, dt.date(2027, 6, 30))]


def test_L36_no_transfer_while_something_is_owed() -> None:
    book = owing(POINTS, owed=5)
    with pytest.raises(NotTransferable) as refused:
        transferring.send(book.purse(NOON), "points", 1)
    assert refused.value.fields == {"currency": "points", "owed": 5}


def test_L37_extend_and_reinstate() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, at=local(2027, 3, 10, 12), expires=until(3, 31))
    with book.at(local(2027, 3, 20)) as purse:
        assert extending.extend(purse, "points", by=Span(1, Unit.MONTH)) == 50
    assert book.open_lots("points") == [(50, dt.date(2027, 4, 30))]
    assert book.balances["points"].next_change_at == local(2027, 5, 1)
    with book.at(local(2027, 5, 2)) as purse:
        passing.catch_up(purse)
        extending.reinstate(purse, lot(1), 30, through=dt.date(2027, 5, 20))
    assert book.balance("points") == (30, 0, 0, 0)
    assert book.kinds("points", last=2) == [("expire", 50), ("reinstate", 30)]


def test_extend_only_what_ends_soon() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, at=NOON, expires=until(3, 31))
    earned(book, 50, at=NOON, expires=until(6, 30))
    with book.at(NOON) as purse:
        extending.extend(purse, "points", by=Span(10, Unit.DAY), within=Span(30, Unit.DAY))
    assert book.open_lots("points") == [(50, dt.date(2027, 4, 10)), (50, dt.date(2027, 6, 30))]


def test_reinstate_never_more_than_was_lost() -> None:
    book = Book(Currency(name="points"))
    earned(book, 50, expires=until(6, 30))
    with pytest.raises(ValueError, match="than the lot has lost"):
        extending.reinstate(book.purse(NOON), lot(1), 1, through=dt.date(2027, 12, 1))


def payer(points: int, *, value: Ratio, spend: SpendPolicy | None = None, scale: int = 0) -> Book:
    book = Book(Currency(name="points", expiry=FOR_EVER, value=value, scale=scale, spend=spend or SpendPolicy()))
    earned(book, points)
    return book


def test_L41_burn_only_what_applies() -> None:
    purse = payer(30, value=Ratio(1)).purse(NOON)
    assert paying.most_payable(purse, "points", 2000, wanted=30) == paying.Payable(points=20, amount=2000)


def test_L42_minimum_and_step() -> None:
    book = payer(1270, value=Ratio(1, 100), spend=SpendPolicy(step=100))
    assert paying.most_payable(book.purse(NOON), "points", 950) == paying.Payable(points=900, amount=900)
    assert paying.most_payable(book.purse(NOON), "points", 950, wanted=350) == paying.Payable(points=300, amount=300)


def test_L42_less_than_the_least_is_nothing() -> None:
    book = payer(1270, value=Ratio(1, 100), spend=SpendPolicy(least=500))
    assert paying.most_payable(book.purse(NOON), "points", 499) == paying.Payable()
    assert paying.most_payable(book.purse(NOON), "points", 500) == paying.Payable(points=500, amount=500)


def test_L42_largest_share_counts_from_the_whole_basket() -> None:
    book = payer(5000, value=Ratio(1, 100), spend=SpendPolicy(largest_share=Ratio(1, 2)))
    assert paying.most_payable(book.purse(NOON), "points", 900, total=1000) == paying.Payable(points=500, amount=500)


def test_L41_points_smaller_than_a_coin_are_not_burnt_for_nothing() -> None:
    # A point is worth half a cent: 21 points would pay 10.5 cents, so 20 pay the 10 that can be paid.
    book = payer(21, value=Ratio(1, 200))
    assert paying.most_payable(book.purse(NOON), "points", 1000) == paying.Payable(points=20, amount=10)


def test_L47_decimals_of_the_currency() -> None:
    # Cashback with two decimals, worth 1.00 a unit: 12.34 pays 12.34.
    book = payer(1234, value=Ratio(1), scale=2)
    assert paying.most_payable(book.purse(NOON), "points", 5000) == paying.Payable(points=1234, amount=1234)


def held_100() -> Book:
    book = Book(POINTS)
    earned(book, 50, expires=until(6, 30))
    earned(book, 80)
    with book.at(NOON) as purse:
        hold = holding.place(purse, "points", 100, hold_id=UUID(int=99))
    assert hold.uses == (LotUse(lot(1), 50), LotUse(lot(2), 50))
    assert hold.expires_at == NOON + dt.timedelta(minutes=15)
    return book


def test_L56_capture_a_part() -> None:
    book = held_100()
    assert book.balance("points") == (30, 0, 100, 0)
    with book.at(NOON) as purse:
        assert holding.capture(purse, UUID(int=99), 60) == (LotUse(lot(1), 50), LotUse(lot(2), 10))
    assert book.balance("points") == (70, 0, 0, 0)
    assert book.kinds("points", last=2) == [("capture", 60), ("release", 40)]
    assert (book.holds[UUID(int=99)].state, book.holds[UUID(int=99)].captured) == (HoldState.CAPTURED, 60)


def test_L56_a_closed_hold_stays_closed() -> None:
    book = held_100()
    with book.at(NOON) as purse:
        holding.capture(purse, UUID(int=99), 60)
    for act in (holding.capture, holding.void):
        with pytest.raises(HoldClosed) as refused:
            act(book.purse(NOON), UUID(int=99))
        assert refused.value.fields == {"hold_id": UUID(int=99), "state": "captured"}


def test_L56_never_more_than_is_held() -> None:
    book = held_100()
    with pytest.raises(CaptureExceedsHold) as refused:
        holding.capture(book.purse(NOON), UUID(int=99), 101)
    assert refused.value.fields == {"hold_id": UUID(int=99), "asked": 101, "held": 100}


def test_L56_a_hold_counts_against_the_balance() -> None:
    book = held_100()
    with pytest.raises(InsufficientPoints) as refused:
        spending.spend(book.purse(NOON), "points", 31)
    assert refused.value.available == 30


def test_L56_unknown_and_too_long() -> None:
    book = held_100()
    with pytest.raises(HoldNotFound):
        holding.void(book.purse(NOON), UUID(int=98))
    with pytest.raises(HoldTooLong) as refused:
        holding.place(book.purse(NOON), "points", 1, hold_id=UUID(int=97), ttl_s=604_801)
    assert refused.value.fields == {"asked_s": 604_801, "most_s": 604_800}


def test_L57_a_hold_past_its_time_reserves_nothing() -> None:
    book = held_100()
    late = NOON + dt.timedelta(minutes=16)
    with pytest.raises(HoldExpired):
        holding.capture(book.purse(late), UUID(int=99))
    with book.at(late) as purse:
        passing.catch_up(purse)
        assert purse.available("points") == 130
        spending.spend(purse, "points", 130)
    assert book.holds[UUID(int=99)].state is HoldState.EXPIRED
    released = next(entry for _, entry in book.entries if entry.kind == "release")
    assert released.effective_at == NOON + dt.timedelta(minutes=15)
    with pytest.raises(HoldExpired):
        holding.void(book.purse(late), UUID(int=99))


def test_L75_given_points_expire_like_earned_ones() -> None:
    book = Book(Currency(name="points"))
    with book.at(NOON) as purse:
        adjusting.adjust(purse, "points", 40)
    assert book.open_lots("points") == [(40, dt.date(2028, 3, 31))]
    with book.at(NOON) as purse:
        adjusting.adjust(purse, "points", -15)
    assert book.balance("points") == (25, 0, 0, 0)
    with pytest.raises(InsufficientPoints):
        adjusting.adjust(book.purse(NOON), "points", -26)


def test_taking_takes_at_most_what_is_there() -> None:
    book = Book(POINTS)
    earned(book, 10)
    with book.at(NOON) as purse:
        assert adjusting.take(purse, "points", 25) == 10
    with book.at(NOON) as purse:
        assert adjusting.take(purse, "points", 25) == 0


def test_L76_what_makes_no_whole_unit_stays() -> None:
    miles = Currency(name="miles", expiry=FOR_EVER)
    book = Book(POINTS, miles)
    earned(book, 250)
    with book.at(NOON) as purse:
        done = adjusting.convert(purse, "points", "miles", 250, rate=Ratio(1, 100))
    assert (done.taken, done.given) == (200, 2)
    assert (book.balance("points"), book.balance("miles")) == ((50, 0, 0, 0), (2, 0, 0, 0))


def test_L82_two_funders() -> None:
    book = Book(POINTS)
    funding = [Share("whiskas", Ratio(6, 10)), Share("house", Ratio(4, 10))]
    with book.at(NOON) as purse:
        earning.earn(purse, "points", 101, funding=funding)
    assert [(one.funder, one.granted) for one in book.lots.values()] == [("whiskas", 61), ("house", 40)]
    with book.at(NOON) as purse:
        uses = spending.spend(purse, "points", 50)
    assert uses == (LotUse(LotId(UUID(int=1), 1), 50),)
    with book.at(NOON) as purse:
        spending.refund(purse, "points", 50, uses=uses)
    assert [one.remaining for one in book.lots.values()] == [61, 40]


def test_L73_a_lot_stores_what_its_funder_pays() -> None:
    book = Book(Currency(name="points", expiry=FOR_EVER, cost={"house": Ratio(8, 1000)}))
    with book.at(NOON) as purse:
        # 63 + 62 at 0.008 each: 1.00 for the lot, not 0.50 rounded twice.
        earning.earn(purse, "points", 63)
        earning.earn(purse, "points", 62)
    assert [one.cost_minor for one in book.lots.values()] == [100]


def test_earnings_that_agree_share_one_lot_and_entry() -> None:
    book = Book(Currency(name="points"))
    with book.at(NOON, loaded=False) as purse:
        earning.earn(purse, "points", 60, rule="base")
        earning.earn(purse, "points", 40, rule="base")
        earning.earn(purse, "points", 5, rule="cup", expires=Span(7, Unit.DAY))
        earning.earn(purse, "points", 1, rule="other")
    assert [(e.amount, e.rule) for _, e in book.entries] == [(101, None), (5, "cup")]
    assert book.balance("points") == (106, 0, 0, 0)


def test_a_frozen_balance_earns_but_does_not_spend() -> None:
    book = Book(POINTS)
    earned(book, 10)
    book.balances["points"] = replace(book.balances["points"], frozen=True)
    with book.at(NOON) as purse:
        earning.earn(purse, "points", 5)
    assert book.balance("points") == (15, 0, 0, 0)
    with pytest.raises(BalanceFrozen):
        spending.spend(book.purse(NOON), "points", 1)
    assert book.purse(NOON).available("points") == 0


def test_a_hold_on_a_frozen_balance_may_be_voided_but_not_captured() -> None:
    book = held_100()
    book.balances["points"] = replace(book.balances["points"], frozen=True)
    with pytest.raises(BalanceFrozen):
        holding.capture(book.purse(NOON), UUID(int=99))
    with book.at(NOON) as purse:
        holding.void(purse, UUID(int=99))
    assert book.balance("points") == (130, 0, 0, 0)


def test_forfeit_takes_all_but_what_is_held() -> None:
    book = held_100()
    with book.at(NOON) as purse:
        earning.earn(purse, "points", 7, pending=Span(1, Unit.DAY))
    with book.at(NOON) as purse:
        assert adjusting.forfeit(purse, "points") == 37
    assert book.balance("points") == (0, 0, 100, 0)


def test_next_ends_are_known_without_lots() -> None:
    book = three_lots()
    purse = book.purse(NOON + 3 * DAY, loaded=False)
    earning.earn(purse, "points", 8, expires=until(3, 31))
    assert paying.expiring(purse, "points") == ((local(2027, 4, 1), 58), (local(2027, 7, 1), 50))


def test_limits_of_a_currency_are_in_its_smallest_unit() -> None:
    # Cashback with two decimals: at least 5.00, in steps of 0.50, at most 100.00 on the account.
    spend = SpendPolicy(least=500, step=50)
    policy = Currency(name="points", expiry=FOR_EVER, value=Ratio(1), scale=2, spend=spend, largest_balance=10_000)
    book = Book(policy)
    with book.at(NOON) as purse:
        assert earning.earn(purse, "points", 10_001) == Earned(active=10_000, cut=1)
    assert paying.most_payable(book.purse(NOON), "points", 789) == paying.Payable(points=750, amount=750)
    assert paying.most_payable(book.purse(NOON), "points", 499) == paying.Payable()


def test_what_is_earned_for_another_moment_has_dates_of_its_own() -> None:
    book = Book(Currency(name="points", pending=Pending(dates=((7, 1),))))
    with book.at(NOON) as purse:
        earning.earn(purse, "points", 5)
        purse.occurred_at = NOON - DAY
        earning.earn(purse, "points", 6)
        earning.earn(purse, "points", 7, pending=Pending())
    assert [(one.granted, one.earned_at) for one in book.lots.values()] == [(5, NOON), (6, NOON - DAY), (7, NOON - DAY)]
