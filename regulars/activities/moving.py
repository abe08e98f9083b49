"""Somebody moves from one account to another: two activities joined through transit, and nothing lost between them.

The first takes all that travels out and writes it down as a row of `move`, in its own transaction. Then it is put in
on the other side, the member is led there, and the row is closed. Each step repeats safely, so whoever comes next
(the caller's retry, the worker) finishes what a killed process began. What the other side refuses goes back home.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import answers, batch, queries
from regulars.activities.contracts import Intake, MoveOut, Reply
from regulars.activities.items import Item
from regulars.engine.contracts.decision import Refusal
from regulars.engine.contracts.households import Moving
from regulars.kit import ids
from regulars.members import service as members
from regulars.members.service import Home

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.kit.database import Lane, Transaction

LEFT: Final = "moved_out"
ARRIVED: Final = "moved_in"
SOURCE: Final = "move"
NO_CLIENT: Final = UUID(int=0)
STALLED: Final = dt.timedelta(seconds=20)
"""What is under way for longer, somebody else takes up: whoever began it is gone."""
ALARMING: Final = dt.timedelta(minutes=5)
"""What is under way for longer is told aloud."""

_COLUMNS: Final = """account_id, activity_id, program_id, kind, member_id, to_account_id, to_member_id, luggage, role,
code, left_at, arrived_at, refusal"""

_encode: Final = msgspec.json.Encoder().encode
_refusal: Final = msgspec.json.Decoder(Refusal).decode


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One move, as its row says."""

    account_id: UUID
    activity_id: UUID
    program_id: int
    kind: str
    member_id: UUID
    to_account_id: UUID
    to_member_id: UUID
    luggage: bytes
    role: str | None
    code: str | None
    left_at: dt.datetime
    arrived_at: dt.datetime | None
    refusal: str | None


async def of_activity(tx: Transaction, *, program_id: int, activity_id: UUID) -> Move | None:
    """The move that an activity began."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from regulars.move where program_id = $1 and activity_id = $2", program_id, activity_id
    )
    return None if row is None else _move(row)


async def last_merge(tx: Transaction, *, program_id: int, member_id: UUID) -> Move | None:
    """The last merge of a member into somebody, as it arrived there."""
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from regulars.move where program_id = $1 and member_id = $2 and kind = 'merge'
        and arrived_at is not null and refusal is null order by left_at desc limit 1""",
        program_id,
        member_id,
    )
    return None if row is None else _move(row)


async def under_way(tx: Transaction, *, before: dt.datetime, limit: int) -> list[Move]:
    """Moves that began before a moment and have not ended, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from regulars.move where arrived_at is null and left_at < $1 order by left_at limit $2",
        before,
        limit,
    )
    return [_move(row) for row in rows]


def _move(row: Any) -> Move:
    return Move(**dict(row.items()))


async def finish(process: Process, lane: Lane, move: Move, *, now: dt.datetime) -> Move:
    """Bring a move to its end; the row as it is then. Raises DatabaseUnavailable and its like: then it is under way
    still, and this may be called again."""
    programs = [move.program_id]
    async with process.moves, process.database.transaction(programs=programs) as tx:
        # Whoever holds the row finishes it; two at once could let it arrive on one side and go home on the other.
        row = await tx.fetchrow(
            f"""select {_COLUMNS} from regulars.move where account_id = $1 and activity_id = $2
            for update skip locked""",
            move.account_id,
            move.activity_id,
        )
        if row is None or row["arrived_at"] is not None:
            return move if row is None else _move(row)
        refusal = await _arrive(process, lane, move, now=now)
        if refusal is None:
            await _lead(tx, move, now=now)
        await tx.execute(
            "update regulars.move set arrived_at = $3, refusal = $4 where account_id = $1 and activity_id = $2",
            move.account_id,
            move.activity_id,
            now,
            None if refusal is None else _encode(refusal).decode(),
        )
    return msgspec.structs.replace(move, arrived_at=now, refusal=None if refusal is None else _encode(refusal).decode())


async def _arrive(process: Process, lane: Lane, move: Move, *, now: dt.datetime) -> Refusal | None:
    """Put the luggage where it belongs; why not, if it went home."""
    went_home = await _recorded(process, move, f"{ids.to_wire('act', move.activity_id)}/home")
    if went_home is not None and went_home.moving is not None:
        # It came home before the process ended that brought it there.
        return _refusal(went_home.moving.reason or "")
    item = await _hand_in(process, lane, _intake(move, at=now), now=now)
    if item.decision is None or item.decision.refusal is None:
        return None
    await _hand_in(process, lane, _intake(move, at=now, refused=item.decision.refusal), now=now)
    return item.decision.refusal


async def _hand_in(process: Process, lane: Lane, intake: Intake, *, now: dt.datetime) -> Item:
    item = Item(intake, activity_id=process.new_id(now), history=True)
    await batch.run_apart(process, lane, [item], now=now)
    if item.fault is not None:
        raise item.fault
    return item


async def _recorded(process: Process, move: Move, document: str) -> Activity | None:
    async with process.database.read(programs=[move.program_id]) as tx:
        body = await tx.fetchval(
            """select v.body from regulars.natural_key n join regulars.activity v using (account_id, activity_id)
            where n.program_id = $1 and n.source = $2 and n.document = $3""",
            move.program_id,
            SOURCE,
            document,
        )
    return None if body is None else queries.decode_body(body)


def _intake(move: Move, *, at: dt.datetime, refused: Refusal | None = None) -> Intake:
    document, home = ids.to_wire("act", move.activity_id), refused is not None
    return Intake(
        program_id=move.program_id,
        client_id=NO_CLIENT,
        key=None,
        digest=b"",
        type=ARRIVED,
        received_at=max(at, move.left_at),
        source=SOURCE,
        document=f"{document}/home" if home else document,
        account_id=move.account_id if home else move.to_account_id,
        member_id=move.member_id if home else move.to_member_id,
        moving=Moving(
            act="arrive",
            kind=move.kind,
            member_id=move.member_id,
            account_id=move.account_id,
            into_id=move.to_member_id,
            home=home,
            reason=None if refused is None else _encode(refused).decode(),
            role=move.role,
            code=move.code,
            luggage=move.luggage,
        ),
    )


async def _lead(tx: Transaction, move: Move, *, now: dt.datetime) -> None:
    """From now on everything that names the member leads to the account they are in."""
    await members.lead(
        tx,
        program_id=move.program_id,
        member_id=move.member_id,
        from_account=move.account_id,
        to=Home(move.to_account_id, move.to_member_id),
        into=move.to_member_id if move.kind == "merge" else None,
        now=now,
    )


def reply(move: Move) -> Reply:
    """What became of a move, as it goes out: also for a retry that comes much later."""
    if move.refusal is not None:
        return msgspec.structs.replace(answers.refused(_refusal(move.refusal)), activity_id=move.activity_id)
    told = MoveOut(
        activity_id=ids.to_wire("act", move.activity_id),
        kind=move.kind,
        member=ids.to_wire("mem", move.member_id),
        leads_to=ids.to_wire("mem", move.to_member_id),
        state="under_way" if move.arrived_at is None else "arrived",
    )
    return Reply(status=202 if move.arrived_at is None else 201, body=_encode(told), activity_id=move.activity_id)
