"""Ten thousand rules, of which a basket runs only those that have a chance."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from regulars.language import fact_paths, requirements
from regulars.language.contracts import Expression, Fact, Required, Schema

Key = TypeVar("Key", bound=Hashable)
Facts = Mapping[str, Collection[object]]


class RuleIndex(Generic[Key]):
    """Conditions filed by what they need. It may give too many candidates, never too few."""

    def __init__(self, rules: Iterable[tuple[Key, Expression]], schema: Schema) -> None:
        self.keys: list[Key] = []
        self.always: list[int] = []
        self.by_fact: dict[str, dict[object, list[int]]] = {}
        self.by_bound: dict[str, tuple[list[int], list[int]]] = {}
        self._fill(list(rules), schema)
        self.paths = tuple(sorted({*self.by_fact, *self.by_bound}))
        self._extract = fact_paths.extractor(self.paths, schema)

    def _fill(self, rules: list[tuple[Key, Expression]], schema: Schema) -> None:
        needs = [requirements.required(expression.tree, schema) for _, expression in rules]
        counts = Counter(fact for need in needs for facts in need.any_of for fact in facts)
        bounds: dict[str, list[tuple[int, int]]] = {}
        for position, ((key, _), need) in enumerate(zip(rules, needs, strict=True)):
            self.keys.append(key)
            self._file(position, need, counts, bounds)
        for path, found in bounds.items():
            found.sort()
            self.by_bound[path] = ([least for least, _ in found], [position for _, position in found])

    def _file(
        self, position: int, need: Required, counts: Mapping[Fact, int], bounds: dict[str, list[tuple[int, int]]]
    ) -> None:
        if need.any_of:
            # The rarest set: what few rules ask for is what few baskets have.
            for fact in min(need.any_of, key=lambda facts: (sum(counts[fact] for fact in facts), len(facts))):
                self.by_fact.setdefault(fact.path, {}).setdefault(fact.value, []).append(position)
        elif need.at_least:
            bound = need.at_least[0]
            bounds.setdefault(bound.path, []).append((bound.least, position))
        else:
            self.always.append(position)

    def facts(self, *args: Any) -> Facts:
        """The facts of these values of `schema.params` that any rule is filed under: path to values."""
        return self._extract(*args)

    def candidates(self, facts: Facts) -> list[Key]:
        """The keys of the rules that may be true, in the order in which the rules were given."""
        found = set(self.always)
        for path, filed in self.by_fact.items():
            for value in facts.get(path, ()):
                hits = filed.get(value)
                if hits is not None:
                    found.update(hits)
        for path, (leasts, positions) in self.by_bound.items():
            for value in facts.get(path, ()):
                if isinstance(value, int):
                    found.update(positions[: bisect_right(leasts, value)])
        return [self.keys[position] for position in sorted(found)]
