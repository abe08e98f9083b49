"""Points that pass from one account to another through transit, with their dates (L35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, LeftLot, Lot, LotUse
from regulars.engine.points.credit import credit, repay
from regulars.engine.points.errors import NotTransferable
from regulars.engine.points.passing import mature
from regulars.engine.points.purse import Purse
from regulars.engine.points.spending import debit
from regulars.kit.money import round_ratio


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """A part of a lot on its way: what the other side needs to make the same again."""

    points: int
    lot: Lot
    """The lot that it was taken from, as it was then."""


def send(purse: Purse, currency: str, points: int) -> tuple[Parcel, ...]:
    """Takes `points` (> 0) in spend order into transit; never pending, held or expired ones, nor while anything is
    owed (L36).

    Raises InsufficientPoints, BalanceFrozen, NotTransferable, LotsNeeded.
    """
    owed = purse.standing(currency).arrears
    if owed:
        raise NotTransferable(currency=currency, owed=owed)
    before = dict(purse.lots)
    uses = debit(purse, currency, points, kind=EntryKind.TRANSFER, to=Book.TRANSIT)
    return tuple(Parcel(use.amount, before[use.lot_id]) for use in uses)


def receive(purse: Purse, currency: str, parcels: Iterable[Parcel], *, idle_at: dt.datetime | None = None) -> None:
    """Makes a lot of each parcel, with the dates, funder, source and share of the cost that it had; what is owed is
    paid from them. `idle_at` is when inactivity would have ended them with the sender: to be given points is no
    activity, so the end that the receiver has stays, and only who has none takes that of the sender (L34)."""
    standing = purse.standing(currency)
    before = standing.idle_at
    for parcel in parcels:
        # It is the receiver's own from now on, also should the two ever be one and be taken apart again.
        purse.keep(replace(_made(purse, currency, parcel), member_id=purse.earner))
    if before is not None and before > purse.now:
        standing.idle_at = before
    elif standing.idle_at is not None and idle_at is not None:
        standing.idle_at = idle_at
    mature(purse, currency)
    repay(purse, currency, at=purse.now)


def take_home(purse: Purse, currency: str, parcels: Iterable[Parcel]) -> None:
    """Puts back what the other side refused, into the very lots that it came from, as if it had never left: what died
    meanwhile ends now. Raises LotsNeeded."""
    parcels = tuple(parcels)
    found = purse.named([parcel.lot.lot_id for parcel in parcels])
    here = [
        (lot, parcel)
        for lot, parcel in zip(found, parcels, strict=True)
        if lot.lot_id == parcel.lot.lot_id and not isinstance(lot, LeftLot)
    ]
    uses = tuple(LotUse(lot.lot_id, -parcel.points) for lot, parcel in here)
    if uses:
        back = sum(parcel.points for _, parcel in here)
        purse.post(currency, EntryKind.TRANSFER, Book.TRANSIT, Book.ACTIVE, back, uses=uses)
        purse.take(uses)
    stayed = {parcel.lot.lot_id for _, parcel in here}
    for parcel in parcels:
        if parcel.lot.lot_id not in stayed:
            # The sender has moved house meanwhile: the lot goes on there.
            lot = _made(purse, currency, parcel)
            purse.keep(replace(lot, origin=parcel.lot.origin or parcel.lot.lot_id))
    mature(purse, currency)
    repay(purse, currency, at=purse.now)


def _made(purse: Purse, currency: str, parcel: Parcel) -> Lot:
    origin = parcel.lot
    lot = credit(
        purse,
        currency,
        parcel.points,
        kind=EntryKind.TRANSFER,
        from_=Book.TRANSIT,
        earned_at=purse.now,
        active_at=purse.now,
        expires_at=origin.expires_at,
        expires_on=origin.expires_on,
        funder=origin.funder,
        cost_minor=_share(origin, parcel.points),
        source=origin,
    )
    return replace(lot, earned_at=origin.earned_at, zone=origin.zone)


def _share(lot: Lot, points: int) -> int:
    """What the next `points` of a lot cost: worked out over all that was taken of it, so that parts cost what the
    whole does."""
    taken = lot.granted - lot.remaining
    return _cost(lot, taken + points) - _cost(lot, taken)


def _cost(lot: Lot, points: int) -> int:
    return round_ratio(lot.cost_minor * points, lot.granted, "half_up")
