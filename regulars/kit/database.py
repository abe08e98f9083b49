"""The pool, transactions behind the walls between programs, and the faults of the database in our own terms.

SQL is written by hand and run on the driver's own connection: `$1` for values, arrays for many rows, `search_path` is
our schema. jsonb comes and goes as text (decode it straight into a Struct), `timestamptz` as aware UTC, uuid as
`uuid.UUID`. Two-dimensional arrays flatten in `unnest`: join inner lists to text.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Self

import asyncpg

from regulars.kit.address import SCHEMA, Address, Role
from regulars.kit.errors import (
    CommitOutcomeUnknown,
    DatabaseBusy,
    DatabaseUnavailable,
    Overloaded,
    RegularsError,
    SessionLost,
    StorageFull,
)

Pace = Literal["hot", "patient"]

# A process that stops in the middle of a batch must hold nobody up. Plans: a statement prepared while
# its tables are small keeps sequential scans as they grow, so each run is planned anew.
_COMMON: Final = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    "application_name": "regulars",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
}
_TIMEOUTS: Final[dict[Pace, dict[str, str]]] = {
    "hot": {
        "idle_in_transaction_session_timeout": "2s",
        "lock_timeout": "500ms",
        "statement_timeout": "5s",
        "transaction_timeout": "10s",
    },
    # Reports, migrations of data, the filler: long, but still never waiting for a lock without end.
    "patient": {"idle_in_transaction_session_timeout": "10min", "lock_timeout": "5s"},
}
# Below the 2 s within which a caller hears 503, and below those after which the server ends an idle transaction.
_CONNECT_S: Final = 1.5

_GONE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # What the driver says when the server ended the session while we were busy elsewhere.
    asyncpg.InternalClientError,
)
_BUSY: Final = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionTimeoutError,
    asyncpg.TooManyConnectionsError,
)


class Transaction:
    """A transaction under way. Rooms run statements in it; only the edge that opened it commits."""

    __slots__ = ("connection", "ends_with_next")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.ends_with_next = False
        """On a lane: whether it may end with the message that begins the next one, a round trip less. For whoever goes
        on at once, and has told nobody of what was written."""

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        """All rows, each read by name (`row["id"]`) or position."""
        rows: list[Any] = await self.connection.fetch(sql, *values)
        return rows

    async def fetchrow(self, sql: str, *values: Any) -> Any:
        """The first row, or None."""
        return await self.connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> int:
        """Run a statement; the number of rows it touched."""
        status: str = await self.connection.execute(sql, *values)
        last = status.rpartition(" ")[2]
        return int(last) if last.isdecimal() else 0

    async def rows(self, sql: str, *values: Any, batch: int = 1000) -> AsyncIterator[Any]:
        """Rows one after the other, fetched `batch` at a time, for results that do not fit in memory."""
        async for row in self.connection.cursor(sql, *values, prefetch=batch):
            yield row


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    def get_reset_query(self) -> str:
        # Everything we set is SET LOCAL, so there is nothing to reset and one round trip less per use.
        return ""


class Database:
    """The connections of one process in one role."""

    def __init__(self, address: Address, *, role: Role = "app", size: int = 10, pace: Pace = "hot") -> None:
        self.address = address
        self._role: Role = role
        self._size = size
        self._pace: Pace = pace
        self._pool: Any = None

    async def __aenter__(self) -> Self:
        # No connection is made yet: a process starts while its database is away, and answers 503 until it is back.
        self._pool = await asyncpg.create_pool(
            **self._arguments(), min_size=0, max_size=self._size, max_inactive_connection_lifetime=0, max_queries=2**40
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        pool, self._pool = self._pool, None
        with contextlib.suppress(OSError, *_GONE):
            async with asyncio.timeout(5.0):
                await pool.close()
                return
        pool.terminate()

    @contextlib.asynccontextmanager
    async def transaction(self, *, programs: Sequence[int], computes: bool = False) -> AsyncIterator[Transaction]:
        """A transaction that sees and writes the rows of these programs only; committed when the block ends well. One
        that `computes` may take its time between two statements: it locks nothing that a till waits for.

        Raises DatabaseUnavailable, DatabaseBusy, SessionLost, StorageFull, Overloaded; CommitOutcomeUnknown when the
        connection broke during COMMIT.
        """
        opening = _opening(programs) + (_UNHURRIED if computes else "")
        async with self._connection() as connection:
            await _begin(connection, opening)
            async with _transaction(connection) as tx:
                yield tx

    @contextlib.asynccontextmanager
    async def read(self, *, programs: Sequence[int]) -> AsyncIterator[Transaction]:
        """One snapshot of these programs for all statements of the block; nothing can be written. Raises
        DatabaseUnavailable, DatabaseBusy, SessionLost, Overloaded."""
        async with self._connection() as connection:
            await _begin(connection, _opening(programs, _SNAPSHOT))
            async with _snapshot(connection) as tx:
                yield tx

    @contextlib.asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        """A connection of one's own for as long as the block runs: what a batcher holds."""
        lane = Lane(self._arguments())
        try:
            yield lane
        finally:
            await lane.close()

    async def ping(self) -> None:
        """Answer when the database does. Raises DatabaseUnavailable, Overloaded."""
        async with self._connection() as connection:
            with faults(connection):
                await connection.execute("SELECT 1")

    @contextlib.asynccontextmanager
    async def listening(self, heard: Mapping[str, Callable[[str], None]]) -> AsyncIterator[None]:
        """Call whoever listens to a channel with what is notified on it while the block runs. A notification may be
        lost when the connection breaks: whoever listens asks from time to time as well. Raises DatabaseUnavailable."""
        with faults(None):
            connection = await asyncpg.connect(**self._arguments())
            for channel in heard:
                await connection.add_listener(channel, lambda *said: heard[said[2]](said[3]))
        try:
            yield
        finally:
            connection.terminate()

    def _arguments(self) -> dict[str, Any]:
        user, password = self.address.login(self._role)
        taken = self.address.taken_role(self._role)
        settings = {**_COMMON, **_TIMEOUTS[self._pace], **({"role": taken} if taken else {})}
        where = self.address
        known = {"host": where.host, "port": where.port, "database": where.database, "timeout": _CONNECT_S}
        ssl = {"ssl": where.parameters["sslmode"]} if "sslmode" in where.parameters else {}
        who = {"user": user or None, "password": password or None}
        return {**known, **ssl, **who, "server_settings": settings, "connection_class": _Connection}

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._pool is None:
            raise DatabaseUnavailable
        with faults(None):
            try:
                connection = await self._pool.acquire(timeout=_CONNECT_S)
            except TimeoutError as fault:
                full = self._pool.get_size() >= self._size and self._pool.get_idle_size() == 0
                raise (Overloaded() if full else DatabaseUnavailable()) from fault
        try:
            yield connection
        finally:
            # One that broke meanwhile is thrown away; what it carried was answered already.
            with contextlib.suppress(OSError, *_GONE, asyncpg.InterfaceError):
                await self._pool.release(connection)


class Lane:
    """One connection that is kept, and made anew when it breaks. For one task at a time."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._arguments = arguments
        self._held: Any = None
        self._open: Literal["", "written", "read"] = ""
        """What is still to be ended: a transaction that wrote, a snapshot, or nothing."""

    @contextlib.asynccontextmanager
    async def transaction(self, *, programs: Sequence[int], waits: bool = True) -> AsyncIterator[Transaction]:
        """As `Database.transaction`, on this lane. Without `waits` the commit does not wait for the disk: a crash may
        lose it, so only what nobody was told about may be written so."""
        mode = "" if waits else "; SET LOCAL synchronous_commit = off"
        connection = await self._begun(_opening(programs) + mode)
        async with _transaction(connection) as tx:
            yield tx
        if tx.ends_with_next:
            self._open = "written"

    @contextlib.asynccontextmanager
    async def read(self, *, programs: Sequence[int]) -> AsyncIterator[Transaction]:
        """As `Database.read`, on this lane."""
        connection = await self._begun(_opening(programs, _SNAPSHOT))
        async with _snapshot(connection) as tx:
            yield tx
        if tx.ends_with_next:
            self._open = "read"

    async def close(self) -> None:
        """Give the connection back."""
        if self._held is not None:
            self._held.terminate()
            self._held = None

    async def _begun(self, opening: str) -> Any:
        """The connection with a transaction begun, and the one before it ended. Raises CommitOutcomeUnknown where that
        one wrote and the connection broke."""
        before, self._open = self._open, ""
        if before:
            # Of a transaction that failed COMMIT makes a ROLLBACK and says nothing: any other statement is refused.
            end = "SELECT; COMMIT; " if before == "written" else "COMMIT; "
            try:
                await self._held.execute(end + opening)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as fault:
                with contextlib.suppress(asyncpg.InterfaceError):
                    self._held.terminate()
                if isinstance(fault, asyncpg.InFailedSQLTransactionError):
                    raise
                if before == "written":
                    raise CommitOutcomeUnknown from fault
                # All was read and nothing written: a new connection goes on.
            else:
                return self._held
        connection = await self._connection()
        await _begin(connection, opening)
        return connection

    async def _connection(self) -> Any:
        if self._held is None or self._held.is_closed():
            with faults(None):
                self._held = await asyncpg.connect(**self._arguments)
        return self._held


_UNHURRIED: Final = "; SET LOCAL idle_in_transaction_session_timeout = '30s'"
# A snapshot locks nothing, so a process that has no turn on the processor for a while may go on with it afterwards.
_SNAPSHOT: Final = f" ISOLATION LEVEL REPEATABLE READ READ ONLY{_UNHURRIED}"


def _opening(programs: Sequence[int], mode: str = "") -> str:
    # One round trip for both. Only whole numbers get into the text.
    return f"BEGIN{mode}; SET LOCAL regulars.programs = '{','.join(str(int(program)) for program in programs)}'"


async def _begin(connection: Any, opening: str) -> None:
    with faults(connection):
        await connection.execute(opening)


@contextlib.asynccontextmanager
async def _transaction(connection: Any) -> AsyncIterator[Transaction]:
    time = asyncio.get_running_loop().time
    async with _block(connection) as tx:
        began = time()
        yield tx
        lasted_s = time() - began
        # One that took long may have lost its session: it is ended by itself, and that is found out.
        tx.ends_with_next = tx.ends_with_next and lasted_s <= _LONG_S
        if not tx.ends_with_next:
            await _commit(connection, lasted_s=lasted_s)


@contextlib.asynccontextmanager
async def _snapshot(connection: Any) -> AsyncIterator[Transaction]:
    async with _block(connection) as tx:
        yield tx
        if tx.ends_with_next:
            return
        # All was read and nothing written: whatever becomes of the session now, the answer stands.
        try:
            await connection.execute("COMMIT")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            with contextlib.suppress(asyncpg.InterfaceError):
                connection.terminate()


@contextlib.asynccontextmanager
async def _block(connection: Any) -> AsyncIterator[Transaction]:
    with faults(connection):
        try:
            yield Transaction(connection)
        except BaseException as fault:
            # Where the connection broke, the server rolls back by itself.
            if not _is_closed(connection):
                with contextlib.suppress(OSError, *_GONE, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.execute("ROLLBACK")
            if (
                isinstance(fault, Exception)
                and type(fault_of(fault, broken=_is_closed(connection))) is DatabaseUnavailable
            ):
                raise SessionLost from fault
            raise


# After so long a transaction the server may have ended the session while we were away, and the driver needs a few turns
# of the loop to notice: it reads the last words, then the end, then is told of both.
_LONG_S: Final = 0.5
_TURNS: Final = 5


async def _commit(connection: Any, *, lasted_s: float) -> None:
    if lasted_s > _LONG_S:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        # No COMMIT was sent: nothing was written.
        if _is_closed(connection):
            raise SessionLost
    try:
        status = await connection.execute("COMMIT")
    except asyncpg.IdleInTransactionSessionTimeoutError as fault:
        raise SessionLost from fault
    except (OSError, *_GONE, asyncpg.InterfaceError, asyncpg.QueryCanceledError) as fault:
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()
        raise CommitOutcomeUnknown from fault
    if status != "COMMIT":
        # After a failed statement that somebody swallowed, COMMIT answers ROLLBACK without an error.
        raise asyncpg.InFailedSQLTransactionError("the transaction had failed before COMMIT")


@contextlib.contextmanager
def faults(connection: Any) -> Iterator[None]:
    """Turn what says that the database is away, busy or full into our errors; leave everything else as it is."""
    try:
        yield
    except Exception as fault:
        if isinstance(fault, asyncpg.InternalClientError) and connection is not None and not _is_closed(connection):
            connection.terminate()
        ours = fault_of(fault, broken=connection is None or _is_closed(connection))
        if ours is None:
            raise
        raise ours from fault


def _is_closed(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        # The pool took a broken connection back while we still held it.
        return True


def fault_of(fault: Exception, *, broken: bool = False) -> RegularsError | None:
    """Our error for a fault of the driver; None where it is no such fault.

    `broken` says that there is no connection: only then do faults of files and of the driver's use mean the database.
    """
    if isinstance(fault, RegularsError):
        return None
    if isinstance(fault, asyncpg.DiskFullError):
        return StorageFull()
    if isinstance(fault, _BUSY):
        return DatabaseBusy()
    if isinstance(fault, _GONE) or (broken and isinstance(fault, (OSError, asyncpg.InterfaceError))):
        return DatabaseUnavailable()
    return None
