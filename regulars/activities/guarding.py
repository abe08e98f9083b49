"""Counters that may refuse or cut: nobody passes them by deciding at the same time.

Such a number belongs to a till or a cashier, not to one account, so the account's version does not protect it. Each of
its owners has a guard with a version of its own: read in the snapshot of the decision, locked and compared before the
batch is written, moved on by whoever adds to the number. Who read an older version is decided again, and so is who was
decided on the additions of somebody that was not written. What runs out is proved by what is left (`rationing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from regulars.activities import apply, rationing, vouchers
from regulars.activities.outcomes import Guard, Outcome
from regulars.kit import arrays

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from asyncpg import Connection


_VERSIONS = """
select g.program_id, g.metric, g.owner, g.version
from unnest($1::int[], $2::text[], $3::text[]) as t (p, m, o)
join regulars.counter_guard g on g.program_id = t.p and g.metric = t.m and g.owner = t.o
"""

_MAKE = """
insert into regulars.counter_guard (program_id, metric, owner, version)
select p, m, o, 0 from unnest($1::int[], $2::text[], $3::text[]) as t (p, m, o) order by p, m, o
on conflict do nothing
"""

_LOCK = _VERSIONS + "order by g.program_id, g.metric, g.owner for no key update of g"

_MOVE = """
update regulars.counter_guard g set version = g.version + 1
from unnest($1::int[], $2::text[], $3::text[]) as t (p, m, o)
where g.program_id = t.p and g.metric = t.m and g.owner = t.o
"""

# The same lock that the apply takes: who does not get it now would not be written then.
_WRITABLE = """
select a.account_id from unnest($1::uuid[], $2::bigint[]) as t (id, expected)
join regulars.account a on a.account_id = t.id and a.version = t.expected
order by a.account_id for no key update of a skip locked
"""

_THERE = "select account_id from regulars.account where account_id = any($1::uuid[])"


async def versions(connection: Connection, guards: Iterable[Guard]) -> dict[Guard, int]:
    """How often each of these guards has moved, as the snapshot has it; 0 for one that nobody made yet."""
    wanted = sorted(set(guards))
    if not wanted:
        return {}
    found = {tuple(row)[:3]: row["version"] for row in await connection.fetch(_VERSIONS, *arrays.of(wanted))}
    return {guard: found.get(guard, 0) for guard in wanted}


async def lock(connection: Connection, guards: Iterable[Guard]) -> dict[Guard, int]:
    """Lock guards, in one order everywhere and before any account, and tell their versions."""
    wanted = sorted(set(guards))
    if not wanted:
        return {}
    await connection.execute(_MAKE, *arrays.of(wanted))
    return {tuple(row)[:3]: row["version"] for row in await connection.fetch(_LOCK, *arrays.of(wanted))}


async def write(
    connection: Connection, outcomes: Sequence[Outcome], *, posted_at: dt.datetime, ledger_key: bytes
) -> set[UUID]:
    """Write a batch as `apply.apply` does, without those whose guards moved since they were decided; `outcomes` stand
    in the order in which they were decided. Gives the accounts that were written."""
    shared = rationing.locked(outcomes)
    proofs = {one.account_id: one.used for one in outcomes if one.used}
    guards = {guard for one in outcomes for guard in (*one.watched.read, *one.watched.added)}
    if not guards and not any(_is_watched(one) for one in outcomes):
        return await apply.apply(connection, outcomes, posted_at=posted_at, ledger_key=ledger_key)
    there = await lock(connection, guards | rationing.guards(shared))
    # Read under the lock: nobody else takes of it before this batch is written.
    left = rationing.Ledger(await rationing.load(connection, shared))
    writable = await _writable(connection, [one for one in outcomes if _is_watched(one)])
    writable -= await vouchers.moved(connection, proofs)
    kept = still_true(outcomes, there, left, writable)
    if not kept:
        return set()
    written = await apply.apply(connection, kept, posted_at=posted_at, ledger_key=ledger_key)
    moved = {guard for one in kept if one.account_id in written for guard in one.watched.added}
    if moved:
        await connection.execute(_MOVE, *arrays.of(sorted(moved)))
    changed = [change for one in kept if one.account_id in written for change in one.codes]
    await vouchers.write(connection, changed, at=posted_at)
    return written


def still_true(
    outcomes: Sequence[Outcome], there: Mapping[Guard, int], left: rationing.Ledger, writable: set[UUID]
) -> list[Outcome]:
    """The outcomes that were decided on numbers as they are: no guard moved, enough is left, and nobody whose additions
    they saw falls out."""
    kept = []
    lost: set[Guard] = set()
    for one in outcomes:
        watched = one.watched
        if not _is_watched(one) or (
            one.account_id in writable
            and all(there.get(guard) == version for guard, version in watched.read.items())
            and lost.isdisjoint(watched.read)
            and left.admits(one)
        ):
            kept.append(one)
        else:
            lost |= watched.added
            left.lose(one)
    return kept


def _is_watched(one: Outcome) -> bool:
    watched, shares = one.watched, one.shares
    return bool(watched.read or watched.added or shares.taken or shares.asked or one.used or one.codes)


async def _writable(connection: Connection, outcomes: Sequence[Outcome]) -> set[UUID]:
    old = [one for one in outcomes if one.expected]
    new = [one.account_id for one in outcomes if not one.expected]
    found = set()
    if old:
        rows = await connection.fetch(_WRITABLE, [one.account_id for one in old], [one.expected for one in old])
        found = {row["account_id"] for row in rows}
    if new:
        there = {row["account_id"] for row in await connection.fetch(_THERE, new)}
        found |= {account_id for account_id in new if account_id not in there}
    return found
