"""Finding a member by what a person at a terminal has: our id, or kind:value."""

from __future__ import annotations

from uuid import UUID

from regulars.kit import edge, ids
from regulars.kit.database import Transaction
from regulars.kit.settings import Settings
from regulars.members import service as members
from regulars.members.contracts import KINDS, MemberNotFound
from regulars.program import service as programs


async def member(tx: Transaction, chosen: Settings, *, program_id: int, member: str) -> UUID:
    """Whom `mem_...`, or `phone:+373...`, `own_id:42` names; an id of ours names whom it named when it was given, also
    if they were merged into somebody since. Raises MemberNotFound, MalformedId."""
    kind, colon, value = member.partition(":")
    if not colon or kind not in KINDS:
        kind, value = "member", member
        ids.from_wire("mem", member)
    release = await programs.current(tx, program_id=program_id)
    who = members.named([(kind, value)], region=release.program.program.region)
    keys = members.keys(chosen.home)
    now = edge.now()
    wanted = members.wanted(keys, who, program_id=program_id, now=now, enrol=False, link=False)
    (found,) = await members.find(tx, [wanted], keys=keys, now=now)
    if found.member_id is None:
        raise MemberNotFound
    return ids.from_wire("mem", value) if kind == "member" else found.member_id
