"""The category tree: from each category's parent to its whole path. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.directory.contracts import CategoryCycle, CategoryTooDeep, UnknownParent

DEPTH_MAX: Final = 12


def paths(parents: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """The path of each category, the topmost first and itself last. Raises CategoryCycle, UnknownParent,
    CategoryTooDeep.
    """
    known: dict[str, tuple[str, ...]] = {}
    for key in parents:
        climbed: dict[str, None] = {}
        at: str | None = key
        while at is not None and at not in known:
            if at in climbed:
                raise CategoryCycle(path=" > ".join([*list(climbed)[list(climbed).index(at) :], at]))
            climbed[at] = None
            above = parents[at]
            if above is not None and above not in parents:
                raise UnknownParent(category=at, parent=above)
            at = above
        path = () if at is None else known[at]
        for one in reversed(climbed):
            path = (*path, one)
            if len(path) > DEPTH_MAX:
                raise CategoryTooDeep(category=one, most=DEPTH_MAX)
            known[one] = path
    return known
