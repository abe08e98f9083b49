"""The one list of rooms, and what each brings along by the fixed names of its files."""

from __future__ import annotations

import contextlib
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
    """What a release must pass beyond its own text: no currency may go, or change its scale, while members hold it, nor
    the money that all amounts are in; no household, or role of one, while members are in it."""
    from regulars.activities import service as activities
    from regulars.kit.i18n import Text
    from regulars.ledger import service as ledger
    from regulars.program.contracts.report import worded

    async def balances(tx: Any, old: Any, new: Any) -> list[Any]:
        if old is None:
            return []
        held = await ledger.orphaned_balances(tx, program_id=program_id, old=old.currencies, new=new.currencies)
        return [
            worded(
                "orphaned_balances",
                f"currencies.{each.currency}",
                Text(
                    en=f"{each.accounts} members have {each.points} of it. Keep the currency and its scale.",
                    ru=f"У участников ({each.accounts}) есть {each.points}. Не меняйте валюту и её точность.",
                    ro=f"{each.accounts} membri au {each.points}. Păstrați moneda și scala ei neschimbate.",
                ),
            )
            for each in held
        ]

    async def money(tx: Any, old: Any, new: Any) -> list[Any]:
        if old is None or old.program.money == new.program.money:
            return []
        if not await ledger.orphaned_balances(tx, program_id=program_id, old=old.currencies, new={}):
            return []
        was = old.program.money
        return [
            worded(
                "money_changed",
                "program.money",
                Text(
                    en=f"Members hold points that were earned in {was}. Keep {was}, or start another program.",
                    ru=f"У участников есть баллы, начисленные в {was}. Оставьте {was} или создайте другую программу.",
                    ro=f"Membrii au puncte câștigate în {was}. Păstrați {was} sau creați alt program.",
                ),
            )
        ]

    async def households(tx: Any, old: Any, new: Any) -> list[Any]:
        if old is None:
            return []
        roles = {name: set(one.roles) for name, one in new.households.items()}
        touched = [name for name, one in old.households.items() if set(one.roles) - roles.get(name, set())]
        if not touched:
            return []
        found = await activities.relatives(tx, program_id=program_id, households=touched)
        return [
            worded(
                "households_with_members",
                f"households.{name}" if name not in roles else f"households.{name}.roles.{role}",
                Text(
                    en=f"{members} members are in {name} as {role}. Keep the household and the role.",
                    ru=f"Участников в {name} с ролью {role}: {members}. Оставьте семью и роль.",
                    ro=f"{members} membri sunt în {name} cu rolul {role}. Păstrați familia și rolul.",
                ),
            )
            for (name, role), members in sorted(found.items())
            if role not in roles.get(name, set())
        ]

    return [balances, money, households]


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
