"""`regulars ledger`: is everything as it must be, and what happened to one member's points."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from regulars.cli import shown

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.ledger.contracts import CheckReport, Statement

app = typer.Typer(help="Points as money: check, statement.", no_args_is_help=True)
ProgramName = Annotated[str, typer.Option("--program", help="Key of the program; needed where there are several.")]


@app.command()
def check(
    program: ProgramName = "",
    freeze: Annotated[bool, typer.Option("--freeze", help="Stop spending from balances that do not hold.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Hold every balance, lot, hold and the chain of entries against what must always be so. Exit code 1: not so."""
    from regulars.cli import checking, opening

    with shown.progress("checking", None, unit="accounts") as progress:
        done = 0

        def told(count: int, of: int) -> None:
            nonlocal done
            progress.advance(count - done)
            progress.note(f"of {of:,}")
            done = count

        async def work(chosen: Settings, database: Database) -> CheckReport:
            async with database.read(programs=[]) as tx:
                found = await opening.program(tx, program)
            return await checking.ledger(database, chosen, program_id=found.program_id, freeze=freeze, progress=told)

        report = opening.within(work)
    if as_json:
        shown.data(report)
    else:
        tell(report)
    if report.breaks:
        raise typer.Exit(1)


@app.command()
def statement(
    member: Annotated[str, typer.Argument(help="mem_..., or kind:value such as phone:+37369123456, own_id:42.")],
    program: ProgramName = "",
    as_of: Annotated[str, typer.Option(help="A moment of the past, 2026-03-05T12:00:00Z.")] = "",
    currency: Annotated[str, typer.Option(help="Only this currency.")] = "",
    limit: Annotated[int, typer.Option(help="How many entries.", min=1, max=100)] = 50,
    format: Annotated[Literal["table", "json"], typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """What happened to a member's points, the latest first, and what they have."""
    from regulars.cli import finding, opening
    from regulars.kit import edge
    from regulars.ledger import service as ledger

    at = _moment(as_of)

    async def work(chosen: Settings, database: Database) -> Statement:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        async with database.read(programs=[found.program_id]) as tx:
            account_id = await finding.account(tx, chosen, program_id=found.program_id, member=member)
            return await ledger.statement(
                tx,
                program_id=found.program_id,
                account_id=account_id,
                now=edge.now(),
                as_of=at,
                currency=currency or None,
                limit=limit,
            )

    found = opening.within(work)
    if format == "json":
        shown.data(found)
    else:
        _print(found)


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter("write it with its zone, such as 2026-03-05T12:00:00Z", param_hint="--as-of")
    return found.astimezone(dt.UTC)


def _print(found: Any) -> None:
    shown.table(
        f"Balances at {found.at:%Y-%m-%d %H:%M:%S} UTC",
        ["currency", "active", "pending", "held", "owed"],
        [(one.currency, one.active, one.pending, one.held, one.arrears) for one in found.balances],
        right=frozenset({1, 2, 3, 4}),
    )
    rows = [
        (
            f"{line.entry.effective_at:%Y-%m-%d %H:%M}",
            line.entry.kind.value,
            f"{line.entry.from_.value} > {line.entry.to.value}",
            line.entry.amount,
            line.entry.currency,
            line.entry.rule or "",
            line.active_after,
        )
        for line in found.entries.items
    ]
    columns = ["counts from", "kind", "moved", "points", "currency", "rule", "active after"]
    shown.table("Entries, the latest first", columns, rows, right=frozenset({3, 6}))
    ends = [
        (one.currency, one.remaining, f"{one.expires_on or 'never'}", one.rule or "", one.funder) for one in found.lots
    ]
    shown.table("Open lots", ["currency", "left", "lives through", "rule", "funder"], ends, right=frozenset({1}))


def tell(report: Any) -> None:
    """What a check found, for a person."""
    shown.say(
        f"{report.accounts:,} accounts, {report.balances:,} balances, {report.entries:,} entries, {report.lots:,} lots"
    )
    if not report.breaks:
        shown.say("Everything holds.")
        return
    rows = [
        (one.invariant, str(one.account_id), one.currency, one.text, one.stored, one.expected) for one in report.breaks
    ]
    shown.table("What does not hold", ["law", "account", "currency", "what", "stored", "expected"], rows)
