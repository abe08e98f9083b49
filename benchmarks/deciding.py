"""V7: how much Python and how many statements a checkout costs without HTTP, 32 and 128 at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import msgspec

from benchmarks import world
from benchmarks.house import House
from regulars.activities import service as activities
from regulars.activities.contracts import Intake
from regulars.kit import edge, server
from regulars.kit.database import Database

Baskets = Iterator[Intake]


def measure(home: House, *, count: int, members: int, codes: tuple[str, ...] = ()) -> dict[str, float]:
    """CPU of this process a checkout (decide and apply), and statements a checkout; with `codes` of vouchers shown."""
    cpu_us, few = asyncio.run(_at_once(home, run="v7a", count=count, members=members, at_once=32, codes=codes))
    _, many = asyncio.run(_at_once(home, run="v7b", count=count, members=members, at_once=128, codes=codes))
    return {
        "decide_apply_cpu_us": round(cpu_us),
        "statements_per_checkout_32": round(few, 3),
        "statements_per_checkout_128": round(many, 3),
    }


async def _at_once(
    home: House, *, run: str, count: int, members: int, at_once: int, codes: tuple[str, ...]
) -> tuple[float, float]:
    counter = _Counter()
    async with (
        Database(server.locate(home.settings), size=8) as database,
        activities.Runtime(home.settings, database) as runtime,
    ):
        purchases = intakes(home, run=run, count=count + at_once, members=members, codes=codes)
        await asyncio.gather(*(activities.submit(runtime, purchases.pop()) for _ in range(at_once)))
        left = iter(purchases)

        async def till() -> None:
            for one in left:
                assert (await activities.submit(runtime, one)).status < 300

        with counter:
            began = time.process_time()
            await asyncio.gather(*(till() for _ in range(at_once)))
            used = time.process_time() - began
    return used / count * 1e6, counter.count / count


def intakes(home: House, *, run: str, count: int, members: int, codes: tuple[str, ...] = ()) -> list[Intake]:
    """Purchases of these members, one after the other, each with a key of its own."""
    plan = world.HistoryPlan(program_id=home.program_id, run=run, members=count, each=1, until=edge.now())
    found: list[Intake] = []
    for item in world.history(plan, 0, 1, 0):
        intake: Any = getattr(item, "intake")  # noqa: B009 - only items come from a history of ours
        who = (msgspec.structs.replace(intake.who[0], value=f"M{len(found) % members}"),)
        found.append(msgspec.structs.replace(intake, key=intake.document, who=who, occurred_at=None, codes=codes))
    return found


class _Counter:
    """Counts the statements of every connection while it is on."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: dict[str, Any] = {}

    def __enter__(self) -> None:
        for name in ("fetch", "fetchrow", "fetchval", "execute"):
            self._kept[name] = getattr(asyncpg.Connection, name)
            setattr(asyncpg.Connection, name, self._counted(self._kept[name]))

    def __exit__(self, *ignored: object) -> None:
        for name, kept in self._kept.items():
            setattr(asyncpg.Connection, name, kept)

    def _counted(self, kept: Any) -> Any:
        async def counted(connection: Any, sql: str, *arguments: Any, **options: Any) -> Any:
            self.count += 1
            return await kept(connection, sql, *arguments, **options)

        return counted
