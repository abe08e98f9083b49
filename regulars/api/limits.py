"""How often a key may ask: a token bucket per key, in the process. Pure; the time comes in."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final
from uuid import UUID

import msgspec

_KEYS_MAX: Final = 10_000


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """What a key has left: `wait_s` above 0 means that this request is one too many."""

    limit: int
    window_s: int
    remaining: int
    reset_s: int
    wait_s: int


class Buckets:
    """Buckets of many keys; those not used for longest are forgotten first, which fills them."""

    def __init__(self, *, rate_per_s: float, burst: int) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._buckets: OrderedDict[UUID, tuple[float, float]] = OrderedDict()

    def take(self, key: UUID, *, now_s: float, rate_per_minute: int | None = None) -> Allowance:
        """Take one request out of the bucket of a key; `rate_per_minute` where the key has a rate of its own."""
        if rate_per_minute is None:
            rate, size, window_s = self._rate_per_s, float(self._burst), 1
        else:
            rate, size, window_s = rate_per_minute / 60, float(rate_per_minute), 60
        level, seen_s = self._buckets.get(key, (size, now_s))
        level = min(size, level + max(0.0, now_s - seen_s) * rate)
        allowed = level >= 1
        if allowed:
            level -= 1
        self._buckets[key] = (level, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _KEYS_MAX:
            self._buckets.popitem(last=False)
        wait_s = 0 if allowed else max(1, _ceil((1 - level) / rate))
        return Allowance(
            limit=int(rate * window_s),
            window_s=window_s,
            remaining=int(level),
            reset_s=_ceil((size - level) / rate),
            wait_s=wait_s,
        )


def _ceil(value: float) -> int:
    whole = int(value)
    return whole if whole == value else whole + 1
