"""Taking back what a sale earned: from its own lots, from others, as a debt, or not at all (L5 to L7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import Book, EntryKind, LeftLot, Lot, LotId, LotUse
from regulars.engine.points import calendar, spending
from regulars.engine.points.credit import credit
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.points.passing import mature
from regulars.engine.points.purse import Purse, choose, total
from regulars.kit.money import round_ratio
from regulars.program.contracts.definitions import Currency, Negative


class Reversed(msgspec.Struct, frozen=True):
    """How points were taken back; the four add up to what was asked for."""

    cancelled: int = 0
    """From the sale's own pending lots."""
    taken: int = 0
    """From active lots."""
    owed: int = 0
    written_off: int = 0


def reverse(
    purse: Purse,
    currency: str,
    points: int,
    *,
    lots: Collection[LotId] = (),
    line: int | None = None,
    rule: str | None = None,
) -> Reversed:
    """Takes back `points` (> 0) that a sale earned in `lots`; own pending points first, then as far as the currency's
    `negative` goes. Raises LotsNeeded."""
    purse.require_lots(currency)
    policy = purse.policies[currency]
    own = [lot for lot_id in lots for lot in purse.standing_for(lot_id) if lot.currency == currency]
    cancelled = _cancel_own(purse, currency, own, points, line=line, rule=rule)
    taken = 0
    if cancelled < points:
        uses = choose(_within_reach(purse, policy, own), points - cancelled)
        taken = total(uses)
        if taken:
            purse.post(currency, EntryKind.REVERSE, Book.ACTIVE, Book.ISSUED, taken, uses=uses, line=line, rule=rule)
            purse.take(uses)
    missing = points - cancelled - taken
    owed = min(missing, _credit_left(purse, policy))
    if owed:
        purse.post(currency, EntryKind.OWE, Book.ARREARS, Book.ISSUED, owed, line=line, rule=rule)
    written_off = missing - owed
    if written_off:
        # An entry of its own, so that the next return of this sale does not ask for the same points again.
        purse.post(currency, EntryKind.WRITE_OFF, Book.WRITTEN_OFF, Book.ISSUED, written_off, line=line, rule=rule)
    return Reversed(cancelled=cancelled, taken=taken, owed=owed, written_off=written_off)


def undo(
    purse: Purse, currency: str, points: int, *, kind: EntryKind, uses: Sequence[LotUse], own: LotId | None = None
) -> int:
    """Gives back `points` (> 0) that an entry of `kind` took for a return, where it took them from: lots (grace lots
    where they are dead), a debt, or nowhere; returns how many found their place. `own` is the lot of the sale, whose
    points may have moved house since. Raises LotsNeeded."""
    if kind is EntryKind.REVERSE:
        spending.refund(purse, currency, points, uses=uses, kind=EntryKind.REINSTATE, from_=Book.ISSUED)
    elif kind is EntryKind.CANCEL:
        for use in uses:
            _wait_again(purse, currency, use, own=own)
        mature(purse, currency)
    elif kind is EntryKind.OWE:
        points = min(points, purse.standing(currency).arrears)
        if points:
            purse.post(currency, EntryKind.REINSTATE, Book.ISSUED, Book.ARREARS, points)
    else:
        purse.post(currency, EntryKind.REINSTATE, Book.ISSUED, Book.WRITTEN_OFF, points)
    return points


def _wait_again(purse: Purse, currency: str, use: LotUse, *, own: LotId | None) -> None:
    """What was cancelled waits again with the rest of its lot, or is active, where that became active meanwhile."""
    (lot,) = purse.named([use.lot_id])
    if lot.lot_id == use.lot_id and lot.pending:
        back = (LotUse(use.lot_id, -use.amount),)
        purse.post(currency, EntryKind.REINSTATE, Book.ISSUED, Book.PENDING, use.amount, uses=back)
        purse.take(back)
        return
    if isinstance(lot, LeftLot) and own is not None:
        # It was cancelled in an account that its member has left since: the lot of the sale says how it goes on.
        (lot,) = purse.named([own])
    if lot.active_at is not None and lot.active_at <= purse.now:
        spending.refund(purse, currency, use.amount, uses=(use,), kind=EntryKind.REINSTATE, from_=Book.ISSUED)
        return
    made = credit(
        purse,
        currency,
        use.amount,
        kind=EntryKind.REINSTATE,
        from_=Book.ISSUED,
        earned_at=purse.now,
        active_at=lot.active_at,
        expires_at=lot.expires_at,
        expires_on=lot.expires_on,
        cancels_at=lot.cancels_at,
        funder=lot.funder,
        cost_minor=round_ratio(lot.cost_minor * use.amount, lot.granted, "half_up"),
        source=lot,
        line=lot.line,
        rule=lot.rule,
    )
    # What settles or takes back the lot of the sale finds this one, too.
    purse.keep(
        replace(
            made, earned_at=lot.earned_at, zone=lot.zone, release=lot.release, origin=own or lot.origin or lot.lot_id
        )
    )


def charge(purse: Purse, currency: str, points: int, *, first: Sequence[LotUse]) -> tuple[LotUse, ...]:
    """Takes `points` (> 0) that pay again for a sale, first as it was paid before, as much of each lot and in this
    order, then in spend order; what is not there is owed, or written off, as the currency says. Says from which lots.
    Raises BalanceFrozen, LotsNeeded."""
    if purse.is_frozen(currency):
        # Else what cannot be taken now would be given away.
        raise BalanceFrozen(currency=currency)
    purse.require_lots(currency)
    uses = _as_before(purse.free_lots(currency), first, min(points, purse.available(currency)))
    taken: int = total(uses)
    if taken:
        purse.post(currency, EntryKind.SPEND, Book.ACTIVE, Book.SPENT, taken, uses=uses)
        purse.take(uses)
    owed = min(points - taken, _credit_left(purse, purse.policies[currency]))
    if owed:
        purse.post(currency, EntryKind.OWE, Book.ARREARS, Book.SPENT, owed)
    if points > taken + owed:
        purse.post(currency, EntryKind.WRITE_OFF, Book.WRITTEN_OFF, Book.SPENT, points - taken - owed)
    return uses


def _as_before(free: Sequence[Lot], first: Sequence[LotUse], points: int) -> tuple[LotUse, ...]:
    left = {lot.lot_id: lot.remaining - lot.held for lot in free}
    taken = dict[LotId, int]()
    for lot_id, most in (*((use.lot_id, use.amount) for use in first), *left.items()):
        part = min(most, left.get(lot_id, 0) - taken.get(lot_id, 0), points)
        if part > 0:
            taken[lot_id] = taken.get(lot_id, 0) + part
            points -= part
    return tuple(LotUse(lot_id, part) for lot_id, part in taken.items())


def forgive(purse: Purse, currency: str, points: int) -> int:
    """Gives back `points` that a sale took as a debt: the debt, or points with the return grace where it was paid
    meanwhile; returns how many."""
    if points <= 0:
        return 0
    owed = min(points, purse.standing(currency).arrears)
    if owed:
        purse.post(currency, EntryKind.REFUND, Book.SPENT, Book.ARREARS, owed)
    if points > owed and purse.policies[currency].negative is Negative.ARREARS:
        ends_at, ends_on = calendar.span_end(purse.policies[currency].grace, since=purse.now, zone=purse.zone)
        credit(
            purse,
            currency,
            points - owed,
            kind=EntryKind.REFUND,
            from_=Book.SPENT,
            earned_at=purse.now,
            active_at=purse.now,
            expires_at=ends_at,
            expires_on=ends_on,
        )
    return points


def _cancel_own(purse: Purse, currency: str, own: list[Lot], points: int, *, line: int | None, rule: str | None) -> int:
    uses = choose((lot for lot in own if lot.pending), points)
    amount: int = total(uses)
    if amount:
        purse.post(currency, EntryKind.CANCEL, Book.PENDING, Book.ISSUED, amount, uses=uses, line=line, rule=rule)
        purse.take(uses)
    return amount


def _within_reach(purse: Purse, policy: Currency, own: list[Lot]) -> list[Lot]:
    if policy.negative is Negative.PENDING_ONLY:
        return []
    free = purse.free_lots(policy.name)
    mine = {lot.lot_id for lot in own}
    first = [lot for lot in free if lot.lot_id in mine]
    if policy.negative is Negative.OWN_LOT:
        return first
    return first + [lot for lot in free if lot.lot_id not in mine]


def _credit_left(purse: Purse, policy: Currency) -> int:
    if policy.negative is not Negative.ARREARS:
        return 0
    standing = purse.standing(policy.name)
    if standing.active > 0:
        return 0
    if policy.arrears_ceiling is None:
        return 2**53
    return max(policy.arrears_ceiling - standing.arrears, 0)
