"""Budgets: what may be given away in all, and in which slices; each is a number that nobody passes by deciding at the
same time as somebody else.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.values import Period


class Slice(StrEnum):
    """For whom a budget is counted by itself."""

    PROGRAM = "program"
    """For all together."""
    PARTNER = "partner"
    STORE = "store"


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most so much: `money` in the program's money, `points` by currency, `uses` in times; several hold together.

    What a basket would take beyond it is cut, then nothing more is given. `per` gives each partner or store a budget of
    its own size, `period` begins it anew. Definitions whose budgets have the same `shared` name have one together.
    """

    money: int | None = None
    points: dict[str, int] = {}
    uses: int | None = None
    shared: str | None = None
    per: Slice = Slice.PROGRAM
    period: Period = Period.EVER
