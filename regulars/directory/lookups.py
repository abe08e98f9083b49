"""Looking into the directory: pages of goods, categories, brands, stores and pictures, search, and what is near."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from regulars.directory import trees
from regulars.directory.contracts import Brand, Category, Good, Picture, Place, Rate, UnknownGood, UnknownPlace
from regulars.kit import pages
from regulars.kit.database import Transaction

REACH_M_MAX: Final = 20_100_000
"""Half way round the earth."""
EARTH_M: Final = 6_371_009
Metres = Annotated[int, Meta(ge=0, le=REACH_M_MAX)]

# The embedded server knows case in ASCII only unless it is told to read Unicode.
_FOLD: Final = 'collate "pg_c_utf8"'
_GOOD: Final = 'sku, name, category, brand, kind, unit, cost, legal_price, tags, "from", until'
_PICTURE: Final = 'reward, language, sort, picture, text, "from", until'
_PLACE: Final = """store_id, name, city, region, chain, zone, address, lat, lon, tags, opening::text as opening, "from",
    until"""


async def good(tx: Transaction, *, program_id: int, sku: str) -> Good:
    """One good. Raises UnknownGood."""
    row = await tx.fetchrow(f"select {_GOOD} from good where program_id = $1 and sku = $2", program_id, sku)
    if row is None:
        raise UnknownGood(sku=sku[:100])
    return _good(row)


async def goods(
    tx: Transaction,
    *,
    program_id: int,
    cursor: str | None = None,
    limit: int | None = None,
    text: str | None = None,
    category: str | None = None,
) -> pages.Page[Good]:
    """Goods by sku; with `text` those whose name or sku holds it in any case, with `category` those in it or below it.

    Raises MalformedCursor, LimitOutOfRange.
    """
    size = pages.check_limit(limit)
    after = pages.decode_cursor(cursor, str) if cursor else ""
    rows = await tx.fetch(
        f"""with recursive inside (key) as (
            select $4::text union select c.key from category c join inside i on c.parent = i.key where c.program_id = $1
        )
        select {_GOOD} from good
        where program_id = $1 and sku > $2
            and ($4::text is null or category in (select key from inside))
            and ($5::text is null or lower(name {_FOLD}) like $5 or lower(sku {_FOLD}) like $5)
        order by sku limit $3""",
        program_id,
        after,
        size + 1,
        category,
        _pattern(text),
    )
    return pages.page([_good(row) for row in rows], limit=size, key=lambda one: one.sku)


async def categories(
    tx: Transaction, *, program_id: int, cursor: str | None = None, limit: int | None = None
) -> pages.Page[Category]:
    """Categories by key, each with its path. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after = pages.decode_cursor(cursor, str) if cursor else ""
    rows = await tx.fetch(
        "select key, parent, name_en, name_ru, name_ro from category where program_id = $1 order by key", program_id
    )
    # The tree is small and a path needs all of it.
    paths = trees.paths({row["key"]: row["parent"] for row in rows})
    found = [Category(path=paths[row["key"]], **dict(row)) for row in rows if row["key"] > after]
    found.sort(key=lambda one: one.key)
    return pages.page(found[: size + 1], limit=size, key=lambda one: one.key)


async def brands(
    tx: Transaction, *, program_id: int, cursor: str | None = None, limit: int | None = None
) -> pages.Page[Brand]:
    """Brands by key. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after = pages.decode_cursor(cursor, str) if cursor else ""
    rows = await tx.fetch(
        "select key, name, owner from brand where program_id = $1 and key > $2 order by key limit $3",
        program_id,
        after,
        size + 1,
    )
    return pages.page([Brand(**dict(row)) for row in rows], limit=size, key=lambda one: one.key)


async def pictures(
    tx: Transaction, *, program_id: int, reward: str | None = None, cursor: str | None = None, limit: int | None = None
) -> pages.Page[Picture]:
    """What was fed of rewards, or of one, by reward, place and language. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after = pages.decode_cursor(cursor, tuple[str, int, str]) if cursor else ("", -1, "")
    rows = await tx.fetch(
        f"""select {_PICTURE} from picture where program_id = $1 and ($2::text is null or reward = $2)
        and (reward, sort, language) > ($3, $4, $5) order by reward, sort, language limit $6""",
        program_id,
        reward,
        *after,
        size + 1,
    )
    return pages.page([_picture(row) for row in rows], limit=size, key=lambda one: (one.reward, one.sort, one.language))


async def rates(
    tx: Transaction, *, program_id: int, money: str | None = None, cursor: str | None = None, limit: int | None = None
) -> pages.Page[Rate]:
    """Rates, or those of one money, the last day first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after: tuple[dt.date | None, str, str] = (None, "", "")
    if cursor:
        after = pages.decode_cursor(cursor, tuple[dt.date, str, str])
    rows = await tx.fetch(
        """select base, quote, day, rate, source from rate
        where program_id = $1 and ($2::text is null or $2 in (base, quote))
        and ($3::date is null or day < $3 or (day = $3 and (base, quote) > ($4, $5)))
        order by day desc, base, quote limit $6""",
        program_id,
        money,
        *after,
        size + 1,
    )
    return pages.page([rate_of(row) for row in rows], limit=size, key=lambda one: (one.day, one.base, one.quote))


def rate_of(row: Any) -> Rate:
    """A rate as it is stored: the decimal without zeros that nobody wrote, but with those of a whole number."""
    whole, _, decimals = f"{row['rate']:f}".partition(".")
    decimals = decimals.rstrip("0")
    text = f"{whole}.{decimals}" if decimals else whole
    return Rate(base=row["base"], quote=row["quote"], day=row["day"], rate=text, source=row["source"])


async def shown_of(
    tx: Transaction, *, program_id: int, rewards: Sequence[str], day: dt.date
) -> dict[str, tuple[Picture, ...]]:
    """What is shown of each of these rewards on a day, in its order; a reward without anything is left out."""
    rows = await tx.fetch(
        f"""select {_PICTURE} from picture where program_id = $1 and reward = any($2::text[])
        and ("from" is null or "from" <= $3) and (until is null or until > $3) order by reward, sort, language""",
        program_id,
        list(rewards),
        day,
    )
    found: dict[str, tuple[Picture, ...]] = {}
    for row in rows:
        found[row["reward"]] = (*found.get(row["reward"], ()), _picture(row))
    return found


async def stores(
    tx: Transaction,
    *,
    program_id: int,
    cursor: str | None = None,
    limit: int | None = None,
    text: str | None = None,
) -> pages.Page[Place]:
    """Stores by id; with `text` those whose name, city or address holds it. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after = pages.decode_cursor(cursor, str) if cursor else ""
    rows = await tx.fetch(
        f"""select {_PLACE}, null::int as distance_m from store
        where program_id = $1 and store_id > $2
            and ($4::text is null or lower(concat_ws(' ', name, city, address) {_FOLD}) like $4)
        order by store_id limit $3""",
        program_id,
        after,
        size + 1,
        _pattern(text),
    )
    return pages.page([_place(row) for row in rows], limit=size, key=lambda one: one.id)


async def nearest(
    tx: Transaction,
    *,
    program_id: int,
    lat: float,
    lon: float,
    within_m: int = 50_000,
    cursor: str | None = None,
    limit: int | None = None,
) -> pages.Page[Place]:
    """Stores around a point (degrees) as the crow flies, the nearest first, at most `within_m` metres away.

    Raises UnknownPlace, MalformedCursor, LimitOutOfRange.
    """
    size = pages.check_limit(limit)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 1 <= within_m <= REACH_M_MAX):
        raise UnknownPlace
    after = pages.decode_cursor(cursor, tuple[Metres, str]) if cursor else (-1, "")
    rows = await tx.fetch(_NEAREST, program_id, lat, lon, within_m, *_box(lat, lon, within_m), *after, size + 1)
    return pages.page([_place(row) for row in rows], limit=size, key=lambda one: (one.distance_m, one.id))


# The box lets the index choose; the haversine of what is left says the distance.
_NEAREST: Final = f"""
select * from (
    select {_PLACE}, round(2 * {EARTH_M} * asin(least(1, sqrt(
        sin(radians(lat - $2) / 2) ^ 2 + cos(radians($2)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2
    ))))::int as distance_m
    from store where program_id = $1 and lat between $5 and $6 and lon between $7 and $8
) s
where distance_m <= $4 and (distance_m, store_id) > ($9::int, $10::text)
order by distance_m, store_id limit $11
"""


def _box(lat: float, lon: float, within_m: int) -> tuple[float, float, float, float]:
    """(south, north, west, east) around a circle; all the way round where it holds a pole or crosses the date line."""
    # A little wider, so that rounding never loses a store on the edge.
    reach = math.degrees(within_m / EARTH_M) * 1.001
    south, north = lat - reach, lat + reach
    if south <= -90 or north >= 90:
        return south, north, -180.0, 180.0
    # Where a circle on a sphere is widest, which is not at its centre.
    wide = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat))))) * 1.001
    if lon - wide < -180 or lon + wide > 180:
        return south, north, -180.0, 180.0
    return south, north, lon - wide, lon + wide


def _pattern(text: str | None) -> str | None:
    if not text:
        return None
    plain = text[:100].lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _picture(row: Any) -> Picture:
    values = dict(row)
    return Picture(from_=values.pop("from"), **values)


def _good(row: Any) -> Good:
    return Good(
        sku=row["sku"],
        name=row["name"],
        category=row["category"],
        brand=row["brand"],
        kind=row["kind"],
        unit=row["unit"],
        cost=row["cost"],
        legal_price=row["legal_price"],
        tags=tuple(row["tags"]),
        from_=row["from"],
        until=row["until"],
    )


def _place(row: Any) -> Place:
    return Place(
        id=row["store_id"],
        name=row["name"],
        city=row["city"],
        region=row["region"],
        chain=row["chain"],
        zone=row["zone"],
        address=row["address"],
        lat=row["lat"],
        lon=row["lon"],
        tags=tuple(row["tags"]),
        opening=None if row["opening"] is None else msgspec.json.decode(row["opening"]),
        from_=row["from"],
        until=row["until"],
        distance_m=row["distance_m"],
    )
