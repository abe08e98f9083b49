"""What a member has of an offer, as the state keeps it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

GIVEN: Final = 0
"""It was given, and waits to be activated."""
ACTIVE: Final = 1
"""It counts."""
REFUSED: Final = 2
"""The member does not want it: it is neither shown nor given again."""
OVER: Final = 3
"""Its time has passed, or it was withdrawn; kept so that its audience does not bring it again."""
SEEN: Final = 4
"""Nobody gave it: it counts as long as the member is in its audience."""


class Held(msgspec.Struct, array_like=True, gc=False):
    """One offer of one member. `until` is the first day (since 1970) on which it does not count any more, 0 where it
    has no end; `params` are frozen: a number with decimals is [number, scale], a date ISO text.
    """

    state: int
    since_ms: int
    release: int
    until: int = 0
    used: int = 0
    params: dict[str, Any] = {}


class GivenOffer:
    """What an effect asks for: an offer for the member, by a rule."""

    __slots__ = ("by", "offer")

    def __init__(self, offer: str, by: str) -> None:
        self.offer = offer
        self.by = by
