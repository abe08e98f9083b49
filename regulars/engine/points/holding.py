"""Holds: points set aside for a purchase in progress, captured, voided or ended by time."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, Hold, HoldState, LotUse
from regulars.engine.points import calendar
from regulars.engine.points.errors import (
    BalanceFrozen,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    HoldNotFound,
    HoldTooLong,
)
from regulars.engine.points.passing import release
from regulars.engine.points.purse import Purse, choose
from regulars.engine.points.spending import check_available


def place(
    purse: Purse,
    currency: str,
    points: int,
    *,
    hold_id: UUID,
    ttl_s: int | None = None,
    until: dt.datetime | None = None,
) -> Hold:
    """Sets `points` (> 0) aside and pins their lots, for the currency's time, for `ttl_s`, or `until` a moment that the
    program has said, however far it is.

    Raises InsufficientPoints, BalanceFrozen, HoldTooLong, LotsNeeded.
    """
    policy = purse.policies[currency]
    longest = calendar.on_the_clock(policy.hold_longest)
    life = calendar.on_the_clock(policy.hold_ttl) if ttl_s is None else dt.timedelta(seconds=ttl_s)
    if until is None and life > longest:
        raise HoldTooLong(asked_s=int(life.total_seconds()), most_s=int(longest.total_seconds()))
    check_available(purse, currency, points)
    uses = choose(purse.free_lots(currency, at_store=True), points)
    purse.post(currency, EntryKind.HOLD, Book.ACTIVE, Book.HELD, points, uses=uses, hold_id=hold_id)
    purse.pin(uses)
    hold = Hold(
        hold_id=hold_id,
        member_id=purse.member_id,
        currency=currency,
        amount=points,
        placed_at=purse.now,
        expires_at=purse.now + life if until is None else until,
        uses=uses,
    )
    purse.keep_hold(hold)
    return hold


def capture(purse: Purse, hold_id: UUID, points: int | None = None) -> tuple[LotUse, ...]:
    """Spends `points` of a hold (none: all of it), also from lots that have ended meanwhile (L27), and lets go of the
    rest (L56). Says from which lots.

    Raises HoldNotFound, HoldExpired, HoldClosed, CaptureExceedsHold, BalanceFrozen, LotsNeeded.
    """
    hold = open_hold(purse, hold_id)
    if purse.standing(hold.currency).frozen:
        raise BalanceFrozen(currency=hold.currency)
    amount = hold.amount if points is None else points
    if amount > hold.amount:
        raise CaptureExceedsHold(hold_id=hold_id, asked=amount, held=hold.amount)
    order = purse.order(hold.currency, at_store=True)
    captured = []
    missing = amount
    for use in sorted(hold.uses, key=lambda use: order(purse.lots[use.lot_id])):
        part = min(use.amount, missing)
        if part > 0:
            captured.append(LotUse(use.lot_id, part))
            missing -= part
    uses = tuple(captured)
    if uses:
        purse.post(hold.currency, EntryKind.CAPTURE, Book.HELD, Book.SPENT, amount, uses=uses, hold_id=hold_id)
        purse.take(uses)
        purse.pin(LotUse(use.lot_id, -use.amount) for use in uses)
    release(purse, hold, at=purse.now, state=HoldState.CAPTURED, captured=uses)
    return uses


def void(purse: Purse, hold_id: UUID) -> None:
    """Lets go of all that a hold has pinned. Raises HoldNotFound, HoldExpired, HoldClosed, LotsNeeded."""
    release(purse, open_hold(purse, hold_id), at=purse.now, state=HoldState.VOIDED)


def extend(purse: Purse, hold_id: UUID, *, new_id: UUID, ttl_s: int | None = None) -> Hold:
    """Lets a hold last for `ttl_s` (none: the currency's time) from now on, at most the currency's longest since it was
    first placed, and never shorter than it lasts already. The times of a hold stand in the chain of its balance and
    never change: what it pins goes over, lot by lot and also from lots that have ended meanwhile (L27), to a hold of
    its own, `new_id`.

    Raises HoldNotFound, HoldExpired, HoldClosed, HoldTooLong, LotsNeeded.
    """
    hold = open_hold(purse, hold_id)
    policy = purse.policies[hold.currency]
    life = calendar.on_the_clock(policy.hold_ttl) if ttl_s is None else dt.timedelta(seconds=ttl_s)
    longest = calendar.on_the_clock(policy.hold_longest)
    expires_at = purse.now + life
    if expires_at > hold.placed_at + longest:
        asked = expires_at - hold.placed_at
        raise HoldTooLong(asked_s=int(asked.total_seconds()), most_s=int(longest.total_seconds()))
    back = tuple(LotUse(use.lot_id, -use.amount) for use in hold.uses)
    purse.keep_hold(replace(hold, state=HoldState.VOIDED))
    purse.post(hold.currency, EntryKind.RELEASE, Book.HELD, Book.ACTIVE, hold.amount, uses=back, hold_id=hold_id)
    purse.post(hold.currency, EntryKind.HOLD, Book.ACTIVE, Book.HELD, hold.amount, uses=hold.uses, hold_id=new_id)
    longer = replace(hold, hold_id=new_id, expires_at=max(expires_at, hold.expires_at))
    purse.keep_hold(longer)
    return longer


def open_hold(purse: Purse, hold_id: UUID) -> Hold:
    """The hold, if it can still be captured or voided. Raises HoldNotFound, HoldExpired, HoldClosed, LotsNeeded."""
    hold = purse.holds.get(hold_id)
    if hold is None:
        raise HoldNotFound(hold_id=hold_id)
    if hold.state is HoldState.EXPIRED or (hold.is_open and hold.expires_at <= purse.now):
        raise HoldExpired(hold_id=hold_id, ended_at=hold.expires_at.isoformat())
    if not hold.is_open:
        raise HoldClosed(hold_id=hold_id, state=hold.state.value)
    purse.named([use.lot_id for use in hold.uses])
    return hold
