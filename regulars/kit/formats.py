"""Amounts, points, quantities and dates as a person reads them on a receipt. Pure; never parses, never adds days."""

from __future__ import annotations

from datetime import date
from typing import Final

from regulars.kit import i18n, money
from regulars.kit.i18n import Language

_THIN: Final = "\N{NO-BREAK SPACE}"
_GROUP: Final[dict[Language, str]] = {"en": ",", "ru": _THIN, "ro": "."}
_DECIMAL: Final[dict[Language, str]] = {"en": ".", "ru": ",", "ro": ","}
_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "en": tuple("January February March April May June July August September October November December".split()),
    "ru": tuple("января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()),
    "ro": tuple(
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie".split()
    ),
}


def decimal(value: int, scale: int, language: str) -> str:
    """A whole number of 10^-scale units with its point: 125000 at scale 2 is 1,250.00 in English."""
    chosen = i18n.language_of(language)
    sign = "-" if value < 0 else ""
    units, rest = divmod(abs(value), 10**scale)
    text = f"{units:,}".replace(",", _GROUP[chosen])
    return f"{sign}{text}{_DECIMAL[chosen]}{rest:0{scale}d}" if scale else f"{sign}{text}"


def measured(value: int, scale: int, language: str) -> str:
    """A number that is no money, without zeros at its end: 40000 at scale 3 is 40, 1250500 is 1,250.5 in English."""
    while scale and value % 10 == 0:
        value, scale = value // 10, scale - 1
    return decimal(value, scale, language)


def amount(amount_minor: int, currency: str, language: str) -> str:
    """Money with its currency: 125000 of EUR is 1 250,00 EUR in Russian. Raises UnknownCurrency."""
    return f"{decimal(amount_minor, money.decimals(currency), language)}{_THIN}{currency}"


def points(count: int, language: str, *, scale: int = 0) -> str:
    """Points, grouped by thousands; `scale` is that of their currency."""
    return decimal(count, scale, language)


def day(value: date, language: str) -> str:
    """A date in words: 5 March 2027, 5 марта 2027, 5 martie 2027."""
    return f"{value.day} {_MONTHS[i18n.language_of(language)][value.month - 1]} {value.year}"
