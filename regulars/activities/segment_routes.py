"""Segments and the state of a release over HTTP: questions about many members at once."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.activities import audiences, preparing, segmenting
from regulars.activities.audience_faults import (
    NoSuchSegment,
    SegmentNotStatic,
    StillPreparing,
    TooManyToAsk,
)
from regulars.activities.contracts import Identifier
from regulars.activities.faults import NothingPublished
from regulars.activities.segmenting import Listed, SegmentCount
from regulars.kit import http, ids, pages
from regulars.kit.http import Example
from regulars.language.contracts import ExpressionFaults

KEY: Final = "/v1/programs/{program:str}"
SAMPLE: Final = 10
PUT_MOST: Final = 1_000
ASKED_MOST: Final = 20_000
"""So many members may be asked one by one while tills wait for the same process."""
_TAG: Final = "Segments"


class EstimateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition about members, as a segment has it."""

    condition: Annotated[str, Meta(min_length=1, max_length=4000)]


class EstimateOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many members meet a condition now. `how` is `sql`, or `walk` where members had to be asked one by one;
    `sample` are some of them, for a key that may read members."""

    count: int
    how: str
    took_ms: int
    sample: tuple[str, ...] = ()


class SegmentsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The segments of the program in force, by name."""

    items: list[SegmentCount]


class PutIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members by one identifier each; `remove` takes them off the list."""

    members: Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=PUT_MOST)]
    remove: bool = False


class PreparingOut(msgspec.Struct, frozen=True, kw_only=True):
    """How far the release in force is with the members who were there before it."""

    ready: bool
    release: int | None = None
    percent: int = 100
    accounts: int = 0
    segments_done: bool = True


_estimate_in: Final = msgspec.json.Decoder(EstimateIn)
_put_in: Final = msgspec.json.Decoder(PutIn)
_MEM: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C"


async def own(request: Request[Any, Any, Any], key: str) -> int:
    """The number of the caller's own program, its releases at hand. Raises UnknownProgram, NothingPublished."""
    program_id = (await access.actor_in(request, key)).program_id
    await request.app.state.runtime.programs.ready(program_id)
    return program_id


@post(
    f"{KEY}/segments/estimate",
    status_code=200,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="How many would be in a segment?",
        detail="Counts the members who meet a condition now, before it is saved. `how` says whether one statement of "
        "SQL could answer, or members were asked one by one, which takes longer; over HTTP that is done for "
        f"programs of at most {ASKED_MOST:,} members, on the command line for any.",
        tag=_TAG,
        scope="program:read",
        body=EstimateIn,
        answer=EstimateOut,
        errors=(UnknownProgram, NothingPublished, ExpressionFaults, StillPreparing, TooManyToAsk),
        examples=(
            Example(
                summary="Who spent",
                body={"condition": "member.metrics.spend >= 200.00"},
                answer={"count": 1240, "how": "sql", "took_ms": 85, "sample": [_MEM]},
            ),
        ),
    ),
)
async def estimate(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """The count of a condition. Raises what the description names."""
    program_id = await own(request, program)
    asked = await http.body(request, _estimate_in)
    began = time.perf_counter()
    found = await audiences.count(
        request.app.state.runtime,
        program_id=program_id,
        condition=asked.condition,
        now=http.now(request),
        sample=SAMPLE if access.actor_of(request).may("members:read") else 0,
        most=ASKED_MOST,
    )
    return http.answer(
        EstimateOut(
            count=found.count,
            how=found.how,
            took_ms=round((time.perf_counter() - began) * 1000),
            sample=tuple(ids.to_wire("mem", one) for one in found.sample),
        )
    )


@get(
    f"{KEY}/segments",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Segments with their members counted",
        tag=_TAG,
        scope="program:read",
        answer=SegmentsOut,
        errors=(UnknownProgram, NothingPublished),
        examples=(
            Example(
                summary="One segment",
                answer={
                    "items": [
                        {
                            "name": "lapsing",
                            "condition": "member.metrics.recent == 0",
                            "static": False,
                            "announce_on_release": False,
                            "members": 310,
                        }
                    ]
                },
            ),
        ),
    ),
)
async def segments(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Every segment. Raises UnknownProgram, NothingPublished."""
    program_id = await own(request, program)
    now_in_force = request.app.state.runtime.programs.current(program_id).program
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(SegmentsOut(items=await segmenting.counts(tx, now_in_force, program_id=program_id)))


@get(
    f"{KEY}/segments/{{name:str}}/members",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="Who is in a segment",
        tag=_TAG,
        scope="members:read",
        answer=pages.Page[str],
        query={"cursor": str, "limit": int},
        errors=(UnknownProgram, NothingPublished, NoSuchSegment, pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One member", answer={"items": [_MEM], "next_cursor": None}),),
    ),
)
async def segment_members(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    name: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of members by id. Raises what the description names."""
    program_id = await own(request, program)
    now_in_force = request.app.state.runtime.programs.current(program_id).program
    async with request.app.state.database.read(programs=[program_id]) as tx:
        page = await segmenting.members(tx, now_in_force, program_id=program_id, name=name, cursor=cursor, limit=limit)
    items = [ids.to_wire("mem", one) for one in page.items]
    return http.answer(pages.Page(items=items, next_cursor=page.next_cursor))


@post(
    f"{KEY}/segments/{{name:str}}/members",
    status_code=200,
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="Put members on a static list",
        detail=f"By one identifier each, at most {PUT_MOST} in a call; files of a million go through the command line. "
        "Nobody is enrolled for it. The same call twice changes nothing more.",
        tag=_TAG,
        scope="members:write",
        body=PutIn,
        answer=Listed,
        errors=(UnknownProgram, NothingPublished, NoSuchSegment, SegmentNotStatic),
        examples=(
            Example(
                summary="One member",
                body={"members": [{"kind": "phone", "value": "+37369123456"}]},
                answer={"changed": 1, "unknown": 0, "refused": 0},
            ),
        ),
    ),
)
async def put_members(request: Request[Any, Any, Any], program: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Add to a static segment or take off it. Raises what the description names."""
    program_id = await own(request, program)
    asked = await http.body(request, _put_in)
    runtime = request.app.state.runtime
    async with runtime.database.lane() as lane:
        done = await segmenting.put(
            runtime,
            lane,
            program_id=program_id,
            name=name,
            who=asked.members,
            adds=not asked.remove,
            now=http.now(request),
        )
    return http.answer(done)


@get(
    f"{KEY}/preparing",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Is the release ready?",
        detail="A release that adds metrics counts them for everybody from what is recorded, and one that changes "
        "segments moves those whose membership differs. Decisions never wait for it: each account is made ready by its "
        "own next activity.",
        tag=_TAG,
        scope="program:read",
        answer=PreparingOut,
        errors=(UnknownProgram, NothingPublished),
        examples=(
            Example(
                summary="Preparing",
                answer={"ready": False, "release": 4, "percent": 43, "accounts": 120000, "segments_done": False},
            ),
        ),
    ),
)
async def prepared(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """How far it has come. Raises UnknownProgram, NothingPublished."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        known = request.app.state.runtime.programs.all(program_id)
        found = await preparing.status(tx, known, program_id=program_id)
    if found is None:
        return http.answer(PreparingOut(ready=True))
    return http.answer(msgspec.convert(msgspec.structs.asdict(found), PreparingOut))


ROUTES: Final[list[Any]] = [
    estimate,
    segments,
    segment_members,
    put_members,
    prepared,
]
