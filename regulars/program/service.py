"""The door of the room: check a text, publish a release, roll back, read what is released."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from regulars.kit import pages
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program import changes, drafts, formatting, queries, reader, slots, writer
from regulars.program.checks import run
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release, ReleaseNote
from regulars.program.contracts.report import (
    Check,
    DraftConflict,
    Fault,
    NothingReleased,
    ProgramNotAccepted,
    ReleaseOvertaken,
    Report,
)
from regulars.program.drafts import Draft
from regulars.program.reader import LoadFile

CHANNEL: Final = "program_published"
"""The channel on which a publish is notified; the payload is `<program id>:<number>`."""

ReleaseCheck = Callable[[Transaction, Program | None, Program], Awaitable[Iterable[Fault]]]
"""A check that needs the database: given the program in force (none at first) and the one to be published."""

__all__ = [
    "CHANNEL",
    "Draft",
    "DraftConflict",
    "ReleaseCheck",
    "calendar",
    "candidate",
    "change_draft",
    "check",
    "check_draft",
    "current",
    "diff",
    "digest",
    "discard_draft",
    "draft",
    "drafts_of",
    "export",
    "format_text",
    "history",
    "preset",
    "publish",
    "publish_draft",
    "read",
    "release",
    "rollback",
    "text",
]


def read(text: str, load_file: LoadFile | None = None) -> Program:
    """The program in a YAML text, checked, with the values of the files that it names. Raises ProgramNotAccepted."""
    source = reader.read(text, load_file)
    report = run.source(source)
    if source.program is None or not report.ok:
        raise _refused(report)
    return source.program


def check(text: str, load_file: LoadFile | None = None, extra_checks: Sequence[Check] = ()) -> Report:
    """Everything that is wrong with a YAML text, and every doubt about it, at line and column. Raises nothing."""
    return run.source(reader.read(text, load_file), extra_checks)


def preset(name: str = "grocery") -> str:
    """The YAML text of a program that comes with Regulars. Raises NotFound."""
    path = Path(__file__).parent / "presets" / f"{name}.yaml"
    if not name.isidentifier() or not path.exists():
        raise NotFound(kind="preset", id=name[:60])
    return path.read_text(encoding="utf-8")


def export(program: Program) -> str:
    """The canonical YAML of a program: what differs from the defaults, in the order of the definitions."""
    return writer.export(program)


def format_text(text: str, load_file: LoadFile | None = None) -> str:
    """The same program in the house style: expressions in double quotes, comments kept.

    What it means is not checked. Raises ProgramNotAccepted where it cannot be read.
    """
    source = reader.read(text, load_file)
    if source.program is None or source.faults:
        raise _refused(Report(faults=source.faults))
    return formatting.house_style(source)


def diff(old: Program, new: Program) -> tuple[Change, ...]:
    """What was added, removed and changed, field by field; each change can be worded in en, ru, ro. Raises nothing."""
    return changes.between(old, new)


def candidate(program: Program, *, program_id: int, number: int = 0, like: Release | None = None) -> Release:
    """A program as a release that was never published: for backtests, previews and tests.

    With `like`, metrics that count the same keep the slots they have in that release.
    """
    known = {} if like is None else _slots_of(like)
    given = slots.by_name(slots.assign(program, known))
    before = {} if like is None else like.slots
    return Release(
        program_id=program_id,
        number=number,
        program=program,
        slots=given,
        digest=digest(program),
        to_backfill=slots.to_backfill(given, before),
    )


def digest(program: Program) -> bytes:
    """Names what a program says: the same for two texts that differ in layout and comments only."""
    return hashlib.sha256(writer.export(program).encode()).digest()


async def publish(
    tx: Transaction,
    *,
    program_id: int,
    text: str,
    by: str,
    now: dt.datetime,
    load_file: LoadFile | None = None,
    extra_checks: Sequence[ReleaseCheck] = (),
) -> Release:
    """Make a release of a YAML text and tell every process. A text that says what is in force makes no new release.

    Raises ProgramNotAccepted, ReleaseOvertaken.
    """
    return await _publish(tx, program_id, read(text, load_file), text, by, now, extra_checks)


async def rollback(
    tx: Transaction,
    *,
    program_id: int,
    to: int,
    by: str,
    now: dt.datetime,
    extra_checks: Sequence[ReleaseCheck] = (),
) -> Release:
    """Publish the text of an earlier release again, under a new number.

    Raises NotFound, ProgramNotAccepted, ReleaseOvertaken.
    """
    old = await release(tx, program_id=program_id, number=to)
    source = await text(tx, program_id=program_id, number=to)
    return await _publish(tx, program_id, old.program, source, by, now, extra_checks, rolled_back_to=to)


async def current(tx: Transaction, *, program_id: int) -> Release:
    """The release in force. Raises NothingReleased."""
    found = await queries.newest(tx, program_id=program_id)
    if found is None:
        raise NothingReleased(program_id=program_id)
    return found


async def release(tx: Transaction, *, program_id: int, number: int) -> Release:
    """One release by its number. Raises NotFound."""
    found = await queries.numbered(tx, program_id=program_id, number=number)
    if found is None:
        raise NotFound(kind="release", id=str(number))
    return found


async def text(tx: Transaction, *, program_id: int, number: int) -> str:
    """The YAML text of a release, exactly as it was handed in. Raises NotFound."""
    found = await queries.text(tx, program_id=program_id, number=number)
    if found is None:
        raise NotFound(kind="release", id=str(number))
    return found


async def calendar(tx: Transaction, *, program_id: int) -> list[tuple[int, dt.datetime]]:
    """Number and moment of every release, the first one first; empty where nothing is released. Raises nothing."""
    return await queries.calendar(tx, program_id=program_id)


async def history(
    tx: Transaction, *, program_id: int, cursor: str | None = None, limit: int | None = None
) -> pages.Page[ReleaseNote]:
    """The releases, the newest first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    before = 2**31 - 1 if cursor is None else pages.decode_cursor(cursor, int)
    rows = await queries.below(tx, program_id=program_id, number=before, limit=size + 1)
    newest = await queries.calendar(tx, program_id=program_id)
    in_force = newest[-1][0] if newest else 0
    notes = [
        ReleaseNote(
            number=row["number"],
            digest=bytes(row["digest"]).hex(),
            current=row["number"] == in_force,
            to_backfill=tuple(row["to_backfill"]),
            rolled_back_to=row["rolled_back_to"],
            published_by=row["published_by"],
            published_at=row["published_at"],
        )
        for row in rows
    ]
    return pages.page(notes, limit=size, key=lambda note: note.number)


async def draft(tx: Transaction, *, program_id: int, name: str) -> Draft:
    """One draft with its changes. Raises NotFound."""
    found = await drafts.load(tx, program_id=program_id, name=name)
    if found is None:
        raise NotFound(kind="draft", id=name[:60])
    return found


async def drafts_of(tx: Transaction, *, program_id: int) -> list[Draft]:
    """The drafts of a program by name, at most a hundred. Raises nothing."""
    return await drafts.listed(tx, program_id=program_id)


async def change_draft(
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    kind: str,
    definition_name: str,
    definition: Mapping[str, Any] | None,
    by: str,
    now: dt.datetime,
) -> Draft:
    """Put a definition into a draft, or with None its removal; the first change begins the draft over what is in force.

    `definition` is what YAML would say, with decimals as texts. It is checked with the whole, by `check_draft`.
    Raises NothingReleased, ValidationFault.
    """
    base = await current(tx, program_id=program_id)
    await drafts.begin(tx, program_id=program_id, name=name, base=base.number, by=by, now=now)
    held = await drafts.load(tx, program_id=program_id, name=name, lock=True)
    if held is None:
        raise NotFound(kind="draft", id=name[:60])
    changed = drafts.with_change(held, kind=kind, name=definition_name, definition=definition)
    changed = msgspec.structs.replace(changed, changed_by=by, changed_at=now)
    await drafts.store(tx, program_id=program_id, draft=changed)
    return changed


async def discard_draft(tx: Transaction, *, program_id: int, name: str) -> None:
    """Throw a draft away. Raises NotFound."""
    await drafts.discard(tx, program_id=program_id, name=name)


async def check_draft(tx: Transaction, *, program_id: int, name: str) -> Report:
    """What is wrong with the program in force as the draft would change it; faults have paths, no lines.

    Raises NotFound, NothingReleased, DraftConflict.
    """
    report = check(await _merged(tx, program_id, await draft(tx, program_id=program_id, name=name)))
    return Report(faults=_without_lines(report.faults), warnings=_without_lines(report.warnings))


async def publish_draft(
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    by: str,
    now: dt.datetime,
    extra_checks: Sequence[ReleaseCheck] = (),
) -> Release:
    """Publish the program in force with a draft's changes, and end the draft.

    Raises NotFound, NothingReleased, DraftConflict, ProgramNotAccepted, ReleaseOvertaken.
    """
    held = await drafts.load(tx, program_id=program_id, name=name, lock=True)
    if held is None:
        raise NotFound(kind="draft", id=name[:60])
    text = await _merged(tx, program_id, held)
    made = await publish(tx, program_id=program_id, text=text, by=by, now=now, extra_checks=extra_checks)
    await drafts.discard(tx, program_id=program_id, name=name)
    return made


async def _merged(tx: Transaction, program_id: int, held: Draft) -> str:
    base = await release(tx, program_id=program_id, number=held.base)
    in_force = await current(tx, program_id=program_id)
    return drafts.merged(held, base=writer.tree(base.program), current=writer.tree(in_force.program))


def _without_lines(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    # The text was made for the check: its lines mean nothing to whoever edits the draft.
    return tuple(msgspec.structs.replace(fault, line=0, column=0) for fault in faults)


async def _publish(
    tx: Transaction,
    program_id: int,
    program: Program,
    source: str,
    by: str,
    now: dt.datetime,
    extra_checks: Sequence[ReleaseCheck],
    rolled_back_to: int | None = None,
) -> Release:
    before = await queries.newest(tx, program_id=program_id)
    says = digest(program)
    if before is not None and before.digest == says:
        return before
    faults = [fault for one in extra_checks for fault in await one(tx, before.program if before else None, program)]
    if faults:
        raise _refused(Report(faults=tuple(faults)))
    known = await queries.known_slots(tx, program_id=program_id)
    given = slots.assign(program, known)
    made = Release(
        program_id=program_id,
        number=1 if before is None else before.number + 1,
        program=program,
        slots=slots.by_name(given),
        digest=says,
        to_backfill=slots.to_backfill(slots.by_name(given), before.slots if before else {}),
        rolled_back_to=rolled_back_to,
        published_by=by,
        published_at=now,
    )
    if not await queries.insert(tx, release=made, source=source):
        raise ReleaseOvertaken(number=made.number)
    fresh = {key: slot for key, slot in given.items() if key not in known}
    await queries.insert_slots(tx, program_id=program_id, number=made.number, slots=fresh)
    # Heard only when the transaction commits.
    await tx.fetchval("select pg_notify($1, $2)", CHANNEL, f"{program_id}:{made.number}")
    return made


def _slots_of(like: Release) -> dict[tuple[str, str], int]:
    metrics = like.program.metrics
    return {(name, slots.signature(metrics[name])): slot for name, slot in like.slots.items() if name in metrics}


def _refused(report: Report) -> ProgramNotAccepted:
    first = report.faults[0]
    return ProgramNotAccepted(report=report, count=len(report.faults), first=f"{first.path}: {first.message('en')}")
