"""Runs over HTTP: rules that fire once for everybody, beforehand, now and afterwards."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.activities import audiences, runs
from regulars.activities.audience_faults import NoSuchRun, RunNotUnderWay, StillPreparing, TooManyToAsk
from regulars.activities.faults import NothingPublished
from regulars.activities.runs import Run
from regulars.activities.segment_routes import ASKED_MOST, KEY, own
from regulars.kit import http
from regulars.kit.http import Example

_RUNS: Final = "Runs"


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
    program_id = await own(request, program)
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
    program_id = await own(request, program)
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
    program_id = await own(request, program)
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
    program_id = await own(request, program)
    runtime = request.app.state.runtime
    return http.answer(await runs.change(runtime, program_id=program_id, rule=rule, to=to, now=http.now(request)))


ROUTES: Final[list[Any]] = [list_runs, preview_run, start_run, pause_run, resume_run, cancel_run]
