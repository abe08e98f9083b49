"""Staff, API keys and the audit log over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import audit, guards, keys, staff
from regulars.access.contracts import (
    ApiKey,
    AuditEntry,
    AuditRoot,
    IssuedKey,
    KeyForAnother,
    OwnStanding,
    RatePerMinute,
    ScopeNotForPartners,
    StaffEmailTaken,
    StaffInactive,
    StaffMember,
    UnknownKey,
    UnknownPartner,
    UnknownScope,
    UnknownStaff,
)
from regulars.access.records import audit_key, recorded
from regulars.kit import edge, http, ids, pages
from regulars.kit.http import Example


class KeyIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made: what it is for, what it may do, whose it is (`stf_...`, the caller; none: a machine's), and
    until when.
    With `partner` it opens what is that partner's alone: scopes program:read, program:write, program:publish."""

    label: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)]
    staff: Annotated[str, Meta(max_length=40)] | None = None
    partner: Annotated[str, Meta(min_length=1, max_length=63)] | None = None
    rate_per_minute: RatePerMinute | None = None
    expires_at: Annotated[dt.datetime, Meta(tz=True)] | None = None


class StaffIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who works for the program, and the languages they read, the preferred one first."""

    name: Annotated[str, Meta(min_length=1, max_length=staff.NAME_MAX)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    languages: Annotated[tuple[Literal["en", "ru", "ro"], ...], Meta(min_length=1, max_length=3)] = ("en",)
    active: bool = True
    members: Annotated[
        tuple[Annotated[str, Meta(max_length=60)], ...],
        Meta(max_length=10, description="Whom they are as members: their own points are nothing for them to do."),
    ] = ()


class StaffOut(msgspec.Struct, frozen=True):
    """Everybody who works for the program, the newest first."""

    items: tuple[StaffMember, ...]


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
_STAFF: Final = {
    "id": "stf_06DQ8V0M2KQ7A4RYD1T3ZC5E9J",
    "name": "Ana Rusu",
    "email": "ana@shop.md",
    "languages": ["ro", "ru"],
    "active": True,
    "created_at": "2027-03-10T09:00:00Z",
    "members": [],
}
_PERSON: Final = {name: _STAFF[name] for name in ("name", "email", "languages")}
_key_in: Final = msgspec.json.Decoder(KeyIn)
_staff_in: Final = msgspec.json.Decoder(StaffIn)


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
        detail="The token is shown this once; only its digest is stored. A key of somebody of the staff is made only "
        "with a key of that very person; the first one on the command line: whoever held two people's keys would be "
        "their own second person.",
        tag="Access",
        scope="admin",
        body=KeyIn,
        answer=IssuedKey,
        status=201,
        errors=(
            UnknownScope,
            ScopeNotForPartners,
            UnknownPartner,
            KeyForAnother,
            UnknownStaff,
            StaffInactive,
            ids.MalformedId,
            ids.WrongKindOfId,
        ),
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
    """A new key. Raises UnknownScope, ScopeNotForPartners, UnknownPartner, KeyForAnother, UnknownStaff, StaffInactive,
    MalformedId, WrongKindOfId."""
    actor, now = guards.actor_of(request), http.now(request)
    wanted = await http.body(request, _key_in)
    staff_id = None if wanted.staff is None else ids.from_wire("stf", wanted.staff)
    async with request.app.state.database.transaction(programs=[actor.program_id]) as tx:
        if wanted.staff is not None and staff_id is not None and staff_id != actor.staff_id:
            await staff.named(tx, program_id=actor.program_id, staff_id=staff_id)
            raise KeyForAnother(id=wanted.staff)
        known = await request.app.state.partners(tx, actor.program_id) if wanted.partner is not None else ()
        if wanted.partner is not None and wanted.partner not in known:
            raise UnknownPartner(partner=wanted.partner, known=", ".join(known) or "-")
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
            staff_id=staff_id,
            made_by=actor.answerable,
            partner=wanted.partner,
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
    "/v1/staff",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="The program's staff",
        tag="Access",
        scope="admin",
        answer=StaffOut,
        examples=(Example(summary="One person", answer={"items": [_STAFF]}),),
    ),
)
async def people(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Everybody, active or not."""
    program_id = guards.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return http.answer(StaffOut(tuple(await staff.listed(tx, program_id=program_id))))


@post(
    "/v1/staff",
    status_code=201,
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="Add a staff member",
        detail="Their first key follows on the command line, with `regulars key create --staff`: what it does, this "
        "person does.",
        tag="Access",
        scope="admin",
        body=StaffIn,
        answer=StaffMember,
        status=201,
        errors=(StaffEmailTaken, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Ana", body=_PERSON, answer=_STAFF),),
    ),
)
async def joined(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Somebody new. Raises StaffEmailTaken, MalformedId, WrongKindOfId."""
    actor, now = guards.actor_of(request), http.now(request)
    wanted = await http.body(request, _staff_in)
    async with request.app.state.database.transaction(programs=[actor.program_id]) as tx:
        member = await staff.add(
            tx,
            program_id=actor.program_id,
            staff_id=edge.new_id(now),
            name=wanted.name,
            email=wanted.email,
            languages=wanted.languages,
            members=[ids.from_wire("mem", one) for one in wanted.members],
            now=now,
        )
        about = {"active": True, "languages": wanted.languages, "members": member.members}
        await recorded(tx, request, "staff.add", member.id, None, about)
    return http.answer(member, status=201)


@put(
    "/v1/staff/{staff_id:str}",
    guards=[guards.requires("admin")],
    opt=http.describes(
        summary="Change a staff member",
        detail="With active off, all keys of this person stop within five seconds. Nobody changes their own `members`, "
        "neither with their own key nor with a machine's that they made.",
        tag="Access",
        scope="admin",
        body=StaffIn,
        answer=StaffMember,
        errors=(UnknownStaff, OwnStanding, StaffEmailTaken, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Gone", body={**_PERSON, "active": False}, answer={**_STAFF, "active": False}),),
    ),
)
async def altered(request: Request[Any, Any, Any], staff_id: FromPath[str]) -> Response[bytes]:
    """Somebody with other facts. Raises UnknownStaff, OwnStanding, StaffEmailTaken, MalformedId, WrongKindOfId."""
    actor, known = guards.actor_of(request), ids.from_wire("stf", staff_id)
    wanted = await http.body(request, _staff_in)
    async with request.app.state.database.transaction(programs=[actor.program_id]) as tx:
        before = await staff.named(tx, program_id=actor.program_id, staff_id=known)
        if actor.answerable == known and set(before.members) != set(wanted.members):
            raise OwnStanding
        member = await staff.change(
            tx,
            program_id=actor.program_id,
            staff_id=known,
            name=wanted.name,
            email=wanted.email,
            languages=wanted.languages,
            active=wanted.active,
            members=[ids.from_wire("mem", one) for one in wanted.members],
        )
        # Names and addresses stay out of the chain, in which nothing can be erased.
        old, new = (
            {"active": one.active, "languages": one.languages, "members": one.members} for one in (before, member)
        )
        await recorded(tx, request, "staff.change", member.id, old, new)
    keys.forget()
    return http.answer(member)


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


ROUTES: Final = [listed, made, revoked, people, joined, altered, audited, rooted]
