"""The one list of rooms, and what each brings along by the fixed names of its files."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any, Final

from regulars.kit.database import Database
from regulars.kit.settings import Settings

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
    "codes",
    "activities",
    "checkout",
    "payouts",
    "rewards",
)


def load_tables() -> None:
    """Import the tables of every room, so that the registry and the metadata are whole."""
    for room in ROOMS:
        _part(room, "event_tables" if room == "kit" else "tables")


def routes() -> list[Any]:
    """The Litestar handlers of every room: what its `routes.py` lists as ROUTES."""
    return [route for room in ROOMS if (part := _part(room, "routes")) for route in part.ROUTES]


def load_errors() -> None:
    """Import every module of every room, so that every error class is known: for the catalogue and its tests."""
    for room in ROOMS:
        package = importlib.import_module(f"regulars.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


@contextlib.asynccontextmanager
async def living(settings: Settings, database: Database) -> AsyncIterator[Any]:
    """What lives as long as a process that decides: compiled programs, caches, the batcher; stopped in good order."""
    # Migrations and the command line import this list too, and need nothing of that.
    from regulars.activities.service import Runtime

    async with Runtime(settings, database) as runtime:
        yield runtime


def release_checks(program_id: int) -> list[Any]:
    """What a release must pass beyond its own text: what each room's `checks.py` lists as CHECKS."""
    return [
        functools.partial(check, program_id=program_id)
        for room in ROOMS
        for check in getattr(_part(room, "checks"), "CHECKS", ())
    ]


async def in_force(runtime: Any, program_id: int) -> Any:
    """What the release in force of a program says, as the process knows it; None where nothing is published."""
    from regulars.activities import service as activities

    try:
        return await activities.in_force(runtime, program_id)
    except activities.NothingPublished:
        return None


async def standing(runtime: Any, tx: Any, **who: Any) -> Any:
    """Balances and tiers of a member who was just found."""
    from regulars.activities import service as activities

    return await activities.standing(runtime, tx, **who)


async def partners(tx: Any, program_id: int) -> tuple[str, ...]:
    """The partners that the release in force defines: keys are made for them alone."""
    from regulars.program import service as programs
    from regulars.program.contracts.report import NothingReleased

    try:
        return tuple((await programs.current(tx, program_id=program_id)).program.partners)
    except NothingReleased:
        return ()


def impact_counters(program_id: int) -> dict[str, Any]:
    """Who counts the members in the middle of a definition that a release touches: kind -> counter. A kind of which
    nobody keeps a count is not here, and the release says that it is not known."""
    from regulars.activities import service as activities
    from regulars.members import service as members

    def of_states(kind: str) -> Any:
        async def counted(tx: Any, names: Any) -> Any:
            return await activities.midway(tx, program_id=program_id, kind=kind, names=names)

        return counted

    async def segments(tx: Any, names: Any) -> Any:
        return await members.in_segments(tx, program_id=program_id, names=names)

    async def ladders(tx: Any, names: Any) -> Any:
        return await members.on_ladders(tx, program_id=program_id, names=names)

    return {
        "segments": segments,
        "ladders": ladders,
        "challenges": of_states("challenges"),
        "choices": of_states("choices"),
        "offers": of_states("offers"),
    }


def _part(room: str, file: str) -> ModuleType | None:
    name = f"regulars.{room}.{file}"
    # A room takes only the files it needs; one that is broken must still fail aloud.
    if importlib.util.find_spec(f"regulars.{room}") is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)
