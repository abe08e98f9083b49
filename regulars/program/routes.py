"""Programs over HTTP: check a text, publish it, look at releases, roll back."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.kit import http, ids, pages
from regulars.kit.errors import NotFound
from regulars.kit.http import Example
from regulars.program import service
from regulars.program.contracts.definitions import ReleaseNote
from regulars.program.contracts.report import NothingReleased, ProgramNotAccepted, ReleaseOvertaken

_TAG: Final = "Programs"
_KEY: Final = "/v1/programs/{program:str}"


class TextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program as YAML."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000_000)]


class RollbackIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the release whose text is to hold again."""

    to: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class FaultOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, or doubtful, and how to mend it, in the caller's language."""

    code: str
    path: str
    line: int
    column: int
    message: str
    mend: str


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a check found; `ok` says that a release may be made of it."""

    ok: bool
    faults: tuple[FaultOut, ...]
    warnings: tuple[FaultOut, ...]


class PublishedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The release that holds now. `to_backfill` are metrics that are counted afresh from the recorded past."""

    number: int
    to_backfill: tuple[str, ...]


class ReleaseOut(msgspec.Struct, frozen=True):
    """A release with its text."""

    number: int
    text: str


_text_in: Final = msgspec.json.Decoder(TextIn)
_rollback_in: Final = msgspec.json.Decoder(RollbackIn)
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
    f"{_KEY}/check",
    status_code=200,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Check a program",
        detail="Everything that is wrong with a YAML text, each fault with its line, column and mend. Writes nothing.",
        tag=_TAG,
        scope="program:read",
        body=TextIn,
        answer=ReportOut,
        errors=(UnknownProgram,),
        examples=(Example(summary="Good", body={"text": _YAML}, answer={"ok": True, "faults": [], "warnings": []}),),
    ),
)
async def check(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Faults and warnings of a text. Raises UnknownProgram."""
    await _own(request, program)
    given = await http.body(request, _text_in)
    report = service.check(given.text)
    language = http.language(request)
    return http.answer(
        ReportOut(
            ok=report.ok,
            faults=tuple(_fault(each, language) for each in report.faults),
            warnings=tuple(_fault(each, language) for each in report.warnings),
        )
    )


@post(
    f"{_KEY}/releases",
    status_code=201,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Publish a program",
        detail="Makes a release of a YAML text. A text that says what holds already makes no new release.",
        tag=_TAG,
        scope="program:publish",
        body=TextIn,
        answer=PublishedOut,
        status=201,
        errors=(UnknownProgram, ProgramNotAccepted, ReleaseOvertaken),
        examples=(Example(summary="Release 3", body={"text": _YAML}, answer={"number": 3, "to_backfill": []}),),
    ),
)
async def publish(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """A new release. Raises UnknownProgram, ProgramNotAccepted, ReleaseOvertaken."""
    program_id = await _own(request, program)
    given = await http.body(request, _text_in)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        made = await service.publish(
            tx,
            program_id=program_id,
            text=given.text,
            by=_by(request),
            now=http.now(request),
            extra_checks=request.app.state.release_checks(program_id),
        )
    return http.answer(PublishedOut(number=made.number, to_backfill=tuple(made.to_backfill)), status=201)


@post(
    f"{_KEY}/rollback",
    status_code=201,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Roll back to an earlier release",
        detail="Publishes the text of an earlier release as a new one.",
        tag=_TAG,
        scope="program:publish",
        body=RollbackIn,
        answer=PublishedOut,
        status=201,
        errors=(UnknownProgram, NotFound, ProgramNotAccepted, NothingReleased, ReleaseOvertaken),
        examples=(Example(summary="To release 2", body={"to": 2}, answer={"number": 4, "to_backfill": []}),),
    ),
)
async def rollback(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """An earlier text holds again. Raises UnknownProgram, NotFound, ProgramNotAccepted, ReleaseOvertaken."""
    program_id = await _own(request, program)
    given = await http.body(request, _rollback_in)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        made = await service.rollback(
            tx,
            program_id=program_id,
            to=given.to,
            by=_by(request),
            now=http.now(request),
            extra_checks=request.app.state.release_checks(program_id),
        )
    return http.answer(PublishedOut(number=made.number, to_backfill=tuple(made.to_backfill)), status=201)


@get(
    f"{_KEY}/releases",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Releases, the newest first",
        tag=_TAG,
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
    program_id = await _own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await service.history(tx, program_id=program_id, cursor=cursor, limit=limit))


@get(
    f"{_KEY}/releases/{{number:int}}",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="A release with its text",
        tag=_TAG,
        scope="program:read",
        answer=ReleaseOut,
        errors=(UnknownProgram, NotFound),
        examples=(Example(summary="Release 3", answer={"number": 3, "text": _YAML}),),
    ),
)
async def release(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """The YAML of a release, as it was published. Raises UnknownProgram, NotFound."""
    program_id = await _own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(ReleaseOut(number, await service.text(tx, program_id=program_id, number=number)))


async def _own(request: Request[Any, Any, Any], key: str) -> int:
    """The number of the caller's own program, where the path names it. Raises UnknownProgram for any other."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await access.program_by_id(tx, program_id=program_id)
    if found.key != key:
        raise UnknownProgram(program=key[:60])
    return program_id


def _by(request: Request[Any, Any, Any]) -> str:
    return ids.to_wire("key", access.actor_of(request).key_id)


def _fault(each: Any, language: str) -> FaultOut:
    return FaultOut(
        code=each.code,
        path=each.path,
        line=each.line,
        column=each.column,
        message=each.message(language),
        mend=each.mend(language),
    )


ROUTES: Final = [check, publish, rollback, releases, release]
