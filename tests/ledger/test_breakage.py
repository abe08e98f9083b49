"""Expected breakage, worked out by hand from ended lots."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from regulars.engine.points import earning, passing, spending
from regulars.kit.database import Database
from regulars.ledger import breakage
from regulars.ledger.breakage import Breakage, Rate
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account

START = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_the_rate_is_what_expired_later_of_what_was_left() -> None:
    # 200 lots of 10: 600 taken in their first month, 400 in the third, 1,000 expired in the third.
    rows: list[dict[str, int | str]] = [
        {"currency": "points", "life": 3, "age": 0, "lots": 200, "granted": 2000, "taken": 600, "expired": 0},
        {"currency": "points", "life": 3, "age": 2, "lots": 0, "granted": 0, "taken": 400, "expired": 1000},
    ]
    rates = breakage.rates_of(rows)
    assert [(one.age_months, one.left, one.expired, one.share) for one in rates] == [
        (0, 2000, 1000, Fraction(1, 2)),
        (1, 1400, 1000, Fraction(5, 7)),
        (2, 1400, 1000, Fraction(5, 7)),
    ]
    # 700 points of age 1 at 7.00: 500 and 5.00; 100 of age 9 as the oldest: 71.43; for ever, or of another life: nothing.
    owed: list[dict[str, int | str | None]] = [
        {"currency": "points", "funder": "house", "life": 3, "age": 1, "points": 700, "cost": 700},
        {"currency": "points", "funder": "house", "life": 3, "age": 9, "points": 100, "cost": 100},
        {"currency": "points", "funder": "house", "life": None, "age": None, "points": 50, "cost": 50},
        {"currency": "points", "funder": "brand", "life": 12, "age": 1, "points": 80, "cost": 160},
    ]
    assert breakage.expected(owed, rates) == [
        Breakage(currency="points", funder="brand", points=80, cost=160, expected_points=0, expected_cost=0),
        Breakage(currency="points", funder="house", points=850, cost=850, expected_points=571, expected_cost=571),
    ]


def test_too_little_history_expects_nothing() -> None:
    few = Rate(currency="points", life_months=3, age_months=0, lots=99, left=100, expired=50)
    enough = Rate(currency="points", life_months=3, age_months=0, lots=100, left=100, expired=50)
    assert few.share == Fraction(0)
    assert enough.share == Fraction(1, 2)


async def test_breakage_of_a_ledger(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakage, "LEAST_LOTS", 10)
    # 10 members get 10 for 30 days and use 4 of them on the tenth day; then each gets 10 more, and 20 days later
    # (age 0) 6 of 10 are expected to expire: 60 %.
    shop = Shop(database, Currency(name="points", cost={"house": Ratio(1, 100)}))
    month = Span(30, Unit.DAY)
    for n in range(1, 11):
        await shop.do(account(n), START, lambda purse: earning.earn(purse, "points", 10, expires=month))
        await shop.do(account(n), START + 10 * DAY, lambda purse: spending.spend(purse, "points", 4))
        await shop.do(
            account(n),
            START + 60 * DAY,
            passing.catch_up,
            lambda purse: earning.earn(purse, "points", 10, expires=month),
        )
    async with database.read(programs=[PROGRAM]) as tx:
        found, rates = await breakage.breakage(tx, program_id=PROGRAM, as_of=START + 80 * DAY)
        before, _ = await breakage.breakage(tx, program_id=PROGRAM, as_of=START + 20 * DAY)
    assert (rates[0].left, rates[0].expired, rates[0].lots) == (100, 60, 10)
    assert [(one.points, one.cost, one.expected_points, one.expected_cost) for one in found] == [(100, 100, 60, 60)]
    # Then nothing had ended yet.
    assert [(one.points, one.expected_points) for one in before] == [(60, 0)]
