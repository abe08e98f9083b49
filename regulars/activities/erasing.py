"""A member is erased in two steps. The first is an activity: points, state and a row in `erasure`, in one transaction.
The second destroys what identifies the person wherever it is stored, by the table registry: repeated, it finds nothing
to do; whoever dies between the two, the worker finishes it. Between them who is forgotten is written down beside the
database (`kit.forgotten`): nothing is destroyed, and nobody is told, before a restore would know of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB

from regulars.activities import queries, sealing, stripping, trails
from regulars.activities.contracts import Intake
from regulars.engine import service as engine
from regulars.kit import arrays, forgotten, ids, tables
from regulars.kit.errors import RegularsError
from regulars.kit.forgotten import Forgotten
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.kit.database import Lane, Transaction

CHUNK: Final = 500
SETTLED: Final = dt.timedelta(minutes=2)
"""After so long nothing is under way any more that had found the member before they were forgotten: it is looked at
once more, and then it is done."""
_encode: Final = msgspec.json.Encoder().encode
_intake: Final = msgspec.json.Decoder(Intake)
_GONE: Final = _encode({"code": "member_erased", "status": 410})

_COLUMNS: Final = "program_id, member_id, account_id, asked_at"

_UNFINISHED: Final = f"""
select {_COLUMNS} from (
    select e.*, exists (select from regulars.member v where v.account_id = e.account_id
        and v.member_id = e.member_id and v.status <> 'erased') as there
    from regulars.erasure e where e.done_at is null
) x
where there or asked_at <= $1 order by there desc, asked_at limit $2
"""

# Not by coalesce where a key is compared: the wall around a table takes it for a leak, and then every row is read.
_BACK: Final = """
select distinct t.p as program_id, t.m as member_id, coalesce(w.leads_to, t.m) as leads_to
from unnest($1::int[], $2::uuid[]) as t (p, m)
left join regulars.moved w on w.program_id = t.p and w.member_id = t.m
join regulars.member v on v.program_id = t.p and v.member_id = t.m
    and v.account_id = case when w.account_id is null then t.m else w.account_id end
where v.status <> 'erased' and not exists (select from regulars.erasure e
    where e.program_id = t.p and e.member_id = case when w.leads_to is null then t.m else w.leads_to end)
"""


_SEALED: Final = (
    "account_id", "activity_id", "program_id", "member_id", "type", "release", "version", "occurred_at", "received_at",
    "reverses", "shares",
)  # fmt: skip
_RECORDED: Final = f"""
select {", ".join(f"v.{name}" for name in _SEALED)}, v.body, v.decision, v.seal, {sealing.DIGEST} as digest,
    sha256(v.body) as digest_of_body
from regulars.activity v where v.account_id = any($1::uuid[]) and v.activity_id > $3
    and (v.member_id = any($2::uuid[]) or v.type in ('moved_in', 'moved_out'))
order by v.activity_id limit $4
"""


class Erasure(msgspec.Struct, frozen=True):
    """Somebody who is to be forgotten."""

    program_id: int
    member_id: UUID
    account_id: UUID
    asked_at: dt.datetime


async def begun(tx: Transaction, *, program_id: int, member_id: UUID) -> Erasure | None:
    """The erasure of a member, done or not."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from regulars.erasure where program_id = $1 and member_id = $2", program_id, member_id
    )
    return None if row is None else Erasure(**dict(row.items()))


async def unfinished(tx: Transaction, *, now: dt.datetime, limit: int) -> list[Erasure]:
    """What was begun and not finished: whoever is still there first, then those who may be looked at once more."""
    rows = await tx.fetch(_UNFINISHED, now - SETTLED, limit)
    return [Erasure(**dict(row.items())) for row in rows]


async def recorded(tx: Transaction) -> list[Forgotten]:
    """Everybody of whom the database knows that they were forgotten, the earliest first."""
    rows = await tx.fetch("select program_id, member_id, asked_at from regulars.erasure order by asked_at, member_id")
    return [Forgotten(row["program_id"], row["member_id"], row["asked_at"]) for row in rows]


async def back_again(tx: Transaction, known: Sequence[Forgotten]) -> list[Forgotten]:
    """Of those who were forgotten, whoever is here and was not: the database was restored to a moment before. Whoever
    was merged into another one of them goes with that one and is left out."""
    rows = await tx.fetch(_BACK, [one.program_id for one in known], [one.member_id for one in known])
    there = {(row["program_id"], row["member_id"]): row["leads_to"] for row in rows}
    alone = {who for who, leads_to in there.items() if leads_to == who[1] or (who[0], leads_to) not in there}
    return [one for one in known if (one.program_id, one.member_id) in alone]


async def finish(lane: Lane, one: Erasure, *, process: Process, now: dt.datetime) -> None:
    """Write down who is forgotten where a restore finds it, then destroy all that identifies them, and those who were
    merged into them. Repeats safely. Raises ErasuresNotKept, ErasuresChanged; then nothing was destroyed."""
    await process.programs.ready(one.program_id)
    async with lane.read(programs=[one.program_id]) as tx:
        people = await members.people(tx, program_id=one.program_id, member_id=one.member_id)
    names = [Forgotten(one.program_id, person, one.asked_at) for person in people]
    await asyncio.to_thread(lambda: forgotten.remember(forgotten.files_of(process.settings), names))
    async with lane.transaction(programs=[one.program_id]) as tx:
        wholly = await _destroy(tx, one, people, process=process, now=now)
        if wholly and now >= one.asked_at + SETTLED:
            await tx.execute(
                "update regulars.erasure set done_at = $3 where program_id = $1 and member_id = $2 and done_at is null",
                one.program_id,
                one.member_id,
                now,
            )


async def _destroy(
    tx: Transaction, one: Erasure, people: Sequence[UUID], *, process: Process, now: dt.datetime
) -> bool:
    """Whether nothing is left that has to stay for a while."""
    been = await trails.accounts(tx, [(one.program_id, person) for person in people])
    accounts = sorted({one.account_id, *people, *(account for some in been.values() for account in some)})
    said = await members.identifying(
        tx, keys=process.member_keys, program_id=one.program_id, accounts=accounts, people=people
    )
    await _activities(tx, process, accounts, people)
    said |= {("member", str(person)) for person in people}
    await _waiting(tx, one.program_id, said, region=process.programs.at(one.program_id, now).program.program.region)
    wholly = True
    for about in tables.registry.values():
        if about.personal:
            wholly = await _DESTROYS.get(about.name, _empty)(tx, about, accounts, people) and wholly
    await members.forget(tx, program_id=one.program_id, accounts=accounts, people=people)
    await tx.execute(
        "delete from regulars.review where account_id = any($1::uuid[]) and member_id = any($2::uuid[])",
        accounts,
        people,
    )
    return wholly


async def _activities(tx: Transaction, process: Process, accounts: Sequence[UUID], people: Sequence[UUID]) -> None:
    after = UUID(int=0)
    while True:
        rows = await tx.fetch(_RECORDED, accounts, people, after, CHUNK)
        if not rows:
            return
        said = [queries.decode_body(row["body"]) for row in rows]
        await _untrace(tx, [one for one in said if one.member_id in people])
        silent = [_silenced(process, row, one, people) for row, one in zip(rows, said, strict=True)]
        await tx.execute(
            """update regulars.activity v set body = t.body, decision = t.decision, seal = t.seal
            from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[])
                as t (activity_id, account_id, body, decision, seal)
            where v.activity_id = t.activity_id and v.account_id = t.account_id
                and (v.body, v.decision, v.seal) is distinct from (t.body, t.decision, t.seal)""",
            [row["activity_id"] for row in rows],
            [row["account_id"] for row in rows],
            *arrays.of(silent, 3),
        )
        after = rows[-1]["activity_id"]


def _silenced(process: Process, row: Any, said: Activity, people: Sequence[UUID]) -> tuple[bytes, bytes, bytes | None]:
    """Body, decision and seal of an activity of nobody; or of somebody to whom one of these people came or from whom
    they left, without what these had along."""
    stripped = stripping.stripped(said) if said.member_id in people else stripping.unladen(said, people)
    body = row["body"] if stripped == said else _encode(stripped)
    compiled = process.programs.numbered(row["program_id"], row["release"])
    decision = engine.without_words(compiled, row["type"], row["decision"])
    if row["seal"] is None:
        return body, decision, None
    whole, spoken = sealing.is_whole(process.ledger_key, row["seal"], row["digest"], row["digest_of_body"])
    if not whole or not (spoken or stripped == said):
        # Somebody changed it, and whoever looks into that must not find it sealed anew.
        return body, row["decision"], row["seal"]
    columns = {name: row[name] for name in _SEALED}
    return body, decision, sealing.seal(process.ledger_key, sealing.digest(**columns, decision=decision), body)


async def _untrace(tx: Transaction, said: Sequence[Activity]) -> None:
    """What a member was seen with is no longer known to have been theirs."""
    traces = [(one.program_id, trace, one.member_id.hex) for one in said for trace in engine.traced_by(one)]
    if traces:
        await tx.execute(
            """delete from regulars.counter c using unnest($1::int[], $2::text[], $3::text[]) as t (p, o, i)
            where c.program_id = t.p and c.metric = $4 and c.owner = t.o and c.item = t.i""",
            *arrays.of(traces, 3),
            engine.TRACES,
        )
    members = sorted({(one.program_id, one.member_id.bytes) for one in said})
    if members:
        await tx.execute(
            """delete from regulars.counter c using unnest($1::int[], $2::text[], $3::text[]) as t (p, o, i)
            where c.program_id = t.p and c.metric = $4 and (c.owner = t.o or c.item like t.i || ':%' and c.owner in (
                select 'beside:' || split_part(b.item, ':', 1) from regulars.counter b
                where b.program_id = t.p and b.metric = $4 and b.owner = t.o))""",
            *arrays.of([(program_id, engine.beside(member), member.hex()) for program_id, member in members], 3),
            engine.TRACES,
        )


async def _waiting(tx: Transaction, program_id: int, said: frozenset[tuple[str, str]], *, region: str) -> None:
    """Returns that wait for their sale name whoever brought them; the sale will say it too."""
    if not said:
        return
    rows = await tx.fetch(
        "select source, document, activity_id, intake from regulars.waiting where program_id = $1", program_id
    )
    for row in rows:
        intake = _intake.decode(row["intake"])
        if any(_names(one.kind, one.value, said, region) for one in intake.who):
            await tx.execute(
                "update regulars.waiting set intake = $5"
                " where program_id = $1 and source = $2 and document = $3 and activity_id = $4",
                program_id,
                row["source"],
                row["document"],
                row["activity_id"],
                _encode(_silent(intake)),
            )


def _silent(intake: Intake) -> Intake:
    sale = None if intake.sale is None else msgspec.structs.replace(intake.sale, reason=None)
    return msgspec.structs.replace(intake, who=(), fields={}, device=None, sale=sale)


def _names(kind: str, value: str, said: frozenset[tuple[str, str]], region: str) -> bool:
    try:
        (named,) = members.named([(kind, value)], region=region)
    except RegularsError:
        # What names nobody names nobody of them.
        return False
    return (named.kind, named.canonical) in said


async def _empty(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """Personal columns of rows of these people: nothing where a column may have nothing, else what is empty."""
    columns = about.table.columns
    if "member_id" not in columns or "account_id" not in columns:
        raise RuntimeError(f"nobody has said how the personal columns of {about.name} are emptied")
    sets = ", ".join(f"{name} = {_nothing(columns[name])}" for name in about.personal)
    await tx.execute(
        f"update regulars.{about.name} set {sets} where account_id = any($1::uuid[]) and member_id = any($2::uuid[])",
        accounts,
        people,
    )
    return True


def _nothing(column: Any) -> str:
    if column.nullable:
        return "null"
    if isinstance(column.type, JSONB):
        return "'{}'"
    return "''::bytea" if isinstance(column.type, LargeBinary) else "''"


async def _skip(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """Done elsewhere, or of people who are no members."""
    return True


async def _rows(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    await tx.execute(
        f"delete from regulars.{about.name} where account_id = any($1::uuid[]) and member_id = any($2::uuid[])",
        accounts,
        people,
    )
    return True


async def _answers(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """What was answered: in an account of their own all of it, in a household what was theirs."""
    await tx.execute(
        "update regulars.answer a set body = $3 where a.account_id = any($1::uuid[])"
        " and (a.account_id = any($2::uuid[]) or exists (select from regulars.activity v"
        " where v.activity_id = a.activity_id and v.account_id = a.account_id and v.member_id = any($2::uuid[])))",
        accounts,
        people,
        _GONE,
    )
    return True


async def _events(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """What was told to whoever listens: in an account of their own all of it, in a household what was of them."""
    wires, after = {ids.to_wire("mem", person) for person in people}, (UUID(int=0), UUID(int=0))
    while True:
        rows = await tx.fetch(
            "select account_id, id, body from regulars.event"
            " where account_id = any($1::uuid[]) and (account_id, id) > ($2, $3) order by account_id, id limit $4",
            accounts,
            *after,
            CHUNK,
        )
        if not rows:
            return True
        own = [row["account_id"] in people for row in rows]
        await tx.execute(
            "update regulars.event v set body = t.body from unnest($1::uuid[], $2::uuid[], $3::bytea[])"
            " as t (account_id, id, body) where v.account_id = t.account_id and v.id = t.id and v.body <> t.body",
            [row["account_id"] for row in rows],
            [row["id"] for row in rows],
            [stripping.events(row["body"], None if mine else wires) for row, mine in zip(rows, own, strict=True)],
        )
        after = (rows[-1]["account_id"], rows[-1]["id"])


async def _codes(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    # Nobody's any more, and nobody else's either: one that is open would be given to the next.
    await tx.execute(
        "update regulars.voucher_code set blocked = blocked or state = 'open', member_id = null, lock_session = null"
        " where member_id = any($1::uuid[])",
        people,
    )
    return True


async def _lines(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """Where money went; as long as it is on its way the bank still asks where to, and the rest waits for that."""
    await tx.execute(
        "update regulars.payout_line set bank_account = null, reason = null"
        " where member_id = any($1::uuid[]) and state in ('skipped', 'confirmed', 'failed')",
        people,
    )
    return not await tx.fetchval(
        "select exists (select from regulars.payout_line"
        " where member_id = any($1::uuid[]) and state in ('wanted', 'paid') and bank_account is not null)",
        people,
    )


async def _moves(tx: Transaction, about: tables.Registered, accounts: Sequence[UUID], people: Sequence[UUID]) -> bool:
    """What they had along; as long as it is on its way, points for somebody else or word of a friend, it has to arrive,
    and the rest waits for that."""
    await tx.execute(
        "update regulars.move set luggage = '' where account_id = any($1::uuid[]) and member_id = any($2::uuid[])"
        " and arrived_at is not null",
        accounts,
        people,
    )
    return not await tx.fetchval(
        "select exists (select from regulars.move where account_id = any($1::uuid[]) and member_id = any($2::uuid[])"
        " and arrived_at is null)",
        accounts,
        people,
    )


_DESTROYS: Final[dict[str, Callable[..., Awaitable[bool]]]] = {
    "activity": _skip,
    "waiting": _skip,
    "staff": _skip,
    "identifier": _skip,
    "member": _skip,
    "answer": _answers,
    "event": _events,
    "move": _moves,
    "voucher_code": _codes,
    "payout_line": _lines,
    "member_attribute": _rows,
}
"""Tables whose personal columns are not simply emptied."""
