"""The till over HTTP. What hands in an activity takes Idempotency-Key and answers with the stored bytes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from regulars.access import service as access
from regulars.access.contracts import ScopeMissing
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Explanation, Intake, Reply
from regulars.activities.service import Call, door
from regulars.checkout import (
    befriending,
    by_hand,
    climbing,
    dealing,
    enlisting,
    examples,
    forgetting,
    intakes,
    joining,
    moving,
    picking,
    sending,
    simulating,
    till_routes,
    tokens,
)
from regulars.checkout.bodies import (
    ActivityBody,
    CaptureBody,
    ExchangeBody,
    ExtendHoldBody,
    HoldBody,
    PurchaseBody,
    QuoteBody,
    ReturnBody,
    ReviewBody,
    VoidBody,
)
from regulars.checkout.contracts import (
    BadQuoteToken,
    BasketTooLarge,
    DuplicateLine,
    EitherQuantityOrAmount,
    HasItsOwnOperation,
    MalformedQuantity,
    QuantityTooFine,
    SaleNotNamed,
)
from regulars.checkout.records import Recorded, recorded
from regulars.kit import http, ids, keyring, pages
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.members.contracts import NoIdentifier

_encode: Final = msgspec.json.Encoder().encode


async def quote(runtime: Any, call: Call, body: QuoteBody, path: Mapping[str, Any]) -> Reply:
    """What would this basket bring and cost now? Nothing is written."""
    found = await activities.quote(runtime, intakes.quote(call, body), now=call.at)
    if isinstance(found, Reply):
        return found
    answer, quoted = found
    token = tokens.sign(quoted, program_id=call.actor.program_id, key=_quote_key(runtime))
    return Reply(status=200, body=_encode(msgspec.structs.replace(answer, token=token)))


async def purchase(runtime: Any, call: Call, body: PurchaseBody, path: Mapping[str, Any]) -> Reply:
    """A purchase becomes points, once."""
    quoted = None
    if body.token is not None:
        quoted = tokens.read(body.token, program_id=call.actor.program_id, key=_quote_key(runtime))
    return await _submit(runtime, intakes.purchase(call, body, quoted))


async def give_back(runtime: Any, call: Call, body: ReturnBody, path: Mapping[str, Any]) -> Reply:
    """Goods or money back: what the sale brought is reversed, what it took in points comes back."""
    return await _submit(runtime, intakes.give_back(call, body))


async def exchange(runtime: Any, call: Call, body: ExchangeBody, path: Mapping[str, Any]) -> Reply:
    """Goods back and other goods out, in one act."""
    return await _submit(runtime, intakes.exchange(call, body))


async def void_purchase(runtime: Any, call: Call, body: VoidBody, path: Mapping[str, Any]) -> Reply:
    """A purchase did not happen after all: everything that is left of it is undone."""
    return await _submit(runtime, intakes.void(call, body, purchase=path["activity_id"]))


async def place_hold(runtime: Any, call: Call, body: HoldBody, path: Mapping[str, Any]) -> Reply:
    """Points are set aside until the payment is known."""
    return await _submit(runtime, intakes.place_hold(call, body))


async def capture_hold(runtime: Any, call: Call, body: CaptureBody, path: Mapping[str, Any]) -> Reply:
    """Held points are taken, all or a part; the rest goes back."""
    hold_id = ids.from_wire("hld", path["hold_id"])
    member = await _holder(runtime, call, hold_id)
    return await _submit(runtime, intakes.capture_hold(call, body, hold_id=hold_id, member=member))


async def extend_hold(runtime: Any, call: Call, body: ExtendHoldBody, path: Mapping[str, Any]) -> Reply:
    """Held points stay set aside for longer."""
    hold_id = ids.from_wire("hld", path["hold_id"])
    member = await _holder(runtime, call, hold_id)
    return await _submit(runtime, intakes.extend_hold(call, body, hold_id=hold_id, member=member))


async def void_hold(runtime: Any, call: Call, body: VoidBody, path: Mapping[str, Any]) -> Reply:
    """Held points go back."""
    hold_id = ids.from_wire("hld", path["hold_id"])
    member = await _holder(runtime, call, hold_id)
    return await _submit(runtime, intakes.void_hold(call, body, hold_id=hold_id, member=member))


async def review(runtime: Any, call: Call, body: ReviewBody, path: Mapping[str, Any]) -> Reply:
    """What waits for a person gets a yes or a no."""
    return await _submit(runtime, intakes.review(call, body, activity=path["activity_id"]))


async def record(runtime: Any, call: Call, body: ActivityBody, path: Mapping[str, Any]) -> Reply:
    """Anything else that a member did: a visit, a type of the program's own, an adjustment, a change of profile."""
    return await _submit(runtime, intakes.activity(call, body))


async def _submit(runtime: Any, intake: Intake) -> Reply:
    return await activities.submit(runtime, intake)


async def _holder(runtime: Any, call: Call, hold_id: UUID) -> str:
    """The member who holds the points; a hold has the id of the activity that placed it. Raises NotFound."""
    program_id = call.actor.program_id
    try:
        async with runtime.database.read(programs=[program_id]) as tx:
            placed = await activities.activity(runtime, tx, program_id=program_id, activity_id=hold_id)
    except NotFound as fault:
        raise NotFound(kind="hold", id=ids.to_wire("hld", hold_id)) from fault
    return placed.member


def _quote_key(runtime: Any) -> bytes:
    return _kept_key(runtime.settings.home)


@functools.cache
def _kept_key(home: Path) -> bytes:
    # A file is too slow for each purchase.
    return keyring.key(home, "quote")


@get(
    "/v1/activities/{activity_id:str}",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="One recorded activity",
        tag="Activities",
        scope="till",
        answer=Recorded,
        errors=(NotFound, ids.MalformedId),
        examples=(Example(summary="A purchase", answer=examples.RECORDED),),
    ),
)
async def one(request: Request[Any, Any, Any], activity_id: FromPath[str]) -> Response[bytes]:
    """An activity as it was recorded, with what it brought. Raises NotFound, MalformedId."""
    program_id = access.actor_of(request).program_id
    wanted = ids.from_wire("act", activity_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await activities.activity(request.app.state.runtime, tx, program_id=program_id, activity_id=wanted)
    return http.answer(recorded(found))


@get(
    "/v1/activities/{activity_id:str}/explanation",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="Why an activity brought what it brought",
        detail="Each rule that fired with its points per line; each that did not, with the condition that failed and "
        "the values that it read.",
        tag="Activities",
        scope="till",
        answer=Explanation,
        errors=(NotFound, ids.MalformedId),
        examples=(Example(summary="One rule fired, one was asleep", answer=examples.EXPLANATION),),
    ),
)
async def explanation(request: Request[Any, Any, Any], activity_id: FromPath[str]) -> Response[bytes]:
    """Every rule of the release of the day, and why it did or did not fire. Raises NotFound, MalformedId."""
    program_id = access.actor_of(request).program_id
    wanted = ids.from_wire("act", activity_id)
    return http.answer(await activities.explain(request.app.state.runtime, program_id=program_id, activity_id=wanted))


@get(
    "/v1/members/{member_id:str}/activities",
    guards=[access.requires("till")],
    opt=http.describes(
        summary="What a member did, newest first",
        tag="Activities",
        scope="till",
        answer=pages.Page[Recorded],
        query={"cursor": str, "limit": int},
        errors=(NotFound, ids.MalformedId, pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One purchase", answer={"items": [examples.RECORDED], "next_cursor": None}),),
    ),
)
async def of_member(
    request: Request[Any, Any, Any],
    member_id: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of a member's activities. Raises MalformedId, MalformedCursor, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    wanted = ids.from_wire("mem", member_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        page = await activities.page(
            request.app.state.runtime,
            tx,
            program_id=program_id,
            member_id=wanted,
            cursor=cursor,
            limit=limit,
        )
    return http.answer(pages.Page(items=[recorded(each) for each in page.items], next_cursor=page.next_cursor))


_TILL: Final = "Till"
_BASKET_FAULTS: Final = (
    ValidationFault,
    NoIdentifier,
    DuplicateLine,
    MalformedQuantity,
    QuantityTooFine,
    BasketTooLarge,
)
_SALE_FAULTS: Final = (ValidationFault, SaleNotNamed, EitherQuantityOrAmount, DuplicateLine, ids.MalformedId)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/quotes",
        quote,
        body=QuoteBody,
        keyed=False,
        summary="Quote a basket",
        detail="Answers what a commit would answer now, with a token that the commit may carry. Writes nothing.",
        tag=_TILL,
        answer=Answer,
        errors=_BASKET_FAULTS,
        examples=(Example(summary="A basket of two lines", body=examples.BASKET, answer=examples.QUOTED),),
    ),
    door(
        "/v1/purchases",
        purchase,
        body=PurchaseBody,
        summary="Commit a purchase",
        detail="The member is identified, or enrolled when unknown; points are earned and, with `pay`, spent. With the "
        "token of a quote the answer says whether it is `as_quoted`, or what changed. Exactly once per key.",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(*_BASKET_FAULTS, BadQuoteToken),
        examples=(
            Example(summary="A purchase that was quoted", body=examples.PURCHASE_BODY, answer=examples.PURCHASED),
            Example(summary="Paid with points, as many as may be", body=examples.PAYING_BODY, answer=examples.PAID),
        ),
    ),
    door(
        "/v1/purchases/{activity_id:str}/void",
        void_purchase,
        body=VoidBody,
        summary="Void a purchase",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(ValidationFault, ids.MalformedId),
        examples=(Example(summary="Keyed by mistake", body={"reason": "keyed twice"}, answer=examples.RETURNED),),
    ),
    door(
        "/v1/returns",
        give_back,
        body=ReturnBody,
        summary="Return goods or money",
        detail="By lines (units or money), by an amount spread over all lines, or everything that is left. Judged by "
        "the rules of the day of the sale.",
        tag=_TILL,
        status=201,
        waits=True,
        answer=Answer,
        errors=_SALE_FAULTS,
        examples=(Example(summary="One unit of line 1", body=examples.RETURN_BODY, answer=examples.RETURNED),),
    ),
    door(
        "/v1/exchanges",
        exchange,
        body=ExchangeBody,
        summary="Exchange goods",
        detail="Returned lines by the rules of their day, new lines by those of today, in one act. `returned` names at "
        "least one line; a line without quantity and amount comes back whole.",
        tag=_TILL,
        status=201,
        waits=True,
        answer=Answer,
        errors=(*_BASKET_FAULTS, *_SALE_FAULTS[1:3]),
        examples=(Example(summary="Line 1 for other goods", body=examples.EXCHANGE_BODY, answer=examples.PURCHASED),),
    ),
    door(
        "/v1/holds",
        place_hold,
        body=HoldBody,
        summary="Hold points",
        detail="For a card terminal: hold, take the payment, then capture or void. What is not captured goes back by "
        "itself when the hold ends.",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(ValidationFault, NoIdentifier),
        examples=(Example(summary="200 points for 15 minutes", body=examples.HOLD_BODY, answer=examples.HELD),),
    ),
    door(
        "/v1/holds/{hold_id:str}/capture",
        capture_hold,
        body=CaptureBody,
        summary="Capture a hold",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(ValidationFault, NotFound, ids.MalformedId),
        examples=(Example(summary="150 of them", body={"points": 150}, answer=examples.HELD),),
    ),
    door(
        "/v1/holds/{hold_id:str}/void",
        void_hold,
        body=VoidBody,
        summary="Void a hold",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(ValidationFault, NotFound, ids.MalformedId),
        examples=(Example(summary="The payment failed", body={"reason": "declined"}, answer=examples.HELD),),
    ),
    door(
        "/v1/holds/{hold_id:str}/extend",
        extend_hold,
        body=ExtendHoldBody,
        summary="Extend a hold",
        detail="So many seconds from now on, at most the currency's longest since the hold was first placed. What it "
        "pins goes over, lot by lot, to a new hold: capture or void that one from then on.",
        tag=_TILL,
        status=201,
        answer=Answer,
        errors=(ValidationFault, NotFound, ids.MalformedId),
        examples=(Example(summary="One hour more", body={"ttl_s": 3600}, answer=examples.HELD),),
    ),
    door(
        "/v1/activities",
        record,
        body=ActivityBody,
        summary="Record any other activity",
        detail="Types of the program, `adjust` (scope activities:write) and `profile` (scope members:write).",
        tag="Activities",
        status=201,
        answer=Answer,
        errors=(*_BASKET_FAULTS, HasItsOwnOperation, ScopeMissing),
        examples=(
            Example(summary="A visit", body=examples.VISIT_BODY, answer=examples.VISITED),
            Example(summary="50 points by hand", body=examples.ADJUST_BODY, answer=examples.VISITED),
        ),
    ),
    door(
        "/v1/activities/{activity_id:str}/review",
        review,
        body=ReviewBody,
        scope="activities:approve",
        summary="Approve or reject what waits for a person",
        detail="Points that a limit or a rule held back, activities whose type is approved first, and those that came "
        "too late: with a yes their points begin and they count, with a no the points are cancelled and they do not. "
        "Nobody reviews what they handed in themselves; each is reviewed once, until its deadline.",
        tag="Activities",
        status=201,
        answer=Answer,
        errors=(ValidationFault, NotFound, ids.MalformedId),
        examples=(
            Example(
                summary="A yes", body={"verdict": "approve", "reason": "the receipt is right"}, answer=examples.VISITED
            ),
        ),
    ),
    one,
    explanation,
    of_member,
    *by_hand.ROUTES,
    *forgetting.ROUTES,
    *moving.ROUTES,
    *sending.ROUTES,
    *befriending.ROUTES,
    *picking.ROUTES,
    *joining.ROUTES,
    *climbing.ROUTES,
    *dealing.ROUTES,
    *enlisting.ROUTES,
    *simulating.ROUTES,
    *till_routes.ROUTES,
]
