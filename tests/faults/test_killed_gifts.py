"""What members get under fire: fifty buyers of a hundred units, one code for thirty, points passed on in a ring. Whoever
dies, nothing is lost, nothing is done twice, and what is counted is what was given (I10, I12, L54, R10).
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import Counter
from typing import Any, Self

import httpx
import pytest

from regulars.kit import edge, keyring, server
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from tests.faults import crowd
from tests.journeys.conftest import TILL, Server

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
BUYERS, UNITS, USES, BEGAN, PRICE, PRIZE = 50, 100, 30, 20, 2, 3
WORDS = "{en: A, ru: А, ro: A}"
PROGRAM = f"""
program: {{name: corner, money: USD, zone: Europe/Chisinau}}
currencies: {{points: {{value: 0.01, cost: {{house: 0.01}}, transfer: {{least: 1}}}}}}
activities: {{purchase: {{basket: true}}}}
rules: {{base: {{kind: base, trigger: purchase, effects: [{{give: points, amount: "basket.base"}}]}}}}
vouchers: {{few: {{title: {WORDS}, codes: {{shared: FEWHAVEIT}}, uses: {{code: {USES}, member: 1}}, effects: [{{give: points, amount: "{PRIZE}"}}]}}}}
reward_types: {{later: {{title: {WORDS}, steps: [{{handover: counter}}], cancel: [staff]}}}}
rewards: {{mug: {{title: {WORDS}, type: later, prices: [{{points: {PRICE}}}], stock: true, value: 0.02}}}}
"""
NO = {"reward_out_of_stock", "voucher_used_up", "insufficient_points"}


class Buyers:
    """Some tills that do what there is to do, each thing again and again until there is a yes or a no."""

    def __init__(self, url: str, token: str, *, fresh_keys: bool = False) -> None:
        self.url, self.token = url, token
        # The negative control: a retry under a new key is a new order.
        self.fresh_keys = fresh_keys
        self.yes: Counter[str] = Counter()
        self.no: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.broken: list[str] = []
        self._jobs: queue.SimpleQueue[tuple[str, str, str, dict[str, Any]]] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work) for _ in range(10)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self._threads)
        assert self.broken == []

    def wants(self, kind: str, path: str, body: dict[str, Any]) -> None:
        self._jobs.put((kind, edge.token(8), path, body))

    def wait_for(self, answers: int, within_s: float = 90.0) -> None:
        until = time.monotonic() + within_s
        while self.yes.total() + self.no.total() < answers:
            assert time.monotonic() < until, (self.yes, self.no, self.faults)
            time.sleep(0.01)

    def _work(self) -> None:
        with httpx.Client(base_url=self.url, timeout=5, headers={"authorization": f"Bearer {self.token}"}) as client:
            while True:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._bring_to_its_end(client, *job)
                except (AssertionError, ValueError, KeyError) as fault:
                    self.broken.append(repr(fault))

    def _bring_to_its_end(self, client: httpx.Client, kind: str, key: str, path: str, body: dict[str, Any]) -> None:
        until, sent = time.monotonic() + 60, 0
        while time.monotonic() < until:
            sent += 1
            headers = {"idempotency-key": f"{key}-{sent}" if self.fresh_keys else key}
            # A till on a bad line gives up before the answer comes, and asks again.
            patience_s = 0.004 if sent == 1 and key[0] in "aeimquyAEIMQUY" else 5.0
            try:
                answer = client.post(path, json=body, headers=headers, timeout=patience_s)
            except httpx.TransportError as fault:
                self.faults[type(fault).__name__] += 1
            else:
                said = "" if answer.status_code < 300 else answer.json()["code"]
                if answer.status_code == 201 or said in NO:
                    (self.no if said else self.yes)[kind] += 1
                    return
                self.faults[said or "under way"] += 1
                assert answer.status_code in {202, 409, 503}, answer.text
            time.sleep(0.02)
        raise AssertionError((kind, self.faults))


def stocked(doomed: Server, token: str) -> list[str]:
    """The stock, and fifty members who have something to spend."""
    with httpx.Client(base_url=doomed.url, headers={"authorization": f"Bearer {token}"}, timeout=10) as client:
        delivery, key = {"set": UNITS, "reason": "delivery"}, {"idempotency-key": "stock"}
        supplied = client.post("/v1/programs/corner/stock/mug", json=delivery, headers=key)
        assert supplied.status_code in {200, 201}, doomed.log.read_text()[-4000:]
        members = []
        for number in range(BUYERS):
            body = {"member": {"phone": f"+3736913{number:04d}"}, "lines": [{"amount": BEGAN * 100}]}
            bought = client.post("/v1/purchases", json=body, headers={"idempotency-key": f"earn-{number}"})
            assert bought.status_code == 201, bought.text
            members.append(bought.json()["member"]["id"])
    return members


def fill(buyers: Buyers, members: list[str]) -> int:
    """What everybody wants, in turns; how much that is."""
    for turn in range(3):
        for number, member in enumerate(members):
            buyers.wants("order", f"/v1/members/{member}/orders", {"reward": "mug"})
            if turn == 0:
                phone = f"+3736913{number:04d}"
                buyers.wants("voucher", "/v1/vouchers/redeem", {"member": {"phone": phone}, "vouchers": ["FEWHAVEIT"]})
            if turn < 2:
                to = {"phone": f"+3736913{(number + 1) % BUYERS:04d}"}
                send = {"to": to, "currency": "points", "points": 1}
                buyers.wants("send", f"/v1/members/{member}/transfers", send)
    return 6 * len(members)


async def found(doomed: Server) -> dict[str, Any]:
    """What is really there."""
    key = keyring.key(doomed.home, "ledger")
    async with (
        Database(server.locate(doomed.settings), size=1, pace="patient") as database,
        database.read(programs=[1]) as tx,
    ):
        report = await ledger.check(tx, program_id=1, key=key)

        async def one(sql: str) -> int:
            return int(await tx.fetchval(sql) or 0)

        return {
            "breaks": [str(each) for each in report.breaks],
            "stock": await one(
                "select sum(value)::bigint from regulars.counter where metric = 'stock:mug' and item = ''"
            ),
            "orders": await one("select count(*) from regulars.reward_order where state = 'open'"),
            "uses": await one(
                "select sum(value)::bigint from regulars.counter where metric = 'uses:few' and item = ''"
            ),
            "held": await one("select sum(held)::bigint from regulars.balance"),
            "points": await one("select sum(active + held + pending)::bigint from regulars.balance"),
            "moving": await one("select count(*) from regulars.move where arrived_at is null"),
        }


@pytest.mark.slow
@pytest.mark.timeout(240 + 60 * ROUNDS)
async def test_kills_neither_lose_nor_double_what_members_get(doomed: Server) -> None:
    token = await doomed.found(text=PROGRAM, scopes=(*TILL, "program:write"))
    members = stocked(doomed, token)
    buyers = Buyers(doomed.url, token)
    everything = fill(buyers, members)
    with buyers:
        for turn in range(1, 2 * ROUNDS + 1):
            buyers.wait_for(turn * everything // (2 * ROUNDS + 2))
            crowd.kill(crowd.one_of(crowd.api_processes if turn % 2 else crowd.backends, doomed))
    there = await found(doomed)
    assert buyers.faults.total() > 0, "nobody noticed the kills: they did not hit"
    assert there["breaks"] == []
    assert (buyers.yes["order"], there["orders"], there["stock"]) == (UNITS, UNITS, UNITS)
    assert (buyers.yes["voucher"], there["uses"]) == (USES, USES)
    assert (there["held"], there["moving"]) == (UNITS * PRICE, 0)
    # What was sent arrived, so that only what was earned and won is there.
    assert (buyers.yes["send"], there["points"]) == (2 * BUYERS, BUYERS * BEGAN + USES * PRIZE)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_check_sees_orders_that_count_twice(doomed: Server) -> None:
    """The control: a till that retries under a new key orders twice, and what was acknowledged is no more what is there."""
    token = await doomed.found(text=PROGRAM, scopes=(*TILL, "program:write"))
    members = stocked(doomed, token)
    buyers = Buyers(doomed.url, token, fresh_keys=True)
    fill(buyers, members)
    with buyers:
        buyers.wait_for(100)
    there = await found(doomed)
    assert there["orders"] == there["stock"] == UNITS
    assert buyers.yes["order"] < UNITS, "the check is blind"
