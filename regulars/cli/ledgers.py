"""`regulars ledger`: is everything as it must be, what happened to one member's points, what finance takes along."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
import typer

from regulars.cli import ledger_exports, moments, shown
from regulars.cli.options import AsJson, ProgramName

if TYPE_CHECKING:
    from regulars.access.contracts import Signature
    from regulars.activities.service import Settled, Thawed
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings
    from regulars.ledger.contracts import CheckReport, Root, Statement

app = typer.Typer(help="Points as money: check, root, frozen, thaw, settle, statement, export.", no_args_is_help=True)
app.command("export")(ledger_exports.export)
Roots = Annotated[
    Path | None, typer.Option(help="Folder of roots, of one program or all; else REGULARS_HOME/roots.", exists=True)
]

# The second of two people who answer for a thaw that leaves something broken.
SECOND_KEY: Final = "SECOND_REGULARS_KEY"


@app.command()
def check(
    program: ProgramName = "",
    since_last: Annotated[
        bool, typer.Option("--since-last", help="Only balances touched since the last check, as the worker does.")
    ] = False,
    freeze: Annotated[bool, typer.Option("--freeze", help="Stop spending from balances that do not hold.")] = False,
    processes: Annotated[int, typer.Option(help="Processes that check; 0: one a core.", min=0, max=64)] = 0,
    roots: Roots = None,
    as_json: AsJson = False,
) -> None:
    """Hold every balance, lot and hold, the chains of entries and of the audit log, activities against their seals,
    budgets, stock, codes and prizes against their uses, sales against all that came back of them, and the roots outside
    the database against what must always be so. Exit code 1: not so."""
    from regulars.cli import checking, opening

    if since_last and roots is not None:
        raise typer.BadParameter("one of --since-last and --roots: only all of it is held against roots")
    with shown.progress("checking", None, unit="accounts") as progress:

        async def work(chosen: Settings, database: Database) -> CheckReport:
            async with database.read(programs=[]) as tx:
                found = await opening.program(tx, program)
            return await checking.ledger(
                database,
                chosen,
                program_id=found.program_id,
                freeze=freeze,
                progress=progress.reach,
                processes=processes or os.cpu_count() or 1,
                since_last=since_last,
                roots=roots,
            )

        report = opening.within(work)
    if as_json:
        shown.data(report)
    else:
        tell(report, full=not since_last, program=program)
    if report.breaks:
        raise typer.Exit(1)


@app.command()
def root(
    program: ProgramName = "",
    full: Annotated[bool, typer.Option("--full", help="All ends, not only those touched since the last root.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder; else REGULARS_HOME/roots/<program>.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write down the ends of all chains, signed, outside the database: with them the check finds what was cut off. The
    worker does it once a day; copy the folder to where the database's owner cannot write."""
    from regulars.activities import service as activities
    from regulars.cli import opening

    async def work(chosen: Settings, database: Database) -> Root:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        return await activities.write_root(database, chosen.home, program_id=found.program_id, folder=out, full=full)

    made = opening.within(work)
    if as_json:
        shown.data(made)
        return
    count = shown.counted(made.heads, "balance")
    what = f"{count}, all there are" if made.full else f"{count} touched since the root before"
    shown.say(f"Root {made.number} of {made.at:%Y-%m-%d %H:%M} UTC: {what}.")
    shown.say("Its signature, to be kept elsewhere:")
    print(made.signature)


@app.command()
def frozen(program: ProgramName = "", as_json: AsJson = False) -> None:
    """Balances that the check found broken: they earn, and are not spent from until a person has looked."""
    from regulars.cli import opening
    from regulars.kit import ids
    from regulars.ledger import service as ledger

    async def work(_: Settings, database: Database) -> Any:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        async with database.read(programs=[found.program_id]) as tx:
            return await ledger.frozen(tx, program_id=found.program_id)

    found = opening.within(work)
    # As `thaw` wants it, not as the rows have it.
    named = [{**msgspec.structs.asdict(one), "account_id": ids.to_wire("acc", one.account_id)} for one in found]
    if as_json:
        shown.data(named)
        return
    if not named:
        shown.say("No balance is frozen.")
        return
    rows = [(one["account_id"], one["currency"], one["active"], one["reason"]) for one in named]
    shown.table("", ["account", "currency", "active", "why"], rows, right=frozenset({2}))


@app.command()
def thaw(
    account: Annotated[str, typer.Argument(help="acc_..., as `regulars ledger frozen` names it.")],
    currency: Annotated[str, typer.Argument(help="The currency, as `regulars ledger frozen` names it.")],
    reason: Annotated[str, typer.Option(help="What you looked at and what came out; goes into the audit log.")],
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Put its numbers and lots back to what the entries say first.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Let what was changed stand: needs the keys of two people.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who you are, where no key of yours is set.")] = "command line",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Let a frozen balance be spent from again. It is checked first, and only one that holds is let go; --rebuild where
    only numbers beside the entries were changed, --accept where the history itself was, and nobody can say what it said
    (MY_REGULARS_KEY and SECOND_REGULARS_KEY are the keys of two people)."""
    from regulars.activities import service as activities
    from regulars.cli import opening, signing
    from regulars.kit import ids

    if rebuild and accept:
        raise typer.BadParameter("one of --rebuild and --accept", param_hint="--accept")
    if len(reason.strip()) < 3:
        raise typer.BadParameter("say what you looked at", param_hint="--reason")
    account_id = ids.from_wire("acc", account)

    async def work(chosen: Settings, database: Database) -> Thawed:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        second = None
        if accept:
            signed = await signing.person(chosen, database, found, "admin")
            second = (await _second(chosen, database, found, signed)).actor
        else:
            signed = await signing.signature(chosen, database, found, by, "admin")
        async with database.transaction(programs=[found.program_id]) as tx:
            return await activities.thaw(
                tx,
                signed,
                chosen.home,
                account_id=account_id,
                currency=currency,
                reason=reason.strip(),
                way="accept" if accept else "rebuild" if rebuild else "holds",
                second=second,
            )

    done = opening.within(work)
    if as_json:
        shown.data(done)
        return
    rest = f" {shown.counted(done.accepted, 'break')} accepted as it stands." if done.accepted else ""
    shown.say(f"{done.account} {done.currency} is spent from again.{rest}")


@app.command()
def settle(
    keep: Annotated[
        Literal["uses", "counters"],
        typer.Option(help="uses: put counters back to the sum of their uses; counters: take over what they say."),
    ],
    reason: Annotated[str, typer.Option(help="What you looked at and what came out; goes into the audit log.")],
    by: Annotated[str, typer.Option(help="Who you are, where no key of yours is set.")] = "command line",
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Make budgets, stock and uses of codes agree with their uses again, after the check named a counter. Keep the uses
    where somebody changed a counter; keep the counters where uses were not written down: a process of the release
    before went on while you upgraded."""
    from regulars.activities import service as activities
    from regulars.cli import opening, signing

    if len(reason.strip()) < 3:
        raise typer.BadParameter("say what you looked at", param_hint="--reason")

    async def work(chosen: Settings, database: Database) -> list[Settled]:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        signed = await signing.signature(chosen, database, found, by, "admin")
        async with database.transaction(programs=[found.program_id]) as tx:
            return await activities.settle(tx, signed, chosen.home, keep=keep, reason=reason.strip())

    found = opening.within(work)
    if as_json:
        shown.data(found)
        return
    if not found:
        shown.say("Nothing to settle: every number is the sum of its uses.")
        return
    rows = [(one.metric, one.owner, one.bucket, one.item, one.counted, one.used) for one in found]
    title = f"{shown.counted(len(rows), 'number')} settled: {keep} kept"
    columns = ["what", "of", "period", "item", "counter said", "uses said"]
    shown.table(title, columns, rows, right=frozenset({4, 5}))


async def _second(chosen: Settings, database: Database, found: Any, first: Signature) -> Signature:
    from regulars.cli import signing

    return await signing.person(chosen, database, found, "admin", variable=SECOND_KEY, other_than=first)


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
    from regulars.members import service as members

    at = moments.moment(as_of, "--as-of")

    async def work(chosen: Settings, database: Database) -> Statement:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        async with database.read(programs=[found.program_id]) as tx:
            member_id = await finding.member(tx, chosen, program_id=found.program_id, member=member)
            there = await members.then(tx, program_id=found.program_id, member_id=member_id, at=at)
            return await ledger.statement(
                tx,
                program_id=found.program_id,
                account_id=there.account_id,
                earlier=there.earlier,
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


def _print(found: Any) -> None:
    has = any(one.active or one.pending or one.held or one.arrears for one in found.balances)
    if not (has or found.entries.items):
        shown.say(f"By {found.at:%Y-%m-%d %H:%M:%S} UTC nothing has happened to this member's points.")
        return
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
    if ends:
        columns = ["currency", "left", "lives through", "rule", "funder"]
        shown.table("Open lots", columns, ends, right=frozenset({1}))


def tell(report: Any, *, full: bool = True, program: str = "") -> None:
    """What a check went through, the first wrong row with what to do, and all that does not hold. `program` is its key
    where commands have to name it."""
    counts = [
        shown.counted(report.accounts, "account"),
        shown.counted(report.balances, "balance"),
        shown.counted(report.entries, "entry", "entries"),
        shown.counted(report.lots, "lot"),
        shown.counted(report.roots, "end in roots", "ends in roots"),
        shown.counted(report.audit, "row of the audit log", "rows of the audit log"),
        shown.counted(report.activities, "sealed activity", "sealed activities"),
    ]
    shown.say(", ".join(counts))
    if full and not report.roots:
        shown.say(
            "No root has an end to compare with: one that was cut off would not be seen. See regulars ledger root."
        )
    if report.accepted:
        shown.say(f"{shown.counted(report.accepted, 'break')} accepted by people, see the audit log.")
    if not report.breaks:
        shown.say("Everything holds.")
        return
    first = report.breaks[0]
    column = f", column {first.column}" if first.column else ""
    shown.say(f"First wrong row ({first.invariant}): {first.table} where {first.key}{column}")
    shown.say(f"  {first.text}")
    shown.say(f"  it says:        {first.stored or '-'}")
    shown.say(f"  it should say:  {first.expected or _UNTOLD}")
    shown.say(f"  what to do:     {_remedy(first, program)}")
    rows = [
        (one.invariant, one.table, one.key, one.column, one.text, one.stored, one.expected) for one in report.breaks
    ]
    columns = ["law", "table", "row", "column", "what", "says", "should say"]
    what = shown.counted(len(rows), "thing that does not hold", "things that do not hold")
    shown.table(what, columns, rows)


def _remedy(first: Any, program: str) -> str:
    from regulars.kit import ids

    text = _REMEDIES.get(first.table, _OF_ENTRIES)
    if program:
        text = text.replace(_WHY, f"{_WHY} --program {program}")
    if first.account_id is None:
        return text
    # Rows have its bare id; `thaw` wants the written one.
    return text.replace("ACCOUNT CURRENCY", f"{ids.to_wire('acc', first.account_id)} {first.currency or 'CURRENCY'}")


_UNTOLD: Final = "not to be told from this database: see the last export or backup"
_WHY: Final = '--reason "why"'
_OF_ENTRIES: Final = (
    "The steps are in docs/ledger.md. Keep the database as it is. Find out who could write to it. Put the row back to "
    f"what it should say, or take it from a backup; then: regulars ledger thaw ACCOUNT CURRENCY {_WHY}"
)
_REMEDIES: Final = {
    "balance": f"The entries are sound: regulars ledger thaw ACCOUNT CURRENCY --rebuild {_WHY}",
    "audit": "Keep the database as it is, and compare with a backup: somebody wanted to hide what they did.",
    "activity": "Keep the database as it is, and compare with a backup: returns are judged by this row.",
    "counter_use": "Keep the database as it is, and compare with a backup: the row of counter_use says who took what.",
    "event": "Nothing is lost in points; listeners missed it. Tell us, with the log of the worker.",
    "answer": "Tell us, with the log of the server: a refusal must write nothing.",
    "counter": "Find out who could write to it. Where stock or a budget was passed: raise it with `stock`, or stop the "
    f"reward, and tell us. Where it is not the sum of its uses: regulars ledger settle --keep uses {_WHY}",
    "move": "regulars doctor; points in transit are finished by the worker within a minute.",
}
