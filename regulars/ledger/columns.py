"""The columns that a batch writes, with their types, and the SQL that turns an array a column into rows."""

from __future__ import annotations

from typing import Final

from regulars.kit import arrays
from regulars.kit.arrays import Columns

ENTRY: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("version", "bigint"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("member_id", "uuid"),
    ("kind", "text"),
    ("from_book", "text"),
    ("to_book", "text"),
    ("amount", "bigint"),
    ("posted_at", "timestamptz"),
    ("effective_at", "timestamptz"),
    ("line", "int"),
    ("rule", "text"),
    ("release", "int"),
    ("funder", "text"),
    ("hold_id", "uuid"),
    ("hash", "bytea"),
)
LOT: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("member_id", "uuid"),
    ("currency", "text"),
    ("granted", "bigint"),
    ("remaining", "bigint"),
    ("held", "bigint"),
    ("pending", "bool"),
    ("earned_at", "timestamptz"),
    ("active_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("expires_on", "date"),
    ("cancels_at", "timestamptz"),
    ("zone", "text"),
    ("source_id", "uuid"),
    ("line", "int"),
    ("rule", "text"),
    ("release", "int"),
    ("funder", "text"),
    ("cost_minor", "bigint"),
    ("origin_id", "uuid"),
    ("origin_n", "int"),
)
LOT_NOW: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("n", "int"),
    ("remaining", "bigint"),
    ("held", "bigint"),
    ("pending", "bool"),
    ("active_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("expires_on", "date"),
)
USE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("version", "bigint"),
    ("lot_activity_id", "uuid"),
    ("lot_n", "int"),
    ("amount", "bigint"),
)
CHANGE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("seq", "bigint"),
    ("version", "bigint"),
    ("activity_id", "uuid"),
    ("lot_activity_id", "uuid"),
    ("lot_n", "int"),
    ("old_active_at", "timestamptz"),
    ("active_at", "timestamptz"),
    ("old_expires_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("old_expires_on", "date"),
    ("expires_on", "date"),
    ("posted_at", "timestamptz"),
    ("hash", "bytea"),
)
HOLD: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("hold_id", "uuid"),
    ("member_id", "uuid"),
    ("currency", "text"),
    ("version", "bigint"),
    ("amount", "bigint"),
    ("captured", "bigint"),
    ("state", "text"),
    ("placed_at", "timestamptz"),
    ("expires_at", "timestamptz"),
)
BALANCE: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("currency", "text"),
    ("active", "bigint"),
    ("pending", "bigint"),
    ("held", "bigint"),
    ("arrears", "bigint"),
    ("version", "bigint"),
    ("changes", "bigint"),
    ("next_change_at", "timestamptz"),
    ("idle_at", "timestamptz"),
    ("last_hash", "bytea"),
)


def source(columns: Columns, first: int) -> str:
    """The rows in the arrays from parameter `first` on, for the accounts that may be written."""
    return f"{arrays.source(columns, first)} join ok using (account_id)"


def insert(table: str, columns: Columns, tail: str = "") -> str:
    """An insert of such rows; `{source}` stands for them."""
    names = arrays.names(columns)
    return f"insert into regulars.{table} as x ({names}) select {names} from {{source}}{tail}"
