"""Change sets: what several people prepare beside each other, and where they meet."""

from __future__ import annotations

import pytest

from regulars.kit.database import Database, Transaction
from regulars.kit.errors import NotFound, ValidationFault
from regulars.program import service as program
from regulars.program.contracts.effects import Give
from regulars.program.contracts.report import DraftConflict, NothingReleased, ProgramNotAccepted
from regulars.program.contracts.workflow import NothingChanges
from tests.program.program_base import BASE
from tests.program.signing import NOW, propose, publish, signed


async def _begin(tx: Transaction) -> None:
    await program.publish(tx, program_id=1, text=BASE, by="marta", now=NOW)


async def _change(
    tx: Transaction, draft: str, kind: str, name: str, definition: dict[str, object] | None
) -> program.Draft:
    return await program.change_draft(
        tx, program_id=1, name=draft, kind=kind, definition_name=name, definition=definition, by=signed()
    )


def _rule(amount: str) -> dict[str, object]:
    return {"trigger": "visit", "priority": 2, "effects": [{"give": "points", "amount": amount, "carry": True}]}


async def test_a_draft_publishes_what_it_changes_and_nothing_else(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        await _change(tx, "autumn", "rules", "visit", _rule("3"))
        draft = await _change(tx, "autumn", "rules", "birthday", None)
        assert (draft.base, draft.touched) == (1, ("rules.visit", "rules.birthday"))
        assert (await program.check_draft(tx, program_id=1, name="autumn")).ok
        made = await publish(tx, "autumn", signed("ion"))
        assert await program.drafts_of(tx, program_id=1) == []
    changes = program.diff(program.read(BASE), made.program)
    assert [(one.path, one.did.value) for one in changes] == [("rules.visit", "added"), ("rules.birthday", "removed")]
    assert made.program.rules["visit"].effects == (Give(give="points", amount="3", carry=True),)
    assert made.number == 2


async def test_drafts_over_different_definitions_publish_one_after_the_other(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        await _change(tx, "one", "rules", "visit", _rule("3"))
        await _change(tx, "two", "rules", "call", _rule("4"))
        await publish(tx, "one", signed("ion"))
        made = await publish(tx, "two", signed("ana"))
    assert {"visit", "call"} < set(made.program.rules)


async def test_drafts_over_the_same_definition_are_a_conflict(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        await _change(tx, "one", "rules", "visit", _rule("3"))
        await _change(tx, "two", "rules", "visit", _rule("4"))
        await publish(tx, "one", signed("ion"))
        with pytest.raises(DraftConflict) as conflict:
            await publish(tx, "two", signed("ana"))
        assert conflict.value.paths == ("rules.visit",)
        assert conflict.value.text("en").startswith("Draft two and a release after 1 both change: rules.visit.")
        assert (await program.current(tx, program_id=1)).number == 2
        assert (await program.draft(tx, program_id=1, name="two")).touched == ("rules.visit",)


async def test_the_same_change_twice_is_no_conflict(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        await _change(tx, "one", "segments", "club", None)
        await _change(tx, "two", "segments", "club", None)
        one = await publish(tx, "one", signed("ion"))
        with pytest.raises(NothingChanges) as same:
            await propose(tx, "two")
    assert same.value.number == one.number


async def test_a_draft_with_faults_says_their_paths_and_stays(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        await _change(tx, "one", "rules", "visit", _rule("basket.totl"))
        report = await program.check_draft(tx, program_id=1, name="one")
        assert [(one.path, one.line) for one in report.faults] == [("rules.visit.effects[0].amount", 0)]
        with pytest.raises(ProgramNotAccepted):
            await publish(tx, "one", signed("ion"))
        assert len(await program.drafts_of(tx, program_id=1)) == 1


async def test_settings_change_like_a_definition(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        settings: dict[str, object] = {
            "name": "corner",
            "money": "EUR",
            "zone": "Europe/Bucharest",
            "return_window": "30 days",
        }
        await _change(tx, "move", "program", "program", settings)
        made = await publish(tx, "move", signed("ion"))
    assert made.program.program.zone == "Europe/Bucharest"
    assert made.program.rules == program.read(BASE).rules


@pytest.mark.parametrize(
    ("kind", "name", "definition", "field"),
    [
        ("ruls", "x", {}, "kind"),
        ("rules", "X y", {}, "name"),
        ("rules", "x", {"priority": 0.5}, "x.priority"),
        ("rules", "x", {"effects": [None]}, "x.effects[0]"),
    ],
)
async def test_what_cannot_be_a_definition_is_refused_at_once(
    database: Database, kind: str, name: str, definition: dict[str, object], field: str
) -> None:
    async with database.transaction(programs=[1]) as tx:
        await _begin(tx)
        with pytest.raises(ValidationFault) as fault:
            await _change(tx, "one", kind, name, definition)
        assert fault.value.field == field


async def test_nothing_to_change_and_nothing_to_find(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(NothingReleased):
            await _change(tx, "one", "rules", "visit", _rule("3"))
        for verb in (program.draft, program.discard_draft):
            with pytest.raises(NotFound):
                await verb(tx, program_id=1, name="none")
        await _begin(tx)
        await _change(tx, "one", "rules", "visit", _rule("3"))
        await program.discard_draft(tx, program_id=1, name="one")
        assert await program.drafts_of(tx, program_id=1) == []
