"""The background process: each job by itself, and the loop that carries them."""

from __future__ import annotations

import asyncio

from regulars.kit import edge, outbox, partitions, tables
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.worker import loop, service
from regulars.worker.loop import Job
from tests.api.conftest import new_key


async def test_the_whole_worker_starts_numbers_events_and_stops_when_told(
    settings: Settings, database: Database, address: Address
) -> None:
    url = (
        f"postgresql://{address.login('admin')[0]}:{address.login('admin')[1]}@/{address.database}?host={address.host}"
    )
    where = Settings(home=settings.home, database_url=f"{url}&port={address.port}", relay_interval_ms=10)
    await new_key(database, program="one", scopes=("till",))
    now = edge.now()
    async with database.transaction(programs=[1]) as tx:
        await outbox.record(tx, {"type": "a.done"}, program_id=1, event_id=edge.new_id(now), occurred_at=now)
    stop = asyncio.Event()
    working = asyncio.create_task(service.work(where, stop=stop))
    for _ in range(500):
        async with database.read(programs=[1]) as tx:
            if await outbox.last_position(tx, program_id=1) == 1:
                break
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(working, 30)
    async with database.read(programs=[1]) as tx:
        assert await outbox.last_position(tx, program_id=1) == 1


async def test_partitions_of_the_coming_months_are_made_once(address: Address, database: Database) -> None:
    async with Database(address, role="owner", size=1, pace="patient") as owner:
        await service.keep_partitions(owner, database, days=30)
        await service.keep_partitions(owner, database, days=30)
        month = partitions.months_ahead(edge.now(), 3)[-1]
        async with owner.transaction(programs=[]) as tx:
            for name, registered in tables.registry.items():
                if registered.monthly:
                    found = await tx.fetchval("SELECT to_regclass($1)", f"regulars.{partitions.name_of(name, month)}")
                    assert found is not None


async def test_answers_go_by_the_month_and_activities_stay(address: Address, database: Database) -> None:
    await new_key(database, program="one", scopes=("till",))
    long_ago, now = partitions.Month(2020, 1), partitions.month_of(edge.now())
    async with Database(address, role="owner", size=1, pace="patient") as owner:
        async with owner.transaction(programs=[]) as tx:
            for name in ("answer", "activity"):
                await partitions.ensure(tx, table=name, wanted=[long_ago, now])
        await service.keep_partitions(owner, database, days=30)
        async with owner.transaction(programs=[]) as tx:
            found = {
                (name, month.year): await tx.fetchval(
                    "SELECT to_regclass($1)::text", f"regulars.{partitions.name_of(name, month)}"
                )
                for name in ("answer", "activity")
                for month in (long_ago, now)
            }
    assert [name for name, there in found.items() if there is None] == [("answer", 2020)]


async def test_an_untouched_ledger_is_checked_without_a_break_and_its_root_written_once_a_day(
    settings: Settings, database: Database, address: Address
) -> None:
    await new_key(database, program="one", scopes=("till",))
    async with Database(address, size=1, pace="patient") as patient:
        assert await service.check_ledger(patient, home=settings.home) is False
        for _ in range(2):
            assert await service.check_nightly(patient, home=settings.home) is False
    (written,) = (settings.home / "roots").glob("*/*.root.json")
    assert written.name == "000001.root.json"


async def test_a_broken_job_does_not_stop_the_others(address: Address) -> None:
    done: list[str] = []
    stop = asyncio.Event()

    async def broken() -> bool:
        done.append("broken")
        raise RuntimeError

    async def working() -> bool:
        done.append("working")
        if done.count("working") == 3:
            stop.set()
        return True

    jobs = [Job(name="broken", every_s=0.01, run=broken), Job(name="working", every_s=0.01, run=working)]
    async with Database(address, size=2) as guards:
        await asyncio.wait_for(loop.run(jobs, guards=guards, stop=stop), 10)
    assert done.count("working") == 3
    assert "broken" in done


async def test_a_locked_job_runs_in_one_worker_at_a_time(address: Address) -> None:
    running, most, stop = 0, 0, asyncio.Event()

    async def job() -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return False

    jobs = [Job(name="alone", every_s=0.01, run=job, lock=4711)]
    async with Database(address, size=2) as one, Database(address, size=2) as other:
        both = [asyncio.create_task(loop.run(jobs, guards=each, stop=stop)) for each in (one, other)]
        await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(*both)
    assert most == 1


async def test_without_the_lock_both_workers_run_it(address: Address) -> None:
    """The control of the test above."""
    running, most, stop = 0, 0, asyncio.Event()

    async def job() -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return False

    jobs = [Job(name="together", every_s=0.01, run=job)]
    async with Database(address, size=2) as one, Database(address, size=2) as other:
        both = [asyncio.create_task(loop.run(jobs, guards=each, stop=stop)) for each in (one, other)]
        await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(*both)
    assert most == 2
