"""A recorded activity as it goes out. Pure."""

from __future__ import annotations

import datetime as dt

import msgspec

from regulars.activities.contracts import ActivityOut
from regulars.checkout import quantities


class RecordedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was recorded, with what the directory knew of it. `amount` in minor units."""

    no: int
    sku: str | None
    name: str | None
    category: str | None
    quantity: str
    amount: int


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as it was recorded, with what it brought by currency. `discount` is what came off its
    `total`, `reverses` the sale that it gave back."""

    activity_id: str
    member: str
    type: str
    occurred_at: dt.datetime
    release: int
    store: str | None
    document: str | None
    total: int
    discount: int
    points: dict[str, int]
    lines: tuple[RecordedLine, ...]
    reverses: str | None


def recorded(shown: ActivityOut) -> Recorded:
    """The wire form of what `activities` knows; quantities as a till writes them."""
    lines = tuple(
        RecordedLine(
            no=line.no,
            sku=line.sku,
            name=line.name,
            category=line.category,
            quantity=quantities.text(line.quantity),
            amount=line.amount,
        )
        for line in shown.lines
    )
    return Recorded(**{**msgspec.structs.asdict(shown), "lines": lines})
