"""What a process remembers of the directory: categories and stores whole, goods as they are asked for."""

from __future__ import annotations

import datetime as dt
import sys
import zoneinfo
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec

from regulars.directory import trees
from regulars.directory.contracts import (
    LINE_KINDS,
    Enriched,
    GivenLine,
    Rate,
    UnknownCategory,
    UnknownLineKind,
    UnknownStore,
)
from regulars.directory.lookups import rate_of
from regulars.engine.contracts.activity import Line, Store
from regulars.kit.database import Database, Transaction
from regulars.program.contracts.stacking import FACTS

FRESH: Final = dt.timedelta(seconds=2)
"""How long a process works with what it read before it asks whether anything was written."""
GOODS_MAX: Final = 100_000
GOODS_AT_ONCE: Final = 5_000
"""Goods of one statement: the database ends a transaction that is silent for long between two of them."""
_NO_PRICES: Final[dict[str, int]] = {}


Exchanged = tuple[str, str, dt.date]
"""Our money, the other one, and the local day."""


class _Facts(msgspec.Struct, frozen=True, gc=False):
    """What a line takes from its good."""

    name: str | None
    category: str | None
    brand: str | None
    kind: str
    unit: str | None
    prices: dict[str, int]
    """Those that no discount passes (`cost`, `legal_price`), as far as they are known."""
    tags: tuple[str, ...]
    first: dt.date | None
    until: dt.date | None


class _Known(msgspec.Struct, frozen=True):
    """A store, and the days on which it is one."""

    store: Store
    first: dt.date | None
    until: dt.date | None


class Shelf:
    """One program at one version of its directory."""

    def __init__(self, version: int, categories: dict[str, tuple[str, ...]], stores: dict[str, _Known]) -> None:
        self.version = version
        self.categories = categories
        self.stores = stores
        # A sku that no good has is remembered too (None), or every basket would ask for it again.
        self.goods: dict[str, _Facts | None] = {}
        self.rates: dict[Exchanged, Rate | None] = {}

    def enrich(self, lines: Sequence[GivenLine], *, store: str | None, at: dt.datetime, zone: str = "UTC") -> Enriched:
        """Lines and store with what is known of them at `at`, for goods that this shelf was prepared for.

        What the till gave stays; the rest comes from the good. `zone` is the program's, for stores that have none.
        Raises UnknownStore, UnknownCategory, UnknownLineKind; LookupError for a sku that was not prepared.
        """
        known = None if store is None else _store(self, store, at, zone)
        unknown: list[int] = []
        day = _day(at, zone if known is None else known.zone or zone)
        made = tuple(_line(self, line, day, unknown) for line in lines)
        return Enriched(lines=made, store=known, unknown=tuple(unknown))

    def names(self, stores: Collection[str | None], categories: Collection[str | None]) -> bool:
        """Whether it has all of these; None is none. Where there is no tree, any category is taken."""
        return self.stores.keys() >= set(stores) - {None} and (
            not self.categories or self.categories.keys() >= set(categories) - {None}
        )

    def rate(self, ours: str, theirs: str, day: dt.date) -> Rate | None:
        """The rate between two moneys on a day, or the last before it of the same week; None where there is none.
        Raises LookupError for what was not prepared."""
        return self.rates[ours, theirs, day]


class Directory:
    """The cache of one process."""

    def __init__(self) -> None:
        self._shelves: dict[int, Shelf] = {}
        self._asked: dict[int, dt.datetime] = {}

    def heard(self, payload: str) -> None:
        """Ask again about the program named by a notification on CHANNEL."""
        self._asked.pop(int(payload), None)

    def forget_all(self) -> None:
        """Ask again about every program."""
        self._asked.clear()

    async def prepare(
        self,
        database: Database,
        program_id: int,
        skus: Iterable[str | None],
        *,
        now: dt.datetime,
        rates: Collection[Exchanged] = (),
        stores: Collection[str | None] = (),
        categories: Collection[str | None] = (),
    ) -> Shelf:
        """A shelf that has these goods and rates; mostly it is there, else one snapshot is read. `now` is the clock.

        A store or category that it has not is looked for once more: it may have been fed a moment ago, elsewhere. Keep
        the shelf for as long as one batch: another task may put a newer one in its place meanwhile.
        Raises what the database raises.
        """
        wanted = {sku for sku in skus if sku is not None}
        shelf = self._shelves.get(program_id)
        asked = self._asked.get(program_id)
        is_fresh = asked is not None and asked <= now < asked + FRESH
        if (
            shelf is not None
            and is_fresh
            and wanted <= shelf.goods.keys()
            and shelf.rates.keys() >= set(rates)
            and shelf.names(stores, categories)
        ):
            return shelf
        async with database.read(programs=[program_id]) as tx:
            shelf = await self._shelf(tx, program_id, now)
            if len(shelf.goods) + len(wanted) > GOODS_MAX:
                shelf = self._shelves[program_id] = Shelf(shelf.version, shelf.categories, shelf.stores)
            await _load_goods(tx, shelf, program_id, sorted(wanted - shelf.goods.keys()))
            for pair in sorted(set(rates) - shelf.rates.keys()):
                shelf.rates[pair] = await _load_rate(tx, program_id, pair)
        return shelf

    async def _shelf(self, tx: Transaction, program_id: int, now: dt.datetime) -> Shelf:
        version = await tx.fetchval("select version from directory_version where program_id = $1", program_id) or 0
        shelf = self._shelves.get(program_id)
        if shelf is None or shelf.version != version:
            shelf = Shelf(version, await _load_categories(tx, program_id), await _load_stores(tx, program_id))
            self._shelves[program_id] = shelf
        self._asked[program_id] = now
        return shelf


def _line(shelf: Shelf, line: GivenLine, day: dt.date, unknown: list[int]) -> Line:
    good = None if line.sku is None else shelf.goods[line.sku]
    if good is not None and not _holds(good.first, good.until, day):
        good = None
    if good is None and line.sku is not None:
        unknown.append(line.no)
    if line.kind is not None and line.kind not in LINE_KINDS:
        raise UnknownLineKind(line=line.no, given=line.kind[:60])
    if line.category is not None and shelf.categories and line.category not in shelf.categories:
        raise UnknownCategory(line=line.no, category=line.category[:100])
    category = line.category if line.category is not None else (good.category if good else None)
    # A good may stand in a category that was not fed yet, and a program without a tree takes any: both stand alone.
    path = () if category is None else shelf.categories.get(category) or (category,)
    return Line(
        no=line.no,
        sku=line.sku,
        name=line.name if line.name is not None else (good.name if good else None),
        kind=line.kind if line.kind is not None else (good.kind if good else "goods"),
        category=category,
        department=path[0] if path else None,
        path=path,
        brand=line.brand if line.brand is not None else (good.brand if good else None),
        tags=tuple(dict.fromkeys((*line.tags, *good.tags))) if good else tuple(line.tags),
        quantity=line.quantity,
        unit=line.unit if line.unit is not None else (good.unit if good else None),
        amount=line.amount,
        facts=good.prices if good else _NO_PRICES,
    )


def _store(shelf: Shelf, store: str, at: dt.datetime, zone: str) -> Store:
    known = shelf.stores.get(store)
    day = _day(at, (known.store.zone if known else None) or zone)
    if known is None or not _holds(known.first, known.until, day):
        raise UnknownStore(store=store[:100], day=day.isoformat())
    return known.store


def _day(at: dt.datetime, zone: str) -> dt.date:
    return at.astimezone(zoneinfo.ZoneInfo(zone)).date()


def _holds(first: dt.date | None, until: dt.date | None, day: dt.date) -> bool:
    return (first is None or first <= day) and (until is None or day < until)


async def _load_goods(tx: Transaction, shelf: Shelf, program_id: int, skus: list[str]) -> None:
    for start in range(0, len(skus), GOODS_AT_ONCE):
        await _load_some(tx, shelf, program_id, skus[start : start + GOODS_AT_ONCE])


async def _load_rate(tx: Transaction, program_id: int, asked: Exchanged) -> Rate | None:
    # Banks publish nothing on weekends and holidays; what is older than a week is no rate of the day any more.
    row = await tx.fetchrow(
        """select base, quote, day, rate, source from rate
        where program_id = $1 and ((base = $2 and quote = $3) or (base = $3 and quote = $2))
        and day <= $4 and day > $4 - 7 order by day desc, base = $2 limit 1""",
        program_id,
        *asked,
    )
    return None if row is None else rate_of(row)


async def _load_some(tx: Transaction, shelf: Shelf, program_id: int, skus: list[str]) -> None:
    rows = await tx.fetch(
        """select sku, name, category, brand, kind, unit, cost, legal_price, tags, "from", until from good
        where program_id = $1 and sku = any($2::text[])""",
        program_id,
        skus,
    )
    found = {row["sku"]: row for row in rows}
    for sku in skus:
        row = found.get(sku)
        shelf.goods[sku] = None if row is None else _facts(row)


def _facts(row: Any) -> _Facts:
    # Ten thousand goods of one brand share one text of its name.
    return _Facts(
        name=row["name"],
        category=_shared(row["category"]),
        brand=_shared(row["brand"]),
        kind=sys.intern(row["kind"]),
        unit=_shared(row["unit"]),
        prices={name: row[name] for name in FACTS if row[name] is not None} or _NO_PRICES,
        tags=tuple(map(sys.intern, row["tags"])),
        first=row["from"],
        until=row["until"],
    )


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)


async def _load_categories(tx: Transaction, program_id: int) -> dict[str, tuple[str, ...]]:
    rows = await tx.fetch("select key, parent from category where program_id = $1", program_id)
    return trees.paths({sys.intern(row["key"]): row["parent"] for row in rows})


async def _load_stores(tx: Transaction, program_id: int) -> dict[str, _Known]:
    rows = await tx.fetch(
        'select store_id, name, city, region, chain, zone, tags, "from", until from store where program_id = $1',
        program_id,
    )
    return {
        row["store_id"]: _Known(
            Store(
                id=row["store_id"],
                name=row["name"],
                city=row["city"],
                region=row["region"],
                chain=row["chain"],
                zone=row["zone"],
                tags=tuple(row["tags"]),
            ),
            row["from"],
            row["until"],
        )
        for row in rows
    }
