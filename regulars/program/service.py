"""The door of the room: check a text, publish a release, roll back, read what is released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from regulars.kit import pages
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program import changes, emitter, formatting, publishing, queries, reader, slots, writer
from regulars.program.answers import release as release_as_data
from regulars.program.checks import run
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release, ReleaseNote
from regulars.program.contracts.report import (
    Check,
    NothingReleased,
    Report,
)
from regulars.program.copying import into_draft as copy_into_draft
from regulars.program.drafting import Shown as DraftShown
from regulars.program.drafting import Side
from regulars.program.drafting import change as change_draft
from regulars.program.drafting import check as check_draft
from regulars.program.drafting import discard as discard_draft
from regulars.program.drafting import listed as drafts_of
from regulars.program.drafting import load as draft
from regulars.program.drafting import merge as merge_draft
from regulars.program.drafting import rebase as rebase_draft
from regulars.program.drafting import show as show_draft
from regulars.program.drafts import Draft
from regulars.program.proposals import due as due_proposals
from regulars.program.publishing import CHANNEL, ReleaseCheck, digest
from regulars.program.reader import LoadFile
from regulars.program.showing import ReleaseShown, proposal
from regulars.program.showing import page as proposals
from regulars.program.showing import release as show_release
from regulars.program.trials import attach as attach_backtest
from regulars.program.trials import begin as begin_backtest
from regulars.program.trials import fail as fail_backtest
from regulars.program.trials import want as want_backtest
from regulars.program.trials import wanted as wanted_backtests
from regulars.program.workflow import (
    Prepared,
    prepare,
    prepare_draft,
    propose,
    publish_directly,
    publish_due,
    roll_back,
)
from regulars.program.workflow import approve as approve_proposal
from regulars.program.workflow import check as check_proposal
from regulars.program.workflow import publish as publish_proposal
from regulars.program.workflow import reject as reject_proposal
from regulars.program.workflow import schedule as schedule_proposal

__all__ = [
    "CHANNEL",
    "Draft",
    "DraftShown",
    "Prepared",
    "ReleaseCheck",
    "ReleaseShown",
    "Side",
    "approve_proposal",
    "attach_backtest",
    "begin_backtest",
    "calendar",
    "candidate",
    "change_draft",
    "check",
    "check_draft",
    "check_proposal",
    "copy_into_draft",
    "current",
    "diff",
    "digest",
    "discard_draft",
    "draft",
    "drafts_of",
    "due_proposals",
    "export",
    "export_files",
    "fail_backtest",
    "format_text",
    "history",
    "merge_draft",
    "prepare",
    "prepare_draft",
    "preset",
    "proposal",
    "proposals",
    "propose",
    "publish",
    "publish_directly",
    "publish_due",
    "publish_proposal",
    "read",
    "rebase_draft",
    "reject_proposal",
    "release",
    "release_as_data",
    "roll_back",
    "rollback",
    "schedule_proposal",
    "show_draft",
    "show_release",
    "text",
    "want_backtest",
    "wanted_backtests",
]


def read(text: str, load_file: LoadFile | None = None) -> Program:
    """The program in a YAML text, checked, with the values of the files that it names. Raises ProgramNotAccepted."""
    source = reader.read(text, load_file)
    report = run.source(source)
    if source.program is None or not report.ok:
        raise publishing.refused(report)
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


def export_files(program: Program) -> dict[str, str]:
    """The same as files by name, one a kind: together, in any order, they are the canonical YAML."""
    return {f"{kind}.yaml": emitter.emit({kind: part}) for kind, part in writer.tree(program).items()}


def format_text(text: str, load_file: LoadFile | None = None) -> str:
    """The same program in the house style: expressions in double quotes, comments kept.

    What it means is not checked. Raises ProgramNotAccepted where it cannot be read.
    """
    source = reader.read(text, load_file)
    if source.program is None or source.faults:
        raise publishing.refused(Report(faults=source.faults))
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
    return await publishing.publish(
        tx,
        program_id=program_id,
        program=read(text, load_file),
        source=text,
        by=by,
        now=now,
        checks=extra_checks,
    )


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
    return await publishing.publish(
        tx,
        program_id=program_id,
        program=old.program,
        source=source,
        by=by,
        now=now,
        checks=extra_checks,
        rolled_back_to=to,
    )


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


def _slots_of(like: Release) -> dict[tuple[str, str], int]:
    metrics = like.program.metrics
    return {
        (name, slots.signature(metrics[name], like.program)): slot
        for name, slot in like.slots.items()
        if name in metrics
    }
