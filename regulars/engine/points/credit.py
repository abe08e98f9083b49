"""How points come in: one lot for one credit and one funder, and what is owed is paid first."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, Lot, LotId
from regulars.engine.points import calendar
from regulars.engine.points.purse import HOUSE, Purse, choose
from regulars.kit.money import round_ratio
from regulars.program.contracts.values import Ratio


def credit(
    purse: Purse,
    currency: str,
    points: int,
    *,
    kind: EntryKind,
    from_: Book,
    earned_at: dt.datetime,
    active_at: dt.datetime | None,
    expires_at: dt.datetime | None,
    expires_on: dt.date | None,
    cancels_at: dt.datetime | None = None,
    funder: str = HOUSE,
    cost_minor: int = 0,
    source: Lot | None = None,
    line: int | None = None,
    rule: str | None = None,
) -> Lot:
    """Posts an entry and makes its lot, pending if it is not active at `earned_at`. `source` is the lot that it
    stands for, where it is not earned anew."""
    pending = active_at is None or active_at > earned_at
    to = Book.PENDING if pending else Book.ACTIVE
    n = purse.post(currency, kind, from_, to, points, at=earned_at, line=line, rule=rule, funder=funder)
    lot = Lot(
        lot_id=LotId(purse.activity_id, n),
        member_id=purse.earner if source is None else source.member_id,
        currency=currency,
        granted=points,
        remaining=points,
        earned_at=earned_at,
        active_at=active_at,
        expires_at=expires_at,
        expires_on=expires_on,
        zone=purse.zone.key,
        source_id=purse.activity_id if source is None else source.source_id,
        line=line,
        rule=rule,
        release=purse.release,
        funder=funder,
        cost_minor=cost_minor,
        pending=pending,
        cancels_at=cancels_at,
    )
    purse.made.add(lot.lot_id)
    purse.keep(lot)
    start_idling(purse, currency, at=earned_at)
    return lot


def enlarge(purse: Purse, lot: Lot, points: int, *, cost_minor: int, line: int | None, rule: str | None) -> None:
    """Adds points to a lot made in this decision and to its entry; line and rule stay only where they agree."""
    entry = purse.entries[lot.lot_id.n - 1]
    line = line if line == lot.line else None
    rule = rule if rule == lot.rule else None
    purse.entries[lot.lot_id.n - 1] = replace(entry, amount=entry.amount + points, line=line, rule=rule)
    purse.standing(lot.currency).add(entry.to, points)
    granted, remaining = lot.granted + points, lot.remaining + points
    purse.keep(replace(lot, granted=granted, remaining=remaining, cost_minor=cost_minor, line=line, rule=rule))


def repay(purse: Purse, currency: str, *, at: dt.datetime) -> int:
    """Pays what is owed from what is active (L8); returns how much. Needs no lots where who owed had nothing active
    before, as always but when a debt moves house. Raises LotsNeeded."""
    standing = purse.standing(currency)
    amount = min(standing.arrears, standing.active)
    if amount <= 0:
        return 0
    free = purse.free_lots(currency)
    if sum(lot.remaining - lot.held for lot in free) < standing.active:
        # Some of what is active lies in lots that were not loaded, and it may be their turn.
        purse.require_lots(currency)
    uses = choose(free, amount)
    purse.post(currency, EntryKind.REPAY, Book.ACTIVE, Book.ARREARS, amount, uses=uses, at=at)
    purse.take(uses)
    return amount


def start_idling(purse: Purse, currency: str, *, at: dt.datetime) -> None:
    """Points that only inactivity ends count it from their coming, until an activity resets it (L34)."""
    policy = purse.policies[currency]
    standing = purse.standing(currency)
    # A moment that has passed ended what there was then, and says nothing about what comes now.
    if policy.expiry.inactivity is not None and (standing.idle_at is None or standing.idle_at <= at):
        standing.idle_at, _ = calendar.span_end(
            policy.expiry.inactivity, since=at, zone=purse.zone, round_up=policy.round_up
        )


def cost_minor(points: int, unit_cost: Ratio, *, scale: int, money_scale: int) -> int:
    """What `points` (smallest units of a currency of `scale`) cost in minor units, at a cost per whole unit in major
    ones."""
    if unit_cost.n == 0:
        return 0
    return round_ratio(points * unit_cost.n * 10**money_scale, unit_cost.d * 10**scale, "half_up")
