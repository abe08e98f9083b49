"""What staff do to points by hand, over HTTP: give, take, let live longer, bring back; and what waits for a second
person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromQuery

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Reply, ReviewOut
from regulars.activities.service import Call, door
from regulars.checkout import examples, intakes
from regulars.checkout.bodies import AdjustBody, ExtendBody, ReinstateBody
from regulars.engine.contracts.activity import Extension
from regulars.kit import bounds, http, ids, pages
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members.contracts import MemberErased, MemberNotFound


async def adjust(runtime: Any, call: Call, body: AdjustBody, path: Mapping[str, Any]) -> Reply:
    """Points are given or taken by hand."""
    said = intakes.adjustment(body, field="points")
    return await activities.submit_of_member(runtime, call, body, path, gives=True, type="adjust", adjustment=said)


async def extend(runtime: Any, call: Call, body: ExtendBody, path: Mapping[str, Any]) -> Reply:
    """Points live longer."""
    bounds.day("through", body.through)
    bounds.day("ends_by", body.ends_by)
    said = Extension(
        currency=body.currency, through=body.through, ends_by=body.ends_by, reason=body.reason, note=body.note
    )
    return await activities.submit_of_member(runtime, call, body, path, type="extend", extension=said)


async def reinstate(runtime: Any, call: Call, body: ReinstateBody, path: Mapping[str, Any]) -> Reply:
    """Points that expired come back."""
    bounds.day("through", body.through)
    said = Extension(
        currency=body.currency, through=body.through, points=body.points, reason=body.reason, note=body.note
    )
    return await activities.submit_of_member(runtime, call, body, path, type="reinstate", extension=said)


@get(
    "/v1/reviews",
    guards=[access.requires("activities:approve")],
    opt=http.describes(
        summary="What waits for a person",
        detail="The longest waiting first: what staff did by hand beyond what they may alone, what a limit or a rule "
        "held back, what its type has approved first, and what came too late. "
        "Answered with POST /v1/activities/{activity_id}/review.",
        tag="Activities",
        scope="activities:approve",
        answer=pages.Page[ReviewOut],
        query={"cursor": str, "limit": int},
        errors=(pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(
            Example(
                summary="800 points that wait for a second person",
                answer={"items": [examples.REVIEW], "next_cursor": None},
            ),
        ),
    ),
)
async def waiting(
    request: Request[Any, Any, Any], cursor: FromQuery[str | None] = None, limit: FromQuery[int | None] = None
) -> Response[bytes]:
    """A page of what waits. Raises MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(
            await activities.reviews(tx, program_id=program_id, now=http.now(request), cursor=cursor, limit=limit)
        )


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)
_SECOND: Final = (
    "Beyond what the currency lets one person do (`by_hand`) the answer says `waiting`: nothing is done before "
    "somebody else of the staff approves it. Nobody does it to their own points or their household's."
)
_COMMON: Final[dict[str, Any]] = {
    "scope": "activities:write",
    "tag": "Points by hand",
    "status": 201,
    "answer": Answer,
    "errors": _FAULTS,
}

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/points/adjust",
        adjust,
        body=AdjustBody,
        summary="Give or take points by hand",
        detail="Points given expire like earned ones and pay a debt first; more than there is cannot be taken. "
        + _SECOND,
        examples=(
            Example(
                summary="50 points for a late delivery",
                body={"currency": "points", "points": 50, "reason": "late delivery", "note": "call of 10 March"},
                answer=examples.VISITED,
            ),
        ),
        **_COMMON,
    ),
    door(
        "/v1/members/{member_id:str}/points/extend",
        extend,
        body=ExtendBody,
        summary="Let points live longer",
        detail="All that can be used and would end before `through` then live through that day. Beyond one full life "
        "of the currency's points from today a second person is asked. " + _SECOND,
        examples=(
            Example(
                summary="What ends this month, through June",
                body={"currency": "points", "through": "2027-06-30", "ends_by": "2027-03-31", "reason": "was ill"},
                answer=examples.VISITED,
            ),
        ),
        **_COMMON,
    ),
    door(
        "/v1/members/{member_id:str}/points/reinstate",
        reinstate,
        body=ReinstateBody,
        summary="Bring expired points back",
        detail="Those that expired last come first, into the lots that they were of; never more than expired. "
        + _SECOND,
        examples=(
            Example(
                summary="100 points through June",
                body={"currency": "points", "points": 100, "through": "2027-06-30", "reason": "our mistake"},
                answer=examples.VISITED,
            ),
        ),
        **_COMMON,
    ),
    waiting,
]
