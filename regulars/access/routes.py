"""API keys and the audit log over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import audit, guards, keys
from regulars.access.contracts import (
    ApiKey,
    AuditEntry,
    AuditRoot,
    IssuedKey,
    RatePerMinute,
    UnknownKey,
    UnknownScope,
)
from regulars.access.records import audit_key, recorded
from regulars.kit import edge, http, ids, pages
from regulars.kit.http import Example


class KeyIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made: what it is for, what it may do, and until when."""

    label: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)]
    rate_per_minute: RatePerMinute | None = None
    expires_at: Annotated[dt.datetime, Meta(tz=True)] | None = None


class KeysOut(msgspec.Struct, frozen=True):
    """All keys of the program, the newest first."""

    items: tuple[ApiKey, ...]


_KEY: Final = {
    "id": "key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "label": "Till 1",
    "scopes": ["till"],
    "last_four": "k3Xw",
    "created_at": "2027-03-10T09:00:00Z",
}
_ENTRY: Final = {
    "position": 17,
    "at": "2027-03-10T09:00:00Z",
    "actor": "key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "action": "key.create",
    "target": "key_06DQ8V0M2KQ7A4RYD1T3ZC5E9H",
    "old": None,
    "new": {"label": "Till 1", "scopes": ["till"]},
}
_key_in: Final = msgspec.json.Decoder(KeyIn)


@get(
    "/v1/keys",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="The program's API keys",
        tag="Access",
        scope="admin",
        answer=KeysOut,
        examples=(Example(summary="One key", answer={"items": [_KEY]}),),
    ),
)
async def listed(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All keys, without their tokens."""
    program_id = guards.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await keys.listed(tx, program_id=program_id)
    return http.answer(KeysOut(tuple(found)))


@post(
    "/v1/keys",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="Make an API key",
        detail="The token is shown this once; only its digest is stored.",
        tag="Access",
        scope="admin",
        body=KeyIn,
        answer=IssuedKey,
        status=201,
        errors=(UnknownScope,),
        examples=(
            Example(
                summary="A till's key",
                body={"label": "Till 1", "scopes": ["till"]},
                answer={"token": "rk_1_...", "key": _KEY},
            ),
        ),
    ),
)
async def made(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A new key. Raises UnknownScope."""
    actor, now = guards.actor_of(request), http.now(request)
    wanted = await http.body(request, _key_in)
    async with request.app.state.database.transaction(programs=[actor.program_id]) as tx:
        issued = await keys.create(
            tx,
            program_id=actor.program_id,
            key_id=edge.new_id(now),
            secret=edge.token(),
            label=wanted.label,
            scopes=wanted.scopes,
            now=now,
            rate_per_minute=wanted.rate_per_minute,
            expires_at=wanted.expires_at,
        )
        await recorded(tx, request, "key.create", issued.key.id, None, wanted)
    return http.answer(issued, status=201)


@post(
    "/v1/keys/{key_id:str}/revoke",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="End an API key",
        detail="It stops within five seconds in every process. Again changes nothing.",
        tag="Access",
        scope="admin",
        answer=ApiKey,
        errors=(UnknownKey, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Ended", answer={**_KEY, "revoked_at": "2027-03-11T09:00:00Z"}),),
    ),
)
async def revoked(request: Request[Any, Any, Any], key_id: FromPath[str]) -> Response[bytes]:
    """A key that ends. Raises UnknownKey, MalformedId, WrongKindOfId."""
    actor, wanted = guards.actor_of(request), ids.from_wire("key", key_id)
    async with request.app.state.database.transaction(programs=[actor.program_id]) as tx:
        key = await keys.revoke(tx, program_id=actor.program_id, key_id=wanted, now=http.now(request))
        await recorded(tx, request, "key.revoke", key.id, None, {"revoked_at": key.revoked_at})
    keys.forget()
    return http.answer(key)


@get(
    "/v1/audit",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="The audit log",
        detail="The newest first. Each entry is chained to the one before; `regulars` verifies the chain.",
        tag="Access",
        scope="admin",
        answer=pages.Page[AuditEntry],
        query={"cursor": str, "limit": int},
        errors=(pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One entry", answer={"items": [_ENTRY], "next_cursor": None}),),
    ),
)
async def audited(
    request: Request[Any, Any, Any], cursor: FromQuery[str | None] = None, limit: FromQuery[int | None] = None
) -> Response[bytes]:
    """A page of the chain. Raises MalformedCursor, LimitOutOfRange."""
    program_id = guards.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(await audit.page(tx, program_id=program_id, cursor=cursor, limit=limit))


@get(
    "/v1/audit/root",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="The signed end of the audit log",
        detail="Keep one a day outside of this installation: with it even entries cut off by whoever rules the "
        "database are found.",
        tag="Access",
        scope="admin",
        answer=AuditRoot,
        examples=(
            Example(
                summary="A root",
                answer={
                    "program_id": 1,
                    "position": 17,
                    "hash": "9f2c...",
                    "at": "2027-03-10T09:00:00Z",
                    "signature": "51aa...",
                },
            ),
        ),
    ),
)
async def rooted(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The end of the chain."""
    program_id = guards.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        key = audit_key(request.app.state.settings.home)
        return http.answer(await audit.root(tx, key=key, program_id=program_id, now=http.now(request)))


ROUTES: Final = [listed, made, revoked, audited, rooted]
