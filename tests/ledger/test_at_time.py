"""A balance at a time, from lots and holds alone, equals what a purse finds when it has caught up by then (I8, LAW8)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.points import Balance, LotId
from regulars.engine.points import earning, holding, passing, reversing, spending
from regulars.engine.points.errors import InsufficientPoints
from regulars.engine.points.purse import Purse
from regulars.ledger.at_time import balance_at, lots_at
from regulars.program.contracts.definitions import Currency, Expiry, RoundUp
from regulars.program.contracts.values import Span, Unit
from tests.engine.points.books import FOR_EVER, Book, utc

START = utc(2027, 1, 1)
HOUR = dt.timedelta(hours=1)
DATED = Currency(name="points", expiry=FOR_EVER)
IDLE = Currency(name="points", expiry=Expiry(inactivity=Span(9, Unit.HOUR)), round_up=RoundUp.DAY)

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(1, 9), st.integers(1, 12), st.integers(0, 4)),
        st.tuples(st.just("spend"), st.integers(1, 9), st.just(0), st.just(0)),
        st.tuples(st.just("hold"), st.integers(1, 9), st.integers(1, 6), st.just(0)),
        st.tuples(st.just("reverse"), st.integers(1, 9), st.integers(0, 9), st.just(0)),
    ),
    min_size=3,
    max_size=9,
)


def act(purse: Purse, sales: list[LotId], what: str, points: int, one: int, other: int) -> None:
    try:
        if what == "earn":
            life = Span(one, Unit.HOUR) if purse.policies["points"] is DATED else None
            # Inactivity counts anew when something begins after it has struck; that span only the currency knows.
            wait = other if life else 0
            earning.earn(purse, "points", points, expires=life, pending=Span(wait, Unit.HOUR))
            sales.append(LotId(purse.activity_id, len(purse.entries)))
        elif what == "spend":
            spending.spend(purse, "points", points)
        elif what == "hold":
            holding.place(purse, "points", points, hold_id=UUID(int=purse.activity_id.int), ttl_s=3600 * one)
        elif sales:
            reversing.reverse(purse, "points", points, lots=[sales[one % len(sales)]])
    except InsufficientPoints:
        pass


def numbers(balance: Balance) -> tuple[int, int, int, int]:
    return balance.active, balance.pending, balance.held, balance.arrears


def random_book(policy: Currency, acts: list[tuple[str, int, int, int]]) -> Book:
    book, sales = Book(policy), list[LotId]()
    for hour, one in enumerate(acts):
        with book.at(START + hour * HOUR) as purse:
            passing.catch_up(purse)
            act(purse, sales, *one)
    return book


@given(st.sampled_from([DATED, IDLE]), ACTS, st.integers(0, 30))
@settings(max_examples=300, deadline=None)
def test_I8_time_alone_gives_what_the_sweeper_writes(
    policy: Currency, acts: list[tuple[str, int, int, int]], hours: int
) -> None:
    book = random_book(policy, acts)
    before = book.balances.get("points", Balance(currency="points"))
    lots = [lot for lot in book.lots.values() if lot.remaining]
    at = START + (len(acts) - 1 + hours) * HOUR
    said = balance_at(before, lots, book.holds.values(), at)
    living = lots_at(before, lots, at)
    with book.at(at) as purse:
        passing.catch_up(purse)
    assert numbers(said) == book.balance("points")
    if not before.arrears:
        stored = {lot.lot_id for lot in book.lots.values() if lot.remaining}
        assert stored <= {lot.lot_id for lot in living}


def test_I8_a_hold_that_lets_go_as_inactivity_strikes_pays_what_is_owed_first() -> None:
    # 3 earned at 0:00, 2 spent, 1 held from 3:00 for six hours, the sale returned: 1 is owed until 9:00, when the hold
    # lets go and nine hours without anything are over.
    acts = [("earn", 3, 1, 0), ("spend", 1, 0, 0), ("spend", 1, 0, 0), ("hold", 1, 6, 0), ("reverse", 1, 0, 0)]
    book = random_book(IDLE, acts)
    before, lots = book.balances["points"], [lot for lot in book.lots.values() if lot.remaining]
    assert numbers(balance_at(before, lots, book.holds.values(), START + 8 * HOUR)) == (0, 0, 1, 1)
    assert numbers(balance_at(before, lots, book.holds.values(), START + 9 * HOUR)) == (0, 0, 0, 0)
    with book.at(START + 9 * HOUR) as purse:
        passing.catch_up(purse)
    assert book.balance("points") == (0, 0, 0, 0)


def test_the_law_can_fail() -> None:
    book = random_book(DATED, [("earn", 5, 3, 0)])
    lots = list(book.lots.values())
    late = START + 3 * HOUR
    assert numbers(balance_at(book.balances["points"], lots, [], late)) == (0, 0, 0, 0)
    assert numbers(balance_at(book.balances["points"], lots, [], late - HOUR)) == (5, 0, 0, 0)
