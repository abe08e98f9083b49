"""Compares two programs definition by definition and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regulars.program import emitter, writer
from regulars.program.contracts.changes import Change, Did
from regulars.program.contracts.definitions import Program

_SHOWN: Final = 200
"""Characters of a value that a change shows; a list of thousands is told by its first."""


def between(old: Program, new: Program) -> tuple[Change, ...]:
    """Every difference, in the order of the new program; what was removed follows. Order itself is no difference."""
    return between_trees(writer.tree(old), writer.tree(new))


def between_trees(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    """The same for programs as plain mappings."""
    found = list(_fields("program", "", "", before["program"], after["program"]))
    for kind in dict.fromkeys([*after, *before]):
        if kind != "program":
            found += _definitions(kind, before.get(kind, {}), after.get(kind, {}))
    return tuple(found)


def _definitions(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for name, value in after.items():
        if name not in before:
            yield Change(did=Did.ADDED, kind=kind, name=name, new=_shown(value))
        else:
            yield from _fields(kind, name, "", before[name], value)
    for name, value in before.items():
        if name not in after:
            yield Change(did=Did.REMOVED, kind=kind, name=name, old=_shown(value))


def _fields(kind: str, name: str, path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*after, *before]):
            here = f"{path}.{key}" if path else key
            if key not in before:
                yield Change(did=Did.ADDED, kind=kind, name=name, field=here, new=_shown(after[key]))
            elif key not in after:
                yield Change(did=Did.REMOVED, kind=kind, name=name, field=here, old=_shown(before[key]))
            else:
                yield from _fields(kind, name, here, before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list) and _has_parts(before) and _has_parts(after):
        for place in range(max(len(before), len(after))):
            here = f"{path}[{place}]"
            if place >= len(before):
                yield Change(did=Did.ADDED, kind=kind, name=name, field=here, new=_shown(after[place]))
            elif place >= len(after):
                yield Change(did=Did.REMOVED, kind=kind, name=name, field=here, old=_shown(before[place]))
            else:
                yield from _fields(kind, name, here, before[place], after[place])
    else:
        yield Change(did=Did.CHANGED, kind=kind, name=name, field=path, old=_shown(before), new=_shown(after))


def _has_parts(values: list[Any]) -> bool:
    return any(isinstance(value, dict) for value in values)


def _shown(value: Any) -> str:
    text = emitter.flow(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
