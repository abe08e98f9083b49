"""V11: checkouts beside a ledger of many entries, checkpoints included, against the same on tables that are nearly
empty, in one run.

The promise speaks of tables larger than memory. Where there is not the disk or the time for that, `entries` says how
large they were: what is shown then is that size itself costs little, not what a cold disk does. Large are the ledger's
own tables (entries, lots, what was taken of them, balances); everybody who buys is a member before either measurement
begins, so that both write the same.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Final, Self

from benchmarks import bare, checkout, house, importing, past
from benchmarks.house import House

CHECKPOINT_S: Final = 5.0
"""Far more often than they come by themselves, so that a short run has some."""


def measure(*, entries: int, seconds: float, members: int, each: int) -> dict[str, float]:
    """Rate and p99 at saturation in large tables, the rate against that in small ones; of so many members, with `each`
    activities before it begins."""
    with house.fresh() as home:
        importing.take_in(home, run="large", members=members, each=each)
        small = checkout.saturate(home, run="small", seconds=seconds, members=members)
        there = asyncio.run(past.filled(home, entries))
        with _Checkpoints(home) as checkpoints:
            large = checkout.saturate(home, run="large", seconds=seconds, members=members)
    return {
        "large_entries": there,
        "large_checkpoints": checkpoints.count,
        "large_rate_ratio": round(large.per_s / small.per_s, 2),
        "large_cpu_ratio": round((large.server_us + large.postgres_us) / (small.server_us + small.postgres_us), 2),
        "large_p99_ms": large.p99_ms,
    }


class _Checkpoints:
    """Checkpoints, one every few seconds, while it is on."""

    def __init__(self, home: House) -> None:
        self._home = home
        self.count = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    async def _run(self) -> None:
        connection: Any = await bare.connect(self._home)
        while not await asyncio.to_thread(self._over.wait, CHECKPOINT_S):
            await connection.execute("checkpoint")
            self.count += 1
        await connection.close()
