"""Two members become one: what of each is kept, and what goes home when they are taken apart (L63, L64, L66)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from regulars.engine import (
    caps,
    challenging,
    choosing,
    climbing,
    consenting,
    offering,
    ordering,
    playing,
    subscribing,
    vouching,
)
from regulars.engine.belonging import Merged
from regulars.engine.compiled import Compiled
from regulars.engine.state import MemberState

_MERGED: Final[dict[str, Callable[[Compiled, str, Any, Any], Any]]] = {
    "tiers": climbing.merged,
    "challenges": challenging.merged,
    "choices": choosing.merged,
    "consents": consenting.merged,
    "games": playing.merged,
    "vouchers": vouching.merged,
    "offers": offering.merged,
}
"""How two members' standing becomes one's, by the part of the state; of the rest the remaining member's is kept."""
_KEPT_BY_NAME = ("tiers", "challenges", "choices", "consents", "games", "rewards", "offers", "vouchers")


def unite(compiled: Compiled, mine: MemberState, theirs: MemberState, known: Merged) -> None:
    """Puts what is known of a member into another; `known` notes what was filled in. Metrics are joined elsewhere."""
    for name, value in theirs.attributes.items():
        if name not in mine.attributes:
            mine.attributes[name] = value
            known.attributes.append(name)
    for segment in theirs.statics:
        if segment not in mine.statics:
            mine.statics = sorted([*mine.statics, segment])
            known.statics.append(segment)
    known.settled = [name for name, held in mine.challenges.items() if challenging.is_settled(held)]
    known.joined_day, known.enrolled_ms = mine.joined_day, mine.enrolled_ms
    mine.joined_day = min(mine.joined_day, theirs.joined_day)
    mine.enrolled_ms = min(mine.enrolled_ms, theirs.enrolled_ms)
    # The numbers of an ended period are both's from now on, its bonuses were each one's: they stay as they are (L64).
    mine.closed = {}
    _count(mine, theirs, sign=1)
    known.offers = {name: mine.offers.get(name) for name in theirs.offers}
    for kind in _KEPT_BY_NAME:
        own = getattr(mine, kind)
        for name, value in getattr(theirs, kind).items():
            own[name] = _joined(compiled, kind, name, own.get(name), value)
    mine.plan = subscribing.joined(mine.plan, theirs.plan)
    for badge, (times, day) in theirs.badges.items():
        held = mine.badges.get(badge, [0, day])
        mine.badges[badge] = [held[0] + times, max(held[1], day)]


def part(compiled: Compiled, mine: MemberState, theirs: MemberState, known: Merged) -> None:
    """Takes out of a member what came with another, who goes home; what became of it since stays."""
    for name in known.attributes:
        if mine.attributes.get(name) == theirs.attributes.get(name):
            mine.attributes.pop(name, None)
    mine.statics = [segment for segment in mine.statics if segment not in known.statics]
    mine.joined_day, mine.enrolled_ms = known.joined_day, known.enrolled_ms
    mine.closed = {}
    _count(mine, theirs, sign=-1)
    challenging.parted(compiled, mine.challenges, theirs.challenges, known.settled)
    mine.plan = subscribing.parted(mine.plan, theirs.plan)
    offering.parted(mine.offers, theirs.offers, known.offers)
    vouching.parted(mine.vouchers, theirs.vouchers)
    ordering.parted(mine.rewards, theirs.rewards)
    for badge, (times, _) in theirs.badges.items():
        held = mine.badges.get(badge)
        if held is not None and held[0] > times:
            mine.badges[badge] = [held[0] - times, held[1]]
        else:
            mine.badges.pop(badge, None)


def _count(mine: MemberState, theirs: MemberState, *, sign: int) -> None:
    """Caps, counts and carries: used by either is used (L64)."""
    for name, amount in theirs.carries.items():
        rest = mine.carries.get(name, 0) + sign * amount
        if rest:
            mine.carries[name] = rest
        else:
            mine.carries.pop(name, None)
    for name, held in theirs.used.items():
        caps.unite(mine.used, name, held, sign=sign)
    for day, sums in theirs.gave.items():
        row = mine.gave.setdefault(day, {})
        for slot, amount in sums.items():
            row[slot] = row.get(slot, 0) + sign * amount
            if not row[slot]:
                del row[slot]
        if not row:
            del mine.gave[day]


def _joined(compiled: Compiled, kind: str, name: str, mine: list[Any] | None, theirs: list[Any]) -> list[Any]:
    if mine is None:
        return theirs
    merged = _MERGED.get(kind)
    return mine if merged is None else merged(compiled, name, mine, theirs)
