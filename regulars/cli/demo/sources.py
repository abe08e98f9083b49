"""What a demo is made of: real baskets for the grocery, members made from a table for every other preset.

One table from a preset to its source; the rest of the demo is the same for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib import util
from typing import Any, Final, Protocol
from uuid import UUID

from regulars.activities.contracts import Intake
from regulars.cli.demo import generated, habits, journey
from regulars.cli.demo.generated import GeneratedPlan
from regulars.cli.demo.habits import Scene
from regulars.cli.demo.journey import BasketPlan
from regulars.cli.demo.presets import REAL
from regulars.cli.demo.state import State
from regulars.directory import service as directory
from regulars.directory.contracts import BrandIn, CategoryIn, GoodIn, StoreIn
from regulars.kit.errors import NotFound
from regulars.program import service as programs

Plan = BasketPlan | GeneratedPlan
Piece = tuple[Callable[..., Awaitable[Any]], Sequence[Any]]
"""A verb of the directory and the rows to put with it."""
_CHUNK: Final = 5_000


class Source(Protocol):
    """Where goods, members and what they did come from."""

    def check(self) -> None:
        """Raises DemoDataMissing, DemoDataChanged."""

    def anchor(self, now: dt.datetime) -> dict[str, Any]:
        """What of today a later run must know, as fields of the state."""

    def shelves(self) -> Iterator[Piece]:
        """Categories, brands, stores and goods."""

    def plan(self, known: State, *, client_id: UUID, now: dt.datetime, members: int | None) -> Plan:
        """What a process needs to make its share of the history."""

    def count(self, plan: Plan) -> int:
        """How many activities there are."""

    @property
    def scene(self) -> Scene:
        """What the story at the till is made of."""


class Journey:
    """A year of public shopping data."""

    def check(self) -> None:
        """The package is there, and is the one that this loader was written for."""
        journey.folder()

    def anchor(self, now: dt.datetime) -> dict[str, Any]:
        """By how many weeks the year is moved."""
        return {"weeks": journey.weeks_until(now.astimezone(journey.zone()).date())}

    def shelves(self) -> Iterator[Piece]:
        """Ninety thousand goods of 457 stores."""
        place = journey.folder()
        goods = journey.goods(place)
        brands = sorted({good.brand for good in goods if good.brand})
        yield directory.put_categories, [_category(key, parent) for key, parent in journey.categories(place)]
        yield directory.put_brands, [BrandIn(key=brand, name=brand) for brand in brands]
        yield directory.put_stores, [_store(store) for store in journey.stores(place)]
        sold = [_good(good) for good in goods]
        for start in range(0, len(sold), _CHUNK):
            yield directory.put_goods, sold[start : start + _CHUNK]

    def plan(self, known: State, *, client_id: UUID, now: dt.datetime, members: int | None) -> Plan:
        """Baskets by household."""
        return BasketPlan(
            place=str(journey.folder()),
            program_id=known.program_id,
            client_id=client_id,
            received_at=now,
            weeks=known.weeks,
            members=members,
        )

    def count(self, plan: Plan) -> int:
        """Baskets, and what is known of some households."""
        return journey.count(journey.folder(), members=plan.members)

    @property
    def scene(self) -> Scene:
        """Milk, bananas, pork, a ham, beef: together above a hundred dollars, so that the first basket earns enough
        points to pay a part of the second.
        """
        return Scene(
            # An exchange that exists, since a number outside its numbering plan is refused.
            phone="+1212736",
            digits=4,
            store="367",
            pays="points",
            lines=(
                {"sku": "1029743", "quantity": 2, "amount": 490},
                {"sku": "1082185", "quantity": "1.250", "unit": "lb", "amount": 124},
                {"sku": "12810391", "quantity": 2, "amount": 3288},
                {"sku": "12731432", "quantity": 2, "amount": 2206},
                {"sku": "12262778", "quantity": 4, "amount": 4024},
            ),
        )


class Generated:
    """Members made from a table."""

    def __init__(self, preset: str) -> None:
        self._preset = preset
        self._table: habits.Table = generated.table(preset)

    def check(self) -> None:
        """Nothing has to be there."""

    def anchor(self, now: dt.datetime) -> dict[str, Any]:
        """The last day of the history."""
        return {"through": now.date() - dt.timedelta(days=1)}

    def shelves(self) -> Iterator[Piece]:
        """Goods and shops of the table."""
        made = self._table
        zone = programs.read(programs.preset(self._preset)).program.zone
        categories = sorted({good.category for good in made.goods})
        brands = sorted({good.brand for good in made.goods if good.brand})
        yield directory.put_categories, [CategoryIn(key=key, name_en=key.capitalize()) for key in categories]
        yield directory.put_brands, [BrandIn(key=brand, name=brand) for brand in brands]
        yield (
            directory.put_stores,
            [StoreIn(id=one.id, name=one.name, city=one.city, zone=zone, chain=one.chain) for one in made.shops],
        )
        yield (
            directory.put_goods,
            [
                GoodIn(
                    sku=one.sku,
                    name=one.name,
                    category=one.category,
                    brand=one.brand,
                    kind=one.kind,
                    legal_price=one.legal_price,
                )
                for one in made.goods
            ],
        )

    def plan(self, known: State, *, client_id: UUID, now: dt.datetime, members: int | None) -> Plan:
        """Lives by member."""
        program = programs.read(programs.preset(self._preset))
        return GeneratedPlan(
            preset=self._preset,
            program_id=known.program_id,
            client_id=client_id,
            received_at=now,
            through=known.through or now.date() - dt.timedelta(days=1),
            currency=program.program.money,
            zone=program.program.zone,
            attributes=frozenset(program.attributes),
            types=frozenset(program.activities),
            members=members,
        )

    def count(self, plan: Plan) -> int:
        """As many as there will be: they are made in no time."""
        return generated.count(plan) if isinstance(plan, GeneratedPlan) else 0

    @property
    def scene(self) -> Scene:
        """As the table tells it."""
        return self._table.scene


def of(preset: str) -> Source:
    """The source of a preset. Raises NotFound."""
    programs.preset(preset)
    if preset == REAL:
        return Journey()
    if util.find_spec(f"regulars.cli.demo.tables.{preset}") is None:
        raise NotFound(kind="preset", id=preset[:60])
    return Generated(preset)


def intakes(plan: Plan, *, part: int, parts: int) -> Iterator[Intake]:
    """The history of a plan, or a part of it."""
    if isinstance(plan, GeneratedPlan):
        return generated.intakes(plan, part=part, parts=parts)
    return journey.intakes(plan, part=part, parts=parts)


def _category(key: str, parent: str | None) -> CategoryIn:
    return CategoryIn(key=key, parent=parent, name_en=key.capitalize())


def _store(store: str) -> StoreIn:
    return StoreIn(id=store, name=f"Store {store}", zone=journey.ZONE, chain="Regulars' Table", tags=("journey",))


def _good(good: journey.JourneyGood) -> GoodIn:
    # No unit: gasoline is sold by the gallon and by the sale, so that each line says its own.
    return GoodIn(sku=good.sku, name=good.name, category=good.category, brand=good.brand, kind=good.kind)
