"""What a till did offline, told at last (L58 to L60): each act is proved, set right by its clock, and handed in in the
order of its number; what became of it is kept under that number for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog

from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Circumstances, Intake, Reply
from regulars.activities.service import Call
from regulars.checkout import intakes, signing, tills
from regulars.checkout.contracts import OfflineActMalformed, TillNumberTaken, TillRevoked, TillSignatureWrong
from regulars.checkout.till_bodies import Envelope, Outcome, ProblemOut, SignedBody, ToldOut, UploadOut
from regulars.checkout.tills import Till, Told
from regulars.engine.contracts.activity import Offline
from regulars.kit import bounds, edge, ids, outbox, strict
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.i18n import LANGUAGES, Text

log = structlog.get_logger(__name__)

WIRE_S: Final = 5
"""So far a till's time may be from ours for the way of its message: its clock is right then."""

_envelope: Final = msgspec.json.Decoder(Envelope)
_signed: Final = msgspec.json.Decoder(SignedBody)
_answer: Final = msgspec.json.Decoder(Answer).decode
_ACTS: Final[dict[str, Callable[[Call, Any], Intake]]] = {
    "purchase": lambda call, body: intakes.purchase(call, body, None),
    "return_": intakes.give_back,
    "exchange": intakes.exchange,
    "activity": intakes.activity,
}
# Online it was done before its answer was lost: it stands, and nobody has to look.
_DONE_ONLINE: Final = "document_taken"
# These pass: the same act, sent again later, is done.
_FOR_NOW: Final = frozenset({"balance_frozen", "contended", "member_moving"})
_MISSING: Final = Text(en="is missing", ru="не указано", ro="lipsește")


class Act(msgspec.Struct, kw_only=True):
    """One act on its way: read and proved, then an intake or a fault, then told."""

    number: int | None = None
    digest: bytes = b""
    proved: bool = False
    ahead: bool = False
    intake: Intake | None = None
    fault: RegularsError | None = None
    reply: Reply | None = None
    before: Told | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is to be handed in."""
        return self.intake is not None and self.fault is None and self.reply is None


async def upload(runtime: Any, till: Till, call: Call, raw: bytes) -> UploadOut:
    """Hand in what a till did offline. Raises TillRevoked, and for the envelope what `strict.decode` raises; what is
    wrong with one act is told beside it. Raises ValidationFault for a time that no clock shows, DatabaseUnavailable and
    its like: send the same again."""
    if till.revoked_at is not None:
        raise TillRevoked(till=till.name)
    envelope = strict.decode(raw, _envelope, closely=False)
    offset = _offset(call.at, bounds.moment("till_time", envelope.till_time))
    # Proving 500 signatures takes a tenth of a second, in which nobody else would be served.
    acts = await asyncio.to_thread(_read_all, envelope, till, call, offset)
    program_id = call.actor.program_id
    async with runtime.database.read(programs=[program_id]) as tx:
        proved = [act.number for act in acts if act.proved and act.number is not None]
        before = await tills.told(tx, proved, program_id=program_id, till_id=till.till_id)
    ready = _first_of_each(acts, before)
    replies = await activities.submit_in_order(runtime, [act.intake for act in ready if act.intake is not None])
    for act, came in zip(ready, replies, strict=True):
        act.reply, act.fault = (came, None) if isinstance(came, Reply) else (None, _worded(came))
    async with runtime.database.transaction(programs=[program_id]) as tx:
        await _recall(runtime, tx, [act for act in acts if act.before is not None], program_id=program_id)
        await _keep(runtime, tx, till, _once_each(acts), program_id=program_id, now=call.at)
        highest, missing = await tills.move_on(tx, till, program_id=program_id)
    return UploadOut(
        clock_offset_s=round(offset.total_seconds()),
        results=tuple(_told(act) for act in sorted(acts, key=lambda act: (act.number is None, act.number or 0))),
        highest=highest,
        missing=missing,
    )


def _offset(arrived: dt.datetime, till_time: dt.datetime) -> dt.timedelta:
    offset = arrived - till_time
    return offset if abs(offset.total_seconds()) > WIRE_S else dt.timedelta()


def _read_all(envelope: Envelope, till: Till, call: Call, offset: dt.timedelta) -> list[Act]:
    return [_read(bytes(one), till, call, offset) for one in envelope.activities]


def _read(raw: bytes, till: Till, call: Call, offset: dt.timedelta) -> Act:
    act = Act()
    try:
        item = msgspec.json.decode(raw, type=dict[str, Any])
        number, signature = item.get("number"), item.get("signature")
        message = signing.canonical(item, till=ids.to_wire("til", till.till_id))
    except (msgspec.MsgspecError, RecursionError):
        act.fault = OfflineActMalformed()
        return act
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**53:
        act.fault = OfflineActMalformed()
        return act
    act.number, act.digest = number, hashlib.sha256(message).digest()
    if not isinstance(signature, str) or not signing.holds(signature, message, public_key=till.public_key):
        act.fault = TillSignatureWrong(number=number)
        return act
    act.proved = True
    try:
        act.intake, act.ahead = _intake(strict.decode(raw, _signed), till, call, offset, act)
    except RegularsError as fault:
        act.fault = fault
    return act


def _intake(signed: SignedBody, till: Till, call: Call, offset: dt.timedelta, act: Act) -> tuple[Intake, bool]:
    given = [(name, body) for name in _ACTS if (body := getattr(signed, name)) is not None]
    if len(given) != 1:
        raise OfflineActMalformed
    ((name, body),) = given
    _at_home(body, till)
    if body.occurred_at is None:
        raise ValidationFault(field=f"{name.rstrip('_')}.occurred_at", reason=_MISSING.en, reasons=_MISSING)
    wire = ids.to_wire("til", till.till_id)
    numbered = msgspec.structs.replace(call, key=f"{wire}/{signed.number}", digest=act.digest)
    intake = _ACTS[name](numbered, body)
    occurred_at = (intake.occurred_at or call.at) + offset
    return msgspec.structs.replace(
        intake,
        client_id=till.till_id,
        occurred_at=bounds.moment(f"{name.rstrip('_')}.occurred_at", min(occurred_at, call.at)),
        # What has no receipt has its number: so it is once, for ever.
        document=intake.document or f"{wire}/{signed.number}",
        store=till.store,
        till=till.name,
        offline=Offline(till=till.till_id, number=signed.number, floor=till.floor),
        clock_ahead=occurred_at > call.at,
    ), occurred_at > call.at


def _at_home(body: Circumstances, till: Till) -> None:
    for field, given, own in (("store", body.store, till.store), ("till", body.till, till.name)):
        if given not in {None, own}:
            reasons = Text(en=f"this till is {own}", ru=f"у этой кассы: {own}", ro=f"această casă are: {own}")
            raise ValidationFault(field=field, reason=reasons.en, reasons=reasons)


def _first_of_each(acts: Sequence[Act], before: Mapping[int, Told]) -> list[Act]:
    """What is to be handed in, by number; the rest has its answer from before, or that of the same number here."""
    first: dict[int, Act] = {}
    for act in acts:
        if not act.proved or act.number is None:
            continue
        known = before.get(act.number)
        if known is not None and known.outcome != "faulty":
            if known.digest != act.digest:
                act.intake, act.fault = None, TillNumberTaken(number=act.number)
            else:
                act.before = known
        elif first.setdefault(act.number, act).digest != act.digest:
            act.intake, act.fault = None, TillNumberTaken(number=act.number)
    return sorted((act for act in first.values() if act.is_ready), key=lambda act: act.number or 0)


def _once_each(acts: Sequence[Act]) -> list[Act]:
    """The acts of which something is to be kept, one a number; those that came twice get the answer of the first."""
    kept: dict[int, Act] = {}
    for act in acts:
        if not act.proved or act.number is None or isinstance(act.fault, TillNumberTaken):
            continue
        if act.before is not None and not _came_out(act):
            continue
        first = kept.setdefault(act.number, act)
        if first is not act and first.reply is not None:
            act.reply, act.fault = msgspec.structs.replace(first.reply, replayed=True), None
        elif first is not act:
            act.fault = first.fault
    return list(kept.values())


def _came_out(act: Act) -> bool:
    """Whether what waited when it was told before has been done or refused since."""
    waited = act.before is not None and act.before.outcome == "waiting"
    return waited and act.reply is not None and _of_reply(act.reply) != "waiting"


async def _recall(runtime: Any, tx: Any, acts: Sequence[Act], *, program_id: int) -> None:
    """The first answers of what was told before, as far as they are still kept."""
    wanted = [act.before.activity_id for act in acts if act.before is not None and act.before.activity_id is not None]
    stored = await activities.stored(runtime, tx, wanted, program_id=program_id)
    for act in acts:
        if act.before is not None and act.before.activity_id is not None:
            act.reply = stored.get(act.before.activity_id)


async def _keep(runtime: Any, tx: Any, till: Till, acts: Sequence[Act], *, program_id: int, now: dt.datetime) -> None:
    heard = {act.number: _heard(act) for act in acts if _outcome(act) != "again"}
    fresh = await tills.tell(tx, list(heard.values()), program_id=program_id, till_id=till.till_id, now=now)
    for number in sorted(fresh):
        one = heard[number]
        if one.outcome in {"refused", "faulty"} and one.code != _DONE_ONLINE:
            # The goods are gone: whatever we say, somebody has to look.
            case = {
                "type": "case.opened",
                "case": "offline_refused",
                "till": till.name,
                "store": till.store,
                "number": number,
                "code": one.code,
            }
            await outbox.record(tx, case, program_id=program_id, event_id=edge.new_id(now), occurred_at=now)


def _heard(act: Act) -> Told:
    problem = _problem(act)
    return Told(
        number=act.number or 0,
        digest=act.digest,
        outcome=_outcome(act),
        activity_id=None if act.reply is None else act.reply.activity_id,
        code=None if problem is None else problem.code,
    )


def _outcome(act: Act) -> Outcome:
    if act.before is not None:
        kept: Any = act.before.outcome
        return kept if act.reply is None else _of_reply(act.reply)
    if act.reply is not None:
        return _of_reply(act.reply)
    passes = act.fault is not None and (
        act.fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR or act.fault.code in _FOR_NOW
    )
    return "again" if passes else "faulty"


def _of_reply(reply: Reply) -> Outcome:
    if reply.status >= HTTPStatus.BAD_REQUEST:
        return "refused"
    return "waiting" if reply.status == HTTPStatus.ACCEPTED else "applied"


def _told(act: Act) -> ToldOut:
    outcome, reply = _outcome(act), act.reply
    activity_id = reply.activity_id if reply is not None else None if act.before is None else act.before.activity_id
    done = outcome in {"applied", "waiting"}
    return ToldOut(
        number=act.number,
        outcome=outcome,
        replayed=act.before is not None or (reply is not None and reply.replayed),
        clock="ahead" if act.ahead else None,
        activity_id=ids.to_wire("act", activity_id) if activity_id is not None and done else None,
        answer=_answer(reply.body) if reply is not None and reply.body and done else None,
        problem=_problem(act),
    )


def _problem(act: Act) -> ProblemOut | None:
    if act.reply is not None:
        return msgspec.json.decode(act.reply.body, type=ProblemOut) if _of_reply(act.reply) == "refused" else None
    fault = act.fault
    if fault is None:
        return None
    fields = {name: value for name, value in fault.fields.items() if not isinstance(value, Text) and value is not None}
    texts = {str(language): fault.text(language) for language in LANGUAGES}
    return ProblemOut(code=fault.code, status=fault.status, detail=fault.text("en"), texts=texts, fields=fields)


def _worded(fault: Exception) -> RegularsError:
    if isinstance(fault, RegularsError):
        return fault
    log.error("offline_act_failed", exc_info=fault)
    return RegularsError()
