"""A member is forgotten (L68): points are forfeited, what is owed is written off, nothing of the person stays in the
state; the entries go on standing under an opaque id, so that every total stays what it was.

What comes later for that id is kept without a person and earns nothing (L67); nothing posts to it any more (I14).
"""

from __future__ import annotations

from typing import Final

from regulars.engine import concluding, fulfilling, ordered, recording, refusals
from regulars.engine.belonging import Belonging
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.points import Book, EntryKind
from regulars.engine.judging import Judged, TakingBack, still_paid
from regulars.engine.points import adjusting, holding
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit import ids

ERASE: Final = "erase"


def act(work: Work, compiled: Compiled) -> None:
    """Forget the member. Raises InHouseholdStill, OrdersOpen, BalanceFrozen, ErasureLosesPoints, MissingPart,
    LotsNeeded."""
    said = work.activity.erasure
    if said is None:
        raise refusals.MissingPart(type=ERASE, part="erasure")
    belonging = work.account.household
    if belonging is not None and belonging.kind:
        raise refusals.InHouseholdStill
    orders = {key: order for key, order in work.member.rewards.items() if order.state == ordered.OPEN}
    if orders and not said.again:
        raise refusals.OrdersOpen(orders=len(orders))
    purse = work.purse
    for currency, standing in purse.standings.items():
        if standing.frozen:
            # Somebody looks into it: what would be forfeited, and of whom, has to be there until they are done.
            raise BalanceFrozen(currency=currency)
    for key, order in orders.items():
        fulfilling.end(work, compiled, ids.from_wire("ord", key), order, fulfilling.CANCELLED, reason=ERASE)
    there = {
        currency: standing.active + standing.pending + standing.held - standing.arrears
        for currency, standing in purse.standings.items()
        if standing.active or standing.pending or standing.held or standing.arrears
    }
    if there and not said.forfeits:
        raise refusals.ErasureLosesPoints(points=there)
    for currency in there:
        purse.require_lots(currency)
        for hold in sorted(purse.holds.values(), key=lambda hold: hold.hold_id):
            if hold.is_open and hold.currency == currency:
                holding.void(purse, hold.hold_id)
        adjusting.forfeit(purse, currency)
        owed = purse.standing(currency).arrears
        if owed:
            purse.post(currency, EntryKind.WRITE_OFF, Book.WRITTEN_OFF, Book.ARREARS, owed)
        purse.standing(currency).idle_at = None
    _forget(work)
    work.hear("member.erased", member=ids.to_wire("mem", work.member_id), points=there)


def _forget(work: Work) -> None:
    member, account = work.member, work.account
    blank = MemberState(id=member.id, joined_day=member.joined_day, enrolled_ms=member.enrolled_ms)
    for name in blank.__struct_fields__:
        setattr(member, name, getattr(blank, name))
    work.numbers.numbers = member.metrics
    account.members = [member]
    account.schedule, account.resets, account.wakes, account.team = {}, {}, None, {}
    account.household = Belonging(erased=True)
    work.erased = True


def is_erased(work: Work) -> bool:
    """Whether nobody is here any more."""
    belonging = work.account.household
    return belonging is not None and belonging.erased


def without_a_person(work: Work, compiled: Compiled, taking: TakingBack | None) -> Decision:
    """What comes late for somebody who was forgotten: it is kept, gives nothing, and nothing is remembered of it. Of
    what comes back the till is told the money, and it comes back once; points that paid are nobody's any more.
    Raises AccountErased for whatever would spend or change something."""
    activity = work.activity
    kept = activity.type in compiled.program.activities or activity.type == "tick"
    if not kept or activity.pay or activity.rewards or activity.codes:
        raise refusals.AccountErased
    work.drops_fields = work.erased = True
    if taking is not None:
        work.returned = _in_money(taking, taking.before) - _in_money(taking, taking.after)
    return concluding.forgotten(work, recording.nothing(compiled, work, back=None if taking is None else taking.back))


def _in_money(taking: TakingBack, judged: Judged) -> int:
    """What was paid in money for what is left of a sale."""
    points = sum(amount for *_, amount in still_paid(taking.recorded.paid, judged.rest))
    return judged.scope.basket.total - points
