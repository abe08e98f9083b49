"""Points bought with money: a lot of the member's own that cost what was paid for it, and what comes of it when they
give it back (L81)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.points import Book, EntryKind, LotUse
from regulars.engine.points.credit import credit, repay
from regulars.engine.points.earning import dates_of
from regulars.engine.points.purse import Purse, total
from regulars.kit.money import round_ratio
from regulars.program.contracts.definitions import Pending

MEMBER: Final = "member"
"""Who has paid for bought points: the member."""


class GivenBack(msgspec.Struct, frozen=True):
    """So many points went, for so much money in minor units."""

    points: int = 0
    money: int = 0


def buy(purse: Purse, currency: str, points: int, *, price: int, rule: str) -> None:
    """Makes a lot of `points` (> 0) for `price` minor units, active at once, which lives as earned ones do and pays
    what is owed first. Needs no lots."""
    dates = dates_of(purse, purse.policies[currency], since=purse.now, pending=Pending())
    credit(
        purse,
        currency,
        points,
        kind=EntryKind.BUY,
        from_=Book.ISSUED,
        earned_at=purse.now,
        active_at=purse.now,
        expires_at=dates.expires_at,
        expires_on=dates.expires_on,
        funder=MEMBER,
        cost_minor=price,
        rule=rule,
    )
    repay(purse, currency, at=purse.now)


def give_back(purse: Purse, currency: str, bought: UUID, *, rule: str) -> GivenBack:
    """Takes back what is neither spent nor held of the lots that an activity bought; the money is that share of what
    they cost. Raises LotsNeeded."""
    purse.require_lots(currency)
    lots = [
        lot
        for lot in purse.lots.values()
        if lot.source_id == bought and lot.rule == rule and lot.currency == currency and lot.remaining > lot.held
    ]
    uses = tuple(LotUse(lot.lot_id, lot.remaining - lot.held) for lot in sorted(lots, key=lambda lot: lot.lot_id))
    if not uses:
        return GivenBack()
    money = sum(
        round_ratio(lot.cost_minor * (lot.remaining - lot.held), lot.granted, "half_up")
        for lot in (purse.lots[use.lot_id] for use in uses)
    )
    purse.post(currency, EntryKind.BUY, Book.ACTIVE, Book.ISSUED, total(uses), uses=uses, rule=rule)
    purse.take(uses)
    return GivenBack(points=total(uses), money=money)
