"""Households: accounts of several members."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition


class Sees(StrEnum):
    """What a member of a household is shown of the others: nothing, who they are, or what each has too."""

    OWN = "own"
    TOTALS = "totals"
    ALL = "all"


class Join(StrEnum):
    """What lets somebody in: an invitation, the household's code, or a yes after they asked."""

    INVITE = "invite"
    CODE = "code"
    APPROVAL = "approval"


class Leave(StrEnum):
    """What somebody who leaves takes along of what is shared: what remains of what they earned, or nothing (L72)."""

    KEEPS_OWN = "keeps_own"
    LEAVES_ALL = "leaves_all"


class Successor(StrEnum):
    """Who owns a household when its last owner leaves: whom they named, or, where they named nobody, who has been in it
    longest."""

    NAMED = "named"
    ELDEST = "eldest"


class Role(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a member may do in a household: spend what is shared, decide who comes and goes, see the others."""

    may_spend: bool = True
    may_invite: bool = False
    sees: Sees = Sees.TOTALS


ROLES = {
    "owner": Role(may_invite=True, sees=Sees.ALL),
    "adult": Role(),
    "child": Role(may_spend=False, sees=Sees.OWN),
}
"""The roles of a household that defines none."""


class Household(Definition, frozen=True, kw_only=True):
    """`households`: a family card, a club, a team of at most `size` members.

    The first of `roles` is that of who founds it, the last that of who joins without another. `pooled` are currencies
    and ladders that all share; of the others each has their own. Changed, it touches households founded from then on.
    """

    size: int
    roles: dict[str, Role] = msgspec.field(default_factory=lambda: dict(ROLES))
    join: Join = Join.INVITE
    leave: Leave = Leave.KEEPS_OWN
    pooled: tuple[str, ...] = ()
    successor: Successor = Successor.NAMED
