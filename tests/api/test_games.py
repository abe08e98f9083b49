"""Boards, draws and contests over HTTP: what a member plays, what staff decide, what anybody reads."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import httpx

from regulars.kit.database import Database
from tests.activities.test_games import GAMES
from tests.api.conftest import new_key

RIGHTS = ("till", "program:read", "program:publish", "members:read")
NUMBERS = count(1)
ANA, BOB = "+37369100001", "+37369100002"


class Api:
    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.headers = client, {"authorization": f"Bearer {token}"}

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        keyed = {**self.headers, "idempotency-key": f"games-{next(NUMBERS)}"}
        return await self.client.post(path, json=body, headers=keyed)

    async def board(self, phone: str, **fields: Any) -> httpx.Response:
        body = {"type": "board", "member": {"phone": phone}, "fields": {"board": "photo", **fields}}
        return await self.post("/v1/activities", body)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.headers)


async def opened(client: httpx.AsyncClient, database: Database) -> Api:
    api = Api(client, await new_key(database, program="shop", scopes=RIGHTS))
    made = await client.post("/v1/programs/shop/releases", json={"text": GAMES}, headers=api.headers)
    assert made.status_code == 201, made.text
    return api


async def buys(api: Api, phone: str, amount: int) -> dict[str, Any]:
    body = {"member": {"phone": phone}, "lines": [{"no": 1, "amount": amount}]}
    bought = await api.post("/v1/purchases", body)
    assert bought.status_code == 201, bought.text
    return dict(bought.json())


async def test_standings_over_http(client: httpx.AsyncClient, database: Database) -> None:
    api = await opened(client, database)
    ana = await buys(api, ANA, 3000)
    await buys(api, BOB, 5000)
    page = (await api.get("/v1/boards/top")).json()
    assert [(one["rank"], one["score"]) for one in page["places"]] == [(1, 5000), (2, 3000)]
    assert (page["scale"], page["closed"], page["next_cursor"]) == (2, False, None)
    near = (await api.get("/v1/boards/top", around=ana["member"]["id"])).json()
    assert [one.get("me", False) for one in near["places"]] == [False, True]
    mine = (await api.get(f"/v1/members/{ana['member']['id']}/games")).json()
    assert [(one["board"], one["rank"], one["score"]) for one in mine["boards"]] == [("top", 2, 3000)]
    assert (await api.get("/v1/boards/top", on="2020-01-15")).json()["places"] == []
    assert (await api.get("/v1/boards/nobody")).status_code == 404
    assert (await api.get("/v1/boards/top", on="yesterday")).status_code == 422
    assert (await api.get("/v1/boards/top", cursor="x")).status_code == 422
    assert (await client.get("/v1/boards/top")).status_code == 401


async def test_a_play_is_told_in_the_answer_and_stands_in_the_proof(
    client: httpx.AsyncClient, database: Database
) -> None:
    api = await opened(client, database)
    played = await api.post("/v1/activities", {"type": "visit", "member": {"phone": ANA}})
    assert played.status_code == 201, played.text
    codes = [one["code"] for one in played.json()["messages"]]
    assert {"draw.ticket"} < set(codes)
    assert set(codes) & {"draw.won", "draw.nothing"}
    won = next(
        one for one in played.json()["messages"] if one["code"].startswith("draw.") and one["code"] != "draw.ticket"
    )
    assert set(won["text"]) == {"en", "ru", "ro"}
    proof = (await api.get("/v1/draws/wheel/proof")).json()
    assert proof["seed"] is None
    assert len(proof["commitment"]) == 64
    assert proof["odds"] == {"cup": "1/2"}
    assert [(one["n"], one["roll"]) for one in proof["plays"]] == [(0, None)]
    today = dt.datetime.now(dt.UTC).date()
    old = (await api.get("/v1/draws/wheel/proof", on=str(today.replace(year=today.year - 1, day=1)))).json()
    assert len(old["seed"]) == 64
    refused = await api.post("/v1/activities", {"type": "play", "member": {"phone": ANA}, "fields": {"draw": "wheel"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_for_sale")


async def test_only_staff_accept_and_judge(client: httpx.AsyncClient, database: Database) -> None:
    api = await opened(client, database)
    entered = await api.board(ANA, act="enter", proof="My cat")
    assert entered.status_code == 201, entered.text
    entry = entered.json()["activity_id"]
    assert (await api.board(ANA, act="accept", entry=entry)).status_code == 403
    staff = Api(client, await new_key(database, program="shop", scopes=(*RIGHTS, "activities:write")))
    waiting = (await staff.get("/v1/boards/photo/entries", only="pending")).json()
    assert [(one["entry"], one["proof"]) for one in waiting["items"]] == [(entry, "My cat")]
    assert (await staff.board(ANA, act="accept", entry=entry)).status_code == 201
    assert (await staff.board(ANA, act="judge", entry=entry, points=3, judge="somebody else")).status_code == 201
    # One of the jury who thinks again has one voice, whatever name they give: 4 points count double.
    assert (await staff.board(ANA, act="judge", entry=entry, points=4, judge="another")).status_code == 201
    assert (await api.board(BOB, act="vote", entry=entry)).status_code == 201
    places = (await api.get("/v1/boards/photo")).json()["places"]
    assert [(one["score"], one["entry"]) for one in places] == [(9, entry)]


async def test_nobody_hands_in_a_prize(client: httpx.AsyncClient, database: Database) -> None:
    api = await opened(client, database)
    fields = {"game": "boards.top", "rank": 1}
    refused = await api.post("/v1/activities", {"type": "prize", "member": {"phone": ANA}, "fields": fields})
    assert refused.status_code == 422
    assert (refused.json()["code"], refused.json()["fields"]["field"]) == ("validation_fault", "type")


async def test_two_who_become_one_stand_on_a_board_once(client: httpx.AsyncClient, database: Database) -> None:
    api = await opened(client, database)
    staff = Api(client, await new_key(database, program="shop", scopes=(*RIGHTS, "activities:write", "members:write")))
    ana, bob = await buys(api, ANA, 3000), await buys(api, BOB, 5000)
    moved = await staff.post(
        f"/v1/members/{bob['member']['id']}/merge", {"into": ana["member"]["id"], "reason": "same"}
    )
    assert moved.status_code in {200, 201}, moved.text
    await buys(api, ANA, 100)
    page = (await api.get("/v1/boards/top")).json()
    assert [(one["rank"], one["score"]) for one in page["places"]] == [(1, 8100)]


async def test_a_field_that_is_no_text_and_a_cycle_that_is_no_day_are_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    api = await opened(client, database)
    await buys(api, ANA, 3000)
    for name, value in (("act", []), ("board", []), ("entry", 7), ("proof", ["a"]), ("reason", [])):
        refused = await api.board(ANA, **({"act": "enter"} | {name: value}))
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_fault"), (name, refused.text)
        assert refused.json()["fields"]["field"] == f"fields.{name}"
    played = await api.post("/v1/activities", {"type": "play", "member": {"phone": ANA}, "fields": {"draw": []}})
    assert (played.status_code, played.json()["fields"]["field"]) == (422, "fields.draw")
    for path in ("/v1/boards/top", "/v1/draws/wheel/proof"):
        for cycle in ("-1", "999999999999"):
            unknown = await api.get(path, cycle=cycle)
            assert (unknown.status_code, unknown.json()["fields"]["parameter"]) == (400, "cycle")
        assert (await api.get(path, on="2026-03-10")).status_code == 200
