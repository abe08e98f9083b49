from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from regulars.activities.contracts import Intake
from regulars.cli.demo import journey
from regulars.cli.demo.journey import BasketPlan, DemoDataChanged

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def place() -> Path:
    return journey.folder()


def plan(place: Path, *, weeks: int = 460, members: int | None = 40) -> BasketPlan:
    return BasketPlan(
        place=str(place),
        program_id=1,
        client_id=UUID(int=1),
        received_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        weeks=weeks,
        members=members,
    )


def baskets(place: Path, **chosen: int) -> list[Intake]:
    return [one for one in journey.intakes(plan(place, **chosen)) if one.type == "purchase"]


@pytest.mark.parametrize(
    ("today", "last_day"),
    [
        (dt.date(2026, 11, 22), dt.date(2026, 11, 15)),
        (dt.date(2026, 11, 23), dt.date(2026, 11, 22)),
        (dt.date(2026, 11, 28), dt.date(2026, 11, 22)),
    ],
)
def test_year_ends_on_the_last_sunday_before_today(today: dt.date, last_day: dt.date) -> None:
    assert dt.date(2017, 12, 31) + dt.timedelta(weeks=journey.weeks_until(today)) == last_day


def test_every_line_and_every_cent_of_the_data_arrives(place: Path) -> None:
    chosen = journey.households(place, members=40)
    table = pq.read_table(place / "transactions.parquet")
    table = table.filter(
        pc.is_in(
            table["household_id"],
            value_set=pc.cast(pc.unique(table["household_id"]), "int64").filter(
                pc.less_equal(pc.unique(table["household_id"]), max(chosen))
            ),
        )
    )
    cents = sum(int(Decimal(repr(value)) * 100) for value in table["sales_value"].to_pylist())
    found = baskets(place)
    assert sum(line.amount for one in found for line in one.lines) == cents
    assert len(found) == len(pc.unique(table["basket_id"]))
    assert {one.document for one in found} == {str(basket) for basket in table["basket_id"].to_pylist()}


def test_hour_and_weekday_stay_when_the_year_moves(place: Path) -> None:
    # 2017-01-01 11:53:26 UTC is a Sunday, 06:53:26 in New York, household 900, store 330.
    first = next(one for one in baskets(place, members=900) if one.document == "31198570044")
    assert first.occurred_at is not None
    local = first.occurred_at.astimezone(NEW_YORK)
    assert (local.strftime("%A %H:%M:%S"), local.date()) == (
        "Sunday 06:53:26",
        dt.date(2017, 1, 1) + dt.timedelta(weeks=460),
    )
    assert (first.who[0].value, first.store) == ("900", "330")
    assert [(line.sku, line.quantity, line.amount) for line in first.lines] == [("1095275", 1000, 50)]


def test_members_are_told_in_the_order_of_time(place: Path) -> None:
    last: dict[str, dt.datetime] = {}
    for one in journey.intakes(plan(place)):
        assert one.occurred_at is not None
        assert last.get(one.who[0].value, one.occurred_at) <= one.occurred_at
        last[one.who[0].value] = one.occurred_at
    assert len(last) == 40


def test_what_is_known_of_a_household_comes_before_its_first_basket(place: Path) -> None:
    first: dict[str, Intake] = {}
    for one in journey.intakes(plan(place)):
        first.setdefault(one.who[0].value, one)
    known = journey.demographics(place, members=40)
    assert {int(own_id) for own_id, one in first.items() if one.type == "profile"} == set(known)
    # Household 1 of the file: 65+, income 35-49K, a homeowner.
    assert first["1"].profile is not None
    assert first["1"].profile.attributes["age"] == "65+"
    assert first["1"].profile.attributes["home_ownership"] == "Homeowner"


def test_voided_lines_are_left_out_and_no_basket_is_left_empty(place: Path) -> None:
    found = baskets(place, members=200)
    assert all(one.lines for one in found)
    lines = pq.read_table(
        place / "transactions.parquet", columns=["household_id", "basket_id", "quantity", "sales_value"]
    )
    chosen = journey.households(place, members=200)
    rows = [row for row in lines.to_pylist() if row["household_id"] <= max(chosen)]
    # Some zeros of the data are 0.0000000000000018.
    nothing = [not row["quantity"] and not round(row["sales_value"] * 100) for row in rows]
    sold = {str(row["basket_id"]) for row, none in zip(rows, nothing, strict=True) if not none}
    voided = sum(none and str(row["basket_id"]) in sold for row, none in zip(rows, nothing, strict=True))
    assert voided > 0
    assert sum(len(one.lines) for one in found) == len(rows) - voided
    assert all(line.quantity > 0 for one in found for line in one.lines)


def test_fuel_is_counted_in_thousandths_of_a_gallon(place: Path) -> None:
    fuel = [line for one in baskets(place, members=200) for line in one.lines if line.sku == "6534178"]
    assert fuel
    assert {line.unit for line in fuel} == {"gal"}
    # A gallon cost between one and four dollars that year.
    priced = [line.amount * 1000 / line.quantity for line in fuel if line.quantity > 500]
    assert all(100 < cents < 400 for cents in priced)


def test_parts_share_the_households(place: Path) -> None:
    whole = Counter(one.document for one in journey.intakes(plan(place)))
    parts = [list(journey.intakes(plan(place), part=part, parts=3)) for part in range(3)]
    assert Counter(one.document for part in parts for one in part) == whole
    owners = [{one.who[0].value for one in part} for part in parts]
    assert not owners[0] & owners[1] | owners[1] & owners[2] | owners[0] & owners[2]
    assert journey.count(place, members=40) == sum(whole.values())


def test_same_basket_has_the_same_digest_in_every_run(place: Path) -> None:
    later = msgspec.structs.replace(
        plan(place, members=2), client_id=UUID(int=9), received_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    )
    assert [one.digest for one in journey.intakes(plan(place, members=2))] == [
        one.digest for one in journey.intakes(later)
    ]
    moved = [one.digest for one in journey.intakes(plan(place, members=2, weeks=461)) if one.type == "purchase"]
    assert not set(moved) & {one.digest for one in journey.intakes(later)}


def test_categories_form_a_tree_of_two_levels(place: Path) -> None:
    tree = dict(journey.categories(place))
    assert len(tree) == len(journey.categories(place))
    assert all(parent is None or tree[parent] is None for parent in tree.values())
    assert tree["SOFT DRINKS"] == "GROCERY"
    assert tree["BREAD"] == "PASTRY"
    assert tree["NUTRITION/BREAD"] == "NUTRITION"
    assert tree["FUEL"] is None
    assert tree["FUEL/COUPON/MISC ITEMS"] == "FUEL"
    used = {good.category for good in journey.goods(place)}
    assert used - {None} <= set(tree)
    assert len(journey.goods(place)) + len(tree) + len(journey.stores(place)) + 2 == journey.SHELVES


def test_other_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(journey._DIGESTS, "products", "0" * 16)
    with pytest.raises(DemoDataChanged) as caught:
        journey.folder()
    assert caught.value.file == "products.parquet"
