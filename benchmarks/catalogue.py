"""What a member's first page of 10,000 rewards costs, without any database: segments, conditions, several prices."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from uuid import UUID

from regulars.engine import service as engine
from regulars.engine.contracts.known import Known
from regulars.engine.contracts.points import Balance
from regulars.program.contracts.definitions import ActivityType, Currency, Program, ProgramSettings, Release, Segment
from regulars.program.contracts.rewards import Price, Reward
from regulars.program.contracts.values import Ratio

MEMBER = UUID(int=1)
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
SEGMENTS = 20
CONDITIONS = 500


def measure(rewards: int = 10_000, repeats: int = 30) -> dict[str, float]:
    """Median milliseconds for the six rewards of a first page, and for a page of 100 in the middle."""
    compiled = engine.compile(_release(rewards))
    known = Known(
        account_id=MEMBER,
        members=(MEMBER,),
        balances=(Balance(currency="points", active=500), Balance(currency="cash", active=500)),
        lots=(),
        enrolled_at=NOON - dt.timedelta(days=30),
    )
    middle = engine.catalogue(compiled, known, member_id=MEMBER, at=NOON, limit=1000)[-1].rank
    return {
        "catalogue_10000_ms": _median_ms(compiled, known, repeats, limit=6, after=None),
        "catalogue_10000_page_ms": _median_ms(compiled, known, repeats, limit=100, after=middle),
    }


def _median_ms(
    compiled: engine.Compiled, known: Known, repeats: int, *, limit: int, after: tuple[int, int, str] | None
) -> float:
    taken = []
    for _ in range(repeats):
        start = time.thread_time_ns()
        engine.catalogue(compiled, known, member_id=MEMBER, at=NOON, limit=limit, after=after)
        taken.append(time.thread_time_ns() - start)
    return statistics.median(taken) / 1e6


def _release(rewards: int) -> Release:
    segments = {
        f"s{number}": Segment(name=f"s{number}", if_=f"member.balances.points > {number * 50}.0")
        for number in range(SEGMENTS)
    }
    program = Program(
        program=ProgramSettings(name="shelf", money="MDL", zone="Europe/Chisinau"),
        currencies={"points": Currency(name="points", value=Ratio(1, 100)), "cash": Currency(name="cash", scale=2)},
        activities={"purchase": ActivityType(name="purchase", basket=True)},
        segments=segments,
        rewards={f"r{number}": _reward(number) for number in range(rewards)},
    )
    return Release(program_id=1, number=1, program=program, slots={}, digest=b"")


def _reward(number: int) -> Reward:
    prices: tuple[Price, ...] = (Price(points={"points": str(number % 997 + 1)}),)
    if number % 10 == 0:
        prices += (Price(points={"points": str(number % 500 + 1), "cash": "2.50"}),)
    return Reward(
        name=f"r{number}",
        prices=prices,
        audience=f"s{number % SEGMENTS}" if number % 3 else None,
        if_=f"member.balances.points >= {number % CONDITIONS}.0" if number % 2 else None,
    )
