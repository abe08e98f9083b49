"""The definitions of the release in force over HTTP: all of them, or one."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.kit import http
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.program import partnership, showing
from regulars.program.contracts.report import NothingReleased
from regulars.program.contracts.workflow import NotYours
from regulars.program.doors import KEY, TAG, own


class InForceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A definition of the release in force, as YAML would say it."""

    release: int
    kind: str
    name: str
    definition: dict[str, Any]


class AllInForceOut(msgspec.Struct, frozen=True, kw_only=True):
    """The release in force: kind -> name -> definition; the settings stand under `program`."""

    release: int
    definitions: dict[str, dict[str, Any]]


_RULE: Final = {"trigger": "visit", "effects": [{"give": "points", "amount": "20"}]}


@get(
    f"{KEY}/definitions",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="All definitions in force",
        tag=TAG,
        scope="program:read",
        answer=AllInForceOut,
        errors=(UnknownProgram, NothingReleased),
        examples=(Example(summary="A rule", answer={"release": 3, "definitions": {"rules": {"visit": _RULE}}}),),
    ),
)
async def definitions(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """What holds now. Raises UnknownProgram, NothingReleased."""
    program_id, partner = await own(request, program), access.actor_of(request).partner
    async with request.app.state.database.read(programs=[program_id]) as tx:
        number, tree = await showing.definitions(tx, program_id=program_id)
    if partner is not None:
        tree = partnership.seen(tree, partner)
    return http.answer(AllInForceOut(release=number, definitions=tree))


@get(
    f"{KEY}/definitions/{{kind:str}}/{{name:str}}",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="A definition in force",
        tag=TAG,
        scope="program:read",
        answer=InForceOut,
        errors=(UnknownProgram, NothingReleased, NotFound, ValidationFault, NotYours),
        examples=(
            Example(summary="A rule", answer={"release": 3, "kind": "rules", "name": "visit", "definition": _RULE}),
        ),
    ),
)
async def definition(
    request: Request[Any, Any, Any], program: FromPath[str], kind: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """One definition. Raises UnknownProgram, NothingReleased, NotFound, ValidationFault."""
    program_id = await own(request, program)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        number, found = await showing.definition(tx, program_id=program_id, kind=kind, name=name)
    partner = access.actor_of(request).partner
    if partner is not None and not partnership.is_theirs(kind, name, found, partner):
        raise NotYours(partner=partner, path=f"{kind}.{name}")
    return http.answer(InForceOut(release=number, kind=kind, name=name, definition=found))


ROUTES: Final = [definitions, definition]
