"""Days of 23 and 25 hours, and clocks that jump: nothing is given twice, nothing expires twice, nobody gets younger than
born (TRUST.md R12, LEDGER.md L29-L31). `tests/faults/heavy/test_clocks.py` turns the clocks of a whole server.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from regulars.engine.contracts.points import EntryKind
from regulars.program.contracts.definitions import Currency, EarnCap, Expiry, RoundUp
from regulars.program.contracts.triggers import OnDate
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from tests.engine.shop import Shop, at, base, give, rule
from tests.engine.test_time import BIRTH

ON_THE_DAY = OnDate(date="member.attributes.birth_date", every="year")

# Zone, local day, its first instant, the two instants that 03:30 may mean there, the first instant of the next day.
# Bucharest: 03:00 becomes 04:00 on 29 March, 04:00 becomes 03:00 on 25 October. Chatham: 03:45 becomes 02:45 on 5 April,
# 02:45 becomes 03:45 on 27 September. Moscow leaves its clocks alone, so there 03:30 is one instant.
DAYS = [
    ("Europe/Bucharest", "2026-03-29", "03-28 22:00", "03-29 00:30", "03-29 01:30", "03-29 21:00"),
    ("Europe/Bucharest", "2026-10-25", "10-24 21:00", "10-25 00:30", "10-25 01:30", "10-25 22:00"),
    ("Europe/Moscow", "2026-03-29", "03-28 21:00", "03-29 00:30", "03-29 00:30", "03-29 21:00"),
    ("Europe/Moscow", "2026-10-25", "10-24 21:00", "10-25 00:30", "10-25 00:30", "10-25 21:00"),
    ("Pacific/Chatham", "2026-04-05", "04-04 10:15", "04-04 13:45", "04-04 14:45", "04-05 11:15"),
    ("Pacific/Chatham", "2026-09-27", "09-26 11:15", "09-26 13:45", "09-26 14:45", "09-27 10:15"),
]


def day_points(*caps: EarnCap) -> Currency:
    """Points that live through the day after the one on which they were earned."""
    one_day = Expiry(span=Span(1, Unit.DAY))
    return Currency(name="points", value=Ratio(1, 100), expiry=one_day, round_up=RoundUp.DAY, caps=caps)


def expired(shop: Shop) -> list[tuple[int, dt.datetime]]:
    entries = [entry for _, decision, _ in shop.done.values() for entry in decision.movement.entries]
    return [(each.amount, each.effective_at) for each in entries if each.kind is EntryKind.EXPIRE]


@pytest.mark.parametrize(("zone", "day", "midnight", "early", "late", "end"), DAYS)
def test_r12_a_day_of_another_length_gives_once_and_takes_once(
    zone: str, day: str, midnight: str, early: str, late: str, end: str
) -> None:
    begins, half_past_three, ends = at(f"2026-{midnight}"), [at(f"2026-{early}"), at(f"2026-{late}")], at(f"2026-{end}")
    local = dt.datetime.fromisoformat(f"{day}T03:30").replace(tzinfo=ZoneInfo(zone))
    assert sorted({local.astimezone(dt.UTC), local.replace(fold=1).astimezone(dt.UTC)}) == sorted(set(half_past_three))
    shop = Shop(BIRTH, day_points(), base(), rule("birthday", give("100"), trigger=ON_THE_DAY), zone=zone)
    shop.now = begins - dt.timedelta(hours=12)
    shop.profile(birth_date=f"1990-{day[5:]}")
    shop.buy(4000)
    assert [lot.expires_at for lot in shop.lots.values()] == [ends]
    # A sweeper that runs at each 03:30, and once more because its process was begun anew.
    for moment in half_past_three:
        for _ in range(2):
            shop.now = moment
            shop.tick()
    # The 40 that were bought the day before still live, and one gift came at the first instant of the day.
    assert shop.active() == 140
    assert [(lot.granted, lot.earned_at) for lot in shop.lots.values()][1:] == [(100, begins)]
    assert expired(shop) == []
    for _ in range(2):
        shop.now = ends
        shop.tick()
    assert (shop.active(), expired(shop)) == (100, [(40, ends)])


@pytest.mark.parametrize(("zone", "day", "midnight", "early", "late", "end"), DAYS)
def test_r12_a_daily_cap_holds_for_the_local_date_however_long_it_is(
    zone: str, day: str, midnight: str, early: str, late: str, end: str
) -> None:
    shop = Shop(day_points(EarnCap(period=Period.DAY, at_most=100)), base(), zone=zone)
    earned = []
    second = dt.timedelta(seconds=1)
    for moment in (at(f"2026-{midnight}"), at(f"2026-{early}"), at(f"2026-{late}"), at(f"2026-{end}") - second):
        shop.now = moment
        earned.append(shop.buy(6000).points.get("points", 0))
    assert earned == [60, 40, 0, 0]
    shop.now = at(f"2026-{end}")
    assert shop.buy(6000).points == {"points": 60}


def test_r12_four_hundred_days_on_and_back_again() -> None:
    shop = Shop(BIRTH, day_points(), base(), rule("birthday", give("100"), trigger=ON_THE_DAY))
    shop.profile(birth_date="1990-03-20")
    shop.buy(4000)
    real = shop.now
    # 2026-03-02 and 400 days is 2027-04-06: two birthdays, and all that was given is long gone.
    for moment in (real + dt.timedelta(days=400), real - dt.timedelta(hours=2), real, real + dt.timedelta(days=30)):
        for _ in range(2):
            shop.now = moment
            shop.tick()
    assert shop.active() == 0
    assert [lot.granted for lot in shop.lots.values()] == [40, 100, 100]
    assert sorted(amount for amount, _ in expired(shop)) == [40, 100, 100]
    # The account's own clock does not go back: a purchase on the right clock is one of the past to it, and what it earns
    # lives by its own day (L32): bought on 2 April, through the 3rd, which is over.
    shop.now = real + dt.timedelta(days=31)
    assert shop.buy(500).points == {"points": 5}
    assert (shop.active(), expired(shop)[-1]) == (0, (5, at("2026-04-03 21:00")))


def test_r12_a_clock_two_hours_slow_makes_nobody_younger_than_born() -> None:
    age = "member.attributes.birth_date.yearsTo(today())"
    shop = Shop(BIRTH, base("0"), rule("age", give(f"100 + {age}"), trigger=base().trigger))
    # Born on the day on which they join, ten minutes into it; then the clock is of the day before.
    shop.now = at("2026-03-01 22:10")
    shop.profile(birth_date="2026-03-02")
    assert shop.buy(100).points == {"points": 100}
    shop.now = at("2026-03-01 20:10")
    assert shop.buy(100).points == {"points": 100}
