"""One batch through its three steps: claim, load and decide, apply. An outcome for each activity, whatever happens to
its neighbours."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities import apply, claims, deciding, faults, identify, prepare, waiting
from regulars.activities.contracts import Intake, Reply
from regulars.activities.items import Item
from regulars.kit import ids
from regulars.kit.errors import RegularsError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from regulars.activities.runtime import Runtime
    from regulars.kit.database import Lane, Transaction

TRIES: Final = 4
"""How often a moved account is decided again; the last time under a lock of its row."""


async def run(runtime: Runtime, lane: Lane, items: Sequence[Item], *, now: dt.datetime, again: bool = False) -> None:
    """Bring every item to a reply or a fault. Raises DatabaseUnavailable and its like for the batch as a whole.

    After CommitOutcomeUnknown call it once more with `again`: what was stored answers, the rest is done.
    """
    programs = sorted({item.intake.program_id for item in items})
    await check(runtime, items, now=now)
    if not any(item.is_open for item in items):
        return
    # The apply that follows is later in the same log and waits for the disk; a lost claim was told to nobody.
    async with lane.transaction(programs=programs, waits=False) as tx:
        await identify.identify(runtime, tx, [item for item in items if item.is_open], now=now)
        await _claim(tx, [item for item in items if item.is_open], now=now, again=again)
        await waiting.park(tx, [item for item in items if item.is_open])
        released = await waiting.followers(tx, [item for item in items if item.is_open])
    twins = _twins([item for item in items if item.is_open])
    await _carry_out(runtime, lane, [*(item for item in items if item.is_open and item not in twins), *released], now)
    for twin, first in twins.items():
        twin.fault = first.fault
        twin.reply = None if first.reply is None else msgspec.structs.replace(first.reply, replayed=True)
    if released:
        async with lane.transaction(programs=programs) as tx:
            await waiting.finished(tx, [item.activity_id for item in released if item.fault is None])


async def check(runtime: Runtime, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Everything that can be wrong before somebody is claimed; the goods and stores of the whole batch are looked up
    together."""
    skus: dict[int, set[str | None]] = defaultdict(set)
    for item in items:
        skus[item.intake.program_id].update(line.sku for line in item.intake.lines)
    for program_id, wanted in skus.items():
        with contextlib.suppress(faults.NothingPublished):
            await runtime.programs.ready(program_id)
        await runtime.directory.prepare(runtime.database, program_id, wanted, now=now)
    for item in items:
        try:
            _check(runtime, item)
        except RegularsError as fault:
            item.fault = fault


def _check(runtime: Runtime, item: Item) -> None:
    intake = item.intake
    item.compiled = runtime.programs.at(intake.program_id, intake.occurred_at or intake.received_at)
    program = item.compiled.program
    item.occurred_at = prepare.check(intake, program, history=item.history)
    found = runtime.directory.enrich(
        intake.program_id, intake.lines, store=intake.store, at=item.occurred_at, zone=program.program.zone
    )
    item.lines, item.store = found.lines, found.store


async def _claim(tx: Transaction, items: Sequence[Item], *, now: dt.datetime, again: bool) -> None:
    if not items:
        return
    wanted = []
    for item in items:
        source, document = prepare.natural_key(item.intake, item.compiled.program) or ("", None)
        wanted.append(
            claims.Claim(
                program_id=item.intake.program_id,
                client_id=item.intake.client_id,
                key=item.intake.key,
                source=source,
                document=document,
                digest=item.intake.digest,
                account_id=item.who.account_id,
                activity_id=item.activity_id,
            )
        )
    claimed = await claims.claim(tx.connection, wanted, now=now, again=again)
    for item, claim, winner in zip(items, wanted, claimed, strict=True):
        _settle(item, claim, winner)


def _settle(item: Item, claim: claims.Claim, winner: claims.Claimed) -> None:
    if winner.key_digest is not None and winner.key_digest != claim.digest:
        item.fault = faults.IdempotencyKeyReused()
    elif winner.by_document and winner.document_digest != claim.digest:
        item.fault = faults.DocumentTaken(
            source=claim.source, document=claim.document or "", activity_id=ids.to_wire("act", winner.activity_id)
        )
    elif winner.answered is not None:
        status, body = winner.answered
        item.reply = Reply(status=status, body=body, replayed=True, activity_id=winner.activity_id)
    elif winner.applied:
        item.reply = Reply(status=200, body=b"", replayed=True, activity_id=winner.activity_id)
    else:
        # A claim without an answer is taken over under the id that it was made with.
        item.activity_id = winner.activity_id


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


async def _carry_out(runtime: Runtime, lane: Lane, items: Sequence[Item], now: dt.datetime) -> None:
    """Load, decide and apply until nobody moved in between, or a lock was taken."""
    groups: dict[UUID, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.who.account_id].append(item)
    for attempt in range(TRIES):
        if not groups:
            return
        locked = attempt == TRIES - 1
        moved = await (_locked if locked else _together)(runtime, lane, groups, now=now)
        groups = {account_id: groups[account_id] for account_id in moved}
        if groups:
            await _ask_again(lane, groups, now=now)
            groups = {key: [item for item in group if item.is_open] for key, group in groups.items()}
            groups = {key: group for key, group in groups.items() if group}
    for group in groups.values():
        for item in group:
            item.fault = faults.Contended()


async def _ask_again(lane: Lane, groups: dict[UUID, list[Item]], *, now: dt.datetime) -> None:
    """Whoever moved the account may have carried out the very same activity: then its answer is there."""
    items = [item for group in groups.values() for item in group]
    for item in items:
        item.reply = None
    async with lane.transaction(programs=_programs(groups), waits=False) as tx:
        await _claim(tx, items, now=now, again=True)


async def _together(runtime: Runtime, lane: Lane, groups: dict[UUID, list[Item]], *, now: dt.datetime) -> list[UUID]:
    """One try for all accounts at once; gives those that moved."""
    async with lane.read(programs=_programs(groups)) as tx:
        outcomes = await deciding.decide(runtime, tx, groups, now=now)
    async with lane.transaction(programs=_programs(groups)) as tx:
        applied = await apply.apply(tx.connection, outcomes, posted_at=now, ledger_key=runtime.ledger_key)
    return [account_id for account_id in groups if account_id not in applied]


async def _locked(runtime: Runtime, lane: Lane, groups: dict[UUID, list[Item]], *, now: dt.datetime) -> list[UUID]:
    """The only place that thinks while it holds a lock: an account that moved three times is decided under it."""
    moved = []
    for account_id, group in sorted(groups.items()):
        async with lane.transaction(programs=_programs(groups)) as tx:
            await tx.execute("select from regulars.account where account_id = $1 for no key update", account_id)
            outcomes = await deciding.decide(runtime, tx, {account_id: group}, now=now)
            applied = await apply.apply(tx.connection, outcomes, posted_at=now, ledger_key=runtime.ledger_key)
        if account_id not in applied:
            moved.append(account_id)
    return moved


def _programs(groups: dict[UUID, list[Item]]) -> list[int]:
    return sorted({item.intake.program_id for group in groups.values() for item in group})


def follower(intake: Intake, activity_id: UUID) -> Item:
    """A return that waited, on its way again; its key has its answer already, so it is carried out without one."""
    return Item(msgspec.structs.replace(intake, key=None), activity_id=activity_id, history=True)
