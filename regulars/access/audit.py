"""The audit chain of a program: each entry's hash covers the entry before it, under a key that is not in the
database.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from regulars.access.contracts import AuditBreak, AuditEntry, AuditRoot
from regulars.kit import keyring, pages
from regulars.kit.database import Transaction

_START: Final = b""
_encoder = msgspec.json.Encoder(order="deterministic")


async def record(
    tx: Transaction,
    *,
    key: bytes,
    program_id: int,
    actor: str,
    action: str,
    target: str,
    old: Any,
    new: Any,
    now: dt.datetime,
) -> int:
    """Add an entry to the chain, in the transaction of what it speaks of; its position. `old` and `new` are anything
    that msgspec encodes.
    """
    await tx.execute(
        "insert into audit_head (program_id, position, hash) values ($1, 0, $2) on conflict do nothing",
        program_id,
        _START,
    )
    # The chain has one end, so writers take turns here; nothing at the till is audited one by one.
    head = await tx.fetchrow("select position, hash from audit_head where program_id = $1 for update", program_id)
    position: int = head["position"] + 1
    before, after = _encoder.encode(old), _encoder.encode(new)
    link = _link(key, head["hash"], program_id, position, now, actor, action, target, before, after)
    await tx.execute(
        """insert into audit (program_id, position, at, actor, action, target, old, new, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        program_id,
        position,
        now,
        actor,
        action,
        target,
        before,
        after,
        link,
    )
    await tx.execute("update audit_head set position = $2, hash = $3 where program_id = $1", program_id, position, link)
    return position


async def root(tx: Transaction, *, key: bytes, program_id: int, now: dt.datetime) -> AuditRoot:
    """The end of the chain, signed, to be kept outside: whoever cuts entries off cannot make it again."""
    head = await tx.fetchrow("select position, hash from audit_head where program_id = $1", program_id)
    position, last = (0, _START) if head is None else (head["position"], head["hash"])
    return AuditRoot(
        program_id=program_id,
        position=position,
        hash=last.hex(),
        at=now,
        signature=_signature(key, program_id, position, last.hex(), now),
    )


async def verify(tx: Transaction, *, key: bytes, program_id: int, roots: Sequence[AuditRoot] = ()) -> list[AuditBreak]:
    """Walk the whole chain; every place where it does not hold. With `roots` kept outside, a cut tail is found even
    if the end was forged.
    """
    breaks: list[AuditBreak] = []
    known = {one.position: one for one in roots}
    for one in roots:
        if not hmac.compare_digest(one.signature, _signature(key, one.program_id, one.position, one.hash, one.at)):
            breaks.append(AuditBreak(position=one.position, reason="wrong_root"))
    last, position = _START, 0
    async for row in tx.rows("select * from audit where program_id = $1 order by position", program_id):
        if row["position"] != position + 1:
            breaks.append(AuditBreak(position=position + 1, reason="missing"))
        position = row["position"]
        what = (row["at"], row["actor"], row["action"], row["target"], row["old"], row["new"])
        if not hmac.compare_digest(row["hash"], _link(key, last, program_id, position, *what)):
            breaks.append(AuditBreak(position=position, reason="changed"))
        last = row["hash"]
        if position in known and known[position].hash != last.hex():
            breaks.append(AuditBreak(position=position, reason="wrong_root"))
    head = await tx.fetchrow("select position, hash from audit_head where program_id = $1", program_id)
    end = (0, _START) if head is None else (head["position"], head["hash"])
    if end != (position, last) or any(one.position > position for one in roots):
        breaks.append(AuditBreak(position=position + 1, reason="cut_off"))
    return breaks


async def page(tx: Transaction, *, program_id: int, cursor: str | None, limit: int | None) -> pages.Page[AuditEntry]:
    """The chain, the newest first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    before = pages.decode_cursor(cursor, int) if cursor else 2**62
    rows = await tx.fetch(
        "select * from audit where program_id = $1 and position < $2 order by position desc limit $3",
        program_id,
        before,
        size + 1,
    )
    entries = [
        AuditEntry(
            position=row["position"],
            at=row["at"],
            actor=row["actor"],
            action=row["action"],
            target=row["target"],
            old=msgspec.Raw(row["old"]),
            new=msgspec.Raw(row["new"]),
        )
        for row in rows
    ]
    return pages.page(entries, limit=size, key=lambda entry: entry.position)


def _link(
    key: bytes,
    last: bytes,
    program_id: int,
    position: int,
    at: dt.datetime,
    actor: str,
    action: str,
    target: str,
    old: bytes,
    new: bytes,
) -> bytes:
    what = (str(program_id), str(position), at.astimezone(dt.UTC).isoformat(), actor, action, target)
    return keyring.digest(key, last.hex(), *what, old.decode(), new.decode())


def _signature(key: bytes, program_id: int, position: int, last: str, at: dt.datetime) -> str:
    return keyring.digest(key, "root", str(program_id), str(position), last, at.isoformat()).hex()
