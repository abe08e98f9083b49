"""Sums that pass every bound: who makes them is refused, nobody else is kept from anything (L38)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.test_merging import SHOP
from tests.checkout.town import PHONES, People, people

LARGEST = 2**53 - 1
COUNTED = SHOP.replace(
    "metrics:\n",
    """metrics:
  bought: {title: {en: Bought, ru: Траты, ro: Cheltuieli}, sum: basket.total, where: "type == 'purchase'"}
  takings: {title: {en: Takings, ru: Выручка, ro: Încasări}, sum: basket.total, where: "type == 'purchase'", per: program}
""",
    1,
)


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, COUNTED) as opened:
        yield opened


async def refused(town: People, name: str, amount: int) -> Any:
    body = {"member": {"phone": PHONES[name]}, "lines": [{"amount": amount}]}
    return await town.post("/v1/purchases", body, status=422)


async def test_L38_a_sum_of_a_member_stays_a_number_that_every_program_reads(town: People) -> None:
    await town.buy("ann", LARGEST - 100)
    assert (await refused(town, "ann", 101))["code"] == "metric_too_large"
    await town.buy("ann", 100)
    assert await town.sound()


async def test_L38_a_sum_of_all_that_is_full_keeps_nobody_from_buying(town: People) -> None:
    """Once wrong: a thousand absurd sales of one till made every other purchase of the program a fault of ours."""
    await town.buy("ann", 100)
    async with town.database.transaction(programs=[1]) as tx:
        await tx.execute("update regulars.counter set value = $1 where metric = 'takings'", 2**63 - 50)
    await town.buy("bob", 2000)
    await town.buy("ann", 300)
    async with town.database.read(programs=[1]) as tx:
        values = [row["value"] for row in await tx.fetch("select value from regulars.counter where metric = 'takings'")]
    assert max(values) == 2**63 - 1
