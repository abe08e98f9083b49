"""Vouchers: campaigns of codes, and gift cards, whose codes load money."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.values import Rollback, Share, Span


class Holder(StrEnum):
    """Who may use a code."""

    OPEN = "open"
    """Whoever shows it."""
    ASSIGNED = "assigned"
    """Only the member to whom it was given; until then nobody."""


class Applies(StrEnum):
    """How a code comes to count for a basket."""

    SHOWN = "shown"
    """Somebody shows it."""
    SELF = "self"
    """One that the member has counts by itself, as soon as its conditions hold; shown it counts as well."""


class Codes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the codes of a campaign look: one `shared` by all, or made by a `pattern` in which `#` is a digit and `@` a
    letter or digit that is not mistaken for another; `check` adds a check character. Codes may always be imported.
    """

    shared: str | None = None
    pattern: str | None = None
    check: bool = True


class Uses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How often: one code in all (1 if left out; a code that all share without limit), one member in all, one member a
    day.
    """

    code: int | None = None
    member: int | None = None
    day: int | None = None


class Voucher(Definition, frozen=True, kw_only=True):
    """`vouchers`: a campaign of codes with effects on a basket (or on the activity `voucher`, without one).

    `window` is how long a code is good for from the day on which it was given or activated. `lock` is how long a till
    may set a code aside before it pays. `rollback` says what a return does to the price. `gift` makes it a gift card:
    each code carries money, which is put into this currency of the member when the code is used.
    """

    codes: Codes = Codes()
    holder: Holder = Holder.OPEN
    applies: Applies = Applies.SHOWN
    audience: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    lines: str | None = None
    on: tuple[str, ...] = ()
    """Activity types that it counts for; empty: all that carry a basket and undo nothing, and without a basket."""
    effects: tuple[AnyEffect, ...] = ()
    gift: str | None = None
    value: int | None = None
    """What each code is worth, in money of the program, unless its own row says otherwise; read as `voucher.value`."""
    uses: Uses = Uses()
    window: Span | None = None
    lock: Span | None = None
    rollback: Rollback = Rollback.KEEP
    gives_back: bool = True
    """Whether a use comes back once all lines that it was for are returned."""
    budget: Budget | None = None
    funding: tuple[Share, ...] = ()
    group: str | None = None
    priority: int = 0

    @property
    def uses_of_code(self) -> int | None:
        """How often one code counts; None: without limit."""
        if self.uses.code is not None:
            return self.uses.code
        return None if self.codes.shared is not None else 1
