"""The check of every minute: the balances that were touched since the last one, without reading their histories.

Sums are compared inside the database, and the chain is followed from the last link before: what was checked before
need not be hashed again each minute, the nightly check does that. An account in which anything does not agree is then
checked from its first entry on, so that the wrong row is named.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.points import EntryKind, Hold, LotId
from regulars.kit.database import Transaction
from regulars.ledger import chain, checking, history
from regulars.ledger.checking import PAGE, Progress
from regulars.ledger.contracts import CheckReport
from regulars.ledger.history import History

# Where a clock went back, what was posted under it lies before the last check: that far is looked at again.
_CLOCK_WENT_BACK: Final = dt.timedelta(hours=3)

_UNTIL: Final = "select checked_until, full_at from regulars.ledger_check where program_id = $1"
_MARK: Final = """
insert into regulars.ledger_check as x (program_id, checked_until, full_at) values ($1, $2, $3)
on conflict (program_id) do update set checked_until = excluded.checked_until,
    full_at = coalesce(excluded.full_at, x.full_at)
"""
_TOUCHED: Final = """
select distinct account_id from (
    select account_id from regulars.entry where program_id = $1 and posted_at >= $2
    union all select account_id from regulars.lot_change where program_id = $1 and posted_at >= $2
) touched order by account_id
"""
# I2 to I6 by sums: each line of it is one of them, and any that fails names the account.
_DISAGREES: Final = """
with booked as (
    select account_id, currency, count(*) as entries, max(version) as version,
        sum(case 'active' when to_book then amount when from_book then -amount else 0 end) as active,
        sum(case 'pending' when to_book then amount when from_book then -amount else 0 end) as pending,
        sum(case 'held' when to_book then amount when from_book then -amount else 0 end) as held,
        sum(case 'arrears' when to_book then -amount when from_book then amount else 0 end) as arrears
    from regulars.entry where program_id = $1 and account_id = any($2::uuid[]) group by 1, 2
), kept as (
    select account_id, currency, active, pending, held, arrears, version from regulars.balance
    where program_id = $1 and account_id = any($2::uuid[])
), used as (
    select u.account_id, u.lot_activity_id as activity_id, u.lot_n as n,
        sum(u.amount) filter (where e.kind not in ('activate', 'hold', 'release')) as taken
    from regulars.lot_use u join regulars.entry e using (account_id, currency, version)
    where u.program_id = $1 and u.account_id = any($2::uuid[]) group by 1, 2, 3
), lots as (
    select l.account_id, l.currency, sum(l.remaining) as remaining, sum(l.held) as held,
        coalesce(sum(l.remaining) filter (where l.pending), 0) as pending,
        bool_or(l.held < 0 or l.held > l.remaining or l.remaining <> l.granted - coalesce(u.taken, 0)) as wrong
    from regulars.lot l left join used u using (account_id, activity_id, n)
    where l.program_id = $1 and l.account_id = any($2::uuid[]) group by 1, 2
), pinned as (
    select account_id, currency, sum(amount) as held from regulars.hold
    where program_id = $1 and account_id = any($2::uuid[]) and state = 'open' group by 1, 2
)
select distinct account_id from booked b full join kept k using (account_id, currency)
full join lots l using (account_id, currency) full join pinned p using (account_id, currency)
where k.version is null or b.version is distinct from k.version and (k.version <> 0 or b.version is not null)
    or b.entries is distinct from b.version
    or (k.active, k.pending, k.held, k.arrears) is distinct from
        (coalesce(b.active, 0), coalesce(b.pending, 0), coalesce(b.held, 0), coalesce(b.arrears, 0))
    or k.active < 0 or k.pending < 0 or k.held < 0 or k.arrears < 0 or (k.arrears > 0 and k.active > 0)
    or coalesce(l.remaining, 0) <> k.active + k.pending + k.held or coalesce(l.held, 0) <> k.held
    or coalesce(l.pending, 0) <> k.pending or coalesce(l.wrong, false) or coalesce(p.held, 0) <> k.held
"""
_LAST_LINKS: Final = """
select t.account_id, t.currency, e.hash
from unnest($2::uuid[], $3::text[], $4::bigint[]) as t (account_id, currency, version)
join regulars.entry e using (account_id, currency, version) where e.program_id = $1
"""


async def marks(tx: Transaction, program_id: int) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Up to which moment touched balances were checked, and when all of them were."""
    row = await tx.fetchrow(_UNTIL, program_id)
    return (None, None) if row is None else (row["checked_until"], row["full_at"])


async def mark(tx: Transaction, program_id: int, until: dt.datetime, full_at: dt.datetime | None) -> None:
    """Remembers up to which moment touched balances were checked, and when all of them were."""
    await tx.execute(_MARK, program_id, until, full_at)


def since(last: dt.datetime, now: dt.datetime, settled: dt.timedelta) -> dt.datetime:
    """From when on balances count as touched, after a check at `last`."""
    # A transaction may post under a moment a little in the past, so the edge is always looked at twice.
    return last - settled if last <= now else now - _CLOCK_WENT_BACK


async def check(
    tx: Transaction, program_id: int, *, key: bytes, since: dt.datetime, progress: Progress | None
) -> CheckReport:
    """Checks the accounts with entries posted since a moment."""
    account_ids = [row["account_id"] for row in await tx.fetch(_TOUCHED, program_id, since)]
    reports = list[CheckReport]()
    for first in range(0, len(account_ids), PAGE):
        page = account_ids[first : first + PAGE]
        reports.append(await _page(tx, program_id, page, since, key))
        if progress is not None:
            progress(first + len(page), len(account_ids))
    return checking.merged(program_id, reports)


async def _page(
    tx: Transaction, program_id: int, account_ids: list[UUID], since: dt.datetime, key: bytes
) -> CheckReport:
    wrong = {row["account_id"] for row in await tx.fetch(_DISAGREES, program_id, account_ids)}
    tails = await history.read_tails(tx, program_id, account_ids, since)
    before = await _links_before(tx, program_id, list(tails.values()))
    for place, one in tails.items():
        if one.account_id not in wrong and not _holds(one, before.get(place, chain.FIRST), key):
            wrong.add(one.account_id)
    fine = CheckReport(
        program_id=program_id,
        accounts=len(account_ids) - len(wrong),
        balances=sum(one.account_id not in wrong for one in tails.values()),
        entries=sum(len(one.entries) for one in tails.values() if one.account_id not in wrong),
    )
    found = await checking.check_accounts(tx, program_id, sorted(wrong), key=key)
    return checking.merged(program_id, [found, fine])


async def _links_before(tx: Transaction, program_id: int, tails: list[History]) -> dict[tuple[UUID, str], bytes]:
    firsts = [one for one in tails if one.entries and one.entries[0].entry.version > 1]
    places = [
        [one.account_id for one in firsts],
        [one.currency for one in firsts],
        [one.entries[0].entry.version - 1 for one in firsts],
    ]
    rows = await tx.fetch(_LAST_LINKS, program_id, *places)
    found: dict[tuple[UUID, str], bytes] = {(row["account_id"], row["currency"]): row["hash"] for row in rows}
    return found


def _holds(one: History, link: bytes, key: bytes) -> bool:
    """Whether new entries follow from the link before; where dates were ever changed, the whole chain is looked at."""
    if one.balance is None or one.balance.changes or one.unreadable:
        return False
    placed: dict[UUID | None, Hold] = {hold_id: there.hold for hold_id, there in one.holds.items()}
    for posted in one.entries:
        entry = posted.entry
        hold = placed.get(entry.hold_id) if entry.kind is EntryKind.HOLD else None
        lot = one.lots.get(LotId(posted.activity_id, entry.n))
        canonical: Any = chain.entry_bytes(
            one.account_id, posted.activity_id, posted.posted_at, entry, lot=lot, hold=hold
        )
        link = chain.link(key, link, canonical)
        if link != posted.hash:
            return False
    return not one.entries or link == one.last_hash
