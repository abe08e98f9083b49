"""What a release touches, and what becomes of members who are in the middle of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from regulars.kit.database import Transaction
from regulars.program import changes
from regulars.program.contracts.changes import Did
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.midway import KINDS, MidwayPolicy
from regulars.program.contracts.workflow import NotMidway, Touched

Counter = Callable[[Transaction, Sequence[str]], Awaitable[Mapping[str, int]]]
"""Counts, for definitions of one kind by name, the members that are in the middle of each."""


def touched(old: Program | None, new: Program) -> dict[str, Did]:
    """The definitions that differ, by path, and what happened to each as a whole."""
    if old is None:
        return {}
    found: dict[str, Did] = {}
    for change in changes.between(old, new):
        path = f"{change.kind}.{change.name}" if change.name else change.kind
        found[path] = Did.CHANGED if change.field else change.did
    return found


def policies(old: Program | None, new: Program, declared: Mapping[str, MidwayPolicy]) -> dict[str, MidwayPolicy]:
    """What becomes of members in the middle, for all that can have some: as declared, else they go on.

    Raises NotMidway for a path where nobody can be in the middle.
    """
    possible = [
        path for path, did in touched(old, new).items() if path.partition(".")[0] in KINDS and did is not Did.ADDED
    ]
    for path in declared:
        if path not in possible:
            raise NotMidway(path=path[:130])
    return {path: declared.get(path, MidwayPolicy.KEEP) for path in possible}


async def of(
    tx: Transaction,
    *,
    old: Program | None,
    new: Program,
    midway: Mapping[str, MidwayPolicy],
    counters: Mapping[str, Counter],
) -> tuple[Touched, ...]:
    """Every definition that a release touches, with its policy and, where somebody counts, its members."""
    found = touched(old, new)
    names: dict[str, list[str]] = {}
    for path, did in found.items():
        kind, _, name = path.partition(".")
        if did is not Did.ADDED and kind in counters:
            names.setdefault(kind, []).append(name)
    members = {
        f"{kind}.{name}": count
        for kind, wanted in names.items()
        for name, count in (await counters[kind](tx, wanted)).items()
    }
    return tuple(
        Touched(path=path, did=did, policy=midway.get(path), members=members.get(path)) for path, did in found.items()
    )
