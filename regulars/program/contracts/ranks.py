"""The ranks that a prize of a board is for: `1`, `2-3`, `top 10 %`."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_RANKS: Final = re.compile(r"([1-9][0-9]{0,6})(?: *- *([1-9][0-9]{0,6}))?")
_TOP: Final = re.compile(r"top +([1-9][0-9]?|100) *%")


class Ranks(msgspec.Struct, frozen=True):
    """From `first` to `last`, or the best `percent` of all who are ranked, rounded up, so that there is always one."""

    first: int = 1
    last: int = 0
    percent: int = 0

    def holds(self, rank: int, of: int) -> bool:
        """Whether a rank among `of` is meant."""
        return self.first <= rank <= self.lowest(of)

    def lowest(self, of: int) -> int:
        """The lowest rank that is meant where `of` are ranked."""
        return -(-of * self.percent // 100) if self.percent else self.last


def ranks(text: str) -> Ranks | None:
    """What a key of `prizes` means; None where it means nothing."""
    found = _RANKS.fullmatch(text.strip())
    if found is not None:
        first = int(found[1])
        last = int(found[2] or first)
        return Ranks(first, last) if first <= last else None
    top = _TOP.fullmatch(text.strip())
    return None if top is None else Ranks(percent=int(top[1]))
