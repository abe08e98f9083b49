"""The one place where a release comes into force."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from regulars.kit.database import Transaction
from regulars.program import proposals, queries, slots, writer
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.report import Fault, ProgramNotAccepted, ReleaseOvertaken, Report
from regulars.program.contracts.workflow import ApprovalNeeded

CHANNEL: Final = "program_published"
"""The channel on which a publish is notified; the payload is `<program id>:<number>`."""

ReleaseCheck = Callable[[Transaction, Program | None, Program], Awaitable[Iterable[Fault]]]
"""A check that needs the database: given the program in force (none at first) and the one to be published."""


def digest(program: Program) -> bytes:
    """Names what a program says: the same for two texts that differ in layout and comments only."""
    return hashlib.sha256(writer.export(program).encode()).digest()


def refused(report: Report) -> ProgramNotAccepted:
    """The error of a report with faults."""
    first = report.faults[0]
    return ProgramNotAccepted(report=report, count=len(report.faults), first=f"{first.path}: {first.message('en')}")


async def outside_faults(
    tx: Transaction, *, old: Program | None, new: Program, checks: Sequence[ReleaseCheck]
) -> tuple[Fault, ...]:
    """What the checks of other rooms find."""
    found: list[Fault] = []
    for one in checks:
        found += await one(tx, old, new)
    return tuple(found)


async def publish(
    tx: Transaction,
    *,
    program_id: int,
    program: Program,
    source: str,
    by: str,
    now: dt.datetime,
    checks: Sequence[ReleaseCheck],
    rolled_back_to: int | None = None,
    number: int | None = None,
    midway: Mapping[str, MidwayPolicy] | None = None,
    approved: bool = False,
    says: bytes | None = None,
) -> Release:
    """Make a release and tell every process; the one in force where it says the same.

    `number` is that of the proposal; none: the next free one. `approved` where other people said yes, or need not;
    `says` its digest, where it is known. Raises ProgramNotAccepted, ApprovalNeeded, ReleaseOvertaken.
    """
    before = await queries.newest(tx, program_id=program_id)
    says = says or digest(program)
    if before is not None and before.digest == says:
        return before
    if before is not None and before.program.program.approvals and not approved:
        raise ApprovalNeeded(missing=before.program.program.approvals)
    faults = await outside_faults(tx, old=None if before is None else before.program, new=program, checks=checks)
    if faults:
        raise refused(Report(faults=faults))
    last = await proposals.lock(tx, program_id=program_id)
    in_force = await queries.newest_number(tx, program_id=program_id)
    # Somebody was first while we waited: what was checked against is not in force any more.
    if in_force != (0 if before is None else before.number):
        raise ReleaseOvertaken(number=in_force)
    number = number or max(last, in_force) + 1
    known = await queries.known_slots(tx, program_id=program_id)
    given = slots.assign(program, known)
    made = Release(
        program_id=program_id,
        number=number,
        program=program,
        slots=slots.by_name(given),
        digest=says,
        to_backfill=slots.to_backfill(slots.by_name(given), before.slots if before else {}),
        rolled_back_to=rolled_back_to,
        midway=_midway(before, midway or {}, number),
        published_by=by,
        published_at=now,
    )
    if not await queries.insert(tx, release=made, source=source):
        raise ReleaseOvertaken(number=made.number)
    await proposals.take(tx, program_id=program_id, number=max(last, number))
    fresh = {key: slot for key, slot in given.items() if key not in known}
    await queries.insert_slots(tx, program_id=program_id, number=made.number, slots=fresh)
    # Heard only when the transaction commits.
    await tx.fetchval("select pg_notify($1, $2)", CHANNEL, f"{program_id}:{made.number}")
    return made


def _midway(before: Release | None, declared: Mapping[str, MidwayPolicy], number: int) -> dict[str, Midway]:
    """Declarations of earlier releases stay: a member may not have been seen since."""
    held = {} if before is None else before.midway
    fresh = {path: Midway(policy, number) for path, policy in declared.items() if policy is not MidwayPolicy.KEEP}
    return {**held, **fresh}
