"""A program is checked, published and rolled back over HTTP, by a key of that program alone."""

from __future__ import annotations

from pathlib import Path

import httpx

from regulars.kit.database import Database
from tests.api.conftest import new_key

SHOP = (Path(__file__).resolve().parents[1] / "journeys" / "corner_shop.yaml").read_text()
RIGHTS = ("program:read", "program:publish")


async def test_a_text_is_published_once_and_rolled_back(client: httpx.AsyncClient, database: Database) -> None:
    token = await new_key(database, program="one", scopes=RIGHTS)
    headers = {"authorization": f"Bearer {token}"}
    made = await client.post("/v1/programs/one/releases", json={"text": SHOP}, headers=headers)
    assert (made.status_code, made.json()["number"]) == (201, 1)
    same = await client.post("/v1/programs/one/releases", json={"text": SHOP + "\n# said again\n"}, headers=headers)
    assert same.json()["number"] == 1
    other = SHOP.replace('amount: "10"', 'amount: "20"')
    assert (await client.post("/v1/programs/one/releases", json={"text": other}, headers=headers)).json()["number"] == 2
    back = await client.post("/v1/programs/one/rollback", json={"to": 1}, headers=headers)
    assert back.json()["number"] == 3
    page = (await client.get("/v1/programs/one/releases", headers=headers)).json()
    assert [(each["number"], each["current"]) for each in page["items"]] == [(3, True), (2, False), (1, False)]
    first = (await client.get("/v1/programs/one/releases/1", headers=headers)).json()
    assert (first["number"], first["state"], first["text"]) == (1, "published", SHOP)
    assert (await client.get("/v1/programs/one/releases/9", headers=headers)).status_code == 404


async def test_a_fault_is_told_at_its_line_and_nothing_is_released(
    client: httpx.AsyncClient, database: Database
) -> None:
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=RIGHTS)}"}
    broken = SHOP.replace("trigger: visit", "triger: visit")
    report = (await client.post("/v1/programs/one/check", json={"text": broken}, headers=headers)).json()
    assert report["ok"] is False
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "triger" in text)
    assert line in {fault["line"] for fault in report["faults"]}
    refused = await client.post("/v1/programs/one/releases", json={"text": broken}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "program_not_accepted")
    assert (await client.get("/v1/programs/one/releases", headers=headers)).json()["items"] == []


async def test_another_program_is_not_found(client: httpx.AsyncClient, database: Database) -> None:
    await new_key(database, program="two", scopes=RIGHTS)
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=RIGHTS)}"}
    for answer in (
        await client.get("/v1/programs/two/releases", headers=headers),
        await client.post("/v1/programs/two/releases", json={"text": SHOP}, headers=headers),
        await client.post("/v1/programs/nobody/check", json={"text": SHOP}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_program")
