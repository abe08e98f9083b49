"""When which points end, small enough to be kept with the account, so that a receipt can say it without loading
lots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from regulars.engine.contracts.points import Lot

Schedule = Sequence[tuple[dt.datetime, int]]
"""(end, points that end then), the next first."""

# Only the nearest ends are kept: whenever one of them passes, the lots are loaded anyway and the schedule is made
# afresh from all of them.
LONGEST: Final = 12


def schedule_of(lots: Iterable[Lot]) -> Schedule:
    """The schedule of these lots: active points that are not held, by their end."""
    ends: dict[dt.datetime, int] = {}
    for lot in lots:
        if lot.expires_at is not None and not lot.pending and lot.remaining > lot.held:
            ends[lot.expires_at] = ends.get(lot.expires_at, 0) + lot.remaining - lot.held
    return tuple(sorted(ends.items())[:LONGEST])


def merged(one: Schedule, other: Schedule) -> Schedule:
    """Both together."""
    if not other:
        return tuple(one)
    ends = dict(one)
    for end, points in other:
        ends[end] = ends.get(end, 0) + points
    return tuple(sorted(ends.items())[:LONGEST])
