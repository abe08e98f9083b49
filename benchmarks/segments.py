"""Many members at once: a segment counted and worked out anew, a metric of the past, a run."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Any, Final
from uuid import UUID

from benchmarks.house import House, fresh
from regulars.access import service as access
from regulars.activities import audiences, filling, preparing, runs, walks
from regulars.activities import service as activities
from regulars.engine import state as states
from regulars.kit import edge, server
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as programs

_MARK: Final = UUID("7a7a7a7a-7a7a-7a7a-7a7a-7a7a7a7a7a7a")
_SPENT: Final = 0x7A7A7A7A
_DAYS: Final = 3

PROGRAM: Final = """
program: {{name: crowd, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau, region: MD}}
currencies:
  points: {{title: {{en: Points, ru: Баллы, ro: Puncte}}, expiry: 12 months, value: 0.01, cost: {{house: 0.01}}}}
activities:
  purchase: {{title: {{en: Purchase, ru: Покупка, ro: Cumpărătură}}, basket: true}}
metrics:
  spent: {{sum: "basket.total", where: "type == 'purchase'"}}
  spent_30: {{sum: "basket.total", where: "type == 'purchase'", window: 30 days}}
segments:
  big: {{if: "member.metrics.spent >= {least}"}}
rules:
  base: {{kind: base, trigger: purchase, effects: [{{give: points, amount: "basket.base / 1.00"}}]}}
  thanks: {{trigger: {{run: "2099-01-01T09:00", audience: "member.metrics.spent < {reached}"}},
    effects: [{{give: points, amount: "10"}}]}}
"""

# Whom a number of members spent is spread evenly from 0.00 to 999.99, so that a threshold says how many are above it.
_CROWD: Final = """
insert into regulars.account (account_id, program_id, version, clock, metric_day, state)
select id, $1, 1, $3, $4, $5::bytea || uuid_send(id) || $6::bytea || int4send(spent::int) || $7::bytea
from (select {id} as id, {spent} as spent from generate_series($8::int, $9::int) n where $2 > 0) crowd
"""
_ID: Final = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_SPENT_SQL: Final = "(n::bigint * 61 % {members} * 100000 / {members})"
_CHUNK: Final = 100_000


def program_text(*, least: str, reached: str = "100.00") -> str:
    """The program with the threshold of its segment, and of those whom its run reaches."""
    return PROGRAM.format(least=least, reached=reached)


def measure(*, members: int, run_members: int) -> dict[str, float]:
    """Count, recompute where 1 % differ, and a run, over so many generated members."""
    with fresh(text=program_text(least="500.00")) as house:
        return asyncio.run(_measure(house, members=members, run_members=run_members))


async def _measure(house: House, *, members: int, run_members: int) -> dict[str, float]:
    now = edge.now()
    where = server.locate(house.settings)
    async with Database(where, size=4, pace="patient") as database:
        await generate(database, house.program_id, members=members, now=now)
        async with activities.Runtime(house.settings, database) as runtime:
            found = await _counted(runtime, house, members=members, now=now)
            found |= await _recomputed(runtime, database, house, members=members)
            found |= await _run(runtime, database, house, members=members, run_members=run_members)
    return found


async def generate(database: Database, program_id: int, *, members: int, now: dt.datetime) -> None:
    """Members with three days of purchases each, written by SQL: not through the door, which would take an hour."""
    today, spent = now.date(), _SPENT_SQL.format(members=members)
    head, middle, tail = _template(now)
    for first in range(1, members + 1, _CHUNK):
        last = min(first + _CHUNK - 1, members)
        async with database.transaction(programs=[program_id]) as tx:
            statement = _CROWD.format(id=_ID, spent=spent)
            await tx.execute(statement, program_id, members, now, today, head, middle, tail, first, last)
            await tx.execute(
                "insert into regulars.member (account_id, member_id, program_id, status, anonymous, enrolled_at)"
                f" select {_ID}, {_ID}, $1, 'active', true, $2 from generate_series($3::int, $4::int) n",
                program_id,
                now,
                first,
                last,
            )
            await tx.execute(
                "insert into regulars.day_row (account_id, member_id, day, program_id, sums, keys)"
                f" select {_ID}, {_ID}, $2::date - d * 20, $1, case d when 0 then"
                f" array[{spent} - 2 * ({spent} / 3), {spent} - 2 * ({spent} / 3)]"
                f" else array[{spent} / 3, {spent} / 3] end, ''"
                " from generate_series($3::int, $4::int) n, generate_series(0, 2) d",
                program_id,
                today,
                first,
                last,
            )
            await tx.execute(
                "insert into regulars.member_segment (account_id, member_id, segment, program_id)"
                f" select {_ID}, {_ID}, 'big', $1 from generate_series($2::int, $3::int) n where {spent} >= 50000",
                program_id,
                first,
                last,
            )
    async with (
        Database(database.address, role="owner", size=1, pace="patient") as owner,
        owner.transaction(programs=[program_id]) as tx,
    ):
        for table in ("account", "member", "day_row", "member_segment"):
            await tx.execute(f"analyze regulars.{table}")


def _template(now: dt.datetime) -> tuple[bytes, bytes, bytes]:
    """The stored bytes of a state in three pieces, between which stand the member's id and what they spent."""
    made = states.new((_MARK,), joined_on=now.date(), enrolled_at=now, release=1)
    made.members[0].metrics = {0: _SPENT}
    data = states.encode(made)
    head, rest = data.split(_MARK.bytes)
    middle, tail = rest.split(_SPENT.to_bytes(4))
    return head, middle, tail


async def _counted(runtime: activities.Runtime, house: House, *, members: int, now: dt.datetime) -> dict[str, float]:
    asked = "member.metrics.spent_30 >= 100.00 && member.metrics.spent >= 500.00"
    took = []
    for _ in range(3):
        began = time.perf_counter()
        found = await audiences.count(runtime, program_id=house.program_id, condition=asked, now=now)
        took.append(time.perf_counter() - began)
        assert (found.how, found.count) == ("sql", members // 2), found
    return {"segment_members": members, "segment_count_s": round(sorted(took)[1], 2)}


async def _recomputed(
    runtime: activities.Runtime, database: Database, house: House, *, members: int
) -> dict[str, float]:
    # 1 % of all spent from 490.00 to 499.99, and are in with the new threshold.
    await _publish(runtime, database, house, program_text(least="490.00"))
    began = time.perf_counter()
    async with database.lane() as lane:
        await preparing.prepare(runtime, lane, program_id=house.program_id, now=edge.now(), processes=2)
    took = time.perf_counter() - began
    async with database.read(programs=[house.program_id]) as tx:
        inside = await tx.fetchval(
            "select count(*) from regulars.member_segment where program_id = $1", house.program_id
        )
    assert inside == members * 51 // 100, inside
    return {"segment_recompute_s": round(took, 1)}


async def _run(
    runtime: activities.Runtime, database: Database, house: House, *, members: int, run_members: int
) -> dict[str, float]:
    reached = f"{run_members * 100_000 // members // 100}.00"
    await _publish(runtime, database, house, program_text(least="490.00", reached=reached))
    began = time.perf_counter()
    begun = await runs.begin(runtime, program_id=house.program_id, rule="thanks", now=edge.now())
    listed = time.perf_counter() - began
    assert begun.members == run_members, begun
    began = time.perf_counter()
    await runs.serve(runtime, program_id=house.program_id, now=edge.now(), processes=2)
    took = time.perf_counter() - began
    async with database.read(programs=[house.program_id]) as tx:
        (done,) = [one for one in await activities.runs_of(runtime, tx, program_id=house.program_id) if one.members]
        given = await tx.fetchval("select count(*) from regulars.balance where active = 10")
    assert (done.status, done.done, done.refused, given) == ("finished", run_members, 0, run_members), (done, given)
    return {"run_list_s": round(listed, 1), "run_per_s": round(run_members / took)}


async def _publish(runtime: activities.Runtime, database: Database, house: House, text: str) -> None:
    async with database.transaction(programs=[house.program_id]) as tx:
        await programs.publish(tx, program_id=house.program_id, text=text, by="bench", now=edge.now())
    runtime.programs.forget(house.program_id)
    await runtime.programs.ready(house.program_id)


def backfill(settings: Settings, *, processes: int = 2) -> dict[str, float]:
    """How long it takes to count two metrics of the past for everybody of a home whose database is being served."""
    return asyncio.run(_backfill(settings, processes=processes))


async def _backfill(settings: Settings, *, processes: int) -> dict[str, float]:
    where = server.locate(settings)
    added = """metrics:
  late_spend: {sum: "basket.total", where: "type == 'purchase'", window: 60 days}
  late_shelves: {distinct: "line.category", over: lines, where: "type == 'purchase'", window: calendar month}
"""
    async with Database(where, size=4, pace="patient") as database:
        async with database.read(programs=[]) as tx:
            program_id = (await access.programs(tx))[0].program_id
        async with database.transaction(programs=[program_id]) as tx:
            current = await programs.current(tx, program_id=program_id)
            text = programs.export(current.program).replace("metrics:\n", added, 1)
            release = await programs.publish(tx, program_id=program_id, text=text, by="bench", now=edge.now())
            assert set(release.to_backfill) == {"late_spend", "late_shelves"}, release.to_backfill
        began = time.perf_counter()
        async with database.read(programs=[program_id]) as tx:
            known: dict[int, Any] = await filling.releases(tx, program_id=program_id)
        async with database.transaction(programs=[program_id]) as tx:
            number = await filling.begin(tx, known, program_id=program_id)
        assert number == release.number
        await asyncio.to_thread(filling.run, where, program_id=program_id, release=release.number, processes=processes)
        took = time.perf_counter() - began
        async with database.read(programs=[program_id]) as tx:
            progress = await walks.progress(tx, program_id=program_id, purpose=filling.PURPOSE)
        assert progress is not None and progress.finished, progress  # noqa: PT018 - one fact
        return {"backfill_s": round(took, 1), "backfill_accounts": progress.touched}
