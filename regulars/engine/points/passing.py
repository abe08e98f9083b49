"""What time does: it activates, cancels and ends lots and lets go of holds. The entries only catch up with it, so a
late sweeper is never wrong (L25)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import periods
from regulars.engine.contracts.points import Book, EntryKind, Hold, HoldState, Lot, LotId, LotsNeeded, LotUse
from regulars.engine.points import calendar
from regulars.engine.points.credit import repay, start_idling
from regulars.engine.points.purse import Purse, Standing, total

# At one moment holds let go first, so that what they held of a dead lot ends with it; then ends, then beginnings.
_RELEASE, _EXPIRE, _IDLE, _CANCEL, _ACTIVATE = range(5)

_Change = tuple[dt.datetime, int, LotId | UUID | None]


def catch_up(purse: Purse) -> None:
    """Writes what time has caused up to `now`, each with its true moment; a second call finds nothing to do. Raises
    LotsNeeded."""
    now = purse.now
    due = [name for name, standing in purse.standings.items() if _is_due(standing, now)]
    if due and not purse.loaded:
        raise LotsNeeded(currencies=tuple(due))
    for currency in due:
        _pass_time(purse, currency)


def mature(purse: Purse, currency: str) -> None:
    """Catches up with what time did to lots made just now for a past moment (L32)."""
    _pass_time(purse, currency)


def reset_idling(purse: Purse, currency: str, *, last_reset_at: dt.datetime) -> None:
    """Counts inactivity from the last activity that resets it and was not fully returned (L34). Raises LotsNeeded."""
    policy = purse.policies[currency]
    if policy.expiry.inactivity is None:
        return
    standing = purse.standing(currency)
    idle_at, _ = calendar.span_end(
        policy.expiry.inactivity, since=last_reset_at, zone=purse.zone, round_up=policy.round_up
    )
    if idle_at != standing.idle_at:
        standing.idle_at, standing.changed = idle_at, True
        if idle_at <= purse.now:
            catch_up(purse)


def _is_due(standing: Standing, now: dt.datetime) -> bool:
    idle = standing.idle_at is not None and standing.idle_at <= now and standing.active + standing.held > 0
    return idle or (standing.next_change_at is not None and standing.next_change_at <= now)


def _pass_time(purse: Purse, currency: str) -> None:
    standing = purse.standing(currency)
    # One moment at a time, since what begins then may also end before now.
    while changes := _due_changes(purse, currency):
        at, rank = min(change[:2] for change in changes)
        ids = [change[2] for change in changes if change[:2] == (at, rank)]
        if rank == _RELEASE:
            for hold in sorted((purse.holds[x] for x in ids if isinstance(x, UUID)), key=lambda hold: hold.hold_id):
                release(purse, hold, at=at, state=HoldState.EXPIRED)
        elif rank == _IDLE:
            _idle(purse, currency, at=at)
        else:
            lots = sorted((purse.lots[lot_id] for lot_id in ids if isinstance(lot_id, LotId)), key=lambda x: x.lot_id)
            _CHANGES[rank](purse, currency, lots, at)
    if standing.next_change_at is not None and standing.next_change_at <= purse.now:
        # Even where nothing was left to do, the row must stop saying that it is out of date.
        standing.changed, standing.next_change_at = True, None
        standing.next_change_at = purse.next_change_at(currency)


def _due_changes(purse: Purse, currency: str) -> list[_Change]:
    now = purse.now
    found: list[_Change] = []
    for lot in purse.lots.values():
        if lot.currency != currency or lot.remaining == 0:
            continue
        if lot.pending and lot.active_at is not None and lot.active_at <= now:
            found.append((lot.active_at, _ACTIVATE, lot.lot_id))
        if lot.pending and lot.cancels_at is not None and lot.cancels_at <= now:
            found.append((lot.cancels_at, _CANCEL, lot.lot_id))
        if lot.expires_at is not None and lot.expires_at <= now and (lot.pending or lot.remaining > lot.held):
            found.append((lot.expires_at, _EXPIRE, lot.lot_id))
    for hold in purse.holds.values():
        if hold.currency == currency and hold.is_open and hold.expires_at <= now:
            found.append((hold.expires_at, _RELEASE, hold.hold_id))
    idle_at = purse.standing(currency).idle_at
    if idle_at is not None and idle_at <= now:
        found.append((idle_at, _IDLE, None))
    return found


def release(purse: Purse, hold: Hold, *, at: dt.datetime, state: HoldState, captured: tuple[LotUse, ...] = ()) -> None:
    """Closes a hold: what was not captured goes back to its lots, ends at once where they are dead (L27), and pays
    what is owed."""
    taken = {use.lot_id: use.amount for use in captured}
    back = tuple(LotUse(use.lot_id, -rest) for use in hold.uses if (rest := use.amount - taken.get(use.lot_id, 0)) > 0)
    purse.keep_hold(replace(hold, state=state, captured=total(captured)))
    if back:
        purse.post(
            hold.currency,
            EntryKind.RELEASE,
            Book.HELD,
            Book.ACTIVE,
            -total(back),
            uses=back,
            at=at,
            hold_id=hold.hold_id,
        )
        purse.pin(back)
        lots = [purse.lots[use.lot_id] for use in back]
        _expire(purse, hold.currency, [x for x in lots if x.expires_at is not None and x.expires_at <= at], at)
        repay(purse, hold.currency, at=at)


def _expire(purse: Purse, currency: str, lots: list[Lot], at: dt.datetime) -> None:
    # A lot that still waits when its time is over never becomes active: it is cancelled, not expired.
    _cancel(purse, currency, [lot for lot in lots if lot.pending], at)
    uses = tuple(LotUse(x.lot_id, x.remaining - x.held) for x in lots if not x.pending and x.remaining > x.held)
    if uses:
        purse.post(currency, EntryKind.EXPIRE, Book.ACTIVE, Book.EXPIRED, total(uses), uses=uses, at=at)
        purse.take(uses)


def _cancel(purse: Purse, currency: str, lots: list[Lot], at: dt.datetime) -> None:
    uses = tuple(LotUse(lot.lot_id, lot.remaining) for lot in lots if lot.pending and lot.remaining > 0)
    if uses:
        purse.post(currency, EntryKind.CANCEL, Book.PENDING, Book.ISSUED, total(uses), uses=uses, at=at)
        purse.take(uses)


def activate(purse: Purse, currency: str, lots: list[Lot], at: dt.datetime) -> int:
    """Makes pending lots active and pays what is owed; returns what was repaid."""
    waiting = [lot for lot in lots if lot.pending and lot.remaining > 0]
    uses = tuple(LotUse(lot.lot_id, lot.remaining) for lot in waiting)
    if not uses:
        return 0
    purse.post(currency, EntryKind.ACTIVATE, Book.PENDING, Book.ACTIVE, total(uses), uses=uses, at=at)
    for lot in waiting:
        purse.keep(replace(lot, pending=False))
    start_idling(purse, currency, at=at)
    return repay(purse, currency, at=at)


def _activate(purse: Purse, currency: str, lots: list[Lot], at: dt.datetime) -> None:
    activate(purse, currency, lots, at)


def _idle(purse: Purse, currency: str, *, at: dt.datetime) -> None:
    purse.standing(currency).idle_at = None
    purse.standing(currency).changed = True
    lots = [lot for lot in purse.lots.values() if lot.currency == currency and not lot.pending and lot.remaining > 0]
    _expire(purse, currency, sorted(lots, key=lambda lot: lot.lot_id), at)
    for lot in lots:
        if lot.held:
            # What is held lives on in its hold; dated like this, it ends when the hold lets go of it.
            day = periods.local_date(at - dt.timedelta(microseconds=1), purse.zone)
            purse.redate(purse.lots[lot.lot_id], active_at=lot.active_at, expires_at=at, expires_on=day)


_CHANGES = {_EXPIRE: _expire, _CANCEL: _cancel, _ACTIVATE: _activate}
