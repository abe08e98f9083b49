"""Taking goods, categories, brands, stores and pictures in: partial updates, thousands of rows in one statement."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from regulars.directory import trees
from regulars.directory.contracts import (
    BrandIn,
    CategoryIn,
    GoodIn,
    HalfAPlace,
    PictureIn,
    RateIn,
    RateOfItself,
    StoreIn,
    UnknownPicture,
    UnknownZone,
)
from regulars.kit import money
from regulars.kit.database import Transaction

CHUNK: Final = 5000
CHANNEL: Final = "regulars_directory"
"""Notified with the program's number when something of it was fed."""

_SEPARATOR: Final = "\x1f"


class _Column(msgspec.Struct, frozen=True):
    """How a field travels: its type in the array, how SQL and Python turn it into what is stored."""

    name: str
    array: str = "text"
    sql: str = "{}"
    value: Callable[[Any], Any] = lambda given: given


def _tags(name: str) -> _Column:
    # An array of arrays would be flattened by unnest, so that each list travels as one text.
    return _Column(name, sql="string_to_array({}, E'\\x1f')", value=_SEPARATOR.join)


def _opening(given: Any) -> str | None:
    return None if given is None else msgspec.json.encode(given).decode()


class _Feed(msgspec.Struct, frozen=True):
    table: str
    key: tuple[str, ...]
    columns: Mapping[str, _Column]


def _columns(*columns: _Column, **renamed: _Column) -> dict[str, _Column]:
    return {column.name: column for column in columns} | renamed


_GOODS: Final = _Feed(
    "good",
    ("sku",),
    _columns(
        *map(_Column, ("sku", "name", "category", "brand", "kind", "unit")),
        _Column("cost", "bigint"),
        _Column("legal_price", "bigint"),
        _tags("tags"),
        _Column("until", "date"),
        from_=_Column("from", "date"),
    ),
)
_CATEGORIES: Final = _Feed(
    "category", ("key",), _columns(*map(_Column, ("key", "parent", "name_en", "name_ru", "name_ro")))
)
_BRANDS: Final = _Feed("brand", ("key",), _columns(*map(_Column, ("key", "name", "owner"))))
_STORES: Final = _Feed(
    "store",
    ("id",),
    _columns(
        *map(_Column, ("name", "city", "region", "chain", "zone", "address")),
        _Column("lat", "float8"),
        _Column("lon", "float8"),
        _tags("tags"),
        _Column("until", "date"),
        _Column("opening", sql="{}::jsonb", value=_opening),
        id=_Column("store_id"),
        from_=_Column("from", "date"),
    ),
)
_PICTURES: Final = _Feed(
    "picture",
    ("reward", "language", "sort"),
    _columns(
        *map(_Column, ("reward", "language", "picture", "text")),
        _Column("sort", "int"),
        _Column("until", "date"),
        from_=_Column("from", "date"),
    ),
)


_RATES: Final = _Feed(
    "rate",
    ("base", "quote", "day"),
    _columns(
        *map(_Column, ("base", "quote", "source")),
        _Column("day", "date"),
        _Column("rate", sql="{}::numeric"),
    ),
)


async def put_goods(tx: Transaction, *, program_id: int, rows: Sequence[GoodIn], now: dt.datetime) -> int:
    """Add or change goods; how many. Where one comes twice, the later fields count."""
    return await _put(tx, _GOODS, program_id, rows, now)


async def put_brands(tx: Transaction, *, program_id: int, rows: Sequence[BrandIn], now: dt.datetime) -> int:
    """Add or change brands; how many."""
    return await _put(tx, _BRANDS, program_id, rows, now)


async def put_categories(tx: Transaction, *, program_id: int, rows: Sequence[CategoryIn], now: dt.datetime) -> int:
    """Add or change categories; parents may come in the same call, in any order.

    Raises CategoryCycle, UnknownParent, CategoryTooDeep; the caller's transaction must then be given up.
    """
    count = await _put(tx, _CATEGORIES, program_id, rows, now)
    found = await tx.fetch("select key, parent from category where program_id = $1", program_id)
    trees.paths({row["key"]: row["parent"] for row in found})
    return count


async def put_stores(tx: Transaction, *, program_id: int, rows: Sequence[StoreIn], now: dt.datetime) -> int:
    """Add or change stores; how many. Raises UnknownZone, HalfAPlace."""
    for row in rows:
        if isinstance(row.zone, str) and not _is_zone(row.zone):
            raise UnknownZone(store=row.id, zone=row.zone)
        if (row.lat is UNSET) != (row.lon is UNSET) or (row.lat is None) != (row.lon is None):
            raise HalfAPlace
    return await _put(tx, _STORES, program_id, rows, now)


async def put_pictures(tx: Transaction, *, program_id: int, rows: Sequence[PictureIn], now: dt.datetime) -> int:
    """Add or change pictures and long texts of rewards; how many."""
    return await _put(tx, _PICTURES, program_id, rows, now)


async def put_rates(tx: Transaction, *, program_id: int, rows: Sequence[RateIn], now: dt.datetime) -> int:
    """Add or change rates of days; how many. What was converted before stays as it was. Raises RateOfItself."""
    for row in rows:
        if row.base == row.quote or not (money.is_currency(row.base) and money.is_currency(row.quote)):
            raise RateOfItself(base=row.base, quote=row.quote)
    return await _put(tx, _RATES, program_id, rows, now)


async def take_picture_away(tx: Transaction, *, program_id: int, reward: str, language: str, sort: int) -> None:
    """A picture is no longer shown. Raises UnknownPicture."""
    gone = await tx.fetchval(
        "delete from picture where program_id = $1 and reward = $2 and language = $3 and sort = $4 returning sort",
        program_id,
        reward,
        language,
        sort,
    )
    if gone is None:
        raise UnknownPicture(reward=reward[:100], language=language[:10], sort=sort)


async def _put(tx: Transaction, feed: _Feed, program_id: int, rows: Sequence[Any], now: dt.datetime) -> int:
    # First of all, since this row also makes writers of one program take turns: two halves of a cycle cannot meet.
    await tx.execute(
        """insert into directory_version as x (program_id, version) values ($1, 1)
        on conflict (program_id) do update set version = x.version + 1""",
        program_id,
    )
    # One statement may touch a row only once, and needs the same columns for all its rows.
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        merged.setdefault(tuple(getattr(row, name) for name in feed.key), {}).update(_given(row))
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for values in merged.values():
        alike[tuple(sorted(values))].append(values)
    for fields, group in alike.items():
        sql = _upsert(feed, fields)
        for start in range(0, len(group), CHUNK):
            part = group[start : start + CHUNK]
            columns = [[feed.columns[field].value(values[field]) for values in part] for field in fields]
            await tx.fetch(sql, program_id, now, *columns)
    await tx.execute("select pg_notify($1, $2)", CHANNEL, str(program_id))
    return len(merged)


def _given(row: Any) -> dict[str, Any]:
    return {name: value for name in row.__struct_fields__ if (value := getattr(row, name)) is not UNSET}


def _upsert(feed: _Feed, fields: Sequence[str]) -> str:
    columns = [feed.columns[field] for field in fields]
    names = [f'"{column.name}"' for column in columns]
    aliases = [f"c{place}" for place in range(len(columns))]
    arrays = ", ".join(f"${place + 3}::{column.array}[]" for place, column in enumerate(columns))
    values = ", ".join(column.sql.format(alias) for column, alias in zip(columns, aliases, strict=True))
    keys = [f'"{feed.columns[name].name}"' for name in feed.key]
    order = ", ".join(aliases[fields.index(name)] for name in feed.key)
    changes = [f"{name} = excluded.{name}" for name in [*names, "changed_at"] if name not in keys]
    return f"""insert into {feed.table} (program_id, changed_at, {", ".join(names)})
        select $1, $2, {values} from unnest({arrays}) as t ({", ".join(aliases)}) order by
        {order}
        on conflict (program_id, {", ".join(keys)}) do update set {", ".join(changes)}"""


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
