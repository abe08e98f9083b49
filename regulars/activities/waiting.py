"""A return that came before its sale waits for it, and is applied in the sale's own transaction (LEDGER L15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import answers, prepare
from regulars.activities.contracts import Answer, Intake, MemberOut, Reply
from regulars.activities.items import Item, Who
from regulars.kit import arrays, ids, outbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from regulars.kit.database import Transaction

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Intake).decode

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


def waits(item: Item) -> bool:
    """Whether it undoes a sale, named by its document, that nobody has handed in yet."""
    sale = item.intake.sale
    return (
        sale is not None
        and sale.activity_id is None
        and sale.document is not None
        and item.sale_id is None
        and item.sale_item is None
    )


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
        key = prepare.sale_key(item.intake, item.compiled.program)
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


async def followers(tx: Transaction, items: Sequence[Item]) -> dict[Item, list[Item]]:
    """The returns that waited for sales of this batch, as items of the same member, by sale; tell `finished` once they
    are done."""
    asked = []
    for nr, item in enumerate(items):
        named = prepare.natural_key(item.intake, item.compiled.program) if item.intake.sale is None else None
        if named is not None:
            asked.append((nr, item.intake.program_id, *named))
    if not asked:
        return {}
    found: dict[Item, list[Item]] = {}
    for row in await tx.fetch(_CAME, *arrays.of(asked)):
        sale = items[row["nr"]]
        # Its key has its answer already: it is applied without one.
        intake = msgspec.structs.replace(_decode(row["intake"]), key=None)
        item = Item(intake, activity_id=row["activity_id"], history=True)
        item.waited = True
        item.compiled, item.sale_id, item.lines, item.store = sale.compiled, sale.activity_id, (), None
        item.who = Who(account_id=sale.who.account_id, member_id=sale.who.member_id)
        item.occurred_at = max(intake.occurred_at or intake.received_at, sale.occurred_at)
        found.setdefault(sale, []).append(item)
    return found


async def finished(tx: Transaction, items: Sequence[Item]) -> None:
    """Forget returns that have been decided; one that was refused is a case, since its till heard a yes long ago."""
    done = {item.activity_id: item for item in items if item.reply is not None}
    rows = await tx.fetch(
        "delete from regulars.waiting where activity_id = any($1::uuid[]) returning activity_id", list(done)
    )
    for item in (done[row["activity_id"]] for row in rows):
        if item.decision is not None and item.decision.refusal is not None:
            await open_case(
                tx, item.intake, "waiting_return_refused", case_id=item.activity_id, code=item.decision.refusal.code
            )


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
    """Returns whose sale was applied while they were being parked: neither saw the other, so the sweeper brings them
    together."""
    rows = await tx.fetch(
        "select w.activity_id, w.intake from regulars.waiting w"
        " join regulars.natural_key n using (program_id, source, document)"
        " join regulars.activity v on v.activity_id = n.activity_id"
        " where not exists (select from regulars.activity r where r.activity_id = w.activity_id)"
        " order by w.received_at limit $1",
        limit,
    )
    return [(_decode(row["intake"]), row["activity_id"]) for row in rows]
