"""The columns that say who it is, the same in every kind of file about members."""

from __future__ import annotations

from typing import Any, Final

from regulars.activities.contracts import Identifier
from regulars.activities.importing.shape import Column, text

KINDS: Final = ("own_id", "phone", "email", "card", "token", "member")
COLUMNS: Final = (
    Column("own_id", text(100), "your own number of the member"),
    Column("phone", text(40), "with its country, +373 69 123 456"),
    Column("email", text(254), "e-mail address"),
    Column("card", text(40), "number of a card of the program"),
    Column("token", text(200), "payment token; never a card number"),
    Column("member", text(40), "id of ours, mem_..."),
)


def of(values: dict[str, Any]) -> tuple[Identifier, ...]:
    """The identifiers of a row, in the order above."""
    return tuple(Identifier(kind=kind, value=values[kind]) for kind in KINDS if kind in values)
