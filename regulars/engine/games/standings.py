"""Where a member stands on a board, as the state keeps it: a short list a board."""

from __future__ import annotations

from typing import Any, Final

ASKED: Final = 1
LEFT: Final = 2
UNWRITTEN: Final = -1
"""A score that has no row yet, though there is one: the member has come from another account."""


class Standing:
    """`wish` (0: never said, ASKED, LEFT), the cycle last written, the scores of it and of the one before, and the
    group. In a contest `cycle` counts `entered` and `voted` instead. `is_named` says whether others read a word of the
    member's own.
    """

    __slots__ = ("before", "cycle", "entered", "group", "group_before", "is_named", "score", "voted", "wish")

    def __init__(self, kept: list[Any] | None = None) -> None:
        found = list(kept or ())
        wish, cycle, score, before, group, group_before, entered, voted, is_named = [*found, *_EMPTY[len(found) :]]
        self.wish: int = wish
        self.cycle: int = cycle
        self.score: int | None = score
        self.before: int | None = before
        self.group: str = group
        self.group_before: str = group_before
        self.entered: int = entered
        self.voted: list[bytes] = list(voted)
        self.is_named: int = is_named

    def kept(self) -> list[Any]:
        """The list that the state keeps, as short as it can be."""
        whole: list[Any] = [self.wish, self.cycle, self.score, self.before, self.group, self.group_before]
        whole += [self.entered, self.voted, self.is_named]
        while whole and whole[-1] == _EMPTY[len(whole) - 1]:
            whole.pop()
        return whole

    def move_to(self, cycle: int) -> None:
        """Begin another cycle, if it is another: the one before is still remembered."""
        if cycle != self.cycle:
            self.before = self.score if cycle == self.cycle + 1 else None
            self.group_before = self.group if self.before is not None else ""
            self.cycle, self.score, self.group = cycle, None, ""
            self.entered, self.voted = 0, []


_EMPTY: Final[tuple[Any, ...]] = (0, 0, None, None, "", "", 0, [], 0)
