"""A release as people look at it, whatever its state: what it says, changes and touches, and who said yes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from regulars.kit import pages
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program import carrying, changes, drafts, impact, proposals, queries, writer
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.report import NothingReleased
from regulars.program.contracts.workflow import OPEN, Approval, Proposal, State, Touched
from regulars.program.drafts import Tree
from regulars.program.impact import Counter


class ReleaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """A release with all that led to it. `base` is what it is compared with: what was in force before it; 0: nothing.

    `proposal` is none where it was published directly; `needed` how many approvals it needs, or needed.
    """

    number: int
    state: State
    base: int
    digest: bytes
    program: Program
    text: str
    published_by: str | None
    published_at: dt.datetime | None
    rolled_back_to: int | None
    proposal: Proposal | None
    needed: int
    approvals: tuple[Approval, ...]
    overtaken_by: int | None
    """The release that came into force in the meantime, so that this one cannot."""
    published_as: int | None
    """The number under which it came into force, where another release had come between."""
    proposed_as: int | None
    """The number of the proposal that it comes from, where another release had come between."""
    changes: tuple[Change, ...]
    touched: tuple[Touched, ...]


async def release(
    tx: Transaction, *, program_id: int, number: int, counters: Mapping[str, Counter] | None = None
) -> ReleaseShown:
    """One release or proposal. Members in the middle are counted while it may still be published. Raises NotFound."""
    proposal = await proposals.find(tx, program_id=program_id, number=number)
    published = await queries.numbered(tx, program_id=program_id, number=number)
    if published is None and proposal is None:
        raise NotFound(kind="release", id=str(number))
    before = await _before(tx, program_id, number, proposal)
    program, text = await _content(tx, program_id, number, published)
    published_as = None if proposal is None or proposal.state is not State.PUBLISHED else proposal.overtaken_by
    if published_as is not None:
        published = await queries.numbered(tx, program_id=program_id, number=published_as)
    if proposal is None:
        proposal = await proposals.published_as(tx, program_id=program_id, number=number)
    old = None if before is None else before.program
    live = proposal is not None and proposal.state in OPEN
    midway = {} if proposal is None else proposal.midway
    said = () if proposal is None else await _approvals(tx, program_id, proposal)
    in_force = await queries.newest(tx, program_id=program_id)
    base = 0 if before is None else before.number
    return ReleaseShown(
        number=number,
        state=State.PUBLISHED if proposal is None else proposal.state,
        base=base,
        digest=_digest(published if published_as is None else None, proposal),
        program=program,
        text=text,
        published_by=None if published is None else published.published_by,
        published_at=None if published is None else published.published_at,
        rolled_back_to=published.rolled_back_to if published else proposal.rolled_back_to if proposal else None,
        proposal=proposal,
        needed=0 if old is None else old.program.approvals,
        approvals=said,
        overtaken_by=await _overtaken_by(tx, proposal, in_force, program_id=program_id),
        published_as=published_as,
        proposed_as=proposal.number if proposal is not None and proposal.number != number else None,
        changes=() if old is None else changes.between(old, program),
        touched=await impact.of(
            tx, old=old, new=program, midway=midway, counters=counters if live and counters else {}
        ),
    )


async def proposal(tx: Transaction, *, program_id: int, number: int) -> Proposal:
    """One proposal, whatever became of it. Raises NotFound."""
    return await proposals.load(tx, program_id=program_id, number=number)


async def page(
    tx: Transaction,
    *,
    program_id: int,
    still_open: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> pages.Page[Proposal]:
    """Proposals, the newest first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    before = 2**31 if cursor is None else pages.decode_cursor(cursor, int)
    rows = await proposals.below(tx, program_id=program_id, number=before, limit=size + 1, still_open=still_open)
    return pages.page(rows, limit=size, key=lambda one: one.number)


async def definitions(tx: Transaction, *, program_id: int) -> tuple[int, Tree]:
    """The number of the release in force, and all that it says as plain values. Raises NothingReleased."""
    in_force = await _in_force(tx, program_id)
    return in_force.number, drafts.plain(writer.tree(in_force.program))


async def definition(tx: Transaction, *, program_id: int, kind: str, name: str) -> tuple[int, dict[str, Any]]:
    """The same of one definition. Raises NothingReleased, NotFound, ValidationFault."""
    drafts.check_place(kind, name)
    in_force = await _in_force(tx, program_id)
    number, tree = in_force.number, writer.tree(in_force.program)
    found = drafts.at(tree, kind, name)
    if found is None:
        raise NotFound(kind=kind, id=name)
    return number, drafts.plain(found)


async def _in_force(tx: Transaction, program_id: int) -> Release:
    found = await queries.newest(tx, program_id=program_id)
    if found is None:
        raise NothingReleased(program_id=program_id)
    return found


async def _before(tx: Transaction, program_id: int, number: int, proposal: Proposal | None) -> Release | None:
    if proposal is not None:
        return await queries.numbered(tx, program_id=program_id, number=proposal.base)
    return await queries.newest_below(tx, program_id=program_id, number=number)


async def _content(tx: Transaction, program_id: int, number: int, published: Release | None) -> tuple[Program, str]:
    if published is None:
        return await proposals.content(tx, program_id=program_id, number=number)
    return published.program, await queries.text(tx, program_id=program_id, number=number) or ""


async def _approvals(tx: Transaction, program_id: int, proposal: Proposal) -> tuple[Approval, ...]:
    found = await proposals.approvals(tx, program_id=program_id, number=proposal.number, digest=proposal.digest)
    return tuple(found)


def _digest(published: Release | None, proposal: Proposal | None) -> bytes:
    if published is not None:
        return published.digest
    return proposal.digest if proposal is not None else b""


async def _overtaken_by(
    tx: Transaction, proposal: Proposal | None, in_force: Release | None, *, program_id: int
) -> int | None:
    if proposal is None or proposal.state is State.PUBLISHED:
        return None
    if proposal.overtaken_by is not None:
        return proposal.overtaken_by
    if proposal.state not in OPEN or in_force is None or in_force.number == proposal.base:
        return None
    met = await carrying.meets(tx, proposal, in_force, program_id=program_id)
    return in_force.number if met else None
