"""A return that came before its sale waits for it, and is applied in the sale's own transaction (LEDGER L15). So does
what speaks of such a return, or of an exchange that waits: it is applied with what it waits for (L18, L58)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import answers, faults, prepare
from regulars.activities.contracts import Answer, Intake, MemberOut, Reply
from regulars.activities.items import Item, Who
from regulars.engine import service as engine
from regulars.kit import arrays, ids, outbox
from regulars.kit.errors import RateLimited, RegularsError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from regulars.activities.programs import Programs
    from regulars.kit.database import Transaction

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Intake).decode

_BY_ID: Final = ""
"""In place of a source, for what names by its id what it waits for: no till's source is empty."""

_PASSES: Final = (faults.Contended, faults.MemberMoving, engine.BalanceFrozen, RateLimited)
"""What is not in the way for ever: it goes on waiting, and the sweeper tries again."""

_PARK = """
insert into regulars.waiting (program_id, source, document, activity_id, intake, received_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_ANSWER = """
insert into regulars.answer (activity_id, account_id, program_id, status, body) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""
_CAME = """
select t.nr, w.activity_id, w.intake from unnest($1::int[], $2::int[], $3::text[], $4::text[]) as t (nr, p, s, n)
join regulars.waiting w on w.program_id = t.p and w.source = t.s and w.document = t.n
order by t.nr, w.received_at, w.activity_id
"""
# Not by what waits itself: that is found by its document, and not all have one.
_WAITING = """
select t.nr from unnest($1::int[], $2::int[], $3::uuid[]) as t (nr, p, i)
join regulars.answer w on w.activity_id = t.i and w.account_id = t.i and w.program_id = t.p and w.status = $4
where not exists (select from regulars.answer r where r.activity_id = t.i and r.status > $4)
"""
_LATE = """
select w.activity_id, w.intake from regulars.waiting w
join regulars.natural_key n using (program_id, source, document)
join regulars.activity v on v.activity_id = n.activity_id
where not exists (select from regulars.activity r where r.activity_id = w.activity_id)
order by w.received_at limit $1
"""
_LATE_BY_ID = """
select w.activity_id, w.intake from unnest($1::uuid[], $2::uuid[]) as t (i, awaited)
join regulars.activity v on v.activity_id = t.awaited
join regulars.waiting w on w.activity_id = t.i
where not exists (select from regulars.activity r where r.activity_id = t.i)
order by w.received_at limit $3
"""


def waits(item: Item) -> bool:
    """Whether it undoes what nobody has handed in yet, or what waits itself."""
    sale = item.intake.sale
    if sale is None or item.sale_id is not None or item.sale_item is not None:
        return False
    return item.awaits_named if sale.activity_id is not None else sale.document is not None


async def find_named(tx: Transaction, asked: Sequence[tuple[Item, UUID]]) -> None:
    """Mark those that name by its id something that waits itself."""
    able = [(item, one) for item, one in asked if prepare.goes_back(item.intake)]
    if able:
        rows = [(nr, item.intake.program_id, one) for nr, (item, one) in enumerate(able)]
        for row in await tx.fetch(_WAITING, *arrays.of(rows), HTTPStatus.ACCEPTED):
            able[row["nr"]][0].awaits_named = True


def _awaited(item: Item) -> tuple[str, str] | None:
    """(source, document) of what it waits for."""
    sale = item.intake.sale
    if sale is not None and sale.activity_id is not None:
        return _BY_ID, str(ids.from_wire("act", sale.activity_id))
    return prepare.sale_key(item.intake, item.compiled.program)


def stand_in(item: Item) -> Who:
    """Nobody, for the claim of a return that waits: its own id in place of an account."""
    return Who(account_id=item.activity_id, member_id=item.activity_id)


def answer(item: Item) -> Answer:
    """What a till hears of a return that waits: what it comes to is known with its sale."""
    quoted = item.intake.quoted
    return Answer(
        type=item.intake.type,
        occurred_at=item.occurred_at,
        activity_id=ids.to_wire("act", item.activity_id),
        member=MemberOut(id=""),
        release=item.compiled.release.number,
        total=0,
        to_pay=0,
        returned=0,
        points={},
        lines=(),
        balances=(),
        as_quoted=None if quoted is None else not quoted.points and not quoted.paid,
        waiting=True,
    )


async def park(tx: Transaction, items: Sequence[Item]) -> list[Item]:
    """Keep what waits, with its answer; gives these items. Nobody is told before the caller's transaction is on the
    disk: then settle them."""
    parked = [item for item in items if waits(item)]
    if parked:
        await tx.execute("set local synchronous_commit = on")
    for item in parked:
        key = _awaited(item)
        if key is None:
            continue
        await tx.execute(
            _PARK,
            item.intake.program_id,
            *key,
            item.activity_id,
            _encode(item.intake),
            item.intake.received_at,
        )
        body = answers.encode(answer(item))
        await tx.execute(_ANSWER, item.activity_id, item.activity_id, item.intake.program_id, 202, body)
        item.draft = Reply(status=202, body=body, activity_id=item.activity_id)
    return parked


async def followers(tx: Transaction, items: Sequence[Item], programs: Programs) -> dict[Item, list[Item]]:
    """What waited for items of this batch, and what waited for that, as items of the same member: by the item of the
    batch, each after what it waited for; tell `finished` once they are done."""
    found: dict[Item, list[Item]] = {}
    first = {item: item for item in items}
    known = {item.activity_id for item in items}
    last = list(items)
    while last:
        came: list[Item] = []
        asked = [(nr, item.intake.program_id, *key) for nr, item in enumerate(last) for key in _names(item)]
        for row in await tx.fetch(_CAME, *arrays.of(asked)) if asked else ():
            if row["activity_id"] in known:
                continue
            awaited = last[row["nr"]]
            item = _released(row, awaited, programs)
            known.add(item.activity_id)
            first[item] = first[awaited]
            found.setdefault(first[item], []).append(item)
            came.append(item)
        last = came
    for ones in found.values():
        # In the order in which they happened, as if nobody had waited; the sort keeps each behind what it waited for.
        ones.sort(key=lambda one: one.occurred_at)
    return found


def _names(item: Item) -> list[tuple[str, str]]:
    """By what others may wait for it: its document, and its id if it was ever told."""
    named = prepare.natural_key(item.intake, item.compiled.program)
    told = [(_BY_ID, str(item.activity_id))] if item.waited else []
    return told if named is None else [named, *told]


def _released(row: Any, awaited: Item, programs: Programs) -> Item:
    # Its key has its answer already: it is applied without one.
    intake = msgspec.structs.replace(_decode(row["intake"]), key=None)
    item = Item(intake, activity_id=row["activity_id"], history=True)
    item.waited, item.sale_item = True, awaited
    item.occurred_at = max(intake.occurred_at or intake.received_at, awaited.occurred_at)
    item.compiled = programs.at(intake.program_id, item.occurred_at)
    item.lines, item.store = (), None
    whose = awaited.who
    item.who = Who(account_id=whose.account_id, member_id=whose.member_id, led_from=whose.led_from)
    return item


async def finished(tx: Transaction, items: Sequence[Item]) -> None:
    """Forget what has been decided; what was refused is a case, since its till heard a yes long ago, and the refusal
    is its answer from now on."""
    done = {item.activity_id: item for item in items if item.fault is not None or item.reply is not None}
    done = {one: item for one, item in done.items() if not _goes_on(item)}
    rows = await tx.fetch(
        "delete from regulars.waiting where activity_id = any($1::uuid[]) returning activity_id", list(done)
    )
    for item in (done[row["activity_id"]] for row in rows):
        refusal = _refusal(item)
        if refusal is None:
            continue
        code, reply = refusal
        whose = item.who if item.sale_of is None else item.sale_of
        await tx.execute(_ANSWER, item.activity_id, whose.account_id, item.intake.program_id, reply.status, reply.body)
        await open_case(tx, item.intake, "waiting_return_refused", case_id=item.activity_id, code=code)


def _goes_on(item: Item) -> bool:
    """Whether it waits still: again, or for what will pass."""
    fault = item.fault
    if fault is None:
        return item.decision is None and item.reply is not None and item.reply.status == HTTPStatus.ACCEPTED
    passes = not isinstance(fault, RegularsError) or fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return passes or isinstance(fault, _PASSES)


def _refusal(item: Item) -> tuple[str, Reply] | None:
    """The code and the answer of what came to nothing."""
    if isinstance(item.fault, RegularsError):
        return item.fault.code, answers.refused_by(item.fault)
    if item.decision is None or item.decision.refusal is None or item.reply is None or item.reply.replayed:
        # What a try said that was not written does not count where another process has done it.
        return None
    refusal = item.decision.refusal
    return refusal.code, answers.refused(refusal, item.compiled)


async def open_case(tx: Transaction, intake: Intake, case: str, *, case_id: UUID, code: str | None = None) -> None:
    """A return that came before its sale needs a person. There is no desk yet: an event that somebody can find."""
    sale = intake.sale
    told = {
        "type": "case.opened",
        "case": case,
        "source": None if sale is None else sale.source or intake.source,
        "document": None if sale is None else sale.document,
        "activity": ids.to_wire("act", case_id),
    }
    await outbox.record(
        tx,
        told if code is None else {**told, "code": code},
        program_id=intake.program_id,
        event_id=case_id,
        occurred_at=intake.received_at,
    )


async def overdue(tx: Transaction, *, before: dt.datetime, limit: int = 100) -> int:
    """Take out returns that waited since before a moment, each a case: their sale never came. How many."""
    rows = await tx.fetch(
        "delete from regulars.waiting w where (program_id, source, document, activity_id) in"
        " (select program_id, source, document, activity_id from regulars.waiting where received_at < $1"
        " order by received_at limit $2)"
        " returning activity_id, intake,"
        " exists (select from regulars.activity r where r.activity_id = w.activity_id) as applied",
        before,
        limit,
    )
    for row in rows:
        # One that was applied is here still because the process ended before it could say so.
        if not row["applied"]:
            await open_case(tx, _decode(row["intake"]), "sale_never_came", case_id=row["activity_id"])
    return len(rows)


async def late(tx: Transaction, *, limit: int = 100) -> list[tuple[Intake, UUID]]:
    """Those whose sale was applied while they were being parked: neither saw the other, so the sweeper brings them
    together. What waits for them is released with them."""
    rows = list(await tx.fetch(_LATE, limit))
    named = await tx.fetch("select activity_id, document from regulars.waiting where source = $1", _BY_ID)
    if named:
        pairs = [row["activity_id"] for row in named], [UUID(row["document"]) for row in named]
        rows += await tx.fetch(_LATE_BY_ID, *pairs, limit)
    return [(_decode(row["intake"]), row["activity_id"]) for row in rows]
