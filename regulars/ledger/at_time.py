"""A balance at a time, as a function of lots, holds and that time: right whether or not a sweeper has written what
time did (I8). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from regulars.engine.contracts.points import Balance, Hold, Lot, LotId


def balance_at(balance: Balance, lots: Iterable[Lot], holds: Iterable[Hold], at: dt.datetime) -> Balance:
    """What an account has of a currency at `at`, not before the last entry. `lots` and `holds` are all open ones of
    the currency."""
    if balance.next_change_at is None or at < balance.next_change_at:
        return balance
    open_holds = [hold for hold in holds if hold.is_open and hold.currency == balance.currency]
    held = dict[LotId, int]()
    for hold in open_holds:
        if hold.expires_at > at:
            for use in hold.uses:
                held[use.lot_id] = held.get(use.lot_id, 0) + use.amount
    mine = [lot for lot in lots if lot.currency == balance.currency]
    left = {lot.lot_id: lot.remaining - held.get(lot.lot_id, 0) for lot in mine}
    arrears = _pay_debts(balance, mine, open_holds, at, left)
    active = sum(left[lot.lot_id] for lot in mine if _is_active(lot, at) and not _ended(lot, balance, at))
    pending = sum(
        left[lot.lot_id] for lot in mine if lot.pending and not _is_active(lot, at) and not _given_up(lot, at)
    )
    return replace(balance, active=active, pending=pending, held=sum(held.values()), arrears=arrears)


def lots_at(balance: Balance, lots: Iterable[Lot], at: dt.datetime) -> tuple[Lot, ...]:
    """Those of the open lots of a balance that still live at `at` or wait."""
    return tuple(
        replace(lot, pending=lot.pending and not _is_active(lot, at))
        for lot in lots
        if lot.currency == balance.currency
        and (lot.held > 0 or not (_ended(lot, balance, at) or (lot.pending and _given_up(lot, at))))
    )


def _pay_debts(balance: Balance, lots: list[Lot], holds: list[Hold], at: dt.datetime, left: dict[LotId, int]) -> int:
    # Who owes has nothing active, so only what begins or is let go of between now and then can pay.
    arrears = balance.arrears
    if not arrears:
        return 0
    by_id = {lot.lot_id: lot for lot in lots}
    comes = [
        (hold.expires_at, use.lot_id, use.amount)
        for hold in holds
        if hold.expires_at <= at
        for use in hold.uses
        if not _ended_before_release(by_id[use.lot_id], balance, hold.expires_at)
    ]
    comes += [
        (lot.active_at, lot.lot_id, lot.remaining)
        for lot in lots
        if lot.active_at is not None and lot.pending and lot.active_at <= at and not _given_up(lot, lot.active_at)
    ]
    for _, lot_id, amount in sorted(comes):
        paid = min(arrears, amount)
        arrears -= paid
        left[lot_id] -= paid
    return arrears


def _is_active(lot: Lot, at: dt.datetime) -> bool:
    return not lot.pending or (lot.active_at is not None and lot.active_at <= at and not _given_up(lot, lot.active_at))


def _given_up(lot: Lot, at: dt.datetime) -> bool:
    return any(end is not None and end <= at for end in (lot.cancels_at, lot.expires_at))


def _ended_before_release(lot: Lot, balance: Balance, at: dt.datetime) -> bool:
    # A lot that is over ends as its hold lets go; inactivity that strikes at the same moment comes after it.
    return _ended(lot, balance, at) if balance.idle_at != at else lot.expires_at is not None and lot.expires_at <= at


def _ended(lot: Lot, balance: Balance, at: dt.datetime) -> bool:
    if lot.expires_at is not None and lot.expires_at <= at:
        return True
    idle_at = balance.idle_at
    # Inactivity ends what is active by then; what begins later has a life of its own.
    return idle_at is not None and idle_at <= at and _is_active(lot, idle_at)
