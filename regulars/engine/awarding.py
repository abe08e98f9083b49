"""Prizes: what a definition that is no rule gives, given as if it were a rule of its own name, and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from regulars.engine import budgets, caps, cases, counting, giving
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Fired
from regulars.engine.contracts.points import LotId
from regulars.engine.effects import PointsPlan
from regulars.engine.points import calendar, reversing
from regulars.engine.points.purse import HOUSE
from regulars.engine.rules import RulePlan
from regulars.engine.work import Work
from regulars.program.contracts.effects import OnReversal

Given = list[tuple[int, int]]
"""(place of the effect, points) of what was given."""


def give(work: Work, compiled: Compiled, prize: RulePlan, facts: dict[str, object]) -> Given:
    """Do what a prize says, under `facts` as its event; caps and limits count it. Raises LotsNeeded."""
    outer, work.scope.event = work.scope.event, facts
    try:
        counting.show(work, compiled)
        given = giving.give(work, compiled, compiled.caused, rules=(prize,), groups={})
        counting.count_entries(work, compiled, given.claims)
    finally:
        work.scope.event = outer
    return [(claim.place, claim.points) for claim in given.claims if claim.points]


def take_back(
    work: Work,
    compiled: Compiled,
    prize: RulePlan,
    given: Sequence[tuple[int, int]],
    *,
    day: dt.date,
    lots: Iterable[LotId] = (),
) -> tuple[str, ...]:
    """Take back what a prize gave on a day, as far as its effects say so: `keep` stays, `review` opens a case. Says of
    which currencies something was gone that is not owed either. Raises LotsNeeded.
    """
    plans = points_of(prize)
    undone = []
    lost = []
    for place, points in given:
        plan = plans.get(place)
        if plan is None or points <= 0 or plan.definition.on_reversal is OnReversal.KEEP:
            continue
        if plan.definition.on_reversal is OnReversal.REVIEW:
            ask(work, prize.name, plan.currency.name, points)
            continue
        currency = plan.currency.name
        taken = reversing.reverse(
            work.purse, currency, points, lots=tuple(lots) or _lots(work, prize.name, plan), rule=prize.name
        )
        if taken.written_off:
            lost.append(currency)
        work.fired.append(Fired(rule=prize.name, effect=place, currency=currency, points=-points))
        give_room(work, prize, plan, points, day)
        budgets.give_back(work, compiled, budgets.path_of(prize), currency, points, of=work.activity, day=day)
        undone += counting.earned_by(compiled, plan, prize.name, -points)
    if undone:
        then = replace(work.activity, occurred_at=calendar.first_instant(day, compiled.zone))
        counting.uncount_entries(work, compiled, then, work.scope, undone)
    return tuple(lost)


def points_of(prize: RulePlan) -> dict[int, PointsPlan]:
    """The effects of a prize that give points, by place."""
    if not prize.ready:
        prize.prepare()
    return dict(prize.points)


def ask(work: Work, by: str, currency: str, points: int) -> None:
    """Let a person look at points that a return would take."""
    cases.open_case(work, "reversal", rule=by, currency=currency, points=points)


def _lots(work: Work, prize: str, plan: PointsPlan) -> tuple[LotId, ...]:
    """The lots of whoever paid for it: what one funder gave is not taken from another's while there is any. What waits
    goes only where the prize itself gave it: other pending points are for the returns of their own sales.
    """
    currency = plan.currency.name
    work.purse.require_lots(currency)
    funders = {share.by for share in plan.definition.funding} or {HOUSE}
    return tuple(
        lot_id
        for lot_id, lot in sorted(work.purse.lots.items())
        if lot.currency == currency and (lot.rule == prize if lot.pending else lot.funder in funders)
    )


def give_room(work: Work, prize: RulePlan, plan: PointsPlan, points: int, day: dt.date) -> None:
    """Caps have so much more room on a day (below 0: less)."""
    for period in prize.definition.caps:
        caps.add(work.member.used, prize.name, period, day, -points)
    for limit in plan.currency.caps:
        caps.add(work.member.used, f"currencies.{plan.currency.name}", limit.period, day, -points)
