"""Plans over HTTP: what a billing system says of a member's paid membership, and what the member has of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Name, Reply
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.engine.contracts.gifts import PlanAct
from regulars.engine.contracts.view import PlanSeen
from regulars.kit import bounds, http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members.contracts import MemberErased, MemberNotFound


class PlanBody(Circumstances, frozen=True, kw_only=True):
    """A plan is `started` (for a `trial`, where it says so), `renewed`, `failed` (not paid) or `ended`: at once, or,
    with `until`, on a day. `until` is the first day that is not paid; without it the plan's own period counts, from
    the end of what is paid. `plan` may be left out where the member is in one.
    """

    act: Literal["started", "renewed", "failed", "ended"]
    plan: Name | None = None
    until: dt.date | None = None
    trial: bool = False


class PlanOut(msgspec.Struct, frozen=True):
    """The plan of a member, or none."""

    plan: PlanSeen | None


async def say(runtime: Any, call: Call, body: PlanBody, path: Mapping[str, Any]) -> Reply:
    """A plan begins, goes on or ends."""
    bounds.day("until", body.until)
    said = PlanAct(act=body.act, plan=body.plan, until=body.until, trial=body.trial)
    return await activities.submit_of_member(runtime, call, body, path, type="plan", plan=said)


@get(
    "/v1/members/{member_id:str}/plan",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The paid membership of a member",
        detail="Which plan, since when, until when it is paid, and how long the benefits go on without a payment.",
        tag="Plans",
        scope="members:read",
        answer=PlanOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Paid through March", answer={"plan": examples.PLAN}),),
    ),
)
async def plan(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The plan of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    return http.answer(PlanOut(found.plan))


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/plan",
        say,
        body=PlanBody,
        scope="members:write",
        summary="Start, renew or end a paid membership",
        detail="The word of a billing system. Rules that listen to plan.started, plan.renewed, plan.failed and "
        "plan.ended hear of it at once; `member.plan` is what later activities are judged by.",
        tag="Plans",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(
                summary="A year of the club", body={"act": "started", "plan": "gold_club"}, answer=examples.IN_PLAN
            ),
        ),
    ),
    plan,
]
