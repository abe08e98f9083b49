"""Segments, runs and the state of a release over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from regulars.kit.database import Database
from tests.activities.conftest import SHOP
from tests.api.conftest import new_key

TEXT = SHOP.replace(
    "rules:\n",
    """segments:
  club: {title: {en: Club, ru: Клуб, ro: Club}, static: true}
  often: {title: {en: Often, ru: Часто, ro: Des}, if: "member.metrics.purchases >= 2"}
rules:
  thanks:
    title: {en: Thanks, ru: Спасибо, ro: Mulțumim}
    trigger: {run: "2099-01-01T09:00", audience: often}
    effects: [{give: points, amount: "50"}]
""",
)
RIGHTS = ("till", "program:read", "program:publish", "members:read", "members:write")
PHONES = ("+37369100001", "+37369100002", "+37369100003")


async def opened(client: httpx.AsyncClient, database: Database, *, rights: tuple[str, ...] = RIGHTS) -> dict[str, str]:
    """A program with three members, two of whom bought twice."""
    headers = {"authorization": f"Bearer {await new_key(database, program='shop', scopes=RIGHTS)}"}
    made = await client.post("/v1/programs/shop/releases", json={"text": TEXT}, headers=headers)
    assert made.status_code == 201, made.text
    for number, phone in enumerate((*PHONES, *PHONES[:2])):
        body = {
            "member": {"phone": phone},
            "source": "till-1",
            "document": f"r{number}",
            "lines": [{"no": 1, "amount": 1000}],
        }
        keyed = {**headers, "idempotency-key": f"k{number}"}
        bought = await client.post("/v1/purchases", json=body, headers=keyed)
        assert bought.status_code == 201, bought.text
    if rights != RIGHTS:
        headers = {"authorization": f"Bearer {await new_key(database, program='shop', scopes=rights)}"}
    return headers


async def asked(client: httpx.AsyncClient, headers: dict[str, str], condition: str) -> httpx.Response:
    return await client.post("/v1/programs/shop/segments/estimate", json={"condition": condition}, headers=headers)


async def test_a_condition_is_counted_before_it_is_saved(client: httpx.AsyncClient, database: Database) -> None:
    headers = await opened(client, database)
    answer = (await asked(client, headers, "member.metrics.purchases >= 2")).json()
    assert (answer["count"], answer["how"], len(answer["sample"])) == (2, "sql", 2)
    assert (await asked(client, headers, "member.metrics.purchases >= 0")).json()["count"] == 3
    broken = await asked(client, headers, "member.metrics.purchasses >= 2")
    assert (broken.status_code, broken.json()["code"]) == (422, "expression_faults")
    reader = {"authorization": f"Bearer {await new_key(database, program='shop', scopes=('program:read',))}"}
    assert (await asked(client, reader, "member.metrics.purchases >= 2")).json()["sample"] == []


async def test_segments_are_listed_with_their_members(client: httpx.AsyncClient, database: Database) -> None:
    headers = await opened(client, database)
    found = (await client.get("/v1/programs/shop/segments", headers=headers)).json()["items"]
    assert [(one["name"], one["static"], one["members"]) for one in found] == [("club", True, 0), ("often", False, 2)]
    first = (await client.get("/v1/programs/shop/segments/often/members?limit=1", headers=headers)).json()
    after = {"cursor": first["next_cursor"], "limit": 1}
    second = (await client.get("/v1/programs/shop/segments/often/members", params=after, headers=headers)).json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (1, 1, None)
    assert first["items"][0] < second["items"][0]
    gone = await client.get("/v1/programs/shop/segments/oftn/members", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "no_such_segment")


async def test_a_static_list_is_filled_and_emptied(client: httpx.AsyncClient, database: Database) -> None:
    headers = await opened(client, database)
    who = [{"kind": "phone", "value": phone} for phone in (*PHONES[1:], "+37369199999")]

    async def put(name: str, **more: Any) -> httpx.Response:
        return await client.post(
            f"/v1/programs/shop/segments/{name}/members", json={"members": who, **more}, headers=headers
        )

    assert (await put("club")).json() == {"changed": 2, "unknown": 1, "refused": 0}
    assert (await asked(client, headers, "'club' in member.segments")).json()["count"] == 2
    assert (await put("club", remove=True)).json() == {"changed": 2, "unknown": 1, "refused": 0}
    assert (await asked(client, headers, "'club' in member.segments")).json()["count"] == 0
    by_hand = await put("often")
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "segment_not_static")


async def test_a_run_is_counted_beforehand_started_and_cancelled(client: httpx.AsyncClient, database: Database) -> None:
    headers = await opened(client, database)
    listed = (await client.get("/v1/programs/shop/runs", headers=headers)).json()["items"]
    assert [(one["rule"], one["run_at"], one["status"]) for one in listed] == [
        ("thanks", "2099-01-01T07:00:00Z", "planned")
    ]
    preview = (await client.get("/v1/programs/shop/runs/thanks/preview", headers=headers)).json()
    assert (preview["members"], preview["audience"]) == (2, "'often' in member.segments")
    begun = (await client.post("/v1/programs/shop/runs/thanks/start", headers=headers)).json()
    assert (begun["status"], begun["members"], begun["done"]) == ("running", 2, 0)
    paused = (await client.post("/v1/programs/shop/runs/thanks/pause", headers=headers)).json()
    assert paused["status"] == "paused"
    assert (await client.post("/v1/programs/shop/runs/thanks/cancel", headers=headers)).json()["status"] == "cancelled"
    late = await client.post("/v1/programs/shop/runs/thanks/resume", headers=headers)
    assert (late.status_code, late.json()["code"]) == (409, "run_not_under_way")
    assert (await client.get("/v1/programs/shop/runs/base/preview", headers=headers)).status_code == 404


async def test_a_release_says_whether_it_is_ready(client: httpx.AsyncClient, database: Database) -> None:
    headers = await opened(client, database)
    assert (await client.get("/v1/programs/shop/preparing", headers=headers)).json()["ready"] is True
    strangers = {"authorization": f"Bearer {await new_key(database, program='other', scopes=RIGHTS)}"}
    assert (await client.get("/v1/programs/shop/preparing", headers=strangers)).status_code == 404
