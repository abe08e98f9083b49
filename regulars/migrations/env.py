"""Alembic's entry: compares with, and migrates to, the tables of all rooms."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from sqlalchemy import text

from regulars import assembly
from regulars.kit import partitions, tables
from regulars.kit.address import SCHEMA


def _is_ours(name: str | None, kind: str, parents: Any) -> bool:
    if kind == "schema":
        return name == SCHEMA
    if kind == "table":
        # Partitions come and go with the months, and Alembic's own table is Alembic's.
        return name != "alembic_version" and re.search(partitions.PATTERN, name or "") is None
    return True


def _migrate() -> None:
    assembly.load_tables()
    connection = context.config.attributes["connection"]
    # A migration that cannot have its lock at once fails and is run again: nobody queues up behind it.
    connection.execute(text("SET lock_timeout = '2s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=_is_ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_migrate()
