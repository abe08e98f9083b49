"""`regulars staff`: the people who work for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson, ProgramName

if TYPE_CHECKING:
    from regulars.access.contracts import Program, StaffMember
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

app = typer.Typer(help="Staff: add, list, leave. Their keys: regulars key create --staff E-MAIL.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What they are called.")],
    email: Annotated[str, typer.Argument(help="Their e-mail address.")],
    language: Annotated[list[str] | None, typer.Option(help="en, ru or ro; the first is preferred.")] = None,
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Add somebody who works for the program."""
    from regulars.access import service as access
    from regulars.cli import opening
    from regulars.kit import edge

    async def work(settings: Settings, database: Database) -> StaffMember:
        found, now = await _named(database, program), edge.now()
        signed = access.machine_signature(
            found.program_id, actor="command line", home=settings.home, now=now, act_id=edge.new_id(now)
        )
        async with database.transaction(programs=[found.program_id]) as tx:
            made = await access.add_staff(
                tx,
                program_id=found.program_id,
                staff_id=edge.new_id(now),
                name=name,
                email=email,
                languages=language or ["en"],
                now=now,
            )
            await access.sign(tx, signed, action="staff.add", target=made.id, old=None, new={"active": True})
            return made

    made = opening.within(work)
    if as_json:
        shown.data(made)
    else:
        shown.say(f"{made.name} is {made.id}. A key of their own: regulars key create LABEL --staff {made.email}")


@app.command("list")
def listed(program: ProgramName = "", as_json: AsJson = False) -> None:
    """Everybody who works for the program."""
    from regulars.access import service as access
    from regulars.cli import opening

    async def work(_: Settings, database: Database) -> list[StaffMember]:
        found = await _named(database, program)
        async with database.read(programs=[found.program_id]) as tx:
            return await access.staff(tx, program_id=found.program_id)

    found = opening.within(work)
    if as_json:
        shown.data(found)
        return
    rows = [(one.id, one.name, one.email, ", ".join(one.languages), "" if one.active else "left") for one in found]
    shown.table("", ["staff", "name", "e-mail", "languages", "state"], rows)


@app.command()
def leave(
    email: Annotated[str, typer.Argument(help="Their e-mail address.")],
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Somebody leaves: all their keys stop within seconds."""
    from regulars.access import service as access
    from regulars.cli import opening
    from regulars.kit import edge, ids

    async def work(settings: Settings, database: Database) -> StaffMember:
        found, now = await _named(database, program), edge.now()
        signed = access.machine_signature(
            found.program_id, actor="command line", home=settings.home, now=now, act_id=edge.new_id(now)
        )
        async with database.transaction(programs=[found.program_id]) as tx:
            one = await access.staff_with_email(tx, program_id=found.program_id, email=email)
            gone = await access.change_staff(
                tx,
                program_id=found.program_id,
                staff_id=ids.from_wire("stf", one.id),
                name=one.name,
                email=one.email,
                languages=one.languages,
                active=False,
                members=[ids.from_wire("mem", member) for member in one.members],
            )
            old, new = {"active": one.active}, {"active": False}
            await access.sign(tx, signed, action="staff.change", target=gone.id, old=old, new=new)
            return gone

    gone = opening.within(work)
    if as_json:
        shown.data(gone)
    else:
        shown.say(f"{gone.name} has left; their keys stop.")


async def _named(database: Database, name: str) -> Program:
    from regulars.cli import opening

    async with database.read(programs=[]) as tx:
        return await opening.program(tx, name)
