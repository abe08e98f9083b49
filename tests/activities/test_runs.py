"""Runs: once for everybody of an audience, whoever is killed in the middle."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import runs
from regulars.activities.audience_faults import NoSuchRun, RunNotUnderWay
from regulars.kit.database import Database
from tests.activities.conftest import NOW, SHOP, Shop, open_shop
from tests.activities.test_filling import publish

RUNS = SHOP.replace(
    "rules:\n",
    """segments:
  often: {title: {en: Often, ru: Часто, ro: Des}, if: "member.metrics.purchases >= 2"}
rules:
  thanks:
    title: {en: Thanks, ru: Спасибо, ro: Mulțumim}
    trigger: {run: "2026-11-25T09:00", audience: often}
    effects: [{give: points, amount: "50"}]
  hello:
    title: {en: Hello, ru: Привет, ro: Salut}
    trigger: {run: "2026-11-26T09:00"}
    if: "member.balances.points >= 100"
    effects: [{give: points, amount: "1"}]
""",
)
# Nine in the morning of the program's zone, two hours before that of UTC in winter.
THANKS_AT = dt.datetime(2026, 11, 25, 7, 0, tzinfo=dt.UTC)
HELLO_AT = dt.datetime(2026, 11, 26, 7, 0, tzinfo=dt.UTC)
PHONES = [f"+373692{number:05d}" for number in range(5)]


async def shop_with_members(shop: Shop) -> None:
    """Five members; the first three bought twice. 30.00 a purchase."""
    for number, phone in enumerate(PHONES):
        for _ in range(2 if number < 3 else 1):
            await shop.buy(3000, phone=phone)


async def points(shop: Shop) -> list[int]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [row["active"] for row in await tx.fetch("select active from regulars.balance order by account_id")]


async def serve(shop: Shop, *, now: dt.datetime, steps: int = 99) -> int:
    """Serve batches until nobody is left, at most so many; how many there were."""
    async with shop.runtime.database.lane() as lane:
        for done in range(steps):
            if not await runs.step(shop.runtime, lane, program_id=shop.program_id, now=now):
                return done
    return steps


async def due(shop: Shop, now: dt.datetime) -> list[tuple[str, str, int | None]]:
    begun = await runs.begin_due(shop.runtime, program_id=shop.program_id, now=now)
    return [(one.rule, one.status, one.members) for one in begun]


async def listed(shop: Shop) -> dict[str, tuple[str, int | None, int, int]]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        found = await runs.listed(shop.runtime, tx, program_id=shop.program_id)
    return {one.rule: (one.status, one.members, one.done, one.refused) for one in found}


async def test_a_run_comes_once_to_everybody_of_its_audience_at_its_moment(database: Database, home: Path) -> None:
    async with open_shop(database, home, RUNS) as shop:
        await shop_with_members(shop)
        assert await listed(shop) == {"thanks": ("planned", None, 0, 0), "hello": ("planned", None, 0, 0)}
        assert await due(shop, THANKS_AT - dt.timedelta(seconds=1)) == []
        assert await due(shop, THANKS_AT) == [("thanks", "running", 3)]
        assert await serve(shop, now=THANKS_AT) == 1
        assert await points(shop) == [110, 110, 110, 30, 30]
        assert (await listed(shop))["thanks"] == ("finished", 3, 3, 0)
        assert await due(shop, THANKS_AT + dt.timedelta(hours=1)) == []
        assert await serve(shop, now=THANKS_AT) == 0
        # Everybody is in the audience of the other; its condition is asked of each.
        assert await due(shop, HELLO_AT) == [("hello", "running", 5)]
        await serve(shop, now=HELLO_AT)
        assert await points(shop) == [111, 111, 111, 30, 30]


async def test_a_killed_run_goes_on_and_serves_nobody_twice(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 2)
    async with open_shop(database, home, RUNS) as shop:
        await shop_with_members(shop)
        await due(shop, THANKS_AT)
        assert await serve(shop, now=THANKS_AT, steps=1) == 1
        assert (await listed(shop))["thanks"] == ("running", 3, 2, 0)
        # As if the batch had been written and the process killed before it could say so.
        async with database.transaction(programs=[shop.program_id]) as tx:
            await tx.execute(
                "insert into regulars.run_member select program_id, 'thanks', $1, account_id, member_id"
                " from regulars.activity where type = 'run'",
                THANKS_AT,
            )
        await serve(shop, now=THANKS_AT)
        assert await points(shop) == [110, 110, 110, 30, 30]
        assert (await listed(shop))["thanks"][0] == "finished"


async def test_two_workers_serve_each_member_once(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 1)
    async with open_shop(database, home, RUNS) as shop:
        await shop_with_members(shop)
        await due(shop, HELLO_AT)
        await asyncio.gather(serve(shop, now=HELLO_AT), serve(shop, now=HELLO_AT))
        found = await listed(shop)
        assert (found["thanks"], found["hello"]) == (("finished", 3, 3, 0), ("finished", 5, 5, 0))
        # 60 + 50 from the first, and of those who then have 100 one more from the second; the order of the two may be
        # either way round for a member, since both were late.
        assert sorted(await points(shop))[:2] == [30, 30]
        assert all(found in {110, 111} for found in sorted(await points(shop))[2:])


async def test_a_run_published_after_its_moment_does_not_begin_by_itself(database: Database, home: Path) -> None:
    async with open_shop(database, home, SHOP) as shop:
        await shop_with_members(shop)
        await publish(shop, RUNS, days=5)
        await shop.runtime.programs.ready(shop.program_id)
        later = NOW + dt.timedelta(days=5, hours=1)
        assert await due(shop, later) == []
        assert (await listed(shop))["thanks"] == ("missed", 0, 0, 0)
        # A person may start it all the same.
        begun = await runs.begin(shop.runtime, program_id=shop.program_id, rule="thanks", now=later)
        assert (begun.status, begun.members) == ("running", 3)
        await serve(shop, now=later)
        assert await points(shop) == [110, 110, 110, 30, 30]


async def test_a_run_can_be_paused_and_cancelled(
    database: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 1)
    async with open_shop(database, home, RUNS) as shop:
        await shop_with_members(shop)
        await due(shop, THANKS_AT)
        await serve(shop, now=THANKS_AT, steps=1)
        about: dict[str, Any] = {"program_id": shop.program_id, "rule": "thanks", "now": THANKS_AT}
        assert (await runs.change(shop.runtime, to="paused", **about)).status == "paused"
        assert await serve(shop, now=THANKS_AT) == 0
        await runs.change(shop.runtime, to="running", **about)
        assert await serve(shop, now=THANKS_AT, steps=1) == 1
        ended = await runs.change(shop.runtime, to="cancelled", **about)
        assert (ended.status, ended.done, ended.members) == ("cancelled", 2, 3)
        assert await serve(shop, now=THANKS_AT) == 0
        assert await points(shop) == [110, 110, 60, 30, 30]
        with pytest.raises(RunNotUnderWay):
            await runs.change(shop.runtime, to="running", **about)
        with pytest.raises(NoSuchRun):
            await runs.change(shop.runtime, to="paused", **{**about, "rule": "base"})
