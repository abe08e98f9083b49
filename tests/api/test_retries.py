"""Keys, documents and retries as a till meets them, word for word (LEDGER.md L50 to L52, L62; TRUST.md R3)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import inspect

from regulars.access import service as access
from regulars.activities.doors import KEYED
from regulars.api import app, describing
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import EVERY_SCOPE, new_key, running
from tests.api.test_hostile_everywhere import plain
from tests.api.test_rights import name_of
from tests.conftest import copied
from tests.journeys.conftest import SHOP

KEYED_OPERATIONS = [
    each for each in describing.operations(app.routes_only()) if set(KEYED) <= set(each.description.headers)
]
_ID = UUID(int=1)
_KINDS = {"activity_id": "act", "hold_id": "hld", "member_id": "mem", "order_id": "ord", "payout_id": "pay"}
_IDS = {f"{{{name}}}": ids.to_wire(kind, _ID) for name, kind in _KINDS.items()} | {"{program}": "one", "{step}": "1"}
ANN, BOB = "+37369000001", "+37369000002"


class Till:
    """Two clients of one program, and a look past them into the database."""

    def __init__(self, client: httpx.AsyncClient, database: Database, where: Address, tokens: tuple[str, str]) -> None:
        self.client, self.database, self.where, self.tokens = client, database, where, tokens

    async def post(self, path: str, body: Any, *, key: str | None, by: int = 0) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[by]}"} | ({} if key is None else {"idempotency-key": key})
        return await self.client.post(path, json=body, headers=headers)

    async def rows(self, table: str) -> int:
        async with self.database.read(programs=[1]) as tx:
            return int(await tx.fetchval(f"select count(*) from {table}"))


def basket(amount: int = 1_000, phone: str = ANN, **more: Any) -> dict[str, Any]:
    return {"member": {"phone": phone}, "lines": [{"amount": amount}], **more}


@pytest.fixture(scope="module")
async def till(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    settings = Settings(home=tmp_path_factory.mktemp("retries"), rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    with copied(template) as where:
        async with running(settings, where) as client, Database(where, size=3) as database:
            tokens = tuple([await new_key(database, program="one", scopes=EVERY_SCOPE) for _ in range(2)])
            async with database.transaction(programs=[]) as tx:
                assert len(await access.programs(tx)) == 1
            async with database.transaction(programs=[1]) as tx:
                await program.publish(tx, program_id=1, text=SHOP, by="test", now=edge.now())
            yield Till(client, database, where, (tokens[0], tokens[1]))


async def test_L50_L62_the_same_bytes_again_and_a_header_that_says_so(till: Till) -> None:
    first = await till.post("/v1/purchases", basket(), key="bytes")
    before = await till.rows("entry")
    again = await till.post("/v1/purchases", basket(), key="bytes")
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert (again.content, again.headers["content-type"]) == (first.content, first.headers["content-type"])
    assert await till.rows("entry") == before


async def test_L50_fifty_at_once_are_one_posting(till: Till) -> None:
    before = await till.rows("activity")
    answers = await asyncio.gather(
        *(till.post("/v1/purchases", basket(phone="+37369000050"), key="fifty") for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await till.rows("activity") == before + 1
    # Control: under keys of their own they are fifty.
    others = await asyncio.gather(
        *(till.post("/v1/purchases", basket(phone="+37369000051"), key=f"fifty-{n}") for n in range(50))
    )
    assert len({answer.content for answer in others}) == 50


async def test_L50_while_the_first_has_no_answer_a_retry_hears_409_within_two_seconds_and_when_to_come_back(
    till: Till,
) -> None:
    await till.post("/v1/purchases", basket(), key="before")
    async with Database(till.where, size=1) as other, other.transaction(programs=[1]) as tx:
        # Somebody holds the account, as a process does that was stopped in the middle of a batch.
        await tx.execute("select from account for update")
        began = time.monotonic()
        waited = await till.post("/v1/purchases", basket(), key="held")
        took = time.monotonic() - began
        assert (waited.status_code, waited.json()["code"]) == (409, "contended")
        assert (int(waited.headers["retry-after"]), took < 20) == (1, True), took
    # Nothing was done, the key is not used up, and the retry is the first to be answered.
    done = await till.post("/v1/purchases", basket(), key="held")
    assert (done.status_code, "idempotency-replayed" in done.headers) == (201, False)


async def test_L51_another_body_under_a_key_is_refused_and_so_is_the_same_body_at_another_place(till: Till) -> None:
    first = await till.post("/v1/purchases", basket(2_000), key="other")
    before = await till.rows("activity")
    other = await till.post("/v1/purchases", basket(2_001), key="other")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await till.rows("activity") == before
    placed = await till.post("/v1/holds", {"member": {"phone": ANN}, "currency": "points", "points": 5}, key="hold")
    at = f"/v1/holds/{placed.json()['holds'][0]['id']}"
    assert (await till.post(f"{at}/capture", {}, key="end")).status_code == 201
    elsewhere = await till.post(f"{at}/void", {}, key="end")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency_key_reused")
    assert (await till.post("/v1/purchases", basket(2_000), key="other")).content == first.content


@pytest.mark.parametrize("each", KEYED_OPERATIONS, ids=name_of)
async def test_L51_no_write_without_a_key(till: Till, each: Any) -> None:
    path = "/".join(_IDS.get(part, "x") if part.startswith("{") else part for part in each.path.split("/"))
    headers = {"authorization": f"Bearer {till.tokens[0]}"}
    kind = each.description.body
    body = json.dumps(plain(inspect.type_info(kind)))
    for given in ({}, {"idempotency-key": "two words"}, {"idempotency-key": "x" * 256}):
        answer = await till.client.request(each.method, path, content=body, headers=headers | given)
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] in {"idempotency_key_missing", "idempotency_key_malformed"}


async def test_L51_keys_belong_to_the_client(till: Till) -> None:
    one = await till.post("/v1/purchases", basket(3_000), key="mine")
    other = await till.post("/v1/purchases", basket(3_000), key="mine", by=1)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["activity_id"] != other.json()["activity_id"]
    assert "idempotency-replayed" not in other.headers


async def test_L51_a_refusal_is_an_answer_and_a_fault_of_the_body_uses_no_key_up(till: Till) -> None:
    asks = basket(10_000, phone=BOB, pay=[{"currency": "points", "points": 500}])
    refused = await till.post("/v1/purchases", asks, key="refused")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    await till.post("/v1/purchases", basket(90_000, phone=BOB), key="rich")
    # There would be enough by now; but it was answered.
    again = await till.post("/v1/purchases", asks, key="refused")
    assert (again.content, again.headers["idempotency-replayed"]) == (refused.content, "true")
    claims = await till.rows("claim")
    for wrong in (basket(-1), basket(1, currency="ZZZ"), {"member": {"phone": "nobody"}, "lines": [{"amount": 1}]}):
        assert (await till.post("/v1/purchases", wrong, key="typo")).status_code == 422
    assert await till.rows("claim") == claims
    assert (await till.post("/v1/purchases", basket(), key="typo")).status_code == 201


async def test_L52_a_document_is_known_beneath_the_keys(till: Till) -> None:
    filed = basket(4_000, source="till-9", document="1")
    first = await till.post("/v1/purchases", filed, key="d1")
    same = await till.post("/v1/purchases", filed, key="d2")
    assert (same.content, same.headers["idempotency-replayed"]) == (first.content, "true")
    before = await till.rows("activity")
    other = await till.post("/v1/purchases", basket(4_001, source="till-9", document="1"), key="d3")
    assert (other.status_code, other.json()["code"]) == (409, "document_taken")
    assert other.json()["fields"]["activity_id"] == first.json()["activity_id"]
    # The same number at another source is another receipt.
    elsewhere = await till.post("/v1/purchases", basket(4_001, source="till-10", document="1"), key="d4")
    assert elsewhere.status_code == 201
    assert await till.rows("activity") == before + 1


async def test_L52_returns_of_one_receipt_are_told_apart_line_by_line(till: Till) -> None:
    sale = {"source": "till-9", "document": "r"}
    two = {"member": {"phone": ANN}, "lines": [{"amount": 5_000}, {"amount": 1_000}], **sale}
    await till.post("/v1/purchases", two, key="r0")
    slip = {"sale": sale, "source": "till-9", "document": "slip-1", "lines": [{"no": 1}]}
    first = await till.post("/v1/returns", slip, key="r1")
    same = await till.post("/v1/returns", slip, key="r2")
    assert (first.status_code, same.content) == (201, first.content)
    # Another line on another slip is another return; the same line once more is more than was sold.
    other = await till.post("/v1/returns", {**slip, "document": "slip-2", "lines": [{"no": 2}]}, key="r3")
    more = await till.post("/v1/returns", {**slip, "document": "slip-3"}, key="r4")
    assert (other.status_code, more.status_code, more.json()["code"]) == (201, 409, "return_exceeds_sale")
    taken = await till.post("/v1/returns", {**slip, "lines": [{"no": 2}]}, key="r5")
    assert (taken.status_code, taken.json()["code"]) == (409, "document_taken")


async def test_L50_several_of_one_key_in_one_batch_are_one(till: Till) -> None:
    # While one is on its way, the others gather into the next batch, each three times.
    work = [
        till.post("/v1/purchases", basket(1_000 + n, phone=f"+3736900{1000 + n}"), key=f"batch-{n}")
        for n in range(20)
        for _ in range(3)
    ]
    before = await till.rows("activity")
    answers = await asyncio.gather(*work)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 20
    assert await till.rows("activity") == before + 20
