"""Monthly partitions of tables whose ids are version 7 uuids: the month of a row is the month of its id.

Which column holds that id, the registry knows: `postgresql_partition_by="RANGE (activity_id)"`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from regulars.kit import ids, tables
from regulars.kit.address import SCHEMA

PATTERN: Final = r"_p(\d{4}_\d{2}|_default)$"


class Month(msgspec.Struct, frozen=True, order=True):
    """A calendar month in UTC."""

    year: int
    month: int

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)


def month_of(moment: datetime) -> Month:
    """The month of a moment."""
    in_utc = moment.astimezone(UTC)
    return Month(in_utc.year, in_utc.month)


def months_ahead(now: datetime, count: int) -> list[Month]:
    """The month of `now` and `count` months after it."""
    month = month_of(now)
    found = [month]
    for _ in range(count):
        month = month.next
        found.append(month)
    return found


def name_of(table: str, month: Month) -> str:
    """The name of a partition."""
    return f"{table}_p{month.year:04d}_{month.month:02d}"


def default_statement(table: str) -> str:
    """The partition that takes ids of months that have none."""
    return f'CREATE TABLE IF NOT EXISTS {SCHEMA}."{table}_p_default" PARTITION OF {SCHEMA}."{table}" DEFAULT'


def month_statement(table: str, month: Month) -> str:
    """The partition of one month. It fails while the default partition holds rows of that month: see `ensure`."""
    part = f'{SCHEMA}."{name_of(table, month)}"'
    return f'CREATE TABLE IF NOT EXISTS {part} PARTITION OF {SCHEMA}."{table}" {_bounds(month)}'


async def ensure(connection: Any, *, table: str, wanted: list[Month]) -> list[Month]:
    """Make the partitions of these months that are missing; those that were made.

    `connection` is the owner's (a `Transaction` of `Database(role="owner")`). Rows that went to the default partition
    meanwhile move to their month in the same transaction. Raises the driver's LockNotAvailable where the table is busy.
    """
    present = await _present(connection, table)
    made = [month for month in wanted if name_of(table, month) not in present]
    for month in made:
        await _make(connection, table, month)
    return made


async def drop(connection: Any, *, table: str, before: Month) -> list[str]:
    """Drop the partitions of the months before this one; the names of those that went. `connection` as for `ensure`.

    Raises the driver's LockNotAvailable where the table is busy: nobody else waits for it longer than half a second.
    """
    pattern = re.compile(re.escape(table) + r"_p\d{4}_\d{2}")
    # The names sort as their months do.
    old = sorted(
        name for name in await _present(connection, table) if pattern.fullmatch(name) and name < name_of(table, before)
    )
    if old:
        await connection.execute("SET LOCAL lock_timeout = '500ms'")
    for name in old:
        await connection.execute(f'DROP TABLE {SCHEMA}."{name}"')
    return old


async def _present(connection: Any, table: str) -> set[str]:
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)",
        f'{SCHEMA}."{table}"',
    )
    return {row["relname"] for row in rows}


async def _make(connection: Any, table: str, month: Month) -> None:
    part, default = (f'{SCHEMA}."{name}"' for name in (name_of(table, month), f"{table}_p_default"))
    low, high = _range(month)
    key = tables.registry[table].partition_key
    stray_rows = f"{key} >= '{low}'::uuid AND {key} < '{high}'::uuid"
    # The owner is bound by the walls too; the default partition itself has none, its parent has.
    if not await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {default} WHERE {stray_rows})"):
        await connection.execute(month_statement(table, month))
        return
    await connection.execute(f'CREATE TABLE {part} (LIKE {SCHEMA}."{table}" INCLUDING ALL)')
    await connection.execute(
        f"WITH moved AS (DELETE FROM {default} WHERE {stray_rows} RETURNING *) INSERT INTO {part} SELECT * FROM moved"
    )
    await connection.execute(f'ALTER TABLE {SCHEMA}."{table}" ATTACH PARTITION {part} {_bounds(month)}')


def _range(month: Month) -> tuple[str, str]:
    first, end = (ids.first_of(int(each.starts_at.timestamp() * 1000)) for each in (month, month.next))
    return str(first), str(end)


def _bounds(month: Month) -> str:
    low, high = _range(month)
    return f"FOR VALUES FROM ('{low}') TO ('{high}')"
