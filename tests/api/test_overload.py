"""The gate under a flood: who comes too late hears so at once, before anything of the request is read."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from regulars.access.contracts import Actor
from regulars.api.figures import Figures
from regulars.api.gate import Gate
from regulars.kit import settings as kit_settings


async def nobody(token: str, now: object) -> Actor:
    raise AssertionError("nobody shows a key here")


class Inside:
    """An application that answers 204 and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(gate: Gate, headers: list[tuple[bytes, bytes]]) -> Any:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "POST", "path": "/v1/purchases", "headers": headers, "query_string": b""}
    await gate(scope, receive, send)
    return sent[0]


@pytest.mark.parametrize("is_full", [False, True])
async def test_an_activity_is_refused_at_the_gate_while_all_room_is_taken(*, is_full: bool) -> None:
    inside = Inside()
    gate = Gate(inside, settings=kit_settings.load({}), authenticate=nobody, figures=Figures(), is_full=lambda: is_full)
    answer = await ask(gate, [(b"idempotency-key", b"1")])
    assert (answer["status"], inside.asked) == ((503, 0) if is_full else (204, 1))
    assert (b"retry-after" in dict(answer["headers"])) is is_full
    assert dict(answer["headers"])[b"x-request-id"]


async def test_many_who_are_turned_away_at_once_leave_turns_to_those_who_were_let_in() -> None:
    gate = Gate(Inside(), settings=kit_settings.load({}), authenticate=nobody, figures=Figures(), is_full=lambda: True)
    crowd = [asyncio.create_task(ask(gate, [(b"idempotency-key", b"1")])) for _ in range(640)]
    done_by_turn = []
    while not all(one.done() for one in crowd):
        await asyncio.sleep(0)
        done_by_turn.append(sum(one.done() for one in crowd))
    # Whoever is at a batch has a turn after each 64, not after all of them.
    assert max(after - before for before, after in pairwise([0, *done_by_turn])) <= 64
    assert {one.result()["status"] for one in crowd} == {503}


async def test_what_is_no_activity_is_let_in() -> None:
    inside = Inside()
    gate = Gate(inside, settings=kit_settings.load({}), authenticate=nobody, figures=Figures(), is_full=lambda: True)
    assert ((await ask(gate, []))["status"], inside.asked) == (204, 1)
