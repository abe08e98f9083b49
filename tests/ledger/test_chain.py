"""The form of the chain is for ever: what was linked years ago must still link."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any
from uuid import UUID

import msgspec

from regulars.engine.contracts.points import Book, Entry, EntryKind, Hold, Lot, LotChange, LotId, LotUse
from regulars.ledger import chain

AT = dt.datetime(2027, 3, 10, 12, 0, 0, 250_000, tzinfo=dt.UTC)
LATER = dt.datetime(2027, 4, 1, tzinfo=dt.UTC)
ACCOUNT, ACTIVITY, MEMBER, HOLD = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
LOT = Lot(
    lot_id=LotId(ACTIVITY, 1),
    member_id=MEMBER,
    currency="points",
    granted=60,
    remaining=10,
    held=5,
    earned_at=AT,
    active_at=AT,
    expires_at=LATER,
    expires_on=dt.date(2027, 3, 31),
    zone="Europe/Chisinau",
    source_id=ACTIVITY,
    rule="base",
    release=9,
    funder="house",
    cost_minor=48,
)


def entry(**other: Any) -> Entry:
    facts: dict[str, object] = {
        "n": 1,
        "member_id": MEMBER,
        "currency": "points",
        "kind": EntryKind.EARN,
        "from_": Book.ISSUED,
        "to": Book.ACTIVE,
        "amount": 60,
        "version": 7,
        "effective_at": AT,
        "rule": "base",
        "release": 9,
        "funder": "house",
    }
    return Entry(**{**facts, **other})


def test_an_entry_with_its_lot() -> None:
    said = msgspec.msgpack.decode(chain.entry_bytes(ACCOUNT, ACTIVITY, AT, entry(), lot=LOT, hold=None))
    birth = [str(MEMBER), 60, AT, AT, LATER, "2027-03-31", None, "Europe/Chisinau", str(ACTIVITY)]
    birth += [None, "base", 9, "house", 48]
    assert said == [
        "entry/1", str(ACCOUNT), "points", 7, str(ACTIVITY), 1, str(MEMBER), "earn", "issued", "active", 60, AT, AT,
        None, "base", 9, "house", None, birth, [], None,
    ]  # fmt: skip


def test_an_entry_with_uses_and_a_hold() -> None:
    hold = Hold(hold_id=HOLD, member_id=MEMBER, currency="points", amount=60, placed_at=AT, expires_at=LATER)
    uses = (LotUse(LotId(ACTIVITY, 2), 20), LotUse(LotId(ACCOUNT, 9), 40))
    placed = entry(kind=EntryKind.HOLD, from_=Book.ACTIVE, to=Book.HELD, hold_id=HOLD, uses=uses)
    said = msgspec.msgpack.decode(chain.entry_bytes(ACCOUNT, ACTIVITY, AT, placed, lot=None, hold=hold))
    assert said[-4:] == [
        str(HOLD),
        None,
        # Sorted by lot, however they were taken.
        [[[str(ACCOUNT), 9], 40], [[str(ACTIVITY), 2], 20]],
        [AT, LATER],
    ]


def test_a_change_of_dates() -> None:
    change = LotChange(
        lot_id=LotId(ACTIVITY, 1),
        currency="points",
        seq=2,
        version=7,
        old_active_at=None,
        active_at=AT,
        old_expires_at=None,
        expires_at=LATER,
        old_expires_on=None,
        expires_on=dt.date(2027, 3, 31),
    )
    said = msgspec.msgpack.decode(chain.change_bytes(ACCOUNT, HOLD, AT, change))
    assert said == [
        "change/1", str(ACCOUNT), "points", 2, 7, str(HOLD), str(ACTIVITY), 1, None, AT, None, LATER, None,
        "2027-03-31", AT,
    ]  # fmt: skip


def test_a_link_is_an_hmac_over_the_link_before_and_the_bytes() -> None:
    expected = hmac.new(b"key", b"before" + b"bytes", hashlib.sha256).digest()
    assert chain.link(b"key", b"before", b"bytes") == expected


def test_what_a_lot_has_left_is_no_part_of_its_birth() -> None:
    spent = msgspec.structs.replace(LOT, remaining=0, held=0)
    one = chain.entry_bytes(ACCOUNT, ACTIVITY, AT, entry(), lot=LOT, hold=None)
    assert chain.entry_bytes(ACCOUNT, ACTIVITY, AT, entry(), lot=spent, hold=None) == one
    richer = msgspec.structs.replace(LOT, granted=61)
    assert chain.entry_bytes(ACCOUNT, ACTIVITY, AT, entry(), lot=richer, hold=None) != one
