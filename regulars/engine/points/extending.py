"""New dates for lots: later ends, and points that had expired given back (L37)."""

from __future__ import annotations

import datetime as dt

from regulars.engine.contracts.points import Book, EntryKind, Lot, LotId, LotUse
from regulars.engine.points import calendar
from regulars.engine.points.credit import repay
from regulars.engine.points.purse import Purse
from regulars.program.contracts.definitions import RoundUp
from regulars.program.contracts.values import Span, Unit


def extend(purse: Purse, currency: str, *, by: Span, within: Span | None = None) -> int:
    """Moves the end of active lots `by` a span, of all or of those that end `within` another; returns how many points
    live longer. Raises LotsNeeded."""
    purse.require_lots(currency)
    limit = None if within is None else calendar.span_end(within, since=purse.now, zone=purse.zone)[0]
    moved = 0
    for lot in purse.free_lots(currency):
        if lot.expires_at is None or (limit is not None and lot.expires_at > limit):
            continue
        expires_at, expires_on = _later(lot, by, purse)
        purse.redate(lot, active_at=lot.active_at, expires_at=expires_at, expires_on=expires_on)
        moved += lot.remaining - lot.held
    return moved


def extend_through(purse: Purse, currency: str, day: dt.date, *, ends_by: dt.date | None = None) -> int:
    """Lets active lots that would end before it live through a local day: all, or those that would end by another;
    returns how many points live longer. Raises LotsNeeded."""
    purse.require_lots(currency)
    expires_at = calendar.after(day, purse.zone)
    moved = 0
    for lot in purse.free_lots(currency):
        if lot.expires_at is None or lot.expires_at >= expires_at:
            continue
        if ends_by is not None and lot.expires_at > calendar.after(ends_by, purse.zone):
            continue
        purse.redate(lot, active_at=lot.active_at, expires_at=expires_at, expires_on=day)
        moved += lot.remaining - lot.held
    return moved


def live_through(purse: Purse, lot_id: LotId, day: dt.date) -> None:
    """Gives one lot its last local day. Raises LotsNeeded, ValueError for a day that is over."""
    (lot,) = purse.named([lot_id])
    expires_at = calendar.after(day, purse.zone)
    if expires_at <= purse.now:
        raise ValueError("the day is over")
    purse.redate(lot, active_at=lot.active_at, expires_at=expires_at, expires_on=day)


def reinstate(purse: Purse, lot_id: LotId, points: int, *, through: dt.date) -> None:
    """Gives back `points` (> 0) that expired in a lot, which then lives through a new day; what is owed is paid first.

    The caller knows from the statement that so many expired. Raises LotsNeeded, ValueError for more than the lot has
    lost or a day that is over.
    """
    live_through(purse, lot_id, through)
    lot = purse.lots[lot_id]
    if points > lot.granted - lot.remaining:
        raise ValueError("more is to be given back than the lot has lost")
    uses = (LotUse(lot_id, -points),)
    purse.post(lot.currency, EntryKind.REINSTATE, Book.EXPIRED, Book.ACTIVE, points, uses=uses)
    purse.take(uses)
    repay(purse, lot.currency, at=purse.now)


def _later(lot: Lot, by: Span, purse: Purse) -> tuple[dt.datetime | None, dt.date | None]:
    if lot.expires_at is None or lot.expires_on is None:
        return lot.expires_at, lot.expires_on
    if calendar.is_clock_time(by):
        return calendar.span_end(by, since=lot.expires_at, zone=purse.zone)
    day = calendar.add(lot.expires_on, by)
    if by.unit in (Unit.MONTH, Unit.YEAR) and calendar.last_day(lot.expires_on, RoundUp.MONTH) == lot.expires_on:
        # What ended with its month goes on ending with one: 30 April and a month is 31 May.
        day = calendar.last_day(day, RoundUp.MONTH)
    return calendar.after(day, purse.zone), day
