"""`regulars db`: the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regulars.cli import backups, shown

if TYPE_CHECKING:
    from regulars.kit.address import Role

app = typer.Typer(help="The database: migrate, url, psql, stop, restored.", no_args_is_help=True)
app.command("restored")(backups.restored)
RoleName = Annotated[str, typer.Option("--role", help="owner, app, reader, relay or admin.")]


@app.command()
def migrate() -> None:
    """Bring the database up to this release. Safe to run again."""
    from regulars.kit import server, settings, upgrade

    with server.serving(settings.load()) as where:
        upgrade.upgrade(where)
        shown.say(f"The database is at {upgrade.revision(where)}.")


@app.command()
def url(role: RoleName = "app") -> None:
    """The address of the embedded database as a URL with its password, for other tools on this machine."""
    print(_url(role))


@app.command()
def psql(role: RoleName = "reader") -> None:
    """Open psql on the database while `regulars serve` runs; as `reader` nothing can be changed."""
    import os
    import shutil

    from regulars.cli import opening
    from regulars.kit.address import SCHEMA

    found = shutil.which("psql")
    if found is None:
        shown.say("psql is not on the PATH. Install PostgreSQL's client, or use `regulars db url` with another tool.")
        raise typer.Exit(1)
    known = _known(role)
    where = opening.run_by_others()
    user, password = where.login(known)
    # The password goes by the environment: arguments are visible to every user of the machine.
    environment = os.environ | {"PGPASSWORD": password, "PGOPTIONS": f"-c search_path={SCHEMA}"}
    command = [found, "-h", where.host, "-p", str(where.port), "-U", user, where.database]
    os.execve(found, command, environment)  # noqa: S606 - in place of this process, without a shell


@app.command()
def stop() -> None:
    """End an embedded server that a killed process left behind."""
    from regulars.kit import settings
    from regulars.kit.server import EmbeddedServer, tuning_of

    chosen = settings.load()
    if chosen.database_url:
        shown.say("REGULARS_DATABASE_URL names a server of your own; stop it where it runs.")
        raise typer.Exit(1)
    if not (chosen.home / "postgres").exists():
        shown.say(f"There is no embedded database in {chosen.home}.")
        return
    server = EmbeddedServer(chosen.home, tuning_of(chosen))
    server.start()
    supervised = server.is_supervisor
    server.stop()
    if not supervised:
        shown.say("Another process of Regulars runs it (regulars serve, or a demo). Stop that one with Ctrl-C.")
        raise typer.Exit(1)
    shown.say("The embedded database is stopped.")


def _url(role: str) -> str:
    from urllib.parse import quote, urlencode

    from regulars.kit import server, settings

    known = _known(role)
    where = server.locate(settings.load())
    user, password = where.login(known)
    query = urlencode({"host": where.host, "port": where.port, **where.parameters})
    return f"postgresql://{quote(user)}:{quote(password)}@/{quote(where.database)}?{query}"


def _known(role: str) -> Role:
    from regulars.kit.address import ROLES

    known: dict[str, Role] = {one: one for one in (*ROLES, "admin")}
    if role not in known:
        shown.say(f"There is no role {role}. Known are: {', '.join(known)}.")
        raise typer.Exit(2)
    return known[role]
