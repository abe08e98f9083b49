"""Pay-outs over HTTP: make, show, the file for the bank, what arrived and what did not."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Body, Name
from regulars.kit import http, ids, strict
from regulars.kit.database import Transaction
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.payouts import service as payouts
from regulars.payouts.contracts import (
    CurrencyNotPaidOut,
    LineFailed,
    NoSuchPayout,
    NoSuchPayoutLine,
    Payout,
    PayoutLineFailed,
    PayoutNotDue,
    PayoutOut,
    PayoutUnfinished,
)

LineNumber = Annotated[int, Meta(ge=1, le=100_000_000)]
_PAYOUT: Final = "pay_06DQ8V3P5TB8C9ZKM2R4XA7W1E"


class PayoutBody(Body, frozen=True, kw_only=True):
    """Which currency is paid out."""

    currency: Name


class ConfirmBody(Body, frozen=True, kw_only=True):
    """The lines that arrived; all that have not failed, if left out."""

    lines: Annotated[tuple[LineNumber, ...], Meta(min_length=1, max_length=10_000)] | None = None


class FailedLineBody(Body, frozen=True, kw_only=True):
    """A line that did not arrive, and what the bank says."""

    no: LineNumber
    reason: Annotated[str, Meta(max_length=200)] = ""


class FailBody(Body, frozen=True, kw_only=True):
    """The lines that did not arrive."""

    lines: Annotated[tuple[FailedLineBody, ...], Meta(min_length=1, max_length=1_000)]


class PayoutsOut(msgspec.Struct, frozen=True):
    """The last pay-outs, the latest first."""

    items: tuple[PayoutOut, ...]


_EXAMPLE: Final[dict[str, Any]] = {
    "id": _PAYOUT,
    "currency": "cashback",
    "period": "2026-04",
    "made_by": "key 06DQ8T",
    "made_at": "2026-04-10T07:00:00Z",
    "finished_at": "2026-04-10T07:00:04Z",
    "payments": 1,
    "total": 6250,
    "money": "EUR",
    "lines": [
        {
            "no": 1,
            "member": "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
            "state": "paid",
            "amount": 6250,
            "activity_id": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
            "returned_by": None,
            "reason": None,
        }
    ],
}
_FILE: Final = (
    "line,reference,account,amount,currency,member\r\n"
    "1,PAY-1,MD24AG000225100013104168,50.00,MDL,mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C\r\n"
)
_FAULTS: Final = (NoSuchPayout, ids.MalformedId, ids.WrongKindOfId)


_make: Final = msgspec.json.Decoder(PayoutBody)
_confirm: Final = msgspec.json.Decoder(ConfirmBody)
_fail: Final = msgspec.json.Decoder(FailBody)


@post(
    "/v1/payouts",
    guards=[access.requires("activities:write")],
    opt=http.describes(
        summary="Make a pay-out",
        detail="Takes what members have of a currency into a file of payments, each member exactly once: who was "
        "stopped in the middle asks again, under the same key, and it goes on. A monthly pay-out that was made answers "
        "as before.",
        tag="Pay-outs",
        scope="activities:write",
        body=PayoutBody,
        headers=activities.KEYED,
        answer=PayoutOut,
        errors=(ValidationFault, CurrencyNotPaidOut, PayoutNotDue),
        examples=(Example(summary="April's cashback", body={"currency": "cashback"}, answer=_EXAMPLE),),
    ),
)
async def make(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Make a pay-out. Raises CurrencyNotPaidOut, PayoutNotDue."""
    raw = await request.body()
    body, call = strict.decode(raw, _make), activities.keyed(request, raw)
    return activities.answered(await payouts.make_under_key(request.app.state.runtime, call, currency=body.currency))


@get(
    "/v1/payouts",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="The last pay-outs",
        tag="Pay-outs",
        scope="ledger:read",
        answer=PayoutsOut,
        examples=(Example(summary="One", answer={"items": [_EXAMPLE]}),),
    ),
)
async def listed(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The last twenty, the latest first."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await payouts.latest(request.app.state.runtime, tx, program_id=program_id)
    return http.answer(PayoutsOut(tuple(payouts.shown(one) for one in found)))


@get(
    "/v1/payouts/{payout_id:str}",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="A pay-out and its lines",
        tag="Pay-outs",
        scope="ledger:read",
        answer=PayoutOut,
        errors=_FAULTS,
        examples=(Example(summary="April's cashback", answer=_EXAMPLE),),
    ),
)
async def one(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[bytes]:
    """One of them. Raises NoSuchPayout, MalformedId, WrongKindOfId."""
    return http.answer(payouts.shown(await _found(request, payout_id)))


@get(
    "/v1/payouts/{payout_id:str}/file",
    guards=[access.requires("activities:write")],
    opt=http.describes(
        summary="The file for the bank",
        detail="CSV: line, reference, account, amount, currency, member. The total is that of the debits, to the cent.",
        tag="Pay-outs",
        scope="activities:write",
        answer=str,
        errors=(*_FAULTS, PayoutUnfinished),
        examples=(Example(summary="One payment", answer=_FILE),),
    ),
)
async def file(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[bytes]:
    """The payments as CSV. Raises NoSuchPayout, PayoutUnfinished, MalformedId, WrongKindOfId."""
    found = await _found(request, payout_id)
    if found.finished_at is None:
        raise PayoutUnfinished
    return Response(payouts.payments(found).encode(), media_type="text/csv; charset=utf-8")


@post(
    "/v1/payouts/{payout_id:str}/confirm",
    guards=[access.requires("activities:write")],
    opt=http.describes(
        summary="Payments arrived",
        tag="Pay-outs",
        scope="activities:write",
        body=ConfirmBody,
        headers=activities.KEYED,
        answer=PayoutOut,
        errors=(*_FAULTS, ValidationFault, PayoutUnfinished, NoSuchPayoutLine, PayoutLineFailed),
        examples=(Example(summary="All of them", body={}, answer=_EXAMPLE),),
    ),
)
async def confirm(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[bytes]:
    """Lines arrived. Raises NoSuchPayout, PayoutUnfinished, NoSuchPayoutLine, PayoutLineFailed."""
    raw = await request.body()
    body = strict.decode(raw, _confirm)
    runtime, program_id = request.app.state.runtime, access.actor_of(request).program_id
    made = ids.from_wire("pay", payout_id)
    await runtime.programs.ready(program_id)

    async def work(tx: Transaction) -> PayoutOut:
        found = await payouts.confirmed(runtime, tx, program_id=program_id, payout_id=made, lines=body.lines)
        return payouts.shown(found)

    return await activities.once(request, raw, work)


@post(
    "/v1/payouts/{payout_id:str}/fail",
    guards=[access.requires("activities:write")],
    opt=http.describes(
        summary="Payments did not arrive",
        detail="The points come back to the lots that they were taken from, or with the return grace where those have "
        "ended. What is told twice counts once.",
        tag="Pay-outs",
        scope="activities:write",
        body=FailBody,
        headers=activities.KEYED,
        answer=PayoutOut,
        errors=(*_FAULTS, ValidationFault, PayoutUnfinished, NoSuchPayoutLine),
        examples=(Example(summary="Account closed", body={"lines": [{"no": 1, "reason": "AC04"}]}, answer=_EXAMPLE),),
    ),
)
async def fail(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[bytes]:
    """Lines did not arrive. Raises NoSuchPayout, PayoutUnfinished, NoSuchPayoutLine."""
    raw = await request.body()
    body, call = strict.decode(raw, _fail), activities.keyed(request, raw)
    failed = [LineFailed(no=line.no, reason=line.reason) for line in body.lines]
    return activities.answered(
        await payouts.fail_under_key(
            request.app.state.runtime, call, payout_id=ids.from_wire("pay", payout_id), failed=failed
        )
    )


async def _found(request: Request[Any, Any, Any], payout_id: str) -> Payout:
    program_id = access.actor_of(request).program_id
    runtime = request.app.state.runtime
    await runtime.programs.ready(program_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        return await payouts.show(runtime, tx, program_id=program_id, payout_id=ids.from_wire("pay", payout_id))


ROUTES: Final[list[Any]] = [make, listed, one, file, confirm, fail]
