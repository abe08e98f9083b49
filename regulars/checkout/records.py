"""A recorded activity as it goes out. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

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
    """An activity as it was recorded, with what it brought by currency. `reverses` is the sale that it gave back."""

    activity_id: str
    member: str
    type: str
    occurred_at: dt.datetime
    release: int
    store: str | None
    document: str | None
    total: int
    points: dict[str, int]
    lines: tuple[RecordedLine, ...]
    reverses: str | None


def recorded(shown: Mapping[str, Any]) -> Recorded:
    """The wire form of what `activities` knows; quantities as a till writes them."""
    lines = tuple(RecordedLine(**{**line, "quantity": quantities.text(line["quantity"])}) for line in shown["lines"])
    return Recorded(**{**shown, "lines": lines})
