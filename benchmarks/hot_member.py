"""V6: one member whose activities come fifty at once: how many a second, beside bare commits of one row, and what
others wait for meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from benchmarks import bare, checkout, deciding, house
from benchmarks.house import House
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, Intake
from regulars.activities.service import Runtime
from regulars.kit import server
from regulars.kit.database import Database

AT_ONCE: Final = 50
OTHERS: Final = 16
HOT: Final = "hot member"


def measure(*, seconds: float, rounds: int, members: int) -> dict[str, float]:
    """The rate of one hot member against bare commits, in turns; the p99 of others beside fifty requests for one member
    against that beside fifty for as many members; no balance may be wrong."""
    with house.fresh() as home:
        bare.prepare(home)
        found = asyncio.run(_measure(home, seconds=seconds, rounds=rounds, members=members))
        checkout.check(home, at_least=1)
    return found


async def _measure(home: House, *, seconds: float, rounds: int, members: int) -> dict[str, float]:
    async with (
        Database(server.locate(home.settings), size=8) as database,
        Runtime(home.settings, database) as runtime,
    ):
        crowd = _Crowd(runtime, deciding.intakes(home, run="hot", count=2_000, members=members))
        await crowd.gather(seconds=1, hot=True, others=0)
        rates, commits, waits = [], [], []
        for _ in range(rounds):
            commits.append(await asyncio.to_thread(bare.commit_ms, home, count=200))
            rates.append((await crowd.gather(seconds=seconds, hot=True, others=0)).per_s)
            spread = await crowd.gather(seconds=seconds, hot=False, others=OTHERS)
            beside = await crowd.gather(seconds=seconds, hot=True, others=OTHERS)
            waits.append(beside.others_p99_ms / spread.others_p99_ms)
        assert crowd.balance == crowd.points, f"{crowd.points} points were given, {crowd.balance} are there"
    commit_ms, per_s = statistics.median(commits), statistics.median(rates)
    return {
        "hot_member_per_s": round(per_s),
        "hot_member_bare_ms": round(commit_ms, 3),
        "hot_member_ratio_bare": round(per_s * commit_ms / 1000, 2),
        "hot_member_others_p99_ratio": round(statistics.median(waits), 2),
    }


class _Seen(msgspec.Struct, frozen=True):
    per_s: float
    others_p99_ms: float


class _Crowd:
    """Fifty tills and some others, baskets that never repeat, and what the hot member was told."""

    def __init__(self, runtime: Runtime, baskets: Sequence[Intake]) -> None:
        self._runtime = runtime
        self._baskets = baskets
        self._numbers: Iterator[int] = iter(range(1_000_000_000))
        self.points = 0
        """All that the hot member was told to have earned."""
        self.balance = 0
        """The largest balance that the hot member was told."""

    async def gather(self, *, seconds: float, hot: bool, others: int) -> _Seen:
        """Fifty at once for so long, all for one member or for fifty, and some others beside them."""
        until = time.perf_counter() + seconds
        done, waits = 0, list[float]()

        async def buyer(place: int) -> None:
            nonlocal done
            while time.perf_counter() < until:
                answer = await self._buy(HOT if hot else f"buyer {place}")
                done += 1
                if hot:
                    self.points += answer.points.get("points", 0)
                    self.balance = max(self.balance, *(one.active for one in answer.balances))

        async def till(place: int) -> None:
            while time.perf_counter() < until:
                began = time.perf_counter()
                await self._buy(f"other {place}")
                waits.append((time.perf_counter() - began) * 1000)

        await asyncio.gather(*(buyer(place) for place in range(AT_ONCE)), *(till(place) for place in range(others)))
        return _Seen(done / seconds, statistics.quantiles(waits, n=100)[98] if waits else 0.0)

    async def _buy(self, member: str) -> Answer:
        number = next(self._numbers)
        name = f"hot-{number}"
        intake = msgspec.structs.replace(
            self._baskets[number % len(self._baskets)],
            key=name,
            document=name,
            who=(Identifier(kind="own_id", value=member),),
        )
        reply = await activities.submit(self._runtime, intake)
        assert reply.status < 300, reply.body
        return msgspec.json.decode(reply.body, type=Answer)
