"""The one list of rooms, and what each brings along by the fixed names of its files."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Final

# Bottom floor first.
ROOMS: Final = (
    "kit",
    "access",
    "language",
    "program",
    "engine",
    "ledger",
    "members",
    "directory",
    "activities",
    "checkout",
)


def load_tables() -> None:
    """Import the tables of every room, so that the registry and the metadata are whole."""
    for room in ROOMS:
        _part(room, "outbox" if room == "kit" else "tables")


def _part(room: str, file: str) -> ModuleType | None:
    name = f"regulars.{room}.{file}"
    # A room takes only the files it needs; one that is broken must still fail aloud.
    if importlib.util.find_spec(f"regulars.{room}") is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)
