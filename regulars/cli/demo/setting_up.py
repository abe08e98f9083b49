"""The program, its goods and stores, and a key: what must be there before the first basket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from regulars.access import service as access
from regulars.access.contracts import BadToken, Scope, UnknownProgram
from regulars.cli.demo import journey
from regulars.cli.demo.state import State
from regulars.directory import service as directory
from regulars.directory.contracts import BrandIn, CategoryIn, GoodIn, StoreIn
from regulars.kit import edge
from regulars.kit.database import Database
from regulars.program import service as programs

_SCOPES: Final[tuple[Scope, ...]] = (
    "till", "members:read", "members:write", "activities:write", "import", "program:read", "events:read", "ledger:read",
)  # fmt: skip
_CHUNK: Final = 5000


async def program(database: Database, *, preset: str, state: State | None) -> State:
    """Publish the preset under its own name, with a key to try it with; what is there stays."""
    text = programs.preset(preset)
    settings = programs.read(text).program
    now = edge.now()
    async with database.transaction(programs=[]) as tx:
        try:
            found = await access.program_named(tx, key=settings.name)
        except UnknownProgram:
            found = await access.create_program(tx, key=settings.name, name=settings.title.en, now=now)
    async with database.transaction(programs=[found.program_id]) as tx:
        await programs.publish(tx, program_id=found.program_id, text=text, by="demo", now=now)
    kept = state if state is not None and state.program_id == found.program_id else None
    if kept is not None and await _opens(database, kept.token):
        return kept
    async with database.transaction(programs=[found.program_id]) as tx:
        issued = await access.create_key(
            tx,
            program_id=found.program_id,
            key_id=edge.new_id(now),
            secret=edge.token(),
            label="demo",
            scopes=_SCOPES,
            now=now,
        )
    if kept is not None:
        return msgspec.structs.replace(kept, token=issued.token)
    return State(
        program_id=found.program_id,
        weeks=journey.weeks_until(now.astimezone(journey.zone()).date()),
        token=issued.token,
        preset=preset,
    )


async def _opens(database: Database, token: str) -> bool:
    try:
        await access.authenticate(database, token, now=edge.now())
    except BadToken:
        # Revoked meanwhile: the demo makes itself another.
        return False
    return True


async def shelves(database: Database, *, place: Path, program_id: int, told: Callable[[int], None]) -> None:
    """Categories, brands, stores and all goods; again is harmless."""
    now = edge.now()
    goods = journey.goods(place)
    brands = sorted({good.brand for good in goods if good.brand})
    pieces: list[tuple[Any, list[Any]]] = [
        (directory.put_categories, [_category(key, parent) for key, parent in journey.categories(place)]),
        (directory.put_brands, [BrandIn(key=brand, name=brand) for brand in brands]),
        (directory.put_stores, [_store(store) for store in journey.stores(place)]),
    ]
    sold = [_good(good) for good in goods]
    pieces += [(directory.put_goods, sold[start : start + _CHUNK]) for start in range(0, len(sold), _CHUNK)]
    for put, rows in pieces:
        async with database.transaction(programs=[program_id]) as tx:
            await put(tx, program_id=program_id, rows=rows, now=now)
        told(len(rows))


def _category(key: str, parent: str | None) -> CategoryIn:
    return CategoryIn(key=key, parent=parent, name_en=key.capitalize())


def _store(store: str) -> StoreIn:
    return StoreIn(id=store, name=f"Store {store}", zone=journey.ZONE, chain="Regulars' Table", tags=("journey",))


def _good(good: journey.JourneyGood) -> GoodIn:
    # No unit: gasoline is sold by the gallon and by the sale, so that each line says its own.
    return GoodIn(sku=good.sku, name=good.name, category=good.category, brand=good.brand, kind=good.kind)
