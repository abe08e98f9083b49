"""Segments, runs and the state of a release over HTTP: questions about many members at once."""

from __future__ import annotations

import datetime as dt
import time
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.activities import audiences, preparing, runs, segmenting
from regulars.activities.audience_faults import (
    NoSuchRun,
    NoSuchSegment,
    RunNotUnderWay,
    SegmentNotStatic,
    StillPreparing,
    TooManyToAsk,
)
from regulars.activities.contracts import Identifier
from regulars.activities.faults import NothingPublished
from regulars.activities.runs import Run
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
_RUNS: Final = "Runs"


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


class RunsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Every run of the program, the latest moment first."""

    items: list[Run]


class PreviewOut(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a run would reach if it began now."""

    rule: str
    run_at: dt.datetime
    audience: str
    members: int
    how: str


_estimate_in: Final = msgspec.json.Decoder(EstimateIn)
_put_in: Final = msgspec.json.Decoder(PutIn)
_MEM: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C"
_RUN: Final = {
    "rule": "thanks",
    "run_at": "2026-09-01T06:00:00Z",
    "status": "running",
    "release": 3,
    "members": 1200,
    "done": 500,
    "refused": 0,
    "started_at": "2026-09-01T06:00:01Z",
    "finished_at": None,
}
_RUN_FAULTS: Final = (UnknownProgram, NothingPublished, NoSuchRun)


async def _own(request: Request[Any, Any, Any], key: str) -> int:
    """The number of the caller's own program, its releases at hand. Raises UnknownProgram, NothingPublished."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await access.program_by_id(tx, program_id=program_id)
    if found.key != key:
        raise UnknownProgram(program=key[:60])
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
    program_id = await _own(request, program)
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
    program_id = await _own(request, program)
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
    program_id = await _own(request, program)
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
    program_id = await _own(request, program)
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
    program_id = await _own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        known = request.app.state.runtime.programs.all(program_id)
        found = await preparing.status(tx, known, program_id=program_id)
    if found is None:
        return http.answer(PreparingOut(ready=True))
    return http.answer(msgspec.convert(msgspec.structs.asdict(found), PreparingOut))


@get(
    f"{KEY}/runs",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Runs, planned and past",
        tag=_RUNS,
        scope="program:read",
        answer=RunsOut,
        errors=(UnknownProgram, NothingPublished),
        examples=(Example(summary="One under way", answer={"items": [_RUN]}),),
    ),
)
async def list_runs(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Every run. Raises UnknownProgram, NothingPublished."""
    program_id = await _own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(RunsOut(items=await runs.listed(request.app.state.runtime, tx, program_id=program_id)))


@get(
    f"{KEY}/runs/{{rule:str}}/preview",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="How many would a run reach?",
        tag=_RUNS,
        scope="program:read",
        answer=PreviewOut,
        errors=(*_RUN_FAULTS, StillPreparing, TooManyToAsk),
        examples=(
            Example(
                summary="Students",
                answer={
                    "rule": "thanks",
                    "run_at": "2026-09-01T06:00:00Z",
                    "audience": "'students' in member.segments",
                    "members": 1200,
                    "how": "sql",
                },
            ),
        ),
    ),
)
async def preview_run(request: Request[Any, Any, Any], program: FromPath[str], rule: FromPath[str]) -> Response[bytes]:
    """The count beforehand. Raises what the description names."""
    program_id = await _own(request, program)
    runtime = request.app.state.runtime
    compiled = runtime.programs.current(program_id)
    audience = runs.audience_of(compiled, rule)
    now = http.now(request)
    found = await audiences.count(runtime, program_id=program_id, condition=audience, now=now, most=ASKED_MOST)
    at = runs.moment_of(compiled, rule)
    return http.answer(PreviewOut(rule=rule, run_at=at, audience=audience, members=found.count, how=found.how))


def _acts(name: str, *, summary: str, detail: str, errors: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "path": f"{KEY}/runs/{{rule:str}}/{name}",
        "status_code": 200,
        "guards": [access.requires("program:publish")],
        "opt": http.describes(
            summary=summary,
            detail=detail,
            tag=_RUNS,
            scope="program:publish",
            answer=Run,
            errors=(*_RUN_FAULTS, *errors),
            examples=(Example(summary="A run", answer=_RUN),),
        ),
    }


@post(
    **_acts(
        "start",
        summary="Begin a run now",
        detail="Before its moment, or one that was published too late to begin by itself. One that has begun stays as "
        "it is.",
        errors=(StillPreparing,),
    )
)
async def start_run(request: Request[Any, Any, Any], program: FromPath[str], rule: FromPath[str]) -> Response[bytes]:
    """Write down whom it reaches. Raises what the description names."""
    program_id = await _own(request, program)
    runtime = request.app.state.runtime
    return http.answer(await runs.begin(runtime, program_id=program_id, rule=rule, now=http.now(request)))


@post(**_acts("pause", summary="Pause a run", detail="", errors=(RunNotUnderWay,)))
async def pause_run(request: Request[Any, Any, Any], program: FromPath[str], rule: FromPath[str]) -> Response[bytes]:
    """Let it stand still. Raises what the description names."""
    return await _change(request, program, rule, "paused")


@post(**_acts("resume", summary="Let a paused run go on", detail="", errors=(RunNotUnderWay,)))
async def resume_run(request: Request[Any, Any, Any], program: FromPath[str], rule: FromPath[str]) -> Response[bytes]:
    """Go on where it stood. Raises what the description names."""
    return await _change(request, program, rule, "running")


@post(
    **_acts(
        "cancel",
        summary="End a run for good",
        detail="Those whom it has reached keep what they got.",
        errors=(RunNotUnderWay,),
    )
)
async def cancel_run(request: Request[Any, Any, Any], program: FromPath[str], rule: FromPath[str]) -> Response[bytes]:
    """Nobody else is reached. Raises what the description names."""
    return await _change(request, program, rule, "cancelled")


async def _change(request: Request[Any, Any, Any], program: str, rule: str, to: Any) -> Response[bytes]:
    program_id = await _own(request, program)
    runtime = request.app.state.runtime
    return http.answer(await runs.change(runtime, program_id=program_id, rule=rule, to=to, now=http.now(request)))


ROUTES: Final[list[Any]] = [
    estimate,
    segments,
    segment_members,
    put_members,
    prepared,
    list_runs,
    preview_run,
    start_run,
    pause_run,
    resume_run,
    cancel_run,
]
