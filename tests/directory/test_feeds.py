from __future__ import annotations

import datetime as dt

import pytest

from regulars.directory import service as directories
from regulars.directory import trees
from regulars.directory.contracts import (
    CategoryCycle,
    CategoryIn,
    CategoryTooDeep,
    GoodIn,
    HalfAPlace,
    StoreIn,
    UnknownParent,
    UnknownZone,
)

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)


def test_paths_run_from_the_top():
    assert trees.paths({"c": "b", "b": "a", "a": None, "z": None}) == {
        "a": ("a",),
        "b": ("a", "b"),
        "c": ("a", "b", "c"),
        "z": ("z",),
    }


def test_a_cycle_is_told_with_its_path():
    with pytest.raises(CategoryCycle) as caught:
        trees.paths({"x": "a", "a": "b", "b": "c", "c": "a"})
    assert caught.value.path == "a > b > c > a"


def test_a_category_is_not_its_own_parent():
    with pytest.raises(CategoryCycle):
        trees.paths({"a": "a"})


def test_a_parent_must_exist():
    with pytest.raises(UnknownParent) as caught:
        trees.paths({"a": "b"})
    assert caught.value.fields == {"category": "a", "parent": "b"}


def test_twelve_levels_are_the_most():
    chain = {f"c{n:02d}": f"c{n - 1:02d}" if n else None for n in range(12)}
    assert len(trees.paths(chain)["c11"]) == 12
    with pytest.raises(CategoryTooDeep):
        trees.paths(chain | {"c12": "c11"})


async def test_a_refused_tree_leaves_the_old_one(database):
    async with database.transaction(programs=[1]) as tx:
        await directories.put_categories(
            tx, program_id=1, rows=[CategoryIn(key="a"), CategoryIn(key="b", parent="a")], now=NOW
        )
    with pytest.raises(CategoryCycle):
        async with database.transaction(programs=[1]) as tx:
            await directories.put_categories(tx, program_id=1, rows=[CategoryIn(key="a", parent="b")], now=NOW)
    async with database.read(programs=[1]) as tx:
        assert await tx.fetchval("select parent from category where key = 'a'") is None


async def test_left_out_stays_and_null_empties(database):
    async with database.transaction(programs=[1]) as tx:
        await directories.put_goods(
            tx,
            program_id=1,
            rows=[GoodIn(sku="1", name="A", brand="B", tags=("t",), until=dt.date(2028, 1, 1))],
            now=NOW,
        )
        count = await directories.put_goods(
            tx,
            program_id=1,
            rows=[GoodIn(sku="1", brand=None), GoodIn(sku="2", name="N"), GoodIn(sku="1", tags=(), unit="kg")],
            now=NOW,
        )
        rows = await tx.fetch("select sku, name, brand, tags, unit, until, kind from good order by sku")
    assert count == 2
    assert [tuple(row) for row in rows] == [
        ("1", "A", None, [], "kg", dt.date(2028, 1, 1), "goods"),
        ("2", "N", None, [], None, None, "goods"),
    ]


async def test_stores_keep_hours_and_place(database):
    async with database.transaction(programs=[1]) as tx:
        await directories.put_stores(
            tx, program_id=1, rows=[StoreIn(id="1", lat=47.01, lon=28.86, opening={"mon": ["08:00-20:00"]})], now=NOW
        )
        row = await tx.fetchrow("select lat, lon, opening::text from store")
    assert tuple(row) == (47.01, 28.86, '{"mon": ["08:00-20:00"]}')


@pytest.mark.parametrize("zone", ["Europe/Kishinau", "", "../etc/passwd", "Europe"])
async def test_a_zone_must_exist(database, zone):
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(UnknownZone):
            await directories.put_stores(tx, program_id=1, rows=[StoreIn(id="1", zone=zone)], now=NOW)


async def test_half_a_place_is_refused(database):
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(HalfAPlace):
            await directories.put_stores(tx, program_id=1, rows=[StoreIn(id="1", lat=1.0)], now=NOW)
