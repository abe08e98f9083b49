"""Who meets a condition, and how many: by one statement of SQL where the tables say it all, else member by member.

SQL runs as the role that can only read, with the program in its condition. Balances are right in
their rows until time changes something; the few accounts that time has not come to yet are asked one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import msgspec

from regulars.activities import audience_faults, audience_sql, filling, load, prepare, walks
from regulars.activities.audience_sql import NoSql
from regulars.engine import service as engine
from regulars.engine.contracts.points import LotsNeeded
from regulars.kit.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from regulars.activities.audience_sql import Statement
    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction

How = Literal["sql", "walk"]

STEP: Final = 500
LATE_MOST: Final = 5_000
"""So many accounts that time has not come to are asked one by one; with more of them everybody is."""
STATEMENT_S: Final = 60

_MEMBERS: Final = """
select account_id, member_id, enrolled_at from regulars.member
where program_id = $1 and status <> 'erased' and (account_id, member_id) > ($2, $3)
    and ($4::uuid[] is null or account_id = any($4::uuid[]))
order by account_id, member_id limit $5
"""

_LATE: Final = """
select distinct account_id from regulars.balance
where program_id = $1 and currency = any($2::text[]) and least(next_change_at, idle_at) <= $3 limit $4
"""

_MORE_THAN: Final = "select exists (select from regulars.member where program_id = $1 offset $2)"

_NOBODY: Final = UUID(int=0)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How many members meet a condition, and how that was found out; `sample` are the first of them by id."""

    count: int
    how: How
    sample: tuple[UUID, ...] = ()


async def count(
    process: Process,
    *,
    program_id: int,
    condition: str,
    now: dt.datetime,
    sample: int = 0,
    progress: Callable[[int], None] | None = None,
    most: int | None = None,
) -> Found:
    """Count the members who meet a condition of the program in force. `progress` hears how many were asked one by one;
    of a program with more than `most` nobody is.

    Raises NothingPublished, ExpressionFaults, TooManyToAsk, StillPreparing for a metric that the filler has not gone
    through.
    """
    compiled = await _compiled(process, program_id, condition)
    made = _statement(compiled, condition, now)
    if made is not None:
        async with reading(process, program_id) as tx:
            late = await _late(tx, made, now)
            if len(late) <= LATE_MOST:
                counted, first = await _count_by_sql(tx, made, late, sample)
                asked = [one async for one in walk(process, compiled, condition, now=now, only=late)] if late else []
                ids = sorted({*first, *(member_id for _, member_id in asked)})[:sample]
                return Found(count=counted + len(asked), how="sql", sample=tuple(ids))
    if most is not None:
        async with process.database.read(programs=[program_id]) as tx:
            there = await tx.fetchval(_MORE_THAN, program_id, most)
        if there:
            raise audience_faults.TooManyToAsk(most=most)
    members, ids = 0, []
    async for _, member_id in walk(process, compiled, condition, now=now, progress=progress):
        members += 1
        if len(ids) < sample:
            ids.append(member_id)
    return Found(count=members, how="walk", sample=tuple(ids))


async def who(
    process: Process, *, program_id: int, condition: str, now: dt.datetime
) -> AsyncIterator[tuple[UUID, UUID]]:
    """(account, member) of everybody who meets a condition, ordered by account where they are asked one by one. Raises
    as `count`."""
    compiled = await _compiled(process, program_id, condition)
    made = _statement(compiled, condition, now)
    late: list[UUID] | None = None
    if made is not None:
        async with reading(process, program_id) as tx:
            late = await _late(tx, made, now)
            if len(late) <= LATE_MOST:
                async for row in tx.rows(*_but(made, "m.account_id, m.member_id", late), batch=10_000):
                    yield row[0], row[1]
            else:
                late = None
    if late is None or late:
        async for one in walk(process, compiled, condition, now=now, only=late):
            yield one


async def walk(
    process: Process,
    compiled: Compiled,
    condition: str,
    *,
    now: dt.datetime,
    only: Sequence[UUID] | None = None,
    progress: Callable[[int], None] | None = None,
) -> AsyncIterator[tuple[UUID, UUID]]:
    """(account, member) of everybody who meets a condition, asked member by member; `only` of these accounts."""
    function = engine.asked(compiled, condition)
    program_id = compiled.release.program_id
    last = (_NOBODY, _NOBODY)
    asked = 0
    while True:
        async with process.database.read(programs=[program_id]) as tx:
            rows = await tx.fetch(_MEMBERS, program_id, *last, only, STEP)
            loaded = await _loaded(tx, compiled, rows, now)
            for row in rows:
                known = msgspec.structs.replace(loaded[row["account_id"]].known, enrolled_at=row["enrolled_at"])
                about = {"member_id": row["member_id"], "at": now, "condition": function}
                try:
                    meets = engine.meets(compiled, known, **about)
                except LotsNeeded as need:
                    wish = _wish(compiled, row["account_id"], [row["member_id"]], now)
                    wish = msgspec.structs.replace(wish, lots=True, named=tuple(need.lots))
                    whole = (await load.load(tx.connection, [wish]))[row["account_id"]].known
                    whole = msgspec.structs.replace(whole, enrolled_at=row["enrolled_at"])
                    meets = engine.meets(compiled, whole, **about)
                if meets:
                    yield row["account_id"], row["member_id"]
        asked += len(rows)
        if progress is not None:
            progress(asked)
        if len(rows) < STEP:
            return
        last = (rows[-1]["account_id"], rows[-1]["member_id"])


async def _compiled(process: Process, program_id: int, condition: str) -> Compiled:
    await process.programs.ready(program_id)
    compiled = process.programs.current(program_id)
    reads = engine.reads(compiled, condition)
    # An account that was last kept under an earlier release may lack what that one did not count.
    known = process.programs.all(program_id)
    younger = {f"member.metrics.{name}" for older in known.values() for name in engine.gap(compiled, older).metrics}
    if younger & {".".join(path.replace("[]", "").split(".")[:3]) for path in reads}:
        async with process.database.read(programs=[program_id]) as tx:
            progress = await walks.progress(tx, program_id=program_id, purpose=filling.PURPOSE)
            # Also before the worker has begun with it: half the members would be missing without a word.
            waits = filling.asks(known, progress) and await filling.anybody(tx, program_id=program_id)
        if waits:
            raise audience_faults.StillPreparing(release=max(known), percent=filling.percent(known, progress))
    return compiled


def _statement(compiled: Compiled, condition: str, now: dt.datetime) -> Statement | None:
    try:
        return audience_sql.statement(compiled, condition, now=now)
    except NoSql:
        return None


class reading:  # noqa: N801  used as a statement: `async with reading(...)`
    """A snapshot as the role that can only read, with time for large tables."""

    def __init__(self, process: Process, program_id: int) -> None:
        self._database = Database(process.database.address, role="reader", size=1, pace="patient")
        self._program_id = program_id
        self._tx: Any = None

    async def __aenter__(self) -> Transaction:
        await self._database.__aenter__()
        self._tx = self._database.read(programs=[self._program_id])
        tx: Transaction = await self._tx.__aenter__()
        await tx.execute(f"set local statement_timeout = '{STATEMENT_S}s'")
        await tx.execute("set local work_mem = '128MB'")
        # Sums over day rows are not shared out: each worker would work out all of them.
        await tx.execute("set local max_parallel_workers_per_gather = 0")
        return tx

    async def __aexit__(self, *exc: object) -> None:
        try:
            await self._tx.__aexit__(*exc)
        finally:
            await self._database.__aexit__(*exc)


async def _late(tx: Transaction, made: Statement, now: dt.datetime) -> list[UUID]:
    if not made.currencies:
        return []
    rows = await tx.fetch(_LATE, made.parameters[0], list(made.currencies), now, LATE_MOST + 1)
    return [row["account_id"] for row in rows]


async def _count_by_sql(tx: Transaction, made: Statement, late: Sequence[UUID], sample: int) -> tuple[int, list[UUID]]:
    counted = await tx.fetchval(*_but(made, "count(*)", late))
    if not sample:
        return counted, []
    rows = await tx.fetch(*_but(made, "m.member_id", late, tail=f"order by m.member_id limit {int(sample)}"))
    return counted, [row["member_id"] for row in rows]


def _but(made: Statement, columns: str, late: Sequence[UUID], tail: str = "") -> tuple[Any, ...]:
    """The statement and its parameters, without some accounts."""
    if not late:
        return made.select(columns, tail=tail), *made.parameters
    where = f"m.account_id <> all(${len(made.parameters) + 1}::uuid[])"
    return made.select(columns, where=where, tail=tail), *made.parameters, list(late)


async def _loaded(
    tx: Transaction, compiled: Compiled, rows: Sequence[Any], now: dt.datetime
) -> dict[UUID, load.Loaded]:
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        members[row["account_id"]].append(row["member_id"])
    wishes = [_wish(compiled, account_id, ids, now) for account_id, ids in members.items()]
    return await load.load(tx.connection, wishes) if wishes else {}


def _wish(compiled: Compiled, account_id: UUID, members: Sequence[UUID], now: dt.datetime) -> load.Wish:
    zone = compiled.program.program.zone
    today = prepare.local_day(now, zone)
    return load.Wish(
        account_id=account_id,
        program_id=compiled.release.program_id,
        members=tuple(members),
        zone=zone,
        first_day=today,
        today=today,
        counts=bool(compiled.member_metrics),
        sliding=compiled.sliding_days,
        whole=compiled.whole_days,
        counters=tuple(one for member_id in members for one in engine.member_ranges(compiled, member_id, now)),
    )
