"""Something moves from one account to another: two activities joined through transit, and nothing lost between them.

The first takes all that travels out and writes it down as a row of `move`, in its own transaction. Then it is put in
on the other side, whoever moved is led there, and the row is closed. Each step repeats safely, so whoever comes next
(the caller's retry, the worker) finishes what a killed process began. What the other side refuses goes back home.

A member may move (merged, taken apart, joining or leaving a household), points may be sent, and word may go to who
brought a member: `WAYS` has what differs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import answers, batch, queries
from regulars.activities.contracts import Intake, MoveOut, Reply, SaleRef, TransferOut
from regulars.activities.items import Item
from regulars.activities.moves import COLUMNS, Move, of_row
from regulars.engine import service as engine
from regulars.engine.contracts.decision import Refusal
from regulars.engine.contracts.gifts import ReferralAct, TransferAct
from regulars.engine.contracts.households import Moving
from regulars.kit import ids
from regulars.members import service as members
from regulars.members.contracts import MemberNotFound, MemberStatus
from regulars.members.service import Home

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.kit.database import Lane, Transaction

LEFT: Final = "moved_out"
ARRIVED: Final = "moved_in"
SOURCE: Final = "move"
STALLED: Final = dt.timedelta(seconds=20)
"""What is under way for longer, somebody else takes up: whoever began it is gone."""
ALARMING: Final = dt.timedelta(minutes=5)
"""What is under way for longer is told aloud."""
ERRAND: Final = "referral"
"""The kind of word that goes to another account with nobody waiting for it."""

_encode: Final = msgspec.json.Encoder().encode
_refusal: Final = msgspec.json.Decoder(Refusal).decode
_word: Final = msgspec.msgpack.Decoder(ReferralAct).decode

_EARLIER: Final = """
select exists (select from regulars.move where account_id = $1 and kind = $2 and arrived_at is null
    and (left_at, activity_id) < ($3, $4))
"""

# Whichever account it was put into: the member may have moved between two tries.
_RECORDED: Final = """
select v.body from regulars.natural_key n
join regulars.activity v on v.activity_id = n.activity_id and v.program_id = n.program_id
where n.program_id = $1 and n.source = $2 and n.document = $3
"""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between the kinds of what moves."""

    arrival: Callable[[Move, Home], Intake]
    """The second half, for where it belongs."""
    homecoming: Callable[[Move, Home, Refusal], Intake] | None = None
    """What brings it back where the other side refuses; none: nothing went that could come back."""
    leads: bool = False
    """Whether somebody moves with it, who is in the other account from now on."""
    why: Callable[[Activity], str | None] = lambda _: None
    """Of what came home: the refusal, as it was kept."""


async def finish(process: Process, lane: Lane, move: Move, *, now: dt.datetime) -> Move:
    """Bring a move to its end; the row as it is then. Raises DatabaseUnavailable and its like: then it is under way
    still, and this may be called again."""
    programs = [move.program_id]
    async with process.moves, process.database.transaction(programs=programs) as tx:
        # Whoever holds the row finishes it; two at once could let it arrive on one side and go home on the other.
        row = await tx.fetchrow(
            f"""select {COLUMNS} from regulars.move where account_id = $1 and activity_id = $2
            for update skip locked""",
            move.account_id,
            move.activity_id,
        )
        if row is None or row["arrived_at"] is not None:
            return move if row is None else of_row(row)
        if move.kind == ERRAND and await tx.fetchval(
            _EARLIER, move.account_id, move.kind, move.left_at, move.activity_id
        ):
            # Word goes out in the order in which it was given: nothing is taken back before it was given.
            return move
        refusal = await _arrive(process, lane, move, now=now)
        if refusal is None and WAYS[move.kind].leads:
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
    way, document = WAYS[move.kind], ids.to_wire("act", move.activity_id)
    went_home = await _recorded(process, move, f"{document}/home")
    if went_home is not None and (why := way.why(went_home)) is not None:
        # It came home before the process ended that brought it there.
        return _refusal(why)
    if not way.leads and await _recorded(process, move, document) is not None:
        return None
    refusal = await _hand_over(process, lane, move, way, now=now)
    if refusal is not None and way.homecoming is not None:
        home = Home(move.account_id, move.member_id)
        if not way.leads:
            home = await _home(process, move, move.member_id)
        await _hand_in(process, lane, _begun(way.homecoming(move, home, refusal), move, now), now=now)
    return refusal


async def _hand_over(process: Process, lane: Lane, move: Move, way: Way, *, now: dt.datetime) -> Refusal | None:
    to = Home(move.to_account_id, move.to_member_id)
    if not way.leads:
        # Whoever it is for may have moved since, or be gone.
        async with process.database.read(programs=[move.program_id]) as tx:
            gone = await _is_gone(tx, move)
        if gone:
            return engine.receiver_gone()
        to = await _home(process, move, move.to_member_id)
    intake = way.arrival(move, to)
    if intake.referral is not None and intake.referral.of is not None:
        given = await _recorded(process, move, ids.to_wire("act", intake.referral.of))
        if given is None:
            # Nothing was given that could be taken back.
            return None
        intake = _about(intake, intake.referral, given)
    item = await _hand_in(process, lane, _begun(intake, move, now), now=now)
    return None if item.decision is None else item.decision.refusal


def _about(intake: Intake, word: ReferralAct, given: Activity) -> Intake:
    """The word of a reversal, about the very activity by which it was given; it goes where that one's member is."""
    return msgspec.structs.replace(
        intake,
        referral=msgspec.structs.replace(word, of=given.activity_id),
        sale=SaleRef(activity_id=ids.to_wire("act", given.activity_id)),
        account_id=None,
        member_id=None,
    )


async def _is_gone(tx: Transaction, move: Move) -> bool:
    try:
        found = await members.member(tx, program_id=move.program_id, member_id=move.to_member_id)
    except MemberNotFound:
        return True
    return found.status in {MemberStatus.BLOCKED, MemberStatus.ERASED}


async def _home(process: Process, move: Move, member_id: UUID) -> Home:
    async with process.database.read(programs=[move.program_id]) as tx:
        return await members.home(tx, program_id=move.program_id, member_id=member_id)


async def _hand_in(process: Process, lane: Lane, intake: Intake, *, now: dt.datetime) -> Item:
    item = Item(intake, activity_id=process.new_id(now), history=True)
    await batch.run_apart(process, lane, [item], now=now)
    if item.fault is not None:
        raise item.fault
    return item


async def _recorded(process: Process, move: Move, document: str) -> Activity | None:
    async with process.database.read(programs=[move.program_id]) as tx:
        body = await tx.fetchval(_RECORDED, move.program_id, SOURCE, document)
    return None if body is None else queries.decode_body(body)


def _begun(intake: Intake, move: Move, now: dt.datetime) -> Intake:
    return msgspec.structs.replace(intake, received_at=max(now, move.left_at))


def _intake(move: Move, to: Home, type: str, *, home: bool = False, **given: Any) -> Intake:
    document = ids.to_wire("act", move.activity_id)
    return Intake(
        program_id=move.program_id,
        type=type,
        received_at=move.left_at,
        source=SOURCE,
        document=f"{document}/home" if home else document,
        account_id=to.account_id,
        member_id=to.member_id,
        may_enrol=False,
        **given,
    )


def _member_arrives(move: Move, to: Home, refused: Refusal | None = None) -> Intake:
    home = refused is not None
    moving = Moving(
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
    )
    return _intake(move, to, ARRIVED, home=home, moving=moving)


def _points_arrive(move: Move, to: Home) -> Intake:
    sent = engine.sent(move.luggage)
    act = TransferAct(
        act=engine.RECEIVE,
        currency=sent.currency,
        points=sent.points,
        from_member=move.member_id,
        luggage=move.luggage,
    )
    return _intake(move, to, "transfer", transfer=act)


def _points_come_home(move: Move, to: Home, refused: Refusal) -> Intake:
    sent = engine.sent(move.luggage)
    act = TransferAct(
        act=engine.HOME,
        currency=sent.currency,
        points=sent.points,
        of=move.activity_id,
        reason=_encode(refused).decode(),
        luggage=move.luggage,
    )
    sale = SaleRef(activity_id=ids.to_wire("act", move.activity_id))
    intake = _intake(move, to, "transfer", home=True, transfer=act, sale=sale)
    # What was sent names the account: it is found where the sender is now, with the lots of where they were.
    return msgspec.structs.replace(intake, account_id=None, member_id=None)


def _word_arrives(move: Move, to: Home) -> Intake:
    word = _word(move.luggage)
    return _intake(move, to, engine.WORD_TYPES[word.act], referral=word)


def _why_member(came: Activity) -> str | None:
    return None if came.moving is None else came.moving.reason or ""


def _why_points(came: Activity) -> str | None:
    return None if came.transfer is None else came.transfer.reason or ""


_MEMBER: Final = Way(arrival=_member_arrives, homecoming=_member_arrives, leads=True, why=_why_member)
WAYS: Final[dict[str, Way]] = {
    "merge": _MEMBER,
    "unmerge": _MEMBER,
    "join": _MEMBER,
    "leave": _MEMBER,
    engine.SEND: Way(arrival=_points_arrive, homecoming=_points_come_home, why=_why_points),
    ERRAND: Way(arrival=_word_arrives),
}
"""What moves between accounts, by kind."""


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
    told = _TOLD.get(move.kind, _told_moved)(move)
    return Reply(status=202 if move.arrived_at is None else 201, body=_encode(told), activity_id=move.activity_id)


def _told_moved(move: Move) -> MoveOut | TransferOut:
    return MoveOut(
        activity_id=ids.to_wire("act", move.activity_id),
        kind=move.kind,
        member=ids.to_wire("mem", move.member_id),
        leads_to=ids.to_wire("mem", move.to_member_id),
        state=_state(move),
    )


def _told_sent(move: Move) -> MoveOut | TransferOut:
    sent = engine.sent(move.luggage)
    return TransferOut(
        activity_id=ids.to_wire("act", move.activity_id),
        member=ids.to_wire("mem", move.member_id),
        to=ids.to_wire("mem", move.to_member_id),
        currency=sent.currency,
        points=sent.points,
        fee=sum(use.amount for use in sent.fee),
        state=_state(move),
    )


def _state(move: Move) -> str:
    return "under_way" if move.arrived_at is None else "arrived"


_TOLD: Final[dict[str, Callable[[Move], MoveOut | TransferOut]]] = {engine.SEND: _told_sent}
