"""The check of everything, in several processes: each takes ranges of accounts, all look at the same snapshot."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import checking
from regulars.ledger.contracts import CheckReport

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.kit.database import Transaction
    from regulars.ledger.checking import Progress

RANGE: Final = 2_000
"""Accounts a piece: small enough that a bar moves, and that no process waits long for another's last piece."""
ALONE: Final = 4_000
"""With fewer accounts than this, making processes costs more than they save."""
_ALIVE_S: Final = 60.0
_SNAPSHOT: Final = "select pg_export_snapshot()"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One range of accounts for one process. Nothing is written."""

    address: bytes
    program_id: int
    snapshot: str
    key: bytes
    after: UUID | None
    through: UUID | None


async def check(
    tx: Transaction, address: Address, program_id: int, *, key: bytes, processes: int, progress: Progress | None
) -> CheckReport:
    """Checks all accounts as the snapshot of `tx` shows them."""
    ranges = await checking.ranges(tx, program_id, RANGE)
    if processes < 2 or len(ranges) * RANGE <= ALONE:
        return await checking.check(tx, program_id, key=key, progress=progress)
    snapshot = await tx.fetchval(_SNAPSHOT)
    where = msgspec.msgpack.encode(address)
    pieces = [
        Piece(address=where, program_id=program_id, snapshot=snapshot, key=key, after=after, through=through)
        for after, through in ranges
    ]
    work = asyncio.create_task(asyncio.to_thread(_spread, pieces, processes, progress))
    # Later pieces can only see the snapshot while the transaction that gave it away is alive.
    while not (await asyncio.wait({work}, timeout=_ALIVE_S))[0]:
        await tx.fetchval("select 1")
    return await work


def _spread(pieces: list[Piece], processes: int, progress: Progress | None) -> CheckReport:
    done, reports = 0, dict[int, CheckReport]()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures: dict[Future[CheckReport], int] = {pool.submit(look, one): place for place, one in enumerate(pieces)}
        for future in as_completed(futures):
            reports[futures[future]] = future.result()
            done += reports[futures[future]].accounts
            if progress is not None:
                progress(done, len(pieces) * RANGE)
    return checking.merged(pieces[0].program_id, [reports[place] for place in range(len(pieces))])


def look(piece: Piece) -> CheckReport:
    """Checks one piece, in a process of its own."""
    return asyncio.run(_look(piece))


async def _look(piece: Piece) -> CheckReport:
    address = msgspec.msgpack.decode(piece.address, type=Address)
    async with (
        Database(address, size=1, pace="patient") as database,
        database.read(programs=[piece.program_id]) as tx,
    ):
        # A name that the database made: hexadecimal digits and dashes.
        await tx.execute(f"set transaction snapshot '{piece.snapshot}'")
        return await checking.check_range(tx, piece.program_id, (piece.after, piece.through), key=piece.key)
