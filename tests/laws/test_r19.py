"""A day's queue of offline tills, told shuffled and twice, gives the online result (LEDGER.md L58, TRUST.md R19).

REGULARS_R19 says how many acts the day has: 90 in `make test`, 5,000 in `make faults`.
"""

from __future__ import annotations

import asyncio
import functools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import msgspec
import pytest

from regulars.kit.address import Address
from tests.checkout.offline import OfflineTill, Town, opened, somebody
from tests.faults import table

ACTS = int(os.environ.get("REGULARS_R19", "90"))
TILLS = 3
UPLOAD = 400


class Act(msgspec.Struct, frozen=True):
    """Something done at a till: `kind` with this body, `minutes` before the till has its line again."""

    till: int
    kind: str
    minutes: float
    body: dict[str, Any]


class Day:
    """What some members did at the tills of a shop in one day, in its order; no rule looks at more than one act."""

    def __init__(self, count: int, seed: int) -> None:
        self._random, self._seed = random.Random(seed), seed
        self.members = [somebody() for _ in range(max(count // 12, 4))]
        self.acts: list[Act] = []
        self._has = dict.fromkeys(self.members, 0)
        self._sales: dict[str, list[tuple[int, str, int]]] = {phone: [] for phone in self.members}
        for n in range(count):
            self._one(n, minutes=600 - n * 590 / count)

    def _one(self, n: int, *, minutes: float) -> None:
        draw, phone = self._random, self._random.choice(self.members)
        till = draw.randrange(TILLS)
        if self._sales[phone] and draw.random() < 0.15:
            # Of a sale that no points paid, so that what members have is easily told beforehand.
            sold_at, document, amount = self._sales[phone].pop(draw.randrange(len(self._sales[phone])))
            back = draw.randrange(100, amount + 1, 100)
            body = {"sale": {"source": f"till-{sold_at}", "document": document}, "amount": back}
            self._has[phone] -= back // 100
        else:
            amounts = [100 * draw.randrange(1, 90) for _ in range(draw.randrange(1, 4))]
            body = {"member": {"phone": phone}, "lines": [{"amount": amount} for amount in amounts]}
            total, points = sum(amounts), 0
            if self._has[phone] > 30 and draw.random() < 0.3:
                points = min(100 * draw.randrange(1, 4), self._has[phone] // 100 * 100, total)
            if points:
                body["pay"] = [{"currency": "points", "points": points}]
            else:
                self._sales[phone].append((till, f"{self._seed}-{n}", total))
            self._has[phone] += (total - points) // 100 - points
        body |= {"source": f"till-{till}", "document": f"{self._seed}-{n}"}
        self.acts.append(Act(till, "return" if "sale" in body else "purchase", minutes, body))


@pytest.fixture
async def town(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    # One for each test: a day is compared whole, and the control adds acts that no other day has.
    async with opened(template, tmp_path_factory.mktemp("day")) as made:
        await made.found("online")
        yield made


async def patiently(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """What a till does: where the answer is 503, or an act is to be told again, the same once more."""
    for _ in range(30):
        answer = await ask()
        if answer.status_code != 503 and '"outcome":"again"' not in answer.text:
            break
        await asyncio.sleep(1)
    return answer


async def online(town: Town, day: Day) -> None:
    """The day as it would have been with a connection: each member's acts one after another."""
    by_member: dict[str, list[Act]] = {phone: [] for phone in day.members}
    sold: dict[tuple[str, str], str] = {}
    for act in day.acts:
        sale = act.body.get("sale")
        phone = sold[sale["source"], sale["document"]] if sale else act.body["member"]["phone"]
        sold[act.body["source"], act.body["document"]] = phone
        by_member[phone].append(act)

    at_once = asyncio.Semaphore(20)

    async def one_after_another(acts: Sequence[Act]) -> None:
        async with at_once:
            for act in acts:
                path = "/v1/returns" if act.kind == "return" else "/v1/purchases"
                key = f"{act.body['source']}-{act.body['document']}"
                answer = await patiently(functools.partial(town.ask, "POST", path, act.body, of="online", key=key))
                assert answer.status_code == 201, answer.text

    await asyncio.gather(*(one_after_another(acts) for acts in by_member.values()))


async def offline(town: Town, day: Day, *, seed: int) -> list[OfflineTill]:
    """The same at tills without a connection, told shuffled and twice, some uploads at the same moment."""
    draw = random.Random(seed)
    tills = [await town.till(floor=100_000) for _ in range(TILLS)]
    for act in day.acts:
        tills[act.till].does(act.kind, minutes_ago=act.minutes, **act.body)
    uploads = []
    for till in tills:
        acts = till.queue * 2
        draw.shuffle(acts)
        uploads += [(till, acts[first : first + UPLOAD]) for first in range(0, len(acts), UPLOAD)]
    draw.shuffle(uploads)
    for first in range(0, len(uploads), 2):
        pair = uploads[first : first + 2]
        answers = await asyncio.gather(*(patiently(functools.partial(till.post, acts)) for till, acts in pair))
        assert {answer.status_code for answer in answers} == {200}
    return tills


# 5,000 acts take more than a minute by themselves; a signal amidst may end one of the server's tasks in place of the test.
@pytest.mark.timeout(1800)
async def test_r19_a_days_queue_told_shuffled_and_twice_gives_the_online_result(town: Town) -> None:
    day = Day(ACTS, seed=19)
    await online(town, day)
    tills = await offline(town, day, seed=20)
    await town.worker_passes()
    for till in tills:
        seen = await till.seen()
        assert (seen["highest"], seen["missing"], seen["refused"], seen["faulty"]) == (len(till.queue), [], 0, 0)
    assert await given(town, "shop") == await given(town, "online")
    for phone in day.members:
        assert await town.balance(phone) == await town.balance(phone, of="online"), phone
    assert len(await given(town, "shop")) == len(day.acts)
    assert [await town.breaks(program_id) for program_id in (1, 3)] == [[], []]
    table.tell("R19", "a day's queue of offline tills, shuffled and told twice", f"{len(day.acts):,} signed acts")


async def test_r19_control_acts_that_count_twice_are_seen(town: Town) -> None:
    day = Day(40, seed=21)
    await online(town, day)
    tills = await offline(town, day, seed=22)
    await town.worker_passes()
    same = [await town.balance(phone) == await town.balance(phone, of="online") for phone in day.members]
    assert all(same)
    # The same sales under numbers and receipts of their own are others: the comparison above must tell.
    for act in day.acts:
        if act.kind == "purchase" and "pay" not in act.body:
            tills[act.till].does("purchase", **{**act.body, "document": f"again-{act.body['document']}"})
    for till in tills:
        await till.tells()
    same = [await town.balance(phone) == await town.balance(phone, of="online") for phone in day.members]
    assert not any(same)
    table.tell("R19", "control: acts that count twice are seen", f"{len(day.acts)} acts", "seen")


async def given(town: Town, name: str) -> dict[tuple[str, str], tuple[str, int, int]]:
    """Of each act with a receipt: its type, its total, and what it moved between the member and the house."""
    program_id = {"shop": 1, "strict": 2, "online": 3}[name]
    async with town.database.read(programs=[program_id]) as tx:
        rows = await tx.fetch(
            """select v.type, convert_from(v.body, 'UTF8')::json as body,
                coalesce(e.moved, 0) as moved
            from activity v left join (
                select activity_id, sum(case when from_book in ('issued', 'spent') then amount else -amount end) as moved
                from entry where from_book in ('issued', 'spent') or to_book in ('issued', 'spent') group by activity_id
            ) e using (activity_id) where v.type <> 'tick'"""
        )
    found = {}
    for row in rows:
        body = msgspec.json.decode(row["body"])
        found[body["source"], body["document"]] = (row["type"], body.get("total", 0), int(row["moved"]))
    return found
