"""Members over HTTP: who is it, and the member's own page."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from regulars.access import service as access
from regulars.kit import http, ids
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.ledger import service as ledger
from regulars.ledger.contracts import TooRecent
from regulars.members import card_routes, people, service
from regulars.members.bodies import (
    Identified,
    IdentifyIn,
    MemberOut,
    StatementOut,
    identified,
    member_out,
    statement_out,
)
from regulars.members.contracts import (
    CardNumberRefused,
    IdentifierTaken,
    MemberErased,
    MemberNotFound,
    NotACardNumber,
    NotAnEmail,
    NotAnOwnId,
    NotAPhone,
    NotAQrCode,
    NotAToken,
    Profile,
    ProfileIn,
    TwoMembers,
    UnknownIdentifierKind,
    WrongCheckDigit,
)
from regulars.members.surroundings import keys_of, region_of
from regulars.program.contracts.report import NothingReleased

Moment = Annotated[dt.datetime, Meta(tz=True)]

_identify_in: Final = msgspec.json.Decoder(IdentifyIn)
_profile_in: Final = msgspec.json.Decoder(ProfileIn)

_MALFORMED: Final[tuple[type[RegularsError], ...]] = (
    UnknownIdentifierKind,
    NotAPhone,
    NotAnEmail,
    NotACardNumber,
    WrongCheckDigit,
    NotAQrCode,
    NotAToken,
    NotAnOwnId,
    CardNumberRefused,
)
_BALANCE: Final = {"currency": "points", "active": 1240, "pending": 60, "held": 0, "arrears": 0}
_TIER: Final = {
    "ladder": "status",
    "level": "silver",
    "since": "2027-03-10",
    "through": "2027-12-31",
    "projected": "green",
    "next": "gold",
    "missing": [
        {
            "measure": "",
            "title": {"en": "Spent"},
            "need": {"amount": 100000, "scale": 2},
            "have": {"amount": 25000, "scale": 2},
            "missing": {"amount": 75000, "scale": 2},
        }
    ],
    "to_keep": [
        {
            "measure": "",
            "title": {"en": "Spent"},
            "need": {"amount": 50000, "scale": 2},
            "have": {"amount": 25000, "scale": 2},
            "missing": {"amount": 25000, "scale": 2},
        }
    ],
    "lost_on": "2028-01-01",
}
_MEMBER: Final = {
    "id": "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
    "status": "active",
    "enrolled_at": "2027-03-10T09:00:00Z",
    "anonymous": False,
    "profile": {"phone": "+37369123456"},
    "balances": [_BALANCE],
    "tiers": [_TIER],
}
_STATEMENT: Final = {
    "at": "2027-03-10T09:00:00Z",
    "balances": [_BALANCE],
    "entries": {
        "items": [
            {
                "id": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G.0",
                "currency": "points",
                "kind": "earn",
                "amount": 60,
                "from": "issued",
                "to": "pending",
                "effective_at": "2027-03-10T08:58:00Z",
                "posted_at": "2027-03-10T08:58:00Z",
                "release": 3,
                "active_after": 1240,
                "pending_after": 60,
                "held_after": 0,
                "arrears_after": 0,
                "rule": "base",
            }
        ],
        "next_cursor": None,
    },
    "lots": [],
}
_IDENTIFIED: Final = {
    "known": True,
    "id": "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
    "status": "active",
    "enrolled_at": "2027-03-10T09:00:00Z",
    "strength": "static",
    "balances": [_BALANCE],
    "tiers": [_TIER],
}


@post(
    "/v1/members/identify",
    status_code=200,
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Who is it?",
        detail="By phone, e-mail, card, QR code, payment token, own id or member id. Writes nothing: somebody unknown "
        "is `known: false`, and becomes a member with their first activity.",
        tag="Members",
        scope="till",
        body=IdentifyIn,
        answer=Identified,
        errors=(*_MALFORMED, TwoMembers),
        examples=(
            Example(
                summary="By phone",
                body={"member": {"phone": "069 123 456"}},
                answer=_IDENTIFIED,
            ),
        ),
    ),
)
async def identify(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Who it is, without writing. Raises what `normalise` raises, TwoMembers."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    asked = await http.body(request, _identify_in)
    keys, state = keys_of(request), request.app.state
    program = await state.in_force(state.runtime, program_id)
    if program is None:
        raise NothingReleased(program_id=program_id)
    async with state.database.read(programs=[program_id]) as tx:
        names = service.named(asked.member.names(), region=program.program.region)
        wanted = service.wanted(keys, names, program_id=program_id, now=now, enrol=False)
        (found,) = await service.find(tx, [wanted], keys=keys, now=now)
        if found.conflict is not None:
            one, other = found.conflict
            raise TwoMembers(members=(ids.to_wire("mem", one), ids.to_wire("mem", other)))
        if found.account_id is None or found.new:
            return http.answer(Identified(known=False))
        seen = await state.standing(
            state.runtime,
            tx,
            program_id=program_id,
            account_id=found.account_id,
            member_id=found.member_id,
            enrolled_at=found.enrolled_at,
            now=now,
        )
    return http.answer(identified(found, seen))


@get(
    "/v1/members/{member_id:str}",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="One member",
        tag="Members",
        scope="members:read",
        answer=MemberOut,
        errors=(MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="A member", answer=_MEMBER),),
    ),
)
async def member(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """A member with profile, balances and tiers. Raises MemberNotFound, MemberErased, MalformedId, WrongKindOfId."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    wanted, state = ids.from_wire("mem", member_id), request.app.state
    # Before a connection is taken: who waits for the release to be read must hold none.
    await state.in_force(state.runtime, program_id)
    async with state.database.read(programs=[program_id]) as tx:
        found = await service.member(tx, program_id=program_id, member_id=wanted)
        profile = await people.profile(tx, keys=keys_of(request), program_id=program_id, member_id=wanted)
        seen = await state.standing(
            state.runtime,
            tx,
            program_id=program_id,
            account_id=found.account_id,
            member_id=found.member_id,
            enrolled_at=found.enrolled_at,
            now=now,
        )
    return http.answer(member_out(found, profile, seen))


@patch(
    "/v1/members/{member_id:str}/profile",
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="Change what identifies a member",
        detail="What is left out stays, null empties. A new phone, e-mail or own id leads to the member at once, the "
        "old one no longer does.",
        tag="Members",
        scope="members:write",
        body=ProfileIn,
        answer=Profile,
        errors=(MemberNotFound, MemberErased, IdentifierTaken, NotAPhone, NotAnEmail, NotAnOwnId, CardNumberRefused),
        examples=(
            Example(
                summary="A new phone",
                body={"phone": "069 777 888"},
                answer={"phone": "+37369777888", "given_name": "Ana"},
            ),
        ),
    ),
)
async def change_profile(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The profile after the change. Raises MemberNotFound, MemberErased, IdentifierTaken, what `normalise` raises."""
    program_id = access.actor_of(request).program_id
    wanted, changes = ids.from_wire("mem", member_id), await http.body(request, _profile_in)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        changed = await people.change_profile(
            tx,
            keys=keys_of(request),
            program_id=program_id,
            member_id=wanted,
            changes=changes,
            region=await region_of(tx, program_id=program_id),
            now=http.now(request),
        )
        # The names of what changed and no values: the audit log is never erased.
        fields = sorted(name for name in changes.__struct_fields__ if getattr(changes, name) is not msgspec.UNSET)
        await access.recorded(tx, request, "member.profile", ids.to_wire("mem", wanted), None, fields)
    return http.answer(changed)


@get(
    "/v1/members/{member_id:str}/statement",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="A member's points",
        detail="Balances, lots with their dates, and every entry with its reason, the latest first. `as_of` is a "
        "moment at least 15 s ago.",
        tag="Members",
        scope="ledger:read",
        answer=StatementOut,
        query={"as_of": str, "currency": str, "cursor": str, "limit": int},
        errors=(MemberNotFound, TooRecent, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="A statement", answer=_STATEMENT),),
    ),
)
async def statement(
    request: Request[Any, Any, Any],
    member_id: FromPath[str],
    as_of: FromQuery[str | None] = None,
    currency: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """What happened to a member's points. Raises MemberNotFound, TooRecent, MalformedId, WrongKindOfId."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    wanted = ids.from_wire("mem", member_id)
    at = _moment(as_of)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await service.member(tx, program_id=program_id, member_id=wanted)
        # Who was merged since had books of their own then, and the others had theirs (I8).
        there = await service.then(tx, program_id=program_id, member_id=wanted, at=at)
        told = await ledger.statement(
            tx,
            program_id=program_id,
            account_id=there.account_id,
            earlier=there.earlier,
            people=there.people,
            now=now,
            as_of=at,
            currency=currency,
            cursor=cursor,
            limit=limit,
        )
    return http.answer(statement_out(told, found.member_id))


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        # A plus sign in an address is read as a space.
        at = msgspec.convert(text.replace(" ", "+"), Moment)
    except msgspec.ValidationError as fault:
        raise ValidationFault(
            field="as_of", reason="expected a date and time with zone, for example 2027-01-31T17:00:00Z"
        ) from fault
    # The ends of what a date can be cannot be moved to another zone.
    if not 1970 <= at.year <= 2200:
        reasons = Text(
            en="must lie between 1970 and 2200",
            ru="должно быть между 1970 и 2200",
            ro="trebuie să fie între 1970 și 2200",
        )
        raise ValidationFault(field="as_of", reason=reasons.en, reasons=reasons)
    return at


ROUTES: Final = [identify, member, change_profile, statement, *card_routes.ROUTES]
