"""What discounts take off a basket, worked out by hand: one field after the other."""

from __future__ import annotations

from typing import Any

from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Currency, Group
from regulars.program.contracts.effects import Discount, FreeItem, On, Part, Reduction, Which
from regulars.program.contracts.stacking import Mode, Stacking, StackingGroup
from regulars.program.contracts.values import Period, Ratio, Rollback
from tests.engine.shop import PointsPayment, ReturnedLine, Shop, at, base, give, rule


def off(group: str | None = None, **fields: Any) -> Discount:
    """A discount: the words of a reduction, and its other fields."""
    words = {name: fields.pop(name) for name in ("percent", "amount", "per_unit", "fixed") if name in fields}
    return Discount(discount=Reduction(**words), group=group, **fields)


def line(no: int, amount: int, quantity: int = 1, category: str | None = None, **fields: Any) -> Line:
    return Line(no=no, amount=amount, quantity=quantity * 1000, category=category, **fields)


def taken(decision: Decision) -> dict[str, int]:
    """What each source took off."""
    found: dict[str, int] = {}
    for one in decision.discounts:
        found[one.source] = found.get(one.source, 0) + one.amount
    return found


def by_line(decision: Decision) -> dict[int, int]:
    """What came off each line."""
    found: dict[int, int] = {}
    for one in decision.discounts:
        for no, amount in one.per_line:
            found[no] = found.get(no, 0) + amount
    return found


def reasons(decision: Decision) -> dict[str, str]:
    """Why which source took nothing."""
    return {one.source: one.because for one in decision.not_taken}


def test_a_percentage_comes_off_each_line_and_points_are_earned_on_the_rest() -> None:
    shop = Shop(base(), rule("tenth", off(percent="10")))
    sale = shop.buy(1999, 500)
    # 1.999 and 0.50: 2.00 and 0.50 off, so 22.49 are left, which earn 22.
    assert by_line(sale) == {1: 200, 2: 50}
    assert sale.points == {"points": 22}


def test_a_return_gives_back_what_was_paid() -> None:
    shop = Shop(base("basket.total"), rule("tenth", off(percent="10")))
    shop.buy(lines=(line(1, 3000, 3), line(2, 1000)))
    back = shop.back(shop.last(), ReturnedLine(no=1, quantity=1000))
    assert back.returned == 900
    assert back.points == {"points": -9}
    assert shop.active() == 27
