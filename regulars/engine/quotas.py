"""What is shared and runs out: budgets, stock, how often a code counts. Nobody passes it by deciding at the same time.

Each is a counter (`CounterKey`: what it is, for whom, in which period), whose name holds a colon, as no metric's does:
`budget:offers.come_back/points`, `stock:mug`, `uses:summer`. Item "" of it counts what is used, item "in" what was
supplied. What is left is loaded when a decision first asks; that it still was so is proved before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.engine.contracts.known import CounterKey, CounterValue, Quota, QuotasNeeded
from regulars.kit.money import AMOUNT_MAX

USED: Final = ""
SUPPLIED: Final = "in"
EVER: Final = "ever"
PROGRAM: Final = "program"
"""The owner of what all share."""


class Quotas:
    """What one decision has left of everything shared, and takes of it."""

    __slots__ = ("_counters", "_kept", "_known", "_seen", "_taken")

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
        self._taken: dict[CounterKey, int] = {}

    def left(self, key: CounterKey, most: int | None = None) -> int:
        """What is left for this decision: of `most`, or of what was supplied. Never below 0. Raises QuotasNeeded."""
        return max(self._before(key, most) - self._taken.get(key, 0), 0)

    def take(self, key: CounterKey, amount: int) -> None:
        """Use so much of it (below 0: give it back). The caller has asked what is left."""
        if amount:
            self._taken[key] = self._taken.get(key, 0) + amount
            self._counters.append(CounterValue(key, USED, amount))

    def _before(self, key: CounterKey, most: int | None) -> int:
        name = kept_name(key)
        kept = self._kept.get(name)
        if isinstance(kept, int):
            # The past is decided again with what was left then.
            self._seen[name] = kept
            return kept
        if self._known is None:
            return AMOUNT_MAX if most is None else most
        quota = self._known.get(key)
        if quota is None:
            raise QuotasNeeded(frozenset({key}))
        left = (quota.supplied if most is None else most) - quota.used
        self._seen[name] = left
        return left


def kept_name(key: CounterKey) -> str:
    """Under which name what was left is kept with the activity."""
    return f"{key.metric}|{key.owner}|{key.bucket}"


def is_quota(metric: str) -> bool:
    """Whether a counter is something shared that runs out, and no metric of the program."""
    return ":" in metric
