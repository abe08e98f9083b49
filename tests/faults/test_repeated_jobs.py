"""Jobs may be killed anywhere and run again: the same rows as one clean run, and a balance is right though time's own job
comes late (TRUST.md R13, LEDGER.md LAW8)."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from regulars.access import service as access
from regulars.kit import keyring
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from tests.conftest import copied
from tests.faults import jobs_world, table

# `make faults` sets this to what TRUST.md R13 asks for, ten kills of each job.
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
KILLS, MEMBERS = 2 * ROUNDS, 24 * ROUNDS
SEED = random.SystemRandom().randrange(10**6)


@pytest.fixture
def twin(address: Address) -> Iterator[Address]:
    """A second database; `become` makes it a copy of the first."""
    with copied(address) as made:
        yield made


def become(copy: Address, of: Address) -> None:
    with psycopg.connect(**of.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{copy.database}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{copy.database}" TEMPLATE "{of.database}" STRATEGY FILE_COPY')


async def broken(address: Address, home: Path) -> list[str]:
    async with Database(address, size=1, pace="patient") as database, database.read(programs=[1]) as tx:
        assert [one.program_id for one in await access.programs(tx)] == [1]
        report = await ledger.check(tx, program_id=1, key=keyring.key(home, "ledger"))
        return [str(each) for each in report.breaks]


@pytest.mark.timeout(120 + 120 * ROUNDS)
async def test_jobs_killed_anywhere_and_run_again_write_what_one_clean_run_writes(
    address: Address, twin: Address, home: Path
) -> None:
    await jobs_world.lived(address, home, MEMBERS)
    become(twin, address)
    before = jobs_world.rows(address)
    await jobs_world.worked(address, home)
    clean = jobs_world.rows(address)
    # The clean run did something in each table that is compared, or the comparison says nothing about it.
    assert {name for name in clean if clean[name] == before[name]} <= {"counter", "run_member"}
    hit = await jobs_world.killed_again_and_again(twin, home, kills=KILLS, drawn=random.Random(SEED))
    assert hit > 0, "every job was over before the kill came"
    assert jobs_world.rows(twin) == clean, f"seed {SEED}, {hit} kills"
    assert await broken(twin, home) == []
    table.tell(
        "R13",
        f"{len(jobs_world.JOBS)} jobs, each killed {KILLS} times and run again",
        f"{hit} kills at work; the same rows",
    )


async def test_control_a_job_that_ran_twice_over_is_seen(address: Address, home: Path) -> None:
    await jobs_world.lived(address, home, 2)
    await jobs_world.worked(address, home)
    once = jobs_world.rows(address)
    with psycopg.connect(**address.sync_arguments("admin")) as connection:
        # What a job does that forgets that it did it already.
        connection.execute(
            "UPDATE regulars.lot SET granted = granted + 7, remaining = remaining + 7 WHERE rule = 'born'"
        )
    assert {name for name, hashed in jobs_world.rows(address).items() if hashed != once[name]} == {"lot"}
