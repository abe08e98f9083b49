"""Rows of a number: one, but for a number of the whole program, which would have everybody wait for one row."""

from __future__ import annotations

import os
from typing import Final

SLICES: Final = 8
"""How many rows a number of the whole program has: every batch of every process adds to it."""
_WHOLE: Final = "program"


def slice_of(owner: str) -> str:
    """The row that this process adds to: its own slice of what everybody adds to, else the owner's only one."""
    return f"{_WHOLE}/{os.getpid() % SLICES}" if owner == _WHOLE else owner


def slices_of(owner: str) -> list[str]:
    """All rows that make up an owner's number."""
    return [f"{_WHOLE}/{number}" for number in range(SLICES)] if owner == _WHOLE else [owner]


def owner_of(row: str) -> str:
    """Whose row it is."""
    return _WHOLE if row.startswith(f"{_WHOLE}/") else row
