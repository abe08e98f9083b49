"""Making a pay-out, and what becomes of its payments.

Who is to be paid is written down first; each line is then one activity under a key of its own. Whoever is killed in the
middle begins again: what was debited answers as before, and nobody is debited twice. Two who make the same pay-out at
once do it together.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Intake, Reply, SaleRef
from regulars.engine import service as engine
from regulars.engine.contracts.gifts import TransferAct
from regulars.kit import edge, ids
from regulars.kit import money as kit_money
from regulars.kit.errors import RegularsError
from regulars.ledger import service as ledger
from regulars.payouts import queries
from regulars.payouts.contracts import (
    FAILED,
    PAID,
    SKIPPED,
    WANTED,
    CurrencyNotPaidOut,
    LineFailed,
    NoSuchPayout,
    NoSuchPayoutLine,
    Payout,
    PayoutLine,
    PayoutLineFailed,
    PayoutNotDue,
    PayoutUnfinished,
)
from regulars.payouts.showing import payments, shown

if TYPE_CHECKING:
    from regulars.activities.service import Call, Runtime
    from regulars.kit.database import Transaction
    from regulars.program.contracts.dealings import PayOut

__all__ = ["payments", "shown"]

_log = structlog.get_logger("regulars.payouts")

SOURCE: Final = "payout"
SCHEDULE: Final = "schedule"
"""Who made a pay-out that came due by itself."""
AT_ONCE: Final = 50
TRIES: Final = 5
PAUSE_S: Final = 0.5
_ALL: Final = -1
Progress = Callable[[int, int], None]


async def make(
    runtime: Runtime, *, program_id: int, currency: str, now: dt.datetime, by: str, progress: Progress | None = None
) -> Payout:
    """Debit everybody who is to be paid and say what was paid; a monthly one that was made is the same again. Raises
    CurrencyNotPaidOut, PayoutNotDue, NothingPublished."""
    await runtime.programs.ready(program_id)
    terms = _terms(runtime, program_id, currency)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        payout_id = await _begin(runtime, tx, program_id, currency, terms, now=now, by=by)
    return await _go_on(runtime, program_id, payout_id, terms, now=now, progress=progress)


async def make_under_key(runtime: Runtime, call: Call, *, currency: str) -> Reply:
    """The same under an idempotency key: who was stopped and asks again goes on with the pay-out of that key, whatever
    was made since, and gets the one stored answer. Raises IdempotencyKeyReused besides what `make` raises."""
    program_id, now, by = call.actor.program_id, call.at, activities.answers_for(call.actor)
    await runtime.programs.ready(program_id)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        kept = await activities.begin_keyed(tx, call)
        if kept.reply is not None:
            return kept.reply
        terms, payout_id = _terms(runtime, program_id, currency), kept.thing
        if kept.first:
            payout_id = await _begin(runtime, tx, program_id, currency, terms, now=now, by=by)
            await activities.point_keyed(tx, call, payout_id)
    made = await _go_on(runtime, program_id, payout_id, terms, now=now)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        return await activities.keep(tx, call, shown(made), status=201)


async def _go_on(
    runtime: Runtime,
    program_id: int,
    payout_id: UUID,
    terms: PayOut,
    *,
    now: dt.datetime,
    progress: Progress | None = None,
) -> Payout:
    async with runtime.database.read(programs=[program_id]) as tx:
        found = await show(runtime, tx, program_id=program_id, payout_id=payout_id)
    waiting = [line for line in found.lines if line.state == WANTED]
    for start in range(0, len(waiting), AT_ONCE):
        part = waiting[start : start + AT_ONCE]
        done = await asyncio.gather(*(_debit(runtime, found, line, terms, program_id, now=now) for line in part))
        async with runtime.database.transaction(programs=[program_id]) as tx:
            for row in done:
                await tx.execute(queries.DEBITED, program_id, payout_id, *row)
        if progress is not None:
            progress(start + len(part), len(waiting))
    async with runtime.database.transaction(programs=[program_id]) as tx:
        await tx.execute(queries.FINISH, program_id, payout_id, now)
        return await show(runtime, tx, program_id=program_id, payout_id=payout_id)


async def make_due(runtime: Runtime, *, now: dt.datetime) -> int:
    """Make the monthly pay-outs whose day has come, and finish those that somebody was stopped in; how many. One that
    cannot be made keeps no other from it. Raises DatabaseUnavailable."""
    programs = await access.every_program(runtime.database)
    made = 0
    for program_id in programs:
        with contextlib.suppress(activities.NothingPublished):
            await runtime.programs.ready(program_id)
            for currency in await _due(runtime, program_id, now=now):
                try:
                    await make(runtime, program_id=program_id, currency=currency, now=now, by=SCHEDULE)
                    made += 1
                except RegularsError as fault:
                    _log.warning("a pay-out waits", program=program_id, currency=currency, code=fault.code)
    return made


async def _due(runtime: Runtime, program_id: int, *, now: dt.datetime) -> list[str]:
    whole = runtime.programs.current(program_id).program
    monthly = {name: one.pay_out.monthly for name, one in whole.currencies.items() if one.pay_out is not None}
    today = now.astimezone(ZoneInfo(whole.program.zone)).date()
    wanted = [name for name, on in monthly.items() if on is not None and today.day >= on.day]
    if not wanted:
        return []
    async with runtime.database.read(programs=[program_id]) as tx:
        rows = await tx.fetch(queries.FINISHED_OF, program_id, wanted, _month(today))
    return sorted({*wanted} - {row["currency"] for row in rows})


def _month(day: dt.date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _terms(runtime: Runtime, program_id: int, currency: str) -> PayOut:
    defined = runtime.programs.current(program_id).program.currencies.get(currency)
    if defined is None or defined.pay_out is None:
        raise CurrencyNotPaidOut(currency=currency)
    return defined.pay_out


async def _begin(
    runtime: Runtime, tx: Transaction, program_id: int, currency: str, terms: PayOut, *, now: dt.datetime, by: str
) -> UUID:
    """The pay-out of this month, or the one that is under way, or a new one with its lines."""
    payout_id = edge.new_id(now)
    period = payout_id.hex
    if terms.monthly is not None:
        zone = runtime.programs.current(program_id).program.program.zone
        today = now.astimezone(ZoneInfo(zone)).date()
        if today.day < terms.monthly.day:
            raise PayoutNotDue(currency=currency, day=terms.monthly.day)
        period = _month(today)
    # What is under way comes first, whichever month it is of.
    for _ in range(2):
        there = await tx.fetchval(queries.UNFINISHED, program_id, currency)
        there = there or await tx.fetchval(queries.OF_PERIOD, program_id, currency, period)
        if there is not None:
            return UUID(str(there))
        if await tx.fetchval(queries.BEGIN, program_id, payout_id, currency, period, by, now) is not None:
            break
        # Somebody else began it a moment ago.
    holders = await ledger.holders(tx, program_id=program_id, currency=currency, least=terms.smallest)
    await tx.execute(
        queries.LINES,
        program_id,
        payout_id,
        list(range(1, len(holders) + 1)),
        [one.account_id for one in holders],
        [one.member_id for one in holders],
    )
    return payout_id


async def _debit(
    runtime: Runtime, made: Payout, line: PayoutLine, terms: PayOut, program_id: int, *, now: dt.datetime
) -> tuple[int, str, int, str | None, UUID | None, str | None]:
    """One member's debit, or the answer that it had: number, state, points, bank account, activity, reason."""
    asked = TransferAct(act="pay_out", currency=made.currency, points=_ALL)
    reply = await _submit(runtime, made, line, asked, program_id, now=now, what="debit")
    answer: dict[str, Any] = msgspec.json.decode(reply.body)
    if reply.status >= 400 or reply.activity_id is None:
        return line.no, SKIPPED, 0, None, None, str(answer.get("code"))
    seen = await activities.look(runtime, program_id=program_id, member_id=line.member_id, now=now)
    account = seen.attributes.get(terms.account) or ""
    if not engine.payable(account):
        # The member changed it in the moment since the debit: nothing is paid there, so nothing is debited.
        await _return(runtime, made, line, reply.activity_id, program_id, now=now)
        return line.no, SKIPPED, 0, None, None, engine.AccountMalformed.code
    points = -int(answer["points"][made.currency])
    return line.no, PAID, points, str(account), reply.activity_id, None


async def _submit(
    runtime: Runtime,
    made: Payout,
    line: PayoutLine,
    asked: TransferAct,
    program_id: int,
    *,
    now: dt.datetime,
    what: str,
    sale: SaleRef | None = None,
) -> Reply:
    document = f"{made.payout_id}/{line.no}/{what}"
    intake = Intake(
        program_id=program_id,
        key=f"{SOURCE}/{document}",
        digest=hashlib.sha256(document.encode()).digest(),
        type="transfer",
        received_at=now,
        source=SOURCE,
        document=document,
        account_id=line.account_id,
        member_id=line.member_id,
        may_enrol=False,
        sale=sale,
        transfer=asked,
    )
    for _ in range(TRIES):
        try:
            return await activities.submit(runtime, intake)
        except RegularsError as fault:
            # Somebody else is at it just now, or the member is busy: the same key gives the one answer later.
            if getattr(fault, "retry_after_s", None) is None:
                raise
            await asyncio.sleep(PAUSE_S)
    return await activities.submit(runtime, intake)


async def show(runtime: Runtime, tx: Transaction, *, program_id: int, payout_id: UUID) -> Payout:
    """One pay-out with its lines. Raises NoSuchPayout."""
    row = await tx.fetchrow(queries.ONE, program_id, payout_id)
    if row is None:
        raise NoSuchPayout
    lines = [PayoutLine(**dict(line.items())) for line in await tx.fetch(queries.LINES_OF, program_id, payout_id)]
    money = runtime.programs.current(program_id).program.program.money
    return Payout(**dict(row.items()), lines=tuple(lines), money=money, scale=kit_money.decimals(money))


async def latest(runtime: Runtime, tx: Transaction, *, program_id: int, limit: int = 20) -> list[Payout]:
    """The pay-outs of a program, the latest first."""
    await runtime.programs.ready(program_id)
    rows = await tx.fetch(queries.ALL, program_id, limit)
    return [await show(runtime, tx, program_id=program_id, payout_id=row["payout_id"]) for row in rows]


async def confirm(runtime: Runtime, *, program_id: int, payout_id: UUID, lines: Sequence[int] | None = None) -> Payout:
    """The bank says that lines arrived (none named: all that have not failed). Raises NoSuchPayout, PayoutUnfinished,
    NoSuchPayoutLine, PayoutLineFailed."""
    await runtime.programs.ready(program_id)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        return await confirmed(runtime, tx, program_id=program_id, payout_id=payout_id, lines=lines)


async def confirmed(
    runtime: Runtime, tx: Transaction, *, program_id: int, payout_id: UUID, lines: Sequence[int] | None
) -> Payout:
    """The same in a transaction of the caller, who has seen to it that the program is ready."""
    found = await _finished(runtime, tx, program_id, payout_id)
    named = [line.no for line in found.lines if line.state == PAID] if lines is None else list(lines)
    for line in _named(found, named):
        if line.state == FAILED:
            raise PayoutLineFailed(no=line.no)
    await tx.execute(queries.CONFIRM, program_id, payout_id, named)
    return await show(runtime, tx, program_id=program_id, payout_id=payout_id)


async def fail(
    runtime: Runtime, *, program_id: int, payout_id: UUID, failed: Sequence[LineFailed], now: dt.datetime
) -> Payout:
    """The bank says that lines did not arrive: their points come back to the lots that they were taken from. What is
    told twice counts once. Raises NoSuchPayout, PayoutUnfinished, NoSuchPayoutLine."""
    await runtime.programs.ready(program_id)
    async with runtime.database.read(programs=[program_id]) as tx:
        found = await _finished(runtime, tx, program_id, payout_id)
    lines = _named(found, [one.no for one in failed])
    reasons = {one.no: one.reason for one in failed}
    for line in lines:
        if line.state != FAILED:
            await _bring_back(runtime, found, line, program_id, reason=reasons[line.no], now=now)
    async with runtime.database.read(programs=[program_id]) as tx:
        return await show(runtime, tx, program_id=program_id, payout_id=payout_id)


async def fail_under_key(runtime: Runtime, call: Call, *, payout_id: UUID, failed: Sequence[LineFailed]) -> Reply:
    """The same under an idempotency key: whoever was stopped asks again, each line comes back once, and the answer is
    the one that was stored. Raises IdempotencyKeyReused besides what `fail` raises."""
    program_id = call.actor.program_id
    await runtime.programs.ready(program_id)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        kept = await activities.begin_keyed(tx, call)
        if kept.reply is not None:
            return kept.reply
        if kept.first:
            # A pay-out or a line that there is not raises here, and does not use the key up.
            _named(await _finished(runtime, tx, program_id, payout_id), [one.no for one in failed])
    found = await fail(runtime, program_id=program_id, payout_id=payout_id, failed=failed, now=call.at)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        return await activities.keep(tx, call, shown(found))


async def _bring_back(
    runtime: Runtime, made: Payout, line: PayoutLine, program_id: int, *, reason: str, now: dt.datetime
) -> None:
    if line.activity_id is None:
        raise NoSuchPayoutLine(no=line.no)
    reply = await _return(runtime, made, line, line.activity_id, program_id, now=now, reason=reason)
    async with runtime.database.transaction(programs=[program_id]) as tx:
        given = (program_id, made.payout_id, line.no, reply.activity_id, reason or None)
        await tx.execute(queries.RETURNED, *given)


async def _return(
    runtime: Runtime,
    made: Payout,
    line: PayoutLine,
    debit: UUID,
    program_id: int,
    *,
    now: dt.datetime,
    reason: str = "",
) -> Reply:
    asked = TransferAct(act="returned", currency=made.currency, points=_ALL, of=debit, reason=reason or None)
    sale = SaleRef(activity_id=ids.to_wire("act", debit))
    return await _submit(runtime, made, line, asked, program_id, now=now, what="returned", sale=sale)


async def _finished(runtime: Runtime, tx: Transaction, program_id: int, payout_id: UUID) -> Payout:
    found = await show(runtime, tx, program_id=program_id, payout_id=payout_id)
    if found.finished_at is None:
        raise PayoutUnfinished
    return found


def _named(found: Payout, numbers: Iterable[int]) -> list[PayoutLine]:
    paid = {line.no: line for line in found.paid}
    wanted = list(dict.fromkeys(numbers))
    for no in wanted:
        if no not in paid:
            raise NoSuchPayoutLine(no=no)
    return [paid[no] for no in wanted]
