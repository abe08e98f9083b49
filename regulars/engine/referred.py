"""What a member remembers of referrals: who brought them, and whom they brought."""

from __future__ import annotations

from typing import Final

import msgspec

JOINED: Final = 0
CONVERTED: Final = 1
UNDONE: Final = 2
"""What made them count came back."""
REFUSED: Final = 3
"""They turned out to be one with whom brought them."""


class Brought(msgspec.Struct, array_like=True):
    """By whom the member was brought, and what became of it."""

    referral: str
    by: bytes
    joined_ms: int
    stage: int = JOINED
    act: bytes = b""
    """The activity that made them count."""
    day: int = 0
    given: list[tuple[int, int]] = []
    """(place of the effect, points) of what they got for it themselves."""
    word: bytes = b""
    """The activity that told whom brought them, where it is another: a person's yes."""


class Referred(msgspec.Struct, array_like=True):
    """All of it."""

    brought: Brought | None = None
    friends: dict[str, list[int]] = {}
    """By referral: [how many joined by the member's code, how many of them count]."""
    began: bool = False
    """Whether the member did something with a basket while a code could still have been taken."""
