"""The keyed hash that runs through a balance: each link covers the one before, so that history cannot be changed
quietly. Pure.

A link is HMAC-SHA256 over the link before (nothing for the first) and the canonical bytes of an entry or of a lot
change. Canonical bytes are the MessagePack of a fixed array, whose first item says what it is: the order below never
changes, a new field makes a new kind of array. Uuids are their usual text, moments MessagePack timestamps in UTC,
dates ISO text, uses sorted by lot.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import Entry, Hold, Lot, LotChange

FIRST: Final = b""
_encode = msgspec.msgpack.Encoder().encode


def link(key: bytes, before: bytes, canonical: bytes) -> bytes:
    """The next link of a chain."""
    return hmac.digest(key, before + canonical, "sha256")


def entry_bytes(
    account_id: UUID,
    activity_id: UUID,
    posted_at: dt.datetime,
    entry: Entry,
    *,
    lot: Lot | None,
    hold: Hold | None,
) -> bytes:
    """An entry with the birth columns of the lot that it made, what it took from lots, and the times of the hold that
    it placed."""
    return _encode(
        (
            "entry/1",
            account_id,
            entry.currency,
            entry.version,
            activity_id,
            entry.n,
            entry.member_id,
            entry.kind,
            entry.from_,
            entry.to,
            entry.amount,
            posted_at,
            entry.effective_at,
            entry.line,
            entry.rule,
            entry.release,
            entry.funder,
            entry.hold_id,
            None if lot is None else _birth(lot),
            sorted(entry.uses) if len(entry.uses) > 1 else entry.uses,
            None if hold is None else (hold.placed_at, hold.expires_at),
        )
    )


def change_bytes(account_id: UUID, activity_id: UUID, posted_at: dt.datetime, change: LotChange) -> bytes:
    """New dates of a lot."""
    return _encode(
        (
            "change/1",
            account_id,
            change.currency,
            change.seq,
            change.version,
            activity_id,
            change.lot_id.activity_id,
            change.lot_id.n,
            change.old_active_at,
            change.active_at,
            change.old_expires_at,
            change.expires_at,
            change.old_expires_on,
            change.expires_on,
            posted_at,
        )
    )


def born(lot: Lot, changes: Sequence[LotChange]) -> Lot:
    """The lot with the dates of its birth, given every change of them, the first one first."""
    if not changes:
        return lot
    first = changes[0]
    return replace(lot, active_at=first.old_active_at, expires_at=first.old_expires_at, expires_on=first.old_expires_on)


def _birth(lot: Lot) -> tuple[object, ...]:
    born_here = (
        lot.member_id,
        lot.granted,
        lot.earned_at,
        lot.active_at,
        lot.expires_at,
        lot.expires_on,
        lot.cancels_at,
        lot.zone,
        lot.source_id,
        lot.line,
        lot.rule,
        lot.release,
        lot.funder,
        lot.cost_minor,
    )
    return born_here if lot.origin is None else (*born_here, lot.origin)
