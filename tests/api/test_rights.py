"""Every operation against every kind of caller (TRUST.md S1). The rows are made from the route list itself."""

from __future__ import annotations

import re

import httpx
import pytest

from regulars.access.contracts import SCOPES
from regulars.api import app, describing
from regulars.api.describing import Operation
from regulars.kit import edge, ids
from regulars.kit.database import Database
from tests.api.conftest import new_key

OPERATIONS = describing.operations(app.routes_only())
GUARDED = [each for each in OPERATIONS if each.description.scope is not None]
# Whoever adds a public route adds it here, and so says that it gives nothing away.
PUBLIC = {
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/problems/{code}"),
    ("GET", "/ready"),
}
BODY = b'{"member":{"phone":"+37369123456"},"lines":[{"amount":100}]}'


def name_of(each: Operation) -> str:
    return f"{each.method} {each.path}"


async def ask(client: httpx.AsyncClient, each: Operation, token: str | None) -> httpx.Response:
    """Call an operation with ids that nothing has."""

    def some_id(found: re.Match[str]) -> str:
        prefix = {"activity_id": "act", "hold_id": "hld", "member_id": "mem", "card_id": "crd", "key_id": "key"}
        kind = prefix.get(found[1])
        return ids.to_wire(kind, edge.new_id(edge.now())) if kind else "1"

    headers = {"idempotency-key": "k"} | ({} if token is None else {"authorization": f"Bearer {token}"})
    path = re.sub(r"{(\w+)}", some_id, each.path)
    content = None if each.method in {"GET", "DELETE"} else BODY
    return await client.request(each.method, path, content=content, headers=headers)


def test_every_route_is_described_with_an_example() -> None:
    application = app.routes_only()
    assert describing.undescribed(application) == []
    assert [name_of(each) for each in OPERATIONS if not each.description.examples] == []


def test_only_these_operations_are_public() -> None:
    assert {(each.method, each.path) for each in OPERATIONS if each.description.scope is None} == PUBLIC


def test_every_scope_that_a_route_asks_for_exists() -> None:
    assert {each.description.scope for each in GUARDED} <= set(SCOPES)


@pytest.mark.parametrize("each", GUARDED, ids=name_of)
async def test_without_a_right_nothing_is_told(standing: tuple[httpx.AsyncClient, Database], each: Operation) -> None:
    client, database = standing
    nobody = await ask(client, each, None)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "missing_token")
    stranger = await ask(client, each, "rk_1_" + "x" * 43)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "bad_token")
    others = tuple(scope for scope in SCOPES if scope not in {each.description.scope, "admin"})
    token = await new_key(database, program="one", scopes=others)
    lower = await ask(client, each, token)
    assert (lower.status_code, lower.json()["code"]) == (403, "scope_missing")
    assert lower.json()["fields"] == {"scope": each.description.scope}


@pytest.mark.parametrize("each", GUARDED, ids=name_of)
async def test_the_right_alone_lets_in(standing: tuple[httpx.AsyncClient, Database], each: Operation) -> None:
    """The control: with the scope the same call gets past the guard, so the refusals above are not for another reason."""
    client, database = standing
    scope = each.description.scope
    assert scope is not None
    token = await new_key(database, program="one", scopes=(scope,))
    if each.description.media_type == "text/event-stream":
        # A stream never ends; that it begins is enough, and a test of its own.
        return
    answer = await ask(client, each, token)
    assert answer.status_code not in {401, 403, 500}, answer.text
