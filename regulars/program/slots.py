"""The places that member metrics have in state and day rows: given once, kept for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from regulars.program.contracts.definitions import Metric, Owner, Program
from regulars.program.contracts.ladders import main
from regulars.program.contracts.values import WindowKind

# What a number means; titles, owners and dates of the definition do not change a value that was already counted.
_MEANING: Final = ("measure", "value", "over", "where", "window", "by", "streak", "freeze")


def signature(metric: Metric, program: Program) -> str:
    """A short text that is the same for metrics that count the same."""
    parts = [getattr(metric, name) for name in _MEANING]
    if metric.window.kind is WindowKind.TIER_YEAR:
        # What it counts is for its ladder to say.
        ladder = program.ladders.get(metric.ladder or main(program.program.main_ladder, program.ladders) or "")
        parts.append(ladder.year if ladder is not None else None)
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=12).hexdigest()


def assign(program: Program, known: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """A slot for each member metric by name and signature; `known` are all that any earlier release gave."""
    following = max(known.values(), default=-1) + 1
    given: dict[tuple[str, str], int] = {}
    for name, metric in program.metrics.items():
        if metric.per is Owner.MEMBER:
            key = (name, signature(metric, program))
            given[key] = known.get(key, following)
            following += given[key] == following
    return given


def by_name(given: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The slots as a release keeps them."""
    return {name: slot for (name, _), slot in given.items()}


def to_backfill(now: Mapping[str, int], before: Mapping[str, int]) -> tuple[str, ...]:
    """The metrics whose slot the release before did not keep up; one that comes back was not kept up either."""
    return tuple(name for name, slot in now.items() if before.get(name) != slot)
