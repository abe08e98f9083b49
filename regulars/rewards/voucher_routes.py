"""Vouchers over HTTP: what a code is worth, setting it aside, using it without a basket; those of a member; blocking.

A code is a secret worth money, so none of these puts one into an address: addresses are written into logs everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import (
    Answer,
    Identifier,
    Intake,
    Reply,
)
from regulars.activities.service import Call, door
from regulars.codes import service as codes
from regulars.codes.contracts import Code, CodeLocked, CodeShared, CodeUsedUp, UnknownCode
from regulars.engine.contracts.gifts import VoucherAct
from regulars.kit import http, ids, strict
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound, RateLimited, ValidationFault
from regulars.kit.http import Example
from regulars.members.contracts import MemberErased, MemberNotFound, NoIdentifier
from regulars.rewards import budgets
from regulars.rewards import voucher_examples as examples
from regulars.rewards.voucher_bodies import (
    BatchesOut,
    ChangedOut,
    CodeBody,
    CodeOut,
    CodesOut,
    GiveBody,
    LockBody,
    LockedOut,
    RedeemBody,
    StateBody,
    UnlockBody,
)

PAGE: Final = 100


_code: Final = msgspec.json.Decoder(CodeBody)
_lock: Final = msgspec.json.Decoder(LockBody)
_unlock: Final = msgspec.json.Decoder(UnlockBody)
_state: Final = msgspec.json.Decoder(StateBody)


async def redeem(runtime: Any, call: Call, body: RedeemBody, path: Mapping[str, Any]) -> Reply:
    """Codes are used without a basket."""
    who = tuple(Identifier(kind=kind, value=value) for kind, value in body.member.names())
    if not who:
        raise NoIdentifier
    said = VoucherAct(act="redeem")
    return await activities.submit(
        runtime,
        Intake(
            type="voucher",
            who=who,
            voucher=said,
            codes=body.vouchers,
            session=body.session,
            **activities.circumstances(call, body),
        ),
    )


async def give(runtime: Any, call: Call, body: GiveBody, path: Mapping[str, Any]) -> Reply:
    """Staff give a code."""
    said = VoucherAct(act="give", voucher=body.voucher, reason=body.reason, by=activities.answers_for(call.actor))
    return await activities.submit_of_member(runtime, call, body, path, type="voucher", voucher=said)


@post(
    "/v1/vouchers/look",
    guards=[access.requires("till")],
    status_code=200,
    opt=http.describes(
        summary="What a code is worth",
        detail="Its campaign, whether it still counts, how often, until when; of a gift card what is still on it. "
        "Whoever asks for too many codes that do not exist has to wait.",
        tag="Vouchers",
        scope="till",
        body=CodeBody,
        answer=CodeOut,
        errors=(UnknownCode, RateLimited, ValidationFault),
        examples=(Example(summary="A gift card", body={"code": "GIFT-7QK2-M8ZT-3"}, answer=examples.GIFT_CARD),),
    ),
)
async def look(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A code as it is now. Raises UnknownCode, RateLimited."""
    given = await http.body(request, _code)
    runtime, now = request.app.state.runtime, http.now(request)
    actor = access.actor_of(request)
    found = await activities.look_code(
        runtime, program_id=actor.program_id, client_id=actor.key_id, code=given.code, now=now
    )
    shown = _shown(found.code, found.title, now=now)
    return http.answer(
        msgspec.structs.replace(
            shown, uses_left=found.uses_left, value=found.value, currency=found.currency, code=None, member=None
        )
    )


@post(
    "/v1/vouchers/lock",
    guards=[access.requires("till")],
    status_code=200,
    opt=http.describes(
        summary="Set a code aside",
        detail="From now on it counts for this session alone, until it is paid, let go, or the time is over. The same "
        "session may ask again, and has it for longer.",
        tag="Vouchers",
        scope="till",
        body=LockBody,
        headers=activities.KEYED,
        answer=LockedOut,
        errors=(UnknownCode, CodeLocked, CodeUsedUp, CodeShared, RateLimited, ValidationFault),
        examples=(
            Example(
                summary="For ten minutes",
                body={"code": "SUMMER-4821-K7QZ-P", "session": "till-7-receipt-1204", "ttl_s": 600},
                answer={"locked_until": "2026-03-02T10:10:00Z"},
            ),
        ),
    ),
)
async def lock(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Set a code aside. Raises UnknownCode, CodeLocked, RateLimited, and why it does not count at all."""
    raw = await request.body()
    given = strict.decode(raw, _lock)
    runtime, actor = request.app.state.runtime, access.actor_of(request)
    await runtime.programs.ready(actor.program_id)

    async def work(tx: Transaction) -> LockedOut:
        until = await activities.lock_code(
            runtime,
            tx,
            program_id=actor.program_id,
            client_id=actor.key_id,
            code=given.code,
            session=given.session,
            ttl_s=given.ttl_s,
            now=http.now(request),
        )
        return LockedOut(until)

    return await activities.once(request, raw, work)


@post(
    "/v1/vouchers/unlock",
    guards=[access.requires("till")],
    status_code=200,
    opt=http.describes(
        summary="Let a code go",
        detail="The basket was given up: the code counts for everybody again. Nothing changes where this session does "
        "not have it.",
        tag="Vouchers",
        scope="till",
        body=UnlockBody,
        headers=activities.KEYED,
        answer=LockedOut,
        errors=(RateLimited, ValidationFault),
        examples=(
            Example(
                summary="The basket was given up",
                body={"code": "SUMMER-4821-K7QZ-P", "session": "till-7-receipt-1204"},
                answer={"locked_until": None},
            ),
        ),
    ),
)
async def unlock(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Let a code go."""
    raw = await request.body()
    given = strict.decode(raw, _unlock)
    program_id = access.actor_of(request).program_id
    code_id = codes.id_of(request.app.state.runtime.code_keys, program_id, given.code)

    async def work(tx: Transaction) -> LockedOut:
        await codes.unlock(tx, program_id=program_id, code_id=code_id, session=given.session)
        return LockedOut(None)

    return await activities.once(request, raw, work)


@get(
    "/v1/members/{member_id:str}/vouchers",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The vouchers of a member",
        detail="The codes that they were given and have not used up, those that end first before the others.",
        tag="Vouchers",
        scope="members:read",
        answer=CodesOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="One, through Easter", answer={"items": [examples.HELD]}),),
    ),
)
async def of_member(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """The vouchers of a member as of now. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    runtime, program_id = request.app.state.runtime, access.actor_of(request).program_id
    now = http.now(request)
    found = await activities.look(runtime, program_id=program_id, member_id=ids.from_wire("mem", member_id), now=now)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        rows = await codes.of_member(
            tx, runtime.code_keys, program_id=program_id, code_ids=[one.code_id for one in found.vouchers]
        )
        named = {one.code_id: one.voucher for one in found.vouchers}
        # An open code may have been shown by somebody else.
        gone = await activities.used_up_codes(runtime, tx, program_id=program_id, vouchers=named, now=now)
    shared = await activities.shared_codes(runtime, program_id=program_id, now=now)
    items = tuple(
        _held(one, rows.get(one.code_id), shared.get(one.code_id), now)
        for one in found.vouchers
        if one.code_id not in gone
    )
    return http.answer(CodesOut(items))


def _held(held: Any, row: Code | None, shared: str | None, now: dt.datetime) -> CodeOut:
    one = (
        CodeOut(id=ids.to_wire("vch", held.code_id), voucher=held.voucher, state="open", ending="", code=shared)
        if row is None
        else _shown(row, held.title, now=now)
    )
    return msgspec.structs.replace(
        one, title=held.title, given_on=held.given_on, until=held.until, by_itself=held.by_itself, member=None
    )


@get(
    "/v1/vouchers",
    guards=[access.requires("program:read")],
    opt=http.describes(
        summary="Find codes",
        detail="By campaign, batch, state or member; without the codes themselves, of which only the end is shown.",
        tag="Vouchers",
        scope="program:read",
        answer=CodesOut,
        query={"voucher": str, "batch": str, "status": str, "member": str, "cursor": str, "limit": int},
        errors=(ValidationFault, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Those that were blocked", answer={"items": [examples.LISTED]}),),
    ),
)
async def listed(
    request: Request[Any, Any, Any],
    voucher: FromQuery[str | None] = None,
    batch: FromQuery[str | None] = None,
    member: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = PAGE,
) -> Response[bytes]:
    """Codes by what is known of them. Raises MalformedId, WrongKindOfId, ValidationFault."""
    if not 1 <= limit <= PAGE:
        raise ValidationFault(field="limit", reason=f"must be from 1 to {PAGE}")
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await codes.codes(
            tx,
            request.app.state.runtime.code_keys,
            program_id=program_id,
            voucher=voucher,
            batch=batch,
            # Litestar keeps an argument of this name for itself.
            state=request.query_params.get("status"),
            member_id=None if member is None else ids.from_wire("mem", member),
            after=None if cursor is None else ids.from_wire("vch", cursor),
            limit=limit + 1,
        )
    now = http.now(request)
    items = tuple(_shown(one, {}, now=now) for one in found[:limit])
    return http.answer(CodesOut(items, items[-1].id if len(found) > limit else None))


@get(
    "/v1/vouchers/batches",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="How many codes there are",
        detail="By campaign and batch; `free` are those that nobody has and nobody blocked. The key of a partner sees "
        "those of their campaigns.",
        tag="Vouchers",
        scope="program:read",
        answer=BatchesOut,
        query={"voucher": str},
        errors=(ValidationFault,),
        examples=(
            Example(
                summary="One campaign",
                answer={"items": [{"voucher": "summer", "batch": "2026-05", "codes": 1000000, "free": 998214}]},
            ),
        ),
    ),
)
async def batches(request: Request[Any, Any, Any], voucher: FromQuery[str | None] = None) -> Response[bytes]:
    """The batches of codes."""
    actor = access.actor_of(request)
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        found = await codes.batches(tx, program_id=actor.program_id, voucher=voucher)
    if actor.partner is not None:
        program = (await budgets.in_force(request.app.state.runtime, actor.program_id)).program
        mine = {name for name, one in program.vouchers.items() if one.owner == actor.partner}
        found = [one for one in found if one.voucher in mine]
    return http.answer(BatchesOut(tuple(found)))


@post(
    "/v1/vouchers/state",
    guards=[access.requires("activities:write")],
    status_code=200,
    opt=http.describes(
        summary="Block codes, or open them again",
        detail="A blocked code counts for nobody, also where it was quoted a moment ago.",
        tag="Vouchers",
        scope="activities:write",
        body=StateBody,
        headers=activities.KEYED,
        answer=ChangedOut,
        errors=(ValidationFault, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="A stolen batch",
                body={"state": "blocked", "codes": ["SUMMER-4821-K7QZ-P"]},
                answer={"changed": 1},
            ),
        ),
    ),
)
async def set_state(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Block codes, or open them. Raises MalformedId, WrongKindOfId."""
    raw = await request.body()
    given = strict.decode(raw, _state)
    runtime, program_id = request.app.state.runtime, access.actor_of(request).program_id
    wanted = [ids.from_wire("vch", one) for one in given.ids]
    wanted += [codes.id_of(runtime.code_keys, program_id, one) for one in given.codes]

    async def work(tx: Transaction) -> ChangedOut:
        blocked = given.state == "blocked"
        return ChangedOut(await codes.block(tx, program_id=program_id, code_ids=wanted, blocked=blocked))

    return await activities.once(request, raw, work)


def _shown(one: Code, title: dict[str, str], *, now: dt.datetime) -> CodeOut:
    locked = one.locked_until is not None and one.locked_until > now
    return CodeOut(
        id=ids.to_wire("vch", one.code_id),
        voucher=one.voucher,
        title=title,
        state="locked" if locked and one.state == "open" else one.state,
        ending=one.tail,
        code=one.text,
        value=one.value,
        batch=one.batch,
        member=None if one.member_id is None else ids.to_wire("mem", one.member_id),
        from_at=one.from_at,
        until_at=one.until_at,
        locked_until=one.locked_until if locked else None,
    )


_FAULTS: Final = (ValidationFault, NoIdentifier, MemberNotFound, MemberErased, NotFound)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/vouchers/redeem",
        redeem,
        body=RedeemBody,
        summary="Use codes without a basket",
        detail="What the campaign gives is given at once; a gift card is put on the member's balance. What only takes "
        "something off a price is refused.",
        tag="Vouchers",
        status=201,
        answer=Answer,
        errors=(*_FAULTS, RateLimited),
        examples=(
            Example(
                summary="A gift card, into the wallet",
                body={"member": {"phone": "+37369123456"}, "vouchers": ["GIFT-7QK2-M8ZT-3"]},
                answer=examples.REDEEMED,
            ),
        ),
    ),
    door(
        "/v1/members/{member_id:str}/vouchers",
        give,
        body=GiveBody,
        scope="activities:write",
        summary="Give a voucher by hand",
        detail="The next free code of the campaign, or a new one; it stands in the answer, on the receipt.",
        tag="Vouchers",
        status=201,
        answer=Answer,
        errors=(*_FAULTS, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="For the wait",
                body={"voucher": "sorry", "reason": "waited for an hour"},
                answer=examples.GIVEN,
            ),
        ),
    ),
    look,
    lock,
    unlock,
    of_member,
    listed,
    batches,
    set_state,
]
