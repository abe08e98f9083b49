"""Challenges of a member over HTTP: what there is to reach, and the tap that joins or leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Reply
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.engine.contracts.activity import JOIN, LEAVE, ChallengeAct
from regulars.engine.contracts.view import BadgeSeen, ChallengeSeen
from regulars.kit import http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members.contracts import MemberErased, MemberNotFound


class ChallengesOut(msgspec.Struct, frozen=True):
    """The challenges that a member may begin, is in or was in last, and their badges."""

    items: tuple[ChallengeSeen, ...]
    badges: tuple[BadgeSeen, ...]


async def join(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any]) -> Reply:
    """A member says that they take part."""
    return await _tapped(runtime, call, body, path, JOIN)


async def leave(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any]) -> Reply:
    """A member takes part no more."""
    return await _tapped(runtime, call, body, path, LEAVE)


async def _tapped(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any], act: str) -> Reply:
    tapped = ChallengeAct(challenge=path["challenge"], act=act)
    return await activities.submit_of_member(runtime, call, body, path, type="challenge", challenge=tapped)


@get(
    "/v1/members/{member_id:str}/challenges",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's challenges and badges",
        detail="What is offered, joined, done or missed, how much of how much, the steps, through which day; and the "
        "badges with title and picture.",
        tag="Challenges",
        scope="members:read",
        answer=ChallengesOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Three of six", answer={"items": [examples.CHALLENGE], "badges": [examples.BADGE]}),),
    ),
)
async def challenges(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The challenges of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    return http.answer(ChallengesOut(found.challenges, found.badges))


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)
_SHARED: Final[dict[str, Any]] = {
    "body": Circumstances,
    "scope": "members:write",
    "tag": "Challenges",
    "status": 201,
    "answer": Answer,
    "errors": _FAULTS,
    "examples": (Example(summary="From the app", body={"channel": "app"}, answer=examples.JOINED),),
}

ROUTES: Final[list[Any]] = [
    challenges,
    door(
        "/v1/members/{member_id:str}/challenges/{challenge:str}/join",
        join,
        summary="Join a challenge",
        detail="The target is frozen at this moment. Refused with the reason: not open, not offered, joined already, "
        "over, or one that everybody is in by themselves.",
        **_SHARED,
    ),
    door(
        "/v1/members/{member_id:str}/challenges/{challenge:str}/leave",
        leave,
        summary="Leave a challenge",
        detail="What was reached is forgotten; whoever joins again begins anew.",
        **_SHARED,
    ),
]
