from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from regulars.activities.contracts import LineIn
from regulars.directory import cache
from regulars.directory import service as directories
from regulars.directory.contracts import (
    CategoryIn,
    GoodIn,
    StoreIn,
    UnknownCategory,
    UnknownLineKind,
    UnknownStore,
)
from regulars.engine.contracts.activity import Line, Store
from regulars.kit.database import Database

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=3)

TREE = [
    CategoryIn(key="bread", parent="bakery"),
    CategoryIn(key="bakery", parent="food"),
    CategoryIn(key="food"),
]


@pytest.fixture
def directory():
    return directories.Directory()


@pytest.fixture
async def fed(database):
    async with database.transaction(programs=[1]) as tx:
        await directories.put_categories(tx, program_id=1, rows=TREE, now=NOW)
        await directories.put_goods(
            tx,
            program_id=1,
            rows=[
                GoodIn(sku="b1", name="Rye", category="bread", brand="own", unit="kg", tags=("vegan", "fresh")),
                GoodIn(sku="gift", name="Gift card", kind="gift_card"),
                GoodIn(sku="old", name="Cake", category="bakery", until=dt.date(2027, 3, 10)),
            ],
            now=NOW,
        )
        await directories.put_stores(
            tx,
            program_id=1,
            rows=[
                StoreIn(id="s1", name="Centre", city="Chisinau", zone="Europe/Chisinau", tags=("big",)),
                StoreIn(id="soon", from_=dt.date(2027, 3, 11), zone="Europe/Chisinau"),
                StoreIn(id="gone", until=dt.date(2027, 3, 10)),
            ],
            now=NOW,
        )
    return database


def enrich(directory, database, lines, store=None, at=NOW, now=NOW):
    return directories.enrich(directory, database, program_id=1, lines=lines, store=store, at=at, now=now)


async def test_a_line_takes_what_it_leaves_out_from_its_good(fed, directory):
    found = await enrich(directory, fed, [LineIn(no=1, sku="b1", amount=250, quantity=500)], store="s1")
    assert found.lines == (
        Line(
            no=1,
            sku="b1",
            name="Rye",
            kind="goods",
            category="bread",
            department="food",
            path=("food", "bakery", "bread"),
            brand="own",
            tags=("vegan", "fresh"),
            quantity=500,
            unit="kg",
            amount=250,
        ),
    )
    assert found.store == Store(id="s1", name="Centre", city="Chisinau", zone="Europe/Chisinau", tags=("big",))
    assert found.unknown == ()


async def test_what_the_till_gives_wins(fed, directory):
    line = LineIn(
        no=1, sku="b1", amount=250, name="Rye 2", category="food", brand="x", kind="service", tags=("sale",), unit="pc"
    )
    (made,) = (await enrich(directory, fed, [line])).lines
    assert (made.name, made.category, made.department, made.path) == ("Rye 2", "food", "food", ("food",))
    assert (made.brand, made.kind, made.unit) == ("x", "service", "pc")
    assert made.tags == ("sale", "vegan", "fresh")


async def test_an_unknown_sku_keeps_what_the_till_gave_and_is_marked(fed, directory):
    lines = [
        LineIn(no=1, sku="b1", amount=1),
        LineIn(no=2, sku="??", category="bread", amount=1),
        LineIn(no=3, amount=1),
    ]
    found = await enrich(directory, fed, lines)
    assert found.unknown == (2,)
    assert (found.lines[1].path, found.lines[1].name) == (("food", "bakery", "bread"), None)
    assert (found.lines[2].sku, found.lines[2].category, found.lines[2].path) == (None, None, ())


async def test_a_good_past_its_time_gives_nothing(fed, directory):
    before = await enrich(directory, fed, [LineIn(no=1, sku="old", amount=1)], at=NOW - dt.timedelta(days=1))
    after = await enrich(directory, fed, [LineIn(no=1, sku="old", amount=1)])
    assert (before.lines[0].category, before.unknown) == ("bakery", ())
    assert (after.lines[0].category, after.unknown) == (None, (1,))


async def test_a_category_that_the_tree_lacks_is_refused(fed, directory):
    with pytest.raises(UnknownCategory) as caught:
        await enrich(directory, fed, [LineIn(no=7, category="bred", amount=1)])
    assert caught.value.fields == {"line": 7, "category": "bred"}


async def test_a_program_without_a_tree_takes_any_category(database, directory):
    found = await enrich(directory, database, [LineIn(no=1, category="pets", amount=1)])
    assert (found.lines[0].department, found.lines[0].path) == ("pets", ("pets",))


async def test_an_unknown_kind_of_line_is_refused(fed, directory):
    with pytest.raises(UnknownLineKind):
        await enrich(directory, fed, [LineIn(no=1, kind="gift", amount=1)])


@pytest.mark.parametrize("store", ["nowhere", "soon", "gone"])
async def test_a_store_that_is_not_there_that_day_is_refused(fed, directory, store):
    with pytest.raises(UnknownStore) as caught:
        await enrich(directory, fed, [], store=store)
    assert caught.value.fields == {"store": store, "day": "2027-03-10"}


async def test_a_store_opens_at_midnight_of_its_own_zone(fed, directory):
    # 22:00 UTC on the 10th is midnight of the 11th in Chisinau (UTC+2 in March before the change).
    opening = dt.datetime(2027, 3, 10, 22, 0, tzinfo=dt.UTC)
    assert (await enrich(directory, fed, [], store="soon", at=opening)).store.id == "soon"
    with pytest.raises(UnknownStore):
        await enrich(directory, fed, [], store="soon", at=opening - dt.timedelta(seconds=1))


async def test_a_change_takes_effect_within_seconds(fed, directory):
    line = [LineIn(no=1, sku="b1", amount=1)]
    assert (await enrich(directory, fed, line)).lines[0].brand == "own"
    async with fed.transaction(programs=[1]) as tx:
        await directories.put_goods(tx, program_id=1, rows=[GoodIn(sku="b1", brand="new")], now=NOW)
    assert (await enrich(directory, fed, line, now=NOW + dt.timedelta(seconds=1))).lines[0].brand == "own"
    changed = (await enrich(directory, fed, line, now=LATER)).lines[0]
    # A partial update leaves the rest.
    assert (changed.brand, changed.name, changed.tags) == ("new", "Rye", ("vegan", "fresh"))


async def test_a_store_or_category_that_was_fed_a_moment_ago_is_not_refused(fed, directory):
    line = [LineIn(no=1, category="tea", amount=1)]
    for refused, asked in ((UnknownStore, {"lines": [], "store": "new"}), (UnknownCategory, {"lines": line})):
        with pytest.raises(refused):
            await enrich(directory, fed, **asked)
    async with fed.transaction(programs=[1]) as tx:
        await directories.put_stores(tx, program_id=1, rows=[StoreIn(id="new")], now=NOW)
        await directories.put_categories(tx, program_id=1, rows=[CategoryIn(key="tea")], now=NOW)
    # At the same moment, in a process that heard nothing of it.
    found = await enrich(directory, fed, line, store="new")
    assert (found.store.id, found.lines[0].path) == ("new", ("tea",))


async def test_a_basket_that_is_known_asks_no_database(fed, directory):
    line = [LineIn(no=1, sku="b1", amount=1), LineIn(no=2, sku="nothing", amount=1)]
    first = await enrich(directory, fed, line, store="s1")
    # Without a database nothing can be asked.
    shelf = await directory.prepare(None, 1, ["b1", "nothing"], now=NOW, stores=["s1", None], categories=[None])
    assert shelf.enrich(line, store="s1", at=NOW) == first


async def test_a_notification_makes_a_change_heard_at_once(fed, directory):
    line = [LineIn(no=1, sku="b1", amount=1)]
    heard = []

    def hear(payload):
        heard.append(payload)
        directory.heard(payload)

    async with fed.listening({directories.CHANNEL: hear}):
        assert (await enrich(directory, fed, line)).lines[0].brand == "own"
        async with fed.transaction(programs=[1]) as tx:
            await directories.put_goods(tx, program_id=1, rows=[GoodIn(sku="b1", brand="new")], now=NOW)
        for _ in range(100):
            if heard:
                break
            await asyncio.sleep(0.01)
    assert heard == ["1"]
    assert (await enrich(directory, fed, line)).lines[0].brand == "new"


async def test_who_prepared_before_a_change_can_still_enrich(fed, directory):
    shelf = await directory.prepare(fed, 1, ["b1"], now=NOW)
    async with fed.transaction(programs=[1]) as tx:
        await directories.put_goods(tx, program_id=1, rows=[GoodIn(sku="b1", brand="new")], now=NOW)
    newer = await directory.prepare(fed, 1, ["b1"], now=LATER)
    found = shelf.enrich([LineIn(no=1, sku="b1", amount=1)], store=None, at=NOW)
    assert newer.enrich([LineIn(no=1, sku="b1", amount=1)], store=None, at=NOW).lines[0].brand == "new"
    assert found.lines[0].brand == "own"
    # Who did not prepare at all made a mistake, which is no unknown good.
    with pytest.raises(LookupError):
        shelf.enrich([LineIn(no=1, sku="old", amount=1)], store=None, at=NOW)


async def test_a_full_shelf_makes_room(fed, directory, monkeypatch):
    monkeypatch.setattr(cache, "GOODS_MAX", 2)
    for skus in (["b1", "gift"], ["old"], ["b1", "gift", "old"]):
        shelf = await directory.prepare(fed, 1, skus, now=NOW)
        found = shelf.enrich(
            [LineIn(no=n, sku=sku, amount=1) for n, sku in enumerate(skus)],
            store=None,
            at=NOW - dt.timedelta(days=2),
        )
        assert found.unknown == ()


async def test_another_programs_goods_are_not_seen(fed, directory):
    found = await directories.enrich(
        directory, fed, program_id=2, lines=[LineIn(no=1, sku="b1", amount=1)], store=None, at=NOW, now=NOW
    )
    assert found.unknown == (1,)


async def test_all_goods_of_the_demo_are_fed_at_once(database, directory):
    rows = [
        GoodIn(sku=str(n), name=f"Good {n}", category=f"c{n % 300}", brand="National", unit="pc", tags=("a", "b"))
        for n in range(68_509)
    ]
    # As the demo opens it: what loads many rows may take its time between two statements.
    async with (
        Database(database.address, size=1, pace="patient") as patient,
        patient.transaction(programs=[1]) as tx,
    ):
        count = await directories.put_goods(tx, program_id=1, rows=rows, now=NOW)
    assert count == 68_509
    shelf = await directory.prepare(database, 1, (row.sku for row in rows), now=NOW)
    found = shelf.enrich([LineIn(no=1, sku="68508", amount=1)], store=None, at=NOW)
    # 68508 = 228 x 300 + 108
    assert (found.lines[0].category, found.unknown) == ("c108", ())
