"""What would have been: recorded activities judged by a candidate program, next to what was decided then."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.activities import queries, replay
from regulars.engine import service as engine
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from regulars.program.contracts.definitions import Release

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from regulars.engine.service import Compiled


class Line(msgspec.Struct, kw_only=True):
    """Two sides of one row of the report: points as recorded and as the candidate gives them, and what they cost in
    minor units of money."""

    recorded: int = 0
    candidate: int = 0

    @property
    def difference(self) -> int:
        """Candidate less recorded."""
        return self.candidate - self.recorded


class Cost(msgspec.Struct, kw_only=True):
    """What the points of each side cost all funders, in minor units of the program's money, exactly."""

    recorded: Fraction = Fraction(0)
    candidate: Fraction = Fraction(0)


class Report(msgspec.Struct, kw_only=True):
    """What changes: points by (currency), by (month, currency), by (rule, currency), cost, and how
    many members get more, less or the same.

    `activities` is how many were judged; `refused_now` counts those that the candidate would refuse.
    """

    activities: int = 0
    accounts: int = 0
    members_more: int = 0
    members_less: int = 0
    refused_now: int = 0
    by_currency: dict[str, Line] = {}
    by_month: dict[str, dict[str, Line]] = {}
    by_rule: dict[str, dict[str, Line]] = {}
    cost: Cost = msgspec.field(default_factory=Cost)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One share of the accounts, for one process. Nothing is written."""

    address: bytes
    program_id: int
    candidate: Release
    share: int
    shares: int
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def merge(reports: list[Report]) -> Report:
    """One report of several shares."""
    total = Report()
    for one in reports:
        total.activities += one.activities
        total.accounts += one.accounts
        total.members_more += one.members_more
        total.members_less += one.members_less
        total.refused_now += one.refused_now
        total.cost.recorded += one.cost.recorded
        total.cost.candidate += one.cost.candidate
        for name, line in one.by_currency.items():
            _add(total.by_currency.setdefault(name, Line()), line)
        for mine, theirs in ((total.by_month, one.by_month), (total.by_rule, one.by_rule)):
            for key, lines in theirs.items():
                for name, line in lines.items():
                    _add(mine.setdefault(key, {}).setdefault(name, Line()), line)
    return total


def _add(total: Line, more: Line) -> None:
    total.recorded += more.recorded
    total.candidate += more.candidate


def judge(
    report: Report,
    account_id: UUID,
    rows: list[Any],
    *,
    candidate: Compiled,
    released: Mapping[int, Compiled],
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> None:
    """Replay one account under the candidate and add what differs to the report; `released` are the releases that
    judged it then."""
    stored = [(queries.decode_body(row["body"]), row["release"], row["decision"]) for row in rows]
    recorded = {activity.activity_id: (number, decision) for activity, number, decision in stored}
    past = [(activity, number) for activity, number, _ in stored]
    gain: dict[str, int] = defaultdict(int)
    for step in replay.replay(account_id, past, choose=lambda _, __: candidate):
        at = step.activity.occurred_at
        if (since is not None and at < since) or (until is not None and at >= until):
            continue
        report.activities += 1
        report.refused_now += step.decision.refusal is not None
        number, decision = recorded[step.activity.activity_id]
        then = released[number]
        month = f"{at:%Y-%m}"
        for one in engine.given(then, decision):
            for line in _lines(report, month, one.rule, one.currency):
                line.recorded += one.points
            report.cost.recorded += engine.cost_minor(then, one.currency, one.points)
            gain[one.currency] -= one.points
        for fired in step.decision.fired:
            for line in _lines(report, month, fired.rule, fired.currency):
                line.candidate += fired.points
            report.cost.candidate += engine.cost_minor(candidate, fired.currency, fired.points)
            gain[fired.currency] += fired.points
    report.accounts += 1
    report.members_more += any(value > 0 for value in gain.values())
    report.members_less += any(value < 0 for value in gain.values())


def _lines(report: Report, month: str, rule: str, currency: str) -> tuple[Line, Line, Line]:
    return (
        report.by_currency.setdefault(currency, Line()),
        report.by_month.setdefault(month, {}).setdefault(currency, Line()),
        report.by_rule.setdefault(rule, {}).setdefault(currency, Line()),
    )


async def _share(job: Job) -> Report:
    report = Report()
    candidate = engine.compile(job.candidate)
    async with (
        Database(msgspec.msgpack.decode(job.address, type=Address), pace="patient") as database,
        database.read(programs=[job.program_id]) as tx,
    ):
        released = {
            number: engine.compile(await program.release(tx, program_id=job.program_id, number=number))
            for number, _ in await program.calendar(tx, program_id=job.program_id)
        }
        async for account_id, rows in queries.accounts_of_share(
            tx, program_id=job.program_id, share=job.share, shares=job.shares
        ):
            judge(
                report,
                account_id,
                rows,
                candidate=candidate,
                released=released,
                since=job.since,
                until=job.until,
            )
    return report


def run_share(job: Job) -> Report:
    """One share, in a process of its own."""
    return asyncio.run(_share(job))


def run(jobs: list[Job], *, processes: int, progress: Callable[[int], None] | None = None) -> Report:
    """All shares side by side; `progress` hears how many activities are done, a share at a time."""
    reports = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for report in pool.map(run_share, jobs):
            reports.append(report)
            if progress is not None:
                progress(report.activities)
    return merge(reports)
