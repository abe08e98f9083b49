"""Values as answers, messages and events carry them: plain, ready for JSON, with the scale beside every amount."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.language import contracts as language
from regulars.program.contracts.values import Text


def plain(value: Any, kind: language.Type | None = None) -> object:
    """Text, number, yes/no or None as it is; an amount as {"amount": whole number, "scale": decimals}; dates and
    moments as ISO text.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(kind, language.Amount) and isinstance(value, int):
        return {"amount": value, "scale": kind.scale}
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return int(value.total_seconds())
    if isinstance(value, list | tuple):
        of = kind.of if isinstance(kind, language.ListOf) else None
        return [plain(each, of) for each in value]
    return value


def wording(text: Text) -> dict[str, str]:
    """A text by language, English where one is missing; nothing for a text that says nothing."""
    first = text.en or text.ru or text.ro
    return {"en": first, "ru": text.ru or first, "ro": text.ro or first} if first else {}
