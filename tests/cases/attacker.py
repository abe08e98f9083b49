"""Somebody who tries what no act on points may do, in a shop where everything has happened once."""

from __future__ import annotations

from itertools import count
from typing import Any

from regulars.kit import ids
from tests.cases import stories
from tests.cases.conftest import Street
from tests.cases.shop import Shop

(STORY,) = stories.told(
    {
        "case": 56,
        "program": {
            "currencies": {
                "points": {
                    "expiry": "30 days",
                    "round_up": "day",
                    "value": 0.01,
                    "cost": {"house": 0.01},
                    "transfer": {"to": "anyone"},
                    "hold_longest": "1 hours",
                },
                "stars": {"expiry": "never", "cost": {"house": 0.01}},
            }
        },
        "steps": [{"at": "2027-03-01 12:00", "buy": [100.00]}],
    }
)
BEGINS = STORY.steps[0].at
NOBODY = "mem_01M81HY8AAF6SBARMVTVQ0Y5XG"
NO_HOLD = "hld_01M81HY8AAF6SBARMVTVQ0Y5XG"
NO_SALE = "act_01M81HY8AAF6SBARMVTVQ0Y5XG"
ROWS = "entry, lot, lot_use, lot_change, hold, balance, activity, move"


class Attacker:
    """Somebody with a key of a till and of the desk, who tries everything."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.at = BEGINS
        self.ids: dict[str, str] = {}
        self._numbers = count(1)

    async def post(self, path: str, body: dict[str, Any], *, language: str = "en") -> Any:
        self.shop.clock.set(self.at)
        key = {"idempotency-key": f"{self.shop.program_id}-{next(self._numbers)}", "accept-language": language}
        return await self.shop.client.post(path, json=body, headers=await self.shop._key() | key)

    async def does(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def buys(self, who: str, amount: int = 10_000) -> str:
        sold = await self.does("/v1/purchases", {"member": {"own_id": who}, "lines": [{"amount": amount}]})
        self.ids[who] = sold["member"]["id"]
        return str(sold["activity_id"])

    async def holds(self, who: str, points: int = 10) -> str:
        body = {"member": {"own_id": who}, "currency": "points", "points": points}
        return str((await self.does("/v1/holds", body))["holds"][0]["id"])

    async def freeze(self, who: str) -> None:
        account = ids.from_wire("mem", self.ids[who])
        async with self.shop.database.transaction(programs=[self.shop.program_id]) as tx:
            await tx.execute("update regulars.balance set frozen_reason = 'looked into' where account_id = $1", account)
            await tx.execute("update regulars.account set version = version + 1 where account_id = $1", account)

    async def trace(self) -> dict[str, list[str]]:
        """Every row of the books and of what was done."""
        async with self.shop.database.read(programs=[self.shop.program_id]) as tx:
            return {
                table: sorted(str(tuple(row)) for row in await tx.fetch(f"select * from regulars.{table}"))
                for table in ROWS.split(", ")
            }

    async def refused(self, status: int, code: str, path: str, body: dict[str, Any]) -> None:
        """Try it: a refusal of the books has its words in all languages, others speak that of whoever asks."""
        for name, one in self.ids.items():
            path = path.replace(f"<{name}>", one)
        told = [await self.post(path, body)]
        if "texts" not in told[0].json():
            told += [await self.post(path, body, language=language) for language in ("ru", "ro")]
        assert {(one.status_code, one.json()["code"]) for one in told} == {(status, code)}, (path, body, told[0].text)
        texts = told[0].json().get("texts", {}).values() or [one.json()["detail"] for one in told]
        assert len(set(texts)) == 3, texts
        assert not any("{" in text or code in text for text in texts), texts


async def opened(street: Street) -> Attacker:
    """A shop where everything has happened once: ann and dan have 100 points, bob was merged into cat, fay is
    erased, gus has a hold and is frozen; each hold has ended in its own way."""
    shop = await street.shop(STORY)
    one = Attacker(shop)
    for who in ("ann", "bob", "cat", "dan", "eve", "fay", "gus"):
        await one.buys(who)
    for name in ("open", "captured", "voided", "old"):
        one.ids[name] = await one.holds("dan", 10)
    await one.does(f"/v1/holds/{one.ids['captured']}/capture", {"points": 6})
    await one.does(f"/v1/holds/{one.ids['voided']}/void", {})
    await one.does(f"/v1/holds/{one.ids['old']}/extend", {})
    one.ids["frozen"] = await one.holds("gus")
    await one.freeze("gus")
    await one.does(f"/v1/members/{one.ids['bob']}/merge", {"into": one.ids["cat"], "reason": "same person"})
    await one.does(f"/v1/members/{one.ids['fay']}/erase", {"reason": "asked for it", "forfeits": True})
    one.ids["sale"], one.ids["back"] = await one.buys("eve"), await one.buys("eve")
    await one.does("/v1/returns", {"sale": {"activity_id": one.ids["back"]}})
    return one
