"""What members do with points beside spending them, over HTTP: exchange them, buy them with money, give them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Name, Reply, SaleRef
from regulars.activities.service import Call, door
from regulars.checkout import examples
from regulars.checkout.bodies import PaymentBody, Points
from regulars.engine.contracts.gifts import TransferAct
from regulars.kit import ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.kit.reasons import Reason
from regulars.members.contracts import MemberErased, MemberNotFound

_ALL: Final = -1


class PointsExchangeBody(Circumstances, frozen=True, kw_only=True):
    """Points of `currency` to be turned into `to`, at the rate in force; "max" for as many as there are."""

    currency: Name
    to: Name
    points: Points | Literal["max"]


class UndoExchangeBody(Circumstances, frozen=True, kw_only=True):
    """Why an exchange is undone."""

    reason: Reason


class PointPurchaseBody(Circumstances, frozen=True, kw_only=True):
    """Points bought with money that has been paid: `payment` is the price, to the cent."""

    currency: Name
    points: Points
    payment: PaymentBody


class PointReturnBody(Circumstances, frozen=True, kw_only=True):
    """Bought points are given back."""


async def exchange(runtime: Any, call: Call, body: PointsExchangeBody, path: Mapping[str, Any]) -> Reply:
    """Points become points of another currency."""
    points = _ALL if body.points == "max" else body.points
    asked = TransferAct(act="exchange", currency=body.currency, to=body.to, points=points)
    return await activities.submit_of_member(runtime, call, body, path, type="transfer", transfer=asked)


async def undo(runtime: Any, call: Call, body: UndoExchangeBody, path: Mapping[str, Any]) -> Reply:
    """Staff undo an exchange."""
    return await _of(runtime, call, body, path, TransferAct(act="undo", currency="", points=0, reason=body.reason))


async def buy(runtime: Any, call: Call, body: PointPurchaseBody, path: Mapping[str, Any]) -> Reply:
    """Points are bought with money."""
    asked = TransferAct(
        act="buy",
        currency=body.currency,
        points=body.points,
        money=body.payment.amount,
        paid_with=body.payment.kind,
    )
    return await activities.submit_of_member(runtime, call, body, path, gives=True, type="transfer", transfer=asked)


async def give_back(runtime: Any, call: Call, body: PointReturnBody, path: Mapping[str, Any]) -> Reply:
    """What is left of bought points goes back for its money."""
    return await _of(runtime, call, body, path, TransferAct(act="give_back", currency="", points=_ALL))


async def _of(runtime: Any, call: Call, body: Circumstances, path: Mapping[str, Any], asked: TransferAct) -> Reply:
    of = ids.from_wire("act", path["activity_id"])
    return await activities.submit_of_member(
        runtime,
        call,
        body,
        path,
        type="transfer",
        sale=SaleRef(activity_id=path["activity_id"]),
        transfer=TransferAct(act=asked.act, currency=asked.currency, points=asked.points, reason=asked.reason, of=of),
    )


_FAULTS: Final = (ValidationFault, MemberNotFound, MemberErased, ids.MalformedId, ids.WrongKindOfId)

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/exchanges",
        exchange,
        body=PointsExchangeBody,
        scope="members:write",
        summary="Exchange points for another currency",
        detail="At the rate that the currency's `exchange` names. What makes no whole unit of the other currency stays "
        "where it was. Final for the member; staff may undo it while all that it gave is there.",
        tag="Points",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(
                summary="50 points at 1/3: 16 miles for 48 points",
                body={"currency": "points", "to": "miles", "points": 50},
                answer=examples.EXCHANGED_POINTS,
            ),
        ),
    ),
    door(
        "/v1/members/{member_id:str}/exchanges/{activity_id:str}/undo",
        undo,
        body=UndoExchangeBody,
        scope="activities:write",
        summary="Undo an exchange",
        detail="At its own rate: what it gave is taken from the lots that it made, what it took comes back to its "
        "lots. Refused once something of what it gave is spent.",
        tag="Points",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(summary="Keyed by mistake", body={"reason": "by mistake"}, answer=examples.EXCHANGED_POINTS),
        ),
    ),
    door(
        "/v1/members/{member_id:str}/point-purchases",
        buy,
        body=PointPurchaseBody,
        scope="members:write",
        summary="Buy points with money",
        detail="Called once the money is there: `payment.amount` must be the price in minor units. Bought points are "
        "not earned: no tier, no bonus; the member is their funder, the price their cost.",
        tag="Points",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(
            Example(
                summary="1,000 miles at 0.02",
                body={"currency": "miles", "points": 1000, "payment": {"kind": "card", "amount": 2000}},
                answer=examples.BOUGHT_POINTS,
            ),
        ),
    ),
    door(
        "/v1/members/{member_id:str}/point-purchases/{activity_id:str}/return",
        give_back,
        body=PointReturnBody,
        scope="members:write",
        summary="Give bought points back",
        detail="Within the `withdrawal` of the currency, once: as far as they are unspent. `returned` is the money of "
        "that share, to be paid back.",
        tag="Points",
        status=201,
        answer=Answer,
        errors=_FAULTS,
        examples=(Example(summary="What is left of them", body={}, answer=examples.BOUGHT_POINTS),),
    ),
]
