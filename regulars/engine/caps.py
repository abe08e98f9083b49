"""How much of a cap is used: by definition and period, for the period that runs and some before it (`KEPT`).

What comes late, or comes back, belongs to the period of its own day (L32, L44). A month of days is kept, a quarter of
weeks and of months; of what is older than that nothing is known, and the cap counts as unused: to remember more would
grow the state of everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import zip_longest
from typing import Final

from regulars.engine import periods
from regulars.program.contracts.values import Period, Span, Unit

_PERIODS: Final = {letter: period for period, letter in periods.LETTERS.items()}
_DAY_MS: Final = 86_400_000
_SHORT_MS: Final = {Unit.MINUTE: 60_000, Unit.HOUR: 3_600_000}
KEPT: Final = {Period.DAY: 32, Period.WEEK: 14, Period.MONTH: 4}
"""How many periods are kept; of longer ones this one and the one before."""
Used = dict[str, list[int]]
"""The number of the last period, what is used in it, in the one before, and so on; no zeros at the end."""


def key(definition: str, period: Period) -> str:
    """The short name of one cap in the state."""
    return f"{definition}/{periods.LETTERS[period]}"


def used(state: Used, definition: str, period: Period, day: dt.date) -> int:
    """What is used of a cap in the period around `day`."""
    held = state.get(key(definition, period))
    if held is None:
        return 0
    back = held[0] - periods.index(period, day)
    return held[1 + back] if 0 <= back < len(held) - 1 else 0


def add(state: Used, definition: str, period: Period, day: dt.date, amount: int) -> None:
    """Use (or, below 0, give back to) the cap of the period around `day`, never below nothing."""
    if period is Period.ACTIVITY:
        return
    name, at, kept = key(definition, period), periods.index(period, day), KEPT.get(period, 2)
    held = state.get(name, [at])
    last = max(held[0], at)
    if last - at >= kept:
        return
    counts = _from(held, last, kept)
    back = last - at
    counts += [0] * (back + 1 - len(counts))
    counts[back] = max(counts[back] + amount, 0)
    _put(state, name, last, counts)


def unite(state: Used, name: str, theirs: list[int], *, sign: int) -> None:
    """Add to one count that of somebody else, or take it out again; what rests since a moment rests since the later."""
    mine = state.get(name)
    if name.endswith("@"):
        if sign > 0 and (mine is None or theirs > mine):
            state[name] = list(theirs)
        return
    if mine is None:
        if sign > 0:
            state[name] = list(theirs)
        return
    last, kept = max(mine[0], theirs[0]), KEPT.get(_PERIODS[name[-1]], 2)
    both = zip_longest(_from(mine, last, kept), _from(theirs, last, kept), fillvalue=0)
    _put(state, name, last, [max(one + sign * other, 0) for one, other in both])


def _from(held: list[int], last: int, kept: int) -> list[int]:
    """The counts of a row as seen from a later period."""
    return ([0] * min(last - held[0], kept) + held[1:])[:kept]


def _put(state: Used, name: str, last: int, counts: list[int]) -> None:
    while counts and not counts[-1]:
        counts.pop()
    if counts:
        state[name] = [last, *counts]
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
