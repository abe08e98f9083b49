"""The checker: it goes through the accounts of a program in pages, finds what does not hold, and freezes those
balances for spending."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Final
from uuid import UUID

from regulars.kit.database import Transaction
from regulars.ledger import history
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
    order by account_id limit $3
) page
"""
_TOUCHED: Final = """
select distinct account_id from (
    select account_id from regulars.entry where program_id = $1 and posted_at >= $2
    union all select account_id from regulars.lot_change where program_id = $1 and posted_at >= $2
) touched order by account_id
"""
_FREEZE: Final = """
update regulars.balance b set frozen_reason = t.reason
from unnest($2::uuid[], $3::text[], $4::text[]) as t (account_id, currency, reason)
where b.program_id = $1 and b.account_id = t.account_id and b.currency = t.currency and b.frozen_reason is null
"""
_UNTIL: Final = "select checked_until from regulars.ledger_check where program_id = $1"
_MARK: Final = """
insert into regulars.ledger_check as x (program_id, checked_until) values ($1, $2)
on conflict (program_id) do update set checked_until = greatest(x.checked_until, excluded.checked_until)
"""
_THAW: Final = """
update regulars.balance set frozen_reason = null
where program_id = $1 and account_id = $2 and currency = $3 and frozen_reason is not null
"""


async def check(
    tx: Transaction, program_id: int, *, key: bytes, since: dt.datetime | None, progress: Progress | None
) -> CheckReport:
    """Checks all accounts, or with `since` those with entries posted from then on."""
    if since is None:
        count, reaches = await tx.fetchval(_COUNT, program_id), _all(tx, program_id)
    else:
        touched = [row["account_id"] for row in await tx.fetch(_TOUCHED, program_id, since)]
        count, reaches = len(touched), _pages(touched)
    breaks: list[Break] = []
    totals: dict[str, dict[str, int]] = {}
    sizes = {"accounts": 0, "balances": 0, "entries": 0, "lots": 0}
    async for reach, accounts in reaches:
        with _uncollected():
            found = await history.read(tx, program_id, reach)
            for one in found.values():
                broken, replay = audit(one, key=key)
                breaks += broken[: BREAKS_MAX - len(breaks)]
                books = totals.setdefault(one.currency, {})
                for book, amount in replay.books.items():
                    books[book] = books.get(book, 0) + amount
        sizes["accounts"] += accounts
        sizes["balances"] += len(found)
        sizes["entries"] += sum(len(one.entries) for one in found.values())
        sizes["lots"] += sum(len(one.lots) for one in found.values())
        if progress is not None:
            progress(sizes["accounts"], count)
    return CheckReport(program_id=program_id, breaks=tuple(breaks), totals=totals, **sizes)


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


async def checked_until(tx: Transaction, program_id: int) -> dt.datetime | None:
    """Up to which moment touched balances were checked."""
    moment: dt.datetime | None = await tx.fetchval(_UNTIL, program_id)
    return moment


async def mark_checked(tx: Transaction, program_id: int, until: dt.datetime) -> None:
    """Remembers up to which moment touched balances were checked."""
    await tx.execute(_MARK, program_id, until)


async def freeze(tx: Transaction, program_id: int, breaks: Iterable[Break]) -> int:
    """Stops spending from the broken balances."""
    reasons = {(one.account_id, one.currency): f"{one.invariant}: {one.text}" for one in reversed(list(breaks))}
    if not reasons:
        return 0
    return await tx.execute(
        _FREEZE,
        program_id,
        [account_id for account_id, _ in reasons],
        [currency for _, currency in reasons],
        list(reasons.values()),
    )


async def thaw(tx: Transaction, program_id: int, account_id: UUID, currency: str) -> bool:
    """Lets a balance be spent again."""
    return await tx.execute(_THAW, program_id, account_id, currency) == 1


async def _all(tx: Transaction, program_id: int) -> AsyncIterator[tuple[Reach, int]]:
    # Ranges, not lists: rows of an account that has lost its balance fall into some range, too. The last one is open.
    after: UUID | None = None
    while True:
        page = await tx.fetchrow(_LAST_OF_PAGE, program_id, after, PAGE)
        last = page["last"] if page["accounts"] == PAGE else None
        yield history.between(after, last), page["accounts"]
        if last is None:
            return
        after = last


async def _pages(account_ids: list[UUID]) -> AsyncIterator[tuple[Reach, int]]:
    for first in range(0, len(account_ids), PAGE):
        page = account_ids[first : first + PAGE]
        yield history.accounts(page), len(page)
