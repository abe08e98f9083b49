"""LAW11: the recorded past, decided once more under the releases that ruled it, gives what was recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from regulars.activities import queries, replay
from regulars.activities import service as activities
from regulars.engine.service import Compiled
from regulars.kit.database import Database
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
    entries = await lab.fetch(
        "select activity_id, n, currency, kind, from_book, to_book, amount, effective_at from regulars.entry"
        " where account_id = $1 order by currency, version",
        account_id,
    )
    [account] = await lab.fetch(
        "select version, clock, metric_day, state from regulars.account where account_id = $1", account_id
    )
    decisions = await lab.fetch(
        "select decision from regulars.activity where account_id = $1 order by version", account_id
    )
    return {
        "entries": [tuple(row) for row in entries],
        "account": tuple(account),
        "decisions": [row["decision"] for row in decisions],
    }


async def replayed(lab: Lab, account_id: UUID, *, choose: Any = None) -> dict[str, Any]:
    """What a replay comes to."""
    async with lab.database.read(programs=[lab.program_id]) as tx:
        past = await queries.of_account(tx, account_id=account_id)

    def rules(_: Any, number: int) -> Compiled:
        return lab.runtime.programs.numbered(lab.program_id, number)

    steps = list(
        replay.replay(account_id, [(activity, release) for activity, release, _ in past], choose=choose or rules)
    )
    entries = [
        (
            step.activity.activity_id,
            one.n,
            one.currency,
            one.kind.value,
            one.from_.value,
            one.to.value,
            one.amount,
            one.effective_at,
            one.version,
        )
        for step in steps
        for one in step.decision.movement.entries
    ]
    entries.sort(key=lambda row: (row[2], row[8]))
    last = steps[-1].left
    return {
        "entries": [row[:8] for row in entries],
        "account": (len(steps), last.clock, last.metric_day, last.state),
        "decisions": [step.decision.recorded for step in steps],
    }


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
