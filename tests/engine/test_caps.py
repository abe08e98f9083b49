"""How much of a cap is used, also in periods that have gone by: what comes late belongs to its own day (L32, L44)."""

from __future__ import annotations

import datetime as dt

import pytest

from regulars.engine import caps
from regulars.program.contracts.definitions import Currency, EarnCap
from regulars.program.contracts.values import Period
from tests.engine.shop import Shop, at, base

TODAY = dt.date(2026, 3, 31)


def before(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


@pytest.mark.parametrize(("day", "given"), [("2026-03-02", 20), ("2026-03-12", 100), ("2026-03-01", 100)])
def test_L32_what_comes_late_is_cut_by_what_was_left_of_its_day(day: str, given: int) -> None:
    shop = Shop(Currency(name="points", caps=(EarnCap(period=Period.DAY, at_most=100),)), base())
    shop.now = at("2026-03-02 10:00")
    shop.buy(8000)
    for passing in ("2026-03-11 10:00", "2026-03-13 10:00", "2026-03-20 10:00"):
        shop.now = at(passing)
        shop.buy(9000)
    assert shop.buy(10000, occurred_at=at(f"{day} 18:00")).points == {"points": given}


def test_periods_are_kept_for_as_long_as_it_is_said() -> None:
    used: caps.Used = {}
    for days in (0, 3, 31, 32):
        caps.add(used, "x", Period.DAY, before(days), 10)
    assert [caps.used(used, "x", Period.DAY, before(days)) for days in (0, 1, 3, 31, 32)] == [10, 0, 10, 10, 0]
    caps.add(used, "x", Period.DAY, TODAY + dt.timedelta(days=1), 5)
    assert [caps.used(used, "x", Period.DAY, before(days)) for days in (-1, 0, 3, 31)] == [5, 10, 10, 0]


def test_what_is_given_back_leaves_nothing_behind() -> None:
    used: caps.Used = {}
    caps.add(used, "x", Period.WEEK, before(20), 10)
    caps.add(used, "x", Period.WEEK, TODAY, 4)
    caps.add(used, "x", Period.WEEK, before(20), -30)
    assert (caps.used(used, "x", Period.WEEK, before(20)), caps.used(used, "x", Period.WEEK, TODAY)) == (0, 4)
    caps.add(used, "x", Period.WEEK, TODAY, -4)
    assert used == {}


def test_L64_used_by_either_is_used_and_goes_home_again() -> None:
    mine: caps.Used = {}
    theirs: caps.Used = {}
    caps.add(mine, "x", Period.DAY, before(5), 10)
    caps.add(theirs, "x", Period.DAY, TODAY, 7)
    caps.add(theirs, "x", Period.DAY, before(5), 3)
    caps.unite(mine, "x/d", theirs["x/d"], sign=1)
    assert [caps.used(mine, "x", Period.DAY, before(days)) for days in (0, 5)] == [7, 13]
    caps.unite(mine, "x/d", theirs["x/d"], sign=-1)
    assert [caps.used(mine, "x", Period.DAY, before(days)) for days in (0, 5)] == [0, 10]
