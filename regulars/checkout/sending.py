"""Points that a member passes on to another, over HTTP. The act is an activity with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from regulars.activities import service as activities
from regulars.activities.contracts import Circumstances, Intake, Name, Reply, TransferOut
from regulars.activities.service import Call, circumstances, door
from regulars.checkout import examples
from regulars.checkout.bodies import Points
from regulars.engine.contracts.gifts import TransferAct
from regulars.kit import ids
from regulars.kit.errors import ValidationFault
from regulars.kit.http import Example
from regulars.members import service as members
from regulars.members.contracts import MemberNotFound, MemberRef, NoIdentifier

Note = Annotated[str, Meta(min_length=1, max_length=200)]


class TransferBody(Circumstances, frozen=True, kw_only=True):
    """`points` of a currency for `to`: a member by phone, e-mail, card or another of the ways in which a till names
    them. `note` is kept with it."""

    to: MemberRef
    currency: Name
    points: Points
    note: Note | None = None


async def send(runtime: Any, call: Call, body: TransferBody, path: Mapping[str, Any]) -> Reply:
    """A member passes points on to another, with the dates that they have."""
    program_id, one = call.actor.program_id, ids.from_wire("mem", path["member_id"])
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        sender = await members.home(tx, program_id=program_id, member_id=one)
    intake = Intake(
        type="transfer",
        transfer=TransferAct(act="send", currency=body.currency, points=body.points, note=body.note),
        account_id=sender.account_id,
        member_id=sender.member_id,
        may_enrol=False,
        **circumstances(call, body),
    )
    return await activities.send(runtime, intake, body.to.names())


_OTHER: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4D"
_SENT: Final = {
    "activity_id": examples.PURCHASE,
    "member": examples.MEMBER,
    "to": _OTHER,
    "currency": "points",
    "points": 60,
    "fee": 0,
    "state": "arrived",
}

ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/transfers",
        send,
        body=TransferBody,
        scope="members:write",
        status=201,
        answer=TransferOut,
        errors=(ValidationFault, MemberNotFound, NoIdentifier, ids.MalformedId, ids.WrongKindOfId),
        summary="Pass points on to another member",
        detail="They keep the dates that they have and count as earned by nobody. What the other side may not take "
        "comes back to where it was, with its fee. 202: it is under way, and ends by itself or with a retry.",
        tag="Points",
        examples=(
            Example(
                summary="For a friend",
                body={"to": {"phone": "+40722123457"}, "currency": "points", "points": 60, "note": "Happy birthday"},
                answer=_SENT,
            ),
        ),
    ),
]
