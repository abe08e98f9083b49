"""The door of directory: feeding it, enriching baskets from it, looking into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from regulars.directory.cache import Directory, Exchanged, Shelf
from regulars.directory.contracts import Enriched, GivenLine
from regulars.directory.feeds import (
    CHANNEL,
    put_brands,
    put_categories,
    put_goods,
    put_pictures,
    put_rates,
    put_stores,
)
from regulars.directory.lookups import categories, good, goods, nearest, shown_of, stores
from regulars.kit.database import Database

__all__ = [
    "CHANNEL",
    "Directory",
    "Exchanged",
    "Shelf",
    "categories",
    "enrich",
    "good",
    "goods",
    "nearest",
    "put_brands",
    "put_categories",
    "put_goods",
    "put_pictures",
    "put_rates",
    "put_stores",
    "shown_of",
    "stores",
]


async def enrich(
    directory: Directory,
    database: Database,
    *,
    program_id: int,
    lines: Sequence[GivenLine],
    store: str | None,
    at: dt.datetime,
    now: dt.datetime,
    zone: str = "UTC",
) -> Enriched:
    """A basket with the facts of its goods and store; the database is asked only for what this process does not know.

    `at` is when it happened, `now` the clock, `zone` the program's. For many baskets at once: `directory.prepare` with
    all their skus, then `enrich` of the shelf for each. Raises UnknownStore, UnknownCategory, UnknownLineKind.
    """
    shelf = await directory.prepare(
        database,
        program_id,
        [line.sku for line in lines],
        now=now,
        stores=[store],
        categories=[line.category for line in lines],
    )
    return shelf.enrich(lines, store=store, at=at, zone=zone)
