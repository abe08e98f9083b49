"""Tills that may work without a connection, over HTTP: registered, shown, revoked; and what they tell at last."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from regulars.access import service as access
from regulars.activities.service import Call
from regulars.checkout import examples, tills, uploading
from regulars.checkout.contracts import TillRevoked
from regulars.checkout.till_bodies import TillIn, TillIssued, TillOut, TillsOut, UploadBody, UploadOut
from regulars.directory import service as directory
from regulars.directory.contracts import UnknownStore
from regulars.kit import edge, http, ids
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example

_TAG: Final = "Tills"
_NAMED: Final = (NotFound, ids.MalformedId, ids.WrongKindOfId)
_till_in: Final = msgspec.json.Decoder(TillIn)


@post(
    "/v1/tills",
    status_code=201,
    guards=[access.requires("admin")],
    opt=http.describes(
        summary="Register a till that may work offline",
        detail="Its private key is shown this once; only the public one is stored. With it the till signs what it does "
        "without a connection.",
        tag=_TAG,
        scope="admin",
        body=TillIn,
        answer=TillIssued,
        status=201,
        errors=(ValidationFault, UnknownStore),
        examples=(
            Example(
                summary="A till that may take points for 20.00 offline",
                body={"name": "2", "store": "s1", "floor": 2000},
                answer={
                    "private_key": "-----BEGIN PRIVATE KEY-----\n...",
                    "till": {**examples.TILL, "highest": 0, "missing": [], "refused": 0},
                },
            ),
        ),
    ),
)
async def registered(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A new till with its key. Raises UnknownStore."""
    actor, now = access.actor_of(request), http.now(request)
    wanted = await http.body(request, _till_in)
    till_id, program_id = edge.new_id(now), actor.program_id
    await _check_store(request.app.state.database, wanted.store, program_id=program_id, now=now)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        private, till = await tills.add(
            tx, wanted, program_id=program_id, till_id=till_id, secret=edge.secret(32), now=now
        )
        await access.recorded(tx, request, "till.register", ids.to_wire("til", till_id), None, wanted)
        shown = await tills.shown(tx, till, program_id=program_id)
    return http.answer(TillIssued(private_key=private, till=shown), status=201)


async def _check_store(database: Any, store: str, *, program_id: int, now: dt.datetime) -> None:
    """Else each of its acts would be refused for it, days later. Raises UnknownStore."""
    # A shelf of its own, since a store that was told to another process a moment ago is not on this one's.
    fresh = directory.Directory()
    await directory.enrich(fresh, database, program_id=program_id, lines=(), store=store, at=now, now=now)


@get(
    "/v1/tills",
    guards=[access.requires("admin")],
    opt=http.describes(
        summary="The program's tills that may work offline",
        tag=_TAG,
        scope="admin",
        answer=TillsOut,
        examples=(Example(summary="One till, of which two numbers are missing", answer={"items": [examples.TILL]}),),
    ),
)
async def listed(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All tills, with how far their numbers came."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = [
            await tills.shown(tx, till, program_id=program_id) for till in await tills.listed(tx, program_id=program_id)
        ]
    return http.answer(TillsOut(tuple(found)))


@get(
    "/v1/tills/{till_id:str}",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="One till, and which of its numbers are missing",
        tag=_TAG,
        scope="till",
        answer=TillOut,
        errors=_NAMED,
        examples=(Example(summary="Two numbers are missing", answer=examples.TILL),),
    ),
)
async def one(request: Request[Any, Any, Any], till_id: FromPath[str]) -> Response[bytes]:
    """A till. Raises NotFound, MalformedId, WrongKindOfId."""
    program_id, wanted = access.actor_of(request).program_id, ids.from_wire("til", till_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        till = await tills.named(tx, program_id=program_id, till_id=wanted)
        return http.answer(await tills.shown(tx, till, program_id=program_id))


@post(
    "/v1/tills/{till_id:str}/revoke",
    status_code=200,
    guards=[access.requires("admin")],
    opt=http.describes(
        summary="Revoke a till",
        detail="Nothing that it signed is taken any more, whenever it did it. Again changes nothing.",
        tag=_TAG,
        scope="admin",
        answer=TillOut,
        errors=_NAMED,
        examples=(Example(summary="Stolen", answer={**examples.TILL, "revoked_at": "2027-03-11T09:00:00Z"}),),
    ),
)
async def revoked(request: Request[Any, Any, Any], till_id: FromPath[str]) -> Response[bytes]:
    """A till of which nothing is taken any more. Raises NotFound, MalformedId, WrongKindOfId."""
    program_id, wanted = access.actor_of(request).program_id, ids.from_wire("til", till_id)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        till = await tills.revoke(tx, program_id=program_id, till_id=wanted, now=http.now(request))
        await access.recorded(tx, request, "till.revoke", till_id, None, {"revoked_at": till.revoked_at})
        return http.answer(await tills.shown(tx, till, program_id=program_id))


@post(
    "/v1/tills/{till_id:str}/activities",
    status_code=200,
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Tell what a till did offline",
        detail="Up to 500 acts in any order and as often as you like: each is done once, in the order of its number, "
        "and answered by itself. A number is the key of its act, so there is no Idempotency-Key. What is wrong in one "
        "act holds up no other.",
        tag=_TAG,
        scope="till",
        body=UploadBody,
        answer=UploadOut,
        errors=(*_NAMED, ValidationFault, TillRevoked),
        examples=(
            Example(summary="One purchase; number 2 is missing", body=examples.UPLOAD, answer=examples.UPLOADED),
        ),
    ),
)
async def uploaded(request: Request[Any, Any, Any], till_id: FromPath[str]) -> Response[bytes]:
    """What became of each act. Raises NotFound, MalformedId, WrongKindOfId, TillRevoked, ValidationFault."""
    actor, wanted = access.actor_of(request), ids.from_wire("til", till_id)
    raw = await request.body()
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        till = await tills.named(tx, program_id=actor.program_id, till_id=wanted)
    call = Call(actor=actor, key=None, digest=b"", at=http.now(request))
    return http.answer(await uploading.upload(request.app.state.runtime, till, call, raw))


ROUTES: Final[list[Any]] = [registered, listed, one, revoked, uploaded]
