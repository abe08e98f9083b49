from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import asyncpg
import psycopg
import pytest

from regulars.kit import ids, outbox, partitions
from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.kit.errors import CommitOutcomeUnknown, DatabaseBusy, DatabaseUnavailable, Overloaded, SessionLost
from regulars.kit.partitions import Month

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
NOW_MS = 1_793_880_000_000


async def write(tx: Transaction, n: int, *, program: int, at: datetime = NOW) -> None:
    event_id = ids.uuid7(int(at.timestamp() * 1000), n.to_bytes(10, "big"))
    await outbox.record(tx, {"type": "x.happened"}, program_id=program, event_id=event_id, occurred_at=at)


async def count(database: Database, *programs: int) -> int:
    async with database.read(programs=programs) as tx:
        found: int = await tx.fetchval("SELECT count(*) FROM event")
    return found


async def test_a_transaction_sees_the_programs_it_names_and_no_others(database: Database) -> None:
    async with database.transaction(programs=[1, 2]) as tx:
        await write(tx, 1, program=1)
        await write(tx, 2, program=2)
        await write(tx, 3, program=2)
    assert await count(database, 1) == 1
    assert await count(database, 2) == 2
    assert await count(database, 1, 2) == 3
    assert await count(database) == 0


async def test_a_used_connection_forgets_the_programs(address: Address) -> None:
    async with Database(address, size=1) as database:
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
        async with database._connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM event") == 0
            assert await connection.fetchval("SELECT count(*) FROM event_feed") == 0


async def test_writing_into_another_program_is_refused(database: Database) -> None:
    async def write_beyond() -> None:
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=2)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await write_beyond()
    assert await count(database, 1, 2) == 0


async def test_the_owner_is_bound_by_the_wall_too(address: Address, database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        await write(tx, 1, program=1)
    async with Database(address, role="owner") as owner:
        assert await count(owner) == 0
        assert await count(owner, 1) == 1


async def test_the_app_cannot_change_what_is_only_added_to(database: Database) -> None:
    async def change() -> None:
        async with database.transaction(programs=[1]) as tx:
            await tx.execute("DELETE FROM event")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await change()


async def test_reads_are_one_snapshot(database: Database) -> None:
    async with database.read(programs=[1]) as reading:
        assert await reading.fetchval("SELECT count(*) FROM event") == 0
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
        assert await reading.fetchval("SELECT count(*) FROM event") == 0
    assert await count(database, 1) == 1


async def test_a_read_cannot_write(database: Database) -> None:
    async def write_in_read() -> None:
        async with database.read(programs=[1]) as tx:
            await write(tx, 2, program=1)

    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await write_in_read()


async def test_execute_says_how_many_rows_it_touched(database: Database) -> None:
    async with database.transaction(programs=[1]) as tx:
        touched = await tx.execute("INSERT INTO event SELECT * FROM event WHERE false")
        await write(tx, 1, program=1)
        counted = [row["program_id"] async for row in tx.rows("SELECT program_id FROM event")]
    assert (touched, counted) == (0, [1])


async def test_hot_connections_plan_each_time_and_wait_for_nobody_long(database: Database) -> None:
    names = ["plan_cache_mode", "jit", "lock_timeout", "statement_timeout", "transaction_timeout", "search_path"]
    async with database.transaction(programs=[]) as tx:
        shown = [await tx.fetchval("SELECT current_setting($1)", name) for name in names]
        idle = await tx.fetchval("SELECT current_setting('idle_in_transaction_session_timeout')")
        durable = await tx.fetchval("SELECT current_setting('synchronous_commit')")
    assert shown == ["force_custom_plan", "off", "500ms", "5s", "10s", "regulars"]
    assert (idle, durable) == ("2s", "on")


async def test_a_lock_held_elsewhere_is_a_busy_database(database: Database, address: Address) -> None:
    with psycopg.connect(**address.sync_arguments("owner")) as other:
        other.execute("LOCK TABLE event_relay")

        async def wait_for_it() -> None:
            async with database.transaction(programs=[]) as tx:
                await tx.fetch("SELECT * FROM event_relay")

        with pytest.raises(DatabaseBusy) as busy:
            await wait_for_it()
    assert (busy.value.status, busy.value.retry_after_s) == (503, 1)


async def test_more_work_than_connections_is_overload(address: Address) -> None:
    async with Database(address, size=1) as database, database.read(programs=[]):
        with pytest.raises(Overloaded):
            await database.ping()


async def test_a_killed_session_is_an_unavailable_database_and_the_next_one_works(address: Address) -> None:
    async with Database(address, size=1) as database:

        async def be_killed() -> None:
            async with database.transaction(programs=[1]) as tx:
                await write(tx, 1, program=1)
                pid = await tx.fetchval("SELECT pg_backend_pid()")
                with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
                    admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
                await asyncio.sleep(0.05)
                await tx.fetchval("SELECT 1")

        with pytest.raises(DatabaseUnavailable):
            await be_killed()
        assert await count(database, 1) == 0


async def test_a_session_that_the_server_ended_while_we_were_away_is_an_unavailable_database(address: Address) -> None:
    async with Database(address, size=1) as database:

        async def sleep_too_long() -> None:
            async with database.transaction(programs=[1]) as tx:
                await write(tx, 1, program=1)
                await tx.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
                await asyncio.sleep(0.3)

        with pytest.raises(DatabaseUnavailable):
            await sleep_too_long()
        assert await count(database, 1) == 0


async def paused(tx: Transaction) -> None:
    """A process without a turn on the processor for longer than the server waits: it hears nothing meanwhile."""
    await tx.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
    time.sleep(0.6)  # noqa: ASYNC251 - the loop itself stands still


async def test_a_process_that_was_paused_in_a_transaction_is_told_that_nothing_was_saved(address: Address) -> None:
    async with Database(address, size=1) as database:

        async def paused_before_the_end() -> None:
            async with database.transaction(programs=[1]) as tx:
                await write(tx, 1, program=1)
                await paused(tx)

        async def paused_in_the_middle() -> None:
            async with database.transaction(programs=[1]) as tx:
                await paused(tx)
                await write(tx, 1, program=1)

        for act in (paused_before_the_end, paused_in_the_middle):
            with pytest.raises(DatabaseUnavailable) as told:
                await act()
            assert (type(told.value), told.value.retry_after_s) == (SessionLost, 1)
            assert await count(database, 1) == 0


async def test_what_was_read_stands_whatever_becomes_of_the_session(address: Address) -> None:
    async with Database(address, size=1) as database:
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
        async with database.read(programs=[1]) as tx:
            found = await tx.fetchval("SELECT count(*) FROM event")
            await paused(tx)
        async with database.lane() as lane, lane.read(programs=[1]) as tx:
            again = await tx.fetchval("SELECT count(*) FROM event")
            await paused(tx)
        assert (found, again, await count(database, 1)) == (1, 1, 1)


async def test_what_computes_or_only_reads_may_take_longer_than_a_lock_may_be_held(database: Database) -> None:
    for opened in (database.read(programs=[1]), database.transaction(programs=[1], computes=True)):
        async with opened as tx:
            assert await tx.fetchval("SELECT current_setting('idle_in_transaction_session_timeout')") == "30s"


async def test_a_lane_mends_itself(address: Address, database: Database) -> None:
    async with database.lane() as lane:
        async with lane.transaction(programs=[1]) as tx:
            first = await tx.fetchval("SELECT pg_backend_pid()")
            await write(tx, 1, program=1)
        with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (first,))
        await asyncio.sleep(0.05)
        async with lane.read(programs=[1]) as tx:
            assert await tx.fetchval("SELECT pg_backend_pid()") != first
            assert await tx.fetchval("SELECT count(*) FROM event") == 1


async def test_what_ends_with_the_next_message_is_there_once_that_has_begun(
    address: Address, database: Database
) -> None:
    async with database.lane() as lane:
        async with lane.transaction(programs=[1], waits=False) as tx:
            tx.ends_with_next = True
            await write(tx, 1, program=1)
        assert await count(database, 1) == 0
        async with lane.read(programs=[1]) as tx:
            tx.ends_with_next = True
            assert await count(database, 1) == 1
            assert await tx.fetchval("SELECT count(*) FROM event") == 1
            assert await tx.fetchval("SELECT current_setting('transaction_isolation')") == "repeatable read"
            assert await tx.fetchval("SELECT current_setting('synchronous_commit')") == "on"
        async with lane.transaction(programs=[1]) as tx:
            assert await tx.fetchval("SELECT current_setting('transaction_isolation')") == "read committed"
            await write(tx, 2, program=1)
        assert await count(database, 1) == 2


async def test_what_was_to_end_with_the_next_message_and_could_not_is_said(
    address: Address, database: Database
) -> None:
    async with database.lane() as lane:
        async with lane.transaction(programs=[1]) as tx:
            tx.ends_with_next = True
            await write(tx, 1, program=1)
            await ended(address, tx)
        with pytest.raises(CommitOutcomeUnknown):
            async with lane.read(programs=[1]):
                pass
        async with lane.read(programs=[1]) as tx:
            tx.ends_with_next = True
            await ended(address, tx)
        # Nothing of what was read is in doubt: a new connection goes on.
        async with lane.transaction(programs=[1]) as tx:
            await write(tx, 2, program=1)
        async with lane.transaction(programs=[1]) as tx:
            tx.ends_with_next = True
            with pytest.raises(asyncpg.DivisionByZeroError):
                await tx.fetchval("SELECT 1/0")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            async with lane.read(programs=[1]):
                pass
        async with lane.read(programs=[1]) as tx:
            assert await tx.fetchval("SELECT count(*) FROM event") == 1


async def ended(address: Address, tx: Transaction) -> None:
    """The session of a transaction is ended from outside, and its client hears of it."""
    own = await tx.fetchval("SELECT pg_backend_pid()")
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (own,))
    await asyncio.sleep(0.05)


async def test_a_fault_of_the_caller_stays_what_it_is(database: Database) -> None:
    async def read_a_file() -> None:
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
            raise FileNotFoundError("goods.csv")

    with pytest.raises(FileNotFoundError):
        await read_a_file()
    assert await count(database, 1) == 0


async def test_a_swallowed_failure_does_not_look_like_a_commit(database: Database) -> None:
    async def swallow() -> None:
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
            with pytest.raises(asyncpg.DivisionByZeroError):
                await tx.fetchval("SELECT 1/0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await swallow()


async def test_an_absent_database_is_unavailable_at_once(address: Address) -> None:
    async with Database(Address(host="/nowhere", port=5432, database="x", user="x")) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.ping()


async def test_listeners_hear_the_relay(address: Address, database: Database) -> None:
    heard = asyncio.Event()
    async with (
        database.listening({outbox.CHANNEL: lambda _: heard.set()}),
        Database(address, role="relay", size=1) as relaying,
    ):
        async with database.transaction(programs=[1]) as tx:
            await write(tx, 1, program=1)
        async with relaying.transaction(programs=[]) as tx:
            assert await outbox.relay(tx) == 1
        await asyncio.wait_for(heard.wait(), 2)


async def test_rows_of_a_month_without_a_partition_move_into_it(address: Address, database: Database) -> None:
    long_ago = datetime(2017, 3, 31, 23, 59, tzinfo=UTC)
    async with database.transaction(programs=[1]) as tx:
        await write(tx, 1, program=1, at=long_ago)
        await write(tx, 2, program=1, at=datetime(2017, 4, 1, tzinfo=UTC))
        assert await tx.fetchval("SELECT array_agg(DISTINCT tableoid::regclass::text) FROM event") == [
            "event_p_default"
        ]
    async with Database(address, role="owner") as owner, owner.transaction(programs=[]) as tx:
        wanted = [Month(2017, 3), Month(2017, 4)]
        assert await partitions.ensure(tx, table="event", wanted=wanted) == wanted
        assert await partitions.ensure(tx, table="event", wanted=wanted) == []
    async with database.read(programs=[1]) as tx:
        rows = await tx.fetch("SELECT tableoid::regclass::text AS part FROM event ORDER BY id")
    assert [row["part"] for row in rows] == ["event_p2017_03", "event_p2017_04"]


def test_months_follow_each_other() -> None:
    assert Month(2026, 12).next == Month(2027, 1)
    assert partitions.months_ahead(NOW, 2) == [Month(2026, 11), Month(2026, 12), Month(2027, 1)]
