"""Paths such as `basket.lines[].category` to code that reads all their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from regulars.language.contracts import Field, Root, Schema
from regulars.language.types import ListOf, Record, Type

SEGMENT = re.compile(r"([^.\[\]]+)((?:\[\])*)")


def extractor(paths: Iterable[str], schema: Schema) -> Callable[..., Mapping[str, Collection[object]]]:
    """A function of `schema.params` that gives each path's values, without the empty ones."""
    entries = ", ".join(f"{path!r}: {_values(path, schema)}" for path in paths)
    source = f"def facts({', '.join(schema.params)}): return {{{entries}}}"
    names: dict[str, Any] = {"__builtins__": {}}
    exec(compile(source, "<facts>", "exec"), names)  # noqa: S102  paths and templates are of the schema
    made: Callable[..., Mapping[str, Collection[object]]] = names["facts"]
    return made


def _values(path: str, schema: Schema) -> str:
    clauses, code = _clauses(path, schema)
    if not clauses:
        return f"({code},)"
    return f"{{{code} {' '.join(clauses)}}}"


def _clauses(path: str, schema: Schema) -> tuple[list[str], str]:
    """The loops of a path and its value. Raises KeyError where the schema has no such path."""
    clauses: list[str] = []
    code, kind, nullable = "", None, False
    for at, (name, brackets) in enumerate(SEGMENT.findall(path)):
        code, kind, nullable = _step(name, at, code, kind, nullable, schema)
        if brackets:
            variable = f"_v{at}"
            clauses.append(f"for {variable} in ({code} or ())")
            assert isinstance(kind, ListOf)
            code, kind, nullable = variable, kind.of, False
    return clauses, code


def _step(name: str, at: int, base: str, kind: Type | None, nullable: bool, schema: Schema) -> tuple[str, Type, bool]:
    if at == 0:
        root: Root = schema.roots[name]
        return root.python, root.type, root.nullable
    if not isinstance(kind, Record):
        raise KeyError(name)
    field: Field = schema.records[kind.name][name]
    code = field.python.replace("{b}", base)
    if nullable:
        code = f"(None if {base} is None else {code})"
    return code, field.type, nullable or field.nullable
