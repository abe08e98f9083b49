"""Founders of a household over HTTP (L72): what they earned, paid and brought back before it finds the points that are
their own now. The books are checked, and every account is decided again from nothing (LAW11). Worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.test_households import FAMILY, give_back
from tests.checkout.town import People, people, worker
from tests.laws import past

# Of each point the house pays six tenths and the brand four; a basket may be paid with what it gives.
TWO_FUNDERS = FAMILY.replace(
    "    cost: {house: 0.008}\n",
    "    cost: {house: 0.01, brand: 0.02}\n    spend: {same_basket: true}\n    negative: own_lot\n",
    1,
).replace(
    """{give: points, amount: "basket.base"}""",
    """{give: points, amount: "basket.base", funding: [{by: house, share: 0.6}, {by: brand, share: 0.4}]}""",
    1,
)


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, TWO_FUNDERS) as opened:
        yield opened


async def found(town: People, name: str) -> None:
    await town.post(f"/v1/members/{town.ids[name]}/household", {"household": "family"})


async def spend(town: People, name: str, amount: int, points: int) -> Any:
    return await town.buy(name, amount, pay=[{"currency": "points", "points": points}])


async def test_L18_L9_L79_what_was_before_the_founding_comes_back_to_ones_own(town: People, home, address) -> None:
    # Ann brings all of 75 back, and it was a mistake.
    anns = await town.buy("ann", 7500)
    of_anns = await give_back(town, anns)
    # Bob pays 50 of his 75, 45 of the house and 5 of the brand, for what gives no point.
    await town.buy("bob", 7500)
    bobs = await spend(town, "bob", 99, 50)
    # Cat pays 50 of the 54 that the very basket gives.
    cats = await spend(town, "cat", 5400 + 50, 50)
    assert [await town.active(name) for name in ("ann", "bob", "cat")] == [0, 25, 4]
    for name in ("ann", "bob", "cat"):
        await found(town, name)

    assert (await give_back(town, of_anns))["points"] == {"points": 75, "stamps": 1}
    of_bobs = await give_back(town, bobs)
    assert [await town.active(name) for name in ("ann", "bob")] == [75, 75]
    await give_back(town, of_bobs)
    await give_back(town, cats)
    assert [await town.active(name) for name in ("ann", "bob", "cat")] == [75, 25, 0]
    assert await town.sound()

    # What came back is there to be spent, and to be taken back.
    await spend(town, "ann", 99, 20)
    of_all = await give_back(town, anns)
    assert (await town.active("ann"), of_all["points"]["points"]) == (0, -75)
    assert await town.sound()
    await check_past(town, home, address)


async def check_past(town: People, home: Any, address: Any) -> None:
    """LAW11, of every account."""
    async with worker(home, address) as runtime:
        await runtime.programs.ready(1)
        async with runtime.database.read(programs=[1]) as tx:
            accounts = [row["account_id"] for row in await tx.fetch("select account_id from regulars.account")]
        for account_id in accounts:
            told = await past.stored(runtime, 1, account_id)
            assert await past.decided_again(runtime, 1, account_id) == told
