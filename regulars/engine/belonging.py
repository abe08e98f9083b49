"""What an account knows of its members beyond each of them: the household that they are, who was merged into whom, and
where those went who are gone.
"""

from __future__ import annotations

import msgspec

from regulars.engine.offers.held import Held


class Merged(msgspec.Struct, array_like=True, gc=False):
    """Somebody who was merged into a member: what the member took over, so that it can go home."""

    into: bytes
    attributes: list[str] = []
    statics: list[str] = []
    account: bytes = b""
    """The account that was theirs."""
    joined_day: int = 0
    enrolled_ms: int = 0
    """Since when the other had been a member."""
    settled: list[str] = []
    """The challenges whose try was over for the member."""
    offers: dict[str, Held | None] = {}
    """By offer that the other brought along: what the member had of it before."""


class Belonging(msgspec.Struct, array_like=True, gc=False):
    """Kept in `AccountState.household`; ids are the sixteen bytes of a member or account."""

    kind: str = ""
    """The definition of the household; empty: a member alone."""
    pooled: list[str] = []
    """Currencies and ladders that all share, as defined when it was founded."""
    roles: dict[bytes, str] = {}
    invited: dict[bytes, str] = {}
    """Who may join, and as what."""
    asked: list[bytes] = []
    """Who wants to join and waits for somebody's yes."""
    code: str = ""
    successor: bytes = b""
    merged: dict[bytes, Merged] = {}
    gone: tuple[bytes, bytes] | None = None
    """(account, member) that this account led to; then nobody is here any more."""
    erased: bool = False
    """Whether its member was forgotten: then nothing is ever posted here again (I14)."""
