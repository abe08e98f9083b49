"""Every kind of definition for people, written from its types.

`python -m regulars.program.page > docs/reference.md`
"""

from __future__ import annotations

import ast
import datetime as dt
import enum
import functools
import inspect
import itertools
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from regulars.program.contracts import values
from regulars.program.contracts.caused import CAUSED
from regulars.program.contracts.definitions import KINDS, ProgramSettings
from regulars.program.contracts.effects import EFFECTS
from regulars.program.contracts.triggers import TRIGGERS

_INTRODUCTION: Final = """\
# Reference of a program

Every kind of definition with its fields, as the types say them; [program.md](program.md) explains them with examples.
This page is written from the types (`python -m regulars.program.page > docs/reference.md`); a test fails when it is
stale. What every definition may have is told once, here. An expression is a text of the rule language
([language.md](language.md)).
"""
_WORDS: Final[dict[Any, str]] = {
    str: "text",
    int: "whole number",
    bool: "`true`, `false`",
    dt.date: "date",
    dt.datetime: "moment",
    values.Ratio: "decimal or fraction",
    values.Span: "span",
    values.Window: "window",
    values.Period: "period",
    values.Text: "text by language",
    values.Schedule: "schedule",
}
_COMMON: Final = ("title", "text", "owner", "from", "until", "tags")


def page() -> str:
    """The whole page, ending in a line break."""
    return "\n".join([_INTRODUCTION, *_page()]).rstrip() + "\n"


def _page() -> Iterator[str]:
    told: list[type] = []
    yield from _struct("Every definition", ProgramSettings, told, only=_COMMON)
    yield from _struct("program", ProgramSettings, told, skip=_COMMON)
    for key, kind in KINDS.items():
        yield from _struct(key, kind, told, skip=("name", *_COMMON))
    yield "## Triggers\n"
    for key, trigger in TRIGGERS.items():
        yield from _struct(f"trigger {key}", trigger, told, level=3)
    yield "## Events of a decision\n"
    yield "| event | facts |\n|---|---|"
    for name, facts in CAUSED.items():
        yield f"| `{name}` | {', '.join(f'`event.{fact}`' for fact in facts)} |"
    yield "\n## Effects\n"
    for key, effect in EFFECTS.items():
        yield from _struct(f"effect {key}", effect, told, level=3)
    yield "## Parts\n"
    seen: set[type] = set()
    while told:
        part = told.pop(0)
        if part not in seen:
            seen.add(part)
            yield from _enum(part) if issubclass(part, enum.Enum) else _struct(part.__name__, part, told, level=3)


def _struct(
    heading: str, kind: Any, told: list[type], *, level: int = 2, only: tuple[str, ...] = (), skip: tuple[str, ...] = ()
) -> Iterator[str]:
    yield f"{'#' * level} {heading}\n"
    if not only:
        yield f"{_paragraph(kind.__doc__ or '')}\n"
    rows = [
        f"| `{name}` | {_kind(field.type, told)} | {_default(field)} | {_said(kind).get(field.name, '')} |"
        for field in msgspec.structs.fields(kind)
        if (name := field.encode_name) not in skip and (not only or name in only)
    ]
    if rows:
        yield "| field | written | default | what it is |\n|---|---|---|---|"
        yield from rows
        yield ""


def _enum(kind: Any) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    said = _said(kind)
    yield f"{_paragraph(kind.__doc__ or '')}\n"
    yield "| value | what it is |\n|---|---|"
    for member in kind:
        yield f"| `{member.value}` | {said.get(member.name, '')} |"
    yield ""


def _kind(kind: Any, told: list[type]) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    origin, inside = get_origin(kind), [one for one in get_args(kind) if one not in {type(None), ...}]
    if origin in {Union, types.UnionType}:
        if set(inside) <= set(EFFECTS.values()):
            return "[effect](#effects)"
        if set(inside) <= set(TRIGGERS.values()):
            return "[trigger](#triggers)"
        return " or ".join(dict.fromkeys(_kind(one, told) for one in inside))
    if origin is tuple:
        return f"list of {_kind(inside[0], told)}"
    if origin is dict:
        return f"{_kind(inside[0], told)} to {_kind(inside[1], told)}"
    if isinstance(kind, type) and issubclass(kind, enum.Enum | msgspec.Struct):
        told.append(kind)
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return str(getattr(kind, "__name__", kind))


def _default(field: Any) -> str:
    if field.default is msgspec.NODEFAULT:
        return "*must be written*" if field.default_factory is msgspec.NODEFAULT else ""
    value = field.default
    if value is None or value == () or isinstance(value, msgspec.Struct):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.value if isinstance(value, enum.Enum) else value}`"


@functools.cache
def _said(kind: type) -> dict[str, str]:
    """What the source says under each field, its base classes included: the interpreter drops these texts."""
    said: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if not one.__module__.startswith("regulars."):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(one))).body[0]
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in itertools.pairwise(statements):
            target = field.target if isinstance(field, ast.AnnAssign) else None
            if isinstance(field, ast.Assign):
                target = field.targets[0] if isinstance(field.targets[0], ast.Name) else None
            words = text.value.value if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) else None
            if isinstance(target, ast.Name) and isinstance(words, str):
                said[target.id] = _paragraph(words).replace("|", "\\|")
    return said


def _paragraph(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(page())
