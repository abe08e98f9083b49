"""Points before they are rounded: an exact fraction, with the weight of each basket line in it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.engine.scope import LineScope
from regulars.kit.money import Rounding, round_ratio, spread

WITHOUT_LINES: list[int] = [1]
"""The one weight where there are no lines."""


class Exact:
    """`num / den` points in smallest units, of which the line at place i has `weights[i] / sum(weights)`."""

    __slots__ = ("den", "num", "weights")

    def __init__(self, num: int, den: int, weights: list[int]) -> None:
        self.num = num
        self.den = den
        self.weights = weights

    def rounded(self, mode: Rounding, *, per_line: bool) -> tuple[int, list[int]]:
        """Whole points and those of each line: rounded once and spread (L39, L40), or line by line."""
        if not per_line:
            points = round_ratio(self.num, self.den, mode) if mode != "down" else self.num // self.den
            return points, spread(points, self.weights)
        whole = sum(self.weights)
        parts = [round_ratio(self.num * weight, self.den * whole, mode) if whole else 0 for weight in self.weights]
        return sum(parts), parts


def line_weights(lines: Sequence[LineScope], matched: Sequence[bool] | None) -> list[int]:
    """How an amount of the whole basket falls on its lines: by what earns; where nothing earns, by amount; at last all
    alike.
    """
    if not lines:
        return WITHOUT_LINES
    if matched is None:
        weights = [line.base for line in lines]
        return weights if any(weights) else [max(line.amount, 0) for line in lines]
    weights = [line.base if match else 0 for line, match in zip(lines, matched, strict=True)]
    if any(weights):
        return weights
    weights = [line.amount if match and line.amount > 0 else 0 for line, match in zip(lines, matched, strict=True)]
    return weights if any(weights) else [int(match) for match in matched]


def combined(amounts: Sequence[Exact]) -> tuple[list[int], int]:
    """The exact points of each line over one denominator: numerators and the denominator."""
    first = amounts[0]
    whole = sum(first.weights) or 1
    nums, den = [first.num * weight for weight in first.weights], first.den * whole
    for other in amounts[1:]:
        whole = sum(other.weights) or 1
        other_den = other.den * whole
        nums = [num * other_den + other.num * weight * den for num, weight in zip(nums, other.weights, strict=True)]
        den *= other_den
    return nums, den
