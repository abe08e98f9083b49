"""What 20 live offers, 5 vouchers and stacking add to a checkout, beside the plain one: the Python of decide and apply,
and the whole of it over the door with the database.

Two forms: a busy till, where a basket meets 6 of the 20, and one where all 20 hold for every basket.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from typing import Final

import msgspec

from benchmarks import checkout, deciding, house, loadmaker, world
from benchmarks.house import House
from regulars.activities import service as activities
from regulars.kit import server
from regulars.kit.database import Database

AT_ONCE: Final = 32
PLAIN: Final = "plain"
FORMS: Final = {PLAIN: None, "prices": world.prices_text(), "prices_all": world.prices_all_text()}


def measure(*, count: int, members: int, rounds: int, seconds: float) -> dict[str, float]:
    """CPU a checkout of both forms and their ratios to the plain one. All are warm, and measured in turns: medians."""
    with contextlib.ExitStack() as stack:
        homes = {name: stack.enter_context(house.fresh(text=text)) for name, text in FORMS.items()}
        python = asyncio.run(_python(homes, count=count, members=members, rounds=rounds))
        door = _doors(homes, seconds=seconds, members=members, rounds=rounds)
    found: dict[str, float] = {"prices_cpu_us": round(python["prices"]), "prices_plain_cpu_us": round(python[PLAIN])}
    for name in ("prices", "prices_all"):
        found[f"{name}_cpu_ratio"] = round(python[name] / python[PLAIN], 2)
        found[f"{name}_door_ratio"] = round(door[name] / door[PLAIN], 2)
    return found | {"prices_door_cpu_us": round(door["prices"]), "prices_plain_door_cpu_us": round(door[PLAIN])}


def _codes(name: str) -> tuple[str, ...]:
    return () if name == PLAIN else world.VOUCHERS


async def _python(homes: dict[str, House], *, count: int, members: int, rounds: int) -> dict[str, float]:
    async with contextlib.AsyncExitStack() as stack:
        runtimes = {}
        for name, home in homes.items():
            database = await stack.enter_async_context(Database(server.locate(home.settings), size=8))
            runtimes[name] = await stack.enter_async_context(activities.Runtime(home.settings, database))
        taken: dict[str, list[float]] = {name: [] for name in homes}
        # The first round compiles rules on their first hit, and is not counted.
        for number in range(rounds + 1):
            for name, home in homes.items():
                baskets = iter(
                    deciding.intakes(home, run=f"py{number}", count=count, members=members, codes=_codes(name))
                )
                used = await _used(runtimes[name], baskets) / count * 1e6
                taken[name] += [used] if number else []
        return {name: statistics.median(figures) for name, figures in taken.items()}


async def _used(runtime: activities.Runtime, baskets: deciding.Baskets) -> float:
    async def till() -> None:
        for one in baskets:
            assert (await activities.submit(runtime, one)).status < 300

    began = time.process_time()
    await asyncio.gather(*(till() for _ in range(AT_ONCE)))
    return time.process_time() - began


def _doors(homes: dict[str, House], *, seconds: float, members: int, rounds: int) -> dict[str, float]:
    """CPU of server and PostgreSQL a checkout over HTTP."""
    taken: dict[str, list[float]] = {name: [] for name in homes}
    with contextlib.ExitStack() as stack:
        children = {name: stack.enter_context(house.serving(home)) for name, home in homes.items()}
        for number in range(rounds + 1):
            for name, home in homes.items():
                load = checkout.load_of(
                    home, run=f"door{number}", seconds=seconds, members=members, connections=AT_ONCE
                )
                before = house.cpu(home, children[name])
                outcome = loadmaker.make(msgspec.structs.replace(load, codes=_codes(name)))
                used = house.cpu(home, children[name]).since(before)
                assert set(outcome.statuses) <= {200, 201}, outcome.statuses
                if number:
                    taken[name].append((used.server_s + used.postgres_s) / len(outcome.acknowledged) * 1e6)
    return {name: statistics.median(figures) for name, figures in taken.items()}
