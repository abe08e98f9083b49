"""What `regulars program` does with files and releases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Program as Wall
from regulars.access.contracts import UnknownProgram
from regulars.activities import service as activities
from regulars.cli import files, opening, signing
from regulars.kit import edge, server
from regulars.kit.database import Database, Transaction
from regulars.program import service as programs
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release, ReleaseNote
from regulars.program.contracts.report import Fault, Report
from regulars.program.contracts.workflow import Proposal

if TYPE_CHECKING:
    from regulars.activities.service import Preparing
    from regulars.cli.files import Written
    from regulars.kit.settings import Settings


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest, and the program that it tried."""

    report: Any
    program: Program


def check(written: Written) -> Report:
    """All faults and warnings of a program in files."""
    return programs.check(written.text, written.load)


def as_data(report: Report, written: Written, language: str) -> dict[str, Any]:
    """The report for a program."""

    def one(fault: Fault) -> dict[str, Any]:
        file, line = written.place(fault.line)
        return {
            "code": fault.code,
            "severity": fault.severity.value,
            "path": fault.path,
            "file": str(file),
            "line": line,
            "column": fault.column,
            "message": fault.message(language),
            "mend": fault.mend(language),
        }

    faults, warnings = [one(fault) for fault in report.faults], [one(fault) for fault in report.warnings]
    return {"ok": report.ok, "faults": faults, "warnings": warnings}


def formatted(file: Path) -> tuple[str, str]:
    """The text of a file and the same in the house style. Raises ProgramNotAccepted."""
    written = files.read(file)
    return written.text, programs.format_text(written.text, written.load)


async def diff(database: Database, file: Path, *, program: str, number: int) -> tuple[Change, ...]:
    """What files change. Raises ProgramNotAccepted, UnknownProgram, NothingReleased, NotFound."""
    new = _read(file)
    found = await named(database, program or new.program.name)
    async with database.read(programs=[found.program_id]) as tx:
        return programs.diff((await _release(tx, found, number)).program, new)


def change_data(change: Change, language: str) -> dict[str, Any]:
    """A change for a program."""
    found: dict[str, Any] = msgspec.to_builtins(change, enc_hook=str)
    return found | {"text": change.sentence(language)}


async def publish(settings: Settings, database: Database, file: Path, *, program: str, by: str) -> tuple[Release, bool]:
    """Make a release, and the program where there is none of that name. The release in force, and whether it is new.

    Raises ProgramNotAccepted, ApprovalNeeded, ReleaseOvertaken.
    """
    prepared = _prepared(file)
    found, is_new = await _made(database, program, prepared.program)
    if is_new:
        # Nobody has a key of what is only being made.
        signed = signing.machine(settings, found, by)
    else:
        signed = await signing.signature(settings, database, found, by, "program:publish")
    async with database.transaction(programs=[found.program_id]) as tx:
        before = (await programs.history(tx, program_id=found.program_id, limit=1)).items
        made = await programs.publish_directly(
            tx,
            prepared=prepared,
            checks=assembly.release_checks(found.program_id),
            by=signed,
        )
        return made, [one.number for one in before] != [made.number]


async def propose(settings: Settings, database: Database, file: Path, *, program: str, by: str, note: str) -> Proposal:
    """Propose what files say. Raises ProgramNotAccepted, UnknownProgram, NothingChanges, ReleaseOvertaken."""
    prepared = _prepared(file)
    found = await named(database, program or prepared.program.program.name)
    signed = await signing.signature(settings, database, found, by, "program:write")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.propose(
            tx,
            prepared=prepared,
            note=note,
            midway={},
            checks=assembly.release_checks(found.program_id),
            by=signed,
        )


async def rollback(
    settings: Settings, database: Database, *, program: str, to: int, by: str, emergency: bool, reason: str
) -> Release | Proposal:
    """Publish an earlier release again, or propose it. Raises NotFound, UnknownProgram, ProgramNotAccepted."""
    found = await named(database, program)
    signed = await signing.signature(settings, database, found, by, "program:publish")
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.roll_back(
            tx,
            to=to,
            checks=assembly.release_checks(found.program_id),
            by=signed,
            emergency=emergency,
            reason=reason,
        )


async def history(database: Database, *, program: str) -> list[ReleaseNote]:
    """The last hundred releases."""
    found = await named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        return list((await programs.history(tx, program_id=found.program_id, limit=100)).items)


async def export(database: Database, *, program: str, number: int, as_written: bool) -> str:
    """A release as YAML. Raises NotFound, NothingReleased, UnknownProgram."""
    found = await named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        release = await _release(tx, found, number)
        if as_written:
            return await programs.text(tx, program_id=found.program_id, number=release.number)
    return programs.export(release.program)


async def export_files(database: Database, *, program: str, number: int) -> dict[str, str]:
    """A release as YAML files, one a kind, by name. Raises NotFound, NothingReleased, UnknownProgram."""
    found = await named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        return programs.export_files((await _release(tx, found, number)).program)


async def _tried(database: Database, *, program: str, draft: str, number: int) -> tuple[Wall, Program]:
    found = await named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        if draft:
            text = (await programs.merge_draft(tx, program_id=found.program_id, name=draft)).text
            return found, programs.read(text)
        shown = await programs.show_release(tx, program_id=found.program_id, number=number)
        return found, shown.program


def backtest(
    file: Path | None,
    *,
    program: str,
    draft: str,
    number: int,
    since: dt.datetime | None,
    until: dt.datetime | None,
    processes: int,
    progress: Callable[[int], None],
) -> Judged:
    """Judge everything recorded by files, a draft, or a release or proposal.

    Raises ProgramNotAccepted, DraftConflict, UnknownProgram, NothingReleased, NotFound.
    """
    written = None if file is None else _read(file)
    with opening.database() as (chosen, where):

        async def prepared() -> tuple[Release, Program]:
            async with Database(where, size=2, pace="patient") as database:
                if written is None:
                    found, new = await _tried(database, program=program, draft=draft, number=number)
                else:
                    found, new = await named(database, program or written.program.name), written
                async with database.read(programs=[found.program_id]) as tx:
                    like = await programs.current(tx, program_id=found.program_id)
                return programs.candidate(new, program_id=found.program_id, like=like), new

        candidate, new = asyncio.run(prepared())
        report = activities.backtest(
            server.locate(chosen),
            candidate=candidate,
            processes=processes,
            since=_day(since, new),
            until=_day(until, new),
            progress=progress,
        )
    return Judged(report=report, program=new)


async def named(database: Database, name: str) -> Wall:
    """The program of that key, or the only one. Raises UnknownProgram, WhichProgram, NoProgram."""
    async with database.read(programs=[]) as tx:
        return await opening.program(tx, name)


async def _made(database: Database, name: str, new: Program) -> tuple[Wall, bool]:
    """The program of that key, and whether it was only made now."""
    key = name or new.program.name
    async with database.transaction(programs=[]) as tx:
        try:
            return await access.program_named(tx, key=key), False
        except UnknownProgram:
            title = new.program.title.en or new.program.name
            return await access.create_program(tx, key=key, name=title, now=edge.now()), True


def _day(day: dt.datetime | None, program: Program) -> dt.datetime | None:
    from zoneinfo import ZoneInfo

    return None if day is None else day.replace(tzinfo=ZoneInfo(program.program.zone)).astimezone(dt.UTC)


async def _release(tx: Transaction, found: Wall, number: int) -> Release:
    if number:
        return await programs.release(tx, program_id=found.program_id, number=number)
    return await programs.current(tx, program_id=found.program_id)


def _read(file: Path) -> Program:
    written = files.read(file)
    return programs.read(written.text, written.load)


def _prepared(file: Path) -> programs.Prepared:
    written = files.read(file)
    return programs.prepare(written.text, written.load)


async def status(database: Database, *, program: str) -> tuple[int, Preparing | None]:
    """The release in force, and how far it is with those who were there before it. Raises NothingReleased."""
    async with database.read(programs=[]) as tx:
        found = await opening.program(tx, program)
    async with database.read(programs=[found.program_id]) as tx:
        current = await programs.current(tx, program_id=found.program_id)
        return current.number, await activities.preparing(tx, program_id=found.program_id)
