"""All that a database holds, value by value."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from regulars.kit.address import Address


def values(where: Address) -> Iterator[tuple[str, str, bytes]]:
    """(table, column, value as bytes) of every row of every table."""
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        names = connection.execute(
            "select c.relname from pg_class c where c.relnamespace = 'regulars'::regnamespace and c.relkind = 'r'"
        ).fetchall()
        for (name,) in names:
            cursor = connection.execute(f'select * from regulars."{name}"')
            columns = [one.name for one in cursor.description or ()]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield name, column, bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
