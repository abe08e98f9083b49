"""The registry of tables: how each is spread, who may write it, what in it is personal, how long it is kept.

A room's `tables.py` declares its tables as SQLAlchemy Core and registers them:

    card = tables.register(
        Table("card", tables.metadata, Column("account_id", Uuid, primary_key=True), ...),
        spread="distributed", personal=("number",), retention="while the member is",
    )

Tables are for migrations, the registry and its tests; statements are hand-written SQL.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from sqlalchemy import MetaData, Table
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from regulars.kit.address import SCHEMA, role_name

# Distributed by account_id; looked up by a key that must be unique across accounts (phones, keys, documents);
# reference: small and everywhere; local: queues, staff and what one owner keeps.
Spread = Literal["distributed", "lookup", "reference", "local"]
# What the app may do: anything to rows; add and read; read alone.
Access = Literal["write", "append", "read"]

metadata: Final = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


class Xid8(UserDefinedType[str]):
    """The 64-bit id of a transaction, which never comes round again."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name of the type in SQL."""
        return "xid8"


# Else comparing the live schema with the declared one warns of a type it does not know.
ischema_names["xid8"] = Xid8


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A table and what must hold for it."""

    table: Table
    spread: Spread
    personal: tuple[str, ...]
    retention: str
    app: Access
    readable: bool
    monthly: bool

    @property
    def name(self) -> str:
        """The table's name without the schema."""
        return self.table.name

    @property
    def partition_key(self) -> str:
        """The column whose version 7 uuid says the month; empty where the table has no months."""
        by = str(self.table.dialect_options["postgresql"]["partition_by"] or "")
        return by.partition("(")[2].rstrip(") ") if self.monthly else ""

    @property
    def is_walled(self) -> bool:
        """Whether its rows belong to programs."""
        return "program_id" in self.table.columns


registry: Final[dict[str, Registered]] = {}


def register(
    table: Table,
    *,
    spread: Spread,
    retention: str = "for ever",
    personal: tuple[str, ...] = (),
    app: Access = "write",
    readable: bool = False,
    monthly: bool = False,
) -> Table:
    """Put a table into the registry and give it back.

    `personal` names the columns that hold data about a person; `retention` says in words how long rows are kept;
    `app="append"` where rows never change; `readable` lets the SQL of segments read it; `monthly` for a table declared
    with `postgresql_partition_by="RANGE (id)"`, whose partitions are months of that version 7 id.
    Raises ValueError for a column that is not there and for a distributed table without account_id.
    """
    unknown = [name for name in personal if name not in table.columns]
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(unknown)}")
    if spread == "distributed" and "account_id" not in table.columns:
        raise ValueError(f"{table.name} cannot be distributed without account_id")
    about = Registered(
        table=table,
        spread=spread,
        personal=personal,
        retention=retention,
        app=app,
        readable=readable,
        monthly=monthly,
    )
    if monthly and about.partition_key not in table.columns:
        raise ValueError(f"{table.name} is not partitioned by RANGE of one of its columns")
    registry[table.name] = about
    return table


def security_statements(name: str) -> list[str]:
    """Grants and the wall between programs for one registered table."""
    about = registry[name]
    quoted = f'{SCHEMA}."{name}"'
    rights = {"write": "SELECT, INSERT, UPDATE, DELETE", "append": "SELECT, INSERT", "read": "SELECT"}[about.app]
    statements = [f"GRANT {rights} ON {quoted} TO {role_name('app')}"]
    if about.app == "append" and about.personal:
        # Rows never change, but for what has to go when somebody is forgotten.
        columns = ", ".join(f'"{one}"' for one in about.personal)
        statements.append(f"GRANT UPDATE ({columns}) ON {quoted} TO {role_name('app')}")
    if about.readable:
        statements.append(f"GRANT SELECT ON {quoted} TO {role_name('reader')}")
    if about.is_walled:
        # The sub-select is worked out once a statement instead of once a row.
        wall = f"program_id = ANY ((SELECT {SCHEMA}.visible_programs())::int[])"
        statements += [
            f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {quoted} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY programs ON {quoted} USING ({wall}) WITH CHECK ({wall})",
        ]
        if about.readable:
            # Under a wall `@>` and `->>` lose their indexes (18-50 times slower): the program stands in the condition.
            statements.append(f"CREATE POLICY segments ON {quoted} FOR SELECT TO {role_name('reader')} USING (true)")
    return statements
