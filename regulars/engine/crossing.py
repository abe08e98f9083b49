"""The two halves of a move between accounts, by its kind: one table for what leaves, one for what arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regulars.engine import households, moving, refusals
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.households import Moving
from regulars.engine.moving import Luggage
from regulars.engine.work import Work


def leave(work: Work, compiled: Compiled) -> None:
    """The first half: somebody leaves this account. Raises Refused cases, LotsNeeded."""
    asked = _asked(work, "leave")
    LEAVING[asked.kind](work, compiled, asked)


def arrive(work: Work, compiled: Compiled) -> None:
    """The second half: somebody arrives, or comes home. Raises Refused cases, LotsNeeded."""
    asked = _asked(work, "arrive")
    luggage = moving.unpack(asked.luggage)
    (moving.settle if asked.home else ARRIVING[asked.kind])(work, compiled, asked, luggage)


def _asked(work: Work, act: str) -> Moving:
    asked = work.activity.moving
    if asked is None or asked.act != act or asked.kind not in LEAVING:
        raise refusals.MissingPart(type=work.activity.type, part="moving")
    return asked


LEAVING: Final[dict[str, Callable[[Work, Compiled, Moving], None]]] = {
    "merge": moving.leave_alone,
    "unmerge": moving.leave_merged,
    "join": moving.leave_alone,
    "leave": households.leave,
}
ARRIVING: Final[dict[str, Callable[[Work, Compiled, Moving, Luggage], None]]] = {
    "merge": moving.merge,
    "unmerge": moving.settle,
    "join": households.join,
    "leave": households.come_home,
}
