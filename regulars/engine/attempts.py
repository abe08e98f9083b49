"""What a member has reached in a challenge: values as the state keeps them, and their arithmetic."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

JOINED: Final = 0
DONE: Final = 1
MISSED: Final = 2
CLOSED: Final = 3
"""A release has ended it."""
WHOLE: Final = ""
"""The key of the challenge's own goal among those of its steps; also where what completions gave is kept."""


class Added:
    """What an effect adds to a challenge: a number with so many decimals."""

    __slots__ = ("challenge", "scale", "value")

    def __init__(self, challenge: str, value: int, scale: int) -> None:
        self.challenge = challenge
        self.value = value
        self.scale = scale

    def on(self, scale: int) -> int:
        """The number on the scale of the challenge, rounded down."""
        value: int = self.value * 10**scale // 10**self.scale
        return value


class Frozen:
    """What an effect forgives a streak beforehand: so many periods of a metric."""

    __slots__ = ("by", "metric")

    def __init__(self, metric: str, by: int) -> None:
        self.metric = metric
        self.by = by


class Part(msgspec.Struct, array_like=True, gc=False):
    """A goal under way: its frozen target, what the number was at the start, what is reached, whether it is done."""

    target: int
    start: int = 0
    reached: int = 0
    done: bool = False


class Gave(msgspec.Struct, array_like=True, gc=False):
    """What one completion (`step` is WHOLE) or step gave on a day, for whoever takes it back: (place of the effect,
    points).
    """

    step: str
    target: int
    day: int
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
    since: int = 0
    """The moment of the tap, or of the release that let it begin anew, in milliseconds since 1970; 0 for whoever is in
    it by itself."""

    def count(self, values: Mapping[str, int], *, adds_to: frozenset[str], resets: bool) -> None:
        """Follow the numbers as they are now; what effects added is added to some of them. `resets`: a number that
        fell below its start began anew.
        """
        for name, part in self.parts.items():
            value = values[name]
            if resets and value < part.start:
                part.start = 0
            part.reached = value - part.start + (self.extra if name in adds_to else 0)

    def as_counted(self, adds_to: frozenset[str]) -> dict[str, int]:
        """The numbers that lead to what is reached, where they cannot be read any more."""
        return {
            name: part.start + part.reached - (self.extra if name in adds_to else 0)
            for name, part in self.parts.items()
        }

    def start_from(self, values: Mapping[str, int], *, adds_to: frozenset[str]) -> None:
        """Let the numbers lead to what is reached, whatever they are now."""
        for name, part in self.parts.items():
            part.start = values[name] - part.reached + (self.extra if name in adds_to else 0)

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
    """Two members become one: done by either is done, and what both have reached in one window adds up (L64)."""
    now = _further(mine.now, theirs.now)
    before = _further(mine.before, theirs.before)
    return Standing(now, before, mine.times + theirs.times, min(mine.first, theirs.first))


def _further(one: Attempt | None, other: Attempt | None) -> Attempt | None:
    if one is None or other is None:
        return one or other
    if one.state == other.state == JOINED and (one.index, one.form) == (other.index, other.form):
        for name, part in one.parts.items():
            theirs = other.parts.get(name)
            if theirs is not None:
                part.reached += theirs.reached
                part.done = part.done or theirs.done
        one.extra += other.extra
        one.gave += other.gave
        return one
    return max((one, other), key=lambda attempt: (attempt.index, attempt.state == DONE, _share(attempt)))


def part(mine: Standing, theirs: Standing, *, settled: bool, keeps: bool, scaled: Callable[[int], int]) -> None:
    """Two members are taken apart: each has what they had reached, and what came since is the one's who stayed. What
    was completed together is done for both where its prize is kept (`keeps`). `settled`: it was over for the first
    before they became one. `scaled` brings their numbers to the scale of now.
    """
    mine.times = max(mine.times - theirs.times, 0)
    tries = [one for one in (mine.now, mine.before) if one is not None]
    for gave in [gave for one in (theirs.now, theirs.before) if one is not None for gave in one.gave]:
        for one in tries:
            if gave in one.gave:
                one.gave.remove(gave)
                break
    his = theirs.now
    own = next((one for one in tries if his is not None and one.index == his.index), None)
    if settled or own is None or his is None or his.state != JOINED:
        return
    if own.state == DONE and keeps:
        his.state, theirs.times = DONE, theirs.times + 1
        return
    own.extra -= scaled(his.extra)
    for name, brought in his.parts.items():
        each = own.parts.get(name)
        if each is not None:
            each.reached -= scaled(brought.reached)
            brought.done = brought.done or (keeps and each.done and each.reached < each.target)


def settled(held: Standing, *, gave: bool = False) -> Standing:
    """A copy of what is done, for an account in which all else begins anew; with `gave`, what it gave can be taken
    back there."""
    return Standing(_settled(held.now, gave=gave), _settled(held.before, gave=gave), held.times, held.first)


def _settled(attempt: Attempt | None, *, gave: bool) -> Attempt | None:
    if attempt is None or not (attempt.state == DONE or any(part.done for part in attempt.parts.values())):
        return None
    made = copy.copy(attempt)
    made.gave = list(attempt.gave) if gave else []
    made.parts = {name: copy.copy(part) for name, part in attempt.parts.items()}
    if made.state != DONE:
        made.extra = 0
        for part in made.parts.values():
            part.reached = part.reached if part.done else 0
    return made


def _share(attempt: Attempt) -> int:
    return sum(1000 if part.done else 1000 * part.reached // max(part.target, 1) for part in attempt.parts.values())
