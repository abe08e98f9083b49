"""What `regulars program` does with drafts and proposals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Program as Wall
from regulars.access.contracts import ScopeMissing, Signature
from regulars.cli import releasing
from regulars.kit import edge, ids, pages
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.program import service as programs
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.workflow import Proposal

if TYPE_CHECKING:
    import datetime as dt

    from regulars.kit.settings import Settings

KEY: Final = "MY_REGULARS_KEY"


class KeyMissing(RegularsError):
    """A step that only a person may take was asked for without their own key."""

    status = 401
    texts = Text(
        en="Whose yes is it? Put your own API key into {variable}.",
        ru="Чьё это согласие? Укажите свой ключ API в {variable}.",
        ro="Al cui este acordul? Puneți propria cheie API în {variable}.",
    )
    variable: str


class KeyOfOtherProgram(RegularsError):
    """The key belongs to a program that the command is not about."""

    status = 403
    texts = Text(
        en="This key is not one of {program}.",
        ru="Этот ключ не относится к программе {program}.",
        ro="Această cheie nu este a programului {program}.",
    )
    program: str


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
    by = await _person(settings, database, found)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.approve_proposal(tx, number=number, digest=None, note=note, by=by)


async def want_backtest(settings: Settings, database: Database, *, program: str, number: int, by: str) -> Proposal:
    """Ask for a backtest. Raises NotFound, StateForbids."""
    found = await releasing.named(database, program)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.want_backtest(tx, number=number, by=releasing.signature(settings, found, by))


async def reject(
    settings: Settings, database: Database, *, program: str, number: int, reason: str, by: str
) -> Proposal:
    """Say no. Raises NotFound, StateForbids."""
    found = await releasing.named(database, program)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.reject_proposal(
            tx, number=number, reason=reason, by=releasing.signature(settings, found, by)
        )


async def schedule(
    settings: Settings, database: Database, *, program: str, number: int, at: dt.datetime, by: str
) -> Proposal:
    """Publish at a moment. Raises NotFound, StateForbids, ApprovalNeeded, MomentTooEarly, ReleaseOvertaken."""
    from zoneinfo import ZoneInfo

    found = await releasing.named(database, program)
    async with database.transaction(programs=[found.program_id]) as tx:
        # Typed in the time of the program, as its people read their clocks.
        zone = ZoneInfo((await programs.current(tx, program_id=found.program_id)).program.program.zone)
        return await programs.schedule_proposal(
            tx, number=number, publish_at=at.replace(tzinfo=zone), by=releasing.signature(settings, found, by)
        )


async def release(settings: Settings, database: Database, *, program: str, number: int, by: str) -> Release:
    """Publish a proposal. Raises NotFound, StateForbids, ApprovalNeeded, ReleaseOvertaken, ProgramNotAccepted."""
    found = await releasing.named(database, program)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.publish_proposal(
            tx,
            number=number,
            checks=assembly.release_checks(found.program_id),
            by=releasing.signature(settings, found, by),
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
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.rebase_draft(
            tx,
            program_id=found.program_id,
            name=name,
            choose=choose,
            by=releasing.signature(settings, found, by),
        )


async def propose_draft(
    settings: Settings, database: Database, *, program: str, name: str, note: str, by: str
) -> Proposal:
    """Propose a draft. Raises NotFound, DraftConflict, ProgramNotAccepted, NothingChanges."""
    found = await releasing.named(database, program)
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
            by=releasing.signature(settings, found, by),
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
    signed = releasing.signature(settings, there, by)
    async with database.transaction(programs=[there.program_id]) as tx:
        made = await programs.copy_into_draft(tx, source=found.program, name=draft, settings=with_settings, by=signed)
        new = {"source": here.key, "release": found.number, "digest": found.digest.hex()}
        await access.sign(tx, signed, action="draft.copy", target=made.name, old=None, new=new)
    return made


async def _person(settings: Settings, database: Database, found: Wall) -> Signature:
    token = os.environ.get(KEY, "")
    if not token:
        raise KeyMissing(variable=KEY)
    now = edge.now()
    actor = await access.authenticate(database, token.strip(), now=now)
    if actor.program_id != found.program_id:
        raise KeyOfOtherProgram(program=found.key)
    if not actor.may("program:approve"):
        raise ScopeMissing(scope="program:approve")
    return access.signature_of(actor, home=settings.home, now=now, act_id=edge.new_id(now))
