"""Basket lines on their way into a decision: their groups, and what those say about earning and paying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from regulars.engine.contracts.activity import Activity
from regulars.engine.expressions import Function
from regulars.engine.scope import LineScope, MemberScope, Scope
from regulars.program.contracts.definitions import Group, Keep

EARN_NOTHING: Final = frozenset({"shipping", "deposit", "gift_card"})
"""Kinds of line that earn nothing: each unit of money earns once, when goods are bought with it (L21)."""

Groups = Sequence[tuple[str, Function, Group]]
"""Name, a function of the scope that says of each line whether it belongs, and what was defined."""


def as_kept(activity: Activity, groups: Groups, *, zone: ZoneInfo, money: str) -> Activity:
    """An activity as it may be kept, and so as it is decided: lines of a group that keeps the class only lose all but
    category, department, quantity and amount.
    """
    classed = [one for one in groups if one[2].keep is Keep.CLASS]
    if not classed or not activity.lines:
        return activity
    nobody = MemberScope(
        activity.member_id,
        joined_on=activity.occurred_at.date(),
        enrolled_at=activity.occurred_at,
        attributes={},
        segments=(),
        balances={},
    )
    s = Scope(activity, lines=[LineScope.of(line) for line in activity.lines], member=nobody, zone=zone, money=money)
    inside = [any(belongs) for belongs in zip(*(belongs(s) for _, belongs, _ in classed), strict=True)]
    if not any(inside):
        return activity
    lines = (
        replace(line, sku=None, name=None, brand=None, tags=()) if hidden else line
        for line, hidden in zip(activity.lines, inside, strict=True)
    )
    return replace(activity, lines=tuple(lines))


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
                line.discounts = line.discounts and group.discounts
    s.basket.reckon()
