"""The door of the room: check a text, publish a release, roll back, read what is released."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from regulars.program import reader, slots
from regulars.program.checks import run
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.report import Check, ProgramNotAccepted, Report
from regulars.program.reader import LoadFile


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


def candidate(program: Program, *, program_id: int, number: int = 0) -> Release:
    """A program as a release that was never published: for backtests, previews and tests."""
    return Release(
        program_id=program_id,
        number=number,
        program=program,
        slots=slots.assign(program, {}).by_name,
        digest=digest(program),
    )


def digest(program: Program) -> bytes:
    """Names what a program says: the same for two texts that differ in layout and comments only."""
    return hashlib.sha256(msgspec.msgpack.encode(program)).digest()


def _refused(report: Report) -> ProgramNotAccepted:
    return ProgramNotAccepted(report=report, count=len(report.faults), first=report.faults[0].path)
