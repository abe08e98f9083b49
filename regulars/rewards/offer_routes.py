"""Offers of a member over HTTP: what they have, what they activate or refuse, what staff give and withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Reply
from regulars.activities.service import Call, door
from regulars.engine.contracts.gifts import OfferAct
from regulars.engine.contracts.offers import OfferSeen
from regulars.kit import http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.kit.reasons import Reason
from regulars.members.contracts import MemberErased, MemberNotFound
from regulars.rewards import offer_examples as examples


class ByHandBody(Circumstances, frozen=True, kw_only=True):
    """What staff do with an offer of a member; `reason` is kept, with who it was."""

    reason: Reason


class OffersOut(msgspec.Struct, frozen=True):
    """The offers of a member, the best first."""

    items: tuple[OfferSeen, ...]


async def activate(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any]) -> Reply:
    """A member wants an offer to count."""
    return await _said(runtime, call, body, path, "activate")


async def refuse(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any]) -> Reply:
    """A member does not want an offer."""
    return await _said(runtime, call, body, path, "refuse")


async def give(runtime: Any, call: Call, body: ByHandBody, path: Mapping[str, Any]) -> Reply:
    """Staff give an offer."""
    return await _said(runtime, call, body, path, "give", body.reason)


async def withdraw(runtime: Any, call: Call, body: ByHandBody, path: Mapping[str, Any]) -> Reply:
    """Staff take an offer away."""
    return await _said(runtime, call, body, path, "withdraw", body.reason)


async def _said(
    runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any], act: str, reason: str | None = None
) -> Reply:
    by = None if reason is None else activities.answers_for(call.actor)
    said = OfferAct(act=act, offer=path["offer"], reason=reason, by=by)
    return await activities.submit_of_member(runtime, call, body, path, type="offer", offer=said)


@get(
    "/v1/members/{member_id:str}/offers",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The offers of a member",
        detail="Those that were given and those of the member's audiences: whether they count, may be activated, are "
        "used, refused or over; with what was worked out for this member, through which day. `placement` keeps those "
        "that are shown there.",
        tag="Offers",
        scope="members:read",
        answer=OffersOut,
        query={"placement": str},
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="One, to be activated", answer={"items": [examples.OFFER]}),),
    ),
)
async def offers(
    request: Request[Any, Any, Any], member_id: FromPath[str], placement: FromQuery[str | None] = None
) -> Response[bytes]:
    """The offers of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    shown = (one for one in found.offers if placement is None or not one.placements or placement in one.placements)
    return http.answer(OffersOut(tuple(shown)))


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)
_TAPPED: Final[dict[str, Any]] = {
    "body": Circumstances,
    "scope": "members:write",
    "examples": (Example(summary="From the app", body={"channel": "app"}, answer=examples.SAID),),
}
_BY_HAND: Final[dict[str, Any]] = {
    "body": ByHandBody,
    "scope": "activities:write",
    "examples": (Example(summary="With the reason", body={"reason": "sorry for the wait"}, answer=examples.SAID),),
}
_SHARED: Final[dict[str, Any]] = {"tag": "Offers", "status": 201, "answer": Answer, "errors": _FAULTS}
_PATH: Final = "/v1/members/{member_id:str}/offers/{offer:str}"

ROUTES: Final[list[Any]] = [
    offers,
    door(
        f"{_PATH}/activate",
        activate,
        summary="Activate an offer",
        detail="It counts from the next purchase on. Refused with the reason: not this member's, over, used up, active "
        "already, or one that needs no activation.",
        **_TAPPED,
        **_SHARED,
    ),
    door(
        f"{_PATH}/refuse",
        refuse,
        summary="Refuse an offer",
        detail="It is neither shown nor given to this member again.",
        **_TAPPED,
        **_SHARED,
    ),
    door(
        f"{_PATH}/give",
        give,
        summary="Give an offer by hand",
        detail="With what is worked out for this member as of now. Refused where the member has it, or has refused it.",
        **_BY_HAND,
        **_SHARED,
    ),
    door(
        f"{_PATH}/withdraw",
        withdraw,
        summary="Withdraw an offer",
        detail="It counts no more; what it gave stays.",
        **_BY_HAND,
        **_SHARED,
    ),
]
