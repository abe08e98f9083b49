"""Points that waited for an event: settled in whole or in part, or given up (L23)."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from regulars.engine.contracts.points import Book, EntryKind, Lot, LotId, LotUse
from regulars.engine.points import calendar
from regulars.engine.points.passing import activate
from regulars.engine.points.purse import Purse, total
from regulars.kit.money import spread
from regulars.program.contracts.definitions import Expiry, RoundUp
from regulars.program.contracts.values import Span


class Settled(msgspec.Struct, frozen=True):
    """What became of points that waited: `active` after `repaid` went to arrears, and `cancelled`."""

    active: int = 0
    repaid: int = 0
    cancelled: int = 0


def settle(
    purse: Purse,
    currency: str,
    lots: Collection[LotId],
    *,
    points: int | None = None,
    expires: Span | None = None,
) -> Settled:
    """Makes `points` of these waiting lots active (none: all of them, 0: none) and cancels the rest. `expires` is the
    rule's own span, where it had one.

    Where several funders share them, each keeps its share by largest remainder. Raises LotsNeeded.
    """
    purse.require_lots(currency)
    purse.named(sorted(lots))
    there_now = [lot for lot_id in sorted(lots) for lot in purse.standing_for(lot_id)]
    waiting = [lot for lot in there_now if lot.pending and lot.currency == currency]
    if not waiting:
        return Settled()
    there = sum(lot.remaining for lot in waiting)
    kept = there if points is None else min(points, there)
    shares = spread(kept, [lot.remaining for lot in waiting])
    rest = tuple(
        LotUse(lot.lot_id, lot.remaining - share)
        for lot, share in zip(waiting, shares, strict=True)
        if share < lot.remaining
    )
    if rest:
        purse.post(currency, EntryKind.CANCEL, Book.PENDING, Book.ISSUED, total(rest), uses=rest)
        purse.take(rest)
    dated = [_begin(purse, purse.lots[lot.lot_id], expires) for lot in waiting if purse.lots[lot.lot_id].remaining]
    repaid = activate(purse, currency, dated, purse.now)
    return Settled(active=kept - repaid, repaid=repaid, cancelled=there - kept)


def _begin(purse: Purse, lot: Lot, expires: Span | None) -> Lot:
    policy = purse.policies[lot.currency]
    if policy.counts_from == "earned":
        return purse.redate(lot, active_at=purse.now, expires_at=lot.expires_at, expires_on=lot.expires_on)
    life, round_up = policy.expiry, policy.round_up
    if expires is not None:
        life, round_up = Expiry(span=expires), RoundUp.DAY
    expires_at, expires_on = calendar.expiry(life, since=purse.now, zone=purse.zone, round_up=round_up)
    return purse.redate(lot, active_at=purse.now, expires_at=expires_at, expires_on=expires_on)
