"""The check of everything that must always hold, as the command line, the worker and the benchmarks run it: points and
their chains, what is held against them by other rooms, the audit log, and the roots outside the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from regulars.access import service as access
from regulars.activities import given_back, reconciling, sealed, soundness
from regulars.engine.contracts import shared
from regulars.kit import edge, ids, keyring
from regulars.kit.database import Database, Transaction
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Break, CheckReport, Root

Progress = Callable[[int, int], None]


async def check_everything(
    database: Database,
    home: Path,
    *,
    program_id: int,
    freeze: bool = False,
    progress: Progress | None = None,
    processes: int = 1,
    since_last: bool = False,
    roots: Path | None = None,
) -> CheckReport:
    """Hold all that is stored against the invariants, the chains of points and of the audit log, and the roots outside
    the database; with `since_last` only what was touched since the last check. With `freeze`, what is broken cannot be
    spent from then on. Raises NoRoots where `roots` names a folder without any."""
    key, now = keyring.key(home, "ledger"), edge.now()
    folder = ledger.roots_folder(home, program_id) if roots is None else ledger.roots_in(roots, program_id)
    full = True
    async with database.read(programs=[program_id]) as tx:
        last, _ = await ledger.checked_at(tx, program_id=program_id)
        if since_last and last is not None:
            full = False
            points, _ = await ledger.check_touched(tx, program_id=program_id, key=key, now=now, progress=progress)
        else:
            points = await ledger.check_with(
                tx, database.address, program_id=program_id, key=key, processes=processes, progress=progress
            )
        since = None if full else last
        reports = [
            points,
            await _beyond(tx, program_id, points, since=since),
            await kept(tx, program_id, since=since, key=key, now=now),
        ]
        if full:
            reports.append(await ledger.compare_roots(tx, folder, program_id=program_id, key=key))
            reports.append(await _audit(tx, home, program_id, folder))
    report = ledger.merged_reports(program_id, reports)
    if freeze:
        async with database.transaction(programs=[program_id]) as tx:
            await ledger.freeze(tx, program_id=program_id, breaks=report.breaks)
            await ledger.mark_checked(tx, program_id=program_id, until=now, full_at=now if full else None)
    return report


async def _beyond(tx: Transaction, program_id: int, points: CheckReport, *, since: dt.datetime | None) -> CheckReport:
    transit = dict[str, int]()
    for name, books in points.totals.items() if since is None else ():
        # What leaves a household's balance may come to one's own: it is one currency on its way.
        transit[shared.plain(name)] = transit.get(shared.plain(name), 0) + books.get("transit", 0)
    found = await soundness.breaches(tx, program_id=program_id, since=since, transit=transit)
    return _of(
        program_id,
        [
            Break(
                invariant=one.invariant,
                text=one.text,
                table=one.table,
                key=one.key,
                stored=one.stored,
                expected=one.expected,
            )
            for one in found
        ],
    )


async def kept(
    tx: Transaction, program_id: int, *, since: dt.datetime | None, key: bytes, now: dt.datetime
) -> CheckReport:
    """Activities against their seals, what is shared against its uses, sales against what came back of them; with
    `since` only what is of that time."""
    moment = None if since is None else since - ledger.SETTLED
    first = None if moment is None else ids.first_of(int(moment.timestamp() * 1000))
    # Named rows first: a sum says that something is wrong, not where.
    activities, found = await sealed.breaks(tx, program_id=program_id, key=key, first=first)
    found += await reconciling.breaks(tx, program_id=program_id, now=now, first=first)
    found += await given_back.breaks(tx, program_id=program_id, since=moment)
    told, accepted = await ledger.without_accepted(tx, program_id=program_id, breaks=found, key=key)
    return CheckReport(program_id=program_id, activities=activities, breaks=tuple(told), accepted=accepted)


async def write_root(database: Database, home: Path, *, program_id: int, folder: Path | None, full: bool) -> Root:
    """Write down the ends of all chains, with that of the audit log, outside the database."""
    now = edge.now()
    async with database.read(programs=[program_id]) as tx:
        return await ledger.write_root(
            tx,
            folder or ledger.roots_folder(home, program_id),
            program_id=program_id,
            key=keyring.key(home, "ledger"),
            now=now,
            full=full,
            audit=await access.audit.root(tx, key=access.audit_key(home), program_id=program_id, now=now),
        )


async def _audit(tx: Transaction, home: Path, program_id: int, folder: Path) -> CheckReport:
    key, roots = access.audit_key(home), ledger.audit_roots(folder)
    found = await access.audit.verify(tx, key=key, program_id=program_id, roots=roots)
    end = await access.audit.root(tx, key=key, program_id=program_id, now=edge.now())
    breaks = [
        Break(
            invariant="S10",
            table="audit",
            key=f"program_id = {program_id} and position = {one.position}",
            text=_AUDIT[one.reason],
        )
        for one in found
    ]
    return CheckReport(program_id=program_id, audit=end.position, breaks=tuple(breaks))


_AUDIT = {
    "changed": "the chain of the audit log breaks here: this row, or its hash, was changed",
    "missing": "a row of the audit log is gone",
    "cut_off": "the end of the audit log was cut off",
    "wrong_root": "it is not what a signed root says",
}


def _of(program_id: int, breaks: Sequence[Any]) -> CheckReport:
    return CheckReport(program_id=program_id, breaks=tuple(breaks))
