"""The short form of the day of a pay-out in YAML, read and printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from regulars.program import words
from regulars.program.contracts.dealings import PayDay
from regulars.program.convert import Converter
from regulars.program.nodes import Node, Scalar

LAST: Final = 28
"""Every month has so many days."""


def readers(converter: Converter) -> dict[Any, Callable[[Node, str], Any]]:
    """How the values of dealings are read that are shorter in YAML than their Structs."""

    def pay_day(node: Node, path: str) -> Any:
        found = node.text if isinstance(node, Scalar) else path.rpartition(".")[2]
        try:
            return pay_day_of(" ".join(found.split()))
        except ValueError:
            return converter.tell("not_understood", node, path, found=found, expected=f"day 1, day {LAST}")

    return {PayDay: pay_day}


def pay_day_of(text: str) -> PayDay:
    """`day 10`. Raises NotUnderstood."""
    found = re.fullmatch(r"day ([0-9]{1,2})", text)
    if found is None or not 1 <= int(found[1]) <= LAST:
        raise words.NotUnderstood(text)
    return PayDay(int(found[1]))


PRINTERS: Final[dict[Any, Callable[[Any], Any]]] = {PayDay: lambda day: f"day {day.day}"}
