"""Points that pass from one account to another through transit, with their dates (L35)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, Lot
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


def receive(purse: Purse, parcels: Iterable[Parcel]) -> None:
    """Makes a lot of each parcel, with the dates, funder, source and share of the cost that it had; what is owed is
    paid from them."""
    for parcel in parcels:
        origin = parcel.lot
        lot = credit(
            purse,
            origin.currency,
            parcel.points,
            kind=EntryKind.TRANSFER,
            from_=Book.TRANSIT,
            earned_at=purse.now,
            active_at=purse.now,
            expires_at=origin.expires_at,
            expires_on=origin.expires_on,
            funder=origin.funder,
            cost_minor=round_ratio(origin.cost_minor * parcel.points, origin.granted, "half_up"),
            source=origin,
        )
        purse.keep(replace(lot, earned_at=origin.earned_at, zone=origin.zone))
        mature(purse, origin.currency)
        repay(purse, origin.currency, at=purse.now)
