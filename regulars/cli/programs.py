"""`regulars program`: definitions as files, releases, and what a change would have cost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.program.contracts.definitions import Release
    from regulars.program.contracts.workflow import Proposal

app = typer.Typer(
    help="Programs: check, diff, publish, propose, approve, schedule, rollback, history, export, copy, backtest.",
    no_args_is_help=True,
)
File = Annotated[Path, typer.Argument(help="The program as YAML: a file, or a folder of them.", exists=True)]
OneFile = Annotated[Path, typer.Argument(help="The program as YAML.", exists=True, dir_okay=False)]
Key = Annotated[str, typer.Option("--program", help="Key of the program.")]
ProgramName = Annotated[str, typer.Option("--program", help="Key of the program; the file's name of it otherwise.")]
FULL = 100
By = Annotated[
    str, typer.Option("--by", help="Who does it, for the record; with a key in MY_REGULARS_KEY: its person.")
]


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """The programs of this installation."""
    from regulars.access import service as access
    from regulars.access.contracts import Program
    from regulars.cli import opening

    async def work(_: Settings, database: Database) -> list[Program]:
        async with database.read(programs=[]) as tx:
            return await access.programs(tx)

    found = opening.within(work)
    if as_json:
        shown.data(found)
    else:
        shown.table("", ["number", "key", "name"], [(one.program_id, one.key, one.name) for one in found])


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Everything that is wrong with a program, with line, column and mend. Needs no database. Exit code 1: faults."""
    from regulars.cli import files, releasing

    written = files.read(file)
    report = releasing.check(written)
    if as_json:
        shown.data(releasing.as_data(report, written, shown.language()))
    else:
        for one in (*report.faults, *report.warnings):
            told = f"{one.message(shown.language())} {one.mend(shown.language())}".rstrip()
            where, line = written.place(one.line)
            print(f"{where}:{line}:{one.column}: {one.severity.value} {one.path}: {told}")
        shown.say(f"{len(report.faults)} faults, {len(report.warnings)} warnings")
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def diff(
    file: File,
    program: ProgramName = "",
    release: Annotated[int, typer.Option(help="Against which release; 0: the one in force.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """What a file would change, in words. Exit code 1: something."""
    from regulars.cli import opening, releasing

    found = opening.within(lambda _, database: releasing.diff(database, file, program=program, number=release))
    if as_json:
        shown.data([releasing.change_data(one, shown.language()) for one in found])
    elif not found:
        shown.say("Nothing changes.")
    else:
        for one in found:
            print(one.sentence(shown.language()))
    if found:
        raise typer.Exit(1)


@app.command()
def publish(file: File, program: ProgramName = "", by: By = "command line", as_json: AsJson = False) -> None:
    """Make a release of files; every server process takes it within a second. The first one makes the program.

    Where the program asks for approvals, propose it instead, then `release` it.
    """
    from regulars.cli import opening, releasing

    made, changed = opening.within(
        lambda settings, database: releasing.publish(settings, database, file, program=program, by=by)
    )
    told(made, as_json)
    if not changed and not as_json:
        shown.say("It says exactly this already: nothing changed.")


@app.command()
def rollback(
    to: Annotated[int, typer.Argument(help="The number of the release to go back to.", min=1)],
    program: Key = "",
    by: By = "command line",
    emergency: Annotated[bool, typer.Option("--emergency", help="Wait for nobody's approval; needs --reason.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Publish an earlier release again, under a new number; where approvals are asked for, propose it."""
    from regulars.cli import opening, releasing

    told(
        opening.within(
            lambda settings, database: releasing.rollback(
                settings, database, program=program, to=to, by=by, emergency=emergency, reason=reason
            )
        ),
        as_json,
    )


@app.command()
def history(program: Key = "", as_json: AsJson = False) -> None:
    """The releases, the newest first."""
    from regulars.cli import opening, releasing

    found = opening.within(lambda _, database: releasing.history(database, program=program))
    if as_json:
        shown.data(found)
        return
    rows = [
        (
            one.number,
            "in force" if one.current else "",
            f"{one.published_at:%Y-%m-%d %H:%M}",
            one.published_by,
            one.rolled_back_to,
        )
        for one in found
    ]
    shown.table("", ["release", "", "published", "by", "goes back to"], rows)


@app.command()
def status(program: Key = "", as_json: AsJson = False) -> None:
    """Which release is in force, and how far it is with the members who were there before it."""
    from regulars.cli import opening, releasing

    number, found = opening.within(lambda _, database: releasing.status(database, program=program))
    ready = found is None or found.ready
    if as_json:
        shown.data({"release": number, "ready": ready, "percent": 100 if found is None else found.percent})
        return
    if found is None or found.ready:
        shown.say(f"Release {number} is in force, and ready.")
    elif found.percent < FULL:
        shown.say(f"Release {number} is in force, preparing {found.percent} % of {found.accounts:,} accounts.")
    else:
        shown.say(f"Release {number} is in force; its segments are being worked out.")


@app.command()
def export(
    program: Key = "",
    release: Annotated[int, typer.Option(help="Which release; 0: the one in force.", min=0)] = 0,
    as_written: Annotated[bool, typer.Option("--as-written", help="The text exactly as it was handed in.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to; stdout otherwise.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="A folder that gets one file a kind: program.yaml, rules.yaml, ...")
    ] = None,
) -> None:
    """A release as YAML, ready for git or for another installation."""
    from regulars.cli import files, opening, releasing

    if folder is not None:
        parts = opening.within(lambda _, database: releasing.export_files(database, program=program, number=release))
        shown.say(f"{len(files.write(folder, parts))} files in {folder}.")
        return

    text = opening.within(
        lambda _, database: releasing.export(database, program=program, number=release, as_written=as_written)
    )
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")


@app.command("format")
def format_file(
    file: OneFile,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether it would change. Exit code 1: it would.")
    ] = False,
) -> None:
    """Bring a file into the house style: expressions in double quotes; comments stay."""
    from regulars.cli import releasing

    text, neat = releasing.formatted(file)
    if text == neat:
        shown.say(f"{file} is in the house style.")
        return
    if check:
        shown.say(f"{file} is not in the house style; run: regulars program format {file}")
        raise typer.Exit(1)
    file.write_text(neat, encoding="utf-8")
    shown.say(f"{file} is formatted.")


@app.command()
def backtest(
    file: Annotated[Path | None, typer.Argument(help="The program as YAML.", exists=True)] = None,
    program: ProgramName = "",
    draft: Annotated[str, typer.Option("--draft", help="A draft instead of a file.")] = "",
    release: Annotated[int, typer.Option("--release", help="A release or a proposal instead.", min=0)] = 0,
    since: Annotated[dt.datetime | None, typer.Option(help="From this day on.", formats=["%Y-%m-%d"])] = None,
    until: Annotated[dt.datetime | None, typer.Option(help="Before this day.", formats=["%Y-%m-%d"])] = None,
    processes: Annotated[int, typer.Option(help="Processes that judge.", min=1, max=64)] = 2,
    as_json: AsJson = False,
) -> None:
    """What this program would have given and cost on everything recorded. Nothing is written."""
    from regulars.cli import backtests, releasing

    if (file is not None) + bool(draft) + bool(release) != 1:
        raise typer.BadParameter("give a file, --draft NAME or --release N")
    with shown.progress("judging", None, unit="activities") as progress:
        judged = releasing.backtest(
            file,
            program=program,
            draft=draft,
            number=release,
            since=since,
            until=until,
            processes=processes,
            progress=progress.advance,
        )
    report = backtests.priced(judged.report, judged.program)
    if as_json:
        shown.data(backtests.as_data(report))
    else:
        what = "this file" if file is not None else f"draft {draft}" if draft else f"release {release}"
        backtests.tell(report, what, whole=since is None and until is None)


def told(made: Release | Proposal, as_json: bool) -> None:
    """Say what became of a release."""
    from regulars.program.contracts.definitions import Release

    if isinstance(made, Release):
        if as_json:
            data = {"number": made.number, "digest": made.digest.hex(), "to_backfill": list(made.to_backfill)}
            shown.data({**data, "state": "published"})
        else:
            shown.say(f"Release {made.number} is in force.")
    elif as_json:
        shown.data({"number": made.number, "digest": made.digest.hex(), "state": made.state.value})
    else:
        shown.say(f"Release {made.number} is {made.state.value}.")
