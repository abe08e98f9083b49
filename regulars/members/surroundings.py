"""What the routes of this room need to know of the installation and the program."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

from litestar import Request

from regulars.kit.database import Transaction
from regulars.members import service
from regulars.members.contracts import Keys
from regulars.program import service as program

# By program and release; a release never changes.
_regions: Final[dict[tuple[int, int], str]] = {}


def keys_of(request: Request[Any, Any, Any]) -> Keys:
    """This room's keys."""
    return _kept_keys(request.app.state.settings.home)


async def region_of(tx: Transaction, *, program_id: int) -> str:
    """The country of phone numbers without a prefix, by the release in force. Raises NothingReleased."""
    releases = await program.calendar(tx, program_id=program_id)
    known = _regions.get((program_id, releases[-1][0])) if releases else None
    if known is None:
        current = await program.current(tx, program_id=program_id)
        known = _regions[program_id, current.number] = current.program.program.region
    return known


@functools.cache
def _kept_keys(home: Path) -> Keys:
    # Files are too slow for every call.
    return service.keys(home)
