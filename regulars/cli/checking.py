"""The check of the ledger as the command line, the demo and the benchmarks run it."""

from __future__ import annotations

from collections.abc import Callable

from regulars.kit import keyring
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.ledger import service as ledger_room
from regulars.ledger.contracts import CheckReport


async def ledger(
    database: Database,
    chosen: Settings,
    *,
    program_id: int,
    freeze: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Hold all that is stored against the invariants; with `freeze`, what is broken cannot be spent from then on."""
    async with database.read(programs=[program_id]) as tx:
        key = keyring.key(chosen.home, "ledger")
        report = await ledger_room.check(tx, program_id=program_id, key=key, progress=progress)
    if freeze and report.breaks:
        async with database.transaction(programs=[program_id]) as tx:
            await ledger_room.freeze(tx, program_id=program_id, breaks=report.breaks)
    return report
