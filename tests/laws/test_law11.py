"""LAW11: the recorded past, decided once more under the releases that ruled it, gives what was recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from regulars.activities import service as activities
from regulars.kit.database import Database
from tests.laws import past
from tests.laws.lab import Act, Lab, acts, buys, some, standing

late = st.builds(
    lambda act, days: Act(kind="buy", after_h=act.after_h, lines=act.lines, pay=act.pay, late_d=days),
    buys,
    st.sampled_from([1, 9, 25, 60]),
)
mixed = st.lists(st.one_of(acts, late, st.just(Act(kind="sweep", after_h=24 * 7))), min_size=1, max_size=9).map(tuple)

becoming = st.lists(
    st.one_of(standing, standing, late, st.just(Act(kind="sweep", after_h=24 * 7))), min_size=3, max_size=14
).map(tuple)


async def live(lab: Lab, history: tuple[Act, ...]) -> UUID | None:
    """As `Member.live`, with sweeps in between."""
    member = lab.member()
    for act in history:
        if act.kind == "sweep":
            member.at += dt.timedelta(hours=act.after_h)
            await activities.sweep(lab.runtime, now=member.at)
        else:
            for intake, reply in await member.live((act,)):
                assert reply.status in {200, 201, 202, 404, 409, 422}, (intake, reply.body)
    return await member.account()


async def stored(lab: Lab, account_id: UUID) -> dict[str, Any]:
    """What the books and the rows say."""
    return await past.stored(lab.runtime, lab.program_id, account_id)


async def replayed(lab: Lab, account_id: UUID) -> dict[str, Any]:
    """What a replay comes to."""
    return await past.decided_again(lab.runtime, lab.program_id, account_id)


@some(20)
@given(history=mixed)
def test_LAW11_the_past_decided_again_is_the_past(lab: Lab, history: tuple[Act, ...]) -> None:
    account_id = lab.run(live(lab, history))
    if account_id is None or not lab.run(lab.fetch("select from regulars.account where account_id = $1", account_id)):
        return
    assert lab.run(replayed(lab, account_id)) == lab.run(stored(lab, account_id))


@some(20)
@given(history=becoming)
def test_LAW11_what_a_member_became_is_become_again(standing_lab: Lab, history: tuple[Act, ...]) -> None:
    account_id = standing_lab.run(live(standing_lab, history))
    if account_id is None or not standing_lab.run(
        standing_lab.fetch("select from regulars.account where account_id = $1", account_id)
    ):
        return
    assert standing_lab.run(replayed(standing_lab, account_id)) == standing_lab.run(stored(standing_lab, account_id))


def test_LAW11_control_an_activity_left_out_is_seen(lab: Lab) -> None:
    buy = Act(kind="buy", lines=((1000, 1, "tea"),))
    account_id = lab.run(live(lab, (buy, buy, buy)))
    assert account_id is not None
    recorded = lab.run(stored(lab, account_id))
    lab.run(_forget_second(lab, account_id))
    assert lab.run(replayed(lab, account_id))["entries"] != recorded["entries"]


async def _forget_second(lab: Lab, account_id: UUID) -> None:
    """As the owner of the tables, who alone may."""
    async with (
        Database(lab.database.address, role="owner") as owner,
        owner.transaction(programs=[lab.program_id]) as tx,
    ):
        await tx.execute("delete from regulars.activity where account_id = $1 and version = 2", account_id)
