"""Where one member stands on one ladder, as the state keeps it: a short list without what is as it would be anyway."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from regulars.engine.ladders.plan import BELOW, LadderPlan

REACHED, BY_HAND, LENT, GRACE = range(4)
"""How a level is held: by numbers; set by staff, so that it is left alone until its end; given by a rule, so that it is
not lowered until then; no longer deserved, but not yet lost."""
_EMPTY: Final[tuple[Any, ...]] = (None, 0, 0, 0, REACHED, None, {}, [], [], 0)


class Stand:
    """A working copy. `since` and `until` are numbers of days; `until` is the first day on which the level is not valid
    any more, 0 for no end. `before` is the level until `since`, for what comes late. `warned`: by level the end that
    the world has been warned of. `rolled`: [period, points] that were rolled over into it. `under`: [level, since,
    until] of what was held by numbers when a level was given. `settled`: the release whose word about members in the
    middle has been followed.
    """

    __slots__ = ("before", "held", "level", "place", "rolled", "settled", "since", "under", "until", "warned")

    def __init__(
        self,
        level: str | None = None,
        since: int = 0,
        until: int = 0,
        place: int = 0,
        held: int = REACHED,
        before: str | None = None,
        warned: dict[str, int] | None = None,
        rolled: list[int] | None = None,
        under: list[Any] | None = None,
        settled: int = 0,
    ) -> None:
        self.level = level
        self.since = since
        self.until = until
        self.place = place
        self.held = held
        self.before = before
        self.warned = dict(warned) if warned else {}
        self.rolled = list(rolled) if rolled else []
        self.under = list(under) if under else []
        self.settled = settled

    def kept(self) -> list[Any]:
        """What the state keeps of it."""
        values = [
            self.level,
            self.since,
            self.until,
            self.place,
            self.held,
            self.before,
            self.warned,
            self.rolled,
            self.under,
            self.settled,
        ]
        while values and values[-1] == _EMPTY[len(values) - 1]:
            values.pop()
        return values

    def set(self, plan: LadderPlan, place: int, *, since: int, until: int, held: int = REACHED) -> None:
        """Stand at another place, or at the same for longer."""
        if held in {BY_HAND, LENT} and self.held not in {BY_HAND, LENT}:
            self.under = [self.level, self.since, self.until]
        elif held == REACHED:
            self.under = []
        if plan.level(place) != self.level:
            self.before = self.level
        self.level = plan.level(place)
        self.place, self.since, self.until, self.held = max(place, 0), since, until, held


class Wanted:
    """A level that staff or a rule gives: through the day before `until` (None: as long as one that is reached), or
    with `level` None the end of what was given.
    """

    __slots__ = ("by_hand", "cause", "ladder", "level", "until")

    def __init__(self, ladder: str, level: str | None, until: dt.date | None, *, by_hand: bool, cause: str) -> None:
        self.ladder = ladder
        self.level = level
        self.until = until
        self.by_hand = by_hand
        self.cause = cause


def place_in(plan: LadderPlan, level: str | None, at: int) -> int:
    """The place of a level that the release may have renamed, or taken away: nobody drops by a release, so whoever
    stood on one that is gone stands on the one that took its place, the last if there is none.
    """
    if level is None:
        return plan.base
    known = level if level in plan.places else plan.renamed.get(level)
    return plan.places[known] if known is not None else max(min(at, len(plan.levels) - 1), BELOW)
