"""The feed by position and as a stream."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from regulars.api import events
from regulars.kit import edge, outbox
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key


async def happened(database: Database, *types: str, program_id: int = 1) -> None:
    """One act with these events, committed."""
    now = edge.now()
    async with database.transaction(programs=[program_id]) as tx:
        await outbox.record(
            tx,
            *({"type": kind, "n": n} for n, kind in enumerate(types)),
            program_id=program_id,
            event_id=edge.new_id(now),
            occurred_at=now,
        )


async def relayed(address: Address) -> None:
    async with Database(address, role="relay", size=1) as relay, relay.transaction(programs=[]) as tx:
        await outbox.relay(tx)


async def test_events_come_by_position_and_in_order(
    client: httpx.AsyncClient, database: Database, address: Address
) -> None:
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=('events:read',))}"}
    await happened(database, "a.done", "b.done")
    await happened(database, "a.done")
    await relayed(address)
    page = (await client.get("/v1/events", headers=headers, params={"limit": 2})).json()
    assert [item["type"] for item in page["items"]] == ["a.done", "b.done"]
    assert [item["data"] for item in page["items"]] == [{"n": 0}, {"n": 1}]
    assert page["next_cursor"] == page["items"][-1]["position"]
    rest = (await client.get("/v1/events", headers=headers, params={"after": page["next_cursor"]})).json()
    assert ([item["type"] for item in rest["items"]], rest["next_cursor"]) == (["a.done"], None)
    end = (await client.get("/v1/events", headers=headers, params={"after": rest["items"][-1]["position"]})).json()
    assert end == {"items": [], "next_cursor": None}


async def test_one_type_can_be_asked_for(client: httpx.AsyncClient, database: Database, address: Address) -> None:
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=('events:read',))}"}
    await happened(database, "a.done", "b.done", "c.done")
    await relayed(address)
    found = (await client.get("/v1/events", headers=headers, params={"type": "c.done,a.done"})).json()
    assert [item["type"] for item in found["items"]] == ["a.done", "c.done"]


async def test_another_programs_events_are_not_seen(
    client: httpx.AsyncClient, database: Database, address: Address
) -> None:
    await new_key(database, program="one", scopes=("events:read",))
    other = {"authorization": f"Bearer {await new_key(database, program='two', scopes=('events:read',))}"}
    await happened(database, "a.done", program_id=1)
    await relayed(address)
    assert (await client.get("/v1/events", headers=other)).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "x"}, "malformed_position"),
        ({"after": "-1"}, "malformed_position"),
        ({"after": "1." + "9" * 5000}, "malformed_position"),
        ({"after": "9" * 30}, "malformed_position"),
        ({"limit": "0"}, "limit_out_of_range"),
        ({"limit": "101"}, "limit_out_of_range"),
        ({"limit": "many"}, "validation_fault"),
    ],
)
async def test_a_wrong_query_is_refused_in_words(
    client: httpx.AsyncClient, database: Database, query: dict[str, str], code: str
) -> None:
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=('events:read',))}"}
    answer = await client.get("/v1/events", headers=headers, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_stream_goes_on_where_it_broke(database: Database, address: Address) -> None:
    await new_key(database, program="one", scopes=("events:read",))
    await happened(database, "a.done")
    await happened(database, "b.done")
    await relayed(address)
    texts = events._follow(database, program_id=1, after=(0, 0), types=[], interval_s=0.01)
    assert await anext(texts) == b": connected\n\n"
    first = (await anext(texts)).decode()
    assert first.startswith("id: ")
    assert "\nevent: a.done\n" in first
    await texts.aclose()
    position = first.splitlines()[0].removeprefix("id: ")
    again = events._follow(database, program_id=1, after=events.position(position), types=[], interval_s=0.01)
    await anext(again)
    assert "\nevent: b.done\n" in (await anext(again)).decode()
    waiting: asyncio.Task[Any] = asyncio.ensure_future(anext(again))
    await happened(database, "c.done")
    await relayed(address)
    assert "\nevent: c.done\n" in (await asyncio.wait_for(waiting, 60)).decode()
    await again.aclose()
