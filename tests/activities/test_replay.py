"""The past once more: what a candidate would have given, by month and by rule."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from regulars.activities import service as activities
from regulars.activities.contracts import SaleRef
from regulars.program import service as program
from tests.activities.conftest import NOW, SHOP, Shop

DOUBLE = SHOP.replace('amount: "basket.base"', 'amount: "basket.base * 2"')
MONTH = dt.timedelta(days=31)


async def test_backtest_of_a_candidate_that_doubles(shop: Shop) -> None:
    kept = await shop.buy(4000, received_at=NOW)
    await shop.buy(1000, received_at=NOW + MONTH, phone="+37369123457")
    sale = await shop.buy(2000, received_at=NOW + MONTH)
    await shop.submit(shop.intake("return", received_at=NOW + MONTH, sale=SaleRef(activity_id=sale.activity_id)))
    assert kept.points == {"points": 40}
    candidate = program.candidate(program.read(DOUBLE), program_id=shop.program_id)
    report = activities.backtest(shop.runtime.database.address, candidate=candidate, processes=1)
    assert (report.activities, report.accounts) == (4, 2)
    assert (report.members_more, report.members_less, report.refused_now) == (2, 0, 0)
    # November: 40. December: 10 of the one, 20 - 20 of the other.
    months = {month: (line["points"].recorded, line["points"].candidate) for month, line in report.by_month.items()}
    assert months == {"2026-11": (40, 80), "2026-12": (10, 20)}
    rules = {rule: (line["points"].recorded, line["points"].candidate) for rule, line in report.by_rule.items()}
    assert rules == {"base": (50, 100)}
    assert report.by_currency["points"].difference == 50
    # 0.008 lei a point: 50 points are 0.40, in bani 40.
    assert report.cost() == (Fraction(40), Fraction(80))


async def test_backtest_under_the_same_program_changes_nothing(shop: Shop) -> None:
    for number in range(5):
        await shop.buy(1000 + number * 777, received_at=NOW + number * dt.timedelta(days=9))
    candidate = program.candidate(program.read(SHOP), program_id=shop.program_id)
    report = activities.backtest(shop.runtime.database.address, candidate=candidate, processes=1)
    assert report.by_currency["points"].difference == 0
    assert (report.members_more, report.members_less) == (0, 0)
