"""Programs over HTTP: check a text, publish it, look at releases, roll back."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.kit import http, pages
from regulars.kit.http import Example
from regulars.program import answers, definition_routes, draft_routes, release_routes, service, workflow
from regulars.program.answers import ReportOut
from regulars.program.contracts.definitions import ReleaseNote
from regulars.program.contracts.report import ProgramNotAccepted, ReleaseOvertaken
from regulars.program.contracts.workflow import ApprovalNeeded, NothingChanges, NotMidway
from regulars.program.doors import KEY, TAG, own, signed
from regulars.program.draft_routes import ProposeIn
from regulars.program.release_routes import PublishedOut, published


class TextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program as YAML."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000_000)]


class PublishIn(ProposeIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program as YAML, to be published at once, or with `propose` to wait for approvals."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000_000)]
    propose: bool = False


_text_in: Final = msgspec.json.Decoder(TextIn)
_publish_in: Final = msgspec.json.Decoder(PublishIn)
_YAML: Final = "program: {name: corner, ...}\n..."
_NOTE: Final = {
    "number": 3,
    "digest": "9f2c",
    "current": True,
    "to_backfill": [],
    "rolled_back_to": None,
    "published_by": "key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "published_at": "2026-11-21T16:20:00Z",
}


@post(
    f"{KEY}/check",
    status_code=200,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Check a program",
        detail="Everything that is wrong with a YAML text, each fault with its line, column and mend. Writes nothing.",
        tag=TAG,
        scope="program:read",
        body=TextIn,
        answer=ReportOut,
        errors=(UnknownProgram,),
        examples=(Example(summary="Good", body={"text": _YAML}, answer={"ok": True, "faults": [], "warnings": []}),),
    ),
)
async def check(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Faults and warnings of a text. Raises UnknownProgram."""
    await own(request, program)
    given = await http.body(request, _text_in)
    return http.answer(answers.report(service.check(given.text), http.language(request)))


@post(
    f"{KEY}/releases",
    status_code=201,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Publish or propose a program",
        detail="Makes a release of a YAML text. A text that says what holds already makes no new release. Where the "
        "program asks for approvals, propose it: it then waits for them.",
        tag=TAG,
        scope="program:publish",
        body=PublishIn,
        answer=PublishedOut,
        status=201,
        errors=(
            UnknownProgram,
            ProgramNotAccepted,
            ReleaseOvertaken,
            ApprovalNeeded,
            NothingChanges,
            NotMidway,
        ),
        examples=(
            Example(
                summary="Release 3", body={"text": _YAML}, answer={"number": 3, "state": "published", "to_backfill": []}
            ),
        ),
    ),
)
async def publish(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """A new release. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _publish_in)
    prepared = await asyncio.to_thread(workflow.prepare, given.text)
    checks = request.app.state.release_checks(by.program_id)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        if given.propose:
            waits = await workflow.propose(
                tx, prepared=prepared, note=given.note, midway=given.in_progress, checks=checks, by=by
            )
            return http.answer(PublishedOut(number=waits.number, state=waits.state.value), status=201)
        made = await workflow.publish_directly(tx, prepared=prepared, checks=checks, by=by)
    return http.answer(published(made), status=201)


@get(
    f"{KEY}/releases",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Releases, the newest first",
        tag=TAG,
        scope="program:read",
        answer=pages.Page[ReleaseNote],
        query={"cursor": str, "limit": int},
        errors=(UnknownProgram, pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One release", answer={"items": [_NOTE], "next_cursor": None}),),
    ),
)
async def releases(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of the history. Raises UnknownProgram, MalformedCursor, LimitOutOfRange."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await service.history(tx, program_id=program_id, cursor=cursor, limit=limit))


ROUTES: Final = [check, publish, releases, *release_routes.ROUTES, *draft_routes.ROUTES, *definition_routes.ROUTES]
