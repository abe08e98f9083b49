"""The shelves of a catalogue: rewards that are for the same members stand together, in the order of their price.

Conditions that many rewards share are asked once; prices that are plain numbers were worked out with the release.
"""

from __future__ import annotations

import bisect
import datetime as dt
import heapq
import itertools
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from regulars.engine.expressions import Function
from regulars.engine.games.plans import Audience
from regulars.engine.making import Making
from regulars.engine.orders.plans import ORDER, PricePlan
from regulars.engine.scope import Scope
from regulars.kit.money import round_ratio
from regulars.program.contracts.rewards import Price, Reward

_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
Rank = tuple[int, int, str]
"""0 for what can be paid now, 1 for what cannot, 2 for what is not for the member; then by price, then by name."""


class Entry:
    """A reward as the catalogue finds it: its first price, where that is the same for everybody."""

    __slots__ = ("days", "definition", "fixed", "limits", "name", "price")

    def __init__(self, definition: Reward, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.days = (definition.from_ or dt.date.min, definition.until or dt.date.max)
        self.limits = definition.limits
        fixed = [_fixed(price, made_from) for price in definition.prices]
        self.fixed: list[dict[str, int]] | None = None if None in fixed else [one for one in fixed if one is not None]
        self.price: list[PricePlan] | None = None
        if self.fixed is None:
            self.price = [PricePlan(price, made_from) for price in definition.prices]

    def costs(self, s: Scope) -> list[dict[str, int]]:
        """Points by currency, for each of its prices."""
        return self.fixed if self.fixed is not None else [one.points(s) for one in self.price or ()]


def _fixed(price: Price, made_from: Making) -> dict[str, int] | None:
    found = {}
    for name, text in price.points.items():
        if not _NUMBER.fullmatch(text):
            return None
        currency = made_from.program.currencies[name]
        exact = Fraction(text) * 10**currency.scale
        found[name] = round_ratio(exact.numerator, exact.denominator, currency.rounding.value)
    return found


class _Shelf:
    """Rewards of one group that cost so much of one currency and nothing else: a balance cuts them in two at one place,
    and both parts lie there in the order in which they are shown.
    """

    __slots__ = ("_falling", "_rising", "currency", "entries")

    def __init__(self, currency: str, entries: list[tuple[int, Entry]]) -> None:
        self.currency = currency
        self.entries = {entry.name: entry for _, entry in entries}
        self._rising = sorted((points, entry.name) for points, entry in entries)
        self._falling = sorted((-points, entry.name) for points, entry in entries)

    def ranked(self, balance: int, after: Rank | None) -> Iterator[tuple[Rank, Entry]]:
        """What comes after a rank, best first."""
        if after is None or after[0] == 0:
            start = bisect.bisect_left(self._falling, (-balance, ""))
            if after is not None:
                start = max(start, bisect.bisect_right(self._falling, after[1:]))
            for cost, name in itertools.islice(self._falling, start, None):
                yield (0, cost, name), self.entries[name]
        if after is None or after[0] <= 1:
            start = bisect.bisect_left(self._rising, (balance + 1, ""))
            if after is not None and after[0] == 1:
                start = max(start, bisect.bisect_right(self._rising, (after[1] + balance, after[2])))
            for points, name in itertools.islice(self._rising, start, None):
                yield (1, points - balance, name), self.entries[name]


class _Group:
    """Rewards that are for the same members."""

    __slots__ = ("audience", "condition", "entries", "others", "shelves")

    def __init__(self, audience: Audience, condition: Function | None, entries: list[Entry]) -> None:
        self.audience = audience
        self.condition = condition
        self.entries = entries
        shelves: dict[str, list[tuple[int, Entry]]] = {}
        self.others: list[Entry] = []
        for entry in entries:
            if entry.fixed is not None and len(entry.fixed) == 1 and len(entry.fixed[0]) == 1:
                currency, points = next(iter(entry.fixed[0].items()))
                shelves.setdefault(currency, []).append((points, entry))
            else:
                self.others.append(entry)
        self.shelves = [_Shelf(currency, found) for currency, found in shelves.items()]

    def is_for(self, s: Scope) -> bool:
        """Whether the member is one of them."""
        return self.audience.has(s) and (self.condition is None or bool(self.condition(s)))

    def ranked(self, s: Scope, after: Rank | None, *, mine: bool) -> Iterator[Iterator[tuple[Rank, Entry]]]:
        """All of it in rows that each begin with their best."""
        balances = s.member.balances
        if mine:
            for shelf in self.shelves:
                yield shelf.ranked(balances.get(shelf.currency, 0), after)
        found = [
            (_rank(one, one.costs(s), balances, mine=mine), one) for one in (self.others if mine else self.entries)
        ]
        yield iter(sorted((one for one in found if after is None or one[0] > after), key=lambda one: one[0]))


class Index:
    """The catalogue of a release, in groups that are for the same members."""

    __slots__ = ("groups",)

    def __init__(self, made_from: Making) -> None:
        groups: dict[tuple[str | None, str | None], list[Entry]] = {}
        for reward in made_from.program.rewards.values():
            if reward.prices:
                groups.setdefault((reward.audience, reward.if_), []).append(Entry(reward, made_from))
        place = made_from.places.limit(ORDER, before_price=True)
        self.groups = [
            _Group(
                Audience(audience, made_from),
                None if condition is None else made_from.expressions.condition(condition, place),
                entries,
            )
            for (audience, condition), entries in groups.items()
        ]

    def ranked(self, s: Scope, day: dt.date, after: Rank | None, *, everything: bool) -> Iterator[tuple[Rank, Entry]]:
        """What there is today for this member, best first; `everything`: also what is not for them."""
        rows: list[Iterator[tuple[Rank, Entry]]] = []
        for group in self.groups:
            mine = group.is_for(s)
            if mine or everything:
                rows += group.ranked(s, after, mine=mine)
        for rank, entry in heapq.merge(*rows, key=lambda one: one[0]):
            first, until = entry.days
            if first <= day < until:
                yield rank, entry


def _rank(entry: Entry, prices: list[dict[str, int]], balances: dict[str, int], *, mine: bool) -> Rank:
    best, short = -1, -1
    for price in prices:
        lack = cost = 0
        for currency, points in price.items():
            cost += points
            there = balances.get(currency, 0)
            if there < points:
                lack += points - there
        if not lack:
            best = max(best, cost)
        elif short < 0 or lack < short:
            short = lack
    if not mine:
        return (2, max(short, 0), entry.name)
    return (0, -best, entry.name) if best >= 0 else (1, short, entry.name)
