"""Which numbers of sliding windows a segment looks at, and where a change of them matters: sliding alone makes nobody
due.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from regulars.engine.metrics.plan import MetricPlan, Shape
from regulars.engine.segments import SegmentPlan
from regulars.program.contracts.places import Places
from regulars.program.contracts.values import WindowKind

_COMPARED: Final = r"member\.metrics\.{name}\s*(?:==|!=|<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)(?![\w.]|\s*[-+*/%])"
_NAMED: Final = r"member\.metrics\.{name}\b"
_FAR: Final = 10**30
"""More than any number of a metric."""
_ARITHMETIC: Final = frozenset("+-*/%")


class Watch:
    """One metric that segments read. `thresholds` are the numbers it is compared with; None where it is used otherwise,
    so that any change matters.
    """

    __slots__ = ("plan", "thresholds")

    def __init__(self, plan: MetricPlan, thresholds: tuple[int, ...] | None) -> None:
        self.plan = plan
        self.thresholds = thresholds

    def around(self, number: int) -> tuple[int, int]:
        """The numbers (least, most) beside this one between which no condition can change."""
        if self.thresholds is None:
            return number, number
        place = bisect_left(self.thresholds, number)
        if place < len(self.thresholds) and self.thresholds[place] == number:
            return number, number
        least = self.thresholds[place - 1] + 1 if place else -_FAR
        most = self.thresholds[place] - 1 if place < len(self.thresholds) else _FAR
        return least, most


def watches(metrics: Sequence[MetricPlan], segments: Sequence[SegmentPlan], places: Places) -> tuple[Watch, ...]:
    """The watched metrics: those with a window that time moves and that a segment reads."""
    found = []
    for plan in metrics:
        name = f"member.metrics.{plan.name}"
        readers = [
            one
            for one in segments
            if any(path.removesuffix("[]").startswith((name + "[", name + ".")) or path == name for path in one.reads)
        ]
        if readers and plan.kind in {WindowKind.SLIDING, WindowKind.PERIOD, WindowKind.PREVIOUS}:
            scale = places.metric_scale(plan.name)
            simple = plan.shape is Shape.NUMBER
            found.append(Watch(plan, _thresholds(plan.name, readers, scale) if simple else None))
    return tuple(found)


def _thresholds(name: str, readers: Sequence[SegmentPlan], scale: int) -> tuple[int, ...] | None:
    found: set[int] = set()
    for segment in readers:
        text = segment.text
        compared = list(re.finditer(_COMPARED.format(name=re.escape(name)), text))
        if len(compared) != len(re.findall(_NAMED.format(name=re.escape(name)), text)):
            return None
        for match in compared:
            if text[: match.start()].rstrip()[-1:] in _ARITHMETIC:
                return None
            found.update(_around(match.group(1), scale))
    return tuple(sorted(found))


def _around(text: str, scale: int) -> tuple[int, ...]:
    """A constant at the scale of the metric; where it has more decimals, the two numbers around it."""
    whole, _, decimals = text.partition(".")
    shown = int(whole + decimals)
    if len(decimals) <= scale:
        return (shown * 10 ** (scale - len(decimals)),)
    below = shown // 10 ** (len(decimals) - scale)
    return (below, below + 1)


def first_change(
    watch: Watch, number: int, gave: Mapping[int, Mapping[int, int]], days: Sequence[int], today: int
) -> int | None:
    """The first day (as a number) on which what slides out of the window can change a condition. `gave` is what each of
    `days`, in their order, gave.
    """
    slot, inside = watch.plan.slot, today - watch.plan.days
    least, most = watch.around(number)
    for day in days:
        if day > inside and (given := gave[day].get(slot)):
            number -= given
            if not least <= number <= most or watch.thresholds is None:
                return day + watch.plan.days
    return None
