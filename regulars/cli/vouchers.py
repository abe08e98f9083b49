"""`regulars voucher`: codes made by the million, imported, exported and counted."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regulars.cli import inside, shown
from regulars.cli.options import AsJson, ProgramName
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from regulars.activities.service import Runtime

_NO_HEADING = Text(
    en="has no heading with code; its first row names the columns: code,value,from,until,member, with commas",
    ru="нет заголовка со столбцом code; первая строка называет столбцы: code,value,from,until,member, через запятую",
    ro="nu are antet cu code; primul rând numește coloanele: code,value,from,until,member, cu virgule",
)
_NOT_CSV = Text(
    en="is not a CSV: a quote is opened and never closed",
    ru="не CSV: кавычка открыта и не закрыта",
    ro="nu este CSV: ghilimelele se deschid și nu se închid",
)
app = typer.Typer(help="Codes of vouchers and gift cards: make, import, export, show.", no_args_is_help=True)
Campaign = Annotated[str, typer.Argument(help="A campaign of the program in force.")]
Batch = Annotated[str, typer.Option(help="Name of the batch; the same name goes on where it was stopped.")]
Value = Annotated[str, typer.Option(help="What each code is worth, such as 500.00.")]
Until = Annotated[str, typer.Option(help="The first day on which the codes are valid no more, such as 2027-01-01.")]
Idle = Annotated[bool, typer.Option("--idle", help="Gift cards that are sold later: a sale activates them.")]


@app.command()
def make(
    voucher: Campaign,
    count: Annotated[int, typer.Argument(min=1, max=100_000_000, help="How many codes the batch has in the end.")],
    batch: Batch = "made",
    value: Value = "",
    until: Until = "",
    idle: Idle = False,
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Make codes by the campaign's pattern. Stopped and called again it makes the rest."""
    from regulars.activities import service as activities
    from regulars.kit import edge

    with shown.progress("codes", count, unit="codes") as progress:

        async def work(runtime: Runtime, program_id: int) -> int:
            now = edge.now()
            order = await activities.code_order(
                runtime, program_id, voucher, batch, count=count, value=value, until=until, idle=idle, now=now
            )
            return await activities.make_codes(runtime, order, now=now, progress=progress.advance)

        made = inside.program(program, work)
    if as_json:
        shown.data({"made": made, "batch": batch})
        return
    shown.say(f"{shown.counted(made, 'code')} made, {count:,} in batch {batch}")


@app.command("import")
def bring(
    voucher: Campaign,
    file: Annotated[
        Path, typer.Argument(help="CSV with a heading: code, value, from, until, member.", exists=True, dir_okay=False)
    ],
    batch: Batch = "imported",
    value: Value = "",
    until: Until = "",
    idle: Idle = False,
    errors: Annotated[Path | None, typer.Option(help="CSV for the rows that are no codes.")] = None,
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Bring codes that somebody else made; the same file again changes nothing."""
    from regulars.activities import service as activities
    from regulars.kit import edge

    with shown.progress("codes", None, unit="rows") as progress:

        async def work(runtime: Runtime, program_id: int) -> Any:
            now = edge.now()
            order = await activities.code_order(
                runtime, program_id, voucher, batch, count=0, value=value, until=until, idle=idle, now=now
            )
            return await activities.bring_codes(runtime, order, _rows(file), now=now, progress=progress.advance)

        brought = inside.program(program, work)
    if errors is not None:
        with errors.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["row", "ending", "why"])
            writer.writerows([one.row, one.code, one.why] for one in brought.refused)
    if as_json:
        shown.data({"new": brought.new, "refused": brought.refused})
        return
    shown.say(f"{shown.counted(brought.new, 'new code')}, {shown.counted(len(brought.refused), 'row')} refused")
    for one in brought.refused[:10] if errors is None else ():
        shown.say(f"  row {one.row} (...{one.code}): {one.why}")
    if any(one.why == "letters" for one in brought.refused):
        shown.say("letters: codes have letters from A to Z and digits (Ă counts as A); write those of the file so.")
    if brought.refused:
        raise typer.Exit(1)


@app.command()
def export(
    voucher: Campaign,
    file: Annotated[Path, typer.Argument(help="CSV to write, readable by you alone.")],
    batch: Annotated[str, typer.Option(help="Only this batch.")] = "",
    program: ProgramName = "",
) -> None:
    """Write codes for a printer or a mailing: whoever has this file can use them."""
    from regulars.activities import service as activities

    with shown.progress("codes", None, unit="codes") as progress:

        async def work(runtime: Runtime, program_id: int) -> int:
            count = 0
            file.touch(mode=0o600)
            with file.open("w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(["code", "batch", "state", "value", "until", "member"])
                async for one in activities.export_codes(runtime, program_id, voucher, batch=batch or None):
                    writer.writerow([_plain(cell) for cell in one])
                    count += 1
                    if count % 1000 == 0:
                        progress.advance(1000)
            return count

        count = inside.program(program, work)
    shown.say(f"{shown.counted(count, 'code')} written to {file}")


@app.command("show")
def show(
    voucher: Annotated[str, typer.Argument(help="Only this campaign.")] = "",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """How many codes each batch has, and how many of them are free."""
    from regulars.codes import service as codes

    async def work(runtime: Runtime, program_id: int) -> Any:
        async with runtime.database.read(programs=[program_id]) as tx:
            return await codes.batches(tx, program_id=program_id, voucher=voucher or None)

    found = inside.program(program, work)
    if as_json:
        shown.data(found)
        return
    rows = [(one.voucher, one.batch, f"{one.codes:,}", f"{one.free:,}") for one in found]
    shown.table("", ["campaign", "batch", "codes", "free"], rows, right=frozenset({2, 3}))


def _rows(file: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV by the names in its heading. Raises ValidationFault for what is not UTF-8, has no such heading
    or quotes that are never closed."""
    from regulars.cli import files
    from regulars.kit.errors import ValidationFault

    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, strict=True)
            found = [str(name).strip() for name in reader.fieldnames or ()]
            if "code" not in found:
                raise ValidationFault(field=file.name, reason=_NO_HEADING.en, reasons=_NO_HEADING)
            yield from reader
    except csv.Error as fault:
        raise ValidationFault(field=file.name, reason=_NOT_CSV.en, reasons=_NOT_CSV) from fault
    except UnicodeDecodeError as fault:
        raise files.not_text(file, fault) from fault


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, dt.datetime) else str(cell)
