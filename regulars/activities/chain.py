"""Several activities of one account in a row, decided in memory and written at once: each sees what the one before it
left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from regulars.engine.contracts.known import CounterKey, CounterValue, DayRow, Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regulars.engine.contracts.decision import Decision
    from regulars.engine.contracts.points import Balance, Hold, Lot, Movement
    from regulars.engine.service import Compiled


def horizon_days(compiled: Compiled) -> int:
    """The longest window in days that some metric slides over: older day rows are of no use any more."""
    return max((*compiled.sliding_days, compiled.whole_days), default=0)


def advance(known: Known, decision: Decision, *, compiled: Compiled) -> Known:
    """The account as the next activity would find it if this decision were already written."""
    movement = decision.movement
    return msgspec.structs.replace(
        known,
        version=known.version + 1,
        state=decision.state,
        clock=decision.clock,
        metric_day=decision.metric_day,
        balances=_balances(known, movement),
        lots=None if known.lots is None else overlay_lots(known.lots, movement),
        holds=_holds(known, movement),
        days=_days(known, decision, horizon_days(compiled)) if decision.days else known.days,
        counters=add_counters(known.counters, decision.counters) if decision.counters else known.counters,
    )


def overlay_lots(lots: Sequence[Lot], movement: Movement) -> tuple[Lot, ...]:
    """Lots as they stand after a movement, the old ones first."""
    if not movement.lots:
        return tuple(lots)
    merged = {lot.lot_id: lot for lot in lots}
    merged.update((lot.lot_id, lot) for lot in movement.lots)
    return tuple(merged.values())


def _balances(known: Known, movement: Movement) -> tuple[Balance, ...]:
    if not movement.balances:
        return known.balances
    merged = {balance.currency: balance for balance in known.balances}
    merged.update((balance.currency, balance) for balance in movement.balances)
    return tuple(merged.values())


def _holds(known: Known, movement: Movement) -> tuple[Hold, ...]:
    if not movement.holds:
        return known.holds
    merged = {hold.hold_id: hold for hold in known.holds}
    merged.update((hold.hold_id, hold) for hold in movement.holds)
    return tuple(merged.values())


def _days(known: Known, decision: Decision, horizon: int) -> tuple[DayRow, ...]:
    since = decision.metric_day - dt.timedelta(days=horizon + 1) if decision.metric_day else dt.date.min
    merged = {(day.member_id, day.day): day for day in known.days if day.day >= since}
    merged.update(((day.member_id, day.day), day) for day in decision.days)
    return tuple(merged.values())


def add_counters(counters: Iterable[CounterValue], adds: Iterable[CounterValue]) -> tuple[CounterValue, ...]:
    """Counters after some additions, one row a key and item."""
    totals: dict[tuple[CounterKey, str], int] = defaultdict(int)
    for value in (*counters, *adds):
        totals[value.key, value.item] += value.value
    return tuple(CounterValue(key, item, value) for (key, item), value in totals.items())


def last_days(decisions: Iterable[Decision]) -> tuple[DayRow, ...]:
    """Of all day rows that a chain wrote, the last of each member and day."""
    merged: dict[tuple[UUID, dt.date], DayRow] = {}
    for decision in decisions:
        for day in decision.days:
            merged[day.member_id, day.day] = day
    return tuple(merged.values())
