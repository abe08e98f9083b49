"""The door of the ledger: its part of a batch, what `decide` loads, statements, balances at a time, and the checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from regulars.access.contracts import AuditRoot
from regulars.engine.contracts.points import Balance, Entry, Hold, Lot, LotId, Movement
from regulars.kit import pages
from regulars.kit.address import Address
from regulars.kit.database import Transaction
from regulars.ledger import (
    acceptance,
    apply,
    checking,
    exporting,
    orphans,
    owners,
    parallel,
    queries,
    rebuilding,
    roots,
    statements,
    touched,
)
from regulars.ledger import journal as day_book
from regulars.ledger import liability as debts
from regulars.ledger.checking import Frozen, Progress
from regulars.ledger.contracts import (
    Break,
    CheckReport,
    Kept,
    MovedBy,
    OrphanedBalance,
    Posting,
    Root,
    Statement,
    TooRecent,
)
from regulars.ledger.exporting import Manifest, Wanted
from regulars.ledger.exporting import Progress as ExportProgress
from regulars.ledger.journal import Booking
from regulars.ledger.liability import Liability
from regulars.ledger.owners import Holder
from regulars.ledger.queries import Reader
from regulars.program.contracts.definitions import Currency

__all__ = ["Booking", "Frozen", "Holder", "Manifest", "Wanted"]

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
    """The open lots of accounts; of `named` those lots too (what `LotsNeeded.lots` asked for) and what goes on from
    them in the same account, open or not."""
    return await queries.lots(reader, account_ids, named)


async def load_lapsed(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, dict[LotId, int]]:
    """What has expired of which lots of some accounts and was not reinstated."""
    return await queries.lapsed(reader, account_ids) if account_ids else {}


async def load_led(reader: Reader, led_from: Sequence[UUID], named: Sequence[LotId]) -> tuple[Lot, ...]:
    """Named lots in earlier accounts of their member."""
    return await queries.led(reader, led_from, named)


async def load_holds(
    reader: Reader, account_ids: Sequence[UUID], named: Sequence[UUID] = ()
) -> dict[UUID, tuple[Hold, ...]]:
    """The open holds of accounts with what they pin; those of `named` too, open or not (what a capture or a void
    speaks of)."""
    return await queries.holds(reader, account_ids, named)


async def load_entries(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, list[Entry]]]:
    """All that ever moved in some accounts, by account and activity: for metrics that are counted again."""
    return await queries.entries(reader, account_ids)


async def moved(tx: Transaction, *, account_id: UUID, activity_id: UUID) -> MovedBy:
    """All that one activity did to the points of the account in which it is recorded."""
    return await statements.moved(tx, account_id, activity_id)


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
    """Holds all that is stored against I1 to I7 and the hash chain; with `since` only accounts with entries posted
    from then on, and of their chains only those.

    To be run in a snapshot of a patient connection. Changes nothing: hand the breaks to `freeze`. `progress` is told
    accounts done and in all.
    """
    if since is None:
        return await checking.check(tx, program_id, key=key, progress=progress)
    return await touched.check(tx, program_id, key=key, since=since, progress=progress)


async def check_with(
    tx: Transaction,
    address: Address,
    *,
    program_id: int,
    key: bytes,
    processes: int,
    progress: Progress | None = None,
) -> CheckReport:
    """The check of everything, spread over processes that all see the snapshot of `tx`."""
    return await parallel.check(tx, address, program_id, key=key, processes=processes, progress=progress)


async def check_touched(
    tx: Transaction, *, program_id: int, key: bytes, now: dt.datetime, progress: Progress | None = None
) -> tuple[CheckReport, dt.datetime]:
    """Checks the balances that were touched since the last time, and says until when they are: hand that to
    `mark_checked`.

    The first time it checks all. To be run in a snapshot of a patient connection.
    """
    last, _ = await touched.marks(tx, program_id)
    since = None if last is None else touched.since(last, now, SETTLED)
    return await check(tx, program_id=program_id, key=key, since=since, progress=progress), now


async def check_account(tx: Transaction, *, program_id: int, key: bytes, account_id: UUID) -> CheckReport:
    """Checks one account, from its first entry on."""
    return await checking.check_accounts(tx, program_id, [account_id], key=key)


async def checked_at(tx: Transaction, *, program_id: int) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Up to which moment touched balances were checked, and when all of them were."""
    return await touched.marks(tx, program_id)


async def mark_checked(
    tx: Transaction, *, program_id: int, until: dt.datetime, full_at: dt.datetime | None = None
) -> None:
    """Remembers what `check_touched` said, once its breaks are frozen; `full_at` where everything was checked."""
    await touched.mark(tx, program_id, until, full_at)


async def accept_breaks(
    tx: Transaction,
    *,
    program_id: int,
    account_id: UUID,
    currency: str,
    breaks: Iterable[Break],
    key: bytes,
    now: dt.datetime,
) -> None:
    """Remember breaks of a balance as looked at: checks tell them no more as long as the rows say the same. Whoever
    calls this writes into the audit log who did, and why."""
    await acceptance.accept(tx, program_id, account_id, currency, breaks, key=key, now=now)


async def without_accepted(
    tx: Transaction, *, program_id: int, breaks: Sequence[Break], key: bytes
) -> tuple[list[Break], int]:
    """The breaks that nobody has accepted, and how many were."""
    return await acceptance.without_accepted(tx, program_id, breaks, key=key)


async def write_root(
    tx: Transaction,
    folder: Path,
    *,
    program_id: int,
    key: bytes,
    now: dt.datetime,
    full: bool = False,
    audit: AuditRoot | None = None,
) -> Root:
    """Write down the ends of all chains in a folder outside the database: those touched since the root before, and all
    of them with the first of a month or where `full`; `audit` is the end of the audit log. To be run in a snapshot of a
    patient connection."""
    return await roots.write(
        tx, folder, program_id=program_id, key=key, now=now, full=full, settled=SETTLED, audit=audit
    )


def audit_roots(folder: Path) -> list[AuditRoot]:
    """What the roots of a folder say of the audit log."""
    return roots.audit_roots(folder)


async def compare_roots(tx: Transaction, folder: Path, *, program_id: int, key: bytes) -> CheckReport:
    """Hold what roots say against the database: an end that was cut off, and its balance put back, is found here."""
    found, breaks = await roots.compare(tx, folder, program_id=program_id, key=key)
    return CheckReport(program_id=program_id, roots=found, breaks=tuple(breaks))


def newest_root(folder: Path) -> Root | None:
    """The last root in a folder."""
    return roots.newest(folder)


def roots_in(folder: Path, program_id: int) -> Path:
    """Where a program's roots are in a folder that a person named: in it, or below it by program. Raises NoRoots."""
    return roots.folder_in(folder, program_id)


def roots_folder(home: Path, program_id: int) -> Path:
    """Where the roots of a program lie, if nobody says otherwise."""
    return home / "roots" / str(program_id)


def merged_reports(program_id: int, reports: Iterable[CheckReport]) -> CheckReport:
    """One report of several checks."""
    return checking.merged(program_id, reports)


async def freeze(tx: Transaction, *, program_id: int, breaks: Iterable[Break]) -> int:
    """Stops spending from broken balances until a person has looked; they go on earning. Returns how many were frozen
    anew."""
    return await checking.freeze(tx, program_id, breaks)


async def thaw(tx: Transaction, *, program_id: int, account_id: UUID, currency: str) -> bool:
    """Lets a balance be spent again after a person has looked; false if it was not frozen."""
    return await checking.thaw(tx, program_id, account_id, currency)


async def rebuild(
    tx: Transaction, *, program_id: int, account_id: UUID, currency: str, now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Put a balance and its lots back to what its entries say, because a person ordered it; what changed, before and
    after. The caller moves the account's version in the same transaction."""
    return await rebuilding.rebuild(tx, program_id, account_id, currency, now=now)


async def frozen(tx: Transaction, *, program_id: int, account_id: UUID | None = None) -> list[Frozen]:
    """Balances from which nothing may be spent until a person has looked, of a program or of an account."""
    return await checking.frozen(tx, program_id, account_id)


async def export(
    tx: Transaction,
    folder: Path,
    wanted: Wanted,
    *,
    now: dt.datetime,
    overwrite: bool = False,
    progress: ExportProgress | None = None,
) -> Manifest:
    """Write what finance takes along into a folder, made if need be, for its owner alone: entries, lots, liability,
    breakage and the day book, all of one snapshot of a patient connection. Raises TooRecent, AlreadyExported."""
    _check_settled(max(wanted.as_of, wanted.until), now)
    return await exporting.export(tx, folder, wanted, overwrite=overwrite, progress=progress)


async def liability(
    tx: Transaction, *, program_id: int, now: dt.datetime, as_of: dt.datetime | None = None
) -> list[Liability]:
    """What is owed by currency and funder, now or as of a moment. Raises TooRecent."""
    if as_of is not None:
        _check_settled(as_of, now)
    return await debts.liability(tx, program_id=program_id, now=now, as_of=as_of)


async def journal(
    tx: Transaction, *, program_id: int, since: dt.datetime, until: dt.datetime, zone: str, now: dt.datetime
) -> list[Booking]:
    """The day book of a time, by day in a zone. Raises TooRecent."""
    _check_settled(until, now)
    return await day_book.journal(tx, program_id=program_id, since=since, until=until, zone=zone)


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
