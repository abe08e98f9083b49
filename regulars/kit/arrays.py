"""Rows as arrays, one a column: however many rows there are, they go to the database in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

Columns = Sequence[tuple[str, str]]
"""Names and types of columns."""


def of(rows: Collection[Iterable[Any]], width: int = 0) -> list[list[Any]]:
    """An array for each column; `width` empty ones where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def names(columns: Columns) -> str:
    """The names of columns, as a statement lists them."""
    return ", ".join(name for name, _ in columns)


def source(columns: Columns, first: int) -> str:
    """The rows in the arrays from parameter `first` on, as `t`."""
    taken = ", ".join(f"${first + place}::{kind}[]" for place, (_, kind) in enumerate(columns))
    return f"unnest({taken}) as t ({names(columns)})"
