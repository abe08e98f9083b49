"""LAW3: replay is safe: duplicates and retries anywhere change nothing."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.activities.contracts import Intake
from tests.laws.lab import Act, Lab, differences, histories, some


@some(15)
@given(history=histories, seed=st.integers(0, 2**32))
def test_LAW3_retries_change_nothing(lab: Lab, history: tuple[Act, ...], seed: int) -> None:
    member = lab.member()
    done = lab.run(member.live(history))
    before = lab.run(member.picture())
    again = [pair for pair in done for _ in range(2)]
    random.Random(seed).shuffle(again)

    async def retry() -> None:
        replies = await asyncio.gather(*(lab.submit(intake) for intake, _ in again))
        for (_, first), second in zip(again, replies, strict=True):
            assert second.replayed
            assert (second.status, second.body) == (first.status, first.body)

    lab.run(retry())
    assert differences(before, lab.run(member.picture())) == []


@some(15)
@given(history=histories, seed=st.integers(0, 2**32))
def test_LAW3_retries_on_the_way_change_nothing(lab: Lab, history: tuple[Act, ...], seed: int) -> None:
    calm, nervous = lab.member(), lab.member()
    lab.run(calm.live(history))
    rng = random.Random(seed)

    async def live() -> None:
        earlier: list[Intake] = []
        for act in history:
            intake = nervous.told_as(act)
            if intake is None:
                continue
            # Up to three posts of it at once, between retries of what came before.
            crowd = [intake] * rng.randint(1, 3) + rng.sample(earlier, min(len(earlier), rng.randint(0, 3)))
            rng.shuffle(crowd)
            replies = await asyncio.gather(*(lab.submit(one) for one in crowd))
            mine = [reply for one, reply in zip(crowd, replies, strict=True) if one is intake]
            assert len({reply.body for reply in mine}) == 1
            nervous.heard(intake, mine[0])
            earlier.append(intake)

    lab.run(live())
    assert differences(lab.run(nervous.picture()), lab.run(calm.picture())) == []


def test_LAW3_control_without_keys_and_documents_doubles_are_seen(lab: Lab) -> None:
    member = lab.member()
    [(intake, _)] = lab.run(member.live((Act(kind="buy", lines=((1000, 1, "milk"),)),)))
    before = lab.run(member.picture())
    lab.run(lab.submit(replace(intake, key="another", document=None)))
    after = lab.run(member.picture())
    assert after["entries"] != before["entries"]
    assert len(after["activities"]) == len(before["activities"]) + 1
