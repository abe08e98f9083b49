"""Puts plain mappings, lists and texts down as YAML 1.2 in the house style: short things in one line, long below."""

from __future__ import annotations

import json
import re
from typing import Any, Final

WIDTH: Final = 120


class Expression(str):
    """A text of the rule language: always in double quotes, so that its own texts stand in single ones."""

    __slots__ = ()


# Letters of any alphabet, digits and what stands inside words; nothing that means something to YAML.
_PLAIN: Final = re.compile(
    r"[^\W_][\w .+()%/&'!-]*(?:[,:;?][\w ().%/&'!-]+)*[\w.)%!]|[^\W_]|-?[0-9][0-9.]*", re.UNICODE
)
_IN_FLOW: Final = re.compile(r"[,\[\]{}?]|: |:$")


def emit(tree: dict[str, Any]) -> str:
    """The text of a tree: one block a section, an empty line between them."""
    return "\n".join("\n".join(_entry(key, value, 0)) + "\n" for key, value in tree.items())


def _entry(key: str, value: Any, indent: int) -> list[str]:
    lead = " " * indent + scalar(key) + ":"
    line = flow(value)
    # Sections are always blocks, so that a definition can be found by its line.
    if (indent or not value or not isinstance(value, dict)) and len(lead) + 1 + len(line) <= WIDTH:
        return [f"{lead} {line}"]
    if isinstance(value, dict):
        return [lead, *(line for name, part in value.items() for line in _entry(name, part, indent + 2))]
    if isinstance(value, list):
        return [lead, *(line for part in value for line in _item(part, indent + 2))]
    return [f"{lead} {line}"]


def _item(value: Any, indent: int) -> list[str]:
    line = flow(value)
    if not isinstance(value, dict) or indent + 2 + len(line) <= WIDTH:
        return [" " * indent + f"- {line}"]
    lines = [line for name, part in value.items() for line in _entry(name, part, indent + 2)]
    return [" " * indent + "- " + lines[0].lstrip(), *lines[1:]]


def flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return scalar(value, flow=True)


def scalar(text: str, *, flow: bool = False) -> str:
    """A text plain where YAML would read it back the same, else in double quotes."""
    plain = not isinstance(text, Expression) and _PLAIN.fullmatch(text) is not None and ": " not in text
    if plain and " #" not in text and not (flow and _IN_FLOW.search(text)) and not text.endswith(":"):
        return text
    return json.dumps(text, ensure_ascii=False)
