"""Step one of a batch: is each activity right in itself, whose is it, and was it here before."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from regulars.activities import claims, faults, foreign, identify, prepare, waiting
from regulars.activities.contracts import Reply
from regulars.kit import ids, money
from regulars.kit.errors import RegularsError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from regulars.activities.items import Item
    from regulars.activities.process import Process
    from regulars.directory.service import Exchanged, Shelf
    from regulars.kit.database import Lane, Transaction


async def claim(
    process: Process, lane: Lane, items: Sequence[Item], *, now: dt.datetime, again: bool, hurries: bool = False
) -> dict[Item, list[Item]]:
    """Bring items to a fault, to the reply that they had before, or to an account and an id of their own.

    Gives what waited for a sale or return among them, by that, with what waited for it in turn. `again` says that these
    were tried before; of who `hurries` the claims may be committed only with the next step on this lane, a round trip
    less.
    """
    await check(process, items, now=now)
    released: dict[Item, list[Item]] = {}
    if any(item.is_open for item in items):
        # The apply that follows is later in the same log and waits for the disk; a lost claim was told to nobody.
        async with lane.transaction(programs=_programs(items), waits=False) as tx:
            await identify.identify(process, tx, _open(items), now=now)
            awaited = await _claim(tx, _open(items), now=now, again=again)
            parked = await waiting.park(tx, _open(items))
            if awaited or parked or any(item.waited for item in items):
                going = [item for item in _open(items) if item not in parked]
                released = await waiting.followers(tx, going, process.programs)
                await _name(process, tx, released, now=now)
            # What changes nothing that anybody hears of ends with the message that begins the next step.
            tx.ends_with_next = hurries and not parked and not released and all(item.is_open for item in items)
        for item in parked:
            item.settle()
    for followers in released.values():
        shelves = await _shelves(process, followers, now=now)
        for item in _open(followers):
            try:
                _describe(item, shelves[item.intake.program_id])
            except RegularsError as fault:
                item.fault = fault
    await _recall_refused(lane, [item for item in items if isinstance(item.fault, RegularsError)])
    return released


async def _name(
    process: Process, tx: Transaction, released: Mapping[Item, Sequence[Item]], *, now: dt.datetime
) -> None:
    """Whose it is that waited, and of which sale it is: what it waited for was not known when it came."""
    for followers in released.values():
        await identify.follow(process, tx, followers, now=now)
        for item in followers:
            _name_sale(item)


async def ask_again(lane: Lane, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Whoever moved an account may have carried out the very same activity: then its answer is there."""
    async with lane.transaction(programs=_programs(items), waits=False) as tx:
        await _claim(tx, items, now=now, again=True)


async def agree(tx: Transaction, items: Sequence[Item]) -> None:
    """Let refusals be said as they are stored under their keys, whoever stored them."""
    keys = [(item.intake.program_id, item.intake.client_id, item.intake.key or "") for item in items]
    for item, found in zip(items, await claims.answers(tx.connection, keys), strict=True):
        if found is not None and found.answered is not None and found.activity_id == item.activity_id:
            status, body = found.answered
            item.draft = Reply(status=status, body=body, activity_id=found.activity_id)


async def _recall_refused(lane: Lane, items: Sequence[Item]) -> None:
    """A retry of what was answered gets that answer, also where it could not be handed in any more today: its card is
    blocked by now, it became too old, its field is gone with a release (L50)."""
    keyed = [item for item in items if item.intake.key is not None]
    if not keyed:
        return
    async with lane.read(programs=_programs(keyed)) as tx:
        stored = await claims.answers(
            tx.connection, [(one.intake.program_id, one.intake.client_id, one.intake.key or "") for one in keyed]
        )
    for item, found in zip(keyed, stored, strict=True):
        if found is not None and found.key_digest == item.intake.digest and found.answered is not None:
            status, body = found.answered
            item.fault = None
            item.reply = Reply(status=status, body=body, replayed=True, activity_id=found.activity_id)


async def check(process: Process, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Everything that can be wrong before somebody is claimed; the goods and stores of the whole batch are looked up
    together."""
    for item in items:
        item.begin()
    for program_id in _programs(items):
        with contextlib.suppress(faults.NothingPublished):
            await process.programs.ready(program_id)
    shelves = await _shelves(process, items, now=now)
    for item in items:
        try:
            process.guesses.admit(item.intake)
            _check(process, item, shelves[item.intake.program_id])
        except RegularsError as fault:
            item.fault = fault


async def _shelves(process: Process, items: Sequence[Item], *, now: dt.datetime) -> dict[int, Shelf]:
    skus: dict[int, set[str | None]] = defaultdict(set)
    stores: dict[int, set[str | None]] = defaultdict(set)
    categories: dict[int, set[str | None]] = defaultdict(set)
    rates: dict[int, set[Exchanged]] = defaultdict(set)
    for item in items:
        skus[item.intake.program_id].update(line.sku for line in item.intake.lines)
        stores[item.intake.program_id].add(item.intake.store)
        categories[item.intake.program_id].update(line.category for line in item.intake.lines)
        if item.intake.currency is not None and (asked := _rate_of(process, item)) is not None:
            rates[item.intake.program_id].add(asked)
    return {
        program_id: await process.directory.prepare(
            process.database,
            program_id,
            wanted,
            now=now,
            rates=rates.get(program_id, ()),
            stores=stores[program_id],
            categories=categories[program_id],
        )
        for program_id, wanted in skus.items()
    }


def _rate_of(process: Process, item: Item) -> Exchanged | None:
    """The rate that a basket in another money needs: that of the day on which it happened."""
    intake = item.intake
    at = intake.occurred_at or intake.received_at
    try:
        program = process.programs.at(intake.program_id, at).program
        theirs = foreign.of(intake, program)
    except RegularsError:
        # Whatever is wrong is told where the activity is checked.
        return None
    if theirs is None or not money.is_currency(theirs):
        return None
    return program.program.money, theirs, prepare.local_day(min(at, intake.received_at), program.program.zone)


def _check(process: Process, item: Item, shelf: Shelf) -> None:
    intake = item.intake
    item.compiled = process.programs.at(intake.program_id, intake.occurred_at or intake.received_at)
    program = item.compiled.program
    item.occurred_at = prepare.check(intake, program)
    if intake.quoted is not None:
        # Here, and not where the token is read: a retry of what was committed in time still gets its answer.
        age_s, ttl_s = int((intake.received_at - intake.quoted.at).total_seconds()), process.settings.quote_ttl_s
        if age_s > ttl_s:
            raise faults.QuoteExpired(age_s=age_s, ttl_s=ttl_s)
    _describe(item, shelf)


def _describe(item: Item, shelf: Shelf) -> None:
    found = shelf.enrich(
        item.intake.lines,
        store=item.intake.store,
        at=item.occurred_at,
        zone=item.compiled.program.program.zone,
    )
    item.lines, item.store = found.lines, found.store
    item.paid = item.abroad = None
    theirs = foreign.of(item.intake, item.compiled.program)
    if theirs is not None:
        settings = item.compiled.program.program
        day = prepare.local_day(item.occurred_at, settings.zone)
        item.lines, item.paid, item.abroad = foreign.converted(
            found.lines,
            item.intake.payments,
            ours=settings.money,
            theirs=theirs,
            rate=shelf.rate(settings.money, theirs, day),
            day=day,
        )


async def _claim(tx: Transaction, items: Sequence[Item], *, now: dt.datetime, again: bool) -> bool:
    """Claim keys and documents; whether returns wait for sales among these."""
    if not items:
        return False
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
    for item, claim, winner in zip(items, wanted, claimed.each, strict=True):
        _settle(item, claim, winner)
        _name_sale(item)
    return claimed.awaited


def _settle(item: Item, claim: claims.Claim, winner: claims.Claimed) -> None:
    if winner.key_digest is not None and winner.key_digest != claim.digest:
        item.fault = faults.IdempotencyKeyReused()
    elif winner.by_document and winner.document_digest != claim.digest:
        item.fault = faults.DocumentTaken(
            source=claim.source, document=claim.document or "", activity_id=ids.to_wire("act", winner.activity_id)
        )
    elif winner.answered is not None and not (item.waited and winner.answered[0] == HTTPStatus.ACCEPTED):
        status, body = winner.answered
        item.reply = Reply(status=status, body=body, replayed=True, activity_id=winner.activity_id)
    elif winner.applied:
        item.reply = Reply(status=200, body=b"", replayed=True, activity_id=winner.activity_id)
    else:
        # A claim without an answer is taken over under the id that it was made with.
        item.activity_id = winner.activity_id


def _name_sale(item: Item) -> None:
    """The sale of a return that came in the same batch has its id by now."""
    sale = item.sale_item
    if sale is None:
        return
    if sale.fault is not None:
        item.fault = item.fault or faults.UnknownSale(sale=sale.intake.document or "")
    else:
        item.sale_id = sale.activity_id if sale.reply is None else sale.reply.activity_id
        types = item.compiled.program.activities
        kind, named = types.get(item.intake.type), types.get(sale.intake.type)
        is_return = sale.sale_id is not None and named is not None and not sale.intake.lines
        if is_return and kind is not None and kind.reverses is not None:
            # A return that names a return of the same batch undoes it (L18).
            item.undoes, item.sale_id = item.sale_id, sale.sale_id


def _open(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.is_open]


def _programs(items: Sequence[Item]) -> list[int]:
    return sorted({item.intake.program_id for item in items})
