"""Bringing a database up to this release, and the check that it is.

The check needs no Alembic and no SQLAlchemy, which take longer to load than a server takes to start; both are loaded
only where there is something to migrate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from regulars.kit import roles
from regulars.kit.address import SCHEMA, Address, Role

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

_SCRIPTS: Final = Path(__file__).resolve().parent.parent / "migrations"


def engine(where: Address, *, role: Role = "owner") -> Engine:
    """A synchronous engine for migrations and their tests; the caller disposes of it."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    arguments = where.sync_arguments(role)
    # Were our schema the default one, Alembic would see its tables without a schema and think that ours are missing.
    arguments["options"] += " -c search_path=public"
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**arguments), poolclass=NullPool)


def upgrade(where: Address, revision: str = "head") -> None:
    """Prepare roles and schema, then run all migrations that are missing. Not inside a running event loop.

    Raises MayNotPrepare, DatabaseRefuses.
    """
    from alembic import command

    roles.prepare(where)
    _run(where, lambda config: command.upgrade(config, revision))


def downgrade(where: Address, revision: str) -> None:
    """Take migrations back to a revision; `base` takes all of them back."""
    from alembic import command

    _run(where, lambda config: command.downgrade(config, revision))


def check(where: Address) -> None:
    """Compare the schema with the declared tables. Raises alembic.util.CommandError where they differ."""
    from alembic import command

    _run(where, command.check)


def ensure(where: Address) -> None:
    """Upgrade a database that is not at this release; one that is costs a query. Not inside a running event loop.

    Raises MayNotPrepare, DatabaseRefuses.
    """
    try:
        if is_current(where):
            return
    except psycopg.OperationalError:
        # No database or no roles of ours yet; if the server is away, the upgrade says so.
        pass
    upgrade(where)


def is_current(where: Address) -> bool:
    """Whether the database has every migration of this release. Raises the driver's OperationalError where our roles
    cannot enter."""
    return revision(where) == head()


def head() -> str:
    """The last revision of this release: the one that no other builds on."""
    return revisions()[-1]


def revisions() -> list[str]:
    """All revisions that this release knows, the last at the end."""
    built_on: dict[str, str] = {}
    for script in (_SCRIPTS / "versions").glob("[0-9]*.py"):
        text = script.read_text(encoding="utf-8")
        [name] = re.findall(r"^revision = ['\"](\w+)", text, re.MULTILINE)
        built_on[name] = next(iter(re.findall(r"^down_revision = ['\"](\w+)", text, re.MULTILINE)), "")
    [last] = built_on.keys() - built_on.values()
    found = [last]
    while built_on[found[0]]:
        found.insert(0, built_on[found[0]])
    return found


def revision(where: Address) -> str:
    """The revision that a database is at; empty where none was ever run. Raises the driver's OperationalError."""
    try:
        with psycopg.connect(**where.sync_arguments("owner")) as connection:
            rows = connection.execute(f"SELECT version_num FROM {SCHEMA}.alembic_version").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return ""
    return ",".join(row[0] for row in rows)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run(where: Address, act: Callable[[Config], object]) -> None:
    config = _config()
    with engine(where).connect() as connection:
        config.attributes["connection"] = connection
        act(config)
