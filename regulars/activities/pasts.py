"""The recorded past of accounts, loaded only where a decision needs it: something comes back that a metric cannot be
lowered by, or the release keeps metrics that the account's last one did not.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import chain, queries
from regulars.engine import service as engine
from regulars.engine.contracts.known import DayRow, Known
from regulars.ledger import service as ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from uuid import UUID

    from regulars.activities.items import Item
    from regulars.activities.load import Loaded
    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction

_DAY_ROWS: Final = """
select account_id, member_id, day, sums, keys from regulars.day_row where account_id = any($1::uuid[])
order by account_id, member_id, day
"""


class Recorded(msgspec.Struct, frozen=True):
    """One account's activities as they were recorded, and all of its day rows."""

    past: chain.Recount
    days: tuple[DayRow, ...]


async def needed(
    process: Process, tx: Transaction, loaded: Mapping[UUID, Loaded], groups: Mapping[UUID, Sequence[Item]]
) -> dict[UUID, Recorded]:
    """The pasts of those accounts of a batch whose decisions need one."""
    wanted = [
        account_id
        for account_id, group in groups.items()
        if any(_may_recount(item) for item in group) or _falls_behind(process, loaded[account_id], group)
    ]
    return await _recorded(process, tx, wanted) if wanted else {}


async def _recorded(process: Process, tx: Transaction, accounts: Sequence[UUID]) -> dict[UUID, Recorded]:
    entries = await ledger.load_entries(tx.connection, accounts)
    days = await day_rows(tx, accounts)
    found = {}
    for account_id in accounts:
        past = chain.Recount()
        for activity, number, recorded in await queries.of_account(tx, account_id=account_id):
            compiled = process.programs.numbered(activity.program_id, number)
            past.remember(activity, recorded, compiled, entries[account_id].get(activity.activity_id, ()))
        found[account_id] = Recorded(past, tuple(days.get(account_id, ())))
    return found


async def kept_up(process: Process, tx: Transaction, loaded: Loaded, compiled: Compiled, *, now: dt.datetime) -> Known:
    """The account as a release keeps it, for whoever only looks: filled where the filler has not come to it yet. Raises
    LotsNeeded."""
    known = loaded.known
    if not known.state or engine.filled(known.state) == compiled.release.number:
        return known
    releases = releases_of(process, loaded.program_id)
    recorded = Recorded(chain.Recount(), ())
    if engine.gap(compiled, releases(engine.filled(known.state))).plans:
        recorded = (await _recorded(process, tx, [known.account_id]))[known.account_id]
    course = chain.Course(known, releases=releases, past=recorded.past, days=recorded.days)
    course.keep_up(compiled, now)
    return msgspec.structs.replace(course.known, lots=known.lots)


async def day_rows(tx: Transaction, accounts: Sequence[UUID]) -> dict[UUID, list[DayRow]]:
    """All day rows of some accounts, by account."""
    found: dict[UUID, list[DayRow]] = defaultdict(list)
    for row in await tx.fetch(_DAY_ROWS, accounts):
        found[row["account_id"]].append(
            DayRow(member_id=row["member_id"], day=row["day"], sums=tuple(row["sums"]), keys=row["keys"])
        )
    return found


def releases_of(process: Process, program_id: int) -> Callable[[int], Compiled]:
    """The releases of a program by number, as a chain asks for them."""
    return lambda number: process.programs.numbered(program_id, number)


def _may_recount(item: Item) -> bool:
    return item.sale_id is not None and chain.may_recount(item.compiled)


def _falls_behind(process: Process, loaded: Loaded, group: Sequence[Item]) -> bool:
    """Whether some decision comes under a release that keeps what the one before it did not."""
    return any(
        one is not other and engine.gap(other, one).plans for one, other in pairwise(_ruled_by(process, loaded, group))
    )


def _ruled_by(process: Process, loaded: Loaded, group: Sequence[Item]) -> Iterator[Compiled]:
    if loaded.known.state:
        yield process.programs.numbered(loaded.program_id, engine.filled(loaded.known.state))
    for item in group:
        yield item.compiled
        if not item.history:
            # What comes late is followed by a tick of its arrival, under the release of that moment.
            yield process.programs.at(loaded.program_id, item.intake.received_at)
