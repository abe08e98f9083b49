"""What every definition has."""

from __future__ import annotations

import datetime as dt

import msgspec

from regulars.program.contracts.values import Text


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields that every definition has; `name` never changes."""

    name: str
    title: Text = Text()
    text: Text = Text()
    owner: str | None = None
    from_: dt.date | None = msgspec.field(default=None, name="from")
    until: dt.date | None = None
    tags: tuple[str, ...] = ()
