"""Choices and consents over HTTP, on a real database: what is picked and said is read by the next activity, kept word by
word, and told in three languages.
"""

from __future__ import annotations

import itertools
from typing import Any

import asyncpg
import httpx
import pytest

from regulars.kit import edge
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running

PROGRAM = """
program: {name: picks, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {basket: true}
  review: {fields: {about: text}, purpose: offers}
attributes:
  hobby: {type: text, purpose: offers}
purposes:
  offers:
    title: {en: Offers, ru: Предложения, ro: Oferte}
    texts: {v1: {en: Old, ru: Старый, ro: Vechi}, v2: {en: New, ru: Новый, ro: Nou}}
    channels: [sms, email]
    needs: consent
    without: drop
    on_withdrawal: clear
segments:
  fishers: {if: "member.attributes.hobby == 'fish'"}
choices:
  mine:
    title: {en: Favourites, ru: Любимое, ro: Favorite}
    options: [bread, milk, fish]
    names: {bread: {en: Bread, ru: Хлеб, ro: Pâine}}
    pick: "2"
    change: {fee: {points: 40}}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  five: {trigger: purchase, lines: "line.category in member.choices.mine", effects: [{multiply: points, by: 5}]}
  agreed: {trigger: purchase, if: "'offers:email' in member.consents", effects: [{give: points, amount: "1"}]}
"""
SCOPES = ("till", "members:read", "members:write", "activities:write")


class Shop:
    """A client with a key, and one member."""

    def __init__(self, client: httpx.AsyncClient, database: Any) -> None:
        self.client, self.database = client, database
        self.keys = itertools.count(1)
        self.member = ""

    async def call(
        self, method: str, path: str, body: object = None, *, status: int = 200, key: str | None = None
    ) -> Any:
        headers = {} if method == "GET" else {"Idempotency-Key": key or f"k{next(self.keys)}"}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def buy(self, category: str = "bread") -> int:
        body = {"member": {"phone": "+37369123456"}, "lines": [{"amount": 1000, "category": category}]}
        answer = await self.call("POST", "/v1/purchases", body, status=201)
        self.member = answer["member"]["id"]
        return int(answer["points"].get("points", 0))

    async def pick(self, *picked: str, status: int = 201, **more: Any) -> Any:
        key = more.pop("key", None)
        name = more.pop("name", "mine")
        path = f"/v1/members/{self.member}/choices/{name}"
        return await self.call("POST", path, {"picked": list(picked), **more}, status=status, key=key)

    async def say(self, *consents: dict[str, Any], status: int = 201) -> Any:
        body = {"source": "app", "consents": list(consents)}
        return await self.call("PUT", f"/v1/members/{self.member}/consents", body, status=status)

    async def consents(self) -> Any:
        return await self.call("GET", f"/v1/members/{self.member}/consents")

    async def rows(self, sql: str) -> list[Any]:
        async with self.database.read(programs=[1]) as tx:
            return [tuple(row) for row in await tx.fetch(sql)]


@pytest.fixture
async def shop(home, address, database):
    token = await new_key(database, program="picks", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=PROGRAM, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        shop = Shop(client, database)
        assert await shop.buy() == 10
        yield shop


async def test_what_is_picked_earns_five_times_in_the_next_quote(shop: Shop) -> None:
    answer = await shop.pick("bread", "milk")
    (message,) = [one for one in answer["messages"] if one["code"] == "choice.made"]
    assert message["text"] == {
        "en": "Favourites: Bread, milk",
        "ru": "Любимое: Хлеб, milk",
        "ro": "Favorite: Pâine, milk",
    }
    body = {"member": {"id": shop.member}, "lines": [{"amount": 1000, "category": "milk"}]}
    quoted = await shop.call("POST", "/v1/quotes", body)
    assert quoted["points"] == {"points": 50}
    assert (await shop.buy("milk"), await shop.buy("fish")) == (50, 10)


async def test_a_retry_is_answered_as_before_and_charged_once(shop: Shop) -> None:
    for _ in range(4):
        await shop.buy()
    await shop.pick("bread", key="first")
    once = await shop.pick("milk", key="second")
    again = await shop.pick("milk", key="second")
    assert once == again
    assert once["balances"][0]["active"] == 50 - 40


async def test_a_refusal_says_why_and_what_is_possible(shop: Shop) -> None:
    problem = await shop.pick("wine", status=409)
    assert (problem["code"], problem["fields"]["offered"]) == ("not_offered", ["bread", "milk", "fish"])
    problem = await shop.pick("bread", "milk", "fish", status=409)
    assert (problem["code"], problem["fields"]["allowed"]) == ("too_many_picked", 2)
    await shop.pick("bread")
    problem = await shop.pick("milk", status=409)
    assert (problem["code"], problem["fields"]["fee"], problem["fields"]["available"]) == ("fee_short", 40, 10)
    assert (await shop.pick("milk", status=404, name="yours"))["code"] == "unknown_choice"
    assert (await shop.pick("milk", status=422, period="next"))["code"] == "no_next_period"
    assert (await shop.pick(status=422, period="soon"))["code"] == "validation_fault"


async def test_a_member_sees_what_may_be_picked_and_what_is(shop: Shop) -> None:
    await shop.pick("bread")
    (found,) = (await shop.call("GET", f"/v1/members/{shop.member}/choices"))["items"]
    assert (found["name"], found["options"], found["offered"]) == (
        "mine",
        ["bread", "milk", "fish"],
        ["bread", "milk", "fish"],
    )
    assert (found["allowed"], found["picked"], found["own"], found["open"]) == (2, ["bread"], True, True)
    assert (found["fee"], found["title"]["ro"], found["names"]["bread"]["ru"]) == ({"points": 40}, "Favorite", "Хлеб")


async def test_a_stranger_has_no_choices(shop: Shop) -> None:
    nobody = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C"
    assert (await shop.call("GET", f"/v1/members/{nobody}/choices", status=404))["code"] == "member_not_found"
    problem = await shop.call("POST", f"/v1/members/{nobody}/choices/mine", {"picked": []}, status=404)
    assert problem["code"] == "member_not_found"


async def test_choices_and_consents_have_operations_of_their_own(shop: Shop) -> None:
    for type in ("choice", "consent"):
        problem = await shop.call("POST", "/v1/activities", {"type": type, "member": {"id": shop.member}}, status=422)
        assert problem["code"] == "has_its_own_operation"


async def test_what_is_said_counts_at_once_and_is_kept_word_by_word(shop: Shop) -> None:
    answer = await shop.say(
        {"purpose": "offers", "given": True, "version": "v1"},
        {"purpose": "offers", "channel": "email", "given": True, "proof": "screen 3"},
    )
    assert [one["text"]["ro"] for one in answer["messages"] if one["code"] == "consent.given"] == [
        "Oferte: consimțământ primit.",
        "Oferte (email): consimțământ primit.",
    ]
    assert await shop.buy() == 11
    await shop.say({"purpose": "offers", "channel": "email", "given": False})
    assert await shop.buy() == 10
    found = await shop.consents()
    (item,) = found["items"]
    assert (item["purpose"], item["counts"], item["given_version"], item["version"]) == ("offers", True, "v1", "v2")
    assert item["texts"]["v2"] == {"en": "New", "ru": "Новый", "ro": "Nou"}
    assert item["texts"]["v1"]["ro"] == "Vechi"
    assert item["channels"] == {"sms": False, "email": False}
    assert (item["attributes"], item["activities"]) == (["hobby"], ["review"])
    told = [(one["channel"], one["given"], one["version"], one["source"], one["proof"]) for one in found["history"]]
    assert told == [
        ("email", False, "v2", "app", None),
        ("email", True, "v2", "app", "screen 3"),
        (None, True, "v1", "app", None),
    ]


async def test_data_comes_with_consent_and_goes_with_it(shop: Shop) -> None:
    profile = {"type": "profile", "member": {"id": shop.member}, "profile": {"attributes": {"hobby": "fish"}}}
    await shop.call("POST", "/v1/activities", profile, status=201)
    attributes = "select name, text_value from member_attribute where name = 'hobby'"
    segments = "select segment from member_segment"
    assert (await shop.rows(attributes), await shop.rows(segments)) == ([], [])
    await shop.say({"purpose": "offers", "given": True})
    await shop.call("POST", "/v1/activities", profile, status=201)
    assert (await shop.rows(attributes), await shop.rows(segments)) == ([("hobby", "fish")], [("fishers",)])
    await shop.say({"purpose": "offers", "given": False})
    assert (await shop.rows(attributes), await shop.rows(segments)) == ([], [])


async def test_fields_that_nobody_consented_to_are_not_kept(shop: Shop) -> None:
    review = {"type": "review", "member": {"id": shop.member}, "fields": {"about": "secret"}}
    await shop.call("POST", "/v1/activities", review, status=201)
    kept = "select count(*) from activity where position('secret'::bytea in body) > 0"
    assert await shop.rows(kept) == [(0,)]
    await shop.say({"purpose": "offers", "given": True})
    await shop.call("POST", "/v1/activities", review, status=201)
    assert await shop.rows(kept) == [(1,)]


async def test_a_wrong_word_is_refused_whole(shop: Shop) -> None:
    problem = await shop.say(
        {"purpose": "offers", "given": True}, {"purpose": "offers", "channel": "pigeon", "given": True}, status=422
    )
    assert problem["code"] == "unknown_channel"
    assert await shop.rows("select purpose from member_consent") == []
    assert (await shop.say({"purpose": "news", "given": True}, status=404))["code"] == "unknown_purpose"


async def test_the_history_cannot_be_changed_by_the_application(shop: Shop) -> None:
    await shop.say({"purpose": "offers", "given": True})
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with shop.database.transaction(programs=[1]) as tx:
            await tx.execute("update member_consent set given = false")


async def test_a_merged_member_keeps_the_words_of_both_and_a_refusal_wins(shop: Shop) -> None:
    await shop.say({"purpose": "offers", "given": True})
    ann = shop.member
    body = {"member": {"phone": "+37369999999"}, "lines": [{"amount": 1000}]}
    shop.member = (await shop.call("POST", "/v1/purchases", body, status=201))["member"]["id"]
    await shop.say({"purpose": "offers", "given": False})
    await shop.call("POST", f"/v1/members/{shop.member}/merge", {"into": ann, "reason": "same person"}, status=201)
    for member in (shop.member, ann):
        shop.member = member
        found = await shop.consents()
        assert (found["items"][0]["counts"], found["items"][0]["given"]) == (False, False)
        assert [one["given"] for one in found["history"]] == [False, True]
