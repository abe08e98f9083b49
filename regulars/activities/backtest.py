"""What would have been: recorded activities judged by a candidate program, next to what was decided then."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from regulars.activities import elsewhere, queries, replay
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
    from regulars.kit.database import Transaction


# Cost of one unit by release, rule, place of the effect and currency.
Costs = dict[tuple[int, str, int | None, str], Fraction]
_CANDIDATE: Final = -1


class Line(msgspec.Struct, kw_only=True):
    """Two sides of one row of the report: points (in the currency's smallest unit) as recorded and as the candidate
    gives them, what they cost all funders in minor units of money, exactly, and for how many members they differ."""

    recorded: int = 0
    candidate: int = 0
    cost_recorded: Fraction = Fraction(0)
    cost_candidate: Fraction = Fraction(0)
    members: int = 0

    @property
    def difference(self) -> int:
        """Candidate less recorded."""
        return self.candidate - self.recorded

    @property
    def differs(self) -> bool:
        """Whether the two sides are not the same."""
        return self.recorded != self.candidate or self.cost_recorded != self.cost_candidate

    def add(self, more: Line) -> None:
        """Count another row of the same name in."""
        self.recorded += more.recorded
        self.candidate += more.candidate
        self.cost_recorded += more.cost_recorded
        self.cost_candidate += more.cost_candidate
        self.members += more.members


class Report(msgspec.Struct, kw_only=True):
    """What changes, by currency, by month of the program's zone and currency, by rule and currency, and how many
    members get more or less.

    `activities` is how many were judged; `refused_now` counts those that the candidate would refuse. A member who gets
    more of one currency and less of another counts as both.
    """

    activities: int = 0
    accounts: int = 0
    members_more: int = 0
    members_less: int = 0
    refused_now: int = 0
    by_currency: dict[str, Line] = {}
    by_month: dict[str, dict[str, Line]] = {}
    by_rule: dict[str, dict[str, Line]] = {}

    def cost(self) -> tuple[Fraction, Fraction]:
        """What all of it cost, as recorded and under the candidate, in minor units of money."""
        lines = self.by_currency.values()
        nothing = Fraction(0)
        return sum((one.cost_recorded for one in lines), nothing), sum((one.cost_candidate for one in lines), nothing)


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
        for name, line in one.by_currency.items():
            total.by_currency.setdefault(name, Line()).add(line)
        for mine, theirs in ((total.by_month, one.by_month), (total.by_rule, one.by_rule)):
            for key, lines in theirs.items():
                for name, line in lines.items():
                    mine.setdefault(key, {}).setdefault(name, Line()).add(line)
    return total


class _Tally:
    """What one account was given and would have been given, until it is told to the report."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, str, str], Line] = {}

    def add(self, compiled: Compiled, costs: Costs, month: str, decision: bytes, *, recorded: bool) -> None:
        release = compiled.release.number if recorded else _CANDIDATE
        for one in (*engine.given(compiled, decision), *engine.taken_off(compiled, decision)):
            known = (release, one.rule, one.effect, one.currency)
            cost = costs.get(known)
            if cost is None:
                cost = costs[known] = engine.unit_cost(compiled, one)
            line = self._points.setdefault((month, one.rule, one.currency), Line())
            if recorded:
                line.recorded += one.points
                line.cost_recorded += cost * one.points
            else:
                line.candidate += one.points
                line.cost_candidate += cost * one.points

    def tell(self, report: Report) -> None:
        months: dict[tuple[str, str], Line] = {}
        rules: dict[tuple[str, str], Line] = {}
        currencies: dict[str, Line] = {}
        for (month, rule, currency), line in self._points.items():
            months.setdefault((month, currency), Line()).add(line)
            rules.setdefault((rule, currency), Line()).add(line)
            currencies.setdefault(currency, Line()).add(line)
        for told, lines in ((report.by_month, months), (report.by_rule, rules)):
            for (key, currency), line in lines.items():
                line.members = int(line.differs)
                told.setdefault(key, {}).setdefault(currency, Line()).add(line)
        for currency, line in currencies.items():
            line.members = int(line.differs)
            report.by_currency.setdefault(currency, Line()).add(line)
        report.members_more += any(line.difference > 0 for line in currencies.values())
        report.members_less += any(line.difference < 0 for line in currencies.values())


async def judge(
    report: Report,
    account_id: UUID,
    rows: list[Any],
    *,
    candidate: Compiled,
    released: Mapping[int, Compiled],
    costs: Costs,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    tx: Transaction,
) -> None:
    """Replay one account under the candidate and add what differs to the report; `released` are the releases that
    judged it then, `costs` remembers what a unit costs."""
    stored = [(queries.decode_body(row["body"]), row["release"], row["decision"]) for row in rows]
    there = await elsewhere.of(
        tx, account_id=account_id, past=[activity for activity, _, _ in stored], rules=released.__getitem__
    )
    recorded = {activity.activity_id: (number, decision) for activity, number, decision in stored}
    past = [(activity, number) for activity, number, _ in stored]
    tally = _Tally()
    zone = ZoneInfo(candidate.program.program.zone)
    for step in replay.replay(account_id, past, choose=lambda _, __: candidate, elsewhere=there):
        at = step.activity.occurred_at
        if (since is not None and at < since) or (until is not None and at >= until):
            continue
        report.activities += 1
        report.refused_now += step.decision.refusal is not None
        number, decision = recorded[step.activity.activity_id]
        month = f"{at.astimezone(zone):%Y-%m}"
        tally.add(released[number], costs, month, decision, recorded=True)
        tally.add(candidate, costs, month, step.decision.recorded, recorded=False)
    report.accounts += 1
    tally.tell(report)


async def _share(job: Job) -> Report:
    report = Report()
    candidate = engine.compile(job.candidate)
    costs: Costs = {}
    async with (
        Database(msgspec.msgpack.decode(job.address, type=Address), pace="patient") as database,
        database.read(programs=[job.program_id]) as tx,
    ):
        released = {
            number: engine.compile(await program.release(tx, program_id=job.program_id, number=number))
            for number, _ in await program.calendar(tx, program_id=job.program_id)
        }
        # A replay leaves hardly any cycles; the collector would cost an eighth of the time.
        gc.freeze()
        gc.disable()
        async for account_id, rows in queries.accounts_of_share(
            tx, program_id=job.program_id, share=job.share, shares=job.shares
        ):
            await judge(
                report,
                account_id,
                rows,
                candidate=candidate,
                released=released,
                costs=costs,
                since=job.since,
                until=job.until,
                tx=tx,
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
