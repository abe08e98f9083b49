"""A marketer's new sort of reward, in YAML alone: a lounge visit booked through a stub, confirmed in two steps, cancelled
with refund."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from regulars.kit.address import Address
from regulars.program import service as program
from tests.rewards.receiver import Receiver
from tests.rewards.test_fulfilment import Desk, opened

TEXT = (Path(__file__).parent / "lounge.yaml").read_text()
FORM: dict[str, Any] = {"guests": 2, "on": "2027-03-05", "passport_name": "ANA RUSU"}


@pytest.fixture
async def stub() -> AsyncIterator[Receiver]:
    made = Receiver()
    yield made
    await asyncio.to_thread(made.close)


@pytest.fixture
async def desk(address: Address, home: Path, stub: Receiver) -> AsyncIterator[Desk]:
    async with opened(address, home, stub, TEXT) as made:
        yield made


def test_the_file_is_a_program_of_which_nothing_is_to_be_said() -> None:
    report = program.check(TEXT)
    assert [(one.path, one.code) for one in (*report.faults, *report.warnings)] == []


async def test_booked_confirmed_in_two_steps_and_cancelled_with_a_refund(desk: Desk, stub: Receiver) -> None:
    order_id = await desk.place("chisinau_lounge", form=FORM)
    assert await desk.miles() == (50, 100)
    await desk.work()
    assert [(one["reward"], one["form"]) for one in stub.heard] == [("chisinau_lounge", FORM)]
    assert (await desk.shown(order_id)).stage == "told"
    await desk.order(act="step", order_id=order_id, step=1, outcome="confirmed", detail={"seat": "A4"})
    shown = await desk.shown(order_id)
    assert (shown.step, shown.does, shown.target, await desk.miles()) == (2, "service", "lounge_pass", (50, 100))
    await desk.order(act="step", order_id=order_id, step=2, outcome="confirmed")
    shown = await desk.shown(order_id)
    assert (shown.state, shown.service, shown.detail["seat"]) == ("fulfilled", "lounge_pass", "A4")
    assert await desk.miles() == (50, 0)
    await desk.order(act="cancel", order_id=order_id, by="member", reason="flight moved")
    shown = await desk.shown(order_id)
    assert (shown.state, shown.service, shown.detail["points_back"]) == ("cancelled", "", {"miles": 100})
    assert await desk.miles() == (150, 0)


async def test_the_operator_has_no_room_and_nothing_was_spent(desk: Desk, stub: Receiver) -> None:
    order_id = await desk.place("chisinau_lounge", form=FORM, price=1, paid=50)
    await desk.work()
    await desk.order(act="step", order_id=order_id, step=1, outcome="refused", reason="full")
    shown = await desk.shown(order_id)
    assert (shown.state, shown.detail["reason"], shown.detail["money_back"]) == ("failed", "full", 50)
    assert await desk.miles() == (150, 0)
