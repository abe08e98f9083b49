"""A budget under fire: whoever dies, what it counts is what was given, to the last point and no further (I12, R10)."""

from __future__ import annotations

import pytest

from regulars.kit import server
from regulars.kit.database import Database
from tests.faults import crowd
from tests.faults.crowd import Crowd
from tests.journeys.conftest import SHOP, Server

SIZE = 240
BUDGETED = SHOP.replace(
    "rules:\n",
    "rules:\n  gift: {title: {en: Gift, ru: Подарок, ro: Cadou}, trigger: purchase,"
    f' effects: [{{give: points, amount: "3"}}], budget: {{points: {{points: {SIZE}}}}}}}\n',
    1,
)


@pytest.mark.slow
@pytest.mark.timeout(360)
async def test_kills_neither_lose_nor_double_anything_of_a_budget(doomed: Server) -> None:
    token = await doomed.found(text=BUDGETED)
    with Crowd(doomed.url, token, writers=6) as buyers:
        for victims in (crowd.api_processes, crowd.backends):
            buyers.wait_for(25)
            crowd.kill(crowd.one_of(victims, doomed))
        buyers.wait_for(60)
    found = await crowd.look(doomed, token=token, members=set(buyers.acknowledged.values()), program_id=1)
    assert sum(buyers.faults.values()) > 0, "nobody noticed the kills: they did not hit"
    assert found.breaks == []
    async with (
        Database(server.locate(doomed.settings), size=1, pace="patient") as database,
        database.read(programs=[1]) as tx,
    ):
        used = await tx.fetchval(
            "select sum(value)::bigint from regulars.counter where metric = 'budget:rules.gift/points' and item = ''"
        )
    # Each purchase gives one point beside the gift.
    assert (used, found.points - len(buyers.acknowledged)) == (SIZE, SIZE)
