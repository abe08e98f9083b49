"""The keyed hash that runs through a balance: each link covers the one before, so that history cannot be changed
quietly. Pure.

A link is HMAC-SHA256 over the link before (nothing for the first) and the canonical bytes of an entry or of a lot
change. Canonical bytes are the MessagePack of a fixed array, whose first item says what it is: the order below never
changes, a new field makes a new kind of array. Uuids are their 16 bytes, moments whole microseconds since 1970, dates
days since year 1, uses sorted by lot.
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
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
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
            account_id.bytes,
            entry.currency,
            entry.version,
            activity_id.bytes,
            entry.n,
            entry.member_id.bytes,
            entry.kind,
            entry.from_,
            entry.to,
            entry.amount,
            _moment(posted_at),
            _moment(entry.effective_at),
            entry.line,
            entry.rule,
            entry.release,
            entry.funder,
            None if entry.hold_id is None else entry.hold_id.bytes,
            None if lot is None else _birth(lot),
            sorted((use.lot_id.activity_id.bytes, use.lot_id.n, use.amount) for use in entry.uses)
            if entry.uses
            else (),
            None if hold is None else (_moment(hold.placed_at), _moment(hold.expires_at)),
        )
    )


def change_bytes(account_id: UUID, activity_id: UUID, posted_at: dt.datetime, change: LotChange) -> bytes:
    """New dates of a lot."""
    return _encode(
        (
            "change/1",
            account_id.bytes,
            change.currency,
            change.seq,
            change.version,
            activity_id.bytes,
            change.lot_id.activity_id.bytes,
            change.lot_id.n,
            _moment(change.old_active_at),
            _moment(change.active_at),
            _moment(change.old_expires_at),
            _moment(change.expires_at),
            _day(change.old_expires_on),
            _day(change.expires_on),
            _moment(posted_at),
        )
    )


def born(lot: Lot, changes: Sequence[LotChange]) -> Lot:
    """The lot with the dates of its birth, given every change of them, the first one first."""
    if not changes:
        return lot
    first = changes[0]
    return replace(lot, active_at=first.old_active_at, expires_at=first.old_expires_at, expires_on=first.old_expires_on)


def _birth(lot: Lot) -> tuple[object, ...]:
    return (
        lot.member_id.bytes,
        lot.granted,
        _moment(lot.earned_at),
        _moment(lot.active_at),
        _moment(lot.expires_at),
        _day(lot.expires_on),
        _moment(lot.cancels_at),
        lot.zone,
        lot.source_id.bytes,
        lot.line,
        lot.rule,
        lot.release,
        lot.funder,
        lot.cost_minor,
    )


def _moment(at: dt.datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def _day(day: dt.date | None) -> int | None:
    return None if day is None else day.toordinal()
