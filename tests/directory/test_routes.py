from __future__ import annotations

from typing import Any

import httpx
import pytest

from regulars.kit import edge
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running


@pytest.fixture
async def client(home, address, database):
    token = await new_key(database, program="shop", scopes=("import", "till", "members:read"))
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as opened:
        opened.headers["authorization"] = f"Bearer {token}"
        yield opened


async def put(client: httpx.AsyncClient, what: str, *rows: dict[str, Any], status: int = 200) -> Any:
    answer = await client.put(f"/v1/{what}", json={"items": list(rows)})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_what_is_fed_is_read_back(client):
    assert await put(client, "categories", {"key": "bread", "parent": "food"}, {"key": "food"}) == {"count": 2}
    assert await put(client, "brands", {"key": "own", "name": "Our own"}) == {"count": 1}
    assert await put(client, "goods", {"sku": "1", "name": "Rye", "category": "bread", "tags": ["fresh"]}) == {
        "count": 1
    }
    assert await put(client, "stores", {"id": "s1", "lat": 47.01, "lon": 28.86, "zone": "Europe/Chisinau"}) == {
        "count": 1
    }
    good = {"sku": "1", "kind": "goods", "name": "Rye", "category": "bread", "tags": ["fresh"]}
    assert (await client.get("/v1/goods/1")).json() == good
    assert (await client.get("/v1/goods", params={"category": "food"})).json() == {"items": [good], "next_cursor": None}
    paths = [(one["key"], one["path"]) for one in (await client.get("/v1/categories")).json()["items"]]
    assert paths == [("bread", ["food", "bread"]), ("food", ["food"])]
    assert [one["key"] for one in (await client.get("/v1/brands")).json()["items"]] == ["own"]
    near = (await client.get("/v1/stores/nearest", params={"lat": 47.01, "lon": 28.86})).json()["items"]
    assert [(one["id"], one["distance_m"]) for one in near] == [("s1", 0)]
    assert [one["id"] for one in (await client.get("/v1/stores")).json()["items"]] == ["s1"]


PROGRAM = """program: {name: shop, money: EUR, zone: Europe/Chisinau}
currencies: {points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}}
activities: {purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}}
"""


async def test_what_was_fed_counts_with_the_next_basket(client, database):
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())

    async def buy(**more: Any) -> Any:
        body = {"member": {"phone": "+37369123456"}, "lines": [{"sku": "1", "amount": 100}], **more}
        return (await client.post("/v1/purchases", json=body, headers={"idempotency-key": edge.token(8)})).json()

    assert "code" not in await buy()
    for number in range(3):
        store, name = f"s{number}", f"Rye {number}"
        assert (await buy(store=store))["code"] == "unknown_store"
        await put(client, "stores", {"id": store})
        await put(client, "goods", {"sku": "1", "name": name})
        bought = await buy(store=store)
        kept = (await client.get(f"/v1/activities/{bought['activity_id']}")).json()
        assert (kept["store"], kept["lines"][0]["name"]) == (store, name)


@pytest.mark.parametrize(
    ("what", "row", "code"),
    [
        ("goods", {"name": "No sku"}, "validation_fault"),
        ("goods", {"sku": 1}, "validation_fault"),
        ("goods", {"sku": "1", "kind": "thing"}, "validation_fault"),
        ("goods", {"sku": "1", "colour": "red"}, "validation_fault"),
        ("goods", {"sku": "1", "until": "soon"}, "validation_fault"),
        ("goods", {"sku": "1", "tags": ["a\x1fb"]}, "validation_fault"),
        ("categories", {"key": "a", "parent": "a"}, "category_cycle"),
        ("categories", {"key": "a", "parent": "b"}, "unknown_parent"),
        ("stores", {"id": "s", "zone": "Mars"}, "unknown_zone"),
        ("stores", {"id": "s", "lat": 1.5}, "half_a_place"),
        ("stores", {"id": "s", "lat": 91, "lon": 0}, "validation_fault"),
        ("brands", {"key": "b"}, "validation_fault"),
        ("pictures", {"reward": "mug", "picture": "http://img.example/a.jpg"}, "validation_fault"),
        ("pictures", {"reward": "mug", "language": "fr"}, "validation_fault"),
        ("pictures", {"reward": "mug", "sort": 100}, "validation_fault"),
    ],
)
async def test_a_bad_row_is_told_and_none_is_taken(client, database, what, row, code):
    first = {
        "goods": {"sku": "0"},
        "categories": {"key": "0"},
        "stores": {"id": "0"},
        "brands": {"key": "0", "name": "x"},
        "pictures": {"reward": "0"},
    }
    told = await put(client, what, first[what], row, status=422)
    assert told["code"] == code
    async with database.read(programs=[1]) as tx:
        assert await tx.fetchval("select count(*) from directory_version") == 0


async def test_rows_are_bounded(client):
    told = await put(client, "goods", *({"sku": str(n)} for n in range(5001)), status=422)
    assert told["code"] == "validation_fault"
    assert (await put(client, "goods", status=422))["code"] == "validation_fault"


async def test_what_is_not_there_is_told(client):
    assert (await client.get("/v1/goods/none")).json()["code"] == "unknown_good"
    for query in ({}, {"lat": "91", "lon": "0"}, {"lat": "nan", "lon": "0"}):
        answer = await client.get("/v1/stores/nearest", params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_place")


async def test_pictures_of_a_reward_are_fed_changed_and_taken_away(client):
    both = (
        {"reward": "mug", "picture": "https://img.example/a.jpg"},
        {"reward": "mug", "language": "ro", "text": "Cană"},
    )
    assert await put(client, "pictures", *both, {"reward": "cup", "sort": 2, "text": "x"}) == {"count": 3}
    # What is left out stays as it was.
    await put(client, "pictures", {"reward": "mug", "text": "A mug", "until": "2027-12-31"})
    mug = {"reward": "mug", "language": "any", "sort": 0, "picture": "https://img.example/a.jpg", "text": "A mug"}
    ro = {"reward": "mug", "language": "ro", "sort": 0, "text": "Cană"}
    found = (await client.get("/v1/pictures", params={"reward": "mug"})).json()
    assert found == {"items": [{**mug, "until": "2027-12-31"}, ro], "next_cursor": None}
    first = (await client.get("/v1/pictures", params={"limit": 1})).json()
    assert first["items"] == [{"reward": "cup", "language": "any", "sort": 2, "text": "x"}]
    rest = (await client.get("/v1/pictures", params={"cursor": first["next_cursor"]})).json()["items"]
    assert [(one["reward"], one["language"]) for one in rest] == [("mug", "any"), ("mug", "ro")]
    assert (await client.delete("/v1/pictures/mug/any/0")).json() == {"count": 1}
    gone = await client.delete("/v1/pictures/mug/any/0")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_picture")
    left = (await client.get("/v1/pictures", params={"reward": "mug"})).json()["items"]
    assert left == [ro]
