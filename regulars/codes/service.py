"""The door of codes: make and import them, find them as shown, set them aside for a till, give them to members."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.codes import patterns, sealing
from regulars.codes.contracts import Batch, Code, CodeKeys, CodeLocked, Found, UnknownCode
from regulars.codes.making import Drawn, Kind, Random, bring, counted, draw, make, room_for, write
from regulars.codes.patterns import normal, tail
from regulars.codes.sealing import id_of, keys
from regulars.engine.contracts.gifts import CodeChange, CodeSeen
from regulars.kit.database import Transaction

__all__ = [
    "Drawn",
    "Kind",
    "batches",
    "block",
    "bring",
    "change",
    "codes",
    "counted",
    "draw",
    "export",
    "find",
    "held_still",
    "id_of",
    "keys",
    "lock",
    "make",
    "normal",
    "of_all",
    "of_member",
    "reserve",
    "room_for",
    "show",
    "tail",
    "unlock",
    "write",
]

BLOCKED: Final = "blocked"

_COLUMNS: Final = """c.code_id, c.voucher, c.state, c.blocked, c.sealed, c.tail, c.batch, c.value, c.from_at,
c.until_at, c.member_id, c.given_at, c.activity_id, c.lock_session, c.lock_until, c.reserved_by"""

_FIND: Final = f"""
select c.program_id, {_COLUMNS} from unnest($1::int[], $2::uuid[]) as t (p, id)
join regulars.voucher_code c on c.program_id = t.p and c.code_id = t.id
"""

# Who is first has it: what another batch is looking at is stepped over, and what a batch took and never gave is free
# again after a time.
_RESERVE: Final = """
with free as (
    select c.code_id from regulars.voucher_code c
    where c.program_id = $1 and c.voucher = $2 and c.state = 'open' and not c.blocked and c.member_id is null
        and (c.reserved_until is null or c.reserved_until < $5) and (c.until_at is null or c.until_at > $5)
        and (c.lock_until is null or c.lock_until < $5)
    limit $3 for update skip locked
)
update regulars.voucher_code c set reserved_by = $4, reserved_until = $6
from free where c.program_id = $1 and c.code_id = free.code_id
returning c.code_id, c.sealed
"""

_CHANGE: Final = """
update regulars.voucher_code c set
    state = coalesce(t.state, c.state), member_id = coalesce(t.member_id, c.member_id),
    value = coalesce(t.value, c.value),
    until_at = case
        when t.member_id is null then coalesce(t.until_at, c.until_at)
        else least(t.until_at, c.until_at)
    end,
    activity_id = case when t.member_id is null then c.activity_id else t.activity_id end,
    given_at = case when t.member_id is null then c.given_at else t.at end,
    reserved_by = null, reserved_until = null
from unnest($1::int[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::uuid[],
    $8::timestamptz[]) as t (p, id, state, member_id, value, until_at, activity_id, at)
where c.program_id = t.p and c.code_id = t.id
    and (t.member_id is null or (c.member_id is null and c.reserved_by is not null and c.reserved_until >= t.at))
"""

_LOCK: Final = """
update regulars.voucher_code c set lock_session = $3, lock_until = $4
where c.program_id = $1 and c.code_id = $2
    and (c.lock_until is null or c.lock_until < $5 or c.lock_session = $3)
"""

_UNLOCK: Final = """
update regulars.voucher_code set lock_session = null, lock_until = null
where program_id = $1 and code_id = $2 and lock_session = $3
"""

_BLOCK: Final = """
update regulars.voucher_code set blocked = $3
where program_id = $1 and code_id = any($2::uuid[]) and blocked <> $3
"""

_STILL: Final = """
select voucher from regulars.voucher_code where program_id = $1 and code_id = $2 for no key update
"""

_LIST: Final = f"""
select {_COLUMNS} from regulars.voucher_code c
where c.program_id = $1 and ($2::text is null or c.voucher = $2) and ($3::text is null or c.batch = $3)
    and ($4::text is null or case when c.blocked then 'blocked' else c.state end = $4)
    and ($5::uuid is null or c.member_id = $5)
    and ($6::uuid is null or c.code_id > $6)
order by c.code_id limit $7
"""

_EXPORT: Final = f"""
select {_COLUMNS} from regulars.voucher_code c
where c.program_id = $1 and c.voucher = $2 and ($3::text is null or c.batch = $3) order by c.batch, c.code_id
"""

_BATCHES: Final = """
select voucher, batch, count(*) as codes,
    count(*) filter (where state = 'open' and not blocked and member_id is null) as free
from regulars.voucher_code where program_id = $1 and ($2::text is null or voucher = $2)
group by voucher, batch order by voucher, batch
"""


async def find(connection: Any, asked: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], Found]:
    """Codes by program and id, without those that nobody made."""
    pairs = sorted(set(asked))
    if not pairs:
        return {}
    rows = await connection.fetch(_FIND, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return {(row["program_id"], row["code_id"]): _found(row) for row in rows}


def _found(row: Any) -> Found:
    seen = CodeSeen(
        code_id=row["code_id"],
        voucher=row["voucher"],
        code=row["tail"],
        state=BLOCKED if row["blocked"] else row["state"],
        member_id=row["member_id"],
        given=row["activity_id"] is not None,
        value=row["value"],
        from_at=row["from_at"],
        until_at=row["until_at"],
    )
    return Found(seen, row["lock_session"], row["lock_until"])


async def reserve(
    tx: Transaction, keys: CodeKeys, kind: Kind, count: int, *, now: dt.datetime, random: Random
) -> list[tuple[UUID, str]]:
    """Up to `count` codes of a campaign that nobody has, for one batch alone until a moment (`kind.reserved_by`,
    `reserved_until`): the next free ones, then, where the campaign has a pattern, new ones."""
    rows = await tx.fetch(_RESERVE, kind.program_id, kind.voucher, count, kind.reserved_by, now, kind.reserved_until)
    cipher: AESGCM = sealing.cipher(keys)
    found = [(row["code_id"], sealing.unseal(cipher, row["code_id"], row["sealed"])) for row in rows]
    if len(found) < count and kind.pattern:
        made = await make(tx, keys, kind, count - len(found), random=random, now=now)
        found += made.items()
    return found


async def change(connection: Any, changes: Sequence[tuple[int, UUID, CodeChange]], *, at: dt.datetime) -> None:
    """Write what activities (program, activity, change), in their order, do to codes. Raises RuntimeError where a code
    is given that was reserved too long ago: then somebody else may have it, and the whole is decided again."""
    if not changes:
        return
    changes = _one_a_code(changes)
    status = await connection.execute(
        _CHANGE,
        [program for program, _, _ in changes],
        [one.code_id for *_, one in changes],
        [one.state for *_, one in changes],
        [one.member_id for *_, one in changes],
        [one.value for *_, one in changes],
        [one.until_at for *_, one in changes],
        [activity for _, activity, _ in changes],
        [at for _ in changes],
    )
    written = status if isinstance(status, int) else int(status.rpartition(" ")[2])
    if written != len(changes):
        raise RuntimeError(f"{len(changes) - written} codes of vouchers were reserved too long ago to be given")


def _one_a_code(changes: Sequence[tuple[int, UUID, CodeChange]]) -> list[tuple[int, UUID, CodeChange]]:
    """What several activities of a batch make of one code, as one change, sorted by key: an UPDATE takes any one of
    several rows that it is joined with."""
    merged: dict[tuple[int, UUID], tuple[UUID, CodeChange]] = {}
    for program, activity, one in changes:
        giver, before = merged.get((program, one.code_id), (activity, one))
        merged[program, one.code_id] = (
            giver if one.member_id is None else activity,
            CodeChange(
                code_id=one.code_id,
                state=before.state if one.state is None else one.state,
                member_id=before.member_id if one.member_id is None else one.member_id,
                value=before.value if one.value is None else one.value,
                until_at=before.until_at if one.until_at is None else one.until_at,
            ),
        )
    return [(program, *merged[program, code_id]) for program, code_id in sorted(merged)]


async def lock(
    tx: Transaction, *, program_id: int, code_id: UUID, session: str, until: dt.datetime, now: dt.datetime
) -> None:
    """Set a code aside for one session. Raises UnknownCode, CodeLocked."""
    if not await tx.execute(_LOCK, program_id, code_id, session, until, now):
        row = await tx.fetchrow(_FIND, [program_id], [code_id])
        if row is None:
            raise UnknownCode
        raise CodeLocked(until=row["lock_until"])


async def unlock(tx: Transaction, *, program_id: int, code_id: UUID, session: str) -> bool:
    """Let a code go that this session set aside; False where it had not."""
    return bool(await tx.execute(_UNLOCK, program_id, code_id, session))


async def block(tx: Transaction, *, program_id: int, code_ids: Sequence[UUID], blocked: bool) -> int:
    """Block codes, or let them count again; how many that changed."""
    return await tx.execute(_BLOCK, program_id, sorted(code_ids), blocked)


async def held_still(tx: Transaction, *, program_id: int, code_id: UUID) -> str | None:
    """The campaign of a code, whose row nobody else changes or proves until the transaction ends; None: unknown."""
    row = await tx.fetchrow(_STILL, program_id, code_id)
    return None if row is None else str(row["voucher"])


def of_all(code_id: UUID, *, voucher: str, text: str) -> Code:
    """The code that a campaign shares with everybody: it has no row."""
    return Code(
        code_id=code_id,
        voucher=voucher,
        state="open",
        text=text,
        # As the campaign writes it: everybody may know it.
        tail=text[-len(patterns.tail(text)) :] if patterns.tail(text) else "",
        batch="shared",
        value=None,
        from_at=None,
        until_at=None,
        member_id=None,
        given_at=None,
        locked_until=None,
    )


async def show(tx: Transaction, *, program_id: int, code_id: UUID) -> Code | None:
    """One code, without its text; None where nobody made it."""
    row = await tx.fetchrow(_FIND, [program_id], [code_id])
    return None if row is None else _code(row, None)


async def codes(
    tx: Transaction,
    keys: CodeKeys,
    *,
    program_id: int,
    voucher: str | None = None,
    batch: str | None = None,
    state: str | None = None,
    member_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
    with_text: bool = False,
) -> list[Code]:
    """Codes by what is known of them, in the order of their ids."""
    cipher = sealing.cipher(keys) if with_text else None
    rows = await tx.fetch(_LIST, program_id, voucher, batch, state, member_id, after, limit)
    return [_code(row, cipher) for row in rows]


async def of_member(tx: Transaction, keys: CodeKeys, *, program_id: int, code_ids: Sequence[UUID]) -> dict[UUID, Code]:
    """Codes that a member holds, with their text."""
    cipher = sealing.cipher(keys)
    ids = sorted(set(code_ids))
    rows = await tx.fetch(_FIND, [program_id] * len(ids), ids)
    return {row["code_id"]: _code(row, cipher) for row in rows}


async def export(
    tx: Transaction, keys: CodeKeys, *, program_id: int, voucher: str, batch: str | None = None
) -> AsyncIterator[Code]:
    """All codes of a campaign, or of one batch of it, with their text, one after the other."""
    cipher = sealing.cipher(keys)
    async for row in tx.rows(_EXPORT, program_id, voucher, batch):
        yield _code(row, cipher)


async def batches(tx: Transaction, *, program_id: int, voucher: str | None = None) -> list[Batch]:
    """How many codes each batch has."""
    return [Batch(**dict(row)) for row in await tx.fetch(_BATCHES, program_id, voucher)]


def _code(row: Any, cipher: AESGCM | None) -> Code:
    return Code(
        code_id=row["code_id"],
        voucher=row["voucher"],
        state=BLOCKED if row["blocked"] else row["state"],
        text=None if cipher is None else sealing.unseal(cipher, row["code_id"], row["sealed"]),
        tail=row["tail"],
        batch=row["batch"],
        value=row["value"],
        from_at=row["from_at"],
        until_at=row["until_at"],
        member_id=row["member_id"],
        given_at=row["given_at"],
        locked_until=row["lock_until"],
    )
