"""A small shop: one program published in a fresh database, and a process that serves it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, Intake, LineIn, Reply
from regulars.activities.service import Runtime
from regulars.kit import settings as kit_settings
from regulars.kit.database import Database
from regulars.program import service as program

# By itself structlog draws each local variable of a traceback, which takes seconds for a batch.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])

CLIENT = UUID(int=7)
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)

SHOP = """
program: {name: shop, title: {en: Shop, ru: Магазин, ro: Magazin}, money: MDL, zone: Europe/Chisinau}
purposes:
  service:
    title: {en: Service, ru: Обслуживание, ro: Serviciu}
    texts: {v1: {en: To serve you, ru: Для обслуживания, ro: Pentru a vă servi}}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, expiry: 12 months, value: 0.01, cost: {house: 0.008}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: service}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: service}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}, purpose: service}
metrics:
  purchases: {count: activities, where: "type == 'purchase'", window: 30 days}
rules:
  base:
    title: {en: One point a leu, ru: Балл за лей, ro: Un punct la leu}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
"""


class Shop:
    """What a test does at the till: every call is one activity, with a key of its own unless it says otherwise."""

    def __init__(self, runtime: Runtime, program_id: int) -> None:
        self.runtime = runtime
        self.program_id = program_id
        self._numbers = count(1)

    def intake(self, kind: str = "purchase", **given: Any) -> Intake:
        """An activity as checkout would hand it in; `amounts` are lines, `phone` says who."""
        amounts = given.pop("amounts", ())
        phone = given.pop("phone", None)
        number = next(self._numbers)
        lines = tuple(LineIn(no=no, amount=amount) for no, amount in enumerate(amounts, start=1))
        fields: dict[str, Any] = {
            "key": f"key-{number}",
            "received_at": NOW,
            "who": () if phone is None else (Identifier("phone", phone),),
            "lines": lines,
            **given,
        }
        body = repr((kind, sorted((name, str(value)) for name, value in fields.items() if name != "key")))
        return Intake(
            program_id=self.program_id,
            client_id=CLIENT,
            digest=hashlib.sha256(body.encode()).digest(),
            type=kind,
            **fields,
        )

    async def submit(self, intake: Intake) -> Reply:
        return await activities.submit(self.runtime, intake)

    async def buy(self, *amounts: int, phone: str = "+37369123456", **given: Any) -> Answer:
        """Buy lines of these minor amounts; the answer of a yes."""
        reply = await self.submit(self.intake(amounts=amounts, phone=phone, **given))
        assert reply.status == 201, reply.body
        return answer_of(reply)


def answer_of(reply: Reply) -> Answer:
    """The answer in a reply's bytes."""
    return msgspec.json.decode(reply.body, type=Answer)


@pytest.fixture
async def shop(database: Database, home: Path) -> AsyncIterator[Shop]:
    """The small shop, open."""
    async with open_shop(database, home, SHOP) as opened:
        yield opened


@contextlib.asynccontextmanager
async def open_shop(database: Database, home: Path, text: str) -> AsyncIterator[Shop]:
    """Publish a program and serve it."""
    async with database.transaction(programs=[]) as tx:
        made = await access.create_program(tx, key="shop", name="Shop", now=NOW)
    async with database.transaction(programs=[made.program_id]) as tx:
        await program.publish(tx, program_id=made.program_id, text=text, by="test", now=NOW)
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Runtime(settings, database) as runtime:
        yield Shop(runtime, made.program_id)
