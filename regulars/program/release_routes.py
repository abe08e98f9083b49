"""The way of a release over HTTP: check, approve, reject, schedule, publish, backtest, roll back, copy."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import BadToken, ScopeMissing, UnknownProgram
from regulars.kit import http, pages
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.kit.reasons import NOT_BLANK
from regulars.program import answers, copying, queries, showing, trials, workflow
from regulars.program.answers import DraftNote, ProposalNote, ReleaseOut
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.report import NothingReleased, ProgramNotAccepted, ReleaseOvertaken
from regulars.program.contracts.workflow import (
    ApprovalNeeded,
    DraftNameTaken,
    MomentTooEarly,
    NothingChanges,
    OtherText,
    OwnProposal,
    PersonNeeded,
    ReasonNeeded,
    StateForbids,
)
from regulars.program.doors import KEY, NUMBER_MAX, TAG, numbered, own, shown, signed

_ONE: Final = f"{KEY}/releases/{{number:int}}"
_Note = Annotated[str, Meta(max_length=2000)]


class ApproveIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes. `digest` is that of the release as it was looked at: another one refuses the yes."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    note: _Note = ""


class RejectIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A no, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000, pattern=NOT_BLANK)]


class ScheduleIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The moment at which a release is to come into force."""

    publish_at: Annotated[dt.datetime, Meta(tz=True)]


class RollbackIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The release whose text is to hold again. An `emergency` waits for nobody's approval and needs a `reason`."""

    to: Annotated[int, Meta(ge=1, le=NUMBER_MAX)]
    emergency: bool = False
    reason: _Note = ""


class CopyIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another program, whose release (none: the one in force) becomes a draft of this one. `key` is an API key of the
    other program with the scope program:read. With `settings` the settings come too, but for name, title and
    approvals."""

    source: Annotated[str, Meta(min_length=1, max_length=60)]
    key: Annotated[str, Meta(min_length=1, max_length=200)]
    draft: Annotated[str, Meta(min_length=1, max_length=63)]
    release: Annotated[int, Meta(ge=1, le=NUMBER_MAX)] | None = None
    settings: bool = False


class PublishedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A release that holds now, or (`state` proposed) waits for approval. `to_backfill` are metrics that are counted
    afresh from the recorded past."""

    number: int
    state: str = "published"
    to_backfill: tuple[str, ...] = ()


_approve_in: Final = msgspec.json.Decoder(ApproveIn)
_reject_in: Final = msgspec.json.Decoder(RejectIn)
_schedule_in: Final = msgspec.json.Decoder(ScheduleIn)
_rollback_in: Final = msgspec.json.Decoder(RollbackIn)
_copy_in: Final = msgspec.json.Decoder(CopyIn)
_PUBLISHED: Final = {"number": 4, "state": "published", "to_backfill": []}


def published(made: Release) -> PublishedOut:
    """What is told of a release that came into force."""
    return PublishedOut(number=made.number, to_backfill=tuple(made.to_backfill))


@get(
    f"{KEY}/proposals",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Proposed releases, the newest first",
        detail="With open=true only those that may still be published.",
        tag=TAG,
        scope="program:read",
        answer=pages.Page[ProposalNote],
        query={"open": bool, "cursor": str, "limit": int},
        errors=(UnknownProgram, pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One", answer={"items": [answers.PROPOSAL_NOTE], "next_cursor": None}),),
    ),
)
async def proposed(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    open: FromQuery[bool] = False,  # noqa: A002 - the name on the wire
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of proposals. Raises UnknownProgram, MalformedCursor, LimitOutOfRange."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await showing.page(tx, program_id=program_id, still_open=open, cursor=cursor, limit=limit)
    return http.answer(pages.Page([answers.proposal(one) for one in found.items], found.next_cursor))


@get(
    _ONE,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="A release with all that led to it",
        detail="Its state and text, what it changes in words, what it touches and how many members are in the middle, "
        "what the check and the backtest found, and who approved it.",
        tag=TAG,
        scope="program:read",
        answer=ReleaseOut,
        errors=(UnknownProgram, NotFound),
        examples=(Example(summary="A proposal", answer={**answers.RELEASE, "text": "program: {name: corner}"}),),
    ),
)
async def release(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """One release. Raises UnknownProgram, NotFound."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return await shown(request, tx, numbered(number), text=True)


@post(
    f"{_ONE}/check",
    status_code=200,
    guards=[access.requires("program:write")],
    opt=http.describes(
        summary="Check a proposed release again",
        detail="Against what is in force now. The report is kept with it.",
        tag=TAG,
        scope="program:write",
        answer=ReleaseOut,
        errors=(UnknownProgram, NotFound, StateForbids),
        examples=(Example(summary="Good", answer=answers.RELEASE),),
    ),
)
async def checked(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A fresh report. Raises UnknownProgram, NotFound, StateForbids."""
    by = await signed(request, program)
    checks = request.app.state.release_checks(by.program_id)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        await workflow.check(tx, number=numbered(number), checks=checks, by=by)
        return await shown(request, tx, number)


@post(
    f"{_ONE}/approve",
    status_code=200,
    guards=[access.requires("program:approve")],
    opt=http.describes(
        summary="Approve a proposed release",
        detail="By a staff member's key, and never by whoever proposed or wrote it. It holds for this text alone.",
        tag=TAG,
        scope="program:approve",
        body=ApproveIn,
        answer=ReleaseOut,
        errors=(
            UnknownProgram,
            NotFound,
            PersonNeeded,
            OwnProposal,
            OtherText,
            StateForbids,
            ReleaseOvertaken,
        ),
        examples=(Example(summary="Yes", body={"note": "Agreed"}, answer={**answers.RELEASE, "state": "approved"}),),
    ),
)
async def approved(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """One more yes. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _approve_in)
    digest = None if given.digest is None else bytes.fromhex(given.digest)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        await workflow.approve(tx, number=numbered(number), digest=digest, note=given.note, by=by)
        return await shown(request, tx, number)


@post(
    f"{_ONE}/reject",
    status_code=200,
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Reject a proposed release, or take one's own back",
        detail="Others' with the scope program:approve; what one proposed or wrote oneself with program:write.",
        tag=TAG,
        scope="program:read",
        body=RejectIn,
        answer=ReleaseOut,
        errors=(UnknownProgram, ScopeMissing, NotFound, StateForbids),
        examples=(Example(summary="No", body={"reason": "Too dear"}, answer={**answers.RELEASE, "state": "rejected"}),),
    ),
)
async def rejected(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A no. Raises UnknownProgram, ScopeMissing, NotFound, StateForbids."""
    by = await signed(request, program)
    given = await http.body(request, _reject_in)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        own_one = by.answerable in (await showing.proposal(tx, program_id=by.program_id, number=number)).proposers
        actor = access.actor_of(request)
        if not (actor.may("program:approve") or (own_one and actor.may("program:write"))):
            raise ScopeMissing(scope="program:approve")
        await workflow.reject(tx, number=numbered(number), reason=given.reason, by=by)
        return await shown(request, tx, number)


@post(
    f"{_ONE}/schedule",
    status_code=200,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Publish a release at a moment",
        detail="It is checked again then. If another release that changes the same definition came into force until "
        "then, it is not published and shows as failed.",
        tag=TAG,
        scope="program:publish",
        body=ScheduleIn,
        answer=ReleaseOut,
        errors=(UnknownProgram, NotFound, StateForbids, ApprovalNeeded, MomentTooEarly, ReleaseOvertaken),
        examples=(
            Example(
                summary="On the first of the month",
                body={"publish_at": "2026-12-01T06:00:00Z"},
                answer={**answers.RELEASE, "state": "scheduled", "publish_at": "2026-12-01T06:00:00Z"},
            ),
        ),
    ),
)
async def scheduled(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A release with a moment. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _schedule_in)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        await workflow.schedule(tx, number=numbered(number), publish_at=given.publish_at, by=by)
        return await shown(request, tx, number)


@post(
    f"{_ONE}/publish",
    status_code=200,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Publish a proposed release",
        detail="It is checked again. Every server process takes it within a second. Where a release that has nothing "
        "to do with it came between, what was approved is published over that one, under another number.",
        tag=TAG,
        scope="program:publish",
        answer=PublishedOut,
        errors=(
            UnknownProgram,
            NotFound,
            StateForbids,
            ApprovalNeeded,
            ReleaseOvertaken,
            ProgramNotAccepted,
            NothingChanges,
        ),
        examples=(Example(summary="Release 4 is in force", answer=_PUBLISHED),),
    ),
)
async def put_in_force(
    request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """A release in force. Raises what the description names."""
    by = await signed(request, program)
    checks = request.app.state.release_checks(by.program_id)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        made = await workflow.publish(tx, number=numbered(number), checks=checks, by=by)
    return http.answer(published(made))


@post(
    f"{_ONE}/backtest",
    status_code=202,
    guards=[access.requires("program:write")],
    opt=http.describes(
        summary="Backtest a proposed release",
        detail="The worker judges everything recorded by it; the summary then stands with the release.",
        tag=TAG,
        scope="program:write",
        answer=ReleaseOut,
        status=202,
        errors=(UnknownProgram, NotFound, StateForbids),
        examples=(
            Example(
                summary="Asked for",
                answer={
                    **answers.RELEASE,
                    "backtest": {"state": "wanted", "at": "2026-11-21T16:30:00Z", "summary": None},
                },
            ),
        ),
    ),
)
async def backtested(request: Request[Any, Any, Any], program: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """A backtest that the worker takes up. Raises UnknownProgram, NotFound, StateForbids."""
    by = await signed(request, program)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        await trials.want(tx, number=numbered(number), by=by)
        return await shown(request, tx, number, status=202)


@post(
    f"{KEY}/rollback",
    status_code=201,
    guards=[access.requires("program:publish")],
    opt=http.describes(
        summary="Roll back to an earlier release",
        detail="Publishes the text of an earlier release as a new one. Where the program asks for approvals it is "
        "proposed instead, unless it is an emergency, which needs a reason and stands in the audit log.",
        tag=TAG,
        scope="program:publish",
        body=RollbackIn,
        answer=PublishedOut,
        status=201,
        errors=(
            UnknownProgram,
            NotFound,
            ProgramNotAccepted,
            NothingReleased,
            NothingChanges,
            ReasonNeeded,
            ReleaseOvertaken,
        ),
        examples=(Example(summary="To release 2", body={"to": 2}, answer=_PUBLISHED),),
    ),
)
async def rollback(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """An earlier text holds again, or waits for approval. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _rollback_in)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        made = await workflow.roll_back(
            tx,
            to=given.to,
            checks=request.app.state.release_checks(by.program_id),
            by=by,
            emergency=given.emergency,
            reason=given.reason,
        )
    told = published(made) if isinstance(made, Release) else PublishedOut(number=made.number, state=made.state.value)
    return http.answer(told, status=201)


@post(
    f"{KEY}/copies",
    status_code=201,
    guards=[access.requires("program:write")],
    opt=http.describes(
        summary="Copy another program into a draft",
        detail="After the draft this program says what the other one says. It is checked, proposed and approved like "
        "any other. Name, title and approvals of this program stay; its other settings too, unless asked for.",
        tag=TAG,
        scope="program:write",
        body=CopyIn,
        answer=DraftNote,
        status=201,
        errors=(
            UnknownProgram,
            BadToken,
            ScopeMissing,
            NotFound,
            NothingReleased,
            NothingChanges,
            DraftNameTaken,
            ValidationFault,
        ),
        examples=(
            Example(
                summary="From the sandbox",
                body={"source": "sandbox", "key": "rk_2_...", "draft": "from_sandbox"},
                answer=answers.DRAFT_NOTE,
            ),
        ),
    ),
)
async def copied(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """A draft out of another program. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _copy_in)
    source = await _of_other(request, given)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        draft = await copying.into_draft(tx, source=source.program, name=given.draft, settings=given.settings, by=by)
        new = {"source": given.source, "release": source.number, "digest": source.digest.hex()}
        await access.sign(tx, by, action="draft.copy", target=draft.name, old=None, new=new)
    return http.answer(answers.note(draft), status=201)


async def _of_other(request: Request[Any, Any, Any], given: CopyIn) -> Release:
    """A release of the other program, for whoever has a right there too."""
    database = request.app.state.database
    other = await access.authenticate(database, given.key, now=http.now(request))
    if not other.may("program:read"):
        raise ScopeMissing(scope="program:read")
    async with database.read(programs=[other.program_id]) as tx:
        if (await access.program_by_id(tx, program_id=other.program_id)).key != given.source:
            raise UnknownProgram(program=given.source)
        if given.release is None:
            found = await queries.newest(tx, program_id=other.program_id)
            if found is None:
                raise NothingReleased(program_id=other.program_id)
            return found
        found = await queries.numbered(tx, program_id=other.program_id, number=given.release)
    if found is None:
        raise NotFound(kind="release", id=str(given.release))
    return found


ROUTES: Final = [
    proposed,
    release,
    checked,
    approved,
    rejected,
    scheduled,
    put_in_force,
    backtested,
    rollback,
    copied,
]
