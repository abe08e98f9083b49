"""Every error is problem+json: with a code, in the caller's language, also where no route was reached."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from regulars.kit.database import Database
from tests.api.conftest import new_key


def said(answer: httpx.Response) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert answer.headers["x-request-id"]
    return answer.status_code, problem["code"], problem["detail"]


async def test_health_needs_no_key(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_ready_says_that_the_database_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok", "programs": 0})


async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient) -> None:
    assert said(await client.get("/v1/nothing")) == (
        404,
        "unknown_route",
        "There is nothing at /v1/nothing. /docs lists all operations.",
    )


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(
    client: httpx.AsyncClient, database: Database
) -> None:
    health = await client.post("/health")
    assert health.headers["allow"] == "GET, OPTIONS"
    assert said(health) == (405, "method_not_allowed", "POST is not possible here, only GET, OPTIONS.")
    token = await new_key(database, program="one", scopes=("till",))
    purchases = await client.get("/v1/purchases", headers={"authorization": f"Bearer {token}"})
    assert purchases.headers["allow"] == "POST"
    assert said(purchases)[:2] == (405, "method_not_allowed")


async def test_the_detail_is_in_the_language_of_the_caller(client: httpx.AsyncClient) -> None:
    russian = await client.get("/v1/nothing", headers={"accept-language": "de, ru-RU;q=0.8, en;q=0.5"})
    assert russian.headers["content-language"] == "ru"
    assert said(russian)[2] == "По адресу /v1/nothing ничего нет. Все операции перечислены на странице /docs."
    romanian = await client.get("/v1/nothing", headers={"accept-language": "ro-MD"})
    assert said(romanian)[2] == "Nu există nimic la /v1/nothing. Toate operațiile sunt în pagina /docs."


async def test_a_body_of_two_megabytes_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/purchases", content=b" " * 2_000_000)
    assert said(answer)[:2] == (413, "body_too_large")


async def test_a_body_of_unknown_length_is_refused_when_it_grows_too_large(
    client: httpx.AsyncClient, database: Database
) -> None:
    token = await new_key(database, program="one", scopes=("till",))

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k"}
    answer = await client.post("/v1/purchases", content=endless(), headers=headers)
    assert said(answer)[:2] == (413, "body_too_large")


async def test_a_form_is_not_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/purchases", data={"amount": "5"})
    assert said(answer)[:2] == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "given", ["Basic abc", "Bearer", "Bearer nonsense", "Bearer rk_1_unknown", "Bearer rk_99999999999_x"]
)
async def test_a_token_that_nobody_gave_is_refused(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/v1/events", headers={"authorization": given})
    assert answer.headers["www-authenticate"] == 'Bearer realm="regulars"'
    assert said(answer)[:2] == (401, "bad_token")


async def test_a_key_that_asks_too_often_hears_when_to_come_back(client: httpx.AsyncClient, database: Database) -> None:
    token = await new_key(database, program="one", scopes=("events:read",), rate=3)
    headers = {"authorization": f"Bearer {token}"}
    answers = [await client.get("/v1/events", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[0].headers["ratelimit-limit"] == "3"
    assert said(answers[3])[1] == "rate_limited"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20


async def test_the_callers_request_id_comes_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health", headers={"x-request-id": "till-4.17"})
    assert answer.headers["x-request-id"] == "till-4.17"
    other = await client.get("/health", headers={"x-request-id": "two words"})
    assert other.headers["x-request-id"] != "two words"


async def test_a_page_explains_each_problem(client: httpx.AsyncClient) -> None:
    page = await client.get("/problems/unknown_route", headers={"accept-language": "ro"})
    assert page.status_code == 200
    assert 'lang="ro"' in page.text
    assert "404" in page.text
    assert said(await client.get("/problems/no_such_code"))[:2] == (404, "not_found")


async def test_the_root_leads_to_the_reference_which_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    root = await client.get("/")
    assert (root.status_code, root.headers["location"]) == (302, "/docs")
    page = (await client.get("/docs")).text
    assert "/v1/purchases" in page
    # What an example says is text: a link of a program in it fetches nothing.
    itself = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert "http://" not in itself
    assert "https://" not in itself


async def test_figures_count_requests_by_route_and_not_by_path(client: httpx.AsyncClient) -> None:
    await client.get("/problems/bad_token")
    text = (await client.get("/metrics")).text
    assert 'regulars_requests_total{method="GET",route="/problems/{code}",status="200"}' in text
    assert "/problems/bad_token" not in text


async def test_the_description_is_served(client: httpx.AsyncClient) -> None:
    described = json.loads((await client.get("/openapi.json")).content)
    assert described["openapi"] == "3.1.0"
    assert "/v1/purchases" in described["paths"]


@pytest.mark.parametrize("url", ["/v1/events?type=%00", "/v1/goods?text=a%00b", "/v1/activities/act_%00/explanation"])
async def test_an_address_without_the_character_zero(client: httpx.AsyncClient, database: Database, url: str) -> None:
    scopes = ("till", "events:read")
    headers = {"authorization": f"Bearer {await new_key(database, program='one', scopes=scopes)}"}
    problem = await client.get(url, headers=headers)
    assert (problem.status_code, problem.json()["code"]) == (422, "validation_fault")
    assert problem.json()["detail"] == "url: holds the character U+0000; please leave it out"
