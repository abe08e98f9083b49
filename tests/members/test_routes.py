from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import httpx
import pytest

from regulars.access import service as access
from regulars.kit import edge, ids, pages
from regulars.kit.settings import Settings
from regulars.members import service as members
from regulars.program import service as program
from tests.api.conftest import new_key, running

SHOP = (Path(__file__).parents[1] / "journeys" / "corner_shop.yaml").read_text()
ANN = ("phone", "069 123 456")
SCOPES = ("till", "members:read", "members:write", "ledger:read")


class Shop:
    """A published program, a member, and a client with a key for it."""

    def __init__(self, client: httpx.AsyncClient, database, keys, token: str) -> None:
        self.client, self.database, self.keys, self.token = client, database, keys, token
        self.number = self.member = self.card = ""

    async def enrol(self, want, enrol, *who: tuple[str, str]) -> None:
        now = edge.now()
        async with self.database.transaction(programs=[1]) as tx:
            wanted = members.wanted(self.keys, members.named(list(who), region="MD"), program_id=1, now=now)
            (found,) = await members.claim(tx, [wanted], keys=self.keys, now=now)
            await enrol(tx, found, *who, now=now)
        assert found.member_id is not None
        assert found.new_card is not None
        self.member = ids.to_wire("mem", found.member_id)
        self.card = ids.to_wire("crd", found.new_card.card_id)
        self.number = found.new_card.number

    async def call(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def keys(home):
    # The application reads its own keys from its home.
    return members.keys(home)


@pytest.fixture
async def shop(home, address, database, keys, want, enrol):
    token = await new_key(database, program="shop", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=SHOP, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        opened = Shop(client, database, keys, token)
        await opened.enrol(want, enrol, ANN)
        yield opened


def who(kind: str, value: str) -> dict[str, Any]:
    return {"member": {kind: value}}


async def test_a_till_asks_who_it_is(shop):
    told = await shop.call("POST", "/v1/members/identify", who("phone", "+373 69 123 456"))
    assert (told["known"], told["id"], told["strength"], told["status"]) == (True, shop.member, "static", "active")
    by_card = await shop.call("POST", "/v1/members/identify", who("card", shop.number))
    assert by_card["card"] == {"id": shop.card, "last_four": shop.number[-4:], "blocked": False}


async def test_somebody_unknown_stays_unknown(shop):
    assert await shop.call("POST", "/v1/members/identify", who("own_id", "nobody")) == {"known": False}
    assert await shop.call("POST", "/v1/members/identify", who("own_id", "nobody")) == {"known": False}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (who("card", "438812345678"), "wrong_check_digit"),
        (who("card", "12"), "not_a_card_number"),
        (who("token", "4111 1111 1111 1111"), "card_number_refused"),
        (who("phone", "call me"), "not_a_phone"),
        (who("fax", "1"), "validation_fault"),
        (who("qr", "https://example.com"), "not_a_qr_code"),
        ({"member": {}}, "no_identifier"),
        ({"member": {"phone": 69123456}}, "validation_fault"),
        ({}, "validation_fault"),
    ],
)
async def test_what_is_malformed_is_told(shop, body, code):
    told = await shop.call("POST", "/v1/members/identify", body, status=422)
    assert told["code"] == code
    assert "4111" not in str(told)


async def test_names_of_two_people_are_a_conflict(shop, want, enrol):
    ann = shop.member
    await shop.enrol(want, enrol, ("own_id", "bob-1"))
    both = {"member": {"phone": "069123456", "own_id": "bob-1"}}
    told = await shop.call("POST", "/v1/members/identify", both, status=409)
    assert (told["code"], told["fields"]["members"]) == ("two_members", [ann, shop.member])


async def test_a_members_page_and_a_change_of_it(shop):
    page = await shop.call("GET", f"/v1/members/{shop.member}")
    assert (page["id"], page["profile"], page["anonymous"]) == (shop.member, {"phone": "+37369123456"}, False)
    # Nothing was ever entered for them: the list is there, and empty.
    assert page["balances"] == []
    changed = await shop.call(
        "PATCH", f"/v1/members/{shop.member}/profile", {"phone": None, "email": "Ann@Example.md", "language": "ro"}
    )
    assert changed == {"email": "ann@example.md"}
    assert (await shop.call("POST", "/v1/members/identify", who("phone", "069123456"))) == {"known": False}
    assert (await shop.call("GET", f"/v1/members/{shop.member}"))["language"] == "ro"


async def test_a_change_leaves_a_trace_without_personal_data(shop, home):
    await shop.call("PATCH", f"/v1/members/{shop.member}/profile", {"given_name": "Ana", "email": "ann@example.md"})
    async with shop.database.read(programs=[1]) as tx:
        told = await tx.fetchrow("select action, target, new from audit")
        breaks = await access.audit.verify(tx, key=access.audit_key(home), program_id=1)
    assert (told["action"], told["target"], told["new"]) == (
        "member.profile",
        shop.member,
        b'["email","given_name"]',
    )
    assert breaks == []


async def test_a_card_is_blocked_and_replaced(shop):
    cards = f"/v1/members/{shop.member}/cards"
    blocked = await shop.call("POST", f"{cards}/{shop.card}/block", {"reason": "lost"})
    assert (blocked["status"], blocked["reason"]) == ("blocked", "lost")
    shown = await shop.call("POST", "/v1/members/identify", who("card", shop.number))
    assert (shown["id"], shown["card"]["blocked"]) == (shop.member, True)
    new = await shop.call("POST", f"{cards}/{shop.card}/replace", {"reason": "lost"}, status=201)
    listed = (await shop.call("GET", cards))["items"]
    assert [(card["number"], card["status"]) for card in listed] == [
        (new["number"], "active"),
        (shop.number, "replaced"),
    ]
    again = await shop.call("POST", f"{cards}/{shop.card}/block", {"reason": "lost"}, status=409)
    assert again["code"] == "card_not_active"
    third = await shop.call("POST", cards, status=201)
    assert third["number"] not in {new["number"], shop.number}


async def test_a_reason_must_be_one_of_ours(shop):
    told = await shop.call(
        "POST", f"/v1/members/{shop.member}/cards/{shop.card}/block", {"reason": "because"}, status=422
    )
    assert told["code"] == "validation_fault"


async def test_the_app_shows_a_code_that_proves(shop):
    code = await shop.call("GET", f"/v1/members/{shop.member}/cards/{shop.card}/code")
    told = await shop.call("POST", "/v1/members/identify", who("qr", code["payload"]))
    assert (told["id"], told["strength"]) == (shop.member, "rotating")
    secret = await shop.call("GET", f"/v1/members/{shop.member}/cards/{shop.card}/app-secret")
    assert secret["otpauth"].startswith("otpauth://totp/")


async def test_the_card_is_a_picture(shop):
    path = f"/v1/members/{shop.member}/cards/{shop.card}/qr"
    svg = await shop.client.get(path)
    png = await shop.client.get(path, params={"format": "png", "rotating": "true"})
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert ET.fromstring(svg.content).tag.endswith("svg")  # noqa: S314 - our own picture
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    wrong = await shop.client.get(path, params={"format": "gif"})
    assert wrong.status_code == 422


async def test_a_statement_is_read(shop):
    told = await shop.call("GET", f"/v1/members/{shop.member}/statement")
    assert (told["balances"], told["entries"], told["lots"]) == ([], {"items": [], "next_cursor": None}, [])
    for absurd in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        wrong = await shop.client.get(f"/v1/members/{shop.member}/statement", params={"as_of": absurd})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "validation_fault"), absurd
    beyond = pages.encode_cursor(("0001-01-01T00:00:00+14:00", 1, "points"))
    wrong = await shop.client.get(f"/v1/members/{shop.member}/statement", params={"cursor": beyond})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed_cursor")


async def test_a_purchase_stands_in_the_statement(shop):
    body = {"member": {"card": shop.number}, "lines": [{"amount": 4200}]}
    bought = await shop.client.post("/v1/purchases", json=body, headers={"idempotency-key": "one"})
    assert bought.status_code == 201, bought.text
    # One point a dollar.
    told = await shop.call("GET", f"/v1/members/{shop.member}/statement")
    (entry,) = told["entries"]["items"]
    (lot,) = told["lots"]
    assert (entry["kind"], entry["amount"], entry["from"], entry["to"], entry["active_after"], entry["rule"]) == (
        "earn",
        42,
        "issued",
        "active",
        42,
        "base",
    )
    assert entry["id"].startswith(bought.json()["activity_id"])
    assert (lot["granted"], lot["remaining"], lot["held"], lot["pending"]) == (42, 42, 0, False)
    assert lot["id"].startswith(bought.json()["activity_id"])
    known = await shop.call("POST", "/v1/members/identify", who("card", shop.number))
    points = {"currency": "points", "active": 42, "pending": 0, "held": 0, "arrears": 0}
    assert known["balances"] == told["balances"] == [points]


async def test_the_same_purchase_by_each_of_seven_ways_lands_on_one_balance(shop):
    cat = {"phone": "068 999 111", "email": "cat@example.md", "own_id": "c-1", "token": "V001ABCDEFGHIJKLMNOPQRSTUVWXY"}
    first = await buy(shop, cat, "0")
    card = first["member"]["card"]
    ways = [*({kind: value} for kind, value in cat.items()), {"card": card}, {"qr": f"RG1.{card}"}]
    answers = [await buy(shop, way, str(n)) for n, way in enumerate([*ways, {"id": first["member"]["id"]}], start=1)]
    assert {answer["member"]["id"] for answer in answers} == {first["member"]["id"]}
    # Ten points each time, the first included.
    assert [answer["balances"][0]["active"] for answer in answers] == [20, 30, 40, 50, 60, 70, 80]


async def buy(shop, member: dict[str, str], key: str) -> Any:
    body = {"member": member, "lines": [{"amount": 1000}]}
    answer = await shop.client.post("/v1/purchases", json=body, headers={"idempotency-key": f"k{key}"})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_members_of_another_program_are_not_there(shop):
    token = await new_key(shop.database, program="other", scopes=SCOPES)
    shop.client.headers["authorization"] = f"Bearer {token}"
    for path in ("", "/cards", "/statement", f"/cards/{shop.card}/code", f"/cards/{shop.card}/qr"):
        answer = await shop.client.get(f"/v1/members/{shop.member}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "member_not_found")


async def test_ids_of_other_things_are_told(shop):
    told = await shop.call("GET", f"/v1/members/{shop.card}", status=422)
    assert told["code"] == "wrong_kind_of_id"
