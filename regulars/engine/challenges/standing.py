"""What a member has reached in a challenge: values as the state keeps them, and their arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

JOINED: Final = 0
DONE: Final = 1
MISSED: Final = 2
WHOLE: Final = ""
"""The key of the challenge's own goal among those of its steps; also where what completions gave is kept."""


class Part(msgspec.Struct, array_like=True, gc=False):
    """A goal under way: its frozen target, what the number was at the start, what is reached, whether it is done."""

    target: int
    start: int = 0
    reached: int = 0
    done: bool = False


class Gave(msgspec.Struct, array_like=True, gc=False):
    """What one completion (step 0) or step gave, for whoever takes it back: (place of the effect, points)."""

    step: int
    target: int
    points: list[tuple[int, int]] = []


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """One try in one window. Days count from 1970."""

    began: int
    index: int
    form: int
    release: int
    parts: dict[str, Part] = {}
    extra: int = 0
    """Added by effects."""
    state: int = JOINED
    gave: list[Gave] = []

    def count(self, values: Mapping[str, int], *, resets: bool) -> None:
        """Follow the numbers as they are now; `resets`: a number that fell below its start began anew."""
        for name, part in self.parts.items():
            value = values[name]
            if resets and value < part.start:
                part.start = 0
            part.reached = value - part.start + (self.extra if name == WHOLE else 0)

    def move(self, change: Mapping[str, int], *, counts: bool) -> None:
        """What came or went on one day: it counts here, or the numbers start that much later."""
        for name, part in self.parts.items():
            if counts:
                part.reached += change.get(name, 0)
            else:
                part.start += change.get(name, 0)


class Standing(msgspec.Struct, array_like=True, gc=False):
    """All of one challenge: the try of the running window, that of the window before, completions so far."""

    now: Attempt | None = None
    before: Attempt | None = None
    times: int = 0
    first: int = 0
    """The window in which the first try began."""


def merged(mine: Standing, theirs: Standing) -> Standing:
    """Two members become one: done by either is done, and the try that is further goes on (L64)."""
    now = _further(mine.now, theirs.now)
    before = _further(mine.before, theirs.before)
    return Standing(now, before, mine.times + theirs.times, min(mine.first, theirs.first))


def _further(one: Attempt | None, other: Attempt | None) -> Attempt | None:
    if one is None or other is None:
        return one or other
    return max((one, other), key=lambda attempt: (attempt.index, attempt.state == DONE, _share(attempt)))


def _share(attempt: Attempt) -> int:
    return sum(1000 if part.done else 1000 * part.reached // max(part.target, 1) for part in attempt.parts.values())
