"""Ten thousand rules: each is filed by what its condition and its lines need, and a basket runs only those that have a
chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from regulars.engine.making import Making
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.language import service as language_rules
from regulars.language.service import RuleIndex
from regulars.program.contracts.values import Schedule

SIEVED_FROM: Final = 200
"""With fewer rules than this, running the few too many that a single fact lets through costs less than sieving them."""
VALUES_MAX: Final = 1000
"""A path of more values is not sieved by: its rules are few a value, and a row of bits for each would fill memory."""

Filed = tuple[int, language.Expression]


class RuleFinder:
    """The rules that have a chance. It may give too many, never too few."""

    __slots__ = ("_indexes", "_sieves")

    def __init__(self, rules: Sequence[RulePlan], made_from: Making) -> None:
        by_schema: dict[int, tuple[language.Schema, list[Filed]]] = {}
        for place, rule in enumerate(rules):
            expression, schema = rule.whole
            by_schema.setdefault(id(schema), (schema, []))[1].append((place, expression))
        self._indexes = tuple(RuleIndex(filed, schema) for schema, filed in by_schema.values())
        self._sieves: tuple[Sieve | ScheduleSieve, ...] = ()
        if len(rules) >= SIEVED_FROM:
            sieves = [Sieve(filed, schema, made_from) for schema, filed in by_schema.values()]
            self._sieves = (ScheduleSieve(rules, made_from.zone), *(sieve for sieve in sieves if sieve.rows))

    def places(self, s: Scope) -> Sequence[int]:
        """The places of these rules among all, in their order."""
        if len(self._indexes) == 1:
            index = self._indexes[0]
            found: Sequence[int] = index.candidates(index.facts(s))
        else:
            found = sorted(place for index in self._indexes for place in index.candidates(index.facts(s)))
        if not self._sieves or not found:
            return found
        missing = 0
        for sieve in self._sieves:
            missing |= sieve.missing(s)
        bits = missing.to_bytes(found[-1] // 8 + 1 + missing.bit_length() // 8, "little")
        return [place for place in found if not bits[place >> 3] >> (place & 7) & 1]


class Sieve:
    """A rule that needs several facts is filed under the rarest alone; this says which rules miss one of the others.

    By path and value: a whole number with a bit for each rule that the value suits, so that a basket is held against
    all rules in a few steps.
    """

    __slots__ = ("rows",)

    def __init__(self, filed: Iterable[Filed], schema: language.Schema, made_from: Making) -> None:
        found: dict[str, dict[int, Iterable[object]]] = {}
        for place, expression in filed:
            for facts in language_rules.required(expression, schema).any_of:
                paths = {fact.path for fact in facts}
                if len(paths) == 1 and all(isinstance(fact.value, str) for fact in facts):
                    found.setdefault(paths.pop(), {}).setdefault(place, [fact.value for fact in facts])
        self.rows: list[tuple[Callable[[Scope], Iterable[Any]], int, Mapping[object, int]]] = []
        for path, needs in found.items():
            by_value = _bits((value, place) for place, values in needs.items() for value in values)
            read = _reader(path, schema, made_from)
            if read is not None and len(by_value) <= VALUES_MAX:
                self.rows.append((read, _bits((None, place) for place in needs)[None], by_value))

    def missing(self, s: Scope) -> int:
        """A bit for each rule that cannot be true here."""
        missing = 0
        for read, needing, by_value in self.rows:
            suited = 0
            for value in set(read(s)):
                suited |= by_value.get(value, 0)
            missing |= needing & ~suited
        return missing


class ScheduleSieve:
    """Rules whose schedule sleeps: thousands share a few."""

    __slots__ = ("_rows", "_zone")

    def __init__(self, rules: Sequence[RulePlan], zone: ZoneInfo) -> None:
        self._zone = zone
        plans = [(rule, place) for place, rule in enumerate(rules) if rule.schedule is not None]
        bits = _bits((rule.schedule, place) for rule, place in plans)
        first: dict[Schedule | None, RulePlan] = {}
        for rule, _ in plans:
            first.setdefault(rule.schedule, rule)
        self._rows = [(first[schedule], bits[schedule]) for schedule in first]

    def missing(self, s: Scope) -> int:
        """A bit for each rule that sleeps."""
        missing = 0
        for rule, bits in self._rows:
            if not rule.covers(s, self._zone):
                missing |= bits
        return missing


def _bits(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """By key, a bit for each of its places."""
    places: dict[Any, list[int]] = {}
    for key, place in pairs:
        places.setdefault(key, []).append(place)
    return {key: _with_bits(own) for key, own in places.items()}


def _with_bits(places: Sequence[int]) -> int:
    row = bytearray(max(places) // 8 + 1)
    for place in places:
        row[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(row, "little")


def _reader(path: str, schema: language.Schema, made_from: Making) -> Callable[[Scope], Iterable[Any]] | None:
    """A function that gives the values under a path of facts; None for a path through lists in lists."""
    outer, *inner = path.split("[]")
    expressions = made_from.expressions
    if not inner:
        one = expressions.value(outer, schema)[0]
        return lambda s: (one(s),)
    if len(inner) > 1:
        return None
    field = inner[0]
    return expressions.value(f"{outer}.map(one, one{field})" if field else outer, schema)[0]
