"""What is shared and runs out: budgets, stock, how often a code counts. Nobody passes it by deciding at the same time.

Each is a counter (`CounterKey`: what it is, for whom, in which period), whose name holds a colon, as no metric's does:
`budget:offers.come_back/points`, `stock:mug`, `uses:summer`. Item "" of it counts what is used, item "in" what was
supplied. What is left is loaded when a decision first asks; whoever took of it then proves, before anything is written,
that enough is still left for the same decision (`Ration`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from regulars.engine.contracts.known import CounterKey, CounterValue, Quota, QuotasNeeded, Ration
from regulars.kit.money import AMOUNT_MAX

USED: Final = ""
SUPPLIED: Final = "in"
CUT: Final = "cut"
"""What would have been given and was not."""
EVER: Final = "ever"
PROGRAM: Final = "program"
"""The owner of what all share."""
COUNTED: Final = frozenset({USED, SUPPLIED, CUT})
"""Items that are numbers; every other says that something was told of it."""


class Quotas:
    """What one decision has left of everything shared, and takes of it."""

    __slots__ = ("_asked", "_counters", "_kept", "_known", "_seen", "entered")

    def __init__(
        self,
        known: Mapping[CounterKey, Quota] | None,
        *,
        kept: Mapping[str, object],
        seen: dict[str, object],
        counters: list[CounterValue],
    ) -> None:
        self._known = known
        self._kept = kept
        self._seen = seen
        self._counters = counters
        self._asked: dict[CounterKey, _Asked] = {}
        self.entered: dict[str, bool] = {}
        """Definitions that were asked whether they have a use left, and what was answered: once an activity."""

    def allows(self, key: CounterKey, wanted: int, most: int | None = None) -> int:
        """How much of `wanted` there is: of `most`, or of what was supplied. Never below 0. Raises QuotasNeeded."""
        return self._of(key, most).allows(wanted)

    def grant(self, key: CounterKey, wanted: int, most: int | None = None) -> int:
        """Take `wanted`, or what there is of it; how much that was. Raises QuotasNeeded."""
        granted = self.allows(key, wanted, most)
        self.take(key, granted)
        return granted

    def left(self, key: CounterKey, most: int | None = None) -> int:
        """What is left for this decision, to the last one: whoever asks is decided again as soon as anybody else takes
        of it. `allows` is cheaper. Never below 0. Raises QuotasNeeded."""
        return self._of(key, most).allows(AMOUNT_MAX)

    def take(self, key: CounterKey, amount: int) -> None:
        """Use so much of it (below 0: give it back). The caller has asked what is left."""
        if amount:
            asked = self._asked.setdefault(key, _Asked(AMOUNT_MAX, None, frozenset()))
            asked.taken += amount
            self._counters.append(CounterValue(key, USED, amount))

    def note_cut(self, key: CounterKey, amount: int) -> None:
        """Count what would have been taken, had there been more."""
        if amount:
            self._counters.append(CounterValue(key, CUT, amount))

    def tells(self, key: CounterKey, at: int, mark: str) -> bool:
        """Whether this decision is the first that leaves no more than `at` of something of a fixed size."""
        asked = self._asked.get(key)
        if asked is None or asked.size is None or asked.taken <= 0 or mark in asked.told:
            return False
        if asked.before - asked.taken > at:
            asked.least = max(asked.least, at + asked.taken + 1)
            return False
        asked.most = min(asked.most, at + asked.taken)
        asked.marks = (*asked.marks, mark)
        self._counters.append(CounterValue(key, mark, 1))
        return True

    def rations(self) -> tuple[Ration, ...]:
        """What this decision took, and within which bounds it would be the same."""
        return tuple(asked.ration(key) for key, asked in self._asked.items())

    def after(self, key: CounterKey) -> int:
        """What is left of something that was asked for, with what this decision took."""
        asked = self._asked[key]
        return max(asked.before - asked.taken, 0)

    def taken(self) -> Iterable[CounterKey]:
        """Whatever was taken of or given back."""
        return [key for key, asked in self._asked.items() if asked.taken]

    def _of(self, key: CounterKey, most: int | None) -> _Asked:
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = self._begin(key, most)
        elif asked.is_blind:
            # It was only given back to so far.
            begun = self._begin(key, most)
            begun.taken = asked.taken
            asked = self._asked[key] = begun
        return asked

    def _begin(self, key: CounterKey, most: int | None) -> _Asked:
        name = kept_name(key)
        kept = self._kept.get(name)
        if isinstance(kept, int):
            # The past is decided again with what was used, or left of what was supplied, then.
            self._seen[name] = kept
            return _Asked(kept if most is None else most - kept, most, frozenset())
        if self._known is None:
            return _Asked(AMOUNT_MAX if most is None else most, most, frozenset())
        quota = self._known.get(key)
        if quota is None:
            raise QuotasNeeded(frozenset({key}))
        left = quota.supplied - quota.used
        self._seen[name] = left if most is None else quota.used
        return _Asked(left if most is None else most - quota.used, most, quota.told)


class _Asked:
    """One thing shared in one decision: what was left `before` it, and between which bounds that may lie."""

    __slots__ = ("before", "least", "marks", "most", "size", "taken", "told")

    def __init__(self, before: int, size: int | None, told: frozenset[str]) -> None:
        self.before = before
        self.size = size
        self.told = told
        self.taken = 0
        self.least = -AMOUNT_MAX
        self.most = AMOUNT_MAX
        self.marks: tuple[str, ...] = ()

    @property
    def is_blind(self) -> bool:
        """Whether nobody asked what was left."""
        return self.before == AMOUNT_MAX and self.size is None

    def allows(self, wanted: int) -> int:
        """How much of `wanted` is left; what made it so is noted."""
        left = self.before - self.taken
        if wanted <= 0:
            return 0
        if left >= wanted:
            self.least = max(self.least, wanted + self.taken)
            return wanted
        self.most = min(self.most, self.taken if left <= 0 else self.before)
        if left > 0:
            self.least = max(self.least, self.before)
        return max(left, 0)

    def ration(self, key: CounterKey) -> Ration:
        """The same for whoever writes it."""
        return Ration(key, self.size, self.least, self.most, self.taken, self.marks)


def kept_name(key: CounterKey) -> str:
    """Under which name what was used is kept with the activity."""
    return f"{key.metric}|{key.owner}|{key.bucket}"


def is_quota(metric: str) -> bool:
    """Whether a counter is something shared that runs out, and no metric of the program."""
    return ":" in metric
