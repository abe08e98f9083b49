from __future__ import annotations

import pytest

from regulars.access import service as access
from regulars.kit.settings import Settings
from tests.api.conftest import new_key, running


@pytest.fixture
async def client(home, address, database):
    token = await new_key(database, program="shop", scopes=("admin",))
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as opened:
        opened.headers["authorization"] = f"Bearer {token}"
        yield opened


async def test_a_key_is_made_used_and_ended(client):
    made = await client.post("/v1/keys", json={"label": "Till 1", "scopes": ["till"], "rate_per_minute": 600})
    assert made.status_code == 201
    token, key = made.json()["token"], made.json()["key"]
    assert (key["label"], key["scopes"], key["last_four"]) == ("Till 1", ["till"], token[-4:])
    till = {"authorization": f"Bearer {token}"}
    assert (await client.get("/v1/categories", headers=till)).status_code == 200
    assert (await client.get("/v1/keys", headers=till)).json()["code"] == "scope_missing"
    listed = (await client.get("/v1/keys")).json()["items"]
    assert [one["label"] for one in listed] == ["Till 1", "test"]
    assert "token" not in listed[0]
    ended = await client.post(f"/v1/keys/{key['id']}/revoke")
    assert ended.json()["revoked_at"] is not None
    refused = await client.get("/v1/categories", headers=till)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")


async def test_what_was_done_is_in_the_audit_log(client, database, home):
    key = (await client.post("/v1/keys", json={"label": "Till 1", "scopes": ["till"]})).json()["key"]
    await client.post(f"/v1/keys/{key['id']}/revoke")
    page = (await client.get("/v1/audit")).json()
    assert [(one["position"], one["action"], one["target"]) for one in page["items"]] == [
        (2, "key.revoke", key["id"]),
        (1, "key.create", key["id"]),
    ]
    assert page["items"][1]["new"]["scopes"] == ["till"]
    root = (await client.get("/v1/audit/root")).json()
    assert (root["program_id"], root["position"]) == (1, 2)
    async with database.read(programs=[1]) as tx:
        assert await access.audit.verify(tx, key=access.audit_key(home), program_id=1) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"label": "x", "scopes": ["root"]}, "unknown_scope"),
        ({"label": "x", "scopes": []}, "validation_fault"),
        ({"label": "", "scopes": ["till"]}, "validation_fault"),
        ({"label": "x", "scopes": ["till"], "rate_per_minute": 0}, "validation_fault"),
        ({"label": "x", "scopes": ["till"], "expires_at": "2030-01-01T00:00:00"}, "validation_fault"),
        ({"label": "x", "scopes": ["till"], "program_id": 2}, "validation_fault"),
    ],
)
async def test_a_malformed_key_is_told(client, body, code):
    answer = await client.post("/v1/keys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len((await client.get("/v1/keys")).json()["items"]) == 1


async def test_another_programs_key_cannot_be_ended(client, database):
    await new_key(database, program="other", scopes=("till",))
    async with database.read(programs=[2]) as tx:
        (theirs,) = await access.keys(tx, program_id=2)
    answer = await client.post(f"/v1/keys/{theirs.id}/revoke")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_key")
