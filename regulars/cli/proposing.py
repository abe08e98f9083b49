"""What `regulars program` does with drafts and proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars import assembly
from regulars.access import service as access
from regulars.cli import releasing, signing
from regulars.kit import ids, pages
from regulars.kit.database import Database
from regulars.program import service as programs
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.workflow import Proposal

if TYPE_CHECKING:
    import datetime as dt

    from regulars.kit.settings import Settings


async def proposals(database: Database, *, program: str) -> list[Proposal]:
    """The last hundred proposals."""
    found = await releasing.named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        page: pages.Page[Proposal] = await programs.proposals(tx, program_id=found.program_id, limit=100)
    return list(page.items)


async def shown(database: Database, *, program: str, number: int) -> tuple[programs.ReleaseShown, dict[Any, str]]:
    """A release with all that led to it, and what the staff are called. Raises NotFound."""
    found = await releasing.named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        counters = assembly.impact_counters(found.program_id)
        one = await programs.show_release(tx, program_id=found.program_id, number=number, counters=counters)
        staff = {
            ids.from_wire("stf", each.id): each.name for each in await access.staff(tx, program_id=found.program_id)
        }
    return one, staff


async def approve(
    settings: Settings, database: Database, *, program: str, number: int, note: str
) -> tuple[Proposal, int]:
    """Say yes with one's own key. Raises KeyMissing, BadToken, OwnProposal, PersonNeeded, StateForbids, NotFound."""
    found = await releasing.named(database, program)
    by = await signing.person(settings, database, found, "program:approve")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.approve_proposal(tx, number=number, digest=None, note=note, by=by)


async def want_backtest(settings: Settings, database: Database, *, program: str, number: int, by: str) -> Proposal:
    """Ask for a backtest. Raises NotFound, StateForbids."""
    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:write")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.want_backtest(tx, number=number, by=signed)


async def reject(
    settings: Settings, database: Database, *, program: str, number: int, reason: str, by: str
) -> Proposal:
    """Say no, or take back one's own. Raises NotFound, StateForbids, ScopeMissing."""
    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:approve", "program:write")
    async with database.transaction(programs=[found.program_id]) as tx:
        before = await programs.show_release(tx, program_id=found.program_id, number=number)
        if before.proposal is None or signed.staff_id not in before.proposal.proposers:
            # Whoever may only write takes back their own, and says no to nobody else's.
            signed = await signing.signature(settings, database, found, by, "program:approve")
        return await programs.reject_proposal(tx, number=number, reason=reason, by=signed)


async def schedule(
    settings: Settings, database: Database, *, program: str, number: int, at: dt.datetime, by: str
) -> Proposal:
    """Publish at a moment. Raises NotFound, StateForbids, ApprovalNeeded, MomentTooEarly, ReleaseOvertaken."""
    from zoneinfo import ZoneInfo

    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:publish")
    async with database.transaction(programs=[found.program_id]) as tx:
        # Typed in the time of the program, as its people read their clocks.
        zone = ZoneInfo((await programs.current(tx, program_id=found.program_id)).program.program.zone)
        return await programs.schedule_proposal(tx, number=number, publish_at=at.replace(tzinfo=zone), by=signed)


async def release(settings: Settings, database: Database, *, program: str, number: int, by: str) -> Release:
    """Publish a proposal. Raises NotFound, StateForbids, ApprovalNeeded, ReleaseOvertaken, ProgramNotAccepted."""
    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:publish")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.publish_proposal(
            tx,
            number=number,
            checks=assembly.release_checks(found.program_id),
            by=signed,
        )


async def drafts(database: Database, *, program: str) -> list[programs.Draft]:
    """All drafts."""
    found = await releasing.named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        return await programs.drafts_of(tx, program_id=found.program_id)


async def draft(database: Database, *, program: str, name: str) -> programs.DraftShown:
    """A draft against what is in force. Raises NotFound."""
    found = await releasing.named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        return await programs.show_draft(tx, program_id=found.program_id, name=name)


async def rebase(
    settings: Settings, database: Database, *, program: str, name: str, choose: dict[str, programs.Side], by: str
) -> programs.Draft:
    """Bring a draft onto the release in force. Raises NotFound, DraftConflict, ValidationFault."""
    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:write")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.rebase_draft(
            tx,
            program_id=found.program_id,
            name=name,
            choose=choose,
            by=signed,
        )


async def propose_draft(
    settings: Settings, database: Database, *, program: str, name: str, note: str, by: str
) -> Proposal:
    """Propose a draft. Raises NotFound, DraftConflict, ProgramNotAccepted, NothingChanges."""
    found = await releasing.named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:write")
    async with database.read(programs=[found.program_id]) as tx:
        merged = await programs.merge_draft(tx, program_id=found.program_id, name=name)
    prepared = programs.prepare_draft(merged)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.propose(
            tx,
            prepared=prepared,
            note=note,
            midway={},
            checks=assembly.release_checks(found.program_id),
            by=signed,
        )


async def copy(
    settings: Settings,
    database: Database,
    *,
    source: str,
    to: str,
    number: int,
    draft: str,
    with_settings: bool,
    by: str,
) -> programs.Draft:
    """One program's release as a draft of another. Raises UnknownProgram, NothingReleased, NothingChanges."""
    here, there = await releasing.named(database, source), await releasing.named(database, to)
    async with database.read(programs=[here.program_id]) as tx:
        if number:
            found = await programs.release(tx, program_id=here.program_id, number=number)
        else:
            found = await programs.current(tx, program_id=here.program_id)
    signed = await signing.signature(settings, database, there, by, "program:write")
    async with database.transaction(programs=[there.program_id]) as tx:
        made = await programs.copy_into_draft(tx, source=found.program, name=draft, settings=with_settings, by=signed)
        new = {"source": here.key, "release": found.number, "digest": found.digest.hex()}
        await access.sign(tx, signed, action="draft.copy", target=made.name, old=None, new=new)
    return made
