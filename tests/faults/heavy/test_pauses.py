"""Processes that stand still: what was paused in mid-batch and goes on later does nothing twice and holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx
import psutil
import pytest

from regulars.kit import edge
from tests.faults import crowd, table
from tests.faults.crowd import Crowd
from tests.journeys.conftest import SHOP, TILL, Server

PAUSE_S, SHORT_S, SHORT_PAUSES = 30.0, 2.6, 12
STOCKED = SHOP + (
    "reward_types: {later: {title: {en: A, ru: А, ro: A}, steps: [{handover: counter}], cancel: [staff]}}\n"
    "rewards: {mug: {title: {en: A, ru: А, ro: A}, type: later, prices: [{points: 1}], stock: true, value: 0.02}}\n"
)
NOT_NOW = {429, 503}


class Visitors:
    """Some who ask for whatever else there is, again and again; an answer is a yes, or a no that says when to return."""

    def __init__(self, url: str, token: str) -> None:
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(url, token, number)) for number in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self, url: str, token: str, number: int) -> None:
        body = {"member": {"phone": f"+3736915{number:04d}"}, "lines": [{"amount": 500}]}
        acts: list[Callable[[httpx.Client], httpx.Response]] = [
            lambda client: client.post("/v1/quotes", json=body),
            lambda client: client.post("/v1/purchases", json=body, headers={"idempotency-key": edge.token(9)}),
            lambda client: client.post(
                "/v1/programs/corner/stock/mug",
                json={"set": 50, "reason": "delivery"},
                headers={"idempotency-key": edge.token(9)},
            ),
            lambda client: client.get("/v1/events", params={"limit": 5}),
            lambda client: client.get("/v1/programs/corner/definitions"),
        ]
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=5) as client:
            while not self._stop.is_set():
                for act in acts:
                    with contextlib.suppress(httpx.TransportError):
                        self._weigh(act(client))

    def _weigh(self, answer: httpx.Response) -> None:
        self.answers[answer.status_code] += 1
        told = answer.status_code < 500 or (answer.status_code in NOT_NOW and "retry-after" in answer.headers)
        if not told:
            self.wrong.append(f"{answer.request.method} {answer.request.url.path}: {answer.text}")


@contextlib.contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """SIGSTOP for as long as the block runs."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def worker(pair: Server) -> psutil.Process:
    assert pair.child is not None
    found = psutil.Process(pair.child.pid).children()
    return next(each for each in found if "regulars.worker" in " ".join(each.cmdline()))


async def agree(pair: Server, token: str, buyers: Crowd) -> None:
    """Everything acknowledged is there once, and the books hold."""
    members = set(buyers.acknowledged.values())
    found = await crowd.look(pair, token=token, members=members, program_id=1)
    ours: dict[str, Any] = {key: found.recorded[key] for key in buyers.tried}
    assert set(ours.values()) == {1}
    assert set(buyers.tried) == set(buyers.acknowledged)
    assert found.breaks == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_process_paused_in_mid_batch_for_half_a_minute_changes_nothing(pair: Server) -> None:
    token = asyncio.run(pair.found(text=STOCKED, scopes=(*TILL, "program:read", "program:write")))
    with Crowd(pair.url, token, writers=6) as buyers, Visitors(pair.url, token) as visitors:
        buyers.wait_for(60)
        for victim in (crowd.api_processes(pair)[0], worker(pair), crowd.api_processes(pair)[1]):
            crowd.in_mid_batch(pair)
            with stopped(victim):
                until = time.monotonic() + PAUSE_S
                # The others go on, whatever it held.
                buyers.wait_for(60, within_s=PAUSE_S)
                time.sleep(max(0.0, until - time.monotonic()))
            buyers.wait_for(60)
    assert visitors.wrong == []
    asyncio.run(agree(pair, token, buyers))
    done = f"2 server processes and the worker, {PAUSE_S:.0f} s each, {len(buyers.acknowledged)} purchases meanwhile"
    table.tell("SIGSTOP", "paused in mid-batch and continued", done)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_processes_without_a_turn_on_the_processor_say_so_and_never_err(pair: Server) -> None:
    token = asyncio.run(pair.found(text=STOCKED, scopes=(*TILL, "program:read", "program:write")))
    chance = random.Random(1)
    with Crowd(pair.url, token, writers=6) as buyers, Visitors(pair.url, token) as visitors:
        for _ in range(SHORT_PAUSES):
            buyers.wait_for(20)
            time.sleep(chance.uniform(0, 0.1))
            with contextlib.ExitStack() as all_of_them:
                for each in crowd.api_processes(pair):
                    all_of_them.enter_context(stopped(each))
                time.sleep(SHORT_S)
    assert visitors.wrong == []
    assert "internal_fault" not in buyers.faults
    asyncio.run(agree(pair, token, buyers))
    said = ", ".join(f"{count} x {status}" for status, count in sorted(visitors.answers.items()))
    table.tell("SIGSTOP", f"all processes paused {SHORT_S} s at random", f"{SHORT_PAUSES} times; answers: {said}")
