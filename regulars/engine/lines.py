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
"""Name, a function of the scope that says of each line whether it belongs, and what was defined."""


def find_groups(s: Scope, groups: Groups) -> None:
    """Give each line its groups, and with them whether it earns and may be paid with points; `base` follows."""
    lines = s.basket.lines
    for line in lines:
        if line.kind in EARN_NOTHING:
            line.earns = False
    for name, belongs, group in groups if lines else ():
        for line, inside in zip(lines, belongs(s), strict=True):
            if inside:
                line.groups = (*line.groups, name)
                line.earns = line.earns and group.earns
                line.pays = line.pays and group.pays
    s.basket.reckon()
