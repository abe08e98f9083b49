"""Drafts over HTTP: definitions one by one, what they change, where two drafts meet, and a release of them."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.kit import http
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.program import answers, drafting, partnership, workflow
from regulars.program.answers import DraftNote, DraftOut, ReleaseOut, ReportOut
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.report import DraftConflict, NothingReleased, ProgramNotAccepted, ReleaseOvertaken
from regulars.program.contracts.workflow import (
    ApprovalNeeded,
    DraftMoved,
    NotForPartners,
    NothingChanges,
    NotMidway,
    NotYours,
)
from regulars.program.doors import KEY, TAG, own, shown, signed

_TRIES: Final = 5
"""How often a draft is laid over what others have just published."""
_DRAFT: Final = f"{KEY}/drafts/{{draft:str}}"
_PLACE: Final = f"{_DRAFT}/{{kind:str}}/{{name:str}}"


class ProposeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a proposal says beyond its definitions: a note for those who approve, and, by path, what becomes of members
    in the middle of a changed or removed ladder, challenge or choice (keep, where nothing is said)."""

    note: Annotated[str, Meta(max_length=2000)] = ""
    in_progress: Annotated[dict[str, MidwayPolicy], Meta(max_length=500)] = {}


class RebaseIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By path, whose definition holds where both changed it."""

    choose: Annotated[dict[str, Literal["yours", "theirs"]], Meta(max_length=500)] = {}


class DraftsOut(msgspec.Struct, frozen=True):
    """All drafts by name."""

    items: tuple[DraftNote, ...]


class DefinitionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A definition as a draft has it, as YAML would say it; null where the draft removes it. `touched` says whether the
    draft changes it."""

    kind: str
    name: str
    touched: bool
    definition: dict[str, Any] | None


class PublishedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The release that came into force."""

    number: int
    published_at: dt.datetime


_propose_in: Final = msgspec.json.Decoder(ProposeIn)
_rebase_in: Final = msgspec.json.Decoder(RebaseIn)
_definition_in: Final = msgspec.json.Decoder(dict[str, Any])
_RULE: Final = {"trigger": "visit", "effects": [{"give": "points", "amount": "20"}]}
_RULE_OUT: Final = {"kind": "rules", "name": "visit", "touched": True, "definition": _RULE}


@get(
    f"{KEY}/drafts",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="The drafts of a program",
        detail="At most a hundred, by name.",
        tag=TAG,
        scope="program:read",
        answer=DraftsOut,
        errors=(UnknownProgram,),
        examples=(Example(summary="One draft", answer={"items": [answers.DRAFT_NOTE]}),),
    ),
)
async def drafts(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """What people prepare. Raises UnknownProgram."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await drafting.listed(tx, program_id=program_id, partner=access.actor_of(request).partner)
    return http.answer(DraftsOut(tuple(answers.note(one) for one in found)))


@get(
    _DRAFT,
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="A draft, compared with what is in force",
        detail="What it changes in words, and, where a release since its base changed the same definition, both side "
        "by side. Changes in conflict are left out of the words.",
        tag=TAG,
        scope="program:read",
        answer=DraftOut,
        errors=(UnknownProgram, NotFound, NothingReleased, NotYours),
        examples=(Example(summary="One change", answer=answers.DRAFT),),
    ),
)
async def draft_shown(request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]) -> Response[bytes]:
    """One draft. Raises UnknownProgram, NotFound, NothingReleased."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await drafting.show(tx, program_id=program_id, name=draft, partner=access.actor_of(request).partner)
    return http.answer(answers.draft(found, http.language(request)))


@delete(
    _DRAFT,
    status_code=200,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(
        summary="Discard a draft",
        tag=TAG,
        scope="program:write",
        answer=DraftNote,
        errors=(UnknownProgram, NotFound, NotYours),
        examples=(Example(summary="Gone", answer=answers.DRAFT_NOTE),),
    ),
)
async def draft_discarded(
    request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]
) -> Response[bytes]:
    """A draft that is thrown away. Raises UnknownProgram, NotFound."""
    by = await signed(request, program)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        gone = await drafting.load(tx, program_id=by.program_id, name=draft, lock=True, partner=by.partner)
        await drafting.discard(tx, program_id=by.program_id, name=draft)
        old = {"base": gone.base, "touched": gone.touched}
        await access.sign(tx, by, action="draft.discard", target=f"draft {draft}", old=old, new=None)
    return http.answer(answers.note(gone))


@get(
    _PLACE,
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="A definition as a draft has it",
        tag=TAG,
        scope="program:read",
        answer=DefinitionOut,
        errors=(UnknownProgram, NotFound, NothingReleased, ValidationFault, NotYours),
        examples=(Example(summary="A rule", answer=_RULE_OUT),),
    ),
)
async def place(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    draft: FromPath[str],
    kind: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """One definition of a draft. Raises UnknownProgram, NotFound, NothingReleased, ValidationFault."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        touched, found = await drafting.definition(
            tx,
            program_id=program_id,
            name=draft,
            kind=kind,
            definition_name=name,
            partner=access.actor_of(request).partner,
        )
    return http.answer(DefinitionOut(kind=kind, name=name, touched=touched, definition=found))


@put(
    _PLACE,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(
        summary="Put a definition into a draft",
        detail="The first change begins the draft over the release in force. The body is the definition as YAML would "
        "say it, decimals as texts. The settings are kind program, name program.",
        tag=TAG,
        scope="program:write",
        body=dict[str, Any],
        answer=DraftNote,
        errors=(UnknownProgram, NothingReleased, ValidationFault, NotYours, NotForPartners),
        examples=(Example(summary="A rule", body=_RULE, answer=answers.DRAFT_NOTE),),
    ),
)
async def place_put(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    draft: FromPath[str],
    kind: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """A definition that changes. Raises UnknownProgram, NothingReleased, ValidationFault."""
    given = await http.body(request, _definition_in)
    return await _changed(request, program, draft, kind, name, given)


@delete(
    _PLACE,
    status_code=200,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(
        summary="Remove a definition in a draft, or take a change back",
        detail="With undo=true the draft leaves the definition as it is in force.",
        tag=TAG,
        scope="program:write",
        answer=DraftNote,
        query={"undo": bool},
        errors=(UnknownProgram, NothingReleased, ValidationFault, NotYours, NotForPartners),
        examples=(Example(summary="Removed", answer=answers.DRAFT_NOTE),),
    ),
)
async def place_removed(
    request: Request[Any, Any, Any],
    program: FromPath[str],
    draft: FromPath[str],
    kind: FromPath[str],
    name: FromPath[str],
    undo: FromQuery[bool] = False,
) -> Response[bytes]:
    """A definition that goes. Raises UnknownProgram, NothingReleased, ValidationFault."""
    return await _changed(request, program, draft, kind, name, None, undo=undo)


@post(
    f"{_DRAFT}/check",
    status_code=200,
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="Check a draft",
        detail="Everything that is wrong with the program in force as the draft would change it. Writes nothing.",
        tag=TAG,
        scope="program:read",
        answer=ReportOut,
        errors=(UnknownProgram, NotFound, NothingReleased, DraftConflict, NotYours),
        examples=(Example(summary="Good", answer={"ok": True, "faults": [], "warnings": []}),),
    ),
)
async def draft_checked(
    request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]
) -> Response[bytes]:
    """Faults and warnings of a draft. Raises UnknownProgram, NotFound, NothingReleased, DraftConflict."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        merged = await drafting.merge(tx, program_id=program_id, name=draft, partner=access.actor_of(request).partner)
    report = await asyncio.to_thread(drafting.report_of, merged.text)
    if access.actor_of(request).partner is not None:
        report = partnership.told(report, merged.draft)
    return http.answer(answers.report(report, http.language(request)))


@post(
    f"{_DRAFT}/rebase",
    status_code=200,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(
        summary="Bring a draft onto the release in force",
        detail="Where both changed the same definition, choose says by path whose it is: yours or theirs.",
        tag=TAG,
        scope="program:write",
        body=RebaseIn,
        answer=DraftOut,
        errors=(UnknownProgram, NotFound, NothingReleased, DraftConflict, ValidationFault, NotYours),
        examples=(Example(summary="Mine holds", body={"choose": {"rules.visit": "yours"}}, answer=answers.DRAFT),),
    ),
)
async def draft_rebased(
    request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]
) -> Response[bytes]:
    """A draft over the newest release. Raises UnknownProgram, NotFound, DraftConflict, ValidationFault."""
    by = await signed(request, program)
    given = await http.body(request, _rebase_in)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        await drafting.rebase(tx, program_id=by.program_id, name=draft, choose=given.choose, by=by)
        found = await drafting.show(tx, program_id=by.program_id, name=draft)
    return http.answer(answers.draft(found, http.language(request)))


@post(
    f"{_DRAFT}/releases",
    status_code=201,
    guards=[access.requires("program:write")],
    opt=http.describes(
        summary="Propose a release of a draft",
        detail="It is checked, gets its number and waits: for approvals, as many as the program asks for, and to be "
        "published. An earlier proposal of the same draft is overtaken by it.",
        tag=TAG,
        scope="program:write",
        body=ProposeIn,
        answer=ReleaseOut,
        status=201,
        errors=(
            UnknownProgram,
            NotFound,
            NothingReleased,
            DraftConflict,
            ProgramNotAccepted,
            NothingChanges,
            NotMidway,
            ReleaseOvertaken,
            DraftMoved,
        ),
        examples=(
            Example(summary="Release 4", body={"note": "Visits are worth more in autumn"}, answer=answers.RELEASE),
        ),
    ),
)
async def draft_proposed(
    request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]
) -> Response[bytes]:
    """A release that waits. Raises what the description names."""
    by = await signed(request, program)
    given = await http.body(request, _propose_in)
    database = request.app.state.database
    async with database.read(programs=[by.program_id]) as tx:
        merged = await drafting.merge(tx, program_id=by.program_id, name=draft)
    prepared = await asyncio.to_thread(workflow.prepare_draft, merged)
    async with database.transaction(programs=[by.program_id], computes=True) as tx:
        made = await workflow.propose(
            tx,
            prepared=prepared,
            note=given.note,
            midway=given.in_progress,
            checks=request.app.state.release_checks(by.program_id),
            by=by,
        )
        return await shown(request, tx, made.number, status=201)


async def _changed(
    request: Request[Any, Any, Any],
    program: str,
    draft: str,
    kind: str,
    name: str,
    given: dict[str, Any] | None,
    *,
    undo: bool = False,
) -> Response[bytes]:
    by = await signed(request, program)
    async with request.app.state.database.transaction(programs=[by.program_id], computes=True) as tx:
        changed = await drafting.change(
            tx,
            program_id=by.program_id,
            name=draft,
            kind=kind,
            definition_name=name,
            definition=given,
            by=by,
            undo=undo,
        )
    return http.answer(answers.note(changed))


@post(
    f"{_DRAFT}/publish",
    status_code=201,
    guards=[access.requires("program:publish", partners=True)],
    opt=http.describes(
        summary="Publish a draft at once",
        detail="With the key of a partner, whose draft changes nothing but what is theirs: nobody else has to approve. "
        "With a key of the house only where the program asks for no approvals.",
        tag=TAG,
        scope="program:publish",
        answer=PublishedOut,
        status=201,
        errors=(
            UnknownProgram,
            NotFound,
            NothingReleased,
            DraftConflict,
            ProgramNotAccepted,
            NothingChanges,
            ApprovalNeeded,
            NotYours,
            NotForPartners,
            ReleaseOvertaken,
            DraftMoved,
        ),
        examples=(Example(summary="In force", answer={"number": 5, "published_at": "2027-03-10T09:00:00Z"}),),
    ),
)
async def draft_published(
    request: Request[Any, Any, Any], program: FromPath[str], draft: FromPath[str]
) -> Response[bytes]:
    """A draft in force. Raises what the description names."""
    by = await signed(request, program)
    database = request.app.state.database
    for attempt in range(_TRIES):
        async with database.read(programs=[by.program_id]) as tx:
            merged = await drafting.merge(tx, program_id=by.program_id, name=draft, partner=by.partner)
        # Beside the loop: whoever is in the middle of a transaction meanwhile must not be kept waiting.
        prepared = await asyncio.to_thread(workflow.prepare_draft, merged, by.partner)
        try:
            async with database.transaction(programs=[by.program_id], computes=True) as tx:
                made = await workflow.publish_draft(
                    tx, prepared=prepared, checks=request.app.state.release_checks(by.program_id), by=by
                )
        except ReleaseOvertaken:
            # Somebody published other definitions meanwhile: over theirs it is the same draft.
            if attempt == _TRIES - 1:
                raise
            continue
        break
    return http.answer(PublishedOut(number=made.number, published_at=by.at), status=201)


ROUTES: Final = [
    draft_published,
    drafts,
    draft_shown,
    draft_discarded,
    place,
    place_put,
    place_removed,
    draft_checked,
    draft_rebased,
    draft_proposed,
]
