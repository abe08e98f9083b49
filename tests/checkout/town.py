"""A town over HTTP: people who buy, are merged and taken apart, and share households."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import structlog

from regulars.activities import service as activities
from regulars.kit import edge
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as program
from tests.api.conftest import new_key, running

# By itself structlog draws each local variable of a traceback, which takes seconds.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])

SCOPES = (
    "till", "members:read", "members:write", "activities:write", "activities:approve", "ledger:read", "events:read",
)  # fmt: skip
PHONES = {name: f"+3736912345{digit}" for digit, name in enumerate(("ann", "bob", "cat", "dan", "eve"))}


class People:
    """A client with a key, and the ids that people got."""

    def __init__(self, client: httpx.AsyncClient, database: Database, home: Path) -> None:
        self.client, self.database, self.home = client, database, home
        self.ids: dict[str, str] = {}
        self.cards: dict[str, str] = {}
        self._keys = count(1)

    async def post(self, path: str, body: Any, *, status: int = 201, key: str | None = None) -> Any:
        headers = {"idempotency-key": key or f"key-{next(self._keys)}"}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str, *, status: int = 200) -> Any:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def buy(self, name: str, *amounts: int, by: dict[str, str] | None = None, **more: Any) -> Any:
        return await self.buys(name, *({"amount": amount} for amount in amounts), by=by, **more)

    async def buys(self, name: str, *lines: dict[str, Any], by: dict[str, str] | None = None, **more: Any) -> Any:
        member = by or {"phone": PHONES[name]}
        done = await self.post("/v1/purchases", {"member": member, "lines": list(lines), **more})
        self.ids.setdefault(name, done["member"]["id"])
        if "card" in done["member"]:
            self.cards[name] = done["member"]["card"]
        return done

    async def merge(self, one: str, into: str, **more: Any) -> Any:
        body = {"into": self.ids[into], "reason": "same person"}
        return await self.post(f"/v1/members/{self.ids[one]}/merge", body, **more)

    async def unmerge(self, one: str, **more: Any) -> Any:
        return await self.post(f"/v1/members/{self.ids[one]}/unmerge", {"reason": "two people"}, **more)

    async def active(self, name: str, currency: str = "points") -> int:
        return int((await self.balance(name, currency))["active"])

    async def balance(self, name: str, currency: str = "points") -> dict[str, Any]:
        found = await self.get(f"/v1/members/{self.ids[name]}")
        empty = {"active": 0, "pending": 0, "held": 0, "arrears": 0}
        return next((one for one in found["balances"] if one["currency"] == currency), empty)

    async def sound(self) -> bool:
        """Whether everything holds together, and nothing is on its way (I1 to I7, I10 to I14)."""
        report = await activities.check_everything(self.database, self.home, program_id=1)
        async with self.database.read(programs=[1]) as tx:
            transit = await tx.fetchval(
                """select coalesce(sum(case 'transit' when to_book then amount when from_book then -amount end), 0)
                from regulars.entry"""
            )
            under_way = await tx.fetchval("select count(*) from regulars.move where arrived_at is null")
        assert not report.breaks, report.breaks
        return bool(transit == 0 and under_way == 0)


@contextlib.asynccontextmanager
async def people(home: Path, address: Address, database: Database, text: str) -> AsyncIterator[People]:
    token = await new_key(database, program="shop", scopes=SCOPES)
    async with database.transaction(programs=[1]) as tx:
        await program.publish(tx, program_id=1, text=text, by="test", now=edge.now())
    settings = Settings(home=home, rate_limit_per_s=1_000_000, rate_limit_burst=1_000_000)
    async with running(settings, address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield People(client, database, home)


@contextlib.asynccontextmanager
async def worker(home: Path, address: Address) -> AsyncIterator[activities.Runtime]:
    """A process beside the server, as the worker is one."""
    async with Database(address, size=4) as database, activities.Runtime(Settings(home=home), database) as runtime:
        yield runtime
