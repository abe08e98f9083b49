"""`regulars import`: a file in, broken rows out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson


def take_in(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, NDJSON or Parquet; .gz of the texts.")],
    kind: Annotated[str, typer.Option(help="activities, members, goods, categories, stores, rates or pictures.")],
    program: Annotated[str, typer.Option(help="Key of the program; needed where there are several.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing.")] = False,
    resume: Annotated[bool, typer.Option(help="Go on where an interrupted import of this file stopped.")] = True,
    errors: Annotated[Path | None, typer.Option(help="Where broken rows go; FILE.errors.csv by default.")] = None,
    encoding: Annotated[str, typer.Option(help="utf-8, utf-16, cp1251, cp1250; looked at where not given.")] = "",
    zone: Annotated[str, typer.Option(help="Zone of moments that name none, such as Europe/Chisinau.")] = "",
    processes: Annotated[int, typer.Option(help="Processes that take activities in.", min=1, max=64)] = 2,
    as_json: AsJson = False,
) -> None:
    """Take in a file: good rows go in, broken ones go to a file of errors with what is right.

    The same file again doubles nothing: activities and members are known by their document, the rest by their key. Exit
    code 1: some rows are broken or were refused.
    """
    from regulars.cli import importing

    plan = importing.Plan(
        file=file,
        kind=kind,
        program=program,
        dry_run=dry_run,
        resume=resume,
        errors=errors or file.with_name(f"{file.name}.errors.csv"),
        encoding=encoding or None,
        zone=zone or None,
        processes=processes,
    )
    outcome = importing.run(plan)
    if as_json:
        shown.data(outcome)
    else:
        _tell(outcome)
    if outcome.broken or outcome.refused:
        raise typer.Exit(1)


def _tell(outcome: Any) -> None:
    verb = "would be taken in" if outcome.dry_run else "taken in"
    shown.say(
        f"{outcome.applied:,} {verb}, {outcome.duplicate:,} seen before,"
        f" {outcome.broken:,} broken, {outcome.refused:,} refused"
    )
    if outcome.errors:
        shown.say(f"What is wrong, row by row: {outcome.errors}")
