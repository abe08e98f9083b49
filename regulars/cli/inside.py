"""A command that works inside one program, as the server would."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from regulars.activities.service import Runtime
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

T = TypeVar("T")


def program(name: str, work: Callable[[Runtime, int], Awaitable[T]]) -> T:
    """Run `work` with a process that knows the program, and wait for it. Raises UnknownProgram, WhichProgram,
    NoProgram."""
    from regulars.activities import service as activities
    from regulars.cli import opening

    async def opened(chosen: Settings, database: Database) -> T:
        async with database.read(programs=[]) as tx:
            found = await opening.program(tx, name)
        async with activities.Runtime(chosen, database) as runtime:
            return await work(runtime, found.program_id)

    return opening.within(opened)
