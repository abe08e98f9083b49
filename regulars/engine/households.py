"""Households in a decision: founded, joined and left, who may do what, and who follows an owner who has gone (L72)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from regulars.engine import challenging, focusing, moving, refusals
from regulars.engine import household_refusals as cases
from regulars.engine.belonging import Belonging
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.households import HouseholdAct, Moving, NoHousehold
from regulars.engine.contracts.points import Lot
from regulars.engine.points import moving as points
from regulars.engine.points.moving import Baggage
from regulars.engine.points.sharing import SharedPurse
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.households import Household, Join, Leave, Role, Successor

CODE_LENGTH: Final = 8
_NOBODY: Final = Role(may_spend=False)


def act(work: Work, compiled: Compiled) -> None:
    """What a member does with their household. Raises Refused cases."""
    asked = work.activity.household
    if asked is None or asked.act not in ACTS:
        raise refusals.MissingPart(type=work.activity.type, part="household")
    ACTS[asked.act](work, compiled, asked)


def check_spending(work: Work, compiled: Compiled, currencies: Iterable[str]) -> None:
    """Refuses to spend what is shared to a role that may not. Raises RoleMayNot."""
    belonging = work.account.household
    if belonging is None or not belonging.kind:
        return
    if any(currency in belonging.pooled for currency in currencies):
        _require(work, compiled, belonging, "spend", lambda role: role.may_spend)


def _require(work: Work, compiled: Compiled, belonging: Belonging, what: str, allows: Callable[[Role], bool]) -> None:
    name = belonging.roles.get(work.member.id, "")
    if not allows(_definition(compiled, belonging.kind).roles.get(name, _NOBODY)):
        raise cases.RoleMayNot(role=name, act=what)


def _definition(compiled: Compiled, kind: str | None) -> Household:
    found = compiled.program.households.get(kind or "")
    if found is None:
        raise cases.UnknownHousehold(household=kind or "", known=", ".join(compiled.program.households))
    return found


def _found(work: Work, compiled: Compiled, asked: HouseholdAct) -> None:
    """The member alone becomes the first of a household: what is shared from now on stays where it is, the rest stands
    under their own name."""
    definition = _definition(compiled, asked.household)
    belonging = moving.belonging_of(work)
    if belonging.kind:
        raise cases.LeaveFirst(household=belonging.kind)
    belonging.kind = definition.name
    ladders = [name for name, ladder in compiled.program.ladders.items() if ladder.pooled == definition.name]
    belonging.pooled = list(dict.fromkeys([*definition.pooled, *ladders]))
    role = next(iter(definition.roles))
    belonging.roles = {work.member.id: role}
    _set_apart(work, belonging)
    digest = hashlib.blake2b(work.activity.activity_id.bytes, digest_size=CODE_LENGTH).digest()
    belonging.code = base64.b32encode(digest).decode()[:CODE_LENGTH]
    work.hear("household.founded", name=definition.name, code=belonging.code)
    focusing.show_household(work)
    work.cause("household.joined", definition.name, role=role)


def _set_apart(work: Work, belonging: Belonging) -> None:
    apart = [name for name in moving.plain_names(work) if name not in belonging.pooled]
    _check_holds(work, work.member_id)
    bags = [points.leave(work.purse, name, takes=moving.everything) for name in apart]
    work.purse = SharedPurse.adopt(work.purse, pooled=frozenset(belonging.pooled))
    for bag in bags:
        points.arrive(work.purse, bag)


def _stand_with(work: Work, compiled: Compiled, belonging: Belonging, tiers: dict[str, list[Any]]) -> None:
    """Who joins stands where the household stands on the ladders that it shares, not where they stood alone."""
    others = [member for member in work.account.members if member is not work.member]
    for ladder in belonging.pooled:
        if others and ladder in compiled.program.ladders:
            tiers.pop(ladder, None)
            if ladder in others[0].tiers:
                tiers[ladder] = list(others[0].tiers[ladder])


def _invite(work: Work, compiled: Compiled, asked: HouseholdAct) -> None:
    """Somebody may join. Where a yes is needed, whoever may not say it proposes them."""
    belonging, definition, member = _about(work, compiled, asked)
    role = _role(definition, asked.role)
    may = definition.roles.get(belonging.roles.get(work.member.id, ""), _NOBODY).may_invite
    if not may and definition.join is Join.APPROVAL:
        belonging.asked = sorted({*belonging.asked, member})
        work.hear("household.proposed", name=belonging.kind, proposed=ids.to_wire("mem", UUID(bytes=member)))
        return
    _require(work, compiled, belonging, "invite", lambda role: role.may_invite)
    belonging.asked = [one for one in belonging.asked if one != member]
    belonging.invited[member] = role
    work.hear("household.invited", name=belonging.kind, invited=ids.to_wire("mem", UUID(bytes=member)), role=role)


def _decline(work: Work, compiled: Compiled, asked: HouseholdAct) -> None:
    """An invitation or a proposal is taken back."""
    belonging, _, member = _about(work, compiled, asked)
    _require(work, compiled, belonging, "decline", lambda role: role.may_invite)
    belonging.invited.pop(member, None)
    belonging.asked = [one for one in belonging.asked if one != member]


def _change_role(work: Work, compiled: Compiled, asked: HouseholdAct) -> None:
    """Somebody in the household gets another role; it never loses its last owner."""
    belonging, definition, member = _about(work, compiled, asked)
    _require(work, compiled, belonging, "role", lambda role: role.may_invite)
    if member not in belonging.roles:
        raise cases.NotInHousehold
    role, owner = _role(definition, asked.role), next(iter(definition.roles))
    if role != owner and _is_last_owner(belonging, definition, member):
        raise cases.SuccessorNeeded
    belonging.roles[member] = role


def _succeed(work: Work, compiled: Compiled, asked: HouseholdAct) -> None:
    """An owner names who follows."""
    belonging, definition, member = _about(work, compiled, asked)
    owner = next(iter(definition.roles))
    if belonging.roles.get(work.member.id) != owner:
        raise cases.RoleMayNot(role=belonging.roles.get(work.member.id, ""), act="succeed")
    if member not in belonging.roles:
        raise cases.NotInHousehold
    belonging.successor = member


def _about(work: Work, compiled: Compiled, asked: HouseholdAct) -> tuple[Belonging, Household, bytes]:
    belonging = work.account.household
    if belonging is None or not belonging.kind:
        raise NoHousehold
    if asked.member_id is None:
        raise refusals.MissingPart(type=work.activity.type, part="household.member")
    return belonging, _definition(compiled, belonging.kind), asked.member_id.bytes


def _role(definition: Household, name: str | None) -> str:
    if name is None:
        return list(definition.roles)[-1]
    if name not in definition.roles:
        raise cases.UnknownRole(role=name, known=", ".join(definition.roles))
    return name


def _is_last_owner(belonging: Belonging, definition: Household, member: bytes) -> bool:
    owner = next(iter(definition.roles))
    return [one for one, role in belonging.roles.items() if role == owner] == [member]


def join(work: Work, compiled: Compiled, moved: Moving, luggage: moving.Luggage) -> None:
    """Somebody arrives with all that they have, if the household lets them in."""
    belonging = work.account.household
    if belonging is None or not belonging.kind:
        raise NoHousehold
    definition, member = _definition(compiled, belonging.kind), work.member.id
    if member not in belonging.invited:
        if definition.join is not Join.CODE:
            raise cases.NotInvited(needs=definition.join.value)
        if not belonging.code or (moved.code or "").upper() != belonging.code:
            raise cases.NotInvited(needs="code")
    if len(belonging.roles) >= definition.size:
        raise cases.HouseholdFull(size=definition.size)
    role = belonging.invited.pop(member, "")
    if role not in definition.roles:
        # Nobody said as what, or a release has taken that role away since.
        role = _role(definition, None)
    if moved.role is not None and _role(definition, moved.role) != role:
        raise cases.RoleMayNot(role=moved.role, act="join")
    belonging.roles[member] = role
    belonging.merged |= luggage.merged
    _stand_with(work, compiled, belonging, luggage.member.tiers)
    moving.take_in(work, compiled, luggage)
    challenging.bring_along(work, compiled, luggage.team)
    focusing.show_household(work)
    work.cause("household.joined", belonging.kind, role=role)


def leave(work: Work, compiled: Compiled, moved: Moving) -> None:
    """Somebody leaves, or is sent away by whoever may invite."""
    belonging = work.account.household
    if belonging is None or not belonging.kind:
        raise NoHousehold
    definition, leaver = _definition(compiled, belonging.kind), moved.member_id.bytes
    if leaver not in belonging.roles:
        raise cases.NotInHousehold
    if leaver != work.member.id:
        _require(work, compiled, belonging, "leave", lambda role: role.may_invite)
        member = next(one for one in work.account.members if one.id == leaver)
        focusing.focus(work, compiled, member, today=work.numbers.today)
    _check_holds(work, moved.member_id)
    role = belonging.roles[leaver]
    _let_follow(belonging, definition, leaver)
    bags = _bags(work, belonging, definition, leaver)
    merged = {dead: one for dead, one in belonging.merged.items() if one.into == leaver}
    belonging.merged = {dead: one for dead, one in belonging.merged.items() if dead not in merged}
    del belonging.roles[leaver]
    belonging.successor = b"" if belonging.successor == leaver else belonging.successor
    packed = moving.pack(work, compiled, bags, resets={}, merged=merged)
    packed.household, packed.role = belonging.kind, role
    if not belonging.roles:
        work.account.household = Belonging(gone=(moved.account_id.bytes, leaver))
    moving.depart(work, compiled, moved, packed, to_id=moved.member_id)


def _check_holds(work: Work, leaver: UUID) -> None:
    for currency in work.purse.standings:
        work.purse.require_lots(currency)
    if any(hold.is_open and hold.member_id == leaver for hold in work.purse.holds.values()):
        raise cases.HoldsOpen


def _let_follow(belonging: Belonging, definition: Household, leaver: bytes) -> None:
    """The last owner is followed by whom they named, or by who has been here longest. Raises SuccessorNeeded."""
    others = [one for one in belonging.roles if one != leaver]
    if not others or not _is_last_owner(belonging, definition, leaver):
        return
    heir = belonging.successor if belonging.successor in others else None
    if heir is None and definition.successor is Successor.ELDEST:
        heir = others[0]
    if heir is None:
        raise cases.SuccessorNeeded
    belonging.roles[heir] = next(iter(definition.roles))


def _bags(work: Work, belonging: Belonging, definition: Household, leaver: bytes) -> list[Baggage]:
    """Their own of what is not shared, and of what is what remains of the lots that they earned, if it is so defined.
    The last one takes all."""
    last = len(belonging.roles) == 1
    theirs = moving.earners(belonging, leaver)

    def takes(lot: Lot) -> bool:
        return last or (definition.leave is Leave.KEEPS_OWN and lot.member_id in theirs)

    bags = []
    for name in sorted(work.purse.standings):
        shared = name in belonging.pooled
        bags.append(
            points.leave(
                work.purse,
                name,
                takes=takes if shared else moving.everything,
                with_holds=last or not shared,
                with_debts=last or not shared,
            )
        )
    return bags


def come_home(work: Work, compiled: Compiled, moved: Moving, luggage: moving.Luggage) -> None:
    """Out of the household, alone again: only now it is told, once, and under the member's own account."""
    moving.settle(work, compiled, moved, luggage)
    work.cause("household.left", luggage.household, role=luggage.role)


ACTS: Final[dict[str, Callable[[Work, Compiled, HouseholdAct], None]]] = {
    "found": _found,
    "invite": _invite,
    "decline": _decline,
    "role": _change_role,
    "succeed": _succeed,
}
