"""A member is erased over HTTP (L67, L68): points, person, and what comes late; a dump of all tables is searched (D3)."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import psycopg
import pytest

from regulars.activities.contracts import Intake
from regulars.activities.service import Runtime, erase_again, erased_who_are_back, finish_erasures
from regulars.engine.contracts.activity import Erasure
from regulars.kit import edge, forgotten, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.forgotten import Forgotten
from regulars.kit.settings import Settings
from tests.checkout import stored
from tests.checkout.town import People, people, worker
from tests.conftest import copied

SHOP = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: USD, zone: Europe/Chisinau, region: MD}
purposes:
  contract: {title: {en: Terms, ru: Условия, ro: Termeni}, texts: {v1: {en: Points, ru: Баллы, ro: Puncte}}}
  letters:
    title: {en: Letters, ru: Письма, ro: Scrisori}
    texts: {v1: {en: Letters, ru: Письма, ro: Scrisori}}
    channels: [email]
attributes:
  pet: {title: {en: Pet, ru: Питомец, ro: Animal}, type: text, purpose: contract, edits: [member, desk]}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, expiry: never, cost: {house: 0.01}, value: 0.01}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: contract}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: contract}
  photo: {title: {en: Photo, ru: Фото, ro: Fotografie}, purpose: contract, approve: always}
  letter: {title: {en: Letter, ru: Письмо, ro: Scrisoare}, purpose: contract, fields: {words: text}}
rules:
  base:
    title: {en: One a dollar, ru: Один за доллар, ro: Unul la dolar}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
"""
NAME, EMAIL, PHONE, PET = "Zinaida-Quillfeather", "zinaida@quillfeather.example", "+37369555123", "Brambleclaw"
_phones = count(69400000)


class Office(People):
    where: Address

    async def seeded(self) -> Any:
        """Somebody of whom much is known; their purchase."""
        bought = await self.post(
            "/v1/purchases",
            {"member": {"phone": PHONE}, "lines": [{"amount": 10000}], "document": "r-1", "device": f"phone of {NAME}"},
        )
        member = bought["member"]["id"]
        said = {"given_name": NAME, "family_name": NAME, "email": EMAIL, "own_id": f"{NAME}-7"}
        changed = await self.client.patch(f"/v1/members/{member}/profile", json=said)
        assert changed.status_code == 200, changed.text
        who = {"member": {"id": member}}
        await self.post("/v1/activities", {**who, "type": "letter", "fields": {"words": f"{NAME} of {EMAIL}"}})
        await self.post(
            "/v1/activities", {**who, "type": "profile", "profile": {"as": "desk", "attributes": {"pet": PET}}}
        )
        adjusted = {"currency": "points", "points": 20, "reason": f"{NAME} called", "note": f"from {PHONE}"}
        await self.post(f"/v1/members/{member}/points/adjust", adjusted)
        consent = {"source": "desk", "consents": [{"purpose": "letters", "given": True, "proof": f"signed {NAME}"}]}
        answer = await self.client.put(
            f"/v1/members/{member}/consents", json=consent, headers={"idempotency-key": edge.token(6)}
        )
        assert answer.status_code in (200, 201), answer.text
        # A return that waits for its sale names them by phone.
        late = {"sale": {"source": "api", "document": "never"}, "member": {"phone": "069 555 123"}, "reason": NAME}
        waits = await self.client.post("/v1/returns", json=late, headers={"idempotency-key": edge.token(6)})
        assert waits.status_code == 202, waits.text
        return bought

    async def member(self, dollars: int) -> Any:
        return await self.post(
            "/v1/purchases", {"member": {"phone": f"+373{next(_phones)}"}, "lines": [{"amount": dollars * 100}]}
        )

    async def erase(self, member: str, *, status: int = 201, key: str | None = None, **more: Any) -> Any:
        return await self.post(
            f"/v1/members/{member}/erase", {"reason": "asked by letter", **more}, status=status, key=key
        )

    def dump(self) -> list[tuple[str, str, bytes]]:
        """Every value of every table as bytes."""
        return list(stored.values(self.where))

    def hits(self) -> list[tuple[str, str, str]]:
        words = (NAME, EMAIL, PHONE, PHONE[4:], "069 555 123", PET)
        return [(table, column, word) for table, column, raw in self.dump() for word in words if word.encode() in raw]

    def books(self) -> dict[tuple[str, str], int]:
        with psycopg.connect(**self.where.sync_arguments("admin")) as connection:
            rows = connection.execute(
                """select currency, book, sum(amount)::bigint from (
                    select currency, to_book as book, amount from regulars.entry
                    union all select currency, from_book, -amount from regulars.entry) x group by currency, book"""
            ).fetchall()
        return {(currency, book): total for currency, book, total in rows}


@pytest.fixture(scope="module")
async def office(template, tmp_path_factory):
    home = tmp_path_factory.mktemp("office")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, SHOP) as town:
            opened = Office(town.client, database, home)
            opened.where = where
            yield opened


async def test_L68_a_member_is_forgotten_and_every_total_stays(office: Office) -> None:
    bought = await office.seeded()
    member = bought["member"]["id"]
    other = (await office.member(7))["member"]["id"]
    # The search finds what is there: else it would prove nothing.
    assert {"activity", "member_attribute", "member_consent", "waiting"} <= {
        table.partition("_p2")[0] for table, *_ in office.hits()
    }
    asked = await office.erase(member, status=409)
    assert (asked["code"], asked["fields"]["points"]) == ("erasure_loses_points", {"points": 120})
    before = office.books()
    gone = await office.erase(member, forfeits=True, key="erase-1")
    assert gone["balances"][0]["active"] == 0
    assert office.hits() == []
    after = office.books()
    assert after.pop(("points", "forfeited")) == before.pop(("points", "forfeited"), 0) + 120
    assert after.pop(("points", "active")) == before.pop(("points", "active")) - 120
    assert after == before
    assert sum(office.books().values()) == 0
    assert await office.sound()
    # Again is the same answer; another try finds nobody.
    again = await office.client.post(
        f"/v1/members/{member}/erase",
        json={"reason": "asked by letter", "forfeits": True},
        headers={"idempotency-key": "erase-1"},
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert (await office.erase(member, status=410))["code"] == "account_erased"
    assert (await office.client.get(f"/v1/members/{member}")).status_code == 410
    told = await office.get(f"/v1/activities/{gone['activity_id']}/explanation")
    assert [(one["kind"], one["points"]) for one in told["entries"]] == [("forfeit", 120)]
    assert any(b"member.erased" in raw for table, _, raw in office.dump() if table.startswith("event"))
    office.ids["other"] = other
    assert await office.active("other") == 7


async def test_L67_what_comes_late_is_kept_without_a_person_and_earns_nothing(office: Office) -> None:
    bought = await office.member(50)
    member, card = bought["member"]["id"], bought["member"]["card"]
    await office.erase(member, forfeits=True)
    before = office.books()
    for who in ({"id": member}, {"card": card}):
        late = await office.post("/v1/purchases", {"member": who, "lines": [{"amount": 9900}], "device": NAME})
        assert (late["points"], late["member"]["id"]) == ({}, member)
    back = await office.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    assert back["points"] == {}
    refused = await office.post(
        f"/v1/members/{member}/points/adjust", {"currency": "points", "points": 5, "reason": "sorry"}, status=410
    )
    assert refused["code"] == "account_erased"
    held = await office.post("/v1/holds", {"member": {"id": member}, "currency": "points", "points": 5}, status=410)
    assert held["code"] == "account_erased"
    assert office.books() == before
    assert office.hits() == []


async def test_L67_the_till_is_told_the_money_of_what_comes_back_once(office: Office) -> None:
    """Once wrong: 201 and nothing to pay back, however often."""
    bought = await office.member(50)
    member, own = bought["member"]["id"], {"id": bought["member"]["id"]}
    lines = [{"amount": 1000}, {"amount": 500}]
    paid = await office.post(
        "/v1/purchases", {"member": own, "lines": lines, "pay": [{"currency": "points", "points": 30}]}
    )
    await office.erase(member, forfeits=True)
    before = office.books()
    sale = {"activity_id": paid["activity_id"]}
    assert paid["to_pay"] < 1500
    part = await office.post("/v1/returns", {"sale": sale, "lines": [{"no": 1}]})
    rest = await office.post("/v1/returns", {"sale": sale})
    # What was paid in money comes back; the points that paid the rest are nobody's.
    assert (part["points"], rest["points"]) == ({}, {})
    assert part["to_pay"] + rest["to_pay"] == -paid["to_pay"]
    assert part["returned"] == -part["to_pay"]
    twice = await office.post("/v1/returns", {"sale": sale}, status=409)
    assert twice["code"] == "sale_already_returned"
    undone = await office.post("/v1/returns", {"sale": {"activity_id": part["activity_id"]}})
    assert undone["to_pay"] == -part["to_pay"]
    assert office.books() == before
    assert await office.sound()


async def test_L68_what_waited_for_a_second_person_is_answered_by_nobody_any_more(office: Office) -> None:
    member = (await office.member(50))["member"]["id"]
    photo = await office.post("/v1/activities", {"member": {"id": member}, "type": "photo"})
    assert photo["waiting"] is True
    await office.erase(member, forfeits=True)
    for verdict in ("approve", "reject"):
        path, said = f"/v1/activities/{photo['activity_id']}/review", {"verdict": verdict, "reason": "looked at it"}
        assert (await office.post(path, said, status=410))["code"] == "account_erased"
    waiting = (await office.get("/v1/reviews"))["items"]
    assert photo["activity_id"] not in {one["activity_id"] for one in waiting}


async def test_L68_who_comes_back_is_somebody_new(office: Office) -> None:
    first = await office.post("/v1/purchases", {"member": {"phone": "+37369777001"}, "lines": [{"amount": 1000}]})
    await office.erase(first["member"]["id"], forfeits=True)
    again = await office.post("/v1/purchases", {"member": {"phone": "+37369777001"}, "lines": [{"amount": 1000}]})
    assert again["member"]["new"] is True
    assert again["member"]["id"] != first["member"]["id"]
    assert again["points"] == {"points": 10}


async def test_L68_what_is_owed_is_written_off_and_holds_end(office: Office) -> None:
    bought = await office.member(50)
    member = bought["member"]["id"]
    await office.post(
        "/v1/purchases",
        {"member": {"id": member}, "lines": [{"amount": 50}], "pay": [{"currency": "points", "points": 50}]},
    )
    await office.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    asked = await office.erase(member, status=409)
    assert asked["fields"]["points"] == {"points": -50}
    gone = await office.erase(member, forfeits=True)
    told = await office.get(f"/v1/activities/{gone['activity_id']}/explanation")
    assert [(one["kind"], one["from"], one["to"], one["points"]) for one in told["entries"]] == [
        ("write_off", "written_off", "arrears", 50)
    ]
    held = await office.member(50)
    await office.post("/v1/holds", {"member": {"id": held["member"]["id"]}, "currency": "points", "points": 30})
    gone = await office.erase(held["member"]["id"], forfeits=True)
    told = await office.get(f"/v1/activities/{gone['activity_id']}/explanation")
    assert [(one["kind"], one["points"]) for one in told["entries"]] == [("release", 30), ("forfeit", 50)]
    assert await office.sound()


async def test_L68_who_was_merged_into_them_is_forgotten_too(office: Office) -> None:
    bought = await office.post(
        "/v1/purchases", {"member": {"phone": PHONE}, "lines": [{"amount": 100}], "device": NAME}
    )
    into = (await office.member(5))["member"]["id"]
    one = bought["member"]["id"]
    await office.post(f"/v1/members/{one}/merge", {"into": into, "reason": "same person"})
    assert office.hits() != []
    await office.erase(one, forfeits=True)
    assert office.hits() == []
    assert (await office.client.get(f"/v1/members/{into}")).status_code == 410
    assert await office.sound()


async def submitted(process: Runtime, member: str) -> None:
    """The first half alone, as if the process had died then: the points are gone, the person is still there."""
    member_id, now = ids.from_wire("mem", member), edge.now()
    await process.batcher.submit(
        Intake(
            program_id=1,
            client_id=edge.new_id(now),
            key="half",
            digest=b"half",
            type="erase",
            received_at=now,
            account_id=member_id,
            member_id=member_id,
            may_enrol=False,
            erasure=Erasure(reason="letter", forfeits=True),
        )
    )


def written(office: Office, member: str) -> list[Forgotten]:
    """What stands of a member beside the database."""
    known = forgotten.known(Settings(home=office.home))
    return [one for one in known if one.member_id == ids.from_wire("mem", member)]


async def somebody(office: Office) -> str:
    bought = await office.post(
        "/v1/purchases", {"member": {"phone": PHONE}, "lines": [{"amount": 100}], "device": NAME}
    )
    return str(bought["member"]["id"])


async def test_L68_what_a_killed_process_left_the_worker_destroys(office: Office) -> None:
    member = await somebody(office)
    async with worker(office.home, office.where) as process:
        await submitted(process, member)
        assert office.hits() != []
        # Nobody was told yet, and nothing beside the database knows of it.
        assert written(office, member) == []
        now = edge.now()
        assert await finish_erasures(process, now=now) == 1
        assert office.hits() == []
        assert len(written(office, member)) == 1
        assert await finish_erasures(process, now=now) == 0
        # Once more when nothing can be under way any more that had found them before, and then never again.
        later = now + dt.timedelta(minutes=3)
        assert await finish_erasures(process, now=later, limit=100) > 0
        assert await finish_erasures(process, now=later, limit=100) == 0


async def test_L68_killed_after_it_was_written_down_the_worker_destroys_and_nobody_is_taken_for_back(
    office: Office,
) -> None:
    member = await somebody(office)
    async with worker(office.home, office.where) as process:
        await submitted(process, member)
        line = Forgotten(1, ids.from_wire("mem", member), edge.now())
        forgotten.remember(forgotten.files_of(process.settings), [line])
        assert await erased_who_are_back(process.database, written(office, member)) == []
        assert await finish_erasures(process, now=edge.now()) == 1
        assert office.hits() == []
        assert written(office, member) == [line]


async def test_L68_written_down_and_lost_with_the_database_it_is_done_again(office: Office) -> None:
    member = await somebody(office)
    async with worker(office.home, office.where) as process:
        line = Forgotten(1, ids.from_wire("mem", member), edge.now())
        forgotten.remember(forgotten.files_of(process.settings), [line])
        assert await erased_who_are_back(process.database, written(office, member)) == [line]
        assert await erase_again(process, line, now=edge.now()) is None
        assert await erased_who_are_back(process.database, written(office, member)) == []
        assert office.hits() == []
        assert await office.sound()


async def test_L68_where_it_cannot_be_written_down_nothing_is_destroyed_and_nobody_is_told(office: Office) -> None:
    member = await somebody(office)
    file = office.home / forgotten.FOLDER / forgotten.NAME
    aside = file.with_name("aside")
    file.rename(aside)
    file.mkdir()
    try:
        refused = await office.erase(member, forfeits=True, key="unwritten", status=503)
        assert refused["code"] == "erasures_not_kept"
        assert office.hits() != []
    finally:
        file.rmdir()
        aside.rename(file)
    # The same request again goes on.
    await office.erase(member, forfeits=True, key="unwritten")
    assert office.hits() == []
    assert len(written(office, member)) == 1
