"""A till without a connection: it numbers and signs what it does, keeps it, and tells of it when it can."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.service import Runtime
from regulars.kit import edge, keyring
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.ledger import service as ledger
from regulars.program import service as program
from tests.api.conftest import new_key, running
from tests.conftest import copied

SHOP = """
program: {{name: {name}, title: {{en: Shop, ru: Магазин, ro: Magazin}}, money: MDL, zone: Europe/Chisinau, region: MD{more}}}
purposes:
  service:
    title: {{en: Service, ru: Обслуживание, ro: Serviciu}}
    texts: {{v1: {{en: To serve you, ru: Для обслуживания, ro: Pentru a vă servi}}}}
currencies:
  points: {{title: {{en: Points, ru: Баллы, ro: Puncte}}, expiry: 12 months, value: 0.01, cost: {{house: 0.008}}}}
activities:
  purchase: {{title: {{en: Purchase, ru: Покупка, ro: Cumpărătură}}, basket: true, purpose: service}}
  return: {{title: {{en: Return, ru: Возврат, ro: Retur}}, basket: true, reverses: purchase, purpose: service}}
rules:
  base:
    title: {{en: One point a leu, ru: Балл за лей, ro: Un punct la leu}}
    kind: base
    trigger: purchase
    effects: [{{give: points, amount: "basket.base"}}]
"""
SCOPES = ("till", "members:read", "members:write", "events:read", "ledger:read")
_phones = itertools.count(69_100_000)


class OfflineTill:
    """One till with its key; `queue` is what it did so far. `ahead` is how far its clock is ahead of ours."""

    def __init__(
        self, client: httpx.AsyncClient, *, admin: str, token: str, ahead: dt.timedelta = dt.timedelta()
    ) -> None:
        self.client, self.admin, self.token, self.ahead = client, admin, token, ahead
        self.id = self.name = ""
        self.queue: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._key: Any = None

    async def register(self, name: str = "2", *, floor: int = 0) -> OfflineTill:
        body = {"name": name, "store": "s1", "floor": floor}
        made = await self.client.post("/v1/tills", json=body, headers={"authorization": f"Bearer {self.admin}"})
        assert made.status_code == 201, made.text
        self.id, self.name = made.json()["till"]["id"], name
        self._key = load_pem_private_key(made.json()["private_key"].encode(), None)
        return self

    def now(self) -> dt.datetime:
        """What its clock says."""
        return dt.datetime.now(dt.UTC) + self.ahead

    def signed(self, number: int, **act: Any) -> dict[str, Any]:
        """An act under a number, signed as docs/till.md says."""
        item = {"number": number, **act}
        message = json.dumps({**item, "till": self.id}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return {**item, "signature": base64.b64encode(self._key.sign(message.encode())).decode()}

    def does(self, kind: str, *, minutes_ago: float = 5, number: int | None = None, **body: Any) -> dict[str, Any]:
        """Do something: it joins the queue."""
        at = self.now() - dt.timedelta(minutes=minutes_ago)
        chosen = next(self._numbers) if number is None else number
        act = self.signed(chosen, **{kind: {"occurred_at": at.isoformat(), "source": f"till-{self.name}", **body}})
        self.queue.append(act)
        return act

    def sells(self, phone: str, *amounts: int, points: int = 0, **more: Any) -> dict[str, Any]:
        """A sale of lines of these amounts to whom this phone names, some of it paid with points."""
        lines = [{"amount": amount} for amount in amounts]
        pay: dict[str, Any] = {"pay": [{"currency": "points", "points": points}]} if points else {}
        return self.does("purchase", member={"phone": phone}, lines=lines, **pay, **more)

    async def post(
        self, acts: Sequence[dict[str, Any]] | None = None, *, till_time: dt.datetime | None = None
    ) -> httpx.Response:
        """Tell of some acts, or of the whole queue."""
        told = self.queue if acts is None else acts
        body = {"till_time": (till_time or self.now()).isoformat(), "activities": list(told)}
        headers = {"authorization": f"Bearer {self.token}"}
        return await self.client.post(f"/v1/tills/{self.id}/activities", json=body, headers=headers)

    async def tells(self, acts: Sequence[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
        """The same, which must be taken; the answer."""
        answer = await self.post(acts, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def seen(self) -> dict[str, Any]:
        """The till as the server sees it."""
        answer = await self.client.get(f"/v1/tills/{self.id}", headers={"authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def outcomes(told: dict[str, Any]) -> list[tuple[int | None, str, bool, str | None]]:
    """Number, outcome, whether it was told before, and what was wrong, of each act of an answer."""
    return [
        (one["number"], one["outcome"], one.get("replayed", False), one.get("problem", {}).get("code"))
        for one in told["results"]
    ]


class Town:
    """An application with two programs: `shop`, and `strict`, where points are only spent with a rotating code."""

    def __init__(self, client: httpx.AsyncClient, database: Database, settings: Settings) -> None:
        self.client, self.database, self.settings = client, database, settings
        self.tokens: dict[str, tuple[str, str]] = {}

    async def found(self, name: str, more: str = "") -> None:
        admin = await new_key(self.database, program=name, scopes=("admin",))
        token = await new_key(self.database, program=name, scopes=SCOPES)
        self.tokens[name] = (admin, token)
        async with self.database.transaction(programs=[]) as tx:
            (made,) = (one for one in await access.programs(tx) if one.key == name)
        async with self.database.transaction(programs=[made.program_id]) as tx:
            text = SHOP.format(name=name, more=more)
            await program.publish(tx, program_id=made.program_id, text=text, by="test", now=edge.now())
        stores = {"items": [{"id": "s1", "name": "Centre", "zone": "Europe/Chisinau"}]}
        answer = await self.client.put("/v1/stores", json=stores, headers={"authorization": f"Bearer {admin}"})
        assert answer.status_code == 200, answer.text

    async def worker_passes(self) -> None:
        """What the worker does each few seconds: a return finds a sale that came at the very moment as it did."""
        async with Runtime(self.settings, self.database) as runtime:
            await activities.sweep(runtime, now=edge.now())

    async def breaks(self, program_id: int) -> list[Any]:
        """What the checker finds wrong in the books of a program."""
        async with self.database.read(programs=[program_id]) as tx:
            report = await ledger.check(tx, program_id=program_id, key=keyring.key(self.settings.home, "ledger"))
        assert report.entries > 0
        return list(report.breaks)

    async def till(self, *, floor: int = 0, of: str = "shop", **more: Any) -> OfflineTill:
        admin, token = self.tokens[of]
        till = OfflineTill(self.client, admin=admin, token=token, **more)
        return await till.register(f"t{next(_phones)}", floor=floor)

    async def ask(self, method: str, path: str, body: Any = None, *, of: str = "shop", key: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[of][1]}", "idempotency-key": key or edge.token(8)}
        return await self.client.request(method, path, json=body, headers=headers)

    async def buys(self, phone: str, *amounts: int, of: str = "shop", **more: Any) -> dict[str, Any]:
        body = {"member": {"phone": phone}, "lines": [{"amount": amount} for amount in amounts], **more}
        answer = await self.ask("POST", "/v1/purchases", body, of=of)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def balance(self, phone: str, *, of: str = "shop") -> tuple[int, int]:
        """What somebody has, and what they owe."""
        known = (await self.ask("POST", "/v1/members/identify", {"member": {"phone": phone}}, of=of)).json()
        answer = await self.ask("GET", f"/v1/members/{known['id']}/statement", of=of)
        (found,) = answer.json()["balances"] or [{"active": 0, "arrears": 0}]
        return found["active"], found["arrears"]

    async def cases(self, till: OfflineTill) -> list[tuple[int, str]]:
        """Cases that acts of a till opened: number and code."""
        rows = []
        for program_id in (1, 2):
            async with self.database.read(programs=[program_id]) as tx:
                rows += await tx.fetch("select types, body from event where types like '%case.opened%'")
        events = [one for row in rows for one in decoded(row["body"])]
        return sorted((one["number"], one["code"]) for one in events if one.get("till") == till.name)


def decoded(body: Any) -> list[dict[str, Any]]:
    found = msgspec.json.decode(body)
    return found if isinstance(found, list) else [found]


def somebody() -> str:
    return f"+373{next(_phones)}"


@contextlib.asynccontextmanager
async def opened(template: Address, home: Path) -> AsyncIterator[Town]:
    """A town with both programs, for as long as the block runs."""
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    with copied(template) as where:
        async with Database(where, size=5) as database, running(settings, where) as client:
            made = Town(client, database, settings)
            await made.found("shop")
            await made.found("strict", ", redeem_needs_code: true")
            yield made
