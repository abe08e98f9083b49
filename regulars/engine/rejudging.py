"""Segments under another release: whose membership changes because the marketer changed a condition, and not because of
anything that the member or time did, changes without a word, unless the segment says `announce_on_release`.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import asking
from regulars.engine import state as states
from regulars.engine.compiled import Compiled, pinned
from regulars.engine.contracts.decision import SegmentMove
from regulars.engine.contracts.known import Known
from regulars.engine.segments import SegmentPlan

_NAMED: Final = ("lists.", "tables.")


class Rejudged(msgspec.Struct, frozen=True):
    """The account's state with the members' segments as this release has them, and who moved."""

    state: bytes
    moves: tuple[SegmentMove, ...] = ()


class Changed(msgspec.Struct, frozen=True):
    """What another release says otherwise of segments: all of them, those of them that change in silence, and those to
    forget.
    """

    all: frozenset[str]
    silent: frozenset[str]
    removed: frozenset[str]


@lru_cache(maxsize=64)
def changed(compiled: Compiled, under: Compiled) -> Changed:
    """The segments that this release has otherwise than another one, also because of a metric, list or segment that
    they name; those that ask for it are left to the next decision, which announces them.
    """
    found: set[str] = set()
    for plan in compiled.segments:
        # Plans come in the order in which they name one another.
        if _differs(plan, compiled, under) or any(f"'{name}'" in plan.text for name in found):
            found.add(plan.name)
    segments = compiled.program.segments
    return Changed(
        all=frozenset(found),
        silent=frozenset(name for name in found if not segments[name].announce_on_release),
        removed=frozenset(under.program.segments) - frozenset(segments),
    )


def _differs(plan: SegmentPlan, compiled: Compiled, under: Compiled) -> bool:
    old, new = under.program.segments.get(plan.name), compiled.program.segments[plan.name]
    if old is None or (old.if_, old.static) != (new.if_, new.static):
        return True
    for path in plan.reads:
        read = pinned(path) or ""
        if read.startswith("member.metrics."):
            name = read.removeprefix("member.metrics.")
            if name not in under.metrics or under.metrics[name].slot != compiled.metrics[name].slot:
                return True
    if any(word in plan.text for word in _NAMED):
        return under.program.lists != compiled.program.lists or under.program.tables != compiled.program.tables
    return False


def rejudge(compiled: Compiled, under: Compiled | None, known: Known, *, now: dt.datetime) -> Rejudged:
    """Put the members of an account, all of whose metrics are kept by now, into the segments of this release as they
    are before anything happens. Raises LotsNeeded.
    """
    account = states.decode(known.state)
    account.filled = account.judged = compiled.release.number
    what = None if under is None else changed(compiled, under)
    if what is None or not (what.silent or what.removed):
        return Rejudged(states.encode(account))
    moves = []
    for member in account.members:
        member_id, held = UUID(bytes=member.id), set(member.segments)
        found = asking.segments_of(compiled, known, member_id, now) if what.silent else ()
        stays = (held - what.removed - what.silent) | (what.silent & set(found))
        moves += [SegmentMove(member_id, name, name in stays) for name in sorted(held ^ stays)]
        member.segments = [plan.name for plan in compiled.segments if plan.name in stays]
    return Rejudged(states.encode(account), tuple(moves))
