"""Spending in the currency's order, and giving back what a redemption took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, LeftLot, Lot, LotId, LotUse
from regulars.engine.points import calendar
from regulars.engine.points.credit import credit, repay
from regulars.engine.points.errors import BalanceFrozen, InsufficientPoints
from regulars.engine.points.purse import Purse, choose, total
from regulars.kit.money import round_ratio


def spend(
    purse: Purse, currency: str, points: int, *, line: int | None = None, rule: str | None = None
) -> tuple[LotUse, ...]:
    """Spends `points` (> 0) in the currency's order (L24) and says from which lots. Raises InsufficientPoints,
    BalanceFrozen, LotsNeeded."""
    return debit(purse, currency, points, kind=EntryKind.SPEND, to=Book.SPENT, line=line, rule=rule)


def debit(
    purse: Purse,
    currency: str,
    points: int,
    *,
    kind: EntryKind,
    to: Book,
    line: int | None = None,
    rule: str | None = None,
) -> tuple[LotUse, ...]:
    """Takes active points in spend order and posts them to a book of the system. Raises InsufficientPoints,
    BalanceFrozen, LotsNeeded."""
    check_available(purse, currency, points)
    uses = choose(purse.free_lots(currency, at_store=True), points)
    purse.post(currency, kind, Book.ACTIVE, to, points, uses=uses, line=line, rule=rule)
    purse.take(uses)
    return uses


def check_available(purse: Purse, currency: str, points: int) -> None:
    """Raises InsufficientPoints, BalanceFrozen, and LotsNeeded once there is enough."""
    standing = purse.standing(currency)
    if standing.frozen:
        raise BalanceFrozen(currency=currency)
    if standing.active < points:
        raise InsufficientPoints(currency=currency, asked=points, available=standing.active)
    purse.require_lots(currency)


def refund(
    purse: Purse,
    currency: str,
    points: int,
    *,
    uses: Sequence[LotUse],
    line: int | None = None,
    kind: EntryKind = EntryKind.REFUND,
    from_: Book = Book.SPENT,
) -> tuple[LotUse, ...]:
    """Gives `points` of a redemption back to the lots they came from, the last taken first (L9); what came from a lot
    that has died since comes back as a grace lot (L10). `uses` is what the redemption took, in its order, less what
    was given back before. `kind` and `from_` say so where it was no redemption.

    Says how much was given back for which of those lots. Raises LotsNeeded, ValueError for more than `uses` hold.
    """
    back = _last_taken_first(uses, points)
    ids = [use.lot_id for use in back]
    lots = dict(zip(ids, purse.named(ids), strict=True))
    alive = tuple(
        LotUse(use.lot_id, -use.amount)
        for use in back
        if _stands_here(lots[use.lot_id], use.lot_id) and _lives(lots[use.lot_id], purse)
    )
    if alive:
        purse.post(currency, kind, from_, Book.ACTIVE, -total(alive), uses=alive, line=line)
        purse.take(alive)
    for use in back:
        lot = lots[use.lot_id]
        if not _lives(lot, purse):
            _grace(purse, currency, lot, use.amount, line=line, kind=kind, from_=from_)
        elif not _stands_here(lot, use.lot_id):
            # Its points moved house: what goes on from it holds only what was left then.
            until = (lot.expires_at, lot.expires_on)
            made = _again(purse, currency, lot, use.amount, until=until, line=line, kind=kind, from_=from_)
            # This goes on from it too: it is spent in its turn, and what takes back its sale finds it.
            purse.keep(replace(made, earned_at=lot.earned_at, zone=lot.zone, origin=lot.origin or lot.lot_id))
    repay(purse, currency, at=purse.now)
    return back


def _stands_here(lot: Lot, lot_id: LotId) -> bool:
    """Whether it is the very lot that was used, and one of this account's books."""
    return lot.lot_id == lot_id and not isinstance(lot, LeftLot)


def _lives(lot: Lot, purse: Purse) -> bool:
    return lot.expires_at is None or purse.now < lot.expires_at


def _last_taken_first(uses: Sequence[LotUse], points: int) -> tuple[LotUse, ...]:
    if points > total(uses):
        raise ValueError("more is to be given back than was taken")
    back = dict[LotId, int]()
    for use in reversed(uses):
        part = min(use.amount, points)
        if part > 0:
            back[use.lot_id] = back.get(use.lot_id, 0) + part
            points -= part
    return tuple(LotUse(lot_id, part) for lot_id, part in back.items())


def _grace(
    purse: Purse, currency: str, dead: Lot, points: int, *, line: int | None, kind: EntryKind, from_: Book
) -> None:
    policy = purse.policies[currency]
    _again(
        purse,
        currency,
        dead,
        points,
        until=calendar.span_end(policy.grace, since=purse.now, zone=purse.zone),
        line=line,
        kind=kind,
        from_=from_,
    )


def _again(
    purse: Purse,
    currency: str,
    dead: Lot,
    points: int,
    *,
    until: tuple[dt.datetime | None, dt.date | None],
    line: int | None,
    kind: EntryKind,
    from_: Book,
) -> Lot:
    # A lot of an earlier account may stand under another name there: its member's own in a household.
    expires_at, expires_on = until
    return credit(
        purse,
        currency,
        points,
        kind=kind,
        from_=from_,
        earned_at=purse.now,
        active_at=purse.now,
        expires_at=expires_at,
        expires_on=expires_on,
        funder=dead.funder,
        cost_minor=round_ratio(dead.cost_minor * points, dead.granted, "half_up"),
        source=dead,
        line=line,
        rule=dead.rule,
    )
