"""What `regulars program` does with files and releases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Program as Wall
from regulars.access.contracts import UnknownProgram
from regulars.activities import service as activities
from regulars.cli import opening
from regulars.kit import edge, server
from regulars.kit.database import Database, Transaction
from regulars.kit.errors import ValidationFault
from regulars.program import service as programs
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release, ReleaseNote
from regulars.program.contracts.report import Fault, Report

_FILE_MAX = 2 << 20


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest, and the program that it tried."""

    report: Any
    program: Program


def check(file: Path) -> Report:
    """All faults and warnings of a file."""
    return programs.check(_text(file), _beside(file))


def as_data(report: Report, language: str) -> dict[str, Any]:
    """The report for a program."""

    def one(fault: Fault) -> dict[str, Any]:
        return {
            "code": fault.code,
            "severity": fault.severity.value,
            "path": fault.path,
            "line": fault.line,
            "column": fault.column,
            "message": fault.message(language),
            "mend": fault.mend(language),
        }

    faults, warnings = [one(fault) for fault in report.faults], [one(fault) for fault in report.warnings]
    return {"ok": report.ok, "faults": faults, "warnings": warnings}


def formatted(file: Path) -> tuple[str, str]:
    """The text of a file and the same in the house style. Raises ProgramNotAccepted."""
    text = _text(file)
    return text, programs.format_text(text, _beside(file))


async def diff(database: Database, file: Path, *, program: str, number: int) -> tuple[Change, ...]:
    """What a file changes. Raises ProgramNotAccepted, UnknownProgram, NothingReleased, NotFound."""
    new = programs.read(_text(file), _beside(file))
    found = await _named(database, program or new.program.name)
    async with database.read(programs=[found.program_id]) as tx:
        return programs.diff((await _release(tx, found, number)).program, new)


def change_data(change: Change, language: str) -> dict[str, Any]:
    """A change for a program."""
    found: dict[str, Any] = msgspec.to_builtins(change, enc_hook=str)
    return found | {"text": change.sentence(language)}


async def publish(database: Database, file: Path, *, program: str, by: str) -> Release:
    """Make a release, and the program where there is none of that name. Raises ProgramNotAccepted, ReleaseOvertaken."""
    text = _text(file)
    new = programs.read(text, _beside(file))
    now = edge.now()
    async with database.transaction(programs=[]) as tx:
        try:
            found = await access.program_named(tx, key=program or new.program.name)
        except UnknownProgram:
            name = new.program.title.en or new.program.name
            found = await access.create_program(tx, key=program or new.program.name, name=name, now=now)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.publish(
            tx,
            program_id=found.program_id,
            text=text,
            by=by,
            now=now,
            load_file=_beside(file),
            extra_checks=assembly.release_checks(found.program_id),
        )


async def rollback(database: Database, *, program: str, to: int, by: str) -> Release:
    """Publish an earlier release again. Raises NotFound, UnknownProgram, ProgramNotAccepted."""
    found = await _named(database, program)
    async with database.transaction(programs=[found.program_id]) as tx:
        return await programs.rollback(
            tx,
            program_id=found.program_id,
            to=to,
            by=by,
            now=edge.now(),
            extra_checks=assembly.release_checks(found.program_id),
        )


async def history(database: Database, *, program: str) -> list[ReleaseNote]:
    """The last hundred releases."""
    found = await _named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        return list((await programs.history(tx, program_id=found.program_id, limit=100)).items)


async def export(database: Database, *, program: str, number: int, as_written: bool) -> str:
    """A release as YAML. Raises NotFound, NothingReleased, UnknownProgram."""
    found = await _named(database, program)
    async with database.read(programs=[found.program_id]) as tx:
        release = await _release(tx, found, number)
        if as_written:
            return await programs.text(tx, program_id=found.program_id, number=release.number)
    return programs.export(release.program)


def backtest(
    file: Path,
    *,
    program: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    processes: int,
    progress: Callable[[int], None],
) -> Judged:
    """Judge everything recorded by a file. Raises ProgramNotAccepted, UnknownProgram, NothingReleased."""
    new = programs.read(_text(file), _beside(file))
    with opening.database() as (chosen, where):

        async def prepared() -> Release:
            async with Database(where, size=2, pace="patient") as database:
                found = await _named(database, program or new.program.name)
                async with database.read(programs=[found.program_id]) as tx:
                    like = await programs.current(tx, program_id=found.program_id)
                return programs.candidate(new, program_id=found.program_id, like=like)

        candidate = asyncio.run(prepared())
        report = activities.backtest(
            server.locate(chosen),
            candidate=candidate,
            processes=processes,
            since=_day(since, new),
            until=_day(until, new),
            progress=progress,
        )
    return Judged(report=report, program=new)


def _day(day: dt.datetime | None, program: Program) -> dt.datetime | None:
    from zoneinfo import ZoneInfo

    return None if day is None else day.replace(tzinfo=ZoneInfo(program.program.zone)).astimezone(dt.UTC)


async def _named(database: Database, name: str) -> Wall:
    async with database.read(programs=[]) as tx:
        return await opening.program(tx, name)


async def _release(tx: Transaction, found: Wall, number: int) -> Release:
    if number:
        return await programs.release(tx, program_id=found.program_id, number=number)
    return await programs.current(tx, program_id=found.program_id)


def _text(file: Path) -> str:
    if file.stat().st_size > _FILE_MAX:
        raise ValidationFault(field=str(file), reason="a program file may have at most 2 MB")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValidationFault(field=str(file), reason=f"it is not UTF-8: {fault.reason}") from fault


def _beside(file: Path) -> Callable[[str], str]:
    def load(name: str) -> str:
        path = (file.parent / name).resolve()
        # A program from elsewhere must not read files of this machine.
        if not path.is_relative_to(file.parent.resolve()):
            raise OSError(f"{name} does not stand beside {file.name}")
        return path.read_text(encoding="utf-8-sig")

    return load
