"""Whom points are sent to: found by what names them, made a member where the program enrols by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import faults, quoting
from regulars.activities.contracts import Identifier, Intake, Reply
from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text
from regulars.members import service as members
from regulars.members.service import Home
from regulars.program.contracts.definitions import UnknownMember

if TYPE_CHECKING:
    import datetime as dt

    from regulars.activities.runtime import Runtime

_ENROLLING: Final = frozenset({"phone", "email", "token", "own_id"})
"""What somebody may become a member by."""


async def find(runtime: Runtime, *, program_id: int, who: tuple[tuple[str, str], ...], now: dt.datetime) -> Home | None:
    """Where the member of these (kind, value) pairs is; none: nobody has them. Raises NoIdentifier and what
    `members.named` raises, IdentifiersDisagree."""
    await runtime.programs.ready(program_id)
    region = runtime.programs.at(program_id, now).program.program.region
    wanted = members.wanted(
        runtime.member_keys, members.named(who, region=region), program_id=program_id, now=now, enrol=False, link=False
    )
    async with runtime.database.read(programs=[program_id]) as tx:
        [found] = await members.find(tx, [wanted], keys=runtime.member_keys, now=now)
    if found.conflict is not None:
        raise faults.IdentifiersDisagree(members=[])
    if found.account_id is None or found.member_id is None:
        return None
    return Home(found.account_id, found.member_id)


async def send(runtime: Runtime, intake: Intake, who: tuple[tuple[str, str], ...]) -> Intake | Reply:
    """The intake of points that are sent, with its receiver: whom nobody knows becomes a member first, if the program
    enrols by itself and the sender may send. A Reply says why not. Raises as `find` does, and as enrolling does."""
    now, program_id = intake.received_at, intake.program_id
    if intake.transfer is None:
        raise ValidationFault(field="transfer", reason=_MISSING.en, reasons=_MISSING)
    there = await find(runtime, program_id=program_id, who=who, now=now)
    settings = runtime.programs.at(program_id, now).program.program
    if there is None and settings.unknown_member is UnknownMember.ENROL and {kind for kind, _ in who} <= _ENROLLING:
        stranger = runtime.new_id(now)
        quoted = await quoting.quote(runtime, _to(intake, Home(stranger, stranger)), now=now)
        if isinstance(quoted, Reply):
            # Nobody becomes a member for points that do not come.
            return quoted
        await runtime.batcher.submit(_enrolment(intake, who))
        there = await find(runtime, program_id=program_id, who=who, now=now)
    return intake if there is None else _to(intake, there)


def _to(intake: Intake, home: Home) -> Intake:
    if intake.transfer is None:
        return intake
    act = msgspec.structs.replace(intake.transfer, to_member=home.member_id, to_account=home.account_id)
    return msgspec.structs.replace(intake, transfer=act)


def _enrolment(intake: Intake, who: tuple[tuple[str, str], ...]) -> Intake:
    return Intake(
        program_id=intake.program_id,
        client_id=intake.client_id,
        key=None,
        digest=intake.digest,
        type="enrolled",
        received_at=intake.received_at,
        source="transfer",
        document=f"{intake.client_id}/{intake.key}",
        channel=intake.channel,
        who=tuple(Identifier(kind=kind, value=value) for kind, value in who),
    )


_MISSING: Final = Text(en="is missing", ru="не указано", ro="lipsește")
