"""What members pick and agree to, over HTTP: choices and consents. Each word is an activity with its key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Meta

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Body, Circumstances, Label, Name, Reply, Word
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.engine.contracts.activity import ChoiceMade, ConsentSaid
from regulars.engine.contracts.view import ChoiceSeen, ConsentSeen
from regulars.kit import http, ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members import service as members
from regulars.members.contracts import ConsentWord, MemberErased, MemberNotFound

Option = Annotated[str, Meta(min_length=1, max_length=200)]


class ChoiceBody(Circumstances, frozen=True, kw_only=True):
    """What a member picks, all of it: for the running period, or for the next one once it opens."""

    picked: Annotated[tuple[Option, ...], Meta(max_length=200)]
    period: Literal["running", "next"] = "running"


class ConsentBody(Body, frozen=True, kw_only=True):
    """Yes or no to a purpose, or to one `channel` of it. `version` is that of the text that the member saw (the one in
    force if left out), `proof` what shows it: a screen, a signature, a recording.
    """

    purpose: Name
    given: bool
    channel: Word | None = None
    version: Word | None = None
    proof: Label | None = None


class ConsentsBody(Circumstances, frozen=True, kw_only=True):
    """What a member says of purposes; of others nothing changes. `source` says where they said it."""

    consents: Annotated[tuple[ConsentBody, ...], Meta(min_length=1, max_length=50)]


class ChoicesOut(msgspec.Struct, frozen=True):
    """The choices that a member has."""

    items: tuple[ChoiceSeen, ...]


class WordOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a member said, and the activity that carried it."""

    purpose: str
    channel: str | None
    given: bool
    version: str
    source: str
    proof: str | None
    said_at: dt.datetime
    activity_id: str


class ConsentsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Every purpose with its text and what the member said of it, and the history, the latest first."""

    items: tuple[ConsentSeen, ...]
    history: tuple[WordOut, ...]


async def pick(runtime: Any, call: Call, body: ChoiceBody, path: Mapping[str, Any]) -> Reply:
    """A member picks."""
    made = ChoiceMade(choice=path["choice"], picked=body.picked, ahead=body.period == "next")
    return await activities.submit_of_member(runtime, call, body, path, type="choice", choice=made)


async def say(runtime: Any, call: Call, body: ConsentsBody, path: Mapping[str, Any]) -> Reply:
    """A member gives or withdraws consents."""
    said = tuple(
        ConsentSaid(
            purpose=one.purpose,
            given=one.given,
            channel=one.channel,
            version=one.version,
            source=body.source,
            proof=one.proof,
        )
        for one in body.consents
    )
    return await activities.submit_of_member(runtime, call, body, path, type="consent", consents=said)


@get(
    "/v1/members/{member_id:str}/choices",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="What a member may pick, and has picked",
        detail="What is offered, how many, through which day, for which fee a change is made; what counts now and "
        "later; when the next period opens.",
        tag="Choices",
        scope="members:read",
        answer=ChoicesOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Two of three, for March", answer={"items": [examples.CHOICE]}),),
    ),
)
async def choices(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The choices of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    found = await activities.look_at(request, member_id)
    return http.answer(ChoicesOut(found.choices))


@get(
    "/v1/members/{member_id:str}/consents",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="What a member agreed to, and what for",
        detail="Every purpose with the text in force, what the member said last and whether it counts, what is kept "
        "for it, and the whole history.",
        tag="Consents",
        scope="members:read",
        answer=ConsentsOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="One purpose, given by the app",
                answer={"items": [examples.CONSENT], "history": [examples.CONSENT_WORD]},
            ),
        ),
    ),
)
async def consents(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The purposes of a member as of now, and all they ever said. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    program_id, wanted = access.actor_of(request).program_id, ids.from_wire("mem", member_id)
    runtime = request.app.state.runtime
    found = await activities.look(runtime, program_id=program_id, member_id=wanted, now=http.now(request))
    async with request.app.state.database.read(programs=[program_id]) as tx:
        words = await members.consents(tx, program_id=program_id, member_id=wanted)
    return http.answer(ConsentsOut(items=found.consents, history=tuple(_word(one) for one in words)))


def _word(one: ConsentWord) -> WordOut:
    return WordOut(
        purpose=one.purpose,
        channel=one.channel,
        given=one.given,
        version=one.version,
        source=one.source,
        proof=one.proof,
        said_at=one.said_at,
        activity_id=ids.to_wire("act", one.activity_id),
    )


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/choices/{choice:str}",
        pick,
        body=ChoiceBody,
        scope="members:write",
        summary="Pick",
        detail="All that is picked, in place of what was. Rules read it from the next activity on, or from when the "
        "choice says. Refused with the reason: not offered, too many, not open, closed, locked, fee short.",
        tag="Choices",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(summary="Two of three", body={"picked": ["bread", "milk"]}, answer=examples.PICKED),
            Example(summary="For the next month", body={"picked": ["fish"], "period": "next"}, answer=examples.PICKED),
        ),
    ),
    door(
        "/v1/members/{member_id:str}/consents",
        say,
        body=ConsentsBody,
        scope="members:write",
        method="PUT",
        summary="Give or withdraw consents",
        detail="By purpose, or by one channel of it. What stands behind a withdrawn purpose is read by nothing from "
        "the same moment on.",
        tag="Consents",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(
                summary="Yes, and by e-mail; no to text messages",
                body={
                    "source": "app",
                    "consents": [
                        {"purpose": "offers", "given": True},
                        {"purpose": "offers", "channel": "email", "given": True},
                        {"purpose": "offers", "channel": "sms", "given": False},
                    ],
                },
                answer=examples.CONSENTED,
            ),
        ),
    ),
    choices,
    consents,
]
