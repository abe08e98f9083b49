"""What each act does while the balance of a member is frozen (LEDGER section 4): spending from it stops, earning goes
on, goods still come back, and nothing leaves it by another door."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key
from tests.checkout.town import PHONES, People, people, worker

PROGRAM = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: USD, zone: Europe/Chisinau, region: MD}
purposes:
  contract: {title: {en: Terms, ru: Условия, ro: Termeni}, texts: {v1: {en: Points, ru: Баллы, ro: Puncte}}}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}, transfer: {least: 1},
    exchange: {to: {stars: 1/10}}, buy: {price: 0.02, step: 100, most: 5000}}
  stars: {title: {en: Stars, ru: Звёзды, ro: Stele}, expiry: never, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: contract}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: contract}
metrics:
  spend: {title: {en: Spent, ru: Потрачено, ro: Cheltuit}, sum: "basket.total", window: tier year}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    year: calendar year
    by_hand: true
    levels: {green: 0, gold: {from: 100000.00, title: {en: Gold, ru: Золото, ro: Aur}}}
choices:
  mine:
    title: {en: Favourites, ru: Любимое, ro: Favorite}
    options: [bread, milk, fish]
    pick: "1"
    change: {fee: {points: 10}}
referrals:
  friend:
    title: {en: Bring a friend, ru: Приведи друга, ro: Adu un prieten}
    link: "https://shop.example/join?code={code}"
    converts: "type == 'purchase' && basket.total >= 50.00"
    within: 30 days
    limits: {calendar year: 10}
    on_reversal: reverse
    effects: {both: [{give: points, amount: "500"}]}
rules:
  base:
    title: {en: One a dollar, ru: Один за доллар, ro: Unul la dolar}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
rewards:
  mug: {title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}]}
"""
FROZEN = "balance_frozen"


class Frozen(People):
    """Ann, whose balances are frozen once she has something of everything."""

    me: str
    staff: dict[str, str]
    was: dict[str, Any]

    async def ask(self, path: str, body: Any, *, by: dict[str, str] | None = None) -> tuple[int, str]:
        """Status, and the code of a refusal."""
        headers = {"idempotency-key": f"ask-{next(self._keys)}", **(by or {})}
        answer = await self.client.post(path, json=body, headers=headers)
        return answer.status_code, answer.json().get("code", "")

    async def prepare(self) -> None:
        """100.00 bought four times: one of them returned, one paid with points; points set aside twice, exchanged and
        bought; a choice made; then both balances are frozen."""
        for name in ("ann", "bob", "cat"):
            await self.buy(name, 10000)
        self.me = f"/v1/members/{self.ids['ann']}"
        self.staff = {}
        self.was = {"kept": await self.buy("ann", 10000), "paid": await self._pays(20)}
        again = await self._pays(30)
        self.was["back"] = await self.post("/v1/returns", {"sale": {"activity_id": again["activity_id"]}})
        for name in ("hold", "void"):
            said = {"member": {"id": self.ids["ann"]}, "currency": "points", "points": 5}
            self.was[name] = (await self.post("/v1/holds", said))["holds"][-1]
        self.was["swap"] = await self.post(f"{self.me}/exchanges", {"currency": "points", "to": "stars", "points": 50})
        bought = {"currency": "points", "points": 100, "payment": {"kind": "card", "amount": 200}}
        self.was["bought"] = await self.post(f"{self.me}/point-purchases", bought)
        await self.post(f"{self.me}/choices/mine", {"picked": ["bread"]})
        self.was["code"] = (await self.get(f"{self.me}/referrals"))["items"][0]["code"]

    async def _pays(self, points: int) -> Any:
        return await self.buy("ann", 10000, pay=[{"currency": "points", "points": points}])

    async def freeze(self, address: Address) -> None:
        account_id = ids.from_wire("mem", self.ids["ann"])
        async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[1]) as tx:
            sql = "update regulars.balance set frozen_reason = 'looked into' where account_id = $1"
            assert await tx.execute(sql, account_id) == 2


@pytest.fixture
async def town(home: Path, address: Address, database: Database) -> AsyncIterator[Frozen]:
    async with people(home, address, database, PROGRAM) as opened:
        one = Frozen(opened.client, database, home)
        await one.prepare()
        one.staff = await _staff(one)
        await one.freeze(address)
        yield one


async def _staff(one: Frozen) -> dict[str, str]:
    admin = {"authorization": f"Bearer {await new_key(one.database, program='shop', scopes=('admin',))}"}
    made = await one.client.post("/v1/staff", json={"name": "ana", "email": "ana@shop.md"}, headers=admin)
    scopes = ("till", "activities:write", "members:write")
    token = await new_key(one.database, program="shop", scopes=scopes, staff=made.json()["id"])
    return {"authorization": f"Bearer {token}"}


async def test_what_each_act_does_while_a_balance_is_frozen(town: Frozen) -> None:
    me, ann, by = town.me, {"member": {"id": town.ids["ann"]}}, town.staff
    why, some = {"reason": "asked for"}, {"currency": "points", "points": 10}
    through = (edge.now() + dt.timedelta(days=500)).date().isoformat()
    basket, bob = {**ann, "lines": [{"amount": 1000}]}, {"to": {"phone": PHONES["bob"]}}
    sale, paid = ({"sale": {"activity_id": town.was[name]["activity_id"]}} for name in ("kept", "paid"))
    undo, bought = town.was["back"]["activity_id"], town.was["bought"]["activity_id"]
    into = {"into": town.ids["bob"], "reason": "same person"}
    adjust = f"{me}/points/adjust"
    stops = (409, FROZEN)
    rows: list[tuple[str, str, dict[str, Any], tuple[int, str]]] = [
        # Spending stops, whatever it is called.
        ("pay at the till", "/v1/purchases", {**basket, "pay": [some]}, stops),
        ("ask what points would pay", "/v1/quotes", {**basket, "pay": [some]}, stops),
        ("set points aside", "/v1/holds", {**ann, **some}, stops),
        ("capture", f"/v1/holds/{town.was['hold']['id']}/capture", {}, stops),
        ("pass points on", f"{me}/transfers", {**bob, **some}, stops),
        ("exchange", f"{me}/exchanges", {**some, "to": "stars"}, stops),
        ("undo an exchange", f"{me}/exchanges/{town.was['swap']['activity_id']}/undo", why, stops),
        ("give bought points back for money", f"{me}/point-purchases/{bought}/return", {}, stops),
        ("order a reward", f"{me}/orders", {"reward": "mug"}, stops),
        ("pay for another choice", f"{me}/choices/mine", {"picked": ["milk"]}, stops),
        ("take points by hand", adjust, {**some, "points": -1, **why}, stops),
        # What a return had given back pays again for the sale: that is spending, too.
        ("undo a return", "/v1/returns", {"sale": {"activity_id": undo}, **why}, stops),
        # Nobody leaves with them, or without them.
        ("merge into somebody", f"{me}/merge", into, stops),
        ("erase", f"{me}/erase", {"reason": "asked for it", "forfeits": True}, stops),
        # Earning goes on.
        ("buy", "/v1/purchases", basket, (201, "")),
        ("as many points as may pay: none", "/v1/purchases", {**basket, "pay": [{**some, "points": "max"}]}, (201, "")),
        ("buy points", f"{me}/point-purchases", {**some, "points": 100, "payment": {"kind": "card", "amount": 200}},
         (201, "")),
        ("give points by hand", adjust, {**some, **why}, (201, "")),
        ("let points live longer", f"{me}/points/extend", {"currency": "points", "through": through, **why}, (201, "")),
        ("be set a tier", f"{me}/tiers/status", {"level": "gold", **why}, (201, "")),
        # Whoever brings goods back is not sent away: what they earned goes, what they paid comes back.
        ("return what earned", "/v1/returns", sale, (201, "")),
        ("return what points paid", "/v1/returns", paid, (201, "")),
        # A hold may end, and last.
        ("void", f"/v1/holds/{town.was['void']['id']}/void", {}, (201, "")),
        ("hold longer", f"/v1/holds/{town.was['hold']['id']}/extend", {}, (201, "")),
        # Others go on with her.
        ("receive points", f"/v1/members/{town.ids['bob']}/transfers", {"to": {"phone": PHONES["ann"]}, **some},
         (201, "")),
        ("take somebody in", f"/v1/members/{town.ids['cat']}/merge", {"into": town.ids["ann"], "reason": "one"},
         (201, "")),
    ]  # fmt: skip
    found = [(what, await town.ask(path, body, by=by if path == adjust else None)) for what, path, body, _ in rows]
    assert found == [(what, expected) for what, _, _, expected in rows]
    assert await town.sound()


async def test_bringing_a_friend_is_rewarded_while_a_balance_is_frozen(
    town: Frozen, home: Path, address: Address
) -> None:
    before = await town.active("ann")
    await town.buy("dan", 6000, referral=town.was["code"])
    async with worker(home, address) as runtime:
        while await activities.finish_moves(runtime, now=edge.now()):
            pass
    assert await town.active("ann") == before + 500
    assert await town.sound()


async def test_an_undone_return_that_is_refused_while_frozen_is_done_once_it_is_not(
    town: Frozen, address: Address
) -> None:
    had = await town.active("ann")
    again = {"sale": {"activity_id": town.was["back"]["activity_id"]}, "reason": "keyed by mistake"}
    assert await town.ask("/v1/returns", again) == (409, FROZEN)
    assert await town.active("ann") == had
    async with Database(address, role="owner", size=1) as owner, owner.transaction(programs=[1]) as tx:
        await tx.execute("update regulars.balance set frozen_reason = null")
    # 99.70 of money earned 99 points, which come again; the 30 that paid go again.
    assert await town.ask("/v1/returns", again) == (201, "")
    assert await town.active("ann") == had + 99 - 30
    assert await town.sound()
