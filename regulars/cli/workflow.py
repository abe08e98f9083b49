"""`regulars program`, the way of a release: drafts, proposals, approvals, schedule, copies."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from regulars.cli import programs, shown
from regulars.cli.options import AsJson
from regulars.cli.programs import By, Key, told

if TYPE_CHECKING:
    from regulars.program.contracts.workflow import Proposal, Touched
    from regulars.program.service import ReleaseShown

# Its commands stand beside those of `programs`.
app = programs.app
Number = Annotated[int, typer.Argument(help="The number of the release.", min=1)]
Note = Annotated[str, typer.Option("--note", help="For those who approve.")]
Name = Annotated[str, typer.Argument(help="The name of the draft.")]


@app.command()
def propose(
    file: Annotated[Path | None, typer.Argument(help="The program as YAML: a file, or a folder.", exists=True)] = None,
    program: Key = "",
    draft: Annotated[str, typer.Option("--draft", help="A draft instead of files.")] = "",
    note: Note = "",
    by: By = "command line",
    as_json: AsJson = False,
) -> None:
    """Propose a release of files or of a draft: it is checked, gets a number, and waits for approvals.

    With your own API key in MY_REGULARS_KEY it is yours, and you cannot approve it.
    """
    from regulars.cli import opening, proposing, releasing

    if (file is not None) == bool(draft):
        raise typer.BadParameter("give files or --draft NAME")
    if file is None:
        made = opening.within(
            lambda settings, database: proposing.propose_draft(
                settings, database, program=program, name=draft, note=note, by=by
            )
        )
    else:
        made = opening.within(
            lambda settings, database: releasing.propose(settings, database, file, program=program, by=by, note=note)
        )
    told(made, as_json)


@app.command()
def proposals(program: Key = "", as_json: AsJson = False) -> None:
    """Proposed releases and what became of them, the newest first."""
    from regulars.cli import opening, proposing

    found = opening.within(lambda _, database: proposing.proposals(database, program=program))
    if as_json:
        shown.data([_proposal(one) for one in found])
        return
    rows = [
        (one.number, one.state.value, one.base or "", one.draft, one.proposed_by, f"{one.proposed_at:%Y-%m-%d %H:%M}")
        for one in found
    ]
    shown.table("", ["release", "state", "over", "draft", "by", "proposed"], rows)


@app.command()
def show(number: Number, program: Key = "", as_json: AsJson = False) -> None:
    """A release on its way: what it changes and touches, what its checks found, who approved it."""
    from regulars.cli import opening, proposing

    one, staff = opening.within(lambda _, database: proposing.shown(database, program=program, number=number))
    if as_json:
        shown.data(_shown(one, staff))
    else:
        _tell(one, staff)


@app.command("try")
def try_release(number: Number, program: Key = "", by: By = "command line") -> None:
    """Ask the worker to backtest a proposed release on everything recorded; `show` tells what it found."""
    from regulars.cli import opening, proposing

    opening.within(
        lambda settings, database: proposing.want_backtest(settings, database, program=program, number=number, by=by)
    )
    shown.say(f"The worker will backtest release {number}.")


@app.command()
def approve(number: Number, program: Key = "", note: Note = "", as_json: AsJson = False) -> None:
    """Say yes to a proposed release, with your own API key in MY_REGULARS_KEY. Nobody approves their own."""
    from regulars.cli import opening, proposing

    made, given = opening.within(
        lambda settings, database: proposing.approve(settings, database, program=program, number=number, note=note)
    )
    told(made, as_json)
    if not as_json:
        shown.say(f"Approved by {given}.")


@app.command()
def reject(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why not.")],
    program: Key = "",
    by: By = "command line",
    as_json: AsJson = False,
) -> None:
    """Say no to a proposed release, or take it back."""
    from regulars.cli import opening, proposing

    made = opening.within(
        lambda settings, database: proposing.reject(
            settings, database, program=program, number=number, reason=reason, by=by
        )
    )
    told(made, as_json)


@app.command()
def schedule(
    number: Number,
    at: Annotated[dt.datetime, typer.Argument(help="In the program's time.", formats=["%Y-%m-%dT%H:%M"])],
    program: Key = "",
    by: By = "command line",
    as_json: AsJson = False,
) -> None:
    """Have an approved release published at a moment by the worker."""
    from regulars.cli import opening, proposing

    made = opening.within(
        lambda settings, database: proposing.schedule(settings, database, program=program, number=number, at=at, by=by)
    )
    told(made, as_json)


@app.command()
def release(number: Number, program: Key = "", by: By = "command line", as_json: AsJson = False) -> None:
    """Publish a proposed release that has the approvals it needs."""
    from regulars.cli import opening, proposing

    made = opening.within(
        lambda settings, database: proposing.release(settings, database, program=program, number=number, by=by)
    )
    told(made, as_json)


@app.command()
def drafts(program: Key = "", as_json: AsJson = False) -> None:
    """The drafts that people prepare."""
    from regulars.cli import opening, proposing

    found = opening.within(lambda _, database: proposing.drafts(database, program=program))
    if as_json:
        shown.data([{"name": one.name, "base": one.base, "touched": one.touched} for one in found])
        return
    rows = [(one.name, one.base, ", ".join(one.touched), one.changed_by) for one in found]
    shown.table("", ["draft", "over release", "changes", "last by"], rows)


@app.command()
def draft(name: Name, program: Key = "", as_json: AsJson = False) -> None:
    """A draft in words, and side by side what others published meanwhile. Exit code 1: there are conflicts."""
    from regulars.cli import opening, proposing, releasing

    found = opening.within(lambda _, database: proposing.draft(database, program=program, name=name))
    if as_json:
        changes = [releasing.change_data(one, shown.language()) for one in found.changes]
        data = {"name": found.draft.name, "base": found.draft.base, "in_force": found.in_force}
        shown.data({**data, "changes": changes, "conflicts": msgspec.to_builtins(found.conflicts)})
    else:
        for one in found.changes:
            print(one.sentence(shown.language()))
        for met in found.conflicts:
            sides = (("base", met.base), ("theirs", met.theirs), ("yours", met.yours))
            shown.table(met.path, ["", f"over release {found.draft.base}"], [(side, _flow(at)) for side, at in sides])
    if found.conflicts:
        raise typer.Exit(1)


@app.command()
def rebase(
    name: Name,
    program: Key = "",
    yours: Annotated[list[str] | None, typer.Option("--yours", help="A path where the draft's holds.")] = None,
    theirs: Annotated[list[str] | None, typer.Option("--theirs", help="A path where what is in force holds.")] = None,
    by: By = "command line",
) -> None:
    """Bring a draft onto the release in force, choosing where both changed the same."""
    from regulars.cli import opening, proposing

    choose: dict[str, Any] = {**dict.fromkeys(yours or [], "yours"), **dict.fromkeys(theirs or [], "theirs")}
    made = opening.within(
        lambda settings, database: proposing.rebase(
            settings, database, program=program, name=name, choose=choose, by=by
        )
    )
    shown.say(f"Draft {made.name} is over release {made.base}.")


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="Key of the program to copy.")],
    to: Annotated[str, typer.Option("--to", help="Key of the program that gets a draft.")],
    release: Annotated[int, typer.Option(help="Which release; 0: the one in force.", min=0)] = 0,
    draft: Annotated[str, typer.Option("--draft", help="The name of the draft; else from_ and the source.")] = "",
    settings: Annotated[bool, typer.Option("--settings", help="Copy the settings too.")] = False,
    by: By = "command line",
    as_json: AsJson = False,
) -> None:
    """Bring what one program says into another one, as a draft: from a sandbox to production."""
    from regulars.cli import opening, proposing

    name = draft or f"from_{source}"
    made = opening.within(
        lambda chosen, database: proposing.copy(
            chosen, database, source=source, to=to, number=release, draft=name, with_settings=settings, by=by
        )
    )
    if as_json:
        shown.data({"name": made.name, "base": made.base, "touched": made.touched})
    else:
        changed = shown.counted(len(made.touched), "definition")
        shown.say(f"Draft {made.name} of {to} changes {changed} over release {made.base}.")


def _tell(one: ReleaseShown, staff: dict[Any, str]) -> None:
    language = shown.language()
    print(f"Release {one.number}: {one.state.value}, over release {one.base or 'nothing'}.")
    if one.proposal is not None:
        print(f"Proposed by {one.proposal.proposed_by}. {one.proposal.note}".rstrip())
        for yes in one.approvals:
            print(f"Approved by {staff.get(yes.staff_id, '?')} {yes.approved_at:%Y-%m-%d %H:%M}. {yes.note}".rstrip())
        if one.proposal.publish_at is not None:
            print(f"To be published {one.proposal.publish_at:%Y-%m-%d %H:%M} UTC.")
        if one.proposal.reason:
            print(f"Reason: {one.proposal.reason}")
        if one.proposal.backtest is not None:
            tried = msgspec.json.decode(one.proposal.backtest)
            cost = tried["cost_minor"]
            print(
                f"Backtest: {shown.counted(tried['activities'], 'activity', 'activities')}"
                f" of {shown.counted(tried['members'], 'member')};"
                f" {tried['members_more']:,} would have more, {tried['members_less']:,} less;"
                f" cost {cost['difference']:+,} in the smallest unit of money."
            )
        elif one.proposal.backtest_state is not None:
            print(f"Backtest: {one.proposal.backtest_state.value}.")
        for fault in (*one.proposal.report.faults, *one.proposal.report.warnings):
            print(f"{fault.severity.value} {fault.path}: {fault.message(language)}")
    for change in one.changes:
        print(change.sentence(language))
    shown.table("", ["touched", "", "members in the middle", "how many"], [_row(each) for each in one.touched])


def _row(one: Touched) -> tuple[object, ...]:
    return one.path, one.did.value, "" if one.policy is None else one.policy.value, one.members


def _shown(one: ReleaseShown, staff: dict[Any, str]) -> Any:
    from regulars.program import service

    return service.release_as_data(one, shown.language(), staff=staff, text=False)


def _proposal(one: Proposal) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("number", "base", "draft", "note", "proposed_by", "proposed_at")}
    return {**facts, "state": one.state.value, "publish_at": one.publish_at}


def _flow(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
