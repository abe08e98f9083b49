"""Which level of a ladder was held on which day: what comes late is judged by that of its own (L32)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from regulars.engine.ladders import standing
from regulars.engine.ladders.plan import LadderPlan
from regulars.engine.ladders.standing import BY_HAND, LENT, Stand

KEPT: Final = 4
"""So many levels before this one are known."""
_BEFORE: Final = 5
"""Where a standing keeps the level before this one."""
_GIVEN: Final = frozenset({BY_HAND, LENT})


def read(kept: list[Any]) -> tuple[str | None, int]:
    """The level of a standing as the state keeps it, and its place."""
    return kept[0] if kept else None, kept[3] if len(kept) > 3 else 0


def level_on(plan: LadderPlan, kept: list[Any], earlier: Sequence[list[Any]], day: int) -> str | None:
    """The level that was held on a day; `earlier` are those before this one, the last first: [level, day until which it
    was held]. Of days before the first of them it is the oldest that is known."""
    level, at = read(kept)
    known = earlier[0][1] if earlier else 0
    if len(kept) > _BEFORE and known <= day < kept[1] and kept[_BEFORE] in plan.places:
        # It came along with somebody who was merged into this member, or was written when one level was kept.
        return str(kept[_BEFORE])
    for one, until in earlier:
        if day >= until:
            break
        level = one
    return plan.level(standing.place_in(plan, level, at))


def remember(
    levels: dict[str, list[list[Any]]], plan: LadderPlan, before: list[Any], stand: Stand, *, today: int
) -> None:
    """Note until which day the level before this one was held. What was given is over today, whatever lay beneath it;
    what is reached late was reached on its own day, and what was noted of later days gives way to it."""
    was = Stand(*before)
    base = plan.level(plan.base)
    if was.level == stand.level or (was.level is None and stand.level == base):
        return
    since = today if was.held in _GIVEN and stand.held not in _GIVEN else stand.since
    earlier, held = levels.get(plan.name, []), was.level
    for level, until in earlier:
        if since > until:
            break
        held = level
    noted = [[base if held is None else held, since], *(one for one in earlier if one[1] < since)]
    levels[plan.name] = noted[:KEPT]
