"""One batch through its three steps: claim, load and decide, apply. An outcome for each activity, whatever happens to
its neighbours."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import structlog
from asyncpg import UniqueViolationError

from regulars.activities import claiming, deciding, faults, guarding, waiting, wishing
from regulars.activities.contracts import Intake
from regulars.activities.items import Item
from regulars.kit.errors import CommitOutcomeUnknown, DatabaseBusy, DatabaseUnavailable, SessionLost

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from regulars.activities.process import Process
    from regulars.kit.database import Lane, Transaction

log = structlog.get_logger(__name__)

TRIES: Final = 4
"""How often a moved account is decided again; the last time under a lock of its row."""


async def run(
    process: Process, lane: Lane, items: Sequence[Item], *, now: dt.datetime, again: bool = False, bare: bool = False
) -> None:
    """Bring every item to a reply or a fault. Raises DatabaseUnavailable and its like for the batch as a whole: then
    items that have a reply are stored, of the others nobody knows.

    After such a fault call it once more for those, with `again`: what was stored answers, the rest is done. `bare`
    leaves returns that wait for these sales to the sweeper.
    """
    released = await claiming.claim(process, lane, items, now=now, again=again, hurries=True)
    if bare:
        released = {}
    twins = _twins([item for item in items if item.is_open])
    ours: list[Item] = []
    for item in items:
        if item.is_open and item not in twins:
            # What waited comes right after its sale, as if it had only now been handed in.
            ours += (item, *_open(released.get(item, ())))
    await carry_out(process, lane, ours, now)
    for twin, first in twins.items():
        twin.fault = first.fault
        twin.reply = None if first.reply is None else msgspec.structs.replace(first.reply, replayed=True)
    if released:
        async with lane.transaction(programs=_programs(items)) as tx:
            await waiting.finished(tx, [item for ones in released.values() for item in ones])


async def run_apart(
    process: Process, lane: Lane, items: Sequence[Item], *, now: dt.datetime, again: bool = False, bare: bool = False
) -> None:
    """As `run`, but one item that breaks the whole takes nobody with it: the batch is halved until it stands alone,
    and what broke is its fault. Raises DatabaseUnavailable and its like."""
    try:
        await run(process, lane, items, now=now, again=again, bare=bare)
    except (CommitOutcomeUnknown, SessionLost):
        # Perhaps it was stored, perhaps not: the claim knows, so the same batch asks once more. So does one
        # whose session broke, or whose process was paused for longer than its session waits.
        if again:
            raise
        await run_apart(process, lane, _open(items), now=now, again=True)
    except Exception as fault:
        if isinstance(fault, DatabaseUnavailable):
            raise
        still = _open(items)
        log.warning(
            "batch_failed", exc_info=True, count=len(still), first=[str(item.activity_id) for item in still[:3]]
        )
        if len(still) == 1 and again:
            if bare:
                still[0].fault = fault
            else:
                # Perhaps it is not the sale that breaks, but a return that waited for it.
                await run_apart(process, lane, still, now=now, again=True, bare=True)
            return
        middle = len(still) // 2
        for part in (still[:middle], still[middle:]):
            if part:
                await run_apart(process, lane, part, now=now, again=True)


def _open(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.is_open]


def _twins(items: Sequence[Item]) -> dict[Item, Item]:
    """Items that are the same activity as an earlier one of this batch: a retry that overtook its first try."""
    first: dict[UUID, Item] = {}
    twins = {}
    for item in items:
        if item.activity_id in first:
            twins[item] = first[item.activity_id]
        else:
            first[item.activity_id] = item
    return twins


async def carry_out(process: Process, lane: Lane, items: Sequence[Item], now: dt.datetime) -> None:
    """Load, decide and apply until nobody moved in between, or a lock was taken."""
    groups: dict[UUID, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.who.account_id].append(item)
    for attempt in range(TRIES):
        if not groups:
            return
        last = attempt == TRIES - 1
        await (_one_by_one if last else _together)(process, lane, groups, now=now)
        groups = _moved(groups)
        if groups:
            await claiming.ask_again(lane, [item for group in groups.values() for item in group], now=now)
            groups = _moved(groups)
    for group in groups.values():
        for item in group:
            item.fault = faults.Contended()


def _moved(groups: Mapping[UUID, list[Item]]) -> dict[UUID, list[Item]]:
    """Those that somebody else moved before we could write them; an account is written as a whole or not at all."""
    still = {account_id: _open(group) for account_id, group in groups.items()}
    return {account_id: group for account_id, group in still.items() if group}


async def _together(process: Process, lane: Lane, groups: Mapping[UUID, list[Item]], *, now: dt.datetime) -> None:
    """One try for all accounts at once."""
    programs = _programs([item for group in groups.values() for item in group])
    async with lane.read(programs=programs) as tx:
        tx.ends_with_next = True
        outcomes = await deciding.decide(process, tx, groups, now=now)
    try:
        async with lane.transaction(programs=programs) as tx:
            applied = await guarding.write(tx.connection, outcomes, posted_at=now, ledger_key=process.ledger_key)
            await _agree(tx, groups, applied)
    except UniqueViolationError:
        # Whoever holds the same keys has carried some of it out between our claim and our snapshot, so no account moved
        # since. Nothing of this try is written: their answers are asked for, and the rest is decided again. To ask
        # before each batch instead would cost all of them a round trip.
        return
    _settle(groups, applied)


async def _one_by_one(process: Process, lane: Lane, groups: Mapping[UUID, list[Item]], *, now: dt.datetime) -> None:
    """The only place that thinks while it holds a lock: an account that moved three times is decided under it."""
    for account_id, group in sorted(groups.items()):
        try:
            async with lane.transaction(programs=_programs(group)) as tx:
                # Guards before accounts, here as everywhere: so nobody waits in a ring.
                await guarding.lock(tx.connection, wishing.guards(account_id, group))
                await tx.execute("select from regulars.account where account_id = $1 for no key update", account_id)
                outcomes = await deciding.decide(process, tx, {account_id: group}, now=now)
                applied = await guarding.write(tx.connection, outcomes, posted_at=now, ledger_key=process.ledger_key)
                await _agree(tx, {account_id: group}, applied)
        except DatabaseBusy:
            # Its row did not come free in time; the others need not wait for it.
            continue
        _settle({account_id: group}, applied)


async def _agree(tx: Transaction, groups: Mapping[UUID, list[Item]], applied: set[UUID]) -> None:
    """Whoever took the same key up between our claim and our snapshot may have carried it out: decided on what they
    left it looks refused. What is stored is the one answer (L50)."""
    refused = [item for one in sorted(applied) for item in groups[one] if item.is_open and item.is_refused]
    if refused:
        await claiming.agree(tx, refused)


def _settle(groups: Mapping[UUID, list[Item]], applied: set[UUID]) -> None:
    for account_id, group in groups.items():
        if account_id in applied:
            for item in group:
                item.settle()


def _programs(items: Sequence[Item]) -> list[int]:
    return sorted({item.intake.program_id for item in items})


def follower(intake: Intake, activity_id: UUID) -> Item:
    """A return that waited, on its way again; its key has its answer already, so it is carried out without one."""
    item = Item(msgspec.structs.replace(intake, key=None), activity_id=activity_id, history=True)
    item.waited = True
    return item
