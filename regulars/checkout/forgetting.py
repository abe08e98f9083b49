"""A member who wants to be forgotten, over HTTP (L68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Intake, Reply
from regulars.activities.service import Call, circumstances, door
from regulars.checkout import examples
from regulars.engine.contracts.activity import Erasure
from regulars.kit import ids
from regulars.kit.errors import ValidationFault
from regulars.kit.forgotten import ErasuresNotKept
from regulars.kit.http import Example
from regulars.kit.reasons import Reason
from regulars.members import service as members
from regulars.members.contracts import MemberNotFound


class EraseBody(Circumstances, frozen=True, kw_only=True):
    """Forget a member. With points left, `forfeits` says that it is known that they go too; nothing brings them
    back."""

    reason: Reason
    forfeits: bool = False


async def erase(runtime: Any, call: Call, body: EraseBody, path: Mapping[str, Any]) -> Reply:
    """A member is forgotten."""
    program_id, one = call.actor.program_id, ids.from_wire("mem", path["member_id"])
    async with runtime.database.read(programs=[program_id]) as tx:
        await members.member(tx, program_id=program_id, member_id=one)
        there = await members.home(tx, program_id=program_id, member_id=one)
    return await activities.erase(
        runtime,
        Intake(
            type="erase",
            account_id=there.account_id,
            member_id=there.member_id,
            may_enrol=False,
            erasure=Erasure(reason=body.reason, forfeits=body.forfeits),
            **circumstances(call, body),
        ),
        now=call.at,
    )


ROUTES: Final[list[Any]] = [
    door(
        "/v1/members/{member_id:str}/erase",
        erase,
        body=EraseBody,
        scope="members:write",
        summary="Erase a member",
        detail="Points are forfeited (pay them out first, or say `forfeits`: without it a member with points is "
        "refused with what there is), and all that identifies the person is destroyed, with the key that sealed it. "
        "Entries stay under an opaque id, every total as it was. What comes late for that id is kept without a person "
        "and gives nothing. Who shares a household leaves it first; open orders are ended first. Nothing undoes it.",
        tag="Members",
        status=201,
        answer=Answer,
        errors=(ValidationFault, MemberNotFound, ErasuresNotKept, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="They asked for it",
                body={"reason": "asked by letter", "forfeits": True},
                answer=examples.VISITED,
            ),
        ),
    ),
]
