"""Basket lines on their way into a decision: their groups, and what those say about earning and paying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regulars.engine.expressions import Function
from regulars.engine.scope import Scope
from regulars.program.contracts.definitions import Group

EARN_NOTHING: Final = frozenset({"shipping", "deposit", "gift_card"})
"""Kinds of line that earn nothing: each unit of money earns once, when goods are bought with it (L21)."""

Groups = Sequence[tuple[str, Function, Group]]


def find_groups(s: Scope, groups: Groups) -> None:
    """Give each line its groups, and with them whether it earns and may be paid with points; `base` follows."""
    for line in s.basket.lines:
        if line.kind in EARN_NOTHING:
            line.earns = False
        found = []
        for name, matches, group in groups:
            if matches(s, line):
                found.append(name)
                line.earns = line.earns and group.earns
                line.pays = line.pays and group.pays
        line.groups = tuple(found)
    s.basket.reckon()
