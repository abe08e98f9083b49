"""The seal of an activity: a keyed hash over its row, so that what a return is judged by cannot be changed quietly.

A digest of the row is worked out by the database as well as here, in the same way; with it the check compares a million
seals without reading what they cover. The body has a part of its own: it alone changes, when a person is forgotten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Final
from uuid import UUID

_HALF: Final = 16
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)

DIGEST: Final = """sha256(convert_to(concat_ws('|', v.account_id, v.activity_id, v.program_id, v.member_id, v.type,
    v.release, v.version, (extract(epoch from v.occurred_at) * 1000000)::bigint,
    (extract(epoch from v.received_at) * 1000000)::bigint, coalesce(v.reverses::text, '-'), v.shares, ''), 'UTF8')
    || sha256(v.decision))"""
"""Of a row `v` of `activity`, in SQL, the digest that `digest` gives."""


def digest(
    *,
    account_id: UUID,
    activity_id: UUID,
    program_id: int,
    member_id: UUID,
    type: str,
    release: int,
    version: int,
    occurred_at: dt.datetime,
    received_at: dt.datetime,
    reverses: UUID | None,
    shares: int,
    decision: bytes,
) -> bytes:
    """What a seal covers but for the body; `shares` is how many rows of `counter_use` belong to it."""
    who = f"{account_id}|{activity_id}|{program_id}|{member_id}|{type}|{release}|{version}"
    when = f"{_us(occurred_at)}|{_us(received_at)}|{reverses or '-'}|{shares}|"
    return hashlib.sha256(f"{who}|{when}".encode() + hashlib.sha256(decision).digest()).digest()


def seal(key: bytes, of: bytes, body: bytes) -> bytes:
    """The seal of an activity: of its digest, and of the SHA-256 of its body."""
    return row_half(key, of) + body_half(key, of, hashlib.sha256(body).digest())


def row_half(key: bytes, of: bytes) -> bytes:
    """The half of a seal that covers all but the body."""
    return hmac.digest(key, b"activity/1" + of, "sha256")[:_HALF]


def body_half(key: bytes, of: bytes, body: bytes) -> bytes:
    """The half of a seal that covers the SHA-256 of the body."""
    return hmac.digest(key, b"body/1" + of + body, "sha256")[:_HALF]


def is_whole(key: bytes, stored: bytes, of: bytes, body: bytes) -> tuple[bool, bool]:
    """Whether the row, and whether its body, are what was sealed; `body` is the SHA-256 of it."""
    # Millions of rows go through here, and nearly all are what they were.
    if stored == row_half(key, of) + body_half(key, of, body):
        return True, True
    return stored[:_HALF] == row_half(key, of), stored[_HALF:] == body_half(key, of, body)


def _us(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
