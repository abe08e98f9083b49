"""Files of what has no activity: goods, categories, stores, pictures of rewards, one row each, into the directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from regulars.activities.importing import cells
from regulars.activities.importing.faults import BadCell, Fault, fault
from regulars.activities.importing.rows import Record
from regulars.activities.importing.shape import Column, Reader, text
from regulars.kit import money

_KINDS: Final = ("goods", "service", "shipping", "deposit", "gift_card", "fee")
_DEGREES_SCALE: Final = 7
_LANGUAGES: Final = ("any", "en", "ru", "ro")
_SORT_MOST: Final = 99
_RATE_SCALE: Final = 10


class Listed(msgspec.Struct, frozen=True):
    """A row of the directory: its number in the file and its values by column; what is left out stays as it was."""

    row: int
    values: dict[str, Any]


class DirectoryReader:
    """Turns rows into records of the directory. Raises UnknownColumn, MissingColumn for a header that is not ours."""

    def __init__(self, kind: str, header: list[str] | None) -> None:
        self.key = KEYS[kind]
        self._rows = Reader(COLUMNS[kind], {})
        self._check = _CHECKS.get(kind, _anything)
        self._rows.check_header(header)
        self._seen: dict[tuple[Any, ...], int] = {}

    def items(self, records: Iterator[Record | Fault]) -> Iterator[Listed | Fault]:
        """Records and faults in the order of the file; a key may stand in it once."""
        for record in records:
            if isinstance(record, Fault):
                yield record
                continue
            values = self._rows.read(record)
            if isinstance(values, list):
                yield from values
                continue
            key = tuple(values.get(name) for name in self.key)
            wrong = self._check(values)
            if key in self._seen:
                yield fault(record.row, self.key[0], key[0], "twice_in_file", first=self._seen[key])
            elif wrong is not None:
                name, code, known = wrong
                yield fault(record.row, name, values.get(name), code, **known)
            else:
                self._seen[key] = record.row
                yield Listed(record.row, values)


_Wrong = tuple[str, str, dict[str, str]]
"""A column, the code of what is wrong with it, and what is right."""


def _anything(values: dict[str, Any]) -> _Wrong | None:
    return None


def _together(values: dict[str, Any]) -> _Wrong | None:
    if ("latitude" in values) == ("longitude" in values):
        return None
    return ("longitude" if "latitude" in values else "latitude"), "missing", {}


def _two_moneys(values: dict[str, Any]) -> _Wrong | None:
    if values["base"] != values["quote"]:
        return None
    return "quote", "not_one_of", {"known": f"ISO 4217, {values['base']} excepted"}


_CHECKS: Final[dict[str, Callable[[dict[str, Any]], _Wrong | None]]] = {"stores": _together, "rates": _two_moneys}
"""What cells of one row say together, by the kind of file."""


def _zone(cell: Any) -> str:
    name = cells.text(cell, most=60)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadCell("not_one_of", known="the IANA zones, such as Europe/Chisinau") from None
    return name


def _address(cell: Any) -> str:
    found = cells.text(cell, most=2000)
    if not found.startswith("https://") or any(mark.isspace() for mark in found):
        raise BadCell("not_one_of", known="https://...")
    return found


def _money(cell: Any) -> str:
    name = cells.text(cell, most=3)
    if not money.is_currency(name):
        raise BadCell("not_one_of", known="the codes of ISO 4217, such as EUR")
    return name


def _rate(cell: Any) -> str:
    found = cells.decimal(cell, scale=_RATE_SCALE, least=1)
    return f"{found // 10**_RATE_SCALE}.{found % 10**_RATE_SCALE:0{_RATE_SCALE}d}"


def _degrees(most: int) -> Callable[[Any], float]:
    scale = 10**_DEGREES_SCALE

    def read(cell: Any) -> float:
        return cells.decimal(cell, scale=_DEGREES_SCALE, least=-most * scale, most=most * scale) / scale

    return read


KEYS: Final = {
    "goods": ("sku",),
    "categories": ("category",),
    "stores": ("store",),
    "pictures": ("reward", "language", "sort"),
    "rates": ("base", "quote", "day"),
}
COLUMNS: Final = {
    "goods": (
        Column("sku", text(100), "number of the good", needed=True),
        Column("name", text(200), "name"),
        Column("category", text(100), "key of its category"),
        Column("brand", text(100), "key of its brand"),
        Column("kind", lambda cell: cells.one_of(cell, _KINDS), "goods, service, shipping, deposit, gift_card or fee"),
        Column("unit", text(20), "pc, kg, l, ..."),
        Column("cost", lambda cell: cells.whole(cell, least=0), "what a unit costs the shop, in minor units"),
        Column("legal_price", lambda cell: cells.whole(cell, least=0), "the least price of a unit, in minor units"),
        Column("tags", cells.texts, "texts with | between them"),
        Column("from", cells.date, "first day on which these facts hold"),
        Column("until", cells.date, "first day on which they no longer hold"),
    ),
    "categories": (
        Column("category", text(100), "key", needed=True),
        Column("parent", text(100), "key of the category above; none for a department"),
        Column("name_en", text(200), "name in English"),
        Column("name_ru", text(200), "name in Russian"),
        Column("name_ro", text(200), "name in Romanian"),
    ),
    "stores": (
        Column("store", text(60), "store id", needed=True),
        Column("name", text(200), "name"),
        Column("city", text(100), "city"),
        Column("region", text(100), "region"),
        Column("chain", text(100), "chain"),
        Column("zone", _zone, "IANA time zone, such as Europe/Chisinau"),
        Column("address", text(300), "address"),
        Column("latitude", _degrees(90), "degrees"),
        Column("longitude", _degrees(180), "degrees"),
        Column("tags", cells.texts, "texts with | between them"),
        Column("from", cells.date, "first day"),
        Column("until", cells.date, "first day on which it is closed for good"),
    ),
    "rates": (
        Column("base", _money, "ISO 4217: the money of which one unit is priced", needed=True),
        Column("quote", _money, "ISO 4217: the money that it is priced in; one of both is the program's", needed=True),
        Column("day", cells.date, "local day from which it holds", needed=True),
        Column("rate", _rate, "how much of quote one unit of base is, 4.9760", needed=True),
        Column("source", text(100), "who says so", needed=True),
    ),
    "pictures": (
        Column("reward", text(100), "name of the reward in the program", needed=True),
        Column("language", lambda cell: cells.one_of(cell, _LANGUAGES), "any (if left out), en, ru or ro"),
        Column("sort", lambda cell: cells.whole(cell, least=0, most=_SORT_MOST), "0 (if left out) is shown first"),
        Column("picture", _address, "its web address, with https://"),
        Column("text", text(10_000), "the long text"),
        Column("from", cells.date, "first day on which it is shown"),
        Column("until", cells.date, "first day on which it is no longer shown"),
    ),
}
