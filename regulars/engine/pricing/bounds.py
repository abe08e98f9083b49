"""What no price passes, as a program says it: the order of groups, the largest discounts, the least prices."""

from __future__ import annotations

from typing import Final

from regulars.engine.pricing.stacking import LARGEST_LINE, NEVER_BELOW, Bounds
from regulars.engine.scope import LineScope
from regulars.kit.money import QUANTITY_SCALE
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.stacking import Mode, Stacking

NO_BOUND: Final = ""


class StackingPlan:
    """The one `stacking` of a program, or what holds without one: all discounts, each on what the others left."""

    __slots__ = ("bounded", "definition", "groups", "names")

    def __init__(self, definition: Stacking) -> None:
        self.definition = definition
        self.groups: tuple[tuple[str | None, Mode], ...] = (
            *((name, group.mode) for name, group in definition.groups.items()),
            (None, definition.otherwise),
        )
        self.names = frozenset(definition.groups)
        share = definition.largest_line
        self.bounded = bool(definition.never_below) or share.n < share.d
        """Whether any line has a least price above 0."""

    def bounds(self, lines: list[LineScope], gross: list[int]) -> Bounds:
        """The bounds of a basket of which each line costs so much without discounts."""
        basket = self.definition.largest_basket
        most = sum(gross) * min(basket.n, basket.d) // basket.d
        if not self.bounded:
            return Bounds([0] * len(gross), [NO_BOUND] * len(gross), most)
        floors, because = [], []
        for line, amount in zip(lines, gross, strict=True):
            floor, reason = self._floor(line, amount)
            floors.append(floor)
            because.append(reason)
        return Bounds(floors, because, most)

    def _floor(self, line: LineScope, amount: int) -> tuple[int, str]:
        share = self.definition.largest_line
        by_share = amount - amount * min(share.n, share.d) // share.d
        prices = [line.facts[name] for name in self.definition.never_below if name in line.facts]
        # Rounded up: what is sold below by a part of a coin is sold below.
        by_price = min(-(-max(prices, default=0) * line.quantity // QUANTITY_SCALE), amount)
        return (by_price, NEVER_BELOW) if by_price > by_share else (by_share, LARGEST_LINE)


def stacking_plan(program: Program) -> StackingPlan:
    """What the program says of discounts that meet."""
    return StackingPlan(next(iter(program.stacking.values()), Stacking(name="stacking")))
