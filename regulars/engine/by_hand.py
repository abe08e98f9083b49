"""What staff do to points by hand: give, take, let live longer, bring back (L37, L75).

Beyond what the currency lets one person do alone, the activity does nothing before somebody else said yes; what was
asked for is then done by the review, on what is there at that moment: dates, balance and debts are those of the day on
which two people agreed. Rows of an imported history have nobody behind them and are never asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regulars.engine import cases, periods, refusals
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity, Adjustment, Extension
from regulars.engine.contracts.known import CounterKey
from regulars.engine.contracts.points import Book, LotId, LotsNeeded
from regulars.engine.points import adjusting, calendar, extending
from regulars.engine.points.earning import dates_of
from regulars.engine.work import Work
from regulars.program.contracts.definitions import Pending

METRIC: Final = "by_hand:"
"""Of the counter of what somebody of the staff moved alone: it goes on with the currency, its owner is the person, its
bucket the local day on which it arrived."""


def act(work: Work, compiled: Compiled) -> None:
    """Do it, or let it wait for a second person. Raises UnknownPointsCurrency, MissingPart, DayIsOver, NothingToExtend,
    NothingLapsed, InsufficientPoints, BalanceFrozen, LotsNeeded, QuotasNeeded."""
    activity = work.activity
    said = _said(activity)
    if said.currency not in compiled.program.currencies:
        raise refusals.UnknownPointsCurrency(currency=said.currency)
    if isinstance(said, Extension):
        if calendar.after(said.through, work.zone) <= work.now:
            raise refusals.DayIsOver(day=said.through.isoformat())
    elif not said.points:
        raise refusals.MissingPart(type=activity.type, part="adjustment.points")
    if activity.by is not None and (_outlives(work, said) or not _may_alone(work, compiled, said, activity.by)):
        work.asks_first = work.waits = True
        points = {} if said.points is None else {"points": said.points}
        cases.open_case(work, "by_hand", then="approve", currency=said.currency, **points)
        return
    carry_out(work, activity)


def carry_out(work: Work, activity: Activity) -> None:
    """Do what was asked for by hand, now. Raises as `act`."""
    named, belonging = activity.earner or activity.member_id, work.account.household
    if activity.account_id == work.activity.account_id:
        here = activity.earner is not None
    else:
        here = belonging is not None and named.bytes in belonging.merged
    if here:
        # Also when a second person says yes: it was given to whom the first one named, merged since or before.
        work.purse.earner = named
    DOES[activity.type](work, _said(activity))


def _said(activity: Activity) -> Adjustment | Extension:
    said = activity.adjustment if activity.type == "adjust" else activity.extension
    if said is None:
        raise refusals.MissingPart(type=activity.type, part="adjustment" if activity.type == "adjust" else "extension")
    return said


def _outlives(work: Work, said: Adjustment | Extension) -> bool:
    """Whether points would live longer than those that are earned today."""
    if isinstance(said, Adjustment):
        return False
    policy = work.purse.policies[said.currency]
    full = dates_of(work.purse, policy, since=work.now, pending=Pending()).expires_at
    return full is not None and calendar.after(said.through, work.zone) > full


def _may_alone(work: Work, compiled: Compiled, said: Adjustment | Extension, by: str) -> bool:
    """Whether one person may move so many points; if so, they count for their day."""
    limits, points = compiled.program.currencies[said.currency].by_hand, abs(said.points or 0)
    if limits is None or not points:
        return True
    if limits.per_act is not None and points > limits.per_act:
        return False
    if limits.per_day is None:
        return True
    day = periods.local_date(work.activity.received_at, work.zone)
    key = CounterKey(f"{METRIC}{said.currency}", by, day.isoformat())
    if work.quotas.allows(key, points, limits.per_day) < points:
        return False
    work.quotas.take(key, points)
    return True


def _adjust(work: Work, said: Adjustment | Extension) -> None:
    points = said.points or 0
    adjusting.adjust(work.purse, said.currency, points)
    # Why stays with the activity: events are copied to where nobody can erase what somebody wrote.
    work.hear("points.adjusted", currency=said.currency, points=points)


def _extend(work: Work, said: Adjustment | Extension) -> None:
    if not isinstance(said, Extension):
        raise refusals.MissingPart(type="extend", part="extension")
    if calendar.after(said.through, work.zone) <= work.now:
        raise refusals.DayIsOver(day=said.through.isoformat())
    points = extending.extend_through(work.purse, said.currency, said.through, ends_by=said.ends_by)
    if not points:
        raise refusals.NothingToExtend(currency=said.currency, through=said.through.isoformat())
    work.hear("points.extended", currency=said.currency, points=points, through=said.through.isoformat())


def _reinstate(work: Work, said: Adjustment | Extension) -> None:
    """What expired last comes back first: it is what the member still remembers."""
    if not isinstance(said, Extension) or said.points is None:
        raise refusals.MissingPart(type="reinstate", part="extension.points")
    if calendar.after(said.through, work.zone) <= work.now:
        raise refusals.DayIsOver(day=said.through.isoformat())
    purse = work.purse
    lapsed = _lapsed(work)
    lots = [lot for lot in purse.named(sorted(lapsed)) if lot.currency == said.currency and lot.lot_id in lapsed]
    lots.sort(key=lambda lot: (lot.expires_at or work.now, lot.lot_id), reverse=True)
    there = sum(lapsed[lot.lot_id] for lot in lots)
    if there < said.points:
        raise refusals.NothingLapsed(currency=said.currency, asked=said.points, lapsed=there)
    missing = said.points
    for lot in lots:
        part = min(lapsed[lot.lot_id], missing)
        if part:
            extending.reinstate(purse, lot.lot_id, part, through=said.through)
            missing -= part
    through = said.through.isoformat()
    work.hear("points.reinstated", currency=said.currency, points=said.points, through=through)


def _lapsed(work: Work) -> dict[LotId, int]:
    """What has expired of which lots and was not brought back, also what this very decision found expired."""
    if work.known.lapsed is None:
        raise LotsNeeded(lapsed=True)
    found = dict(work.known.lapsed)
    for entry in work.purse.entries:
        if Book.EXPIRED in (entry.from_, entry.to):
            for use in entry.uses:
                found[use.lot_id] = found.get(use.lot_id, 0) + use.amount
    return {lot_id: points for lot_id, points in found.items() if points > 0}


DOES: Final[dict[str, Callable[[Work, Adjustment | Extension], None]]] = {
    "adjust": _adjust,
    "extend": _extend,
    "reinstate": _reinstate,
}
"""What is done by hand, by type of activity."""
BY_HAND: Final = frozenset(DOES)
