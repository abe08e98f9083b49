"""The way of a release: proposed, approved by others, scheduled, published, rolled back. Each step is one transaction
with its audit entry and its event; whoever comes second finds the state that the first one left.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit import outbox
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound, RegularsError
from regulars.kit.outbox import Event
from regulars.program import carrying, drafting, impact, noting, partnership, proposals, publishing, queries, reader
from regulars.program.checks import run
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.partners import HOUSE
from regulars.program.contracts.report import NothingReleased, ProgramNotAccepted, ReleaseOvertaken, Report
from regulars.program.contracts.workflow import (
    OPEN,
    Approval,
    ApprovalNeeded,
    DraftMoved,
    MomentTooEarly,
    NothingChanges,
    NotYours,
    OtherText,
    OwnProposal,
    PersonNeeded,
    Proposal,
    ReasonNeeded,
    ReleaseApproved,
    ReleaseFailed,
    ReleaseProposed,
    ReleasePublished,
    ReleaseRejected,
    ReleaseScheduled,
    State,
    StateForbids,
)
from regulars.program.drafting import Merged
from regulars.program.drafts import Draft
from regulars.program.publishing import ReleaseCheck
from regulars.program.reader import LoadFile

AHEAD_MAX: Final = dt.timedelta(days=366)


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A program that was read and checked, before a transaction is opened for it: a large one takes a while.

    `base` is the release that it was made over, none where it stands for itself.
    """

    program: Program
    text: str
    report: Report
    base: int | None = None
    draft: Draft | None = None
    rolled_back_to: int | None = None
    digest: bytes | None = None
    """What it says, where that is worked out already: it takes long."""
    partner: str | None = None
    """Whose it is: it was compared with the release in force, and changes nothing but what is theirs."""


def prepare(text: str, load_file: LoadFile | None = None) -> Prepared:
    """A YAML text, read and checked. Raises ProgramNotAccepted."""
    source = reader.read(text, load_file)
    report = run.source(source)
    if source.program is None or not report.ok:
        raise publishing.refused(report)
    return Prepared(program=source.program, text=text, report=report, digest=publishing.digest(source.program))


def prepare_draft(merged: Merged, partner: str | None = None) -> Prepared:
    """A draft over the release in force, read and checked: a partner's changes nothing but what is theirs.

    All that takes long is done here, before anybody waits for their turn; whether that release is still in force is
    asked again under the lock. Raises ProgramNotAccepted, NotYours, NotForPartners.
    """
    report = drafting.report_of(merged.text)
    program = reader.read(merged.text).program
    if program is None or not report.ok:
        raise publishing.refused(report)
    if partner is not None:
        partnership.check_release(merged.program, program, partner)
    says = publishing.digest(program)
    return Prepared(
        program=program,
        text=merged.text,
        report=report,
        base=merged.in_force,
        draft=merged.draft,
        digest=says,
        partner=partner,
    )


async def propose(
    tx: Transaction,
    *,
    prepared: Prepared,
    note: str,
    midway: Mapping[str, MidwayPolicy],
    checks: Sequence[ReleaseCheck],
    by: Signature,
) -> Proposal:
    """Make a release of it that waits for others; earlier proposals of the same draft are overtaken by it.

    `midway` says what becomes of members in the middle of what it changes; `keep` where nothing is said.
    Raises ProgramNotAccepted, NothingChanges, NotMidway, ReleaseOvertaken, DraftMoved.
    """
    last = await proposals.lock(tx, program_id=by.program_id)
    in_force = await queries.newest(tx, program_id=by.program_id)
    proposed_at = await _check_still_there(tx, prepared, in_force, by)
    says = prepared.digest or publishing.digest(prepared.program)
    if in_force is not None and in_force.digest == says:
        raise NothingChanges(number=in_force.number)
    old = None if in_force is None else in_force.program
    policies = impact.policies(old, prepared.program, midway)
    report = await _checked(tx, prepared.report, old, prepared.program, checks)
    if not report.ok:
        raise publishing.refused(report)
    proposal = Proposal(
        number=max(last, 0 if in_force is None else in_force.number) + 1,
        state=State.PROPOSED,
        base=0 if in_force is None else in_force.number,
        digest=says,
        draft=None if prepared.draft is None else prepared.draft.name,
        rolled_back_to=prepared.rolled_back_to,
        note=note,
        midway=policies,
        report=report,
        checked_at=by.at,
        proposed_by=by.actor,
        proposers=_proposers(prepared, by),
        proposed_at=proposed_at,
        changed_by=by.actor,
        changed_at=by.at,
    )
    await proposals.insert(
        tx, program_id=by.program_id, proposal=proposal, program=prepared.program, text=prepared.text
    )
    await proposals.take(tx, program_id=by.program_id, number=proposal.number)
    events: list[Event] = [
        ReleaseProposed(number=proposal.number, digest=says.hex(), needed=_needed(in_force)),
        *await _replace(tx, proposal, by),
    ]
    await noting.told(tx, by, "release.propose", None, proposal, *events)
    return proposal


async def check(tx: Transaction, *, number: int, checks: Sequence[ReleaseCheck], by: Signature) -> Proposal:
    """Check a proposal again, against what is in force now, and keep the report. Raises NotFound, StateForbids."""
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await _open(tx, number, by)
    in_force = await queries.newest(tx, program_id=by.program_id)
    try:
        program, _, report = await _to_publish(tx, proposal, in_force, by)
    except ReleaseOvertaken:
        program, _ = await proposals.content(tx, program_id=by.program_id, number=number)
        report = await asyncio.to_thread(run.program, program)
    report = await _checked(tx, report, None if in_force is None else in_force.program, program, checks)
    checked = msgspec.structs.replace(proposal, report=report, checked_at=by.at)
    await proposals.store(tx, program_id=by.program_id, proposal=checked)
    return checked


async def approve(
    tx: Transaction, *, number: int, digest: bytes | None, note: str, by: Signature
) -> tuple[Proposal, int]:
    """Say yes to a proposal; with `digest`, only if that is what it says. Gives it, and how many have said yes.

    The same person again changes nothing. Raises NotFound, PersonNeeded, OwnProposal, OtherText, StateForbids,
    ReleaseOvertaken.
    """
    if by.staff_id is None:
        raise PersonNeeded
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await proposals.load(tx, program_id=by.program_id, number=number)
    if proposal.state not in {State.PROPOSED, State.APPROVED}:
        raise StateForbids(number=number, state=proposal.state.value)
    if by.staff_id in proposal.proposers:
        raise OwnProposal(number=number)
    if digest is not None and digest != proposal.digest:
        raise OtherText(number=number, digest=proposal.digest.hex())
    in_force = await _over(tx, proposal, by)
    yes = Approval(staff_id=by.staff_id, digest=proposal.digest, note=note, approved_at=by.at)
    fresh = await proposals.approve(tx, program_id=by.program_id, number=number, approval=yes)
    given = await _given(tx, proposal, by)
    if not fresh:
        return proposal, given
    needed = _needed(in_force)
    after = noting.moved(proposal, State.APPROVED if given >= needed else State.PROPOSED, by)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    event = ReleaseApproved(number=number, given=given, needed=needed)
    await noting.told(tx, by, "release.approve", proposal, after, event)
    return after, given


async def reject(tx: Transaction, *, number: int, reason: str, by: Signature) -> Proposal:
    """Say no to a proposal, or take one's own back; it is never published. Raises NotFound, StateForbids."""
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await _open(tx, number, by)
    after = msgspec.structs.replace(noting.moved(proposal, State.REJECTED, by), reason=reason)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    await noting.told(tx, by, "release.reject", proposal, after, ReleaseRejected(number=number))
    return after


async def schedule(tx: Transaction, *, number: int, publish_at: dt.datetime, by: Signature) -> Proposal:
    """Have an approved proposal published at a moment. Again gives it another moment.

    Raises NotFound, StateForbids, ApprovalNeeded, MomentTooEarly, ReleaseOvertaken.
    """
    if not by.at < publish_at <= by.at + AHEAD_MAX:
        raise MomentTooEarly(at=publish_at)
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await _open(tx, number, by)
    await _check_approved(tx, proposal, await _over(tx, proposal, by), by)
    after = msgspec.structs.replace(noting.moved(proposal, State.SCHEDULED, by), publish_at=publish_at)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    await noting.told(
        tx, by, "release.schedule", proposal, after, ReleaseScheduled(number=number, publish_at=publish_at)
    )
    return after


async def publish(tx: Transaction, *, number: int, checks: Sequence[ReleaseCheck], by: Signature) -> Release:
    """Bring an approved proposal into force, checked again: as it stands, or where a release that has nothing to do
    with it came between, what it changes over that one, under another number.

    Raises NotFound, StateForbids, ApprovalNeeded, ReleaseOvertaken, ProgramNotAccepted, NothingChanges.
    """
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await _open(tx, number, by)
    in_force = await _over(tx, proposal, by)
    await _check_approved(tx, proposal, in_force, by)
    program, text, report = await _to_publish(tx, proposal, in_force, by)
    if not report.ok:
        raise publishing.refused(report)
    moved = in_force is not None and in_force.number != proposal.base
    made = await publishing.publish(
        tx,
        program_id=by.program_id,
        program=program,
        source=text,
        by=by.actor,
        now=by.at,
        checks=checks,
        rolled_back_to=proposal.rolled_back_to,
        number=None if moved else number,
        midway=proposal.midway,
        approved=True,
    )
    if in_force is not None and made.number == in_force.number:
        raise NothingChanges(number=made.number)
    after = noting.moved(proposal, State.PUBLISHED, by)
    after = msgspec.structs.replace(after, overtaken_by=made.number if moved else None)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    if proposal.draft is not None:
        await drafting.after_publish(
            tx, program_id=by.program_id, name=proposal.draft, proposed_at=proposal.proposed_at, number=made.number
        )
    events = await _in_force(tx, made, by, proposed_as=number if moved else None)
    said = noting.said(in_force, made)
    await noting.told(tx, by, "release.publish", proposal, after, *events, said=said)
    return made


async def _to_publish(
    tx: Transaction, proposal: Proposal, in_force: Release | None, by: Signature
) -> tuple[Program, str, Report]:
    """What a proposal brings into force, checked beside the loop, which others need meanwhile. Raises ReleaseOvertaken,
    ProgramNotAccepted."""
    program, text = await proposals.content(tx, program_id=by.program_id, number=proposal.number)
    if in_force is None or in_force.number == proposal.base:
        return program, text, await asyncio.to_thread(run.program, program)
    base = await queries.numbered(tx, program_id=by.program_id, number=proposal.base)
    if base is None:
        raise ReleaseOvertaken(number=in_force.number)
    found = await asyncio.to_thread(carrying.carry, base.program, program, in_force.program, proposal.report)
    if found.program is None or not found.report.ok:
        raise publishing.refused(found.report)
    if not found.clean:
        raise ReleaseOvertaken(number=in_force.number)
    return found.program, found.text, found.report


async def publish_due(tx: Transaction, *, number: int, checks: Sequence[ReleaseCheck], by: Signature) -> Proposal:
    """Publish what was scheduled, or say that it failed and why. Raises NotFound."""
    await proposals.lock(tx, program_id=by.program_id)
    proposal = await proposals.load(tx, program_id=by.program_id, number=number)
    if proposal.state is not State.SCHEDULED or proposal.publish_at is None or proposal.publish_at > by.at:
        return proposal
    try:
        await publish(tx, number=number, checks=checks, by=by)
    except (ReleaseOvertaken, ApprovalNeeded, NothingChanges, NothingReleased, ProgramNotAccepted) as fault:
        return await _fail(tx, proposal, fault, by)
    return await proposals.load(tx, program_id=by.program_id, number=number)


async def publish_directly(
    tx: Transaction, *, prepared: Prepared, checks: Sequence[ReleaseCheck], by: Signature
) -> Release:
    """Bring a text into force at once, where the program asks for nobody's approval.

    A text that says what is in force makes no new release.
    Raises ProgramNotAccepted, ApprovalNeeded, ReleaseOvertaken.
    """
    return await _at_once(tx, prepared, checks, by, "release.publish", {})


async def publish_draft(
    tx: Transaction, *, prepared: Prepared, checks: Sequence[ReleaseCheck], by: Signature
) -> Release:
    """Bring a draft into force at once: a partner's, prepared as such, without anybody's approval; the house's where
    the program asks for none.

    Raises NotYours, ApprovalNeeded, ProgramNotAccepted, NothingChanges, ReleaseOvertaken, DraftMoved.
    """
    await proposals.lock(tx, program_id=by.program_id)
    in_force = await queries.newest(tx, program_id=by.program_id)
    if in_force is None or prepared.draft is None:
        raise NothingReleased(program_id=by.program_id)
    if prepared.partner != by.partner:
        raise NotYours(partner=by.partner or HOUSE, path=f"drafts.{prepared.draft.name}")
    proposed_at = await _check_still_there(tx, prepared, in_force, by)
    if in_force.digest == (prepared.digest or publishing.digest(prepared.program)):
        raise NothingChanges(number=in_force.number)
    said = {"partner": by.partner} if by.partner is not None else {}
    made = await _at_once(tx, prepared, checks, by, "release.publish", said, approved=by.partner is not None)
    await drafting.after_publish(
        tx, program_id=by.program_id, name=prepared.draft.name, proposed_at=proposed_at, number=made.number
    )
    return made


async def roll_back(
    tx: Transaction,
    *,
    to: int,
    checks: Sequence[ReleaseCheck],
    by: Signature,
    emergency: bool = False,
    reason: str = "",
) -> Release | Proposal:
    """Bring the text of an earlier release into force again, under a new number.

    Where the program asks for approvals it becomes a proposal, unless it is an `emergency`, which needs a reason.
    Raises NotFound, ReasonNeeded, NothingChanges, ProgramNotAccepted, ReleaseOvertaken.
    """
    if emergency and not reason.strip():
        raise ReasonNeeded
    old = await queries.numbered(tx, program_id=by.program_id, number=to)
    source = await queries.text(tx, program_id=by.program_id, number=to)
    if old is None or source is None:
        raise NotFound(kind="release", id=str(to))
    prepared = Prepared(program=old.program, text=source, report=run.program(old.program), rolled_back_to=to)
    in_force = await queries.newest(tx, program_id=by.program_id)
    if _needed(in_force) and not emergency:
        return await propose(tx, prepared=prepared, note=reason, midway={}, checks=checks, by=by)
    said = {"emergency": emergency, "reason": reason} if emergency or reason else {}
    return await _at_once(tx, prepared, checks, by, "release.rollback", said, approved=emergency)


async def _at_once(
    tx: Transaction,
    prepared: Prepared,
    checks: Sequence[ReleaseCheck],
    by: Signature,
    action: str,
    said: dict[str, Any],
    *,
    approved: bool = False,
) -> Release:
    before = await queries.newest(tx, program_id=by.program_id)
    made = await publishing.publish(
        tx,
        program_id=by.program_id,
        program=prepared.program,
        source=prepared.text,
        by=by.actor,
        now=by.at,
        checks=checks,
        rolled_back_to=prepared.rolled_back_to,
        approved=approved,
        says=prepared.digest,
    )
    if before is not None and made.number == before.number:
        return made
    new = {"number": made.number, "digest": made.digest.hex(), "rolled_back_to": made.rolled_back_to, **said}
    new["changes"] = noting.said(before, made)["changes"]
    old = {"in_force": None} if before is None else {"in_force": before.number, "digest": before.digest.hex()}
    await access.sign(tx, by, action=action, target=noting.target(made.number), old=old, new=new)
    events = await _in_force(tx, made, by, emergency=approved and by.partner is None)
    await outbox.record(tx, *events, program_id=by.program_id, event_id=by.act_id, occurred_at=by.at)
    return made


async def _in_force(
    tx: Transaction, made: Release, by: Signature, *, emergency: bool = False, proposed_as: int | None = None
) -> list[Event]:
    """What is said of a release that came into force, and of those that it overtook."""
    events: list[Event] = [
        ReleasePublished(
            number=made.number,
            digest=made.digest.hex(),
            proposed_as=proposed_as,
            rolled_back_to=made.rolled_back_to,
            emergency=emergency,
        )
    ]
    # One that is scheduled is told when its moment comes: until then somebody may still look at it and take it back.
    for other in await proposals.waiting(tx, program_id=by.program_id):
        if other.number == made.number or other.base >= made.number:
            continue
        if await carrying.meets(tx, other, made, program_id=by.program_id):
            events.append(await noting.overtake(tx, other, made.number, by))
    return events


async def _replace(tx: Transaction, proposal: Proposal, by: Signature) -> list[Event]:
    if proposal.draft is None:
        return []
    earlier = await proposals.of_draft(tx, program_id=by.program_id, draft=proposal.draft)
    return [await noting.overtake(tx, one, proposal.number, by) for one in earlier if one.number != proposal.number]


async def _fail(tx: Transaction, proposal: Proposal, fault: RegularsError, by: Signature) -> Proposal:
    by_release = fault.number if isinstance(fault, ReleaseOvertaken) else None
    after = noting.moved(proposal, State.FAILED, by)
    after = msgspec.structs.replace(after, reason=fault.code, overtaken_by=by_release)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    await noting.told(tx, by, "release.fail", proposal, after, ReleaseFailed(number=proposal.number, code=fault.code))
    return after


async def _check_still_there(
    tx: Transaction, prepared: Prepared, in_force: Release | None, by: Signature
) -> dt.datetime:
    """The moment of the proposal: never before the last change of its draft."""
    number = 0 if in_force is None else in_force.number
    if prepared.base is not None and prepared.base != number:
        raise ReleaseOvertaken(number=number)
    if prepared.draft is None:
        return by.at
    held = await drafting.load(tx, program_id=by.program_id, name=prepared.draft.name, lock=True)
    if held.changed_at != prepared.draft.changed_at:
        raise DraftMoved(draft=held.name)
    return await drafting.stamp(tx, program_id=by.program_id, held=held, at=by.at)


async def _check_approved(tx: Transaction, proposal: Proposal, in_force: Release | None, by: Signature) -> None:
    missing = _needed(in_force) - await _given(tx, proposal, by)
    if missing > 0:
        raise ApprovalNeeded(missing=missing)


async def _over(tx: Transaction, proposal: Proposal, by: Signature) -> Release | None:
    """The release in force, which a proposal was made over, or with which it has nothing to do. Raises
    ReleaseOvertaken."""
    in_force = await queries.newest(tx, program_id=by.program_id)
    number = 0 if in_force is None else in_force.number
    if number != proposal.base and (
        in_force is None or await carrying.meets(tx, proposal, in_force, program_id=by.program_id)
    ):
        raise ReleaseOvertaken(number=number)
    return in_force


async def _checked(
    tx: Transaction, report: Report, old: Program | None, new: Program, checks: Sequence[ReleaseCheck]
) -> Report:
    outside = await publishing.outside_faults(tx, old=old, new=new, checks=checks)
    return msgspec.structs.replace(report, faults=(*report.faults, *outside))


async def _open(tx: Transaction, number: int, by: Signature) -> Proposal:
    proposal = await proposals.load(tx, program_id=by.program_id, number=number)
    if proposal.state not in OPEN:
        raise StateForbids(number=number, state=proposal.state.value)
    return proposal


async def _given(tx: Transaction, proposal: Proposal, by: Signature) -> int:
    return len(await proposals.approvals(tx, program_id=by.program_id, number=proposal.number, digest=proposal.digest))


def _needed(in_force: Release | None) -> int:
    """How many must say yes: what is in force decides, so that nobody turns it down alone."""
    return 0 if in_force is None else in_force.program.program.approvals


def _proposers(prepared: Prepared, by: Signature) -> tuple[UUID, ...]:
    """Who may not approve: whoever proposed it, and whoever wrote it."""
    authors = () if prepared.draft is None else prepared.draft.authors
    asked = () if by.answerable is None else (by.answerable,)
    return tuple(dict.fromkeys((*asked, *authors)))
