"""Referrals over HTTP: a member's codes and links, who brought them, and the code that somebody new gives."""

from __future__ import annotations

import datetime as dt
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
from regulars.checkout.bodies import ReferralCode
from regulars.engine.contracts.gifts import ReferralAct
from regulars.engine.contracts.view import BroughtSeen, ReferralSeen
from regulars.kit import http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members import service as members
from regulars.members.contracts import MemberErased, MemberNotFound


class ReferralBody(Circumstances, frozen=True, kw_only=True):
    """The code of the member who brought them."""

    code: ReferralCode


class ReferralOut(msgspec.Struct, frozen=True, kw_only=True):
    """A referral of the program: the member's own code and link, how many joined by it, how many of them count, and how
    often the member may still be rewarded in each period."""

    name: str
    title: dict[str, str]
    open: bool
    code: str
    link: str | None
    joined: int
    counted: int
    left: dict[str, int]


class BroughtOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who brought the member: `state` is `joined`, `counted`, `undone` or `refused`."""

    referral: str
    by: str
    joined_at: dt.datetime
    state: str


class ReferralsOut(msgspec.Struct, frozen=True, kw_only=True):
    """All referrals, and by whom the member was brought."""

    items: tuple[ReferralOut, ...]
    brought: BroughtOut | None


async def join(runtime: Any, call: Call, body: ReferralBody, path: Mapping[str, Any]) -> Reply:
    """Somebody new says who brought them."""
    said = ReferralAct(act="joined", code=body.code)
    return await activities.submit_of_member(runtime, call, body, path, type="invitation", referral=said)


@get(
    "/v1/members/{member_id:str}/referrals",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's referral codes",
        detail="The code and link of each referral of the program, always the same ones, with the friends who joined "
        "by it and those who count; and who brought this member.",
        tag="Referrals",
        scope="members:read",
        answer=ReferralsOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="Two friends, one counts",
                answer={
                    "items": [
                        {
                            "name": "friend",
                            "title": {"en": "Bring a friend", "ru": "Приведи друга", "ro": "Adu un prieten"},
                            "open": True,
                            "code": "7KQ2MPXR",
                            "link": "https://shop.example/join?code=7KQ2MPXR",
                            "joined": 2,
                            "counted": 1,
                            "left": {"calendar year": 9},
                        }
                    ],
                    "brought": None,
                },
            ),
        ),
    ),
)
async def referrals(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The referrals of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    runtime, program_id = request.app.state.runtime, access.actor_of(request).program_id
    one, now = ids.from_wire("mem", member_id), http.now(request)
    found = await activities.look(runtime, program_id=program_id, member_id=one, now=now)
    items = []
    async with runtime.database.transaction(programs=[program_id]) as tx:
        for seen in found.referrals:
            code = await members.referral_code(
                tx,
                keys=runtime.member_keys,
                program_id=program_id,
                member_id=one,
                referral=seen.name,
                prefix=seen.prefix,
                length=seen.length,
                now=now,
            )
            items.append(_shown(seen, code))
    return http.answer(ReferralsOut(items=tuple(items), brought=_brought(found.brought)))


def _shown(seen: ReferralSeen, code: str) -> ReferralOut:
    return ReferralOut(
        name=seen.name,
        title=seen.title,
        open=seen.open,
        code=code,
        link=None if seen.link is None else seen.link.replace("{code}", code),
        joined=seen.joined,
        counted=seen.counted,
        left=seen.left,
    )


def _brought(seen: BroughtSeen | None) -> BroughtOut | None:
    if seen is None:
        return None
    by = ids.to_wire("mem", seen.by)
    return BroughtOut(referral=seen.referral, by=by, joined_at=seen.joined_at, state=seen.state)


ROUTES: Final[list[Any]] = [
    referrals,
    door(
        "/v1/members/{member_id:str}/referral",
        join,
        body=ReferralBody,
        scope="members:write",
        status=201,
        answer=Answer,
        errors=(ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId),
        summary="Say who brought a member",
        detail="By the code of whom brought them: soon after joining and before the first purchase. Refused where the "
        "two are the same person, as far as can be seen.",
        tag="Referrals",
        examples=(
            Example(
                summary="From the app",
                body={"code": "7KQ2-MPXR", "channel": "app"},
                answer=examples.VISITED | {"type": "invitation"},
            ),
        ),
    ),
]
