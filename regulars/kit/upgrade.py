"""Bringing a database up to this release, and the check that it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from regulars.kit import roles
from regulars.kit.address import SCHEMA, Address, Role

_SCRIPTS: Final = Path(__file__).resolve().parent.parent / "migrations"


def engine(where: Address, *, role: Role = "owner") -> Engine:
    """A synchronous engine for migrations and their tests; the caller disposes of it."""
    arguments = where.sync_arguments(role)
    # Were our schema the default one, Alembic would see its tables without a schema and think that ours are missing.
    arguments["options"] += " -c search_path=public"
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**arguments), poolclass=NullPool)


def upgrade(where: Address, revision: str = "head") -> None:
    """Prepare roles and schema, then run all migrations that are missing. Not inside a running event loop.

    Raises MayNotPrepare.
    """
    roles.prepare(where)
    _run(where, lambda config: command.upgrade(config, revision))


def downgrade(where: Address, revision: str) -> None:
    """Take migrations back to a revision; `base` takes all of them back."""
    _run(where, lambda config: command.downgrade(config, revision))


def check(where: Address) -> None:
    """Compare the schema with the declared tables. Raises alembic.util.CommandError where they differ."""
    _run(where, command.check)


def is_current(where: Address) -> bool:
    """Whether the database has every migration of this release."""
    with engine(where).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
        return set(context.get_current_heads()) == set(ScriptDirectory.from_config(_config()).get_heads())


def head() -> str | None:
    """The last revision of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run(where: Address, act: Callable[[Config], object]) -> None:
    config = _config()
    with engine(where).connect() as connection:
        config.attributes["connection"] = connection
        act(config)
