"""Points that move house: all that a member has (or earned) leaves one account through transit and arrives in another,
with its dates, its holds and its debts (L63, L65, L66, L72).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, Hold, HoldState, Lot, LotId, LotUse
from regulars.engine.points.credit import credit, repay
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.points.passing import mature
from regulars.engine.points.purse import Purse, total
from regulars.engine.points.transferring import Parcel
from regulars.kit.money import round_ratio


class Baggage(msgspec.Struct, frozen=True, array_like=True):
    """What travels of one currency. `parcels` are parts of lots with the lots as they were, `holds` what was set
    aside, with uses that name those lots, `owed` the arrears."""

    currency: str
    parcels: tuple[Parcel, ...] = ()
    holds: tuple[Hold, ...] = ()
    owed: int = 0
    idle_at: dt.datetime | None = None
    """When inactivity would have ended them (L34)."""


def leave(
    purse: Purse, currency: str, *, takes: Callable[[Lot], bool], with_holds: bool = True, with_debts: bool = True
) -> Baggage:
    """Takes the lots that are meant into transit, waiting ones too; what they pin in holds goes along if
    `with_holds`, else it stays behind, as does what is owed without `with_debts`.

    Raises BalanceFrozen, LotsNeeded.
    """
    purse.require_lots(currency)
    standing = purse.standing(currency)
    if standing.frozen:
        raise BalanceFrozen(currency=currency)
    holds = _let_go(purse, currency, takes) if with_holds else ()
    meant = sorted((x for x in purse.lots.values() if x.currency == currency and takes(x)), key=lambda x: x.lot_id)
    parcels = [*_send(purse, currency, meant, Book.ACTIVE), *_send(purse, currency, meant, Book.PENDING)]
    owed = standing.arrears if with_debts else 0
    if owed:
        purse.post(currency, EntryKind.MERGE, Book.TRANSIT, Book.ARREARS, owed)
    idle_at = standing.idle_at
    if idle_at is not None and not standing.active + standing.held + standing.pending:
        standing.idle_at, standing.changed = None, True
    return Baggage(currency, tuple(parcels), holds, owed, idle_at)


def arrive(purse: Purse, baggage: Baggage) -> None:
    """Makes a lot of each parcel with the dates, earner, funder and share of the cost that it had, sets aside what was
    held under the same hold, and pays what either side owes."""
    currency = baggage.currency
    standing = purse.standing(currency)
    idle_at = standing.idle_at
    lots = {parcel.lot.lot_id: _unpack(purse, parcel) for parcel in baggage.parcels}
    for hold in baggage.holds:
        _set_aside(purse, hold, lots)
    if baggage.owed:
        purse.post(currency, EntryKind.MERGE, Book.ARREARS, Book.TRANSIT, baggage.owed)
    if baggage.parcels:
        # A transfer is no activity of the member: it resets nothing, the later of the two ends holds (L34).
        known = [moment for moment in (idle_at, baggage.idle_at) if moment is not None]
        standing.idle_at = max(known, default=standing.idle_at)
        mature(purse, currency)
    repay(purse, currency, at=purse.now)


def _let_go(purse: Purse, currency: str, takes: Callable[[Lot], bool]) -> tuple[Hold, ...]:
    """Ends the holds that pin nothing but what leaves; a dead lot that a hold kept alive goes along with it (L27)."""
    mine = [hold for hold in purse.holds.values() if hold.currency == currency and hold.is_open]
    gone = []
    for hold in sorted(mine, key=lambda hold: hold.hold_id):
        pinned = purse.named([use.lot_id for use in hold.uses])
        if not all(takes(lot) for lot in pinned):
            continue
        back = tuple(LotUse(use.lot_id, -use.amount) for use in hold.uses)
        purse.post(currency, EntryKind.RELEASE, Book.HELD, Book.ACTIVE, hold.amount, uses=back, hold_id=hold.hold_id)
        purse.pin(back)
        purse.keep_hold(replace(hold, state=HoldState.VOIDED))
        gone.append(hold)
    return tuple(gone)


def _send(purse: Purse, currency: str, lots: Sequence[Lot], book: Book) -> Iterable[Parcel]:
    waits = book is Book.PENDING
    uses = tuple(
        LotUse(lot.lot_id, lot.remaining - lot.held)
        for lot in lots
        if lot.pending == waits and lot.remaining > lot.held
    )
    if not uses:
        return ()
    before = {use.lot_id: purse.lots[use.lot_id] for use in uses}
    purse.post(currency, EntryKind.MERGE, book, Book.TRANSIT, total(uses), uses=uses)
    purse.take(uses)
    return [Parcel(use.amount, before[use.lot_id]) for use in uses]


def _unpack(purse: Purse, parcel: Parcel) -> Lot:
    origin = parcel.lot
    lot = credit(
        purse,
        origin.currency,
        parcel.points,
        kind=EntryKind.MERGE,
        from_=Book.TRANSIT,
        earned_at=purse.now,
        active_at=origin.active_at if origin.pending else purse.now,
        expires_at=origin.expires_at,
        expires_on=origin.expires_on,
        cancels_at=origin.cancels_at,
        funder=origin.funder,
        cost_minor=round_ratio(origin.cost_minor * parcel.points, origin.granted, "half_up"),
        source=origin,
    )
    lot = replace(
        lot,
        earned_at=origin.earned_at,
        active_at=origin.active_at,
        zone=origin.zone,
        line=origin.line,
        rule=origin.rule,
        release=origin.release,
        origin=origin.origin or origin.lot_id,
    )
    purse.keep(lot)
    return lot


def _set_aside(purse: Purse, hold: Hold, lots: dict[LotId, Lot]) -> None:
    uses = tuple(LotUse(lots[use.lot_id].lot_id, use.amount) for use in hold.uses)
    purse.post(hold.currency, EntryKind.HOLD, Book.ACTIVE, Book.HELD, hold.amount, uses=uses, hold_id=hold.hold_id)
    purse.pin(uses)
    purse.keep_hold(replace(hold, member_id=purse.member_id, uses=uses))
