"""A household as one of its members is shown it: as much of the others as their role sees."""

from __future__ import annotations

from uuid import UUID

from regulars.engine import words
from regulars.engine.belonging import Belonging
from regulars.engine.compiled import Compiled
from regulars.engine.contracts import shared
from regulars.engine.contracts.view import HouseholdSeen, RelativeSeen
from regulars.engine.work import Work
from regulars.program.contracts.households import Role, Sees

_NOBODY = Role(sees=Sees.OWN)


def seen(work: Work, compiled: Compiled) -> HouseholdSeen | None:
    """The household of the member in focus; none: they are alone, or the program knows it no more."""
    belonging = work.account.household
    definition = compiled.program.households.get(belonging.kind) if belonging is not None else None
    if belonging is None or definition is None:
        return None
    name = belonging.roles.get(work.member.id, "")
    role = definition.roles.get(name, _NOBODY)
    return HouseholdSeen(
        name=definition.name,
        title=words.wording(definition.title),
        role=name,
        size=len(belonging.roles),
        most=definition.size,
        shared={
            currency: standing.active
            for currency, standing in work.purse.standings.items()
            if currency in belonging.pooled
        },
        members=tuple(
            RelativeSeen(member=UUID(bytes=one), role=theirs, balances=_own(work, UUID(bytes=one), role.sees))
            for one, theirs in belonging.roles.items()
            if role.sees is not Sees.OWN or one == work.member.id
        ),
        code=belonging.code if role.may_invite else None,
        invited=_invited(belonging) if role.may_invite else {},
        proposed=tuple(UUID(bytes=one) for one in belonging.asked) if role.may_invite else (),
    )


def _own(work: Work, member_id: UUID, sees: Sees) -> dict[str, int]:
    if sees is not Sees.ALL and member_id != work.member_id:
        return {}
    balances = (one for one in work.known.balances if shared.MARK in one.currency)
    return {one.currency: one.active for one in shared.seen(balances, member_id)}


def _invited(belonging: Belonging) -> dict[UUID, str]:
    return {UUID(bytes=one): role for one, role in belonging.invited.items()}
