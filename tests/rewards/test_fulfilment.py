"""Orders that are done elsewhere: told to a real receiver that fails, delays and answers twice."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gzip
import hashlib
import time
import tracemalloc
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from standardwebhooks import Webhook

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, Intake, LineIn, Reply
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import ConsentSaid
from regulars.engine.contracts.gifts import OrderAct
from regulars.kit import edge, ids
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.program import service as program
from regulars.rewards import orders, targets
from regulars.rewards import service as rewards
from regulars.rewards.orders import OrderShown
from tests.rewards.receiver import FINE, Receiver

PROGRAM = """
program: {name: desk, money: MDL, zone: Europe/Chisinau}
currencies: {miles: {kind: points, expiry: 24 months, value: 0.01, cost: {house: 0.008}}}
activities: {purchase: {basket: true}}
rules: {base: {kind: base, trigger: purchase, effects: [{give: miles, amount: "basket.base"}]}}
reward_types:
  told: {form: {guests: int}, steps: [{webhook: lounge, within: 2 days}]}
  told_elsewhere: {steps: [{webhook: slow, within: 2 days}]}
  confirmed: {steps: [{webhook: lounge, confirm: true, within: 2 days}], cancel: [member]}
  posted:
    purpose: post
    form: {address: {type: text, personal: true}}
    steps: [{webhook: lounge, within: 2 days}]
purposes:
  post: {needs: consent, texts: {v1: {en: "To send parcels", ru: "Чтобы посылать", ro: "Pentru colete"}}}
rewards:
  parcel: {type: posted, prices: [{miles: 100}], value: 0.50}
  slow_visit: {type: told_elsewhere, prices: [{miles: 1}]}
  visit: {type: told, prices: [{miles: 100}], value: 0.50}
  stay: {type: confirmed, prices: [{miles: 100}], value: 0.50}
"""

SECRET = "whsec_" + "c2VjcmV0" * 4


class Desk:
    """A member with 150 miles, and the worker that comes by when it is told to."""

    def __init__(self, runtime: Runtime, program_id: int) -> None:
        self.runtime, self.program_id = runtime, program_id
        self.now = edge.now()
        self._keys = count(1)
        self.member = self.account = UUID(int=0)

    async def submit(self, kind: str, **given: Any) -> Reply:
        key = f"key-{next(self._keys)}"
        made = {
            "program_id": self.program_id,
            "client_id": UUID(int=7),
            "key": key,
            "digest": hashlib.sha256(key.encode()).digest(),
            "received_at": self.now,
            **given,
        }
        return await activities.submit(self.runtime, Intake(type=kind, **made))

    async def earn(self) -> None:
        who = (Identifier("phone", "+37369123456"),)
        reply = await self.submit("purchase", who=who, lines=(LineIn(no=1, amount=15000),))
        answer = msgspec.json.decode(reply.body, type=Answer)
        self.member = self.account = ids.from_wire("mem", answer.member.id)

    async def order(self, **said: Any) -> Answer:
        reply = await self.submit(
            "order", account_id=self.account, member_id=self.member, may_enrol=False, order=OrderAct(**said)
        )
        assert reply.status == 201, reply.body
        return msgspec.json.decode(reply.body, type=Answer)

    async def place(self, reward: str = "visit", **said: Any) -> UUID:
        answer = await self.order(act="place", reward=reward, **said)
        return ids.from_wire("ord", answer.orders[0].id)

    async def work(self, after: dt.timedelta = dt.timedelta(seconds=1)) -> int:
        self.now += after
        return await rewards.look_after(self.runtime, now=self.now)

    async def shown(self, order_id: UUID) -> OrderShown:
        async with self.runtime.database.read(programs=[self.program_id]) as tx:
            return await orders.one(tx, program_id=self.program_id, order_id=order_id)

    async def miles(self) -> tuple[int, int]:
        """What is active and what is held."""
        found = await activities.look(self.runtime, program_id=self.program_id, member_id=self.member, now=self.now)
        one = next(balance for balance in found.balances if balance.currency == "miles")
        return one.active, one.held


@contextlib.asynccontextmanager
async def opened(
    address: Address, home: Path, receiver: Receiver, text: str = PROGRAM, more: str = ""
) -> AsyncIterator[Desk]:
    environment = {"REGULARS_HOME": str(home), "REGULARS_WEBHOOK_TARGETS": f"lounge={receiver.url} {more}"}
    settings = kit_settings.load(environment)
    async with Database(address, size=5) as database:
        async with database.transaction(programs=[]) as tx:
            made = await access.create_program(tx, key="desk", name="Desk", now=edge.now())
        async with database.transaction(programs=[made.program_id]) as tx:
            await program.publish(tx, program_id=made.program_id, text=text, by="test", now=edge.now())
        async with Runtime(settings, database) as runtime:
            desk = Desk(runtime, made.program_id)
            await desk.earn()
            yield desk


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    yield made
    await asyncio.to_thread(made.close)


@pytest.fixture
async def desk(address: Address, home: Path, receiver: Receiver) -> AsyncIterator[Desk]:
    async with opened(address, home, receiver) as made:
        yield made


async def test_a_target_is_told_once_signed_and_the_points_are_spent(desk: Desk, receiver: Receiver) -> None:
    order_id = await desk.place(form={"guests": 2})
    assert await desk.miles() == (50, 100)
    assert await desk.work() == 1
    assert await desk.work() == 0
    assert (await desk.miles(), len(receiver.heard)) == ((50, 0), 1)
    shown = await desk.shown(order_id)
    assert (shown.state, shown.detail["reference"]) == ("fulfilled", "L-77")
    said = receiver.heard[0]
    assert (said["reward"], said["step"], said["form"]) == ("visit", 1, {"guests": 2})
    headers = receiver.headers[0]
    assert headers["idempotency-key"] == headers["webhook-id"] == f"{shown.id}.1"
    secret = targets.secret(desk.runtime.settings.home, "lounge")
    assert (
        Webhook(secret).sign(
            headers["webhook-id"],
            dt.datetime.fromtimestamp(int(headers["webhook-timestamp"]), dt.UTC),
            receiver.raw[0].decode(),
        )
        == headers["webhook-signature"]
    )


async def test_a_target_that_fails_is_told_again_and_the_points_stay_set_aside(desk: Desk, receiver: Receiver) -> None:
    receiver.reactions = [(503, 0.0, {}), (500, 0.0, {})]
    order_id = await desk.place()
    await desk.work()
    shown = await desk.shown(order_id)
    assert (shown.state, shown.tries, shown.fault, await desk.miles()) == ("open", 1, "HTTP 503", (50, 100))
    assert await desk.work() == 0
    await desk.work(dt.timedelta(seconds=10))
    await desk.work(dt.timedelta(minutes=2))
    assert (await desk.shown(order_id)).state == "fulfilled"
    assert len(receiver.heard) == 3
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 1


async def test_l55_a_target_that_says_no_leaves_everything_as_it_was(desk: Desk, receiver: Receiver) -> None:
    receiver.reactions = [(422, 0.0, {"why": "full"})]
    order_id = await desk.place()
    await desk.work()
    shown = await desk.shown(order_id)
    assert (shown.state, shown.detail["reason"], await desk.miles()) == ("failed", "HTTP 422", (150, 0))


async def test_a_redirect_is_not_followed(desk: Desk, receiver: Receiver) -> None:
    receiver.reactions = [(302, 0.0, {})]
    order_id = await desk.place()
    await desk.work()
    assert ((await desk.shown(order_id)).fault, len(receiver.heard)) == ("HTTP 302", 1)


async def test_a_target_that_nobody_allowed_is_never_called(desk: Desk, receiver: Receiver) -> None:
    order_id = await desk.place()
    elsewhere = msgspec.structs.replace(desk.runtime.settings, webhook_targets="")
    desk.runtime.settings = elsewhere
    await desk.work()
    assert (await desk.shown(order_id)).fault == "no target lounge in REGULARS_WEBHOOK_TARGETS"
    assert receiver.heard == []


async def test_two_workers_at_once_tell_a_target_once(desk: Desk, receiver: Receiver) -> None:
    receiver.reactions = [(200, 0.3, {})]
    await desk.place()
    await asyncio.gather(desk.work(), desk.work(), desk.work())
    assert (len(receiver.heard), await desk.miles()) == (1, (50, 0))


async def test_a_worker_that_dies_after_telling_is_followed_under_the_same_id(desk: Desk, receiver: Receiver) -> None:
    order_id = await desk.place()
    # What a worker does up to the moment at which it is killed: nothing of it is written but the lease.
    desk.now += dt.timedelta(seconds=1)
    lease = desk.now + dt.timedelta(seconds=60)
    async with desk.runtime.database.transaction(programs=[desk.program_id]) as tx:
        taken = await orders.take_up(tx, program_id=desk.program_id, now=desk.now, until=lease, limit=10)
    async with httpx.AsyncClient() as client:
        secret = targets.secret(desk.runtime.settings.home, "lounge")
        await targets.tell(client, receiver.url, {}, message_id=f"{taken[0].id}.1", signed_with=secret, now=desk.now)
    assert (await desk.shown(order_id)).state == "open"
    assert await desk.work() == 0
    await desk.work(dt.timedelta(seconds=61))
    assert (await desk.shown(order_id)).state == "fulfilled"
    assert [headers["webhook-id"] for headers in receiver.headers] == [f"{ids.to_wire('ord', order_id)}.1"] * 2
    assert await desk.miles() == (50, 0)


async def test_a_confirmation_comes_by_itself_and_only_the_first_counts(desk: Desk, receiver: Receiver) -> None:
    order_id = await desk.place("stay")
    await desk.work()
    shown = await desk.shown(order_id)
    assert (shown.state, shown.stage, await desk.miles()) == ("open", "told", (50, 100))
    await desk.order(act="step", order_id=order_id, step=1, outcome="confirmed")
    assert ((await desk.shown(order_id)).state, await desk.miles()) == ("fulfilled", (50, 0))
    second = await desk.submit(
        "order",
        account_id=desk.account,
        member_id=desk.member,
        order=OrderAct(act="step", order_id=order_id, step=1, outcome="confirmed"),
    )
    assert (second.status, await desk.miles()) == (409, (50, 0))


async def test_what_is_not_confirmed_in_time_fails_and_everything_is_free_again(desk: Desk, receiver: Receiver) -> None:
    order_id = await desk.place("stay")
    await desk.work()
    await desk.work(dt.timedelta(days=3))
    shown = await desk.shown(order_id)
    assert (shown.state, shown.detail["reason"], await desk.miles()) == ("failed", "overdue", (150, 0))


async def consents(desk: Desk, *, given: bool) -> None:
    said = (ConsentSaid(purpose="post", given=given, source="app"),)
    reply = await desk.submit("consent", account_id=desk.account, member_id=desk.member, consents=said)
    assert reply.status == 201, reply.body


async def test_a_consent_that_was_withdrawn_since_stops_what_would_be_told(desk: Desk, receiver: Receiver) -> None:
    await consents(desk, given=True)
    first = await desk.place("parcel", form={"address": "Orhei"})
    await desk.work()
    assert [said["form"] for said in receiver.heard] == [{"address": "Orhei"}]
    assert (await desk.shown(first)).state == "fulfilled"
    await desk.earn()
    second = await desk.place("parcel", form={"address": "Orhei"})
    await consents(desk, given=False)
    await desk.work()
    shown = await desk.shown(second)
    assert (shown.state, shown.detail["reason"], len(receiver.heard)) == ("failed", "consent_missing", 1)
    assert await desk.miles() == (200, 0)


async def test_the_books_are_right_after_all_of_it(desk: Desk, receiver: Receiver) -> None:
    receiver.reactions = [(503, 0.0, {}), (422, 0.0, {}), FINE]
    first = await desk.place()
    await desk.work()
    await desk.work(dt.timedelta(seconds=10))
    assert (await desk.shown(first)).state == "failed"
    await desk.place()
    await desk.work()
    assert await desk.miles() == (50, 0)
    async with desk.runtime.database.read(programs=[desk.program_id]) as tx:
        key = desk.runtime.ledger_key
        report = await ledger.check(tx, program_id=desk.program_id, key=key)
    assert report.breaks == ()


async def test_a_receiver_that_drips_keeps_nobody_else_waiting(
    address: Address, home: Path, receiver: Receiver
) -> None:
    slow = Receiver(drips=True)
    async with opened(address, home, receiver, more=f"slow={slow.url}") as desk:
        dripping, quick = await desk.place("slow_visit"), await desk.place()
        began = time.monotonic()
        assert await desk.work() == 2
        assert (await desk.shown(quick)).state == "fulfilled"
        # The next round comes while the first one's slow target still drips; nobody tells it a second time.
        await desk.earn()
        again = await desk.place()
        assert await desk.work() == 1
        assert (await desk.shown(again)).state == "fulfilled"
        assert time.monotonic() - began < 8.0
        assert ((await desk.shown(dripping)).state, len(slow.heard)) == ("open", 1)
        while not (shown := await desk.shown(dripping)).fault:
            assert time.monotonic() - began < 15.0
            await asyncio.sleep(0.2)
        assert (shown.state, shown.fault) == ("open", "no whole answer within 10 s")
    await asyncio.to_thread(slow.close)


async def test_a_target_that_lets_twenty_wait_is_told_no_more_until_their_time_is_over(desk: Desk) -> None:
    order_id = await desk.place("slow_visit")
    shown = await desk.shown(order_id)
    assert shown.due_at is not None

    async def taken(at: dt.datetime, *busy: str) -> int:
        async with desk.runtime.database.transaction(programs=[desk.program_id]) as tx:
            return len(await orders.take_up(tx, program_id=desk.program_id, now=at, until=at, limit=9, busy=busy))

    now = desk.now + dt.timedelta(seconds=1)
    assert [await taken(now, "slow", "lounge"), await taken(shown.due_at, "slow"), await taken(now, "lounge")] == [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"\xff\xfe\x00<html>",
        b'{"a": "' + b"x" * 70_000 + b'"}',
        b'{"a": "x\\u0000y", "\\u0000": 1}',
        b"[1, 2]",
    ],
    ids=["nested", "garbage", "long", "zero", "list"],
)
async def test_an_answer_that_cannot_be_kept_says_no_more_than_its_status(
    desk: Desk, receiver: Receiver, answer: bytes
) -> None:
    receiver.reactions = [(200, 0.0, answer)]
    order_id = await desk.place()
    await desk.work()
    shown = await desk.shown(order_id)
    assert (shown.state, set(shown.detail) & {"a", "\0"}) == ("fulfilled", set())


@pytest.mark.parametrize(
    ("unpacked", "kept"), [(b'{"a": "b"}', {"a": "b"}), (b'{"a": "' + b"x" * 50_000_000 + b'"}', {})]
)
async def test_a_packed_answer_is_unpacked_no_further_than_it_is_kept(unpacked: bytes, kept: dict[str, str]) -> None:
    receiver = Receiver((200, 0.0, gzip.compress(unpacked)), headers={"content-encoding": "gzip"})
    tracemalloc.start()
    async with targets.client() as client:
        told = await targets.tell(client, receiver.url, {}, message_id="m", signed_with=SECRET, now=edge.now())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await asyncio.to_thread(receiver.close)
    assert (told.ok, told.detail) == (True, kept)
    assert most < 20_000_000


async def test_a_call_takes_no_longer_than_it_may_in_all() -> None:
    slow = Receiver(drips=True)
    began = time.monotonic()
    async with targets.client() as client:
        told = await targets.tell(
            client, slow.url, {}, message_id="m", signed_with=SECRET, now=edge.now(), within_s=0.5
        )
    await asyncio.to_thread(slow.close)
    assert (told.ok, told.final, told.fault) == (False, False, "no whole answer within 0.5 s")
    assert time.monotonic() - began < 30.0
