"""Everything that can be said of a member, by them, their tills and the staff, is said; then they are erased, and all
tables are searched for it, column by column (TRUST.md D3). Each word names where it was put, and is found before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from regulars.kit import edge, ids, outbox
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key
from tests.checkout import stored
from tests.checkout.town import People, people
from tests.conftest import copied

SHOP = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: USD, zone: Europe/Chisinau, region: MD}
purposes:
  contract: {title: {en: Terms, ru: Условия, ro: Termeni}, texts: {v1: {en: Points, ru: Баллы, ro: Puncte}}}
  post: {needs: consent, title: {en: Post, ru: Почта, ro: Poștă}, texts: {v1: {en: Parcels, ru: Посылки, ro: Colete}}}
attributes:
  pet: {title: {en: Pet, ru: Питомец, ro: Animal}, type: text, purpose: contract, edits: [member, desk]}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    expiry: never
    cost: {house: 0.01}
    value: 0.01
    transfer: {least: 1}
    exchange: {to: {stars: 1/10}}
  stars: {title: {en: Stars, ru: Звёзды, ro: Stele}, expiry: never, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: contract}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: contract}
  photo: {title: {en: Photo, ru: Фото, ro: Fotografie}, purpose: contract, approve: always, fields: {words: text}}
  letter: {title: {en: Letter, ru: Письмо, ro: Scrisoare}, purpose: contract, fields: {words: text}}
metrics:
  seen: {count: activities, where: "type == 'purchase'", window: 24 hours, per: device}
  devices: {distinct: "device.id", window: 30 days}
  spend: {title: {en: Spent, ru: Потрачено, ro: Cheltuit}, sum: "basket.total", window: tier year}
limits:
  alert: {metric: seen, at_most: 1, then: alert, case: risk}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    year: calendar year
    by_hand: true
    levels: {green: 0, gold: {from: 100000.00, title: {en: Gold, ru: Золото, ro: Aur}}}
boards:
  photo:
    title: {en: Photo, ru: Фото, ro: Foto}
    entries: {jury: 2}
    prizes: {1: [{give: points, amount: "300"}]}
offers:
  tea:
    title: {en: Tea, ru: Чай, ro: Ceai}
    activate: tap
    window: 7 days
    uses: 1
    effects: [{multiply: points, by: 2}]
reward_types:
  posted:
    purpose: post
    form: {address: {type: text, personal: true}}
    steps: [{handover: counter, within: 7 days}]
    cancel: [member, staff]
rewards:
  mug: {type: posted, title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}], value: 0.50}
referrals:
  friend:
    title: {en: Bring a friend, ru: Приведи друга, ro: Adu un prieten}
    link: "https://shop.example/join?code={code}"
    converts: "type == 'purchase' && basket.total >= 50.00"
    within: 30 days
    effects: {both: [{give: points, amount: "500"}]}
rules:
  base:
    title: {en: One a dollar, ru: Один за доллар, ro: Unul la dolar}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
  cats:
    title: {en: Cats, ru: Кошки, ro: Pisici}
    trigger: purchase
    if: "member.attributes.pet != null && member.attributes.pet != 'none'"
    effects: [{give: points, amount: "1"}, {event: cat.seen, fields: {called: "member.attributes.pet"}}]
"""
PHONE, EMAIL, NAME = "+37369555777", "zinaida@quillfeather.example", "Zinaida-Quillfeather"
SEALED = (PHONE, PHONE[4:], EMAIL, NAME)
"""Stored under the member's own key or as a keyed hash alone: never found."""
PLACES = (
    "device", "pet", "letter", "reason", "note", "tier", "transfer", "exchange", "offer", "withdrawn", "source", "proof",
    "address", "cancel", "photo", "verdict", "entry", "rejected", "return", "waiting", "void", "merge", "bank", "failed",
    "fault",
)  # fmt: skip
WORDS = {place: f"Word-of-{place}-Qx" for place in PLACES}


class Office(People):
    where: Address
    second: str
    """Who of the staff says yes or no: a token of their own."""

    async def say(self) -> dict[str, Any]:
        """All of it; their card and what they bought."""
        w, who = WORDS, {"member": {"phone": PHONE}}
        first = await self.post("/v1/purchases", {**who, "lines": [{"amount": 10000}], "device": w["device"]})
        me = f"/v1/members/{first['member']['id']}"
        profile = {"given_name": NAME, "family_name": NAME, "email": EMAIL, "own_id": f"{NAME}-7"}
        assert (await self.client.patch(f"{me}/profile", json=profile)).status_code == 200
        pet = {"as": "desk", "attributes": {"pet": w["pet"]}}
        await self.post("/v1/activities", {**who, "type": "profile", "profile": pet})
        second = await self.post("/v1/purchases", {**who, "lines": [{"amount": 20000}], "device": w["device"]})
        assert second["points"] == {"points": 201}
        await self.post("/v1/activities", {**who, "type": "letter", "fields": {"words": w["letter"]}})
        given = {"currency": "points", "points": 20, "reason": w["reason"], "note": w["note"]}
        await self.post(f"{me}/points/adjust", given)
        await self.post(f"{me}/tiers/status", {"level": "gold", "reason": w["tier"]})
        await self.deal(me)
        await self.decide(me, who)
        back = {"sale": {"activity_id": first["activity_id"]}, "lines": [{"no": 1, "amount": 1000}]}
        await self.post("/v1/returns", {**back, "reason": w["return"]})
        late = {"sale": {"source": "api", "document": "never"}, "member": {"card": first["member"]["card"]}}
        await self.post("/v1/returns", {**late, "reason": w["waiting"]}, status=202)
        other = await self.post("/v1/purchases", {"member": {"phone": "+37369555888"}, "lines": [{"amount": 100}]})
        into = {"into": first["member"]["id"], "reason": w["merge"]}
        await self.post(f"/v1/members/{other['member']['id']}/merge", into)
        self.write(ids.from_wire("mem", first["member"]["id"]))
        return {"id": first["member"]["id"], "card": first["member"]["card"], "sale": second["activity_id"]}

    async def deal(self, me: str) -> None:
        w = WORDS
        sent = {"to": {"phone": "+37369555999"}, "currency": "points", "points": 5, "note": w["transfer"]}
        await self.post(f"{me}/transfers", sent)
        turned = await self.post(f"{me}/exchanges", {"currency": "points", "to": "stars", "points": 20})
        await self.post(f"{me}/exchanges/{turned['activity_id']}/undo", {"reason": w["exchange"]})
        await self.post(f"{me}/offers/tea/give", {"reason": w["offer"]})
        await self.post(f"{me}/offers/tea/withdraw", {"reason": w["withdrawn"]})
        said = {"source": w["source"], "consents": [{"purpose": "post", "given": True, "proof": w["proof"]}]}
        answer = await self.client.put(f"{me}/consents", json=said, headers={"idempotency-key": edge.token(6)})
        assert answer.status_code in (200, 201), answer.text
        placed = await self.post(f"{me}/orders", {"reward": "mug", "form": {"address": w["address"]}})
        called_off = {"by": "staff", "reason": w["cancel"]}
        await self.post(f"/v1/orders/{placed['orders'][0]['id']}/cancel", called_off)

    async def decide(self, me: str, who: dict[str, Any]) -> None:
        w = WORDS
        photo = await self.post("/v1/activities", {**who, "type": "photo", "fields": {"words": w["photo"]}})
        path = f"/v1/activities/{photo['activity_id']}/review"
        said = {"verdict": "approve", "reason": w["verdict"]}
        headers = {"authorization": self.second, "idempotency-key": edge.token(6)}
        reviewed = await self.client.post(path, json=said, headers=headers)
        assert reviewed.status_code == 201, reviewed.text
        board = {**who, "type": "board"}
        entered = {"board": "photo", "act": "enter", "proof": w["entry"]}
        entry = (await self.post("/v1/activities", {**board, "fields": entered}))["activity_id"]
        rejected = {"board": "photo", "act": "reject", "entry": entry, "reason": w["rejected"]}
        await self.post("/v1/activities", {**board, "fields": rejected})
        held = await self.post("/v1/holds", {**who, "currency": "points", "points": 5})
        await self.post(f"/v1/holds/{held['holds'][0]['id']}/void", {"reason": w["void"]})

    async def heard(self, type: str, member: str) -> list[dict[str, Any]]:
        """What the feed says of a member, of a type."""
        told = (await self.get(f"/v1/events?limit=100&type={type}"))["items"]
        return [one["data"] for one in told if one["data"].get("member") == member]

    def write(self, member: UUID) -> None:
        """What banks and targets answer comes another way."""
        with psycopg.connect(**self.where.sync_arguments("admin")) as connection:
            connection.execute(
                """insert into regulars.payout_line (program_id, payout_id, no, account_id, member_id, state, points,
                bank_account, reason) values (1, %s, 1, %s, %s, 'failed', 0, %s, %s)""",
                (edge.new_id(edge.now()), member, member, WORDS["bank"], WORDS["failed"]),
            )
            connection.execute(
                "update regulars.reward_order set fault = %s where member_id = %s", (WORDS["fault"], member)
            )

    def found(self, words: dict[str, str] | None = None) -> dict[str, set[str]]:
        """By word the columns, of any table and any type, in which it is; of files in the home, their names."""
        words = words or {**WORDS, **{one: one for one in SEALED}}
        places: dict[str, set[str]] = {}

        def look(place: str, raw: bytes) -> None:
            for name, word in words.items():
                if word.encode() in raw:
                    places.setdefault(name, set()).add(place)

        for table, column, raw in stored.values(self.where):
            look(f"{table.partition('_p2')[0]}.{column}", raw)
        for path in self.home.rglob("*"):
            if path.is_file():
                look(path.name, path.read_bytes())
        return places


@pytest.fixture(scope="module")
async def office(template, tmp_path_factory) -> AsyncIterator[Office]:
    home = tmp_path_factory.mktemp("left")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, SHOP) as town:
            opened = Office(town.client, database, home)
            token = await new_key(database, program="shop", scopes=["activities:approve"])
            opened.where, opened.second = where, f"Bearer {token}"
            yield opened


async def test_nothing_that_was_said_of_somebody_is_left_anywhere(office: Office) -> None:
    known = await office.say()
    before = office.found()
    # The search finds each word, and those that go far in all the places that they went to: else it proves nothing.
    assert set(before) == set(WORDS)
    assert before["device"] >= {"activity.body", "day_row.keys", "counter.owner", "event.body"}
    assert before["pet"] >= {
        "activity.body", "activity.decision", "account.state", "member_attribute.text_value", "event.body",
    }  # fmt: skip
    for word in ("tier", "exchange", "cancel", "rejected"):
        assert "event.body" in before[word]
    await office.post(f"/v1/members/{known['id']}/erase", {"reason": "asked by letter", "forfeits": True})
    # A number about a device goes on for as long as its window: it says of nobody that they had it.
    assert office.found() == {"device": {"counter.owner"}}
    assert await office.sound()


async def test_what_somebody_had_along_while_they_were_merged_is_not_left_with_the_other(office: Office) -> None:
    people = [
        await office.post("/v1/purchases", {"member": {"phone": phone}, "lines": [{"amount": 100}]})
        for phone in ("+37369555101", "+37369555102")
    ]
    one, into = (str(bought["member"]["id"]) for bought in people)
    word = "Word-of-luggage-Qx"
    pet = {"as": "desk", "attributes": {"pet": word}}
    await office.post("/v1/activities", {"member": {"id": one}, "type": "profile", "profile": pet})
    await office.post(f"/v1/members/{one}/merge", {"into": into, "reason": word})
    await office.post(f"/v1/members/{one}/unmerge", {"reason": word})
    assert "activity.body" in office.found({"luggage": word})["luggage"]
    await office.post(f"/v1/members/{one}/erase", {"reason": "asked by letter", "forfeits": True})
    assert office.found({"luggage": word}) == {}
    assert (await office.client.get(f"/v1/members/{into}")).status_code == 200
    assert await office.sound()


async def test_what_is_left_can_still_be_read(office: Office) -> None:
    bought = await office.post(
        "/v1/purchases", {"member": {"phone": "+37369555001"}, "lines": [{"amount": 3000}], "device": "till phone"}
    )
    member = bought["member"]["id"]
    pet = {"as": "desk", "attributes": {"pet": "Rex"}}
    await office.post("/v1/activities", {"member": {"id": member}, "type": "profile", "profile": pet})
    again = await office.post("/v1/purchases", {"member": {"id": member}, "lines": [{"amount": 4000}]})
    told = await office.get(f"/v1/activities/{again['activity_id']}/explanation")
    await office.post(f"/v1/members/{member}/erase", {"reason": "asked by letter", "forfeits": True})
    after = await office.get(f"/v1/activities/{again['activity_id']}/explanation")
    assert after["entries"] == told["entries"]
    assert [(one["rule"], one["points"]) for one in after["rules"] if one["points"]] == [
        (one["rule"], one["points"]) for one in told["rules"] if one["points"]
    ]
    async with Database(office.where, role="relay", size=1) as relay, relay.transaction(programs=[]) as tx:
        await outbox.relay(tx)
    recorded, seen = await office.heard("purchase.recorded", member), await office.heard("cat.seen", member)
    assert [one["points"] for one in recorded] == [{"points": 30}, {"points": 41}]
    assert [sorted(one) for one in seen] == [["activity", "member", "rule"]]
