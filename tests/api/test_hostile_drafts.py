"""Drafts and simulations with what nobody should send: always told, never a fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from regulars.kit.database import Database
from tests.api.team import shop, team

DEEP: dict[str, Any] = {}
for _ in range(40):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("drafts/x/rules/visit", DEEP),
        ("drafts/x/rules/visit", {"effects": 0.5}),
        ("drafts/x/rules/visit", {"trigger": None}),
        ("drafts/x/rules/visit", {"trigger": True, "effects": [[], {}, ""]}),
        ("drafts/x/rules/visit", {"title": {"en": "a: b # {c}\n- d", "ru": "'\"", "ro": "\t"}, "trigger": "visit"}),
        ("drafts/x/rules/visit", {"": "", " ": {"": []}}),
        ("drafts/x/rules/visit", {"if": "1 +" * 500, "trigger": "visit", "effects": []}),
        ("drafts/x/rules/visit", {"priority": 10**30}),
        ("drafts/x/currencies/points", {"scale": "9", "value": "1/0"}),
        ("drafts/x/lists/many", {"values": ["x"] * 5000}),
        ("drafts/x/tables/t", {"keys": "x", "columns": [], "rows": [[["deep"]]]}),
        ("drafts/x/metrics/m", {"sum": "sum", "count": "count"}),
        ("drafts/x/limits/l", {"metric": "none", "at_most": "1.2.3"}),
        ("drafts/x/program/program", {"name": "corner", "money": "ZZZ", "zone": "Nowhere"}),
        ("drafts/x/program/program", {"approvals": "-1"}),
    ],
)
async def test_a_draft_of_anything_is_kept_and_checked(
    client: httpx.AsyncClient, database: Database, path: str, body: dict[str, Any]
) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    put = await corner.ask("marta", "PUT", path, body)
    assert put.status_code in {200, 422}, put.text
    if put.status_code == 422:
        return
    for method, tail, told in (
        ("GET", "", {200}),
        ("GET", f"/{path.partition('/x/')[2]}", {200}),
        ("POST", "/check", {200}),
        ("POST", "/releases", {201, 409, 422}),
        ("POST", "/rebase", {200}),
    ):
        answer = await corner.ask("marta", method, f"drafts/x{tail}", {} if method == "POST" else None)
        assert answer.status_code in told, (method, tail, answer.text)
    simulated = await corner.ask("marta", "POST", "simulate", {"draft": "x", "type": "visit"})
    assert simulated.status_code in {200, 404, 409, 422}, simulated.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "drafts/Big/rules/x"),
        ("PUT", "drafts/1x/rules/x"),
        ("PUT", "drafts/x/nothing/x"),
        ("PUT", "drafts/x/rules/X"),
        ("PUT", f"drafts/{'x' * 70}/rules/x"),
        ("DELETE", "drafts/x/program/program"),
        ("DELETE", "drafts/x/rules/visit?undo=maybe"),
        ("GET", "drafts/x/rules/visit"),
        ("POST", "releases/2147483648/approve"),
        ("POST", "releases/0/publish"),
        ("GET", "proposals?limit=0"),
        ("GET", "proposals?cursor=xyz"),
        ("GET", "definitions/nothing/x"),
        ("GET", "definitions/rules/missing"),
    ],
)
async def test_addresses_of_nothing_are_told(
    client: httpx.AsyncClient, database: Database, method: str, path: str
) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    answer = await corner.ask("marta", method, path, {} if method in {"PUT", "POST"} else None)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await corner.get("marta", "drafts"))["items"] == []


@pytest.mark.parametrize(
    "body", [{"digest": "x"}, {"digest": None, "note": 3}, {"more": 1}, [], "yes", {"note": "x" * 2001}]
)
async def test_a_malformed_yes_is_no_yes(client: httpx.AsyncClient, database: Database, body: Any) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    rule = {"trigger": "visit", "effects": [{"give": "points", "amount": "11"}]}
    await corner.put("marta", "drafts/autumn/rules/visit", rule)
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    answer = await corner.ask("ion", "POST", "releases/2/approve", body)
    assert answer.status_code == 422
    assert (await corner.get("ion", "releases/2"))["approvals"] == []
