"""The door of access: programs, staff, keys, guards and the audit log."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from litestar import Request

from regulars.access import audit
from regulars.access.contracts import Actor, MalformedProgramKey, Program, ProgramKeyTaken, UnknownProgram
from regulars.access.guards import actor_of, requires
from regulars.access.keys import authenticate
from regulars.access.keys import create as create_key
from regulars.access.keys import forget as forget_keys
from regulars.access.keys import listed as keys
from regulars.access.keys import revoke as revoke_key
from regulars.access.records import audit_key, machine_signature, recorded, sign, signature, signature_of
from regulars.access.staff import add as add_staff
from regulars.access.staff import change as change_staff
from regulars.access.staff import listed as staff
from regulars.access.staff import own_members
from regulars.access.staff import with_email as staff_with_email
from regulars.kit.database import Database, Transaction

__all__ = [
    "actor_in",
    "actor_of",
    "add_staff",
    "audit",
    "audit_key",
    "authenticate",
    "change_staff",
    "create_key",
    "create_program",
    "every_program",
    "forget_keys",
    "keys",
    "machine_signature",
    "own_members",
    "program_by_id",
    "program_named",
    "programs",
    "recorded",
    "requires",
    "revoke_key",
    "sign",
    "signature",
    "signature_of",
    "staff",
    "staff_with_email",
]

_KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_TRIES: Final = 5


async def create_program(tx: Transaction, *, key: str, name: str, now: dt.datetime) -> Program:
    """Make a program under the next free number. Raises MalformedProgramKey, ProgramKeyTaken."""
    if not _KEY.fullmatch(key):
        raise MalformedProgramKey(given=key[:60])
    for _ in range(_TRIES):
        row = await tx.fetchrow(
            """insert into program (id, key, name, created_at) select coalesce(max(id), 0) + 1, $1, $2, $3 from program
            on conflict do nothing returning id, key, name, created_at""",
            key,
            name,
            now,
        )
        if row is not None:
            return Program(program_id=row["id"], key=row["key"], name=row["name"], created_at=row["created_at"])
        if await tx.fetchval("select true from program where key = $1", key):
            break
    raise ProgramKeyTaken(key=key)


async def programs(tx: Transaction) -> list[Program]:
    """Every program of this installation, by number."""
    rows = await tx.fetch("select id, key, name, created_at from program order by id")
    return [
        Program(program_id=row["id"], key=row["key"], name=row["name"], created_at=row["created_at"]) for row in rows
    ]


async def every_program(database: Database) -> list[int]:
    """The numbers of all programs, for work that goes through each of them. Raises DatabaseUnavailable."""
    async with database.read(programs=[]) as tx:
        return [one.program_id for one in await programs(tx)]


async def actor_in(request: Request[Any, Any, Any], program: str) -> Actor:
    """Who asks, in the program that the path names, which must be their own. Raises UnknownProgram."""
    actor = actor_of(request)
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        found = await program_by_id(tx, program_id=actor.program_id)
    if found.key != program:
        raise UnknownProgram(program=program[:60])
    return actor


async def program_named(tx: Transaction, *, key: str) -> Program:
    """The program with this key. Raises UnknownProgram."""
    row = await tx.fetchrow("select id, key, name, created_at from program where key = $1", key)
    if row is None:
        raise UnknownProgram(program=key[:60])
    return Program(program_id=row["id"], key=row["key"], name=row["name"], created_at=row["created_at"])


async def program_by_id(tx: Transaction, *, program_id: int) -> Program:
    """The program with this number. Raises UnknownProgram."""
    row = await tx.fetchrow("select id, key, name, created_at from program where id = $1", program_id)
    if row is None:
        raise UnknownProgram(program=str(program_id))
    return Program(program_id=row["id"], key=row["key"], name=row["name"], created_at=row["created_at"])
