"""`regulars segment`: how many members, who is on a static list; `regulars run`: rules that fire once for everybody."""

from __future__ import annotations

import csv
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from regulars.cli import inside, shown
from regulars.cli.options import AsJson, ProgramName

if TYPE_CHECKING:
    from regulars.activities.service import Runtime

T = TypeVar("T")

app = typer.Typer(help="Groups of members: list, count, add, remove.", no_args_is_help=True)
runs_app = typer.Typer(
    help="Rules that fire once for everybody: list, preview, start, pause, resume, cancel.", no_args_is_help=True
)
ListFile = Annotated[
    Path, typer.Argument(help="CSV: one identifier a row in the first column.", exists=True, dir_okay=False)
]
Kind = Annotated[
    str, typer.Option(help="What the file has: phone, email, card, own_id, token or member.", show_default=True)
]
Rule = Annotated[str, typer.Argument(help="The rule that the run fires.")]
CHUNK = 2_000
HEADINGS = frozenset({"phone", "email", "card", "own_id", "token", "member", "value"})


@app.command("list")
def listed(program: ProgramName = "", as_json: AsJson = False) -> None:
    """Every segment with the members that are in it."""
    from regulars.activities import service as activities

    async def work(runtime: Runtime, program_id: int) -> Any:
        async with runtime.database.read(programs=[program_id]) as tx:
            return await activities.segment_counts(runtime, tx, program_id=program_id)

    found = inside.program(program, work)
    if as_json:
        shown.data(found)
        return
    rows = [(one.name, "static" if one.static else one.condition, f"{one.members:,}") for one in found]
    shown.table("", ["segment", "who", "members"], rows, right=frozenset({2}))


@app.command()
def count(
    name: Annotated[str, typer.Argument(help="A segment of the program in force.")] = "",
    condition: Annotated[str, typer.Option("--if", help="Or a condition, as a segment would have it.")] = "",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Count the members who meet a condition now, or are in a segment; nothing is saved."""
    from regulars.activities import service as activities
    from regulars.kit import edge

    if bool(name) == bool(condition):
        raise typer.BadParameter("name a segment, or give a condition with --if")
    asked = condition or f"'{name}' in member.segments"
    began = time.perf_counter()
    with shown.progress("counting", None, unit="members") as progress:

        async def work(runtime: Runtime, program_id: int) -> Any:
            if name:
                await _known(runtime, program_id, name)
            return await activities.count_members(
                runtime, program_id=program_id, condition=asked, now=edge.now(), progress=progress.reach
            )

        found = inside.program(program, work)
    took = time.perf_counter() - began
    if as_json:
        shown.data({"count": found.count, "how": found.how, "took_ms": round(took * 1000)})
        return
    how = "by one statement of SQL" if found.how == "sql" else "member by member: no SQL says this"
    shown.say(f"{shown.counted(found.count, 'member')} ({how}, {took:.1f} s)")


async def _known(runtime: Runtime, program_id: int, name: str) -> None:
    from regulars.activities import service as activities
    from regulars.kit.errors import NotFound

    async with runtime.database.read(programs=[program_id]) as tx:
        if name not in {one.name for one in await activities.segment_counts(runtime, tx, program_id=program_id)}:
            raise NotFound(kind="segment", id=name[:60])


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A static segment.")],
    file: ListFile,
    kind: Kind = "phone",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Put the members of a file on a static list; the same file again changes nothing.

    What the file has is looked up as phone numbers; say `--kind` where it is something else.
    """
    _put(name, file, kind, program, adds=True, as_json=as_json)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="A static segment.")],
    file: ListFile,
    kind: Kind = "phone",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Take the members of a file off a static list.

    What the file has is looked up as phone numbers; say `--kind` where it is something else.
    """
    _put(name, file, kind, program, adds=False, as_json=as_json)


def _put(name: str, file: Path, kind: str, program: str, *, adds: bool, as_json: bool) -> None:
    from regulars.activities import service as activities
    from regulars.activities.contracts import Identifier
    from regulars.kit import edge

    totals = {"changed": 0, "unknown": 0, "refused": 0}
    with shown.progress("members", None, unit="rows") as progress:

        async def work(runtime: Runtime, program_id: int) -> None:
            async with runtime.database.lane() as lane:
                for values in _chunks(file):
                    done = await activities.put_on_list(
                        runtime,
                        lane,
                        program_id=program_id,
                        name=name,
                        who=[Identifier(kind, value) for value in values],
                        adds=adds,
                        now=edge.now(),
                        by="command line",
                    )
                    for outcome in totals:
                        totals[outcome] += getattr(done, outcome)
                    progress.advance(len(values))

        inside.program(program, work)
    if as_json:
        shown.data(totals)
        return
    shown.say(f"{totals['changed']:,} done, {totals['unknown']:,} unknown as {kind}, {totals['refused']:,} refused")


def _chunks(file: Path) -> Iterator[list[str]]:
    """The first column of a CSV, without a heading that names it. Raises ValidationFault for what is not UTF-8."""
    from regulars.cli import files

    chunk: list[str] = []
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            for number, row in enumerate(csv.reader(lines)):
                value = row[0].strip() if row else ""
                if not value or (number == 0 and value in HEADINGS):
                    continue
                chunk.append(value)
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
    except UnicodeDecodeError as fault:
        raise files.not_text(file, fault) from fault
    if chunk:
        yield chunk


@runs_app.command("list")
def list_runs(program: ProgramName = "", as_json: AsJson = False) -> None:
    """Every run, planned and past."""
    from regulars.activities import service as activities

    async def work(runtime: Runtime, program_id: int) -> Any:
        async with runtime.database.read(programs=[program_id]) as tx:
            return await activities.runs_of(runtime, tx, program_id=program_id)

    found = inside.program(program, work)
    if as_json:
        shown.data(found)
        return
    rows = [(one.rule, f"{one.run_at:%Y-%m-%d %H:%M} UTC", one.status, _of(one), one.refused or "") for one in found]
    shown.table("", ["rule", "at", "state", "members", "refused"], rows, right=frozenset({3, 4}))


def _of(run: Any) -> str:
    return "" if run.members is None else f"{run.done:,} of {run.members:,}"


@runs_app.command()
def preview(rule: Rule, program: ProgramName = "", as_json: AsJson = False) -> None:
    """Count whom a run would reach if it began now; nothing begins."""
    from regulars.activities import service as activities

    async def work(runtime: Runtime, program_id: int, now: dt.datetime) -> Any:
        return await activities.preview_run(runtime, program_id=program_id, rule=rule, now=now)

    found = _at_once(program, work)
    if as_json:
        shown.data({"rule": rule, "members": found.count, "how": found.how})
        return
    shown.say(shown.counted(found.count, "member"))


@runs_app.command()
def start(rule: Rule, program: ProgramName = "", as_json: AsJson = False) -> None:
    """Begin a run now: before its moment, or one that was published too late. The worker serves it."""
    from regulars.activities import service as activities

    _told(program, rule, activities.start_run, as_json=as_json)


@runs_app.command()
def pause(rule: Rule, program: ProgramName = "", as_json: AsJson = False) -> None:
    """Let a run stand still."""
    from regulars.activities import service as activities

    _told(program, rule, partial(activities.change_run, to="paused"), as_json=as_json)


@runs_app.command()
def resume(rule: Rule, program: ProgramName = "", as_json: AsJson = False) -> None:
    """Let a paused run go on."""
    from regulars.activities import service as activities

    _told(program, rule, partial(activities.change_run, to="running"), as_json=as_json)


@runs_app.command()
def cancel(rule: Rule, program: ProgramName = "", as_json: AsJson = False) -> None:
    """End a run for good; those whom it has reached keep what they got."""
    from regulars.activities import service as activities

    _told(program, rule, partial(activities.change_run, to="cancelled"), as_json=as_json)


def _told(program: str, rule: str, act: Callable[..., Awaitable[Any]], *, as_json: bool) -> None:
    async def work(runtime: Runtime, program_id: int, now: dt.datetime) -> Any:
        return await act(runtime, program_id=program_id, rule=rule, now=now)

    run = _at_once(program, work)
    if as_json:
        shown.data(run)
        return
    shown.say(f"{run.rule}: {run.status}, {_of(run)} members")


def _at_once(program: str, work: Callable[[Runtime, int, dt.datetime], Awaitable[T]]) -> T:
    from regulars.kit import edge

    return inside.program(program, lambda runtime, program_id: work(runtime, program_id, edge.now()))
