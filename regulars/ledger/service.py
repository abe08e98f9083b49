"""The door of the ledger: its part of a batch, what `decide` loads, statements, balances at a time, and the checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.points import Balance, Entry, Hold, Lot, LotId, Movement
from regulars.kit import pages
from regulars.kit.database import Transaction
from regulars.ledger import apply, checking, orphans, owners, queries, statements
from regulars.ledger.checking import Progress
from regulars.ledger.contracts import Break, CheckReport, Kept, OrphanedBalance, Posting, Statement, TooRecent
from regulars.ledger.owners import Holder
from regulars.ledger.queries import Reader
from regulars.program.contracts.definitions import Currency

# No transaction lasts longer (kit.database), so what is older than this is complete.
SETTLED: Final = dt.timedelta(seconds=15)


def apply_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs that write points for the accounts in `ok(account_id)`, and how many parameters they take from
    `first_parameter` on."""
    core, count = apply.core_sql(first_parameter)
    rest, more = apply.rest_sql(first_parameter + count)
    return f"{core},\n{rest}", count + more


def apply_arguments(postings: Sequence[Posting], *, key: bytes) -> list[Any]:
    """The arrays for `apply_sql`, in order; each account once, its movements in the order in which they were decided.

    `key` is the secret of the hash chain: `kit.keyring.key(home, "ledger")`.
    """
    return apply.core_arguments(postings, key=key) + apply.rest_arguments(postings, key=key)


def apply_core_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs for entries, lots made and balances alone: all that a batch of plain earnings needs.

    Where any movement of the batch `needs_rest`, `apply_rest_sql` goes with it; both together are `apply_sql`.
    Leaving the rest out saves most of a millisecond of planning a batch.
    """
    return apply.core_sql(first_parameter)


def apply_core_arguments(postings: Sequence[Posting], *, key: bytes) -> list[Any]:
    """The arrays for `apply_core_sql`."""
    return apply.core_arguments(postings, key=key)


def apply_rest_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs for lot uses, lots that changed, new dates and holds."""
    return apply.rest_sql(first_parameter)


def apply_rest_arguments(postings: Sequence[Posting], *, key: bytes) -> list[Any]:
    """The arrays for `apply_rest_sql`."""
    return apply.rest_arguments(postings, key=key)


def needs_rest(movement: Movement) -> bool:
    """Whether a movement writes more than entries, lots made and balances."""
    return apply.has_rest(movement)


async def load_balances(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, tuple[Kept, ...]]:
    """The balances of accounts with the last links of their chains; accounts without any are left out."""
    return await queries.balances(reader, account_ids)


async def load_lots(
    reader: Reader, account_ids: Sequence[UUID], named: Mapping[UUID, Sequence[LotId]] | None = None
) -> dict[UUID, tuple[Lot, ...]]:
    """The open lots of accounts; of `named` those lots too, open or not (what `LotsNeeded.lots` asked for)."""
    return await queries.lots(reader, account_ids, named)


async def load_led(
    reader: Reader, account_id: UUID, led_from: Sequence[UUID], named: Sequence[LotId]
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Spent lots of an account that go on from named lots of earlier accounts of its member, and those lots there."""
    return await queries.led(reader, account_id, led_from, named)


async def load_holds(
    reader: Reader, account_ids: Sequence[UUID], named: Sequence[UUID] = ()
) -> dict[UUID, tuple[Hold, ...]]:
    """The open holds of accounts with what they pin; those of `named` too, open or not (what a capture or a void
    speaks of)."""
    return await queries.holds(reader, account_ids, named)


async def load_entries(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, list[Entry]]]:
    """All that ever moved in some accounts, by account and activity: for metrics that are counted again."""
    return await queries.entries(reader, account_ids)


async def statement(
    tx: Transaction,
    *,
    program_id: int,
    account_id: UUID,
    earlier: Sequence[UUID] = (),
    people: Sequence[UUID] | None = None,
    now: dt.datetime,
    as_of: dt.datetime | None = None,
    currency: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Statement:
    """What happened to the points of an account and what it has: now, or `as_of` a moment at least 15 s ago. `earlier`
    are accounts that led to it: their entries are shown too, with the balances of their own. `people` are those whose
    entries are meant, where the account has several members; none: all.

    The first page of entries is the latest. To be run in a snapshot (`database.read`). Raises TooRecent,
    LimitOutOfRange, MalformedCursor.
    """
    if as_of is not None:
        _check_settled(as_of, now)
    size = pages.check_limit(limit)
    if as_of is None:
        standing = await statements.present(tx, account_id, at=now)
    else:
        standing = await statements.past(tx, program_id, account_id, as_of=as_of)
    lines = await statements.entries(
        tx, account_id, earlier=earlier, people=people, currency=currency, as_of=as_of, cursor=cursor, limit=size
    )
    return statements.statement(as_of or now, standing, lines, currency=currency)


async def balances_at(
    tx: Transaction, *, program_id: int, account_id: UUID, at: dt.datetime, now: dt.datetime
) -> tuple[Balance, ...]:
    """The balances of an account at a moment: now or later from lots and holds, the past from what was posted by
    then. Raises TooRecent."""
    if at >= now:
        return (await statements.present(tx, account_id, at=at))[0]
    _check_settled(at, now)
    return (await statements.past(tx, program_id, account_id, as_of=at))[0]


async def check(
    tx: Transaction,
    *,
    program_id: int,
    key: bytes,
    since: dt.datetime | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Holds all that is stored against I1 to I6 and the hash chain; with `since` only accounts with entries posted
    from then on.

    To be run in a snapshot of a patient connection. Changes nothing: hand the breaks to `freeze`. `progress` is told
    accounts done and in all.
    """
    return await checking.check(tx, program_id, key=key, since=since, progress=progress)


async def check_touched(
    tx: Transaction, *, program_id: int, key: bytes, now: dt.datetime
) -> tuple[CheckReport, dt.datetime]:
    """Checks the balances that were touched since the last time, and says until when they are: hand that to
    `mark_checked`.

    The first time it checks all. To be run in a snapshot of a patient connection.
    """
    last = await checking.checked_until(tx, program_id)
    # A transaction may post under a moment a little in the past, so the edge is always looked at twice.
    since = None if last is None else last - SETTLED
    return await checking.check(tx, program_id, key=key, since=since, progress=None), now


async def mark_checked(tx: Transaction, *, program_id: int, until: dt.datetime) -> None:
    """Remembers what `check_touched` said, once its breaks are frozen."""
    await checking.mark_checked(tx, program_id, until)


async def freeze(tx: Transaction, *, program_id: int, breaks: Iterable[Break]) -> int:
    """Stops spending from broken balances until a person has looked; they go on earning. Returns how many were frozen
    anew."""
    return await checking.freeze(tx, program_id, breaks)


async def thaw(tx: Transaction, *, program_id: int, account_id: UUID, currency: str) -> bool:
    """Lets a balance be spent again after a person has looked; false if it was not frozen."""
    return await checking.thaw(tx, program_id, account_id, currency)


async def holders(tx: Transaction, *, program_id: int, currency: str, least: int) -> list[Holder]:
    """Members with at least so much (smallest units) of their own; what households share is not theirs."""
    return await owners.holders(tx, program_id=program_id, currency=currency, least=least)


async def orphaned_balances(
    tx: Transaction, *, program_id: int, old: Mapping[str, Currency], new: Mapping[str, Currency]
) -> tuple[OrphanedBalance, ...]:
    """The currencies with points in them that a release with the currencies `new` would take away or rescale."""
    return await orphans.orphaned(tx, program_id, old, new)


def _check_settled(at: dt.datetime, now: dt.datetime) -> None:
    if at > now - SETTLED:
        raise TooRecent(settled_s=int(SETTLED.total_seconds()))
