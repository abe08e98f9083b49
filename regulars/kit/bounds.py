"""Moments and days from outside lie between 1970 and 2200: nothing that anybody tells of lies elsewhere, and arithmetic
with days and zones stays inside what a date can be. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text

_FIRST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST: Final = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_REASONS: Final = Text(
    en="must lie between 1970 and 2200", ru="должно быть между 1970 и 2200", ro="trebuie să fie între 1970 și 2200"
)


def moment(field: str, at: dt.datetime) -> dt.datetime:
    """A moment with its zone, in UTC. Raises ValidationFault."""
    # Before it is moved to UTC, which fails at the ends of what a date can be.
    if not _FIRST <= at < _LAST:
        raise ValidationFault(field=field, reason=_REASONS.en, reasons=_REASONS)
    return at.astimezone(dt.UTC)


def day(field: str, on: dt.date | None) -> None:
    """Check a day, where there is one. Raises ValidationFault."""
    if on is not None and not _FIRST.date() <= on < _LAST.date():
        raise ValidationFault(field=field, reason=_REASONS.en, reasons=_REASONS)
