"""A return takes at most what the sale gave, whatever cut it (I7, L45)."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.program.contracts.definitions import Currency, EarnCap, Limit, LimitAction, Measure, Metric, Over
from regulars.program.contracts.values import Period, Ratio, Window, WindowKind
from tests.engine.shop import ReturnedLine, Shop, base

POINTS: dict[str, Any] = {"name": "points", "value": Ratio(1, 100)}
TODAY = Metric(
    name="points_today",
    measure=Measure.SUM,
    value="entry.amount",
    over=Over.ENTRIES,
    where="entry.kind == 'earn' && entry.currency == 'points'",
    window=Window(kind=WindowKind.PERIOD, period=Period.DAY),
)
CUTS = {
    "currency cap": lambda carry: Shop(
        Currency(**POINTS, caps=(EarnCap(period=Period.DAY, at_most=100),)), base(carry=carry)
    ),
    "rule cap": lambda carry: Shop(base(carry=carry, caps={Period.DAY: 100})),
    "limit": lambda carry: Shop(
        TODAY, Limit(name="day", metric="points_today", at_most=100, then=LimitAction.CUT), base(carry=carry)
    ),
    "largest balance": lambda carry: Shop(Currency(**POINTS, largest_balance=100), base(carry=carry)),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("carry", [False, True])
def test_what_was_cut_is_not_taken_back(cut: str, carry: bool) -> None:
    shop = CUTS[cut](carry)
    # 150.00 would earn 150; 100 is the room.
    assert shop.buy(15_000).points == {"points": 100}
    sale = shop.last()
    # A second sale of 50.00 finds no room.
    assert shop.buy(5000).points.get("points", 0) == 0
    second = shop.last()
    assert shop.back(second).points.get("points", 0) == 0
    assert shop.back(sale).points == {"points": -100}
    assert (shop.active(), shop.has().arrears) == (0, 0)


@pytest.mark.parametrize("cut", CUTS)
def test_part_of_a_capped_sale_comes_off_what_was_cut_first(cut: str) -> None:
    shop = CUTS[cut](True)
    shop.buy(10_000, 5000)
    sale = shop.last()
    # 100.00 are left, which earn the 100 by themselves.
    assert shop.back(sale, ReturnedLine(no=2)).points.get("points", 0) == 0
    assert shop.back(sale, ReturnedLine(no=1)).points == {"points": -100}


def test_without_a_cut_the_carry_is_as_before() -> None:
    # L48 and L49 with whole points: 1.50 leaves half a point, 0.50 more makes it whole.
    shop = Shop(base(carry=True))
    assert shop.buy(150).points == {"points": 1}
    first = shop.last()
    assert shop.buy(50).points == {"points": 1}
    assert shop.back(first).points == {"points": -2}
    assert shop.active() == 0
