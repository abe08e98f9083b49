"""The program, its goods and stores, and a key: what must be there before the first basket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from regulars.access import service as access
from regulars.access.contracts import BadToken, Scope, UnknownProgram
from regulars.cli.demo.sources import Source
from regulars.cli.demo.state import State
from regulars.kit import edge
from regulars.kit.database import Database
from regulars.program import service as programs

_SCOPES: Final[tuple[Scope, ...]] = (
    "till", "members:read", "members:write", "activities:write", "activities:approve", "import",
    "program:read", "events:read", "ledger:read",
)  # fmt: skip


async def program(database: Database, *, preset: str, source: Source, state: State | None) -> State:
    """Publish the preset under its own name, with a key to try it with; what is there stays."""
    text = programs.preset(preset)
    settings = programs.read(text).program
    now = edge.now()
    async with database.transaction(programs=[]) as tx:
        try:
            found = await access.program_named(tx, key=settings.name)
        except UnknownProgram:
            found = await access.create_program(tx, key=settings.name, name=settings.title.en, now=now)
    async with database.transaction(programs=[found.program_id]) as tx:
        await programs.publish(tx, program_id=found.program_id, text=text, by="demo", now=now)
    kept = state if state is not None and state.program_id == found.program_id else None
    if kept is not None and await _opens(database, kept.token):
        return kept
    async with database.transaction(programs=[found.program_id]) as tx:
        issued = await access.create_key(
            tx,
            program_id=found.program_id,
            key_id=edge.new_id(now),
            secret=edge.token(),
            label="demo",
            scopes=_SCOPES,
            now=now,
        )
    if kept is not None:
        return msgspec.structs.replace(kept, token=issued.token)
    return State(
        program_id=found.program_id,
        token=issued.token,
        preset=preset,
        **source.anchor(now),
    )


async def _opens(database: Database, token: str) -> bool:
    try:
        await access.authenticate(database, token, now=edge.now())
    except BadToken:
        # Revoked meanwhile: the demo makes itself another.
        return False
    return True


async def shelves(database: Database, *, source: Source, program_id: int, told: Callable[[int], None]) -> None:
    """Categories, brands, stores and all goods; again is harmless."""
    now = edge.now()
    for put, rows in source.shelves():
        async with database.transaction(programs=[program_id]) as tx:
            await put(tx, program_id=program_id, rows=rows, now=now)
        told(len(rows))
