"""What has to be loaded to decide some activities of one account: first what they name, then what the engine asks for
on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import load, making, prepare, rationing, vouchers
from regulars.activities.lucky import DrawsNeeded
from regulars.engine.contracts.gifts import CodesNeeded
from regulars.engine.contracts.known import QuotasNeeded
from regulars.engine.contracts.points import LotsNeeded

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from regulars.activities.items import Item
    from regulars.activities.lately import Place
    from regulars.activities.outcomes import Guard
    from regulars.activities.process import Process
    from regulars.engine.contracts.known import CounterRange

NEEDS: Final = (LotsNeeded, DrawsNeeded, QuotasNeeded, CodesNeeded)
"""What may turn out to be needed while something is decided."""
Need = LotsNeeded | DrawsNeeded | QuotasNeeded | CodesNeeded

_ALL_DAYS: Final = 20_000


def wish(account_id: UUID, group: Sequence[Item]) -> load.Wish:
    """What has to be loaded to decide some activities of one account."""
    zone = group[0].compiled.program.program.zone
    days = [prepare.local_day(item.occurred_at, zone) for item in group]
    # What comes late is followed by a tick of its arrival.
    arrivals = [prepare.local_day(item.intake.received_at, zone) for item in group if not item.history]
    wanted = load.Wish(
        account_id=account_id,
        program_id=group[0].intake.program_id,
        members=tuple(dict.fromkeys(item.who.member_id for item in group)),
        zone=zone,
        first_day=min(days),
        today=max([*days, *arrivals]),
        counts=any(item.compiled.member_metrics for item in group),
        sliding=tuple(sorted({length for item in group for length in item.compiled.sliding_days})),
        # Somebody who moves takes all their days along.
        whole=_ALL_DAYS
        if any(item.intake.moving is not None for item in group)
        else max(item.compiled.whole_days for item in group),
        lots=any(_needs_lots(item) for item in group),
        led_from=tuple(dict.fromkeys(one for item in group for one in item.who.led_from)),
        sales=tuple(dict.fromkeys(item.sale_id for item in group if item.sale_id is not None)),
        holds=tuple(item.intake.hold.hold_id for item in group if item.intake.hold and item.intake.hold.hold_id),
        counters=tuple(dict.fromkeys(one for item in group for one in _ranges(item))),
        guards=tuple(dict.fromkeys(one for item in group for one in _guards(item))),
        entries=tuple(dict.fromkeys(entry for item in group if (entry := prepare.entry_of(item.intake)) is not None)),
    )
    if any(item.draws for item in group):
        wanted = _drawing(wanted, group)
    return _rationed(wanted, group) if any(item.quotas for item in group) else wanted


def guards(account_id: UUID, group: Sequence[Item]) -> set[Guard]:
    """All guards that writing these activities may have to lock, as far as it turned out before."""
    wanted = wish(account_id, group)
    return {*wanted.guards, *rationing.guards((wanted.program_id, key) for key in wanted.quotas)}


def foreseen(process: Process, wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what was lately asked for in such places: it will be asked for again."""
    keys = {key for item in group for key in process.quotas.of(place_of(item))}
    wanted = msgspec.structs.replace(wanted, codes=vouchers.wanted(process, group))
    return msgspec.structs.replace(wanted, quotas=tuple(sorted(keys.union(wanted.quotas)))) if keys else wanted


async def more(
    process: Process, wanted: load.Wish, group: Sequence[Item], need: Need, *, now: dt.datetime
) -> load.Wish:
    """The same wish with what the engine asked for. It is kept with the items too: should they be decided again, guards
    are locked before accounts."""
    match need:
        case LotsNeeded():
            return thirstier(wanted, need)
        case DrawsNeeded():
            for item in group:
                item.draws |= need.draws
            return _drawing(wanted, group)
        case QuotasNeeded():
            for item in group:
                item.quotas |= need.keys
            return _rationed(wanted, group)
        case CodesNeeded():
            for item in group:
                item.held |= need.held
            await vouchers.reserve(process, group, need.more, now=now)
            return msgspec.structs.replace(wanted, codes=vouchers.wanted(process, group))


def thirstier(wanted: load.Wish, need: LotsNeeded) -> load.Wish:
    """The same wish with the lots that the engine asked for."""
    lapsed = wanted.lapsed or need.lapsed
    return msgspec.structs.replace(wanted, lots=True, named=(*wanted.named, *need.lots), lapsed=lapsed)


def place_of(item: Item) -> Place:
    """Where something was asked for: what is asked for there once will be asked for again."""
    store = None if item.store is None else item.store.id
    return (item.intake.program_id, item.compiled.release.number, item.intake.type, store)


def _rationed(wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what is left of everything shared that these activities take of."""
    keys = {key for item in group for key in item.quotas}
    return msgspec.structs.replace(wanted, quotas=tuple(sorted(keys.union(wanted.quotas))))


def _drawing(wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what is left of the prizes that these activities may draw."""
    ranges, guards = list(wanted.counters), list(wanted.guards)
    for item in group:
        day = prepare.local_day(item.intake.received_at, wanted.zone)
        for name in sorted(item.draws):
            plan = item.compiled.draws.get(name)
            for one in () if plan is None else plan.ranges(day):
                ranges.append(one)
                guards.append((wanted.program_id, one.metric, one.owner))
    return msgspec.structs.replace(wanted, counters=tuple(dict.fromkeys(ranges)), guards=tuple(dict.fromkeys(guards)))


def _needs_lots(item: Item) -> bool:
    intake = item.intake
    return item.sale_id is not None or bool(intake.pay) or intake.hold is not None or intake.moving is not None


def _guards(item: Item) -> list[Guard]:
    """Numbers that may refuse this activity, or cut what it earns."""
    compiled = item.compiled
    if not compiled.guarded:
        return []
    return [(item.intake.program_id, one.metric, one.owner) for one in _ranges(item) if one.metric in compiled.guarded]


def _ranges(item: Item) -> Sequence[CounterRange]:
    return item.compiled.counter_ranges(making.activity_of(item))
