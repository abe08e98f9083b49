"""Which units of a basket a discount is about: all, the cheapest, every nth, those that another purchase pays for, or
those of a bundle.

Units are counted, never listed: a line of a thousand pieces costs no more than a line of one. What is weighed, and so
has no whole number of units, is one unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from regulars.engine.scope import LineScope
from regulars.kit.money import QUANTITY_SCALE

Units = list[int]
"""So many units of each line, in the order of the lines."""

_FINE = 10**6


def count(line: LineScope) -> int:
    """How many units a line has."""
    pieces, rest = divmod(line.quantity, QUANTITY_SCALE)
    return 1 if rest else pieces


def counts(lines: Sequence[LineScope], eligible: Sequence[bool]) -> Units:
    """The units of each line that may be chosen."""
    return [count(line) if may else 0 for line, may in zip(lines, eligible, strict=True)]


def dearest_first(lines: Sequence[LineScope], units: Units) -> list[int]:
    """The places of lines with units by their shelf price for a unit, the dearest first, ties by number of the line."""
    there = [place for place, n in enumerate(units) if n]
    return sorted(there, key=lambda place: (-lines[place].gross * _FINE // units[place], lines[place].no))


def cheapest(lines: Sequence[LineScope], units: Units, n: int) -> Units:
    """The `n` cheapest units."""
    return _first(reversed(dearest_first(lines, units)), units, n)


def dearest(lines: Sequence[LineScope], units: Units, n: int) -> Units:
    """The `n` dearest units."""
    return _first(dearest_first(lines, units), units, n)


def every(lines: Sequence[LineScope], units: Units, nth: int, most: int | None) -> Units:
    """Every `nth` unit, counted from the dearest, `most` of them at most: the last ones, which are the cheapest, go
    first.
    """
    chosen, seen = [0] * len(units), 0
    for place in dearest_first(lines, units):
        chosen[place] = (seen + units[place]) // nth - seen // nth
        seen += units[place]
    return chosen if most is None or seen // nth <= most else dearest(lines, chosen, most)


def earned(
    lines: Sequence[LineScope], gets: Units, buys: Units, *, bought: int, given: int, times: int | None
) -> Units:
    """For each `bought` units of one kind `given` of another, the cheapest of them. No unit is both: what pays for
    another is not reduced itself.
    """
    both = [min(get, buy) for get, buy in zip(gets, buys, strict=True)]
    only_get = sum(gets) - sum(both)
    only_buy = sum(buys) - sum(both)

    def fits(n: int) -> bool:
        shared = max(n * given - only_get, 0)
        return n * given <= sum(gets) and n * bought <= only_buy + sum(both) - shared

    n = _most(fits, min(sum(buys) // bought, sum(gets) // given))
    n = n if times is None else min(n, times)
    # So many of the units that could also pay may be reduced.
    free = only_buy + sum(both) - n * bought
    chosen, left = [0] * len(gets), n * given
    for place in reversed(dearest_first(lines, gets)):
        alone = gets[place] - both[place]
        take = min(left, alone + min(both[place], free))
        chosen[place] = take
        free -= max(take - alone, 0)
        left -= take
    return chosen


def bundles(lines: Sequence[LineScope], parts: Sequence[tuple[Units, int]], times: int | None) -> tuple[int, Units]:
    """How many bundles there are, and the units in them: of each part so many, the dearest first. Parts are filled in
    the order written; no unit is in two.
    """
    most = min(sum(units) // n for units, n in parts)
    most = most if times is None else min(most, times)
    n = _most(lambda n: _filled(lines, parts, n) is not None, most)
    return n, _filled(lines, parts, n) or [0] * len(lines)


def _filled(lines: Sequence[LineScope], parts: Sequence[tuple[Units, int]], n: int) -> Units | None:
    taken = [0] * len(lines)
    for units, of_each in parts:
        free = [max(one - gone, 0) for one, gone in zip(units, taken, strict=True)]
        if sum(free) < n * of_each:
            return None
        for place, more in enumerate(dearest(lines, free, n * of_each)):
            taken[place] += more
    return taken


def _first(places: Iterable[int], units: Units, n: int) -> Units:
    chosen = [0] * len(units)
    for place in places:
        chosen[place] = min(units[place], n)
        n -= chosen[place]
        if n <= 0:
            break
    return chosen


def _most(holds: Callable[[int], bool], most: int) -> int:
    """The largest number up to `most` for which something holds that holds for 0 and, once lost, is lost for good."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        low, most = (middle, most) if holds(middle) else (low, middle - 1)
    return low
