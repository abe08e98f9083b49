"""After a release those whose membership differs get a tick, and nobody else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from regulars.activities import preparing
from regulars.activities import service as activities
from regulars.kit.database import Database
from regulars.program import publishing
from regulars.program import service as program
from regulars.program.contracts.midway import MidwayPolicy
from tests.activities.conftest import NOW, SHOP, Shop, open_shop
from tests.activities.test_filling import publish
from tests.activities.test_silence import heard, text

LATER = NOW + dt.timedelta(days=2)


async def prepare(shop: Shop, now: dt.datetime = LATER) -> bool:
    async with shop.runtime.database.lane() as lane:
        return await preparing.prepare(shop.runtime, lane, program_id=shop.program_id, now=now, processes=1)


async def status(shop: Shop) -> preparing.Preparing | None:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return await activities.preparing(tx, program_id=shop.program_id)


async def ticks(shop: Shop) -> int:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        found: int = await tx.fetchval("select count(*) from regulars.activity where type = 'tick'")
        return found


async def inside(shop: Shop, segment: str = "big") -> int:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        found: int = await tx.fetchval("select count(*) from regulars.member_segment where segment = $1", segment)
        return found


async def buyers(shop: Shop, *amounts: int) -> None:
    for number, amount in enumerate(amounts):
        await shop.buy(amount, phone=f"+373693{number:05d}")


async def test_only_those_who_differ_are_ticked_and_nobody_hears_of_it(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await buyers(shop, 10_000, 20_000, 60_000, 100)
        assert (await inside(shop), await ticks(shop)) == (1, 0)
        before = await heard(shop)
        await publish(shop, text("100.00"))
        assert await prepare(shop)
        assert (await inside(shop), await ticks(shop)) == (3, 2)
        assert await heard(shop) == before
        done = await status(shop)
        assert done is not None
        assert (done.release, done.percent, done.segments_done, done.ready) == (2, 100, True, True)
        # Once more changes nothing.
        assert not await prepare(shop)
        assert await ticks(shop) == 2


async def test_an_announced_segment_greets_everybody_it_takes_in(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await buyers(shop, 10_000, 20_000, 100)
        await publish(shop, text("100.00", ", announce_on_release: true"))
        await prepare(shop)
        assert await heard(shop) == ["segment.entered big", "segment.entered big"]
        async with database.read(programs=[shop.program_id]) as tx:
            rows = await tx.fetch("select active from regulars.balance order by active")
        # 1 for 1.00; 100 and 200 for what was bought, and 100 more for each who was greeted.
        assert [row["active"] for row in rows] == [1, 200, 300]


async def test_a_new_segment_over_a_new_metric_is_filled_first(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("500.00")) as shop:
        await buyers(shop, 100, 100)
        await shop.buy(100, phone="+37369300000")
        await publish(shop, text("2", metric="times"))
        assert await prepare(shop)
        assert (await inside(shop), await ticks(shop), await heard(shop)) == (1, 1, [])


async def test_a_condition_without_sql_is_gone_through_member_by_member(database: Database, home: Path) -> None:
    largest = '  largest: {max: "basket.total", where: "type == \'purchase\'"}\nsegments:'
    by_largest = text("50.00").replace("segments:", largest).replace("metrics.spend >=", "metrics.largest >=")
    async with open_shop(database, home, text("5000.00")) as shop:
        await buyers(shop, 4000, 6000, 7000)
        await publish(shop, by_largest)
        await prepare(shop)
        assert (await inside(shop), await ticks(shop), await heard(shop)) == (2, 2, [])


async def test_who_was_in_a_segment_that_is_gone_is_in_none(database: Database, home: Path) -> None:
    async with open_shop(database, home, text("50.00")) as shop:
        await buyers(shop, 6000, 100)
        assert await inside(shop) == 1
        await publish(shop, SHOP)
        await prepare(shop)
        assert (await inside(shop), await ticks(shop)) == (0, 1)
        assert await heard(shop) == ["segment.entered big"]


async def test_time_moves_those_whom_the_release_left_where_they_were(database: Database, home: Path) -> None:
    quiet = text("500.00").replace(
        "segments:", "  week: {count: activities, where: \"type == 'purchase'\", window: 7 days}\nsegments:"
    )
    lapsing = quiet.replace("member.metrics.spend >= 500.00", "member.metrics.week == 0")
    async with open_shop(database, home, quiet) as shop:
        await buyers(shop, 1000)
        await publish(shop, lapsing)
        await prepare(shop)
        assert (await inside(shop), await heard(shop)) == (0, [])
        # The sweeper looks at them once, and so knows of the day on which the window moves.
        assert await activities.sweep(shop.runtime, now=LATER + dt.timedelta(minutes=2)) == 1
        await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=8))
        assert (await inside(shop), await heard(shop)) == (1, ["segment.entered big"])


async def test_who_is_in_the_middle_of_what_a_release_restarts_is_looked_at_at_once(
    database: Database, home: Path
) -> None:
    """600.00 are gold of 500.00 and silver of 1,000.00: what SQL reads says so as soon as the sweeper has looked."""
    words = "{en: A, ru: A, ro: A}"
    spend = f'  spend: {{title: {words}, sum: "basket.total", where: "type == \'purchase\'"}}\n'
    levels = "levels: {green: 0, silver: 100.00, gold: 500.00}"
    ladder = f'ladders:\n  status: {{title: {words}, qualify: "member.metrics.spend", {levels}}}\n'
    challenge = (
        f'  five: {{title: {words}, goal: "member.metrics.spend", target: "700.00", effects: [{{badge: five}}]}}\n'
    )
    old = SHOP.replace("rules:", spend + ladder + "challenges:\n" + challenge + "rules:")
    async with open_shop(database, home, old) as shop:
        await buyers(shop, 60_000, 100)
        new = old.replace("500.00}", "1000.00}").replace("700.00", "800.00")
        policies = {"ladders.status": MidwayPolicy.RESTART, "challenges.five": MidwayPolicy.RESTART}
        async with database.transaction(programs=[shop.program_id]) as tx:
            await publishing.publish(
                tx,
                program_id=shop.program_id,
                program=program.read(new),
                source=new,
                by="test",
                now=NOW + dt.timedelta(days=1),
                checks=(),
                midway=policies,
            )
        shop.runtime.programs.forget(shop.program_id)
        assert await prepare(shop)
        assert await activities.sweep(shop.runtime, now=LATER) == 2
        async with database.read(programs=[shop.program_id]) as tx:
            rows = await tx.fetch("select level from regulars.member_tier order by level")
        assert [row["level"] for row in rows] == ["green", "silver"]
        # Once for a release: nobody is looked at again.
        assert not await prepare(shop)
        assert await activities.sweep(shop.runtime, now=LATER) == 0
