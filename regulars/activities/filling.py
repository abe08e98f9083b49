"""The filler: what a release keeps of members and the one before it did not is counted from the activities recorded,
for everybody, beside the till.

An account is filled by whoever comes first: the filler, or its own next activity. Both come to the same. Until the
filler has gone through all accounts the release is preparing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import chain, pasts, queries, walks
from regulars.engine import service as engine
from regulars.engine.contracts.known import DayRow, Known
from regulars.kit import edge
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.program import service as program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regulars.activities.walks import Progress
    from regulars.engine.service import Compiled, Gap
    from regulars.kit.database import Transaction

PURPOSE: Final = "fill"
BATCH: Final = 250
TRIES: Final = 5
"""How often an account that moved meanwhile is looked at again; whoever moved it has filled it, as a rule."""

_ACCOUNTS: Final = """
select account_id, version, clock, metric_day, state from regulars.account
where program_id = $1 and ($2::uuid is null or account_id > $2) and ($3::uuid is null or account_id <= $3)
order by account_id limit $4
"""

_ANYBODY: Final = "select exists (select from regulars.account where program_id = $1)"

_AGAIN: Final = """
select account_id, version, clock, metric_day, state from regulars.account where account_id = any($1::uuid[])
order by account_id
"""

_RECORDED: Final = """
select account_id, body, release, decision from regulars.activity
where account_id = any($1::uuid[]) and ($2 or type <> 'tick')
order by account_id, version
"""

# The version goes on, so that whoever decided on what was read before decides again.
_WRITE: Final = """
with input as materialized (
    select * from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as t (account_id, expected, state)
), ok as materialized (
    select a.account_id from regulars.account a join input i on i.account_id = a.account_id and i.expected = a.version
    order by a.account_id for no key update of a skip locked
), moved as (
    update regulars.account a set version = a.version + 1, state = i.state
    from input i join ok using (account_id) where a.account_id = i.account_id
), days as (
    insert into regulars.day_row as x (account_id, member_id, day, program_id, sums, keys)
    select t.account_id, t.member_id, t.day, $4, string_to_array(t.sums, ',')::bigint[], t.keys
    from unnest($5::uuid[], $6::uuid[], $7::date[], $8::text[], $9::bytea[])
        as t (account_id, member_id, day, sums, keys) join ok using (account_id)
    order by 1, 2, 3
    on conflict (account_id, member_id, day) do update set sums = excluded.sums, keys = excluded.keys
)
select account_id from ok
"""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of the filler needs to know."""

    address: bytes
    program_id: int
    release: int


class Filler:
    """Fills accounts of one program up to one release. `releases` are all of the program, by number."""

    def __init__(self, releases: Mapping[int, Compiled], *, program_id: int, release: int) -> None:
        self._releases = releases
        self._compiled = releases[release]
        self._program_id = program_id
        self._release = release

    async def step(self, database: Database, *, now: dt.datetime) -> bool:
        """Fill a batch of accounts; whether there may be more. Raises DatabaseUnavailable, DatabaseBusy."""
        about: dict[str, Any] = {"program_id": self._program_id, "purpose": PURPOSE, "release": self._release}
        async with database.transaction(programs=[self._program_id]) as tx:
            await walks.be_patient(tx)
            piece = await walks.take(tx, **about)
            if piece is None:
                return False
            async with database.read(programs=[self._program_id]) as snapshot:
                rows = await snapshot.fetch(_ACCOUNTS, self._program_id, piece.after, piece.through, BATCH)
                filled = await self._filled(snapshot, rows)
            # Accounts are locked from here to the commit: a process that is stopped now must not hold them for long.
            await tx.execute("set local idle_in_transaction_session_timeout = '2s'")
            await self._write(database, tx, filled)
            await walks.advance(
                tx,
                piece,
                **about,
                through=rows[-1]["account_id"] if rows else None,
                done=len(rows),
                touched=len(filled),
                finished_at=now if len(rows) < BATCH else None,
            )
        return True

    async def _write(self, database: Database, tx: Transaction, filled: list[_Filled]) -> None:
        for _ in range(TRIES):
            if not filled:
                return
            done = await write(tx, filled, program_id=self._program_id)
            moved = [one.known.account_id for one in filled if one.known.account_id not in done]
            if not moved:
                return
            async with database.read(programs=[self._program_id]) as snapshot:
                filled = await self._filled(snapshot, await snapshot.fetch(_AGAIN, moved))
        # Whoever keeps moving them fills them: nothing is decided under a release before that.

    async def _filled(self, tx: Transaction, rows: Sequence[Any]) -> list[_Filled]:
        gaps = {row["account_id"]: gap for row in rows if (gap := self._gap(row["state"])) is not None}
        knowns = {
            row["account_id"]: Known(
                account_id=row["account_id"],
                members=(),
                version=row["version"],
                state=row["state"],
                clock=row["clock"],
                metric_day=row["metric_day"],
            )
            for row in rows
            if row["account_id"] in gaps
        }
        if not knowns:
            return []
        recorded = await self._recorded(tx, gaps)
        days = await pasts.day_rows(tx, list(knowns))
        found = []
        for account_id, known in knowns.items():
            whole = msgspec.structs.replace(known, days=tuple(days.get(account_id, ())))
            past = recorded.get(account_id) or chain.Recount()
            rebuilt = past.fill(gaps[account_id], whole)
            found.append(_Filled(known, rebuilt.state, rebuilt.days))
        return found

    def _gap(self, state: bytes) -> Gap | None:
        under = engine.filled(state)
        if under == self._release:
            return None
        gap = engine.gap(self._compiled, self._releases.get(under))
        return gap if gap.plans else None

    async def _recorded(self, tx: Transaction, gaps: Mapping[UUID, Gap]) -> dict[UUID, chain.Recount]:
        entries: Mapping[UUID, Mapping[UUID, Any]] = defaultdict(dict)
        # Time moves points and nothing else that a metric counts.
        counts_entries = any(gap.counts_entries for gap in gaps.values())
        if counts_entries:
            entries = await ledger.load_entries(tx.connection, list(gaps))
        found: dict[UUID, chain.Recount] = defaultdict(chain.Recount)
        for row in await tx.fetch(_RECORDED, list(gaps), counts_entries):
            account_id, activity = row["account_id"], queries.decode_body(row["body"])
            under = self._releases[row["release"]]
            moved = entries[account_id].get(activity.activity_id, ()) if entries else ()
            found[account_id].remember(activity, row["decision"], under, moved)
        return found


class _Filled(msgspec.Struct, frozen=True):
    """An account as the filler leaves it."""

    known: Known
    state: bytes
    days: tuple[DayRow, ...]


async def write(tx: Transaction, filled: Sequence[_Filled], *, program_id: int) -> set[UUID]:
    """Write filled accounts whose version is still the one that was read; those that were written."""
    rows = [(one.known.account_id, row) for one in filled for row in one.days]
    found = await tx.fetch(
        _WRITE,
        [one.known.account_id for one in filled],
        [one.known.version for one in filled],
        [one.state for one in filled],
        program_id,
        [account_id for account_id, _ in rows],
        [row.member_id for _, row in rows],
        [row.day for _, row in rows],
        # Two-dimensional arrays flatten in unnest, so that sums travel as text.
        [",".join(map(str, row.sums)) for _, row in rows],
        [row.keys for _, row in rows],
    )
    return {row["account_id"] for row in found}


async def releases(tx: Transaction, *, program_id: int) -> dict[int, Compiled]:
    """All releases of a program, compiled, by number."""
    return {
        number: engine.compile(await program.release(tx, program_id=program_id, number=number))
        for number, _ in await program.calendar(tx, program_id=program_id)
    }


async def begin(tx: Transaction, known: Mapping[int, Compiled], *, program_id: int) -> int | None:
    """The release that accounts have to be filled up to, its pieces made; None where nothing is to do."""
    newest = max(known)
    before = await walks.progress(tx, program_id=program_id, purpose=PURPOSE)
    if not asks(known, before):
        return None
    if before is not None and before.release == newest:
        return newest
    began = await walks.begin(tx, program_id=program_id, purpose=PURPOSE, release=newest)
    return newest if began else None


def asks(known: Mapping[int, Compiled], before: Progress | None) -> bool:
    """Whether accounts have to be filled for the newest release, `before` being the walk that was last begun."""
    if before is not None and before.release == max(known):
        return not before.finished
    # A walk that another release overtook was not ended: some accounts lack what it would have counted.
    unfinished = before is not None and not before.finished
    since = before.release if before is not None and before.finished else None
    return unfinished or _adds(known, max(known), since)


async def anybody(tx: Transaction, *, program_id: int) -> bool:
    """Whether there is an account that may have to be filled."""
    found: bool = await tx.fetchval(_ANYBODY, program_id)
    return found


def percent(known: Mapping[int, Compiled], before: Progress | None) -> int:
    """How much of what the newest release asks for is done; nothing where the worker has not begun with it."""
    return before.percent if before is not None and before.release == max(known) else 0


def _adds(known: Mapping[int, Compiled], newest: int, since: int | None) -> bool:
    """Whether some release after `since` keeps what the one before it did not."""
    numbers = [number for number in sorted(known) if number <= newest and (since is None or number >= since)]
    return any(engine.gap(known[after], known[before]).plans for before, after in pairwise(numbers))


async def work(database: Database, known: Mapping[int, Compiled], *, program_id: int, release: int) -> int:
    """Fill until no piece is left for this process; how many batches."""
    filler = Filler(known, program_id=program_id, release=release)
    batches = 0
    while await filler.step(database, now=edge.now()):
        batches += 1
    return batches


async def _share(share: Share) -> int:
    address = msgspec.msgpack.decode(share.address, type=Address)
    async with Database(address, pace="patient", size=2) as database:
        async with database.read(programs=[share.program_id]) as tx:
            known = await releases(tx, program_id=share.program_id)
        return await work(database, known, program_id=share.program_id, release=share.release)


def run_share(share: Share) -> int:
    """One process of the filler, until no piece is left."""
    return asyncio.run(_share(share))


def run(address: Address, *, program_id: int, release: int, processes: int) -> int:
    """Fill with several processes side by side; how many batches. Blocks until it is done."""
    share = Share(address=msgspec.msgpack.encode(address), program_id=program_id, release=release)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(run_share, [share] * processes))
