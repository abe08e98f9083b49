"""Publishing, rolling back, slots that are kept for ever, and what a publish tells the other processes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable

import pytest

from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.kit.errors import NotFound
from regulars.kit.i18n import Text
from regulars.program import service as program
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.effects import Give
from regulars.program.contracts.report import Fault, NothingReleased, ProgramNotAccepted, ReleaseOvertaken, worded

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)

HEAD = """
program: {name: corner, money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, cost: {house: 0.01}, value: 0.01}
activities:
  purchase: {basket: true}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
"""
ONE = HEAD + "metrics:\n  visits: {count: activities}\n  spend: {sum: basket.total}\n"
# `spend` counts something else now, `visits` is gone, `top` is new.
TWO = HEAD + "metrics:\n  spend: {sum: basket.total, window: 30 days}\n  top: {max: basket.total}\n"


async def _publish(tx: Transaction, text: str, day: int = 0) -> Release:
    return await program.publish(tx, program_id=1, text=text, by="marta", now=NOW + dt.timedelta(days=day))


async def test_the_first_release_is_number_one_and_is_in_force(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        made = await _publish(tx, ONE)
    async with database.read(programs=[1]) as tx:
        assert await program.current(tx, program_id=1) == made
        assert await program.release(tx, program_id=1, number=1) == made
        assert await program.text(tx, program_id=1, number=1) == ONE
        assert await program.calendar(tx, program_id=1) == [(1, NOW)]
    assert (made.number, made.slots, made.to_backfill) == (1, {"visits": 0, "spend": 1}, ("visits", "spend"))
    assert made.program.rules["base"].effects == (Give(give="points", amount="basket.base"),)


async def test_the_same_program_in_another_layout_makes_no_release(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        first = await _publish(tx, ONE)
        again = await _publish(tx, "# a comment\n" + ONE.replace("basket.total}", "'basket.total'}"), day=1)
        assert again == first
        assert await program.calendar(tx, program_id=1) == [(1, NOW)]


async def test_a_metric_keeps_its_slot_for_ever_and_a_changed_one_gets_a_new_one(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _publish(tx, ONE)
        two = await _publish(tx, TWO, day=1)
        assert (two.slots, two.to_backfill) == ({"spend": 2, "top": 3}, ("spend", "top"))
        # Back again: the old slots, but nobody kept them up in the meantime.
        three = await program.rollback(tx, program_id=1, to=1, by="marta", now=NOW + dt.timedelta(days=2))
        assert (three.number, three.rolled_back_to) == (3, 1)
        assert (three.slots, three.to_backfill) == ({"visits": 0, "spend": 1}, ("visits", "spend"))


async def test_a_metric_that_did_not_change_is_not_counted_anew(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _publish(tx, ONE)
        two = await _publish(tx, ONE + "  top: {max: basket.total}\n", day=1)
    assert (two.slots, two.to_backfill) == ({"visits": 0, "spend": 1, "top": 2}, ("top",))


async def test_rolling_back_to_what_is_in_force_changes_nothing(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        first = await _publish(tx, ONE)
        assert await program.rollback(tx, program_id=1, to=1, by="marta", now=NOW) == first
        with pytest.raises(NotFound):
            await program.rollback(tx, program_id=1, to=7, by="marta", now=NOW)


async def test_a_program_with_faults_is_refused_and_nothing_is_written(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(ProgramNotAccepted) as refused:
            await _publish(tx, ONE.replace("purchase, effects", "purchas, effects"))
        assert refused.value.report.faults[0].code == "unknown_activity"
        assert refused.value.text("ro").startswith("Programul are 1 greșeală.")
        assert await program.calendar(tx, program_id=1) == []
        with pytest.raises(NothingReleased):
            await program.current(tx, program_id=1)


async def test_a_check_of_another_room_stops_a_release(database: Database) -> None:
    async def balances(tx: Transaction, old: Program | None, new: Program) -> Iterable[Fault]:
        gone = set(old.currencies if old else ()) - set(new.currencies)
        texts = Text(en="Members still have {0}.", ru="...", ro="...")
        return [worded("orphaned_balances", f"currencies.{name}", texts, texts) for name in sorted(gone)]

    renamed = ONE.replace("  points: {title", "  stars: {title").replace("give: points", "give: stars")
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=ONE, by="marta", now=NOW, extra_checks=[balances])
        with pytest.raises(ProgramNotAccepted) as refused:
            await program.publish(tx, program_id=1, text=renamed, by="marta", now=NOW, extra_checks=[balances])
        assert [fault.path for fault in refused.value.report.faults] == ["currencies.points"]
        assert (await program.current(tx, program_id=1)).number == 1


async def test_history_comes_in_pages_the_newest_first(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        for day in range(5):
            await _publish(tx, ONE + f"  m{day}: {{count: activities}}\n", day=day)
        first = await program.history(tx, program_id=1, limit=3)
        rest = await program.history(tx, program_id=1, limit=3, cursor=first.next_cursor)
    assert [(note.number, note.current) for note in first.items] == [(5, True), (4, False), (3, False)]
    assert [note.number for note in rest.items] == [2, 1]
    assert rest.next_cursor is None
    assert first.items[0].published_by == "marta"
    assert first.items[0].to_backfill == ("m4",)


async def test_programs_do_not_see_each_other(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _publish(tx, ONE)
    async with database.read(programs=[2]) as tx:
        assert await program.calendar(tx, program_id=1) == []


async def test_a_publish_is_heard_once_it_is_committed(database: Database) -> None:
    heard: list[str] = []
    said = asyncio.Event()

    def hear(payload: str) -> None:
        heard.append(payload)
        said.set()

    async with database.listening({program.CHANNEL: hear}):
        async with database.transaction(programs=[1]) as tx:
            await _publish(tx, ONE)
            assert heard == []
        await asyncio.wait_for(said.wait(), 5)
    assert heard == ["1:1"]


async def test_of_two_at_the_same_moment_one_is_told_to_look_again(address: Address) -> None:
    async with Database(address, size=2, pace="patient") as opened:

        async def second() -> None:
            async with opened.transaction(programs=[1]) as tx:
                await _publish(tx, TWO)

        async with opened.transaction(programs=[1]) as tx:
            await _publish(tx, ONE)
            task = asyncio.create_task(second())
            # The other one waits for our row; it can only see it once we commit.
            await asyncio.sleep(0.2)
            assert not task.done()
        with pytest.raises(ReleaseOvertaken):
            await task
