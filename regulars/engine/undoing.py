"""A return that was keyed by mistake, or a chargeback that was won: the lines count again under the rules of their day,
what the return took comes back to the lots that it took it from, and what it gave back pays again (L18).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import judging, recording, remaining
from regulars.engine.contracts.points import Book, Entry, EntryKind, LotId, LotUse
from regulars.engine.judging import TakingBack
from regulars.engine.points import reversing
from regulars.engine.points.purse import Purse
from regulars.engine.recording import PaidWith, Took, Used
from regulars.engine.remaining import Back

_TAKEN: Final = {
    (EntryKind.REVERSE, Book.ACTIVE),
    (EntryKind.CANCEL, Book.PENDING),
    (EntryKind.OWE, Book.ARREARS),
    (EntryKind.WRITE_OFF, Book.WRITTEN_OFF),
}


def taken(entries: Sequence[Entry]) -> tuple[Took, ...]:
    """What a return took, in its order: from which lots, as a debt, or not at all."""
    return tuple(
        Took(
            entry.currency,
            entry.kind.value,
            entry.amount,
            tuple(Used(use.lot_id.activity_id.bytes, use.lot_id.n, use.amount) for use in entry.uses),
        )
        for entry in entries
        if (entry.kind, entry.from_) in _TAKEN
    )


def give_again(purse: Purse, currency: str, points: int, took: list[Took], *, own: LotId | None = None) -> int:
    """Give up to `points` of what a return took back to where it took them from, the last taken first; they come off
    `took`; returns how many found no place there. `own` is the lot of the sale that they are of. Raises LotsNeeded."""
    for place in reversed(range(len(took))):
        one = took[place]
        part = min(one.points, points)
        if one.currency != currency or not part:
            continue
        uses = _last(_uses(one.uses), part)
        done = reversing.undo(purse, currency, part, kind=EntryKind(one.kind), uses=uses, own=own)
        points -= done
        took[place] = replace(one, points=one.points - part, uses=_without(one.uses, uses))
    return points


def uses_of(with_: PaidWith) -> list[LotUse]:
    """The lots that a payment took from, in its order."""
    return _uses(with_.uses)


def uses_left(taking: TakingBack, with_: PaidWith) -> list[LotUse]:
    """What a payment took, less what was given back since, the last taken first (L9), and what paid again where a
    return was undone."""
    stack, total = uses_of(with_), Back()
    paid = _points_paid(taking, with_, total)
    for _, data in taking.returns:
        recorded = recording.decode(data)
        if recorded.back is None:
            continue
        total = remaining.total((total, recorded.back))
        now = _points_paid(taking, with_, total)
        if now < paid:
            for use in _last(stack, paid - now):
                stack = _take_off(stack, use)
        # What came back may have been exchanged for goods that were paid with points of their own.
        elif now > paid:
            stack += [use for again in recorded.paid if again.currency == with_.currency for use in _uses(again.uses)]
        paid = now
    return stack


def uses_back(taking: TakingBack, with_: PaidWith) -> list[LotUse]:
    """What of a payment has been given back, in the order in which it was taken."""
    back = uses_of(with_)
    for use in uses_left(taking, with_):
        back = _take_off(back, use)
    return back


def _points_paid(taking: TakingBack, with_: PaidWith, back: Back) -> int:
    still = judging.still_paid(taking.recorded.paid, taking.rest(back))
    return sum(points for _, currency, points, _ in still if currency == with_.currency)


def _uses(uses: Sequence[Used]) -> list[LotUse]:
    return [LotUse(LotId(UUID(bytes=use.activity_id), use.n), use.amount) for use in uses]


def _last(uses: Sequence[LotUse], points: int) -> list[LotUse]:
    """The part of some uses that was taken last, in their order."""
    found: list[LotUse] = []
    for use in reversed(uses):
        part = min(use.amount, points)
        if part:
            found.append(LotUse(use.lot_id, part))
            points -= part
    return found[::-1]


def _take_off(uses: list[LotUse], off: LotUse) -> list[LotUse]:
    left, amount = list[LotUse](), off.amount
    for use in reversed(uses):
        part = min(use.amount, amount) if use.lot_id == off.lot_id else 0
        amount -= part
        if use.amount > part:
            left.append(LotUse(use.lot_id, use.amount - part))
    return left[::-1]


def _without(uses: Sequence[Used], off: Sequence[LotUse]) -> tuple[Used, ...]:
    left = _uses(uses)
    for use in off:
        left = _take_off(left, use)
    return tuple(Used(use.lot_id.activity_id.bytes, use.lot_id.n, use.amount) for use in left)
