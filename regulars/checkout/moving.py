"""Members who are merged, taken apart, and share households, over HTTP. Each act is an activity with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Meta

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Body, Intake, MoveOut, Name, Reply
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.checkout.contracts import AlreadyOne, NeverMerged
from regulars.engine.contracts.households import HouseholdAct, Moving, NoHousehold
from regulars.engine.contracts.view import HouseholdSeen
from regulars.kit import edge, http, ids
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.http import Example
from regulars.kit.reasons import Reason
from regulars.members import service as members
from regulars.members.contracts import MemberErased, MemberNotFound, MemberStatus

Id = Annotated[str, Meta(min_length=1, max_length=60)]
Role = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class MergeBody(Body, frozen=True, kw_only=True):
    """Two members are the same person: the one in the address becomes one with `into`."""

    into: Id
    reason: Reason


class UnmergeBody(Body, frozen=True, kw_only=True):
    """They were two people after all."""

    reason: Reason


class FoundBody(Body, frozen=True, kw_only=True):
    """`household` is a definition of the program; the member becomes its owner."""

    household: Name


class JoinBody(Body, frozen=True, kw_only=True):
    """`of` is anybody who is in the household; `code` where it is joined with one."""

    of: Id
    code: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    role: Role | None = None


class LeaveBody(Body, frozen=True, kw_only=True):
    """Out of the household; `member` is whom an owner sends away, the member in the address if left out."""

    member: Id | None = None


class PersonBody(Body, frozen=True, kw_only=True):
    """Whom it is about, and as what."""

    act: Literal["invite", "role", "succeed", "decline"]
    member: Id
    role: Role | None = None


async def merge(runtime: Any, call: Call, body: MergeBody, path: Mapping[str, Any]) -> Reply:
    """Two members become one: points with their dates, numbers, cards and holds; what either used is used."""
    one, into = ids.from_wire("mem", path["member_id"]), ids.from_wire("mem", body.into)
    async with runtime.database.read(programs=[call.actor.program_id]) as tx:
        _, target = [await members.member(tx, program_id=call.actor.program_id, member_id=who) for who in (one, into)]
        left = await members.home(tx, program_id=call.actor.program_id, member_id=one)
        there = await members.home(tx, program_id=call.actor.program_id, member_id=into)
    # Where both ids lead to one, all would travel out of the account and home again, and the books would show it.
    if one == into or left.member_id == one == there.member_id:
        # Unless it is a retry: what was merged under this key may have been parted, and merged the other way, since.
        if (before := await activities.begun_before(runtime, call)) is not None:
            return before
        raise AlreadyOne
    if left.member_id == one and target.status is MemberStatus.ERASED:
        raise MemberErased
    moving = Moving(
        act="leave",
        kind="merge",
        member_id=one,
        account_id=there.account_id,
        into_id=there.member_id,
        reason=body.reason,
    )
    # Who was merged before has left the account of their own id: it says no there, and a retry finds its answer.
    account_id = left.account_id if left.member_id == one else one
    try:
        return await activities.move(runtime, _moved_out(call, moving, account_id=account_id, member_id=one))
    except RegularsError as fault:
        if fault.code == "member_moving" and left.member_id != one:
            raise AlreadyOne from fault
        raise


async def unmerge(runtime: Any, call: Call, body: UnmergeBody, path: Mapping[str, Any]) -> Reply:
    """What came from a member goes home to them: the points that are left of theirs, their numbers, their cards."""
    one, program_id = ids.from_wire("mem", path["member_id"]), call.actor.program_id
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
        came = await activities.luggage_of(tx, program_id=program_id, member_id=one)
    if came is None:
        raise NeverMerged
    moving = Moving(
        act="leave",
        kind="unmerge",
        member_id=one,
        account_id=came.account_id,
        into_id=there.member_id,
        reason=body.reason,
        luggage=came.luggage,
    )
    return await activities.move(
        runtime, _moved_out(call, moving, account_id=there.account_id, member_id=there.member_id)
    )


async def found(runtime: Any, call: Call, body: FoundBody, path: Mapping[str, Any]) -> Reply:
    """A member founds a household and is its owner."""
    return await _act(runtime, call, path["member_id"], HouseholdAct(act="found", household=body.household))


async def person(runtime: Any, call: Call, body: PersonBody, path: Mapping[str, Any]) -> Reply:
    """A member of a household invites somebody, gives them a role, or names who follows as its owner."""
    about = HouseholdAct(act=body.act, member_id=ids.from_wire("mem", body.member), role=body.role)
    return await _act(runtime, call, path["member_id"], about)


async def join(runtime: Any, call: Call, body: JoinBody, path: Mapping[str, Any]) -> Reply:
    """A member joins a household with all that they have."""
    one, of, program_id = ids.from_wire("mem", path["member_id"]), ids.from_wire("mem", body.of), call.actor.program_id
    async with runtime.database.read(programs=[program_id]) as tx:
        for who in (one, of):
            await members.member(tx, program_id=program_id, member_id=who)
        left = await members.home(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=of)
    moving = Moving(
        act="leave",
        kind="join",
        member_id=left.member_id,
        account_id=there.account_id,
        role=body.role,
        code=body.code,
    )
    return await activities.move(
        runtime, _moved_out(call, moving, account_id=left.account_id, member_id=left.member_id)
    )


async def leave(runtime: Any, call: Call, body: LeaveBody, path: Mapping[str, Any]) -> Reply:
    """A member leaves their household, with what remains of the points that they earned, if it is so defined."""
    one, program_id = ids.from_wire("mem", path["member_id"]), call.actor.program_id
    leaver = one if body.member is None else ids.from_wire("mem", body.member)
    async with runtime.database.read(programs=[program_id]) as tx:
        for who in (one, leaver):
            await members.member(tx, program_id=program_id, member_id=who)
        there = await members.home(tx, program_id=program_id, member_id=one)
        left = await members.home(tx, program_id=program_id, member_id=leaver)
    # Who founded the household lent it their own account: they get another.
    alone = left.member_id if left.member_id != there.account_id else edge.new_id(call.at)
    moving = Moving(act="leave", kind="leave", member_id=left.member_id, account_id=alone)
    return await activities.move(
        runtime, _moved_out(call, moving, account_id=there.account_id, member_id=there.member_id)
    )


async def _act(runtime: Any, call: Call, member: str, act: HouseholdAct) -> Reply:
    program_id = call.actor.program_id
    one = ids.from_wire("mem", member)
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
    return await activities.submit(
        runtime, _intake(call, "household", account_id=there.account_id, member_id=there.member_id, household=act)
    )


def _moved_out(call: Call, moving: Moving, *, account_id: UUID, member_id: UUID) -> Intake:
    return _intake(call, "moved_out", account_id=account_id, member_id=member_id, moving=moving)


def _intake(call: Call, type: str, **given: Any) -> Intake:
    return Intake(
        program_id=call.actor.program_id,
        client_id=call.actor.key_id,
        key=call.key,
        digest=call.digest,
        type=type,
        received_at=call.at,
        person=call.actor.staff_id,
        in_person=call.actor.staff_id is not None,
        may_enrol=False,
        **given,
    )


class RelativeOut(msgspec.Struct, frozen=True):
    """Somebody in the household; `balances` are what is their own, where the member's role sees that."""

    id: str
    role: str
    balances: dict[str, int]


class HouseholdOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The household of a member, as far as their role sees it. `code`, `invited` (by role) and `proposed` are there for
    who may invite."""

    name: str
    title: dict[str, str]
    role: str
    size: int
    most: int
    shared: dict[str, int]
    members: tuple[RelativeOut, ...]
    code: str | None = None
    invited: dict[str, str] = {}
    proposed: tuple[str, ...] = ()


@get(
    "/v1/members/{member_id:str}/household",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's household",
        detail="Who is in it and what is shared, as far as the member's role sees it. 404 for somebody alone.",
        tag="Households",
        scope="members:read",
        answer=HouseholdOut,
        errors=(MemberNotFound, NoHousehold, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="As an adult sees it",
                answer={
                    "name": "family",
                    "title": {"en": "Family card", "ru": "Семейная карта", "ro": "Card de familie"},
                    "role": "adult",
                    "size": 2,
                    "most": 5,
                    "shared": {"stamps": 7},
                    "members": [
                        {"id": examples.MEMBER, "role": "adult", "balances": {"points": 120}},
                        {"id": "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4D", "role": "owner", "balances": {}},
                    ],
                },
            ),
        ),
    ),
)
async def household(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The household of a member. Raises MemberNotFound, NoHousehold, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    if found.household is None:
        raise NoHousehold
    return http.answer(_shown(found.household))


def _shown(seen: HouseholdSeen) -> HouseholdOut:
    return HouseholdOut(
        name=seen.name,
        title=seen.title,
        role=seen.role,
        size=seen.size,
        most=seen.most,
        shared=seen.shared,
        members=tuple(
            RelativeOut(id=ids.to_wire("mem", one.member), role=one.role, balances=one.balances) for one in seen.members
        ),
        code=seen.code,
        invited={ids.to_wire("mem", one): role for one, role in seen.invited.items()},
        proposed=tuple(ids.to_wire("mem", one) for one in seen.proposed),
    )


_OTHER: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4D"
_MOVED: Final = {
    "activity_id": examples.PURCHASE,
    "kind": "merge",
    "member": examples.MEMBER,
    "leads_to": _OTHER,
    "state": "arrived",
}
_DONE: Final = examples.VISITED | {"type": "household"}
_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)
_MEMBERS: Final = "Members"
_HOUSEHOLDS: Final = "Households"
_BASE: Final = "/v1/members/{member_id:str}"


def _door(path: str, act: Any, *, body: Any, answer: Any = MoveOut, errors: Any = _FAULTS, **described: Any) -> Any:
    return door(
        _BASE + path, act, body=body, scope="members:write", status=201, answer=answer, errors=errors, **described
    )


ROUTES: Final[list[Any]] = [
    household,
    _door(
        "/merge",
        merge,
        body=MergeBody,
        errors=(*_FAULTS, AlreadyOne),
        summary="Merge a member into another",
        detail="Points go with their dates and holds, debts are netted, numbers add, what either used is used. Old "
        "ids and cards lead to the other from now on. 202: it is under way, and ends by itself or with a retry.",
        tag=_MEMBERS,
        examples=(Example(summary="The same person", body={"into": _OTHER, "reason": "same person"}, answer=_MOVED),),
    ),
    _door(
        "/unmerge",
        unmerge,
        body=UnmergeBody,
        errors=(*_FAULTS, NeverMerged),
        summary="Take a merged member apart again",
        detail="What is left of the points that came from this member goes home, with the numbers that came along.",
        tag=_MEMBERS,
        examples=(
            Example(
                summary="They were two",
                body={"reason": "father and son"},
                answer=_MOVED | {"kind": "unmerge", "leads_to": examples.MEMBER},
            ),
        ),
    ),
    _door(
        "/household",
        found,
        body=FoundBody,
        answer=Answer,
        summary="Found a household",
        tag=_HOUSEHOLDS,
        examples=(Example(summary="A family", body={"household": "family"}, answer=_DONE),),
    ),
    _door(
        "/household/members",
        person,
        body=PersonBody,
        answer=Answer,
        summary="Invite somebody, change a role, name a successor",
        detail="`invite` lets somebody join (where a yes is needed, it is the yes), `decline` takes it back, `role` "
        "changes what they may do, `succeed` names who owns the household once its owner is gone.",
        tag=_HOUSEHOLDS,
        examples=(
            Example(
                summary="A child is invited",
                body={"act": "invite", "member": _OTHER, "role": "child"},
                answer=_DONE,
            ),
        ),
    ),
    _door(
        "/household/join",
        join,
        body=JoinBody,
        summary="Join a household",
        detail="With all points, numbers and holds. A household that refuses sends all of it home.",
        tag=_HOUSEHOLDS,
        examples=(
            Example(
                summary="With the family's code",
                body={"of": _OTHER, "code": "K7Q2MP4X"},
                answer=_MOVED | {"kind": "join", "leads_to": examples.MEMBER},
            ),
        ),
    ),
    _door(
        "/household/leave",
        leave,
        body=LeaveBody,
        summary="Leave a household",
        detail="With what remains of the points that they earned, or without, as the household is defined.",
        tag=_HOUSEHOLDS,
        examples=(
            Example(
                summary="On one's own",
                body={},
                answer=_MOVED | {"kind": "leave", "leads_to": examples.MEMBER},
            ),
        ),
    ),
]
