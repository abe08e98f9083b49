"""The check of the ledger as the command line, the demo and the benchmarks run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from regulars.activities import service as activities
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.ledger.contracts import CheckReport


async def ledger(
    database: Database,
    chosen: Settings,
    *,
    program_id: int,
    freeze: bool = False,
    progress: Callable[[int, int], None] | None = None,
    processes: int = 1,
    since_last: bool = False,
    roots: Path | None = None,
) -> CheckReport:
    """Hold all that is stored against the invariants; with `freeze`, what is broken cannot be spent from then on."""
    return await activities.check_everything(
        database,
        chosen.home,
        program_id=program_id,
        freeze=freeze,
        progress=progress,
        processes=processes,
        since_last=since_last,
        roots=roots,
    )
