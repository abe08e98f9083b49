"""Points by hand over HTTP: given and taken with a reason, by one person up to a limit, by two beyond it (L75, S18); made
to live longer and brought back (L37); holds that last longer. One server for the file, other members for each test."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key
from tests.checkout.town import People, people, worker
from tests.conftest import copied
from tests.laws.test_law11 import replayed, stored

SHOP = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: USD, zone: Europe/Chisinau, region: MD}
purposes:
  contract: {title: {en: Terms, ru: Условия, ro: Termeni}, texts: {v1: {en: Points, ru: Баллы, ro: Puncte}}}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    expiry: 20 days
    round_up: day
    hold_ttl: 15 minutes
    hold_longest: 2 hours
    cost: {house: 0.01}
    value: 0.01
    by_hand: {per_act: 500, per_day: 800}
    transfer: {least: 1}
    buy: {price: 0.02}
    exchange: {to: {stars: 1/10}}
  stars:
    title: {en: Stars, ru: Звёзды, ro: Stele}
    expiry: never
    cost: {house: 0.01}
referrals:
  friend:
    title: {en: Bring a friend, ru: Приведи друга, ro: Adu un prieten}
    link: "https://shop.example/join?code={code}"
    converts: "type == 'purchase' && basket.total >= 50.00"
    within: 30 days
    on_reversal: reverse
    effects: {both: [{give: stars, amount: "5"}]}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: contract}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: contract}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}, purpose: contract}
rules:
  visited:
    title: {en: Two a visit, ru: Два за визит, ro: Două la vizită}
    trigger: visit
    effects: [{give: stars, amount: "2"}]
  base:
    title: {en: One a dollar, ru: Один за доллар, ro: Unul la dolar}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
"""
ZONE = ZoneInfo("Europe/Chisinau")
_phones = count(69200000)


class Desk(People):
    """People, and a desk where staff work: each with a key of their own."""

    admin: dict[str, str]
    ana: dict[str, str]
    ion: dict[str, str]
    staff: dict[str, str]
    keys: Iterator[int]
    where: Address

    async def hire(
        self, name: str, *members: str, scopes: tuple[str, ...] = (), may: tuple[str, ...] | None = None
    ) -> dict[str, str]:
        """Somebody of the staff; their headers. `may` is all that they may, `scopes` what they may beyond the desk."""
        body = {"name": name, "email": f"{name}@shop.md", "members": list(members)}
        staff = (await self.client.post("/v1/staff", json=body, headers=self.admin)).json()
        self.staff[name] = staff["id"]
        rights = ("till", "activities:write", "activities:approve", *scopes) if may is None else may
        token = await new_key(self.database, program="shop", scopes=rights, staff=staff["id"])
        return {"authorization": f"Bearer {token}"}

    async def member(self, dollars: int, *, days_ago: int = 0) -> str:
        """Somebody new who bought for so much, some days ago."""
        at = edge.now() - dt.timedelta(days=days_ago)
        bought = await self.post(
            "/v1/purchases",
            {
                "member": {"phone": f"+373{next(_phones)}"},
                "lines": [{"amount": dollars * 100}],
                "occurred_at": at.isoformat(),
            },
        )
        return str(bought["member"]["id"])

    async def by(
        self, who: dict[str, str], path: str, body: dict[str, Any], *, key: str | None = None
    ) -> httpx.Response:
        headers = {**who, "idempotency-key": key or f"desk-{next(self.keys)}"}
        return await self.client.post(path, json=body, headers=headers)

    async def adjust(self, who: dict[str, str], member: str, points: int, **more: object) -> httpx.Response:
        body = {"currency": "points", "points": points, "reason": "late parcel", **more}
        return await self.by(who, f"/v1/members/{member}/points/adjust", body)

    async def review(self, who: dict[str, str], activity: str, verdict: str = "approve") -> httpx.Response:
        return await self.by(who, f"/v1/activities/{activity}/review", {"verdict": verdict, "reason": "looked at it"})

    async def has(self, member: str, currency: str = "points") -> int:
        self.ids["x"] = member
        return await self.active("x", currency)


@pytest.fixture(scope="module")
async def desk(template, tmp_path_factory):
    home = tmp_path_factory.mktemp("desk")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, SHOP) as town:
            opened = Desk(town.client, database, home)
            opened.keys, opened.staff, opened.where = count(1), {}, where
            now = edge.now()
            async with database.transaction(programs=[1]) as tx:
                admin = await access.create_key(
                    tx,
                    program_id=1,
                    key_id=edge.new_id(now),
                    secret=edge.token(32),
                    label="a",
                    scopes=["admin"],
                    now=now,
                )
            opened.admin = {"authorization": f"Bearer {admin.token}"}
            opened.ana, opened.ion = await opened.hire("ana"), await opened.hire("ion")
            yield opened


async def test_L75_points_are_given_with_a_reason_and_who_it_was(desk: Desk) -> None:
    member = await desk.member(100)
    who = await desk.hire("vera")
    given = await desk.adjust(who, member, 50, note="call of Monday")
    assert given.status_code == 201, given.text
    assert given.json().get("waiting", False) is False
    assert await desk.has(member) == 150
    told = await desk.get(f"/v1/activities/{given.json()['activity_id']}/explanation")
    assert told["said"] == {
        "currency": "points",
        "points": 50,
        "reason": "late parcel",
        "note": "call of Monday",
        "by": desk.staff["vera"],
    }
    assert told["waits"] is None
    (entry,) = told["entries"]
    assert (entry["kind"], entry["from"], entry["to"], entry["points"]) == ("adjust", "adjusted", "active", 50)


async def test_L75_given_points_expire_like_earned_ones(desk: Desk) -> None:
    member = await desk.member(100)
    who = await desk.hire("vlad")
    await desk.adjust(who, member, 50)
    lots = (await desk.get(f"/v1/members/{member}/statement"))["lots"]
    assert len({lot["expires_at"] for lot in lots}) == 1


@pytest.mark.parametrize("reason", ["", "   ", "\u00a0\t"])
async def test_L75_a_blank_reason_is_none(desk: Desk, reason: str) -> None:
    member = await desk.member(1)
    refused = await desk.adjust(desk.ana, member, 5, reason=reason)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_fault"), refused.text
    assert await desk.has(member) == 1


@pytest.mark.parametrize("day", ["0001-01-01", "2200-01-01", "9999-12-30", "9999-12-31"])
async def test_days_that_no_calendar_of_ours_has_are_refused(desk: Desk, day: str) -> None:
    member = await desk.member(1)
    given = {"currency": "points", "reason": "x", "through": day}
    for path, body, field in (
        ("points/extend", given, "through"),
        ("points/extend", {**given, "through": "2199-12-31", "ends_by": day}, "ends_by"),
        ("points/reinstate", {**given, "points": 1}, "through"),
        ("plan", {"act": "started", "until": day}, "until"),
        ("tiers/status", {"level": "gold", "until": day, "reason": "x"}, "until"),
    ):
        refused = await desk.by({}, f"/v1/members/{member}/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_fault"), refused.text
        assert refused.json()["fields"]["field"] == field


async def test_L75_more_than_there_is_cannot_be_taken(desk: Desk) -> None:
    member = await desk.member(100)
    who = await desk.hire("dina")
    refused = await desk.adjust(who, member, -101)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    assert await desk.has(member) == 100
    assert (await desk.adjust(who, member, -100)).status_code == 201
    assert await desk.has(member) == 0


async def test_S18_beyond_the_limit_nothing_happens_before_a_second_person_says_yes(desk: Desk) -> None:
    member = await desk.member(100)
    asked = (await desk.adjust(desk.ana, member, 501)).json()
    assert asked["waiting"] is True
    assert asked["points"] == {}
    assert await desk.has(member) == 100
    listed = await desk.client.get("/v1/reviews", headers=desk.ion)
    mine = next(one for one in listed.json()["items"] if one["activity_id"] == asked["activity_id"])
    assert (mine["why"], mine["points"], mine["by"], mine["member"]) == ("by_hand", 501, desk.staff["ana"], member)
    own = await desk.review(desk.ana, asked["activity_id"])
    assert (own.status_code, own.json()["code"]) == (403, "own_review")
    machine = await desk.review({}, asked["activity_id"])
    assert (machine.status_code, machine.json()["code"]) == (403, "reviewer_not_a_person")
    assert await desk.has(member) == 100
    said = await desk.review(desk.ion, asked["activity_id"])
    assert said.status_code == 201, said.text
    assert await desk.has(member) == 601
    told = await desk.get(f"/v1/activities/{said.json()['activity_id']}/explanation")
    assert told["said"]["reviewed_by"] == desk.staff["ion"]
    assert [(one["kind"], one["points"]) for one in told["entries"]] == [("adjust", 501)]
    assert (await desk.get(f"/v1/activities/{asked['activity_id']}/explanation"))["waits"] == "approved"
    again = await desk.review(desk.ion, asked["activity_id"])
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_review")
    left = (await desk.client.get("/v1/reviews", headers=desk.ion)).json()["items"]
    assert asked["activity_id"] not in {one["activity_id"] for one in left}


async def test_L66_what_a_second_person_gave_to_the_old_id_goes_home_too(desk: Desk) -> None:
    one, into = await desk.member(100), await desk.member(50)
    await desk.post(f"/v1/members/{one}/merge", {"into": into, "reason": "same person"})
    asked = (await desk.adjust(desk.ana, one, 600)).json()
    assert (asked["waiting"], asked["member"]["id"]) == (True, into)
    assert (await desk.review(desk.ion, asked["activity_id"])).status_code == 201
    assert await desk.has(into) == 750
    await desk.post(f"/v1/members/{one}/unmerge", {"reason": "two people"})
    assert (await desk.has(one), await desk.has(into)) == (700, 50)
    assert await desk.sound()


async def test_L66_what_was_asked_for_before_the_merge_and_approved_after_it_goes_home(desk: Desk) -> None:
    """Once wrong: it stayed with the other."""
    one, into = await desk.member(100), await desk.member(50)
    asked = (await desk.adjust(desk.ana, one, 700)).json()
    assert asked["waiting"] is True
    await desk.post(f"/v1/members/{one}/merge", {"into": into, "reason": "same person"})
    assert (await desk.review(desk.ion, asked["activity_id"])).status_code == 201
    assert await desk.has(into) == 850
    await desk.post(f"/v1/members/{one}/unmerge", {"reason": "two people"})
    assert (await desk.has(one), await desk.has(into)) == (800, 50)
    assert await desk.sound()


async def test_S18_to_act_and_to_approve_are_two_rights(desk: Desk) -> None:
    member = await desk.member(100)
    asked = (await desk.adjust(desk.ana, member, 600)).json()
    clerk, judge = (
        await desk.hire("lidia", may=("activities:write",)),
        await desk.hire("pavel", may=("activities:approve",)),
    )
    # Who acts by hand neither sees what waits for others nor answers it.
    for refused in (
        await desk.review(clerk, asked["activity_id"]),
        await desk.client.get("/v1/reviews", headers=clerk),
        await desk.adjust(judge, member, 1),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing"), refused.text
    assert await desk.has(member) == 100
    assert (await desk.client.get("/v1/reviews", headers=judge)).status_code == 200
    assert (await desk.review(judge, asked["activity_id"])).status_code == 201
    assert await desk.has(member) == 700


async def test_S18_nobody_makes_themselves_a_second_person(desk: Desk) -> None:
    member, boss = await desk.member(0), await desk.hire("mara", scopes=("admin",))
    asked = (await desk.adjust(boss, member, 600)).json()
    assert asked["waiting"] is True
    robot = await desk.client.post("/v1/keys", json={"label": "r", "scopes": ["admin"]}, headers=boss)
    hers = {"authorization": f"Bearer {robot.json()['token']}"}
    wanted = {"label": "x", "scopes": ["till", "activities:write", "activities:approve"], "staff": desk.staff["ion"]}
    for holder in (boss, hers, desk.admin):
        refused = await desk.client.post("/v1/keys", json=wanted, headers=holder)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_for_another"), refused.text
    # One more of her own is hers, as what she made for a machine is.
    own = await desk.client.post("/v1/keys", json={**wanted, "staff": desk.staff["mara"]}, headers=boss)
    for token in (own.json()["token"], robot.json()["token"]):
        said = await desk.review({"authorization": f"Bearer {token}"}, asked["activity_id"])
        assert (said.status_code, said.json()["code"]) == (403, "own_review")
    assert await desk.has(member) == 0


async def test_S18_a_no_leaves_everything_as_it_was(desk: Desk) -> None:
    member = await desk.member(100)
    asked = (await desk.adjust(desk.ana, member, 600)).json()
    assert (await desk.review(desk.ion, asked["activity_id"], "reject")).status_code == 201
    assert await desk.has(member) == 100
    again = await desk.review(desk.ion, asked["activity_id"])
    assert again.json()["code"] == "nothing_to_review"


async def test_S18_the_day_of_one_person_adds_up_over_all_members(desk: Desk) -> None:
    who = await desk.hire("mila")
    one, two = await desk.member(0), await desk.member(0)
    assert (await desk.adjust(who, one, 500)).json().get("waiting", False) is False
    # Taking counts as giving does; 300 are left of 800.
    assert (await desk.adjust(who, one, -200)).json().get("waiting", False) is False
    over = (await desk.adjust(who, two, 101)).json()
    assert over["waiting"] is True
    # What waits used nothing of the day.
    assert (await desk.adjust(who, two, 100)).json().get("waiting", False) is False
    assert (await desk.adjust(who, two, 1)).json()["waiting"] is True
    assert await desk.has(two) == 100
    other = await desk.hire("oleg")
    assert (await desk.adjust(other, two, 1)).json().get("waiting", False) is False


async def test_S18_many_acts_at_once_do_not_pass_the_day(desk: Desk) -> None:
    who = await desk.hire("rita")
    members = [await desk.member(0) for _ in range(6)]
    answers = await asyncio.gather(*(desk.adjust(who, member, 200) for member in members))
    alone = [one for one in answers if not one.json().get("waiting", False)]
    assert len(alone) == 4
    assert sum([await desk.has(member) for member in members]) == 800


async def test_S18_two_people_who_say_yes_at_once_say_it_once(desk: Desk) -> None:
    member = await desk.member(0)
    asked = (await desk.adjust(desk.ana, member, 700)).json()
    both = await asyncio.gather(
        desk.review(desk.ion, asked["activity_id"]), desk.review(desk.ion, asked["activity_id"])
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    assert await desk.has(member) == 700


async def test_S18_a_yes_that_is_sent_again_is_the_same_yes(desk: Desk) -> None:
    member = await desk.member(0)
    asked = (await desk.adjust(desk.ana, member, 700)).json()
    path, body = f"/v1/activities/{asked['activity_id']}/review", {"verdict": "approve", "reason": "fine"}
    first, again = [await desk.by(desk.ion, path, body, key="yes-1") for _ in range(2)]
    assert (first.content, again.headers["idempotency-replayed"]) == (again.content, "true")
    assert await desk.has(member) == 700


async def test_S18_a_yes_finds_what_is_there_then(desk: Desk) -> None:
    member = await desk.member(600)
    asked = (await desk.adjust(desk.ana, member, -600)).json()
    buys = {"member": {"id": member}, "lines": [{"amount": 100}], "pay": [{"currency": "points", "points": 100}]}
    await desk.post("/v1/purchases", buys)
    refused = await desk.review(desk.ion, asked["activity_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    assert await desk.has(member) == 500
    # It goes on waiting: when there is enough again, or somebody says no, it ends.
    listed = (await desk.client.get("/v1/reviews", headers=desk.ion)).json()["items"]
    assert asked["activity_id"] in {one["activity_id"] for one in listed}
    await desk.post("/v1/purchases", {"member": {"id": member}, "lines": [{"amount": 10000}]})
    assert (await desk.review(desk.ion, asked["activity_id"])).status_code == 201
    assert await desk.has(member) == 0


async def test_L75_nobody_touches_their_own_points_or_their_households(desk: Desk) -> None:
    mine = await desk.member(10)
    me = await desk.hire("nina", mine)
    for path, body in (
        ("adjust", {"currency": "points", "points": 5, "reason": "for me"}),
        ("extend", {"currency": "points", "through": "2199-01-01", "reason": "for me"}),
    ):
        refused = await desk.by(me, f"/v1/members/{mine}/points/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_account"), refused.text
    through_activities = await desk.by(
        me,
        "/v1/activities",
        {
            "type": "adjust",
            "member": {"id": mine},
            "adjustment": {"currency": "points", "points": 5, "reason": "for me"},
        },
    )
    assert through_activities.json()["code"] == "own_account"
    # Nor do they say yes to what somebody else wants to give them.
    asked = (await desk.adjust(desk.ana, mine, 600)).json()
    assert (await desk.review(me, asked["activity_id"])).json()["code"] == "own_account"
    assert await desk.has(mine) == 10
    # Merged into somebody else they are still themselves.
    other = await desk.member(10)
    await desk.post(f"/v1/members/{mine}/merge", {"into": other, "reason": "same person"})
    assert (await desk.adjust(me, other, 5)).json()["code"] == "own_account"


async def test_L75_nobody_brings_points_to_themselves_in_a_way_that_members_have(desk: Desk) -> None:
    mine, hers = await desk.member(50), await desk.member(50)
    me = await desk.hire("nadia", mine, scopes=("members:write",))
    phone = f"+373{next(_phones)}"
    friend = (await desk.post("/v1/purchases", {"member": {"phone": phone}, "lines": [{"amount": 5000}]}))["member"]
    code = (await desk.get(f"/v1/members/{mine}/referrals"))["items"][0]["code"]
    bought = {"currency": "points", "points": 10, "payment": {"kind": "card", "amount": 20}}
    exchanged = {"currency": "points", "to": "stars", "points": 10}
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/members/{mine}/point-purchases", bought),
        (f"/v1/members/{mine}/exchanges", exchanged),
        (f"/v1/members/{friend['id']}/transfers", {"to": {"id": mine}, "currency": "points", "points": 10}),
        (f"/v1/members/{mine}/transfers", {"to": {"phone": phone}, "currency": "points", "points": 10}),
        (f"/v1/members/{hers}/merge", {"into": mine, "reason": "same person"}),
        (f"/v1/members/{mine}/merge", {"into": hers, "reason": "same person"}),
        ("/v1/vouchers/redeem", {"member": {"id": mine}, "vouchers": ["GIFT-1234"]}),
        (f"/v1/members/{friend['id']}/referral", {"code": code}),
    ]
    for path, body in asked:
        refused = await desk.by(me, path, body)
        assert (path, refused.status_code, refused.json()["code"]) == (path, 403, "own_account"), refused.text
    assert [await desk.has(one) for one in (mine, hers, friend["id"])] == [50, 50, 50]
    # A sale is a sale, whoever brought the one who buys.
    sold = {"member": {"phone": f"+373{next(_phones)}"}, "lines": [{"amount": 1000}], "referral": code}
    assert (await desk.by(me, "/v1/purchases", sold)).status_code == 201
    async with worker(desk.home, desk.where) as process:
        await activities.finish_moves(process, now=edge.now() + dt.timedelta(seconds=1))
    # For others they do it, and through the app, whose key is a machine's, they do it as everybody.
    assert (await desk.by(me, f"/v1/members/{hers}/exchanges", exchanged)).status_code == 201
    token = await new_key(desk.database, program="shop", scopes=("members:write",))
    app = {"authorization": f"Bearer {token}"}
    assert (await desk.by(app, f"/v1/members/{mine}/exchanges", exchanged)).status_code == 201
    assert (await desk.has(mine), await desk.has(mine, "stars")) == (40, 1)


async def test_L75_nobody_says_that_they_are_no_member(desk: Desk) -> None:
    mine = await desk.member(10)
    me = await desk.hire("zina", mine, scopes=("admin",))
    path = f"/v1/staff/{desk.staff['zina']}"
    without = {"name": "zina", "email": "zina@shop.md", "members": []}
    # Neither with a machine's key that they made.
    made = await desk.client.post("/v1/keys", json={"label": "app", "scopes": ["admin"]}, headers=me)
    machine = {"authorization": f"Bearer {made.json()['token']}"}
    for key in (me, machine):
        refused = await desk.client.put(path, json=without, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_standing"), refused.text
    assert (await desk.adjust(me, mine, 5)).json()["code"] == "own_account"
    # Their name they may change, and somebody else whom they are.
    kept = await desk.client.put(path, json={**without, "name": "Zina", "members": [mine]}, headers=me)
    assert (kept.status_code, kept.json()["members"]) == (200, [mine])
    changed = await desk.client.put(path, json=without, headers=desk.admin)
    assert (changed.status_code, changed.json()["members"]) == (200, [])


def _days(ahead: int) -> str:
    return (dt.datetime.now(ZONE).date() + dt.timedelta(days=ahead)).isoformat()


async def test_L37_points_live_longer_with_a_reason(desk: Desk) -> None:
    member = await desk.member(100, days_ago=15)
    who = await desk.hire("igor")
    body = {"currency": "points", "through": _days(20), "reason": "was ill"}
    done = await desk.by(who, f"/v1/members/{member}/points/extend", body)
    assert done.status_code == 201, done.text
    told = await desk.get(f"/v1/activities/{done.json()['activity_id']}/explanation")
    (redated,) = told["redated"]
    assert (redated["ended_on"], redated["ends_on"]) == (_days(5), _days(20))
    assert told["said"]["through"] == _days(20)
    (lot,) = (await desk.get(f"/v1/members/{member}/statement"))["lots"]
    ends = dt.datetime.combine(dt.date.fromisoformat(_days(21)), dt.time(), ZONE)
    assert dt.datetime.fromisoformat(lot["expires_at"]) == ends
    again = await desk.by(who, f"/v1/members/{member}/points/extend", body)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_extend")
    over = await desk.by(who, f"/v1/members/{member}/points/extend", {**body, "through": _days(-1)})
    assert (over.status_code, over.json()["code"]) == (422, "day_is_over")


async def test_L37_beyond_one_full_life_from_today_a_second_person_says_yes(desk: Desk) -> None:
    member = await desk.member(100)
    body = {"currency": "points", "through": _days(21), "reason": "was ill"}
    asked = await desk.by(desk.ana, f"/v1/members/{member}/points/extend", body)
    assert asked.json()["waiting"] is True
    (lot,) = (await desk.get(f"/v1/members/{member}/statement"))["lots"]
    assert (await desk.review(desk.ion, asked.json()["activity_id"])).status_code == 201
    (longer,) = (await desk.get(f"/v1/members/{member}/statement"))["lots"]
    assert dt.datetime.fromisoformat(longer["expires_at"]) - dt.datetime.fromisoformat(
        lot["expires_at"]
    ) == dt.timedelta(1)


async def test_L37_expired_points_come_back_but_never_more_than_expired(desk: Desk) -> None:
    # 100 earned 40 days ago and 30 earned 30 days ago have ended; 7 of today have not.
    member = await desk.member(100, days_ago=40)
    for dollars, days in ((30, 30), (7, 0)):
        at = (edge.now() - dt.timedelta(days=days)).isoformat()
        await desk.post(
            "/v1/purchases", {"member": {"id": member}, "lines": [{"amount": dollars * 100}], "occurred_at": at}
        )
    assert await desk.has(member) == 7
    who, path = await desk.hire("olga"), f"/v1/members/{member}/points/reinstate"
    body = {"currency": "points", "points": 131, "through": _days(3), "reason": "our mistake"}
    refused = await desk.by(who, path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_lapsed")
    assert refused.json()["fields"]["lapsed"] == 130
    done = await desk.by(who, path, {**body, "points": 50})
    assert done.status_code == 201, done.text
    assert await desk.has(member) == 57
    told = await desk.get(f"/v1/activities/{done.json()['activity_id']}/explanation")
    # What expired last came back first: all 30 of the one, 20 of the other.
    assert [(one["kind"], one["points"]) for one in told["entries"]] == [("reinstate", 30), ("reinstate", 20)]
    rest = await desk.by(who, path, {**body, "points": 81})
    assert rest.json()["fields"]["lapsed"] == 80
    assert await desk.sound()


async def test_L56_a_hold_is_extended_captured_in_part_and_closes_once(desk: Desk) -> None:
    member = await desk.member(100)
    held = await desk.post("/v1/holds", {"member": {"id": member}, "currency": "points", "points": 80})
    (hold,) = held["holds"]
    longer = await desk.post(f"/v1/holds/{hold['id']}/extend", {"ttl_s": 3600})
    before, now = sorted(longer["holds"], key=lambda one: one["state"] == "open")
    assert (before["id"], before["state"], now["state"], now["points"]) == (hold["id"], "voided", "open", 80)
    assert now["expires_at"] > hold["expires_at"]
    assert await desk.has(member) == 20
    closed = await desk.post(f"/v1/holds/{hold['id']}/capture", {}, status=409)
    assert closed["code"] == "hold_closed"
    too_long = await desk.post(f"/v1/holds/{now['id']}/extend", {"ttl_s": 7201}, status=422)
    assert too_long["code"] == "hold_too_long"
    captured = await desk.post(f"/v1/holds/{now['id']}/capture", {"points": 60})
    assert [(one["captured"], one["state"]) for one in captured["holds"]] == [(60, "captured")]
    assert await desk.has(member) == 40
    assert (await desk.post(f"/v1/holds/{now['id']}/capture", {}, status=409))["code"] == "hold_closed"
    assert (await desk.post(f"/v1/holds/{now['id']}/void", {}, status=409))["code"] == "hold_closed"
    told = await desk.get(f"/v1/activities/{captured['activity_id']}/explanation")
    assert [(one["kind"], one["points"]) for one in told["entries"]] == [("capture", 60), ("release", 20)]
    assert await desk.sound()


async def test_a_query_parameter_that_nobody_knows_is_refused_by_name(desk: Desk) -> None:
    for path, known in (("/v1/reviews?limit=5&page=2", "cursor, limit"), ("/v1/staff?active=true", "-")):
        answer = await desk.client.get(path, headers={**desk.admin})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter"), answer.text
        assert answer.json()["fields"]["known"] == known
    hot = await desk.client.post("/v1/purchases?dry_run=1", json={}, headers={"idempotency-key": "q-1"})
    assert (hot.status_code, hot.json()["fields"]["parameter"]) == (400, "dry_run")
    assert (await desk.client.get("/health?probe=1")).status_code == 200


async def test_who_is_named_by_a_gift_card_shows_the_code_of_one(desk: Desk) -> None:
    for path in ("/v1/quotes", "/v1/purchases"):
        body = {"member": {"gift_card": "SUMMER-2027"}, "lines": [{"amount": 100}]}
        refused = await desk.by({}, path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "not_a_gift_card"), refused.text


async def test_L32_older_than_the_limit_a_person_says_yes(desk: Desk) -> None:
    member = await desk.member(1)
    at = (edge.now() - dt.timedelta(days=91)).isoformat()
    late = await desk.post("/v1/activities", {"type": "visit", "member": {"id": member}, "occurred_at": at})
    assert (late["waiting"], await desk.has(member, "stars")) == (True, 0)
    listed = (await desk.client.get("/v1/reviews", headers=desk.ion)).json()["items"]
    (mine,) = [one for one in listed if one["activity_id"] == late["activity_id"]]
    assert (mine["why"], mine["type"], mine["does_nothing_before"]) == ("back_dated", "visit", True)
    in_time = (edge.now() - dt.timedelta(days=90)).isoformat()
    soon = await desk.post("/v1/activities", {"type": "visit", "member": {"id": member}, "occurred_at": in_time})
    assert soon.get("waiting", False) is False
    assert (await desk.review(desk.ion, late["activity_id"])).status_code == 201
    assert await desk.has(member, "stars") == 4
    assert (await desk.get(f"/v1/activities/{late['activity_id']}/explanation"))["waits"] == "approved"


async def test_L69_a_lost_card_is_blocked_at_once_earns_and_cannot_spend(desk: Desk) -> None:
    bought = await desk.post(
        "/v1/purchases", {"member": {"phone": f"+373{next(_phones)}"}, "lines": [{"amount": 10000}]}
    )
    member, number = bought["member"]["id"], bought["member"]["card"]
    (card,) = (await desk.get(f"/v1/members/{member}/cards"))["items"]
    path = f"/v1/members/{member}/cards/{card['id']}/block"
    assert (await desk.client.post(path, json={"reason": "lost"})).status_code == 200
    shown = {"member": {"card": number}, "lines": [{"amount": 5000}]}
    paying = await desk.post("/v1/purchases", {**shown, "pay": [{"currency": "points", "points": 10}]}, status=409)
    held = await desk.post("/v1/holds", {"member": {"card": number}, "currency": "points", "points": 10}, status=409)
    assert {paying["code"], held["code"]} == {"card_blocked"}
    earned = await desk.post("/v1/purchases", shown)
    assert (earned["points"], earned["member"]["card_blocked"]) == ({"points": 50}, True)
    # The points were never on the card: by phone they are there.
    assert await desk.has(member) == 150


async def test_every_act_on_points_is_explained_with_what_it_moved(desk: Desk) -> None:
    one, two = await desk.member(200), await desk.member(100)
    who = await desk.hire("rodica")

    async def told(done: dict[str, Any]) -> tuple[list[tuple[str, int]], dict[str, Any]]:
        found = await desk.get(f"/v1/activities/{done['activity_id']}/explanation")
        return [(entry["kind"], entry["points"]) for entry in found["entries"]], found["said"]

    member = {"member": {"id": one}}
    sale = await desk.post("/v1/purchases", {**member, "lines": [{"amount": 5000, "quantity": 2}]})
    assert await told(sale) == ([("earn", 50)], {})
    back = await desk.post(
        "/v1/returns", {"sale": {"activity_id": sale["activity_id"]}, "lines": [{"no": 1, "quantity": 1}]}
    )
    assert await told(back) == ([("reverse", 25)], {"of": sale["activity_id"]})
    undone = await desk.post(
        "/v1/returns", {"sale": {"activity_id": back["activity_id"]}, "reason": "keyed by mistake"}
    )
    entries, said = await told(undone)
    assert entries == [("reinstate", 25)]
    assert said == {"of": sale["activity_id"], "undoes": back["activity_id"], "reason": "keyed by mistake"}
    held = await desk.post("/v1/holds", {**member, "currency": "points", "points": 30, "ttl_s": 600})
    assert await told(held) == ([("hold", 30)], {"act": "place", "currency": "points", "points": 30, "ttl_s": 600})
    (hold,) = held["holds"]
    voided = await desk.post(f"/v1/holds/{hold['id']}/void", {"reason": "declined"})
    assert await told(voided) == ([("release", 30)], {"act": "void", "hold": hold["id"], "reason": "declined"})
    changed = await desk.post(f"/v1/members/{one}/exchanges", {"currency": "points", "to": "stars", "points": 100})
    entries, said = await told(changed)
    assert entries == [("convert", 100), ("convert", 10)]
    assert said == {"act": "exchange", "currency": "points", "points": 100, "to": "stars"}
    sent = await desk.post(f"/v1/members/{one}/transfers", {"currency": "points", "points": 40, "to": {"id": two}})
    entries, said = await told(sent)
    assert entries == [("transfer", 40)]
    assert said == {"act": "send", "currency": "points", "points": 40, "to_member": two}
    given = (await desk.adjust(who, one, 7)).json()
    assert (await told(given))[0] == [("adjust", 7)]
    merged = await desk.post(f"/v1/members/{two}/merge", {"into": one, "reason": "same person"})
    entries, said = await told(merged)
    assert entries == [("merge", 140)]
    assert said == {"act": "leave", "kind": "merge", "member": two, "into": one, "reason": "same person"}
    apart = await desk.post(f"/v1/members/{two}/unmerge", {"reason": "two people"})
    assert (await told(apart))[0] == [("merge", 140)]
    assert await desk.sound()


async def test_LAW11_what_was_done_by_hand_is_done_again_to_the_byte(desk: Desk) -> None:
    member = await desk.member(100, days_ago=40)
    who, path = await desk.hire("petru"), f"/v1/members/{member}/points"
    back = {"currency": "points", "points": 60, "through": _days(3), "reason": "our mistake"}
    assert (await desk.by(who, f"{path}/reinstate", back)).status_code == 201
    longer = {"currency": "points", "through": _days(9), "reason": "was ill"}
    assert (await desk.by(who, f"{path}/extend", longer)).status_code == 201
    # Of 800 a day 740 are left: 500 go, 241 wait and are approved.
    assert (await desk.adjust(who, member, 500)).status_code == 201
    asked = (await desk.adjust(who, member, 241)).json()
    assert asked["waiting"] is True
    assert (await desk.review(desk.ion, asked["activity_id"])).status_code == 201
    held = await desk.post("/v1/holds", {"member": {"id": member}, "currency": "points", "points": 80})
    longer = await desk.post(f"/v1/holds/{held['holds'][0]['id']}/extend", {"ttl_s": 3600})
    now = next(one for one in longer["holds"] if one["state"] == "open")
    await desk.post(f"/v1/holds/{now['id']}/capture", {"points": 50})
    assert await desk.has(member) == 60 + 500 + 241 - 50
    account_id = ids.from_wire("mem", member)
    async with worker(desk.home, desk.where) as process:
        await process.programs.ready(1)
        seen: Any = Past(process, desk.database)
        assert await replayed(seen, account_id) == await stored(seen, account_id)
    assert await desk.sound()


class Past:
    """What a replay asks of the laboratory of laws."""

    program_id = 1

    def __init__(self, runtime: Any, database: Database) -> None:
        self.runtime, self.database = runtime, database

    async def fetch(self, query: str, *arguments: Any) -> Any:
        async with self.database.read(programs=[1]) as tx:
            return await tx.fetch(query, *arguments)
