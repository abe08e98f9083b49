"""Breaks that a person has looked at and accepted: the audit log keeps who did and why, and the check says no more of
them as long as the row says the same. Else a balance whose history was changed could never be spent again."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from regulars.kit.database import Transaction
from regulars.ledger.contracts import Break

_KNOWN: Final = """
select digest from regulars.ledger_acceptance where program_id = $1 and digest = any($2::bytea[])
"""
_ACCEPT: Final = """
insert into regulars.ledger_acceptance (program_id, digest, account_id, currency, accepted_at)
select $1, unnest($2::bytea[]), $3, $4, $5 on conflict do nothing
"""


def digest(one: Break, *, key: bytes) -> bytes:
    """What makes a break the same one: its row, its column, and what stands there. Keyed, so that nobody who can write
    the table but lacks the secret can make the check keep silent."""
    said = (one.invariant, one.table, one.key, one.column, one.stored, one.expected, one.currency)
    return hmac.digest(key, b"accepted/1" + msgspec.json.encode(said), "sha256")


async def without_accepted(
    tx: Transaction, program_id: int, breaks: Sequence[Break], *, key: bytes
) -> tuple[list[Break], int]:
    """The breaks that nobody has accepted, and how many were."""
    if not breaks:
        return [], 0
    digests = [digest(one, key=key) for one in breaks]
    known = {bytes(row["digest"]) for row in await tx.fetch(_KNOWN, program_id, digests)}
    told = [one for one, mark in zip(breaks, digests, strict=True) if mark not in known]
    return told, len(breaks) - len(told)


async def accept(
    tx: Transaction,
    program_id: int,
    account_id: UUID,
    currency: str,
    breaks: Iterable[Break],
    *,
    key: bytes,
    now: dt.datetime,
) -> None:
    """Remember breaks of one balance as accepted."""
    await tx.execute(_ACCEPT, program_id, [digest(one, key=key) for one in breaks], account_id, currency, now)
