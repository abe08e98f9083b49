"""Work that goes over all accounts of a program once: in pieces that any number of processes share, a batch a
transaction, so that whoever is killed leaves at most one batch to be done again.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

PIECE: Final = 2_000
"""Accounts of a piece: small enough that several processes end at about the same time."""

_BEGIN: Final = """
insert into regulars.walk (program_id, purpose, release, piece, after, through, accounts, done, touched)
select $1, $2, $3, piece, lag(last) over (order by piece), case when piece < max(piece) over () then last end,
    accounts, 0, 0
from (
    select (n - 1) / $4 as piece, max(account_id::text)::uuid as last, count(*) as accounts
    from (
        select account_id, row_number() over (order by account_id) as n from regulars.account where program_id = $1
    ) numbered
    group by 1
) pieces
on conflict do nothing
"""

_TAKE: Final = """
select piece, after, through from regulars.walk
where program_id = $1 and purpose = $2 and release = $3 and finished_at is null
order by piece limit 1 for update skip locked
"""

_ADVANCE: Final = """
update regulars.walk set after = coalesce($5, after), done = done + $6, touched = touched + $7, finished_at = $8
where program_id = $1 and purpose = $2 and release = $3 and piece = $4
"""

_PROGRESS: Final = """
select release, sum(accounts)::bigint as accounts, sum(least(done, accounts))::bigint as done,
    sum(touched)::bigint as touched, bool_and(finished_at is not null) as finished
from regulars.walk where program_id = $1 and purpose = $2 group by release order by release desc limit 1
"""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A range of accounts: those after `after` (None: from the first) through `through` (None: to the last)."""

    number: int
    after: UUID | None
    through: UUID | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the walk that the newest release asked for has come."""

    release: int
    accounts: int
    done: int
    touched: int
    finished: bool

    @property
    def percent(self) -> int:
        """Of all accounts those that are done, 0 to 100; 100 only when it has ended."""
        if self.finished:
            return 100
        return min(99, 100 * self.done // self.accounts) if self.accounts else 0


async def begin(tx: Transaction, *, program_id: int, purpose: str, release: int, piece: int = PIECE) -> bool:
    """Cut all accounts into pieces, once a release; walks of releases before it end where they are. False where there
    is nobody to visit."""
    await tx.execute(
        "delete from regulars.walk where program_id = $1 and purpose = $2 and release < $3",
        program_id,
        purpose,
        release,
    )
    await tx.execute(_BEGIN, program_id, purpose, release, piece)
    found = await progress(tx, program_id=program_id, purpose=purpose)
    return found is not None and found.release == release


async def take(tx: Transaction, *, program_id: int, purpose: str, release: int) -> Piece | None:
    """A piece that nobody else is at; it is ours until the caller's transaction ends."""
    row = await tx.fetchrow(_TAKE, program_id, purpose, release)
    return None if row is None else Piece(number=row["piece"], after=row["after"], through=row["through"])


async def advance(
    tx: Transaction,
    piece: Piece,
    *,
    program_id: int,
    purpose: str,
    release: int,
    through: UUID | None,
    done: int,
    touched: int,
    finished_at: dt.datetime | None,
) -> None:
    """Note that a batch of a piece is done, `through` its last account."""
    await tx.execute(_ADVANCE, program_id, purpose, release, piece.number, through, done, touched, finished_at)


async def progress(tx: Transaction, *, program_id: int, purpose: str) -> Progress | None:
    """How far the newest walk of a purpose has come; None where there never was one."""
    row = await tx.fetchrow(_PROGRESS, program_id, purpose)
    return None if row is None else msgspec.convert(dict(row), Progress)


async def be_patient(tx: Transaction) -> None:
    """Let a transaction that holds nothing but its own piece of work stand idle while Python thinks."""
    await tx.execute("set local idle_in_transaction_session_timeout = '2min'")
    await tx.execute("set local transaction_timeout = '5min'")
    await tx.execute("set local statement_timeout = '1min'")
