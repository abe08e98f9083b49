"""What an account was, from its rows alone: decided again from nothing (LAW11), and told again as it was shown then (I8)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from regulars.activities import elsewhere, queries, replay
from regulars.activities.service import Runtime
from regulars.engine.service import Compiled
from regulars.ledger import service as ledger

Numbers = dict[str, tuple[int, int, int, int]]
NOTHING = (0, 0, 0, 0)


async def stored(runtime: Runtime, program_id: int, account_id: UUID) -> dict[str, Any]:
    """What the books and the rows say."""
    async with runtime.database.read(programs=[program_id]) as tx:
        entries = await tx.fetch(
            "select activity_id, n, currency, kind, from_book, to_book, amount, effective_at from regulars.entry"
            " where account_id = $1 order by currency, version",
            account_id,
        )
        account = await tx.fetchrow(
            "select version, clock, metric_day, state from regulars.account where account_id = $1", account_id
        )
        decisions = await tx.fetch(
            "select decision from regulars.activity where account_id = $1 order by version", account_id
        )
    return {
        "entries": [tuple(row) for row in entries],
        "account": tuple(account),
        "decisions": [row["decision"] for row in decisions],
    }


async def decided_again(runtime: Runtime, program_id: int, account_id: UUID) -> dict[str, Any]:
    """What a replay comes to."""

    def rules(number: int) -> Compiled:
        return runtime.programs.numbered(program_id, number)

    async with runtime.database.read(programs=[program_id]) as tx:
        past = await queries.of_account(tx, account_id=account_id)
        told = [activity for activity, _, _ in past]
        there = await elsewhere.of(tx, account_id=account_id, past=told, rules=rules)
    known = [(activity, release) for activity, release, _ in past]
    steps = list(replay.replay(account_id, known, choose=lambda _, number: rules(number), elsewhere=there))
    posted = [(one, step.activity.activity_id) for step in steps for one in step.decision.movement.entries]
    posted.sort(key=lambda pair: (pair[0].currency, pair[0].version))
    entries = [
        (by, one.n, one.currency, one.kind.value, one.from_.value, one.to.value, one.amount, one.effective_at)
        for one, by in posted
    ]
    last = steps[-1].left
    return {
        "entries": entries,
        "account": (len(steps), last.clock, last.metric_day, last.state),
        "decisions": [step.decision.recorded for step in steps],
    }


async def said_then(
    runtime: Runtime, program_id: int, account_id: UUID, *, at: dt.datetime, now: dt.datetime
) -> Numbers:
    """The balances of an account as of a moment, from what was posted by then."""
    async with runtime.database.read(programs=[program_id]) as tx:
        found = await ledger.balances_at(tx, program_id=program_id, account_id=account_id, at=at, now=now)
    told = {one.currency: (one.active, one.pending, one.held, one.arrears) for one in found}
    return {currency: numbers for currency, numbers in told.items() if numbers != NOTHING}


_FUNDERS = """
select count(*) filter (where e.funder is distinct from l.funder) as others,
    count(*) filter (where e.kind in ('earn', 'adjust') and l.currency = 'points'
        and l.cost_minor <> round(l.granted * case l.funder when 'brand' then 1.0 else 0.8 end)) as prices
from regulars.entry e join regulars.lot l using (account_id, activity_id, n) where e.program_id = $1
"""


async def check_funders(runtime: Runtime, program_id: int) -> None:
    """I9: each lot is of the funder that its entry names, and costs what that one pays for a point, as often as it was
    granted: 0.8 of a minor unit the house, 1 the brand."""
    async with runtime.database.read(programs=[program_id]) as tx:
        row = await tx.fetchrow(_FUNDERS, program_id)
    assert tuple(row) == (0, 0), "I9"


async def check_reports(runtime: Runtime, program_id: int, *, at: dt.datetime) -> None:
    """I9: what is owed by funder is the same from the lots as they are and from what was posted, and it is what members
    have."""
    async with runtime.database.read(programs=[program_id]) as tx:
        stored = await ledger.liability(tx, program_id=program_id, now=at)
        posted = await ledger.liability(tx, program_id=program_id, now=at + dt.timedelta(hours=1), as_of=at)
        accounts = await tx.fetch("select account_id from regulars.account where program_id = $1", program_id)
        had: dict[str, int] = {}
        for row in accounts:
            for one in await ledger.balances_at(tx, program_id=program_id, account_id=row["account_id"], at=at, now=at):
                had[one.currency] = had.get(one.currency, 0) + one.active + one.pending + one.held
    assert stored == posted, "I9"
    owed: dict[str, int] = {}
    for line in stored:
        owed[line.currency] = owed.get(line.currency, 0) + line.points
    assert owed == {currency: points for currency, points in had.items() if points}, "I9"
