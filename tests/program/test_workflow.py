"""The way of a release at the room's door: what it remembers, what it refuses, and what is left when somebody dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
import psycopg
import pytest

from regulars.access import service as access
from regulars.kit import outbox
from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.kit.errors import DatabaseUnavailable
from regulars.kit.i18n import Text
from regulars.program import drafts, writer
from regulars.program import service as program
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.report import Fault, ProgramNotAccepted, ReleaseOvertaken, worded
from regulars.program.contracts.workflow import (
    ApprovalNeeded,
    DraftMoved,
    NotMidway,
    Proposal,
    State,
    StateForbids,
)
from tests.program.program_base import BASE
from tests.program.signing import NOW, propose, publish, signed

ONE_MUST_AGREE = BASE.replace("program: {", "program: {approvals: 1, ", 1)
LADDER = """
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    levels: {green: 0, silver: 100.00}
"""
HOUR = dt.timedelta(hours=1)
HELD = Text(en="held", ru="держат", ro="deținute")


def rule(amount: str) -> dict[str, object]:
    return {"trigger": "visit", "effects": [{"give": "points", "amount": amount}]}


async def change(tx: Transaction, draft: str, kind: str, name: str, definition: dict[str, object] | None) -> None:
    await program.change_draft(
        tx, program_id=1, name=draft, kind=kind, definition_name=name, definition=definition, by=signed("ion", 1)
    )


async def begun(tx: Transaction, text: str = ONE_MUST_AGREE) -> None:
    await program.publish_directly(tx, prepared=program.prepare(text), checks=(), by=signed())


async def approved(tx: Transaction, draft: str = "one", amount: str = "3") -> Proposal:
    await change(tx, draft, "rules", "visit", rule(amount))
    made = await propose(tx, draft, signed("ion", 1))
    after, _ = await program.approve_proposal(tx, number=made.number, digest=None, note="", by=signed("ana", 2))
    return after


async def heard(tx: Transaction) -> list[str]:
    rows = await tx.fetch("select types from event where program_id = 1 order by id")
    return [row["types"] for row in rows]


async def test_a_scheduled_release_waits_for_its_moment_and_is_published_once(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        made = await approved(tx)
        await program.schedule_proposal(tx, number=made.number, publish_at=NOW + HOUR, by=signed())
        early = NOW + HOUR - dt.timedelta(seconds=1)
        assert await program.due_proposals(tx, program_id=1, now=early) == []
        waits = await program.publish_due(tx, number=made.number, checks=(), by=signed("worker", at=early))
        assert waits.state is State.SCHEDULED
        assert await program.due_proposals(tx, program_id=1, now=NOW + HOUR) == [2]
        for _ in range(2):
            done = await program.publish_due(tx, number=2, checks=(), by=signed("worker", at=NOW + HOUR))
            assert done.state is State.PUBLISHED
        assert [number for number, _ in await program.calendar(tx, program_id=1)] == [1, 2]
        assert await program.due_proposals(tx, program_id=1, now=NOW + HOUR) == []


async def test_a_scheduled_release_whose_base_has_moved_fails_aloud(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        late = await approved(tx, "late")
        await program.schedule_proposal(tx, number=late.number, publish_at=NOW + HOUR, by=signed())
        other = await approved(tx, "other", "9")
        await program.publish_proposal(tx, number=other.number, checks=(), by=signed())
        seen = await program.show_release(tx, program_id=1, number=late.number)
        assert (seen.state, seen.overtaken_by) == (State.SCHEDULED, other.number)

        done = await program.publish_due(tx, number=late.number, checks=(), by=signed("worker", at=NOW + HOUR))
        assert (done.state, done.reason, done.changed_by) == (State.FAILED, "release_overtaken", "worker")
        assert done.overtaken_by == other.number
        assert (await program.current(tx, program_id=1)).number == other.number
        assert (await heard(tx))[-1] == "program.release_failed"
        # It stays as it failed; its draft is there to be proposed again.
        with pytest.raises(StateForbids):
            await program.publish_proposal(tx, number=late.number, checks=(), by=signed())
        assert [one.name for one in await program.drafts_of(tx, program_id=1)] == ["late"]


async def test_a_scheduled_release_is_checked_again_at_its_moment(database: Database) -> None:
    async def never(tx: Transaction, old: Program | None, new: Program) -> Iterable[Fault]:
        return [worded("orphaned_balances", "currencies.points", HELD, HELD)]

    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        made = await approved(tx)
        await program.schedule_proposal(tx, number=made.number, publish_at=NOW + HOUR, by=signed())
        done = await program.publish_due(tx, number=made.number, checks=[never], by=signed("worker", at=NOW + HOUR))
        assert (done.state, done.reason) == (State.FAILED, "program_not_accepted")
        assert (await program.current(tx, program_id=1)).number == 1


async def test_who_dies_in_publishing_leaves_an_approved_release_to_be_published(
    address: Address, database: Database
) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        made = await approved(tx)
    before = await _rows(database)
    with pytest.raises(DatabaseUnavailable):
        await _publish_and_die(address, made.number)
    assert await _rows(database) == before
    async with database.transaction(programs=[1]) as tx:
        assert (await program.proposal(tx, program_id=1, number=2)).state is State.APPROVED
        assert (await program.publish_proposal(tx, number=2, checks=(), by=signed())).number == 2


async def _publish_and_die(address: Address, number: int) -> None:
    async with Database(address, size=1) as dying, dying.transaction(programs=[1]) as tx:
        await program.publish_proposal(tx, number=number, checks=(), by=signed())
        session = await tx.fetchval("select pg_backend_pid()")
        with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [session])


async def _rows(database: Database) -> list[int]:
    tables = ("release", "proposal", "approval", "draft", "audit", "event", "metric_slot")
    async with database.read(programs=[1]) as tx:
        return [await tx.fetchval(f"select count(*) from {table}") for table in tables]


async def test_a_refused_step_writes_nothing_and_says_nothing(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await change(tx, "one", "rules", "visit", rule("3"))
        await propose(tx, "one", signed("ion", 1))
    before = await _rows(database)
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(ApprovalNeeded):
            await program.publish_proposal(tx, number=2, checks=(), by=signed())
        with pytest.raises(ApprovalNeeded):
            await program.publish_directly(tx, prepared=program.prepare(BASE), checks=(), by=signed())
    assert await _rows(database) == before


async def test_a_draft_that_moves_while_it_is_proposed_is_not_proposed(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await change(tx, "one", "rules", "visit", rule("3"))
        looked_at = program.prepare_draft(await program.merge_draft(tx, program_id=1, name="one"))
        await change(tx, "one", "rules", "visit", rule("4"))
        with pytest.raises(DraftMoved):
            await program.propose(tx, prepared=looked_at, note="", midway={}, checks=(), by=signed())


async def test_numbers_are_given_once_and_releases_go_up(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx, BASE)
        await change(tx, "one", "rules", "visit", rule("3"))
        first = await propose(tx, "one")
        # Somebody publishes past it: the number is taken.
        other = await program.publish_directly(
            tx, prepared=program.prepare(BASE.replace('amount: "50"', 'amount: "60"')), checks=(), by=signed()
        )
        assert (first.number, other.number) == (2, 3)
        # Another rule: the proposal waits as it did, and is published after it, over it.
        again = await program.publish_proposal(tx, number=2, checks=(), by=signed())
        assert (again.number, again.program.rules["birthday"].effects[0]) == (
            4,
            other.program.rules["birthday"].effects[0],
        )


async def test_what_does_not_meet_is_published_one_after_the_other(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        late = await approved(tx, "late")
        await program.schedule_proposal(tx, number=late.number, publish_at=NOW + HOUR, by=signed())
        await change(tx, "other", "rules", "welcome", rule("9"))
        other = await propose(tx, "other", signed("ion", 1))
        await program.approve_proposal(tx, number=other.number, digest=None, note="", by=signed("ana", 2))
        between = await program.publish_proposal(tx, number=other.number, checks=(), by=signed())
        waits = await program.show_release(tx, program_id=1, number=late.number)
        assert (waits.state, waits.overtaken_by, waits.digest) == (State.SCHEDULED, None, late.digest)

        done = await program.publish_due(tx, number=late.number, checks=(), by=signed("worker", at=NOW + HOUR))
        assert (done.state, done.digest) == (State.PUBLISHED, late.digest)
        made = await program.current(tx, program_id=1)
        assert made.number == other.number + 1
        assert made.program.rules["welcome"] == between.program.rules["welcome"]
        # What was approved and nothing else: the same change, over another release.
        shown = await program.show_release(tx, program_id=1, number=made.number)
        assert [(one.did.value, one.path) for one in shown.changes] == [("added", "rules.visit")]
        assert (shown.base, shown.proposed_as, shown.published_as) == (other.number, late.number, None)
        assert [one.digest for one in shown.approvals] == [late.digest]
        asked = await program.show_release(tx, program_id=1, number=late.number)
        assert (asked.published_as, asked.overtaken_by, asked.changes) == (made.number, None, shown.changes)
        last = (await access.audit.page(tx, program_id=1, cursor=None, limit=None)).items[0]
        assert (last.action, last.target) == ("release.publish", f"release {late.number}")
        said = msgspec.json.decode(last.new)
        assert said["digest"] == late.digest.hex()
        assert said["published"] == {
            "number": made.number,
            "digest": made.digest.hex(),
            "over": {"number": other.number, "digest": between.digest.hex()},
        }
        assert [(one["path"], one["old"]) for one in said["changes"]] == [("rules.visit", None)]
        assert await program.drafts_of(tx, program_id=1) == []


async def test_more_who_must_agree_by_a_release_between_are_asked_for(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        one = await approved(tx)
        stricter = writer.tree((await program.current(tx, program_id=1)).program)["program"] | {"approvals": "2"}
        await change(tx, "strict", "program", "program", drafts.plain(stricter))
        two = await propose(tx, "strict", signed("ion", 1))
        await program.approve_proposal(tx, number=two.number, digest=None, note="", by=signed("ana", 2))
        await program.publish_proposal(tx, number=two.number, checks=(), by=signed())
        with pytest.raises(ApprovalNeeded):
            await program.publish_proposal(tx, number=one.number, checks=(), by=signed())
        await program.approve_proposal(tx, number=one.number, digest=one.digest, note="", by=signed("eva", 3))
        made = await program.publish_proposal(tx, number=one.number, checks=(), by=signed())
        assert (made.number, made.program.program.approvals) == (4, 2)


async def test_what_a_release_between_makes_unsound_is_not_published(database: Database) -> None:
    """The proposal reads a metric that goes meanwhile."""
    async with database.transaction(programs=[1]) as tx:
        going = "  going: {count: activities, where: \"type == 'visit'\"}"
        with_it = ONE_MUST_AGREE.replace("\nmetrics:\n", f"\nmetrics:\n{going}\n", 1)
        await begun(tx, with_it)
        reads = {**rule("3"), "if": "member.metrics.going > 2"}
        await change(tx, "one", "rules", "visit", reads)
        one = await propose(tx, "one", signed("ion", 1))
        await program.approve_proposal(tx, number=one.number, digest=None, note="", by=signed("ana", 2))
        await change(tx, "two", "metrics", "going", None)
        two = await propose(tx, "two", signed("ion", 1))
        await program.approve_proposal(tx, number=two.number, digest=None, note="", by=signed("ana", 2))
        await program.schedule_proposal(tx, number=one.number, publish_at=NOW + HOUR, by=signed())
        await program.publish_proposal(tx, number=two.number, checks=(), by=signed())
        done = await program.publish_due(tx, number=one.number, checks=(), by=signed("worker", at=NOW + HOUR))
        assert (done.state, done.reason) == (State.FAILED, "program_not_accepted")


async def test_what_happens_to_members_in_the_middle_is_declared_and_kept(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx, BASE + LADDER)
        levels = {"title": {"en": "S", "ru": "С", "ro": "S"}, "qualify": "member.metrics.spend"}
        await change(tx, "one", "ladders", "status", {**levels, "levels": {"green": "0", "silver": "200.00"}})
        await change(tx, "one", "rules", "visit", rule("3"))
        silent = await propose(tx, "one")
        assert silent.midway == {"ladders.status": MidwayPolicy.KEEP}
        told = await propose(tx, "one", midway={"ladders.status": MidwayPolicy.RESTART})

        async def count(tx: Transaction, names: Iterable[str]) -> dict[str, int]:
            return dict.fromkeys(names, 12)

        shown = await program.show_release(tx, program_id=1, number=told.number, counters={"ladders": count})
        assert [(one.path, one.did.value, one.policy, one.members) for one in shown.touched] == [
            ("rules.visit", "added", None, None),
            ("ladders.status", "changed", MidwayPolicy.RESTART, 12),
        ]
        made = await program.publish_proposal(tx, number=told.number, checks=(), by=signed())
        assert made.midway == {"ladders.status": Midway(MidwayPolicy.RESTART, told.number)}
        # A member may not be seen until many releases later: it still says so there.
        await change(tx, "two", "rules", "visit", rule("4"))
        later = await publish(tx, "two")
        assert later.midway == made.midway
        assert (await program.release(tx, program_id=1, number=later.number)).midway == made.midway


@pytest.mark.parametrize("path", ["ladders.other", "rules.visit", "nonsense"])
async def test_nobody_is_in_the_middle_of_what_does_not_change(database: Database, path: str) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx, BASE + LADDER)
        await change(tx, "one", "rules", "visit", rule("3"))
        with pytest.raises(NotMidway):
            await propose(tx, "one", midway={path: MidwayPolicy.CLOSE})


async def test_a_check_of_another_room_stops_a_proposal_too(database: Database) -> None:
    async def never(tx: Transaction, old: Program | None, new: Program) -> Iterable[Fault]:
        return [worded("orphaned_balances", "currencies.points", HELD, HELD)]

    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await change(tx, "one", "rules", "visit", rule("3"))
        with pytest.raises(ProgramNotAccepted):
            await propose(tx, "one", checks=[never])
        made = await propose(tx, "one")
        checked = await program.check_proposal(tx, number=made.number, checks=[never], by=signed(at=NOW + HOUR))
        assert [one.path for one in checked.report.faults] == ["currencies.points"]
        kept = await program.proposal(tx, program_id=1, number=made.number)
        assert (kept.report.ok, kept.checked_at) == (False, NOW + HOUR)


async def test_an_approval_of_what_has_been_overtaken_is_refused(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await change(tx, "one", "rules", "visit", rule("3"))
        await propose(tx, "one", signed("ion", 1))
        await program.publish(tx, program_id=1, text=ONE_MUST_AGREE, by="x", now=NOW)
        other = await approved(tx, "two", "5")
        await program.publish_proposal(tx, number=other.number, checks=(), by=signed())
        with pytest.raises(StateForbids):
            await program.approve_proposal(tx, number=2, digest=None, note="", by=signed("ana", 2))


async def test_schedule_asks_for_approvals_of_the_release_in_force(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await change(tx, "one", "rules", "visit", rule("3"))
        made = await propose(tx, "one", signed("ion", 1))
        with pytest.raises(ApprovalNeeded) as missing:
            await program.schedule_proposal(tx, number=made.number, publish_at=NOW + HOUR, by=signed())
        assert missing.value.text("ro") == (
            "Mai este necesară 1 aprobare de la alte persoane. Mai întâi propuneți versiunea."
        )


async def test_programs_do_not_see_each_others_proposals(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx)
        await approved(tx)
    async with database.read(programs=[2]) as tx:
        assert await tx.fetchval("select count(*) from proposal") == 0
        assert await tx.fetchval("select count(*) from approval") == 0


async def test_an_older_release_and_a_moved_base_are_told_apart(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await begun(tx, BASE)
        await change(tx, "one", "rules", "visit", rule("3"))
        stale = program.prepare_draft(await program.merge_draft(tx, program_id=1, name="one"))
        await change(tx, "two", "rules", "call", rule("4"))
        await publish(tx, "two")
        with pytest.raises(ReleaseOvertaken) as moved:
            await program.propose(tx, prepared=stale, note="", midway={}, checks=(), by=signed())
        assert moved.value.number == 2


def test_the_events_have_types_of_this_room() -> None:
    tags = {str(one.__struct_config__.tag) for one in outbox.Event.__subclasses__()}
    assert {one for one in tags if one.startswith("program.")} == {
        "program.release_proposed", "program.release_approved", "program.release_rejected", "program.release_scheduled",
        "program.release_published", "program.release_overtaken", "program.release_failed",
    }  # fmt: skip
