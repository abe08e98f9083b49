"""What luck says. Pure arithmetic that anybody can repeat with the published seed (docs/games.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from regulars.program.contracts.values import Ratio

WHOLE: Final = 2**64


def roll(luck: str, n: int) -> int:
    """The n-th roll (from 0) of an activity, at least 0 and below 2^64: the first 8 bytes of SHA-256 over the luck and
    the number in 4 bytes, big end first."""
    return int.from_bytes(hashlib.sha256(bytes.fromhex(luck) + n.to_bytes(4, "big")).digest()[:8], "big")


def choose(rolled: int, odds: Iterable[tuple[str, Ratio]]) -> str | None:
    """The prize that a roll falls on: each takes its share of 2^64, one after the other; None beyond the last."""
    # A sum of fractions as one fraction: odds of 1/3 have no decimal that is exact.
    above, below = 0, 1
    for name, share in odds:
        above, below = above * share.d + share.n * below, below * share.d
        if rolled * below < above * WHOLE:
            return name
    return None
