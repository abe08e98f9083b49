"""Codes of vouchers by the million, durable, made as `regulars voucher make` makes them; and one found among them."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from benchmarks.house import House, fresh
from regulars.activities import service as activities
from regulars.codes import service as codes
from regulars.kit import edge, server
from regulars.kit.database import Database

PROGRAM: Final = """
program: {name: codes, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau, region: MD}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, expiry: 12 months, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
vouchers:
  summer:
    title: {en: Summer, ru: Лето, ro: Vară}
    codes: {pattern: "SUM-@@@@-@@@@-@@"}
    effects: [{give: points, amount: "10"}]
"""
LOOKS: Final = 500


def measure(*, count: int) -> dict[str, float]:
    """Seconds for so many codes, as for a million, and milliseconds to find one of them."""
    with fresh(text=PROGRAM) as house:
        return asyncio.run(_measured(house, count))


async def _measured(house: House, count: int) -> dict[str, float]:
    async with (
        Database(server.locate(house.settings), size=4, pace="patient") as database,
        activities.Runtime(house.settings, database) as runtime,
    ):
        now = edge.now()
        order = await activities.code_order(runtime, house.program_id, "summer", "bench", count=count, now=now)
        began = time.perf_counter()
        made = await activities.make_codes(runtime, order, now=now, progress=lambda _: None)
        taken = time.perf_counter() - began
        assert made == count, (made, count)
        return {
            "codes_1000000_s": taken * 1_000_000 / count,
            "code_found_ms": await _found_ms(runtime, database, house.program_id),
        }


async def _found_ms(runtime: activities.Runtime, database: Database, program_id: int) -> float:
    async with database.read(programs=[program_id]) as tx:
        some = await codes.codes(tx, runtime.code_keys, program_id=program_id, limit=LOOKS)
        began = time.perf_counter()
        for one in some:
            found = await codes.find(tx.connection, [(program_id, one.code_id)])
            assert found
        return (time.perf_counter() - began) * 1000 / len(some)
