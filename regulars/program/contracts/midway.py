"""What a release does with members who are in the middle of something that it changes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class MidwayPolicy(StrEnum):
    """What becomes of what somebody has begun: it goes on under the terms of its start, begins anew, or ends."""

    KEEP = "keep"
    RESTART = "restart"
    CLOSE = "close"


class Midway(msgspec.Struct, frozen=True):
    """A policy that differs from `keep`, and the release that declared it: it is for what began under an earlier one.

    It stays in every later release, since a member may not be seen again until then.
    """

    policy: MidwayPolicy
    since: int


KINDS: Final = frozenset({"ladders", "challenges", "choices", "offers"})
"""The kinds that members are in the middle of."""
