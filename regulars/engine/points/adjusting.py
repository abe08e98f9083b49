"""Points given, taken, converted or forfeited otherwise than by a purchase."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from regulars.engine.contracts.points import Book, EntryKind, Lot, LotUse
from regulars.engine.points.credit import cost_minor, credit, repay
from regulars.engine.points.earning import dates_of
from regulars.engine.points.purse import HOUSE, Purse, choose, total
from regulars.engine.points.spending import debit, refund
from regulars.kit.money import spread
from regulars.program.contracts.definitions import Expiry, Pending
from regulars.program.contracts.values import Ratio, Span


class Converted(msgspec.Struct, frozen=True):
    """How many points of the one currency became how many of the other, in smallest units of each."""

    taken: int = 0
    given: int = 0
    uses: tuple[LotUse, ...] = ()
    """The lots that it took from."""


def adjust(
    purse: Purse, currency: str, points: int, *, funder: str = HOUSE, expires: Span | Expiry | None = None
) -> None:
    """Gives `points` (> 0) by hand, which expire like earned ones and pay what is owed first, or takes them (< 0) in
    spend order (L75).

    Raises InsufficientPoints, BalanceFrozen, LotsNeeded.
    """
    if points < 0:
        debit(purse, currency, -points, kind=EntryKind.ADJUST, to=Book.ADJUSTED)
    elif points > 0:
        _give(purse, currency, points, kind=EntryKind.ADJUST, from_=Book.ADJUSTED, funder=funder, expires=expires)
        repay(purse, currency, at=purse.now)


def roll_over(purse: Purse, currency: str, points: int, *, rule: str) -> None:
    """Gives status points of a period that has ended anew: a lot of its own, so that nobody takes them for earned."""
    _give(purse, currency, points, kind=EntryKind.ROLLOVER, from_=Book.ADJUSTED, funder=HOUSE, rule=rule)
    repay(purse, currency, at=purse.now)


def take_back_rolled(purse: Purse, currency: str, points: int, *, rule: str) -> None:
    """Takes again what should not have rolled over, at most what is there. Raises LotsNeeded."""
    amount = min(points, purse.available(currency))
    if amount > 0:
        debit(purse, currency, amount, kind=EntryKind.ADJUST, to=Book.ADJUSTED, rule=rule)


def take(purse: Purse, currency: str, points: int, *, line: int | None = None, rule: str | None = None) -> int:
    """Takes `points`, at most what is there, and returns how many. Raises LotsNeeded."""
    amount = min(points, purse.available(currency))
    if amount <= 0:
        return 0
    debit(purse, currency, amount, kind=EntryKind.SPEND, to=Book.SPENT, line=line, rule=rule)
    return amount


def convert(purse: Purse, currency: str, to: str, points: int, *, rate: Ratio, rule: str | None = None) -> Converted:
    """Turns up to `points` of one currency into another at `rate` whole units of `to` for one; what makes no smallest
    unit stays where it was (L76).

    Every funder's points stay that funder's. Raises InsufficientPoints, BalanceFrozen, LotsNeeded.
    """
    scale_up: int = 10 ** purse.policies[to].scale
    scale_down: int = 10 ** purse.policies[currency].scale
    above, below = rate.n * scale_up, rate.d * scale_down
    given = points * above // below
    if given <= 0:
        return Converted()
    taken = -(-given * below // above)
    uses = debit(purse, currency, taken, kind=EntryKind.CONVERT, to=Book.CONVERTED, rule=rule)
    by_funder = dict[str, int]()
    for use in uses:
        funder = purse.lots[use.lot_id].funder
        by_funder[funder] = by_funder.get(funder, 0) + use.amount
    for funder, part in zip(by_funder, spread(given, list(by_funder.values())), strict=True):
        if part:
            _give(purse, to, part, kind=EntryKind.CONVERT, from_=Book.CONVERTED, funder=funder, rule=rule)
    repay(purse, to, at=purse.now)
    return Converted(taken=taken, given=given, uses=uses)


def undo_conversion(
    purse: Purse, currency: str, to: str, given: int, *, lots: Sequence[Lot], uses: Sequence[LotUse], rule: str
) -> None:
    """Takes what a conversion gave from the `lots` that it made, and gives back what it took, `uses`, to the lots that
    it came from, or as grace lots. The caller knows that the lots hold as much."""
    taken = choose(sorted(lots, key=lambda lot: lot.lot_id), given)
    purse.post(to, EntryKind.CONVERT, Book.ACTIVE, Book.CONVERTED, given, uses=taken, rule=rule)
    purse.take(taken)
    refund(purse, currency, total(uses), uses=uses, kind=EntryKind.CONVERT, from_=Book.CONVERTED)


def forfeit(purse: Purse, currency: str) -> int:
    """Takes away all that is active and pending, returns how many; holds are to be voided before. Raises LotsNeeded."""
    purse.require_lots(currency)
    amount = 0
    for book, pending in ((Book.ACTIVE, False), (Book.PENDING, True)):
        lots = [x for x in purse.lots.values() if x.currency == currency and x.pending == pending]
        uses = tuple(
            LotUse(lot.lot_id, lot.remaining - lot.held)
            for lot in sorted(lots, key=lambda lot: lot.lot_id)
            if lot.remaining > lot.held
        )
        if uses:
            purse.post(currency, EntryKind.FORFEIT, book, Book.FORFEITED, total(uses), uses=uses)
            purse.take(uses)
            amount += total(uses)
    return amount


def _give(
    purse: Purse,
    currency: str,
    points: int,
    *,
    kind: EntryKind,
    from_: Book,
    funder: str,
    expires: Span | Expiry | None = None,
    rule: str | None = None,
) -> None:
    policy = purse.policies[currency]
    dates = dates_of(purse, policy, since=purse.now, expires=expires, pending=Pending())
    unit_cost = policy.cost.get(funder)
    cost = cost_minor(points, unit_cost, scale=policy.scale, money_scale=purse.money_scale) if unit_cost else 0
    credit(
        purse,
        currency,
        points,
        kind=kind,
        from_=from_,
        earned_at=purse.now,
        active_at=dates.active_at,
        expires_at=dates.expires_at,
        expires_on=dates.expires_on,
        funder=funder,
        cost_minor=cost,
        rule=rule,
    )
