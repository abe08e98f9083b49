"""The filler beside a till: releases that add metrics are preparing until everybody is filled."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from regulars.activities import filling, walks
from regulars.engine import service as engine
from regulars.kit.database import Database
from regulars.program import service as program
from tests.activities.conftest import NOW, SHOP, Shop, open_shop

LATE = SHOP.replace(
    "rules:",
    """  spend: {sum: "basket.total", where: "type == 'purchase'"}
  week: {sum: "basket.total", where: "type == 'purchase'", window: 7 days}
  largest: {max: "basket.total", where: "type == 'purchase'"}
  earned: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn'"}
rules:
  regular:
    title: {en: Regular, ru: Постоянный, ro: Fidel}
    trigger: purchase
    if: "member.metrics.spend >= 100.00"
    effects: [{give: points, amount: "500"}]
""",
)


async def publish(shop: Shop, text: str, *, days: int = 1) -> None:
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        await program.publish(tx, program_id=shop.program_id, text=text, by="test", now=NOW + dt.timedelta(days=days))
    shop.runtime.programs.forget(shop.program_id)


async def fill(shop: Shop, *, steps: int | None = None) -> int | None:
    """Fill as the worker does; with `steps` only so many batches."""
    database = shop.runtime.database
    async with database.read(programs=[shop.program_id]) as tx:
        known = await filling.releases(tx, program_id=shop.program_id)
    async with database.transaction(programs=[shop.program_id]) as tx:
        release = await filling.begin(tx, known, program_id=shop.program_id)
    if release is None:
        return None
    if steps is None:
        return await filling.work(database, known, program_id=shop.program_id, release=release)
    filler = filling.Filler(known, program_id=shop.program_id, release=release)
    for _ in range(steps):
        await filler.step(database, now=NOW)
    return steps


async def progress(shop: Shop) -> walks.Progress | None:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return await walks.progress(tx, program_id=shop.program_id, purpose=filling.PURPOSE)


async def metrics(shop: Shop) -> list[dict[int, object]]:
    """The numbers that are stored for each account, by slot, in the order of accounts."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        rows = await tx.fetch("select state from regulars.account order by account_id")
    await shop.runtime.programs.ready(shop.program_id)
    from regulars.engine import state as states

    return [states.decode(row["state"]).members[0].metrics for row in rows]


async def days(shop: Shop) -> list[list[int]]:
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [
            list(row["sums"]) for row in await tx.fetch("select sums from regulars.day_row order by account_id, day")
        ]


@pytest.fixture
def phones() -> list[str]:
    return [f"+373691{number:05d}" for number in range(7)]


async def test_the_first_purchase_under_a_release_sees_its_metrics_whole(database: Database, home: Path) -> None:
    async with open_shop(database, home, SHOP) as shop:
        await shop.buy(6000)
        await shop.buy(3500)
        await publish(shop, LATE)
        later = NOW + dt.timedelta(days=2)
        # 60 + 35 + 10 are 105: with this purchase the member is a regular.
        assert (await shop.buy(1000, received_at=later)).points == {"points": 510}
        # The control: who bought for less is none.
        await shop.buy(1000, phone="+37369999999")
        assert (await shop.buy(1000, phone="+37369999999", received_at=later)).points == {"points": 10}


async def test_the_filler_comes_to_what_the_till_would_have_come_to(
    database: Database, home: Path, phones: list[str]
) -> None:
    async with open_shop(database, home, SHOP) as shop:
        for number, phone in enumerate(phones):
            await shop.buy(1000 * number + 500, phone=phone)
            await shop.buy(700, phone=phone)
        assert await fill(shop) is None
        await publish(shop, LATE)
        assert await fill(shop) == 1
        found = await progress(shop)
        assert found is not None
        assert (found.release, found.done, found.touched, found.finished, found.percent) == (2, 7, 7, True, 100)
        # Slots: purchases 0, spend 1, week 2, largest 3, earned 4. Points are a hundredth of an amount: 5 + 7.
        assert (await metrics(shop))[0] == {0: 2, 1: 1200, 2: 1200, 3: {500: 1, 700: 1}, 4: 12}
        assert (await days(shop))[0] == [2, 1200, 1200, 0, 12]
        assert await fill(shop) is None


async def test_a_killed_filler_goes_on_where_it_was(
    database: Database, home: Path, phones: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 2)
    async with open_shop(database, home, SHOP) as shop:
        for phone in phones:
            await shop.buy(2000, phone=phone)
        await publish(shop, LATE)
        await fill(shop, steps=1)
        halfway = await progress(shop)
        assert halfway is not None
        assert (halfway.done, halfway.touched, halfway.percent, halfway.finished) == (2, 2, 28, False)
        assert await fill(shop) == 3
        ended = await progress(shop)
        assert ended is not None
        assert (ended.done, ended.touched, ended.finished) == (7, 7, True)
        assert [row[1] for row in await metrics(shop)] == [2000] * 7


async def test_two_fillers_and_a_till_leave_each_account_filled_once(
    database: Database, home: Path, phones: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 1)
    async with open_shop(database, home, SHOP) as shop:
        for phone in phones:
            await shop.buy(2000, phone=phone)
        await publish(shop, LATE)
        async with database.transaction(programs=[shop.program_id]) as tx:
            await walks.begin(tx, program_id=shop.program_id, purpose=filling.PURPOSE, release=2, piece=3)
        later = NOW + dt.timedelta(days=2)
        await asyncio.gather(
            fill(shop), fill(shop), *(shop.buy(1000, phone=phone, received_at=later) for phone in phones)
        )
        assert [row[1] for row in await metrics(shop)] == [3000] * 7
        assert await days(shop) == [[1, 2000, 2000, 0, 20], [1, 1000, 1000, 0, 10]] * 7


async def test_a_quote_sees_late_metrics_whole_and_writes_nothing(database: Database, home: Path) -> None:
    from regulars.activities import service as activities

    async with open_shop(database, home, SHOP) as shop:
        await shop.buy(9500)
        await publish(shop, LATE)
        later = NOW + dt.timedelta(days=2)
        asked = shop.intake(amounts=(1000,), phone="+37369123456", received_at=later)
        quoted = await activities.quote(shop.runtime, asked, now=later)
        assert isinstance(quoted, tuple)
        assert quoted[0].points == {"points": 510}
        assert (await metrics(shop))[0] == {0: 1}


async def test_what_a_release_leaves_out_is_not_prepared(database: Database, home: Path) -> None:
    async with open_shop(database, home, LATE) as shop:
        await shop.buy(2000)
        await publish(shop, SHOP)
        assert await fill(shop) is None
        await shop.buy(1000, received_at=NOW + dt.timedelta(days=2))
        await publish(shop, LATE, days=3)
        # What it left out for a while is counted again when it comes back.
        assert await fill(shop) == 1
        assert (await metrics(shop))[0][1] == 3000


def test_a_mark_says_under_which_release_an_account_was_kept() -> None:
    from regulars.engine import state as states

    kept = states.encode(states.AccountState(members=[], day=1, filled=7))
    assert engine.filled(kept) == 7


async def test_who_only_looks_sees_late_metrics_whole(database: Database, home: Path) -> None:
    from regulars.activities import looking
    from regulars.kit import ids

    async with open_shop(database, home, SHOP) as shop:
        first = await shop.buy(9500)
        await publish(shop, LATE)
        member_id = ids.from_wire("mem", first.member.id)
        later = NOW + dt.timedelta(days=2)
        found = await looking.look(shop.runtime, program_id=shop.program_id, member_id=member_id, now=later)
        assert found.metrics["spend"] == {"amount": 9500, "scale": 2}
        assert (await metrics(shop))[0] == {0: 1}


async def test_the_past_decided_again_is_the_past_whoever_filled_it(database: Database, home: Path) -> None:
    from regulars.activities import queries, replay
    from regulars.kit import ids

    async with open_shop(database, home, SHOP) as shop:
        first = await shop.buy(6000)
        await shop.buy(3500)
        await publish(shop, LATE)
        await fill(shop)
        for days_later in (2, 3):
            await shop.buy(1000, received_at=NOW + dt.timedelta(days=days_later))
        account_id = ids.from_wire("mem", first.member.id)
        async with database.read(programs=[shop.program_id]) as tx:
            past = await queries.of_account(tx, account_id=account_id)
            [account] = await tx.fetch("select state, version from regulars.account")
        known = shop.runtime.programs.all(shop.program_id)
        steps = list(
            replay.replay(
                account_id,
                [(activity, release) for activity, release, _ in past],
                choose=lambda _, number: known[number],
            )
        )
        assert [step.decision.recorded for step in steps] == [recorded for _, _, recorded in past]
        assert steps[-1].left.state == account["state"]
        # Four purchases and the filler, which moves the version so that nobody decides on what was before.
        assert account["version"] == 5
