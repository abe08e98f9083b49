"""One hot budget: the last hundred of it among fifty buyers at two processes, and what others wait for meanwhile."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from itertools import count
from typing import Final

import msgspec

from benchmarks import deciding, house, world
from benchmarks.house import House
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Intake
from regulars.activities.service import Runtime
from regulars.kit import server
from regulars.kit.database import Database

BUYERS: Final = 50
OTHERS: Final = 16
LAST: Final = 100
GIFT: Final = 100_000
"""Points of a gift: far above what a basket earns, so that an answer tells who had one."""
_RULES: Final = f"""  last:
    {{trigger: purchase, if: "channel == 'last'", effects: [{{give: points, amount: "{GIFT}"}}],
      budget: {{uses: {LAST}}}}}
  hot:
    {{trigger: purchase, if: "channel == 'hot'", effects: [{{give: points, amount: "1"}}], budget: {{uses: 1000000}}}}
  cold: {{trigger: purchase, if: "channel == 'cold'", effects: [{{give: points, amount: "1"}}]}}
"""


def measure(*, seconds: float, rounds: int, members: int) -> dict[str, float]:
    """How many of the last hundred were given, how long that took, and p99 of the others against the same crowd at
    something that never runs out, in turns."""
    with house.fresh(text=world.program_text(50).replace("rules:\n", f"rules:\n{_RULES}", 1)) as home:
        return asyncio.run(_measure(home, seconds=seconds, rounds=rounds, members=members))


async def _measure(home: House, *, seconds: float, rounds: int, members: int) -> dict[str, float]:
    where = server.locate(home.settings)
    async with (
        Database(where, size=8) as one,
        Database(where, size=8) as other,
        Runtime(home.settings, one) as first,
        Runtime(home.settings, other) as second,
    ):
        baskets = deciding.intakes(home, run="hot", count=2_000, members=members)
        world_of = _World([first, second], baskets)
        await world_of.crowd("cold", seconds=1)
        began = time.perf_counter()
        given = await world_of.last(3 * BUYERS)
        took = time.perf_counter() - began
        ratios, shares = [], []
        for _ in range(rounds):
            cold, cold_done = await world_of.crowd("cold", seconds=seconds)
            hot, hot_done = await world_of.crowd("hot", seconds=seconds)
            ratios.append(hot / cold)
            shares.append(hot_done / cold_done)
    return {
        "hot_given_of_100": given,
        "hot_last_100_s": round(took, 3),
        "hot_others_p99_ratio": round(statistics.median(ratios), 2),
        "hot_rate_ratio": round(statistics.median(shares), 2),
    }


class _World:
    """Two processes, and baskets that never repeat."""

    def __init__(self, processes: Sequence[Runtime], baskets: Sequence[Intake]) -> None:
        self._processes = processes
        self._baskets = baskets
        self._numbers = count()

    async def last(self, tries: int) -> int:
        """So many tries by fifty buyers; how many had the gift."""
        left = iter(range(tries))

        async def buyer(place: int) -> int:
            had = 0
            for _ in left:
                answer = await self._buy(place, "last")
                had += answer.points.get("points", 0) >= GIFT
            return had

        return sum(await asyncio.gather(*(buyer(place) for place in range(BUYERS))))

    async def crowd(self, channel: str, *, seconds: float) -> tuple[float, int]:
        """p99 in milliseconds of those who buy something else, and how much the fifty bought."""
        until = time.perf_counter() + seconds
        waits: list[float] = []
        bought = 0

        async def buyer(place: int) -> None:
            nonlocal bought
            while time.perf_counter() < until:
                await self._buy(place, channel)
                bought += 1

        async def till(place: int) -> None:
            while time.perf_counter() < until:
                began = time.perf_counter()
                await self._buy(place, "quiet")
                waits.append((time.perf_counter() - began) * 1000)

        await asyncio.gather(*(buyer(place) for place in range(BUYERS)), *(till(place) for place in range(OTHERS)))
        return statistics.quantiles(waits, n=100)[98], bought

    async def _buy(self, place: int, channel: str) -> Answer:
        number = next(self._numbers)
        basket = self._baskets[number % len(self._baskets)]
        name = f"hot-{number}"
        intake = msgspec.structs.replace(basket, key=name, document=name, channel=channel)
        reply = await activities.submit(self._processes[place % 2], intake)
        assert reply.status < 300, reply.body
        return msgspec.json.decode(reply.body, type=Answer)
