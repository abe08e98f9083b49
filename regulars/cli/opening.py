"""Opening the database for one command, and finding the program that it is about."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from regulars.access import service as access
from regulars.access.contracts import Program
from regulars.activities import service as activities
from regulars.activities.contracts import ImportOutcome
from regulars.kit import observability, roles, server, settings, upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.server_faults import DatabaseRests, NoDatabaseYet
from regulars.kit.settings import Settings

T = TypeVar("T")


class WhichProgram(RegularsError):
    """There are several programs, and the command does not say which it means."""

    texts = Text(
        en="There are several programs: {known}. Name one with --program.",
        ru="Программ несколько: {known}. Укажите одну через --program.",
        ro="Există mai multe programe: {known}. Numiți unul cu --program.",
    )
    known: str


class NoProgram(RegularsError):
    """Nothing has been published here yet."""

    texts = Text(
        en="There is no program here yet. Publish one: regulars program publish FILE.yaml",
        ru="Здесь ещё нет программ. Опубликуйте: regulars program publish FILE.yaml",
        ro="Aici nu există încă programe. Publicați unul: regulars program publish FILE.yaml",
    )


@contextmanager
def database() -> Iterator[tuple[Settings, Address]]:
    """The database for as long as the block runs, started if need be and brought up to this release."""
    chosen = settings.load()
    log_plainly()
    with server.serving(chosen) as where:
        upgrade.ensure(where)
        yield chosen, where


@contextmanager
def as_it_is() -> Iterator[tuple[Settings, Address]]:
    """The database of before, started if need be: never made, nor brought up to this release. Raises NoDatabaseYet,
    DatabaseIsNewer, DatabaseRefuses."""
    chosen = settings.load()
    log_plainly()
    with server.serving(chosen, make=False) as where:
        if upgrade.standing(where) == "none yet":
            raise NoDatabaseYet(place=_place(chosen, where))
        yield chosen, where


def run_by_others() -> Address:
    """The address of a database that answers by now; nothing is started. Raises NoDatabaseYet, DatabaseRests,
    DatabaseRefuses."""
    chosen = settings.load()
    where = server.locate(chosen)
    try:
        there = roles.exist(where)
    except roles.DatabaseRefuses as fault:
        if chosen.database_url:
            raise
        raise DatabaseRests(home=str(chosen.home)) from fault
    if not there:
        raise NoDatabaseYet(place=_place(chosen, where))
    return where


def _place(chosen: Settings, where: Address) -> str:
    return f"{where.host}/{where.database}" if chosen.database_url else str(chosen.home)


def within(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Start the database if need be, run `work` on it and wait for it."""
    with database() as (chosen, _):
        return run(chosen, lambda connections: work(chosen, connections))


def run(chosen: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on a database that somebody serves, and wait for it."""

    async def opened() -> T:
        async with Database(server.locate(chosen), size=4, pace="patient") as connections:
            return await work(connections)

    return asyncio.run(opened())


async def program(tx: Transaction, name: str) -> Program:
    """The program named, or the only one there is. Raises UnknownProgram, WhichProgram, NoProgram."""
    if name:
        return await access.program_named(tx, key=name)
    known = await access.programs(tx)
    if not known:
        raise NoProgram
    if len(known) > 1:
        raise WhichProgram(known=", ".join(one.key for one in known))
    return known[0]


@asynccontextmanager
async def entering(chosen: Settings) -> AsyncIterator[Callable[[Any], Any]]:
    """What a process of an import needs: a way to hand pieces to the code that serves the till."""
    log_plainly()
    # A process of its own: its log goes to stderr and names no values.
    observability.set_up(chosen, process="import")
    where = server.locate(chosen)
    async with (
        Database(where, size=4, pace="patient") as connections,
        activities.Runtime(chosen, connections) as runtime,
        connections.lane() as lane,
    ):
        yield lambda intakes: activities.import_chunk(runtime, lane, intakes)


@asynccontextmanager
async def checking(chosen: Settings) -> AsyncIterator[Callable[[Any], Any]]:
    """What a process of a dry run needs: a way to ask what would be wrong with pieces, which writes nothing."""
    log_plainly()
    observability.set_up(chosen, process="import")
    async with (
        Database(server.locate(chosen), size=4, pace="patient") as connections,
        activities.Runtime(chosen, connections) as runtime,
    ):

        async def apply(intakes: Any) -> list[ImportOutcome]:
            faults = await activities.check(runtime, intakes)
            return [
                ImportOutcome(outcome="applied") if fault is None else ImportOutcome(outcome="refused", fault=fault)
                for fault in faults
            ]

        yield apply


def log_plainly() -> None:
    """The log of a command: warnings, to stderr, without values."""
    # As it comes, the log goes to stdout, where programs read, and shows the values of every frame.
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.__stderr__),
    )
