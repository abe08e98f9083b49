"""A cell of text, or a value of JSON or Parquet, as what it means: each reader says what is right when it is not."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from regulars.activities.importing.encodings import is_broken
from regulars.activities.importing.faults import BadCell
from regulars.kit import money

TEXT_MAX: Final = 1000
LIST_MAX: Final = 20
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,17}\Z")
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]{1,16})(?:\.([0-9]{1,40}))?\Z")
_YES: Final = frozenset({"true", "yes", "1", "да", "da"})
_NO: Final = frozenset({"false", "no", "0", "нет", "nu"})


def text(value: object, *, most: int = TEXT_MAX) -> str:
    """Printable text without spaces around it. A whole number is taken as its digits, as ids in JSON often are."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        raise BadCell("not_text")
    if is_broken(value):
        raise BadCell("broken_text", encoding="UTF-8")
    if len(value) > most:
        raise BadCell("cell_too_long", most=most)
    if any(letter < " " or letter == "\x7f" for letter in value):
        raise BadCell("control_character")
    return value.strip()


def whole(value: object, *, least: int = -money.AMOUNT_MAX, most: int = money.AMOUNT_MAX) -> int:
    """A whole number in ASCII digits."""
    if isinstance(value, str) and _WHOLE.match(value.strip()):
        value = int(value)
    if type(value) is not int:
        raise BadCell("not_whole")
    if not least <= value <= most:
        raise BadCell("out_of_range", least=least, most=most)
    return value


def decimal(value: object, *, scale: int, least: int = -money.AMOUNT_MAX, most: int = money.AMOUNT_MAX) -> int:
    """A decimal as a whole number of 10^-scale: 12.5 at scale 2 is 1250; never rounded.

    A double of Parquet is taken by its shortest decimal text, the one that every program shows for it.
    """
    if isinstance(value, float):
        value = _plain(Decimal(repr(value)))
    elif isinstance(value, Decimal):
        value = _plain(value)
    elif type(value) is int:
        value = str(value)
    match = _DECIMAL.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadCell("not_decimal")
    sign, units, rest = match[1], match[2], (match[3] or "").rstrip("0")
    if len(rest) > scale:
        raise BadCell("too_many_decimals", most=scale)
    number = int(units + rest.ljust(scale, "0"))
    number = -number if sign == "-" else number
    if not least <= number <= most:
        raise BadCell("out_of_range", least=_shown(least, scale), most=_shown(most, scale))
    return number


def moment(value: object, *, zone: ZoneInfo | None) -> dt.datetime:
    """A moment in UTC; one without a time zone is local time in `zone`, and refused without it."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            raise BadCell("not_a_moment") from None
    if not isinstance(value, dt.datetime):
        raise BadCell("not_a_moment")
    if value.tzinfo is None:
        if zone is None:
            raise BadCell("no_zone")
        value = value.replace(tzinfo=zone)
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise BadCell("not_a_moment") from None


def date(value: object) -> dt.date:
    """A date."""
    if isinstance(value, dt.datetime):
        raise BadCell("not_a_date")
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or len(value.strip()) != 10:
        raise BadCell("not_a_date")
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError:
        raise BadCell("not_a_date") from None


def yes_no(value: object) -> bool:
    """True or false, also as yes, no, 1, 0, да, нет, da, nu."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _YES | _NO:
        raise BadCell("not_yes_no")
    return word in _YES


def one_of(value: object, known: tuple[str, ...]) -> str:
    """One of some words."""
    word = text(value)
    if word not in known:
        raise BadCell("not_one_of", known=", ".join(known))
    return word


def texts(value: object, *, most: int = LIST_MAX) -> tuple[str, ...]:
    """Texts with | between them, or a list of JSON or Parquet."""
    if isinstance(value, str):
        value = [part for part in value.split("|") if part.strip()]
    if not isinstance(value, (list, tuple)):
        raise BadCell("not_a_list")
    if len(value) > most:
        raise BadCell("too_many", most=most)
    return tuple(text(part, most=100) for part in value)


def _plain(value: Decimal) -> str:
    # Without an exponent, and NaN or infinity as words that the pattern refuses.
    return format(value, "f") if value.is_finite() and abs(value) < 10**17 else "not finite"


def _shown(value: int, scale: int) -> str:
    return format(Decimal(value).scaleb(-scale), "f")
