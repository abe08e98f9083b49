"""What effects of rules want of rewards: the handler takes it up."""

from __future__ import annotations

import msgspec


class RewardGiven(msgspec.Struct, frozen=True):
    """A reward for the member, without its price."""

    reward: str
    by: str
    """The rule that gives it."""


class Entitled(msgspec.Struct, frozen=True):
    """A service outside: `until` and `due` (when it has to be confirmed) in milliseconds since 1970, 0 for none."""

    service: str
    by: str
    until: int
    due: int
    terms: dict[str, object]
