"""`regulars payout`: money that members have is paid out; what did not arrive comes back to them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.cli import inside, shown
from regulars.cli.options import AsJson, ProgramName

if TYPE_CHECKING:
    from regulars.activities.service import Runtime
    from regulars.payouts.contracts import Payout

app = typer.Typer(help="Pay money out to members: make, show, confirm, fail.", no_args_is_help=True)
PayoutId = Annotated[str, typer.Argument(help="pay_...")]
Lines = Annotated[list[int] | None, typer.Argument(help="Numbers of lines.")]


@app.command()
def make(
    currency: Annotated[str, typer.Argument(help="The currency that is paid out.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the file for the bank (CSV).")] = None,
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Debit everybody who is to be paid, each exactly once, and write the file. Stopped in the middle, it goes on where
    it stood; a month that was made is the same again."""
    from regulars.kit import edge
    from regulars.payouts import service as payouts

    with shown.progress("paying out", None, unit="members") as progress:

        async def work(runtime: Runtime, program_id: int) -> Payout:
            return await payouts.make(
                runtime,
                program_id=program_id,
                currency=currency,
                now=edge.now(),
                by="terminal",
                progress=progress.reach,
            )

        found = inside.program(program, work)
    if out is not None:
        out.write_text(payouts.payments(found), encoding="utf-8")
    _tell(found, as_json=as_json)
    if out is not None and not as_json:
        shown.say(f"Wrote {len(found.paid):,} payments to {out}.")


@app.command()
def show(
    payout: Annotated[str, typer.Argument(help="pay_...; none: the last ones.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Write the file for the bank (CSV) again.")] = None,
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """One pay-out with its lines, or the last ones."""
    from regulars.kit import ids
    from regulars.payouts import service as payouts

    async def work(runtime: Runtime, program_id: int) -> list[Payout]:
        async with runtime.database.read(programs=[program_id]) as tx:
            if not payout:
                return await payouts.latest(runtime, tx, program_id=program_id)
            payout_id = ids.from_wire("pay", payout)
            await runtime.programs.ready(program_id)
            return [await payouts.show(runtime, tx, program_id=program_id, payout_id=payout_id)]

    found = inside.program(program, work)
    if out is not None and payout:
        out.write_text(payouts.payments(found[0]), encoding="utf-8")
    if payout:
        _tell(found[0], as_json=as_json)
        return
    if as_json:
        shown.data([payouts.shown(one) for one in found])
        return
    rows = [(ids.to_wire("pay", one.payout_id), one.currency, *_summary(one)) for one in found]
    shown.table("", ["pay-out", "currency", "made", "payments", "total"], rows, right=frozenset({3, 4}))


@app.command()
def confirm(payout: PayoutId, lines: Lines = None, program: ProgramName = "", as_json: AsJson = False) -> None:
    """These lines arrived; without numbers: all that have not failed."""
    from regulars.kit import ids
    from regulars.payouts import service as payouts

    payout_id = ids.from_wire("pay", payout)

    async def work(runtime: Runtime, program_id: int) -> Payout:
        return await payouts.confirm(runtime, program_id=program_id, payout_id=payout_id, lines=lines or None)

    _tell(inside.program(program, work), as_json=as_json)


@app.command()
def fail(
    payout: PayoutId,
    lines: Lines = None,
    file: Annotated[Path | None, typer.Option("--file", help="Or a CSV with columns line and reason.")] = None,
    reason: Annotated[str, typer.Option(help="What the bank says.")] = "",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """These lines did not arrive: their points come back to their members. What is told twice counts once."""
    from regulars.kit import edge, ids
    from regulars.payouts import service as payouts
    from regulars.payouts.contracts import LineFailed

    payout_id = ids.from_wire("pay", payout)
    failed = [LineFailed(no=no, reason=reason) for no in lines or ()]
    if file is not None:
        with file.open(encoding="utf-8", newline="") as rows:
            failed += [
                LineFailed(no=int(row["line"]), reason=row.get("reason") or reason) for row in csv.DictReader(rows)
            ]
    if not failed:
        raise typer.BadParameter("name lines, or a --file with them")

    async def work(runtime: Runtime, program_id: int) -> Payout:
        return await payouts.fail(runtime, program_id=program_id, payout_id=payout_id, failed=failed, now=edge.now())

    _tell(inside.program(program, work), as_json=as_json)


def _tell(found: Payout, *, as_json: bool) -> None:
    from regulars.kit import ids
    from regulars.payouts import service as payouts

    if as_json:
        shown.data(payouts.shown(found))
        return
    rows = [
        (str(line.no), ids.to_wire("mem", line.member_id), line.state, _money(found, line.points), line.reason or "")
        for line in found.lines
    ]
    heading = f"{ids.to_wire('pay', found.payout_id)}: {len(found.paid):,} payments, {_money(found, found.total)}"
    shown.table(heading, ["line", "member", "state", found.money, "why"], rows, right=frozenset({0, 3}))


def _summary(one: Payout) -> tuple[str, str, str]:
    return f"{one.made_at:%Y-%m-%d}", f"{len(one.paid):,}", f"{_money(one, one.total)} {one.money}"


def _money(found: Payout, amount: int) -> str:
    from regulars.kit import formats

    return formats.decimal(amount, found.scale, "en")
