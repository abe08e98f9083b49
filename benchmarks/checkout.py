"""V1, V4 and V5: checkouts and quotes over HTTP, beside the same work in one transaction a request."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any, Final

import httpx
import msgspec

from benchmarks import bare, house, loadmaker, world
from benchmarks.house import House
from regulars.cli import checking
from regulars.kit import server
from regulars.kit.database import Database

# The same server, the same statements, but each request claims and applies alone, on as many connections as help.
NAIVE: Final = {"REGULARS_BATCH_MAX": "1", "REGULARS_BATCH_LANES": "8"}


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A run at saturation."""

    per_s: float
    server_us: float
    postgres_us: float
    p99_ms: float
    maker_cpu: float
    acknowledged: int


def saturate(home: House, *, run: str, seconds: float, members: int, **environment: str) -> Measured:
    """A closed loop of 128 connections on a server of its own."""
    with house.serving(home, **environment) as child:
        before = house.cpu(home, child)
        began = time.perf_counter()
        outcome = loadmaker.make(load_of(home, run=run, seconds=seconds, members=members, connections=128))
        used = house.cpu(home, child).since(before)
        took = time.perf_counter() - began
    assert set(outcome.statuses) <= {200, 201}, outcome.statuses
    # CPU is counted over everything the load maker sent, its warm-up included.
    count = len(outcome.acknowledged)
    assert took > 0
    return Measured(
        per_s=outcome.per_s,
        server_us=used.server_s / count * 1e6,
        postgres_us=used.postgres_s / count * 1e6,
        p99_ms=outcome.p99_ms,
        maker_cpu=outcome.cpu_share,
        acknowledged=count,
    )


def measure(home: House, *, seconds: float, rounds: int, members: int) -> dict[str, float]:
    """V1: ours and naive in turns, then half of our rate in an open loop; everything acknowledged must be there."""
    ours, naive, known = [], [], 0
    for number in range(rounds):
        ours.append(saturate(home, run=f"ours{number}", seconds=seconds, members=members))
        naive.append(saturate(home, run=f"naive{number}", seconds=seconds, members=members, **NAIVE))
    known = sum(one.acknowledged for one in [*ours, *naive])
    rate = statistics.median(one.per_s for one in ours)
    with house.serving(home):
        load = load_of(home, run="half", seconds=seconds, members=members, connections=128, rate=rate / 2)
        half = loadmaker.make(load)
    assert set(half.statuses) <= {200, 201}, half.statuses
    known += len(half.acknowledged)
    check(home, at_least=known)
    cpu_us = statistics.median(one.server_us + one.postgres_us for one in ours)
    naive_us = statistics.median(one.server_us + one.postgres_us for one in naive)
    return {
        "checkout_per_s": round(rate),
        "checkout_p99_ms": round(statistics.median(one.p99_ms for one in ours), 1),
        "checkout_p99_ms_half_load": half.p99_ms,
        "checkout_cpu_us": round(cpu_us),
        "checkout_cpu_server_us": round(statistics.median(one.server_us for one in ours)),
        "checkout_cpu_postgres_us": round(statistics.median(one.postgres_us for one in ours)),
        "naive_per_s": round(statistics.median(one.per_s for one in naive)),
        "naive_cpu_us": round(naive_us),
        "checkout_cpu_ratio_naive": round(naive_us / cpu_us, 2),
        "load_maker_cpu_share": max(one.maker_cpu for one in [*ours, *naive]),
    }


def quotes(home: House, *, seconds: float, members: int, rate: float = 500.0) -> dict[str, float]:
    """V4: quotes at 500 a second, open loop."""
    with house.serving(home):
        load = load_of(home, run="quote", seconds=seconds, members=members, connections=64, rate=rate)
        outcome = loadmaker.make(msgspec.structs.replace(load, path="/v1/quotes", keyed=False))
    assert set(outcome.statuses) == {200}, outcome.statuses
    return {"quote_p50_ms_500": outcome.p50_ms, "quote_p99_ms_500": outcome.p99_ms}


def lone(home: House, *, count: int, members: int) -> dict[str, float]:
    """V5: one till and nobody else, beside a bare commit, in turns."""
    waits: list[float] = []
    commits: list[float] = []
    source = world.requests(run="lone", seed=5, members=members)
    headers = {"authorization": f"Bearer {home.token}", "content-type": "application/json"}
    bare.prepare(home)
    with house.serving(home), httpx.Client(base_url=home.url, headers=headers) as client:
        for _ in range(4):
            for _ in range(count // 4):
                one = next(source)
                began = time.perf_counter()
                answer = client.post("/v1/purchases", content=one.body, headers={"idempotency-key": one.key})
                waits.append((time.perf_counter() - began) * 1000)
                assert answer.status_code < 300, answer.text
            commits.append(bare.commit_ms(home, count=count // 4))
    alone, commit = statistics.median(waits), statistics.median(commits)
    return {
        "lone_checkout_ms": round(alone, 2),
        "bare_commit_ms": round(commit, 2),
        "lone_checkout_ms_over_commit": round(alone - commit, 2),
    }


def check(home: House, *, at_least: int) -> None:
    """Every acknowledged checkout is there, no key twice, and the ledger holds."""

    async def work() -> tuple[int, int, Any]:
        async with Database(server.locate(home.settings), size=2, pace="patient") as database:
            async with database.read(programs=[home.program_id]) as tx:
                rows = await tx.fetchrow(
                    "select count(*) as n, count(distinct document) as d from natural_key where source = 'bench'"
                )
            report = await checking.ledger(database, home.settings, program_id=home.program_id)
            return rows["n"], rows["d"], report

    count, distinct, report = asyncio.run(work())
    assert count >= at_least, f"{at_least} were acknowledged, {count} are there"
    assert count == distinct, f"{count} rows, {distinct} documents"
    assert not report.breaks, report.breaks[:3]


def load_of(
    home: House, *, run: str, seconds: float, members: int, connections: int, rate: float = 0.0
) -> loadmaker.Load:
    return loadmaker.Load(
        host=home.settings.host,
        port=home.settings.port,
        token=home.token,
        path="/v1/purchases",
        seconds=seconds,
        connections=connections,
        members=members,
        run=run,
        rate=rate,
    )
