"""`regulars webhook`: what a receiver needs to verify who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from regulars.cli import shown
from regulars.cli.options import AsJson, ProgramName
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

app = typer.Typer(help="Calls to targets outside: secret.", no_args_is_help=True)
ADMIN: Final = "admin"


class UnknownTarget(RegularsError):
    """The settings name no such target."""

    status = 404
    texts = Text(
        en="There is no target {target} in REGULARS_WEBHOOK_TARGETS. Known are: {known}.",
        ru="В REGULARS_WEBHOOK_TARGETS нет адресата {target}. Известны: {known}.",
        ro="În REGULARS_WEBHOOK_TARGETS nu există ținta {target}. Sunt cunoscute: {known}.",
    )
    target: str
    known: str


@app.callback()
def webhook() -> None:
    """Calls to targets outside."""


@app.command()
def secret(
    target: Annotated[str, typer.Argument(help="Name of the target in REGULARS_WEBHOOK_TARGETS.")],
    program: ProgramName = "",
    as_json: AsJson = False,
) -> None:
    """Show the secret that a target verifies calls with. Needs a key with admin in MY_REGULARS_KEY."""
    from regulars.access import service as access
    from regulars.cli import opening, signing
    from regulars.rewards import service as rewards

    async def work(settings: Settings, database: Database) -> str:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, program)
        signed = await signing.person(settings, database, found, ADMIN)
        known = rewards.webhook_targets(settings.webhook_targets)
        if target not in known:
            raise UnknownTarget(target=target[:64], known=", ".join(sorted(known)) or "-")
        async with database.transaction(programs=[found.program_id]) as tx:
            await access.sign(tx, signed, action="webhook.secret", target=target, old=None, new=None)
        return rewards.webhook_secret(settings.home, target)

    made = opening.within(work)
    if as_json:
        shown.data({"target": target, "secret": made})
        return
    shown.say(made)
