"""Tiers over HTTP: where a member stands on each ladder and what is missing, and tiers that staff set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Intake, Reply, Word
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.engine.contracts.activity import TierSet
from regulars.engine.contracts.view import Missing, TierSeen
from regulars.kit import bounds, http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.kit.reasons import Reason
from regulars.members import service as members
from regulars.members.contracts import MemberErased, MemberNotFound


class TierBody(Circumstances, frozen=True, kw_only=True):
    """A level of the ladder, left alone until a day (without one: as long as one that is reached); without a level,
    what staff set before is over. `reason` is kept.
    """

    level: Word | None = None
    until: dt.date | None = None
    """The first day on which it is valid no more."""
    reason: Reason


class TierOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands on one ladder: as `TierSeen` of the engine, with what is missing in words."""

    ladder: str
    title: dict[str, str]
    main: bool
    level: str | None
    level_title: dict[str, str]
    benefits: tuple[dict[str, str], ...]
    since: dt.date | None
    through: dt.date | None
    held: str
    projected: str | None
    next: str | None
    next_title: dict[str, str]
    all_measures: bool
    missing: tuple[Missing, ...]
    to_keep: tuple[Missing, ...]
    lost_on: dt.date | None
    warned: bool
    says: tuple[dict[str, str], ...]


class TiersOut(msgspec.Struct, frozen=True):
    """The ladders of the program, with the member on each."""

    items: tuple[TierOut, ...]


async def set_tier(runtime: Any, call: Call, body: TierBody, path: Mapping[str, Any]) -> Reply:
    """Staff set a tier."""
    bounds.day("until", body.until)
    program_id, one = call.actor.program_id, ids.from_wire("mem", path["member_id"])
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
    return await activities.submit(
        runtime,
        Intake(
            type="tier",
            account_id=there.account_id,
            member_id=there.member_id,
            may_enrol=False,
            tier=TierSet(ladder=path["ladder"], level=body.level, until=body.until, reason=body.reason),
            **activities.circumstances(call, body),
        ),
    )


@get(
    "/v1/members/{member_id:str}/tiers",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="Where a member stands, and what is missing",
        detail="Each ladder: the level, since when and through which day, where the next review would put the member, "
        "what the next level lacks and what keeps this one, as numbers and in words.",
        tag="Tiers",
        scope="members:read",
        answer=TiersOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Silver, 250.00 short of gold", answer={"items": [examples.TIER]}),),
    ),
)
async def tiers(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The tiers of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    return http.answer(TiersOut(tuple(_out(one) for one in found.tiers)))


def _out(seen: TierSeen) -> TierOut:
    shown: dict[str, Any] = msgspec.structs.asdict(seen)
    return TierOut(**{**shown, "says": tuple(activities.worded(one) for one in seen.says)})


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/tiers/{ladder:str}",
        set_tier,
        body=TierBody,
        scope="members:write",
        summary="Set a tier by hand",
        detail="Where the ladder says `by_hand`. The tier is left alone until its day, then the numbers decide.",
        tag="Tiers",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(
                summary="Gold for a member of another airline",
                body={"level": "gold", "until": "2027-07-01", "reason": "status match"},
                answer=examples.TIER_SET,
            ),
        ),
    ),
    tiers,
]
