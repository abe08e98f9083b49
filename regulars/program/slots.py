"""The places that member metrics have in state and day rows: given once, kept for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from regulars.program.contracts.definitions import Metric, Owner, Program

# What a number means; titles, owners and dates of the definition do not change a value that was already counted.
_MEANING: Final = ("measure", "value", "over", "where", "window", "by", "streak", "freeze")


class Slots(msgspec.Struct, frozen=True):
    """The slots of a release by metric, and which of them are new: these have to be filled from recorded activities."""

    by_name: dict[str, int]
    to_backfill: tuple[str, ...]


def signature(metric: Metric) -> str:
    """A short text that is the same for metrics that count the same."""
    parts = [getattr(metric, name) for name in _MEANING]
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=12).hexdigest()


def assign(program: Program, known: Mapping[tuple[str, str], int]) -> Slots:
    """A slot for each member metric; `known` are all that any earlier release gave, by name and signature.

    A metric that comes back as it was gets its old slot, but counts as new: nobody has kept it up since.
    """
    following = max(known.values(), default=-1) + 1
    by_name: dict[str, int] = {}
    fresh: list[str] = []
    for name, metric in program.metrics.items():
        if metric.per is not Owner.MEMBER:
            continue
        slot = known.get((name, signature(metric)))
        if slot is None:
            slot, following = following, following + 1
            fresh.append(name)
        by_name[name] = slot
    return Slots(by_name, tuple(fresh))
