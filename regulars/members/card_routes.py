"""A member's cards over HTTP."""

from __future__ import annotations

import io
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import segno
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from regulars.access import service as access
from regulars.kit import http, ids
from regulars.kit.errors import RegularsError
from regulars.kit.http import Example
from regulars.members import cards, codes, service
from regulars.members.bodies import BlockIn, CardOut, CardsOut, card_out
from regulars.members.contracts import (
    AppSecret,
    CardNotActive,
    CardNotFound,
    CardNumberTaken,
    MemberErased,
    MemberNotFound,
    RotatingCode,
)
from regulars.members.surroundings import keys_of

_block_in: Final = msgspec.json.Decoder(BlockIn)
_NOBODY: Final[tuple[type[RegularsError], ...]] = (
    MemberNotFound,
    MemberErased,
    CardNotFound,
    ids.MalformedId,
    ids.WrongKindOfId,
)
_CARD: Final = {
    "id": "crd_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
    "number": "438812345679",
    "status": "active",
    "created_at": "2027-03-10T09:00:00Z",
}


@get(
    "/v1/members/{member_id:str}/cards",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's cards",
        tag="Cards",
        scope="members:read",
        answer=CardsOut,
        errors=_NOBODY,
        examples=(Example(summary="One card", answer={"items": [_CARD]}),),
    ),
)
async def listed(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """All cards, the newest first. Raises MemberNotFound, MemberErased, MalformedId, WrongKindOfId."""
    program_id = access.actor_of(request).program_id
    wanted = ids.from_wire("mem", member_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await cards.of_member(tx, keys=keys_of(request), program_id=program_id, member_id=wanted)
    return http.answer(CardsOut(tuple(card_out(one) for one in found)))


@post(
    "/v1/members/{member_id:str}/cards",
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="Issue one more card",
        tag="Cards",
        scope="members:write",
        answer=CardOut,
        status=201,
        errors=(*_NOBODY, CardNumberTaken),
        examples=(Example(summary="A card", answer=_CARD),),
    ),
)
async def issued(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """A new card. Raises MemberNotFound, MemberErased, CardNumberTaken, MalformedId, WrongKindOfId."""
    program_id, now, keys = access.actor_of(request).program_id, http.now(request), keys_of(request)
    wanted = ids.from_wire("mem", member_id)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        drawn = service.draw_card(keys, program_id=program_id, now=now)
        card = await cards.issue(tx, keys=keys, program_id=program_id, member_id=wanted, card=drawn, now=now)
        await access.recorded(tx, request, "card.issue", ids.to_wire("crd", card.card_id), None, {"member": member_id})
    return http.answer(card_out(card), status=201)


@post(
    "/v1/members/{member_id:str}/cards/{card_id:str}/block",
    status_code=200,
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="Block a card",
        detail="It goes on earning for its owner but cannot spend. Again changes nothing.",
        tag="Cards",
        scope="members:write",
        body=BlockIn,
        answer=CardOut,
        errors=(*_NOBODY, CardNotActive),
        examples=(
            Example(summary="Lost", body={"reason": "lost"}, answer={**_CARD, "status": "blocked", "reason": "lost"}),
        ),
    ),
)
async def blocked(request: Request[Any, Any, Any], member_id: FromPath[str], card_id: FromPath[str]) -> Response[bytes]:
    """The blocked card. Raises CardNotFound, CardNotActive and what the member raises."""
    program_id = access.actor_of(request).program_id
    member, card = _ids(member_id, card_id)
    why = await http.body(request, _block_in)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        changed = await cards.block(
            tx,
            keys=keys_of(request),
            program_id=program_id,
            member_id=member,
            card_id=card,
            reason=why.reason,
            now=http.now(request),
        )
        await access.recorded(tx, request, "card.block", ids.to_wire("crd", card), None, {"reason": changed.reason})
    return http.answer(card_out(changed))


@post(
    "/v1/members/{member_id:str}/cards/{card_id:str}/replace",
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="Replace a card",
        detail="The answer is the new card. The old number still leads to the member, but cannot spend.",
        tag="Cards",
        scope="members:write",
        body=BlockIn,
        answer=CardOut,
        status=201,
        errors=(*_NOBODY, CardNotActive, CardNumberTaken),
        examples=(Example(summary="Stolen", body={"reason": "stolen"}, answer=_CARD),),
    ),
)
async def replaced(
    request: Request[Any, Any, Any], member_id: FromPath[str], card_id: FromPath[str]
) -> Response[bytes]:
    """The new card. Raises MemberNotFound, MemberErased, CardNotFound, CardNotActive, CardNumberTaken, MalformedId."""
    program_id, now, keys = access.actor_of(request).program_id, http.now(request), keys_of(request)
    member, card = _ids(member_id, card_id)
    why = await http.body(request, _block_in)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        made = await cards.replace(
            tx,
            keys=keys,
            program_id=program_id,
            member_id=member,
            card_id=card,
            new=service.draw_card(keys, program_id=program_id, now=now),
            reason=why.reason,
            now=now,
        )
        new = {"reason": why.reason, "card": ids.to_wire("crd", made.card_id)}
        await access.recorded(tx, request, "card.replace", ids.to_wire("crd", card), None, new)
    return http.answer(card_out(made), status=201)


@get(
    "/v1/members/{member_id:str}/cards/{card_id:str}/code",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The rotating code of this half minute",
        detail="What the member's app shows; good for redemption once, and for about a minute.",
        tag="Cards",
        scope="members:read",
        answer=RotatingCode,
        errors=(*_NOBODY, CardNotActive),
        examples=(
            Example(
                summary="A code",
                answer={
                    "payload": "RG1.438812345679.94287082",
                    "code": "94287082",
                    "shown_until": "2027-03-10T09:00:30Z",
                },
            ),
        ),
    ),
)
async def code(request: Request[Any, Any, Any], member_id: FromPath[str], card_id: FromPath[str]) -> Response[bytes]:
    """A rotating code. Raises CardNotFound, CardNotActive and what the member raises."""
    return http.answer(await _code(request, *_ids(member_id, card_id)))


@get(
    "/v1/members/{member_id:str}/cards/{card_id:str}/app-secret",
    guards=[access.requires("members:write")],
    opt=http.describes(
        summary="What the member's app needs to make codes offline",
        detail="An otpauth address. Hand it to the member's own device only: whoever has it can show the card.",
        tag="Cards",
        scope="members:write",
        answer=AppSecret,
        errors=(*_NOBODY, CardNotActive),
        examples=(Example(summary="A secret", answer={"otpauth": "otpauth://totp/..."}),),
    ),
)
async def app_secret(
    request: Request[Any, Any, Any], member_id: FromPath[str], card_id: FromPath[str]
) -> Response[bytes]:
    """A card's secret. Raises CardNotFound, CardNotActive and what the member raises."""
    program_id = access.actor_of(request).program_id
    member, card = _ids(member_id, card_id)
    # Written down who took it, so it is no read.
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        told = await cards.app_secret(
            tx, keys=keys_of(request), program_id=program_id, member_id=member, card_id=card, issuer="Regulars"
        )
        await access.recorded(tx, request, "card.secret", ids.to_wire("crd", card), None, None)
    return http.answer(told)


@get(
    "/v1/members/{member_id:str}/cards/{card_id:str}/qr",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The card as a QR code",
        detail="The card's number, which earns; with `rotating=true` the code of this half minute, which also redeems.",
        tag="Cards",
        scope="members:read",
        media_type="image/svg+xml",
        query={"rotating": bool, "format": Literal["svg", "png"]},
        errors=(*_NOBODY, CardNotActive),
        examples=(Example(summary="A picture", answer="<svg ...></svg>"),),
    ),
)
async def qr(
    request: Request[Any, Any, Any],
    member_id: FromPath[str],
    card_id: FromPath[str],
    rotating: FromQuery[bool] = False,
    format: FromQuery[Literal["svg", "png"]] = "svg",
) -> Response[bytes]:
    """A picture. Raises CardNotFound, CardNotActive and what the member raises."""
    shown = await _code(request, *_ids(member_id, card_id))
    payload = shown.payload if rotating else codes.payload(shown.payload.split(".")[1])
    picture = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(picture, kind=format, scale=8, border=4)
    kind = "image/png" if format == "png" else "image/svg+xml"
    return Response(picture.getvalue(), media_type=kind, headers={"cache-control": "no-store"})


async def _code(request: Request[Any, Any, Any], member_id: UUID, card_id: UUID) -> RotatingCode:
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return await cards.code(
            tx,
            keys=keys_of(request),
            program_id=program_id,
            member_id=member_id,
            card_id=card_id,
            now=http.now(request),
        )


def _ids(member_id: str, card_id: str) -> tuple[UUID, UUID]:
    return ids.from_wire("mem", member_id), ids.from_wire("crd", card_id)


ROUTES: Final = [listed, issued, blocked, replaced, code, app_secret, qr]
