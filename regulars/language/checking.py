"""What the checks of one expression share: its faults, its cost, how large its numbers may grow, and what it reads."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping

from regulars.language import limits
from regulars.language.contracts import Fault, Schema
from regulars.language.texts import Known
from regulars.language.tree import Syntax, Typed, Variable
from regulars.language.types import ListOf

Check = Callable[["Checking", Syntax], Typed | None]

NAMES_SHOWN = 8
ALIKE = 0.5


class Checking:
    """One check in progress. A node that already has a fault is None, so that one mistake gives one message."""

    def __init__(self, schema: Schema, checks: Mapping[str, Check]) -> None:
        self.schema = schema
        self.checks = checks
        self.faults: list[Fault] = []
        self.fields: set[str] = set()
        self.volatile = False
        self.variables: dict[str, Variable] = {}
        self.walks = 0
        self.typical = 0
        self.worst = 0
        self.sizes: list[tuple[int, int]] = [(1, 1)]
        self._digits: dict[int, int] = {}
        self._kept: list[Typed] = []

    def node(self, syntax: Syntax) -> Typed | None:
        """The typed node, or None with at least one fault noted."""
        typed = self.checks[syntax.kind](self, syntax)
        if typed is not None:
            self.spend(1)
        return typed

    def fault(self, code: str, start: int, end: int, **params: object) -> Typed | None:
        """Note a fault. Gives the node that there is none of: `return check.fault(...)`."""
        self.faults.append(Fault(code, params, start, end))
        return None

    def spend(self, units: int) -> None:
        """Count work that is done once for each element of the walks around it."""
        typical, worst = self.sizes[-1]
        self.typical += units * typical
        self.worst += units * worst

    def spend_over(self, source: Typed, units: int) -> None:
        """Count work done once for each element of a list."""
        typical, largest = sizes_of(source)
        outer_typical, outer_worst = self.sizes[-1]
        self.typical += units * typical * outer_typical
        self.worst += units * largest * outer_worst

    def digits(self, node: Typed) -> int:
        """The digits that a number, or a list's numbers, may have at most."""
        return self._digits.get(id(node), limits.FIELD_DIGITS)

    def grown(self, node: Typed, digits: int) -> Typed | None:
        """The node with its digits noted, or None and a fault when they are too many."""
        if digits > limits.NUMBER_DIGITS:
            return self.fault("number_may_grow", node.start, node.end, limit=limits.NUMBER_DIGITS)
        self._digits[id(node)] = digits
        # Digits go by identity: a node that another one replaces must not give its id away.
        self._kept.append(node)
        return node


def sizes_of(source: Typed) -> tuple[int, int]:
    """Typical and largest length of a list."""
    return (source.type.typical, source.type.largest) if isinstance(source.type, ListOf) else (1, 1)


def known(name: str, names: Iterable[str]) -> Known:
    """What could have been meant by `name`."""
    there = sorted(set(names))
    folded = {each.casefold(): each for each in there}
    alike = difflib.get_close_matches(name.casefold(), folded, 1, ALIKE)
    return Known(folded[alike[0]] if alike else None, tuple(there[:NAMES_SHOWN]))
