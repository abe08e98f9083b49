"""Syntax tree to text: one way to write each expression, so that text -> tree -> text settles at once."""

from __future__ import annotations

import re

from regulars.language.lexer import ESCAPES
from regulars.language.parser import PRECEDENCE
from regulars.language.tree import Syntax

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LOOSEST, UNARY, PRIMARY = 0, 6, 7
WRITTEN = {character: f"\\{letter}" for letter, character in ESCAPES.items() if character != '"'}


def print_text(node: Syntax) -> str:
    """The expression, with one space around operators and no more brackets than it needs."""
    return _text(node, LOOSEST)


def _text(node: Syntax, tightest: int) -> str:
    level, text = _written(node)
    return f"({text})" if level < tightest else text


def _written(node: Syntax) -> tuple[int, str]:
    match node.kind:
        case "choose":
            test, yes, no = node.of
            return LOOSEST, f"{_text(test, 1)} ? {_text(yes, 1)} : {_text(no, LOOSEST)}"
        case "and" | "or":
            op = "&&" if node.kind == "and" else "||"
            # A chain inside a chain of the same kind was in brackets, or it would be one chain.
            return PRECEDENCE[op], f" {op} ".join(_text(part, PRECEDENCE[op] + 1) for part in node.of)
        case "compare" | "in" | "arithmetic":
            op = str(node.value)
            level = PRECEDENCE[op]
            return level, f"{_text(node.of[0], level)} {op} {_text(node.of[1], level + 1)}"
        case "not" | "negate":
            return UNARY, f"{'!' if node.kind == 'not' else '-'}{_text(node.of[0], UNARY)}"
        case _:
            return PRIMARY, _primary(node)


def _primary(node: Syntax) -> str:
    match node.kind:
        case "select":
            return f"{_text(node.of[0], PRIMARY)}.{node.value}"
        case "index":
            name = str(node.value)
            base = _text(node.of[0], PRIMARY)
            return f"{base}[{quoted(name)}]"
        case "call":
            return f"{node.value}({_several(node.of)})"
        case "method":
            return f"{_text(node.of[0], PRIMARY)}.{node.value}({_several(node.of[1:])})"
        case "list":
            return f"[{_several(node.of)}]"
        case "text":
            return quoted(str(node.value))
        case "bool":
            return "true" if node.value else "false"
        case "null":
            return "null"
        case "amount":
            assert isinstance(node.value, tuple)
            return amount(*node.value)
    return str(node.value)


def _several(nodes: tuple[Syntax, ...]) -> str:
    return ", ".join(_text(node, LOOSEST) for node in nodes)


def amount(digits: int, scale: int) -> str:
    """20.00 for (2000, 2)."""
    text = str(digits).rjust(scale + 1, "0")
    return f"{text[:-scale]}.{text[-scale:]}"


def quoted(text: str) -> str:
    """A text between single quotes."""
    return "'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character in WRITTEN:
        return WRITTEN[character]
    return character if character.isprintable() else _by_number(character)


def _by_number(character: str) -> str:
    # Beyond the basic plane there is no escape, and no need of one.
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else character
