"""`regulars key`: the keys that tills, apps and partners sign in with."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson, ProgramName

app = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)


@app.command()
def create(
    label: Annotated[str, typer.Argument(help="What the key is for, such as 'till 4'.")],
    scope: Annotated[list[str], typer.Option(help="A right; give it once for each.")],
    program: ProgramName = "",
    days: Annotated[int, typer.Option(help="After how many days it ends; 0: never.", min=0)] = 0,
    staff: Annotated[str, typer.Option(help="E-mail address of the person whose key it is; else a machine's.")] = "",
    partner: Annotated[str, typer.Option(help="The partner whose key it is: it opens what is theirs alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key. Its token is shown once and kept nowhere."""
    from regulars import assembly
    from regulars.access import service as access
    from regulars.access.contracts import IssuedKey, UnknownPartner
    from regulars.cli import opening
    from regulars.kit import edge, ids
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

    async def work(settings: Settings, database: Database) -> IssuedKey:
        now = edge.now()
        async with database.transaction(programs=[]) as tx:
            found = await opening.program(tx, program)
        signed = access.machine_signature(
            found.program_id, actor="command line", home=settings.home, now=now, act_id=edge.new_id(now)
        )
        async with database.transaction(programs=[found.program_id]) as tx:
            known = await assembly.partners(tx, found.program_id) if partner else ()
            if partner and partner not in known:
                raise UnknownPartner(partner=partner, known=", ".join(known) or "-")
            person = await access.staff_with_email(tx, program_id=found.program_id, email=staff) if staff else None
            made = await access.create_key(
                tx,
                program_id=found.program_id,
                key_id=edge.new_id(now),
                secret=edge.token(),
                label=label,
                scopes=scope,
                now=now,
                expires_at=now + dt.timedelta(days=days) if days else None,
                staff_id=None if person is None else ids.from_wire("stf", person.id),
                partner=partner or None,
            )
            new = {
                "label": label,
                "scopes": made.key.scopes,
                "staff": made.key.staff,
                **({"partner": partner} if partner else {}),
            }
            await access.sign(tx, signed, action="key.create", target=made.key.id, old=None, new=new)
            return made

    issued = opening.within(work)
    if as_json:
        shown.data(issued)
        return
    shown.say(f"Key {issued.key.id} with {', '.join(issued.key.scopes)}. Keep its token now, it is not shown again:")
    print(issued.token)


@app.command("list")
def listed(program: ProgramName = "", as_json: AsJson = False) -> None:
    """All keys of a program, without their tokens."""
    from regulars.access import service as access
    from regulars.access.contracts import ApiKey
    from regulars.cli import opening
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

    async def work(_: Settings, database: Database) -> list[ApiKey]:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        async with database.read(programs=[found.program_id]) as tx:
            return await access.keys(tx, program_id=found.program_id)

    found = opening.within(work)
    if as_json:
        shown.data(found)
        return
    rows = [(key.id, key.label, f"...{key.last_four}", ", ".join(key.scopes), _state(key.revoked_at)) for key in found]
    shown.table("", ["key", "label", "token", "scopes", "state"], rows)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, key_...")],
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """End a key; every server process refuses it within seconds."""
    from regulars.access import service as access
    from regulars.access.contracts import ApiKey
    from regulars.cli import opening
    from regulars.kit import edge, ids
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

    async def work(_: Settings, database: Database) -> ApiKey:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        async with database.transaction(programs=[found.program_id]) as tx:
            key_id = ids.from_wire("key", key)
            return await access.revoke_key(tx, program_id=found.program_id, key_id=key_id, now=edge.now())

    ended = opening.within(work)
    if as_json:
        shown.data(ended)
    else:
        shown.say(f"{ended.id} ({ended.label}) is revoked.")


def _state(revoked_at: dt.datetime | None) -> str:
    return "" if revoked_at is None else f"revoked {revoked_at:%Y-%m-%d %H:%M}"
