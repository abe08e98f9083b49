"""Brings a YAML text into the house style without moving it about: comments and line breaks stay where they are."""

from __future__ import annotations

import json
import re
from typing import Final

from regulars.program.checks.context import Context
from regulars.program.nodes import Scalar
from regulars.program.reader import Source

# A text of the rule language in either quotes, or a comment, which may hold any quotes.
_PIECE: Final = re.compile(r"""//[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*\"""")


def house_style(source: Source) -> str:
    """Expressions in double quotes, texts inside them in single ones, no space at line ends, one empty line between
    sections. The text must have been read without faults of form."""
    text = source.text
    for start, end, written in sorted(_expressions(source), reverse=True):
        text = text[:start] + written + text[end:]
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join(_spaced(lines)).strip("\n") + "\n"


def single_quotes(expression: str) -> str:
    """An expression with its texts in single quotes; one that holds a single quote stays as it is."""

    def turned(piece: re.Match[str]) -> str:
        found = piece[0]
        if not found.startswith('"') or "'" in found:
            return found
        return "'" + found[1:-1].replace('\\"', '"') + "'"

    return _PIECE.sub(turned, expression)


def _expressions(source: Source) -> list[tuple[int, int, str]]:
    edits: list[tuple[int, int, str]] = []
    for one in Context(source.program).written if source.program is not None else ():
        node = source.spots.get(one.path)
        if not isinstance(node, Scalar) or node.style in {"|", ">"}:
            continue
        turned = single_quotes(node.text)
        if node.style != '"' or turned != node.text:
            edits.append((node.index, node.end, json.dumps(turned, ensure_ascii=False)))
    return edits


def _spaced(lines: list[str]) -> list[str]:
    """One empty line before each section, above the comments that belong to it; never two in a row."""
    spaced: list[str] = []
    for line in lines:
        if line == "" and (not spaced or spaced[-1] == ""):
            continue
        if re.match(r"[A-Za-z_]+:", line):
            place = len(spaced)
            while place and spaced[place - 1].startswith("#"):
                place -= 1
            if place and spaced[place - 1] != "":
                spaced.insert(place, "")
        spaced.append(line)
    return spaced
