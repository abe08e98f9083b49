"""How much of a cap is used: by definition and period, for the period that runs and the one before it.

A sale of long ago finds its period gone and the cap unused: two periods cover every return of a sale that was made in
the period before (L44) and the
day's last uploads; to remember more would grow the state of everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from regulars.engine import periods
from regulars.program.contracts.values import Period, Span, Unit

_DAY_MS: Final = 86_400_000
_SHORT_MS: Final = {Unit.MINUTE: 60_000, Unit.HOUR: 3_600_000}
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


def cooling_ms(state: Used, definition: str, span: Span, at_ms: int) -> int:
    """How long, in milliseconds, a definition still rests at a moment because of the last time; 0 where it is ready.
    What comes late rests before the last time as it does after it.
    """
    held = state.get(f"{definition}@")
    if held is None:
        return 0
    return max(length_ms(span) - abs(at_ms - held[0]), 0)


def mark(state: Used, definition: str, at_ms: int) -> None:
    """Let a definition rest from a moment on; the time before is kept, so that a return can step back."""
    held = state.get(f"{definition}@", ())
    last = max((at_ms, *held[:1]))
    state[f"{definition}@"] = [last, *(one for one in (at_ms, *held[:1]) if one != last)]


def unmark(state: Used, definition: str, at_ms: int) -> None:
    """Step back to the time before, if the last one was at this moment."""
    held = state.get(f"{definition}@")
    if held is None or held[0] != at_ms:
        return
    if len(held) > 1:
        state[f"{definition}@"] = held[1:]
    else:
        del state[f"{definition}@"]


def length_ms(span: Span) -> int:
    """The length of a cool-down; a month counts as a twelfth of 365 days."""
    if span.unit in _SHORT_MS:
        return span.count * _SHORT_MS[span.unit]
    return periods.sliding_days(span) * _DAY_MS


def room(state: Used, definition: str, caps: Mapping[Period, int], day: dt.date) -> tuple[int, Period] | None:
    """The tightest room that some caps leave, and whose it is; None without caps."""
    rooms = [
        (max(most - (0 if period is Period.ACTIVITY else used(state, definition, period, day)), 0), period)
        for period, most in caps.items()
    ]
    return min(rooms, key=lambda one: one[0]) if rooms else None
