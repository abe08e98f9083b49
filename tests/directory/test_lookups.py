from __future__ import annotations

import datetime as dt
import time

import pytest

from regulars.directory import service as directories
from regulars.directory.contracts import CategoryIn, Good, GoodIn, StoreIn, UnknownGood, UnknownPlace
from regulars.kit import pages
from regulars.kit.pages import MalformedCursor

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)

# Real places; the distances between cities are known from maps.
PLACES = {
    "chisinau": (47.0105, 28.8638),
    "balti": (47.7617, 27.9289),
    "iasi": (47.1585, 27.6014),
    "suva": (-18.1416, 178.4419),
    "apia": (-13.8333, -171.7667),
    "alert": (82.5018, -62.3481),
}


@pytest.fixture
async def fed(database):
    async with database.transaction(programs=[1]) as tx:
        await directories.put_categories(
            tx,
            program_id=1,
            rows=[
                CategoryIn(key="food"),
                CategoryIn(key="bread", parent="food", name_ro="Pâine"),
                CategoryIn(key="pets"),
            ],
            now=NOW,
        )
        await directories.put_goods(
            tx,
            program_id=1,
            rows=[
                GoodIn(sku="1", name="Rye bread", category="bread"),
                GoodIn(sku="2", name="Хлеб 100%", category="bread"),
                GoodIn(sku="3", name="Salt", category="food"),
                GoodIn(sku="4_a", name="Cat food", category="pets", until=dt.date(2028, 1, 1)),
            ],
            now=NOW,
        )
        await directories.put_stores(
            tx,
            program_id=1,
            rows=[StoreIn(id=name, name=name.title(), lat=lat, lon=lon) for name, (lat, lon) in PLACES.items()]
            + [StoreIn(id="web", name="Web shop")],
            now=NOW,
        )
    return database


async def test_goods_come_in_pages(fed):
    async with fed.read(programs=[1]) as tx:
        first = await directories.goods(tx, program_id=1, limit=3)
        second = await directories.goods(tx, program_id=1, limit=3, cursor=first.next_cursor)
    assert [one.sku for one in first.items] == ["1", "2", "3"]
    assert second.items == [Good(sku="4_a", kind="goods", name="Cat food", category="pets", until=dt.date(2028, 1, 1))]
    assert second.next_cursor is None


@pytest.mark.parametrize(
    ("asked", "skus"),
    [
        ({"text": "BREAD"}, ["1"]),
        ({"text": "хлеб"}, ["2"]),
        ({"text": "ХЛ"}, ["2"]),
        ({"text": "100%"}, ["2"]),
        ({"text": "%"}, ["2"]),
        ({"text": "_"}, ["4_a"]),
        ({"text": "\\"}, []),
        ({"text": "' or 1=1 --"}, []),
        ({"category": "food"}, ["1", "2", "3"]),
        ({"category": "bread", "text": "rye"}, ["1"]),
        ({"category": "none"}, []),
    ],
)
async def test_goods_are_searched(fed, asked, skus):
    async with fed.read(programs=[1]) as tx:
        found = await directories.goods(tx, program_id=1, **asked)
    assert [one.sku for one in found.items] == skus


async def test_one_good_or_a_clear_word(fed):
    async with fed.read(programs=[1]) as tx:
        assert (await directories.good(tx, program_id=1, sku="3")).name == "Salt"
        with pytest.raises(UnknownGood):
            await directories.good(tx, program_id=1, sku="9")


async def test_categories_tell_their_path(fed):
    async with fed.read(programs=[1]) as tx:
        found = await directories.categories(tx, program_id=1, limit=2)
        rest = await directories.categories(tx, program_id=1, limit=2, cursor=found.next_cursor)
    assert [(one.key, one.path, one.name_ro) for one in [*found.items, *rest.items]] == [
        ("bread", ("food", "bread"), "Pâine"),
        ("food", ("food",), None),
        ("pets", ("pets",), None),
    ]


async def test_stores_are_paged_and_searched(fed):
    async with fed.read(programs=[1]) as tx:
        found = await directories.stores(tx, program_id=1, text="suv")
        everything = await directories.stores(tx, program_id=1)
    assert [one.id for one in found.items] == ["suva"]
    assert len(everything.items) == 7


async def near(database, place: str, **how) -> list[tuple[str, int | None]]:
    lat, lon = PLACES[place]
    async with database.read(programs=[1]) as tx:
        found = await directories.nearest(tx, program_id=1, lat=lat, lon=lon, **how)
    return [(one.id, one.distance_m) for one in found.items]


async def test_the_nearest_come_first(fed):
    found = await near(fed, "chisinau", within_m=120_000)
    assert [name for name, _ in found] == ["chisinau", "iasi", "balti"]
    # By the map: 97 km to Iasi, 109 km to Balti.
    assert [distance and round(distance / 1000) for _, distance in found] == [0, 97, 109]


async def test_the_reach_is_kept(fed):
    assert await near(fed, "chisinau", within_m=50_000) == [("chisinau", 0)]


async def test_the_date_line_and_the_pole_are_no_walls(fed):
    # Suva and Apia lie on both sides of the date line, about 1,150 km from each other.
    assert [name for name, _ in await near(fed, "suva", within_m=1_300_000)] == ["suva", "apia"]
    around = await near(fed, "alert", within_m=6_000_000)
    assert around[0][0] == "alert"
    assert len(await near(fed, "alert", within_m=20_100_000)) == 6


async def test_near_ones_come_in_pages(fed):
    lat, lon = PLACES["chisinau"]
    async with fed.read(programs=[1]) as tx:
        first = await directories.nearest(tx, program_id=1, lat=lat, lon=lon, within_m=20_000_000, limit=2)
        second = await directories.nearest(
            tx, program_id=1, lat=lat, lon=lon, within_m=20_000_000, limit=2, cursor=first.next_cursor
        )
    assert [one.id for one in first.items] == ["chisinau", "iasi"]
    assert [one.id for one in second.items] == ["balti", "alert"]


@pytest.mark.parametrize(
    "where",
    [
        {"lat": 91.0, "lon": 0.0},
        {"lat": 0.0, "lon": 181.0},
        {"lat": float("nan"), "lon": 0.0},
        {"lat": 0.0, "lon": 0.0, "within_m": 0},
    ],
)
async def test_a_point_must_be_on_the_earth(fed, where):
    async with fed.read(programs=[1]) as tx:
        with pytest.raises(UnknownPlace):
            await directories.nearest(tx, program_id=1, **where)


async def test_a_strange_cursor_is_told(fed):
    async with fed.read(programs=[1]) as tx:
        with pytest.raises(MalformedCursor):
            await directories.goods(tx, program_id=1, cursor="!!")
        with pytest.raises(MalformedCursor):
            await directories.nearest(tx, program_id=1, lat=0.0, lon=0.0, cursor="WzFd")


async def test_ten_of_many_are_found_quickly(database):
    rows = [StoreIn(id=f"s{n}", lat=45 + (n % 300) / 60, lon=20 + (n // 300) / 20) for n in range(30_000)]
    async with database.transaction(programs=[1]) as tx:
        await directories.put_stores(tx, program_id=1, rows=rows, now=NOW)
        await tx.fetch("select 1")
        began = time.perf_counter()
        found = await directories.nearest(tx, program_id=1, lat=47.01, lon=22.51, within_m=20_000, limit=10)
        took = time.perf_counter() - began
    assert len(found.items) == 10
    assert took < 5.0, took


@pytest.mark.parametrize("key", [(2**40, "a"), (-1, "a"), (1, "\x00")])
async def test_a_cursor_of_no_distance_is_refused(database, key):
    async with database.read(programs=[1]) as tx:
        with pytest.raises(MalformedCursor):
            await directories.nearest(tx, program_id=1, lat=47.0, lon=28.0, cursor=pages.encode_cursor(key))
