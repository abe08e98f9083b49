"""What moves a member from one account to another, and what a household does with its members."""

from __future__ import annotations

from uuid import UUID

import msgspec

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class NoHousehold(RegularsError):
    """The member is in no household, or whom they want to join is in none."""

    status = 404
    texts = Text(
        en="This member is in no household.",
        ru="Этот участник не состоит ни в одной семье.",
        ro="Acest membru nu face parte din nicio familie.",
    )


class Moving(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One half of a move between two accounts: `act` is `leave` or `arrive`, `kind` is `merge`, `unmerge`, `join` or
    `leave`.

    `member_id` moves, `account_id` is the account on the other side, `into_id` the member that takes over (merge) or
    lets go (unmerge). `home` says that the other side refused and all of it comes back. `role` and `code` are those
    with which a household is joined. `luggage` is what travels, in the engine's own bytes: of an arrival what left, of
    a member who is to be unmerged what arrived then.
    """

    act: str
    kind: str
    member_id: UUID
    account_id: UUID
    into_id: UUID | None = None
    home: bool = False
    household: str | None = None
    role: str | None = None
    code: str | None = None
    reason: str | None = None
    luggage: bytes = b""


class HouseholdAct(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a member does with their household: `found`, `invite`, `ask`, `role`, `succeed`."""

    act: str
    household: str | None = None
    member_id: UUID | None = None
    """Whom it is about, where that is somebody else."""
    role: str | None = None


class Departure(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Somebody has left the account: the second half has to follow. `account_id` is where they go, `to_id` the member
    there."""

    kind: str
    member_id: UUID
    account_id: UUID
    to_id: UUID
    luggage: bytes
    role: str | None = None
    code: str | None = None
