"""The clock of the database and of every process is turned while they serve: a year on, two hours back (TRUST.md R12)."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

from regulars.kit import edge, keyring, upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from tests.faults import table
from tests.faults.clock import Clock, ClockedServer
from tests.journeys.conftest import TILL, Server

WORDS = "{en: A, ru: А, ro: A}"
PROGRAM = f"""
program: {{name: corner, money: EUR, zone: Europe/Bucharest}}
purposes: {{service: {{title: {WORDS}, texts: {{v1: {WORDS}}}}}}}
currencies: {{points: {{title: {WORDS}, value: 0.01, cost: {{house: 0.01}}, expiry: 30 days, round_up: day}}}}
activities: {{purchase: {{title: {WORDS}, basket: true, purpose: service}}}}
attributes: {{birth_date: {{title: {WORDS}, type: date, wakes: true, purpose: service}}}}
rules:
  base: {{title: {WORDS}, kind: base, trigger: purchase, effects: [{{give: points, amount: "basket.base"}}]}}
  birthday: {{title: {WORDS}, trigger: {{date: member.attributes.birth_date, every: year}}, effects: [{{give: points, amount: "100"}}]}}
"""


@pytest.fixture
def clock(home: Path) -> Clock:
    return Clock(home)


@pytest.fixture
def where(home: Path, clock: Clock) -> Iterator[Address]:
    made = ClockedServer(home, clock)
    where = made.start()
    upgrade.upgrade(where)
    yield where
    made.stop()


@pytest.fixture
def served(home: Path, where: Address, clock: Clock) -> Iterator[Server]:
    user, password = where.login("admin")
    url = f"postgresql://{user}:{password}@/{where.database}?host={quote(where.host, safe='')}&port={where.port}"
    extra = {"REGULARS_DATABASE_URL": url, "REGULARS_SWEEP_INTERVAL_S": "1", **clock.environment}
    running = Server(home, **extra)
    running.start()
    yield running
    running.stop()


def counted(where: Address) -> dict[tuple[str, str], int]:
    """How many entries of each kind and rule there are."""
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        rows = connection.execute(
            "SELECT kind, coalesce(rule, ''), count(*) FROM regulars.entry GROUP BY 1, 2"
        ).fetchall()
    return {(kind, rule): count for kind, rule, count in rows}


def wait_for(where: Address, expected: dict[tuple[str, str], int]) -> None:
    until = time.monotonic() + 60
    while (found := counted(where)) != expected:
        assert time.monotonic() < until, (found, expected)
        time.sleep(0.2)


async def broken(where: Address, home: Path) -> list[str]:
    async with Database(where, size=1, pace="patient") as database, database.read(programs=[1]) as tx:
        report = await ledger.check(tx, program_id=1, key=keyring.key(home, "ledger"))
        return [str(each) for each in report.breaks]


@pytest.mark.timeout(300)
def test_a_clock_that_goes_a_year_on_and_comes_back_gives_and_takes_nothing_twice(
    served: Server, where: Address, home: Path, clock: Clock
) -> None:
    token = asyncio.run(served.found(text=PROGRAM, scopes=TILL))
    # The birthday is in twenty days, and again 365 or 366 later.
    birthday = (edge.now() + dt.timedelta(days=20)).date()
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=served.url, headers=headers, timeout=20) as till:
        who = {"phone": "+37369123456"}

        def buy(key: str) -> httpx.Response:
            body = {"member": who, "lines": [{"amount": 4000}]}
            return till.post("/v1/purchases", json=body, headers={"idempotency-key": key})

        member = buy("first").json()["member"]["id"]
        told = {"attributes": {"birth_date": f"{birthday.year - 30}-{birthday:%m-%d}"}}
        kept = till.post(
            "/v1/activities",
            json={"type": "profile", "member": who, "profile": told},
            headers={"idempotency-key": "born"},
        )
        assert kept.status_code == 201, kept.text
        clock.turn("+400d")
        # What was bought and the first gift came and went; the second gift came a fortnight ago and lives.
        there = {("earn", "base"): 1, ("earn", "birthday"): 2, ("expire", ""): 2}
        wait_for(where, there)
        for turned in ("-2h", "+400d", "+0"):
            clock.turn(turned)
            # Time for three rounds of the sweeper.
            time.sleep(4)
            assert counted(where) == there, turned
            assert till.get("/ready").status_code == 200
            assert buy("first").headers["idempotency-replayed"] == "true"
        balances = till.get(f"/v1/members/{member}").json()
        assert buy("back-in-time").status_code == 201
    assert "100" in str(balances)
    assert asyncio.run(broken(where, home)) == []
    table.tell("R12", "clock of database, server and worker +400 d, -2 h, back", "4 turns under the sweeper")
