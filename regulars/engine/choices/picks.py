"""What the state keeps of one choice, as a list: [the period looked at last, its stints, more picks].

A stint is [from when it counts (ms since 1970), 1 if the member picked it (2 if a release made that void and lets them
pick anew), the options, the release]; they are in the
order of time, those of this period and the one before, with what counted when that began. `more` are
[day through which they last, how many].
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

Kept = list[Any]
Stint = list[Any]

LOOKED: Final = 0
STINTS: Final = 1
MORE: Final = 2
OWN: Final = 1
VOID: Final = 2


class MorePicks(msgspec.Struct, frozen=True):
    """What the effect `slots` asks for: `count` more picks of a choice, through a day or through this period."""

    choice: str
    count: int
    through: dt.date | None


def new(period: int) -> Kept:
    """Nothing picked yet, as of a period."""
    return [period, [], []]


def at(kept: Sequence[Any] | None, ms: int) -> Stint | None:
    """The stint that counts at a moment."""
    found: Stint | None = None
    for stint in kept[STINTS] if kept else ():
        if stint[0] > ms:
            break
        found = stint
    return found


def before(kept: Sequence[Any] | None, ms: int) -> Stint | None:
    """The stint that counted until a moment."""
    return at(kept, ms - 1)


def options(stint: Stint | None) -> tuple[str, ...]:
    """What a stint picks."""
    return tuple(stint[2]) if stint is not None else ()


def own(kept: Sequence[Any] | None, start_ms: int, end_ms: int | None) -> Stint | None:
    """What the member picked last for the period between two moments; the end is open where it never ends."""
    found = None
    for stint in kept[STINTS] if kept else ():
        if stint[1] == OWN and stint[0] >= start_ms and (end_ms is None or stint[0] < end_ms):
            found = stint
    return found


def is_asked_anew(kept: Sequence[Any] | None, start_ms: int) -> bool:
    """Whether a release has made void what was picked for the period that began at a moment."""
    return any(stint[1] == VOID and stint[0] >= start_ms for stint in (kept[STINTS] if kept else ()))


def put(kept: Kept, stint: Stint, *, until_ms: int | None) -> None:
    """Let a stint count from its moment on, in place of everything from then until another moment."""
    stints = [one for one in kept[STINTS] if one[0] < stint[0] or (until_ms is not None and one[0] >= until_ms)]
    kept[STINTS] = sorted([*stints, stint], key=lambda one: one[0])


def forget(kept: Kept, ms: int) -> None:
    """Let go of what counted no more at a moment."""
    stints = kept[STINTS]
    while len(stints) > 1 and stints[1][0] <= ms:
        stints.pop(0)


def more(kept: Sequence[Any] | None, day: int) -> int:
    """How many more than its number may be picked on a day."""
    return sum(count for through, count in (kept[MORE] if kept else ()) if through >= day)


def add(kept: Kept, *, count: int, through: int, today: int) -> None:
    """More picks through a day; what is over is let go of."""
    living = [one for one in kept[MORE] if one[0] >= today and one[0] != through]
    same = sum(one[1] for one in kept[MORE] if one[0] == through)
    kept[MORE] = sorted([*living, [through, same + count]])


def merged(mine: Kept, theirs: Kept) -> Kept:
    """What becomes of the picks of two members who are one: the stints of whoever picked for themselves, mine first;
    more picks of both.
    """
    picked = mine if not theirs[STINTS] or any(one[1] == OWN for one in mine[STINTS]) else theirs
    chosen = picked if any(one[1] == OWN for one in picked[STINTS]) or not mine[STINTS] else mine
    both: dict[int, int] = {}
    for through, count in (*mine[MORE], *theirs[MORE]):
        both[through] = both.get(through, 0) + count
    return [max(mine[LOOKED], theirs[LOOKED]), [list(one) for one in chosen[STINTS]], sorted(map(list, both.items()))]
