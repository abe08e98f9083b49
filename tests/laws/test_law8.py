"""LAW8: when the sweeper runs, or whether, changes no balance at any moment; and time once caught up with is still."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from regulars.activities import service as activities
from tests.laws.lab import Act, Lab, Member, histories, some, standing

DAY = dt.timedelta(days=1)
becoming = st.lists(standing, min_size=2, max_size=12).map(tuple)


async def live(member: Member, history: tuple[Act, ...], *, sweeps: bool) -> list[tuple[int, bytes]]:
    """What the till hears of the balances, with or without a sweeper between all acts."""
    heard: list[tuple[int, bytes]] = []
    for act in history:
        if sweeps:
            await activities.sweep(member.lab.runtime, now=member.at + dt.timedelta(hours=act.after_h))
        for _, reply in await member.live((act,)):
            heard.append((reply.status, reply.body.partition(b'"balances"')[2].partition(b"]")[0]))
    return heard


async def books(member: Member) -> list[tuple[object, ...]]:
    """Every movement of points with the moment when it counts, whoever wrote it."""
    account_id = await member.account()
    rows = await member.lab.fetch(
        "select currency, effective_at, kind, from_book, to_book, sum(amount) from regulars.entry where account_id = $1"
        " group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5",
        account_id,
    )
    return [tuple(row) for row in rows]


def tell_twice(lab: Lab, history: tuple[Act, ...]) -> None:
    """The same history with a sweeper between all acts and without any, and then time for both."""
    swept, unswept = lab.member(), lab.member()
    with_sweeper = lab.run(live(swept, history, sweeps=True))
    without = lab.run(live(unswept, history, sweeps=False))
    assert with_sweeper == without
    for member in (swept, unswept):
        lab.run(activities.sweep(lab.runtime, now=member.at + 90 * DAY))
    assert lab.run(books(swept)) == lab.run(books(unswept))


@some(12)
@given(history=histories)
def test_LAW8_a_sweeper_changes_nothing(lab: Lab, history: tuple[Act, ...]) -> None:
    tell_twice(lab, history)


@some(12)
@given(history=becoming)
def test_LAW8_a_sweeper_changes_nothing_of_what_a_member_becomes(still_lab: Lab, history: tuple[Act, ...]) -> None:
    tell_twice(still_lab, history)


@some(5)
@given(history=histories, hours=st.integers(0, 24 * 40))
def test_LAW8_a_second_sweep_finds_nothing(lab: Lab, history: tuple[Act, ...], hours: int) -> None:
    member = lab.member()
    lab.run(member.live(history))
    later = member.at + dt.timedelta(hours=hours)
    lab.run(activities.sweep(lab.runtime, now=later))
    before = lab.run(member.picture())
    lab.run(activities.sweep(lab.runtime, now=later))
    assert lab.run(member.picture()) == before


def test_LAW8_control_a_sweeper_with_a_wrong_clock_is_seen(lab: Lab) -> None:
    buy = Act(kind="buy", lines=((3000, 1, "milk"),))
    early, right = lab.member(), lab.member()
    for member in (early, right):
        lab.run(member.live((buy,)))
    lab.run(activities.sweep(lab.runtime, now=early.at + 30 * DAY))
    spend = Act(kind="buy", lines=((100, 1, "milk"),), pay=5)
    heard = [lab.run(live(member, (spend,), sweeps=False)) for member in (early, right)]
    # Both were swept to a month ahead: neither can spend what the wrong clock ended.
    assert [one[0][0] for one in heard] == [409, 409]
    fresh = lab.member()
    lab.run(fresh.live((buy,)))
    assert lab.run(live(fresh, (spend,), sweeps=False))[0][0] == 201
