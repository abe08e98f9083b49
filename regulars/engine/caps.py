"""How much of a cap is used: by definition and period, for the period that runs and the one before it.

A sale of long ago finds its period gone and the cap unused: two periods cover every return of a sale that was made in
the period before (L44) and the
day's last uploads; to remember more would grow the state of everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from regulars.engine import periods
from regulars.program.contracts.values import Period

Used = dict[str, list[int]]


def key(definition: str, period: Period) -> str:
    """The short name of one cap in the state."""
    return f"{definition}/{periods.LETTERS[period]}"


def used(state: Used, definition: str, period: Period, day: dt.date) -> int:
    """What is used of a cap in the period around `day`."""
    held = state.get(key(definition, period))
    if held is None:
        return 0
    back = held[0] - periods.index(period, day)
    return held[1 + back] if 0 <= back <= 1 else 0


def add(state: Used, definition: str, period: Period, day: dt.date, amount: int) -> None:
    """Use (or, below 0, give back to) the cap of the period around `day`, never below nothing."""
    if period is Period.ACTIVITY:
        return
    name, now = key(definition, period), periods.index(period, day)
    held = state.get(name)
    if held is None or now > held[0] + 1:
        held = [now, 0, 0]
    elif now == held[0] + 1:
        held = [now, 0, held[1]]
    back = held[0] - now
    if back <= 1:
        held[1 + back] = max(held[1 + back] + amount, 0)
    if held[1] or held[2]:
        state[name] = held
    else:
        state.pop(name, None)


def room(state: Used, definition: str, caps: Mapping[Period, int], day: dt.date) -> tuple[int, Period] | None:
    """The tightest room that some caps leave, and whose it is; None without caps."""
    rooms = [
        (max(most - (0 if period is Period.ACTIVITY else used(state, definition, period, day)), 0), period)
        for period, most in caps.items()
    ]
    return min(rooms, key=lambda one: one[0]) if rooms else None
