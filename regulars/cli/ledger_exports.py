"""`regulars ledger export`: the files of finance."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from regulars.cli import moments, shown
from regulars.cli.options import AsJson, ProgramName

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.ledger.service import Manifest

_KNOWN = "entries, lots, liability, breakage, breakage_rates, journal"


def export(
    out: Annotated[Path, typer.Argument(help="A folder for the files; made if need be, for its owner alone.")],
    program: ProgramName = "",
    format: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="csv or parquet.")] = "csv",
    as_of: Annotated[
        str,
        typer.Option(help="Lots, liability and breakage as of this moment, 2027-04-01T00:00:00+03:00; else 15 s ago."),
    ] = "",
    since: Annotated[
        str, typer.Option("--from", help="Entries and journal from this moment on, written alike; else all.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Entries and journal before this moment; else as --as-of.")] = "",
    tables: Annotated[str, typer.Option(help=f"Some of: {_KNOWN}; else all.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over an export that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write what finance takes along, all of one snapshot: entries, lots, liability at cost per funder, expected
    breakage, the day book, and manifest.json with digests and sums. Exit code 1: lots and entries do not add up."""
    from regulars.cli import opening
    from regulars.kit import edge
    from regulars.ledger import service as ledger
    from regulars.program import service as programs

    wanted = _tables(tables)
    now = edge.now()
    settled = now - dt.timedelta(seconds=16)
    at = moments.moment(as_of, "--as-of") or settled
    to = moments.moment(until, "--to") or at + dt.timedelta(microseconds=1)
    begin = moments.moment(since, "--from") or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    if begin >= to:
        raise typer.BadParameter("must come after --from (without --to it is --as-of)", param_hint="--to")
    with shown.progress("writing", None) as progress:

        def told(table: str, rows: int) -> None:
            progress.note(table)
            progress.advance(rows)

        async def work(_: Settings, database: Database) -> Manifest:
            async with database.read(programs=[]) as tx:
                found = await opening.program(tx, program)
            async with database.read(programs=[found.program_id]) as tx:
                release = await programs.current(tx, program_id=found.program_id)
                asked = ledger.Wanted(
                    program_id=found.program_id,
                    as_of=at,
                    since=begin,
                    until=to,
                    zone=release.program.program.zone,
                    tables=wanted,
                    format=format,
                )
                return await ledger.export(tx, out, asked, now=now, overwrite=overwrite, progress=told)

        made = opening.within(work)
    if as_json:
        shown.data(made)
    else:
        _tell(out, made)
    if not made.adds_up:
        raise typer.Exit(1)


def _tables(text: str) -> tuple[str, ...]:
    known = tuple(_KNOWN.split(", "))
    chosen = tuple(part.strip() for part in text.split(",") if part.strip()) or known
    for one in chosen:
        if one not in known:
            raise typer.BadParameter(f"there is no {one}; there are {_KNOWN}", param_hint="--tables")
    return chosen


def _tell(out: Path, made: Manifest) -> None:
    rows = [(one.file, one.rows, one.digest[:16]) for one in made.files]
    shown.table(
        f"In {out}, as of {made.as_of:%Y-%m-%d %H:%M:%S} UTC", ["file", "rows", "digest"], rows, right=frozenset({1})
    )
    sums = [(one.currency, one.entries, one.lots, one.ended, one.owed) for one in made.sums]
    columns = ["currency", "by entries", "by lots", "of it ended", "owed by members"]
    if sums:
        shown.table("What members have", columns, sums, right=frozenset({1, 2, 3, 4}))
    else:
        shown.say("By then no member has had any points.")
    if not made.adds_up:
        shown.say("Lots and entries do not add up: run regulars ledger check.")
