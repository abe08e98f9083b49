"""The checker: it goes through the accounts of a program in pages, finds what does not hold, and freezes those
balances for spending."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.kit.database import Transaction
from regulars.ledger import acceptance, history
from regulars.ledger.audit import audit
from regulars.ledger.contracts import Break, CheckReport
from regulars.ledger.history import Reach

Progress = Callable[[int, int], None]
"""Is told how many accounts are done, and of how many."""

PAGE: Final = 500
# A broken installation may break everywhere; more than this many are counted as broken but not described.
BREAKS_MAX: Final = 10_000

_COUNT: Final = "select count(distinct account_id) from regulars.balance where program_id = $1"
_LAST_OF_PAGE: Final = """
select max(account_id::text)::uuid as last, count(*) as accounts from (
    select distinct account_id from regulars.balance where program_id = $1 and ($2::uuid is null or account_id > $2)
        and ($4::uuid is null or account_id <= $4)
    order by account_id limit $3
) page
"""
_CUTS: Final = """
select account_id from (
    select account_id, row_number() over (order by account_id) as place
    from (select distinct account_id from regulars.balance where program_id = $1) each_once
) numbered where place % $2 = 0 order by account_id
"""
_FREEZE: Final = """
update regulars.balance b set frozen_reason = t.reason
from unnest($2::uuid[], $3::text[], $4::text[]) as t (account_id, currency, reason)
where b.program_id = $1 and b.account_id = t.account_id and b.currency = t.currency and b.frozen_reason is null
"""
_FROZEN: Final = """
select account_id, currency, frozen_reason as reason, active, pending, held, arrears from regulars.balance
where program_id = $1 and frozen_reason is not null and ($2::uuid is null or account_id = $2)
order by account_id, currency
"""
_THAW: Final = """
update regulars.balance set frozen_reason = null
where program_id = $1 and account_id = $2 and currency = $3 and frozen_reason is not null
"""


async def check(tx: Transaction, program_id: int, *, key: bytes, progress: Progress | None) -> CheckReport:
    """Checks all accounts of a program."""
    count = await tx.fetchval(_COUNT, program_id) if progress is not None else 0
    return await check_range(tx, program_id, (None, None), key=key, progress=progress, count=count)


async def check_range(
    tx: Transaction,
    program_id: int,
    ends: tuple[UUID | None, UUID | None],
    *,
    key: bytes,
    progress: Progress | None = None,
    count: int = 0,
) -> CheckReport:
    """Checks the accounts after one up to another; None is open."""
    after, through = ends
    reports = list[CheckReport]()
    done = 0
    async for reach, accounts in _pages(tx, program_id, after, through):
        reports.append(await _checked(tx, program_id, reach, accounts, key))
        done += accounts
        if progress is not None:
            progress(done, count)
    return merged(program_id, reports)


async def check_accounts(
    tx: Transaction, program_id: int, account_ids: list[UUID], *, key: bytes, progress: Progress | None = None
) -> CheckReport:
    """Checks these accounts, from the first entry to the last."""
    reports = list[CheckReport]()
    for first in range(0, len(account_ids), PAGE):
        page = account_ids[first : first + PAGE]
        reports.append(await _checked(tx, program_id, history.accounts(page), len(page), key))
        if progress is not None:
            progress(first + len(page), len(account_ids))
    return merged(program_id, reports)


async def ranges(tx: Transaction, program_id: int, size: int) -> list[tuple[UUID | None, UUID | None]]:
    """All accounts in ranges of so many; the first and the last one are open, so that rows of accounts that have lost
    their balance fall into some range, too."""
    cuts = [row["account_id"] for row in await tx.fetch(_CUTS, program_id, size)]
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def merged(program_id: int, reports: Iterable[CheckReport]) -> CheckReport:
    """One report of several, in their order."""
    breaks, totals, sizes = list[Break](), dict[str, dict[str, int]](), dict[str, int]()
    for one in reports:
        breaks += one.breaks[: BREAKS_MAX - len(breaks)]
        for name in ("accounts", "balances", "entries", "lots", "roots", "audit", "activities", "accepted"):
            sizes[name] = sizes.get(name, 0) + getattr(one, name)
        for currency, books in one.totals.items():
            sums = totals.setdefault(currency, {})
            for book, amount in books.items():
                sums[book] = sums.get(book, 0) + amount
    return CheckReport(program_id=program_id, breaks=tuple(breaks), totals=totals, **sizes)


async def _checked(tx: Transaction, program_id: int, reach: Reach, accounts: int, key: bytes) -> CheckReport:
    breaks, totals = list[Break](), dict[str, dict[str, int]]()
    with _uncollected():
        found = await history.read(tx, program_id, reach)
        for _, one in sorted(found.items()):
            broken, replay = audit(one, key=key)
            breaks += broken
            books = totals.setdefault(one.currency, {})
            for book, amount in replay.books.items():
                books[book] = books.get(book, 0) + amount
    told, accepted = await acceptance.without_accepted(tx, program_id, breaks, key=key)
    return CheckReport(
        program_id=program_id,
        accounts=accounts,
        balances=len(found),
        entries=sum(len(one.entries) for one in found.values()),
        lots=sum(len(one.lots) for one in found.values()),
        breaks=tuple(told),
        accepted=accepted,
        totals=totals,
    )


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    # A page is some ten thousand small values that live for a moment and make no cycles; looking for cycles among
    # them took a third of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def freeze(tx: Transaction, program_id: int, breaks: Iterable[Break]) -> int:
    """Stops spending from the broken balances."""
    reasons = {
        (one.account_id, one.currency): f"{one.invariant}: {one.table}.{one.column or '*'}: {one.text}"
        for one in reversed(list(breaks))
        if one.account_id is not None and one.currency
    }
    if not reasons:
        return 0
    return await tx.execute(
        _FREEZE,
        program_id,
        [account_id for account_id, _ in reasons],
        [currency for _, currency in reasons],
        list(reasons.values()),
    )


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """A balance from which nothing may be spent until a person has looked."""

    account_id: UUID
    currency: str
    reason: str
    active: int
    pending: int
    held: int
    arrears: int


async def frozen(tx: Transaction, program_id: int, account_id: UUID | None) -> list[Frozen]:
    """All frozen balances of a program, or of an account."""
    return [Frozen(**dict(row.items())) for row in await tx.fetch(_FROZEN, program_id, account_id)]


async def thaw(tx: Transaction, program_id: int, account_id: UUID, currency: str) -> bool:
    """Lets a balance be spent again."""
    return await tx.execute(_THAW, program_id, account_id, currency) == 1


async def _pages(
    tx: Transaction, program_id: int, after: UUID | None, through: UUID | None
) -> AsyncIterator[tuple[Reach, int]]:
    # Ranges, not lists: rows of an account that has lost its balance fall into some range, too.
    while True:
        page: Any = await tx.fetchrow(_LAST_OF_PAGE, program_id, after, PAGE, through)
        last = page["last"] if page["accounts"] == PAGE and page["last"] != through else through
        yield history.between(after, last), page["accounts"]
        if last == through:
            return
        after = last
