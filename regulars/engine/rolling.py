"""Status points beyond a level come again as a new lot when the next period of a ladder begins (L84)."""

from __future__ import annotations

import datetime as dt

from regulars.engine import counting
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.points import EntryKind
from regulars.engine.ladders.plan import LadderPlan
from regulars.engine.ladders.standing import Stand
from regulars.engine.metrics import contribution
from regulars.engine.points import adjusting
from regulars.engine.scope import EntryScope
from regulars.engine.work import Work


def surplus(plan: LadderPlan, work: Work, compiled: Compiled, place: int) -> int:
    """What the numbers in scope are beyond what the level at a place asks for, in the smallest unit of the currency
    that rolls over; nothing where the level asks for nothing.
    """
    measure, name = plan.rolled, plan.definition.rollover
    need = measure.needs[place] if measure is not None and place >= 0 else None
    if measure is None or name is None or need is None:
        return 0
    beyond = max(int(measure.value(work.scope)) - need, 0)
    return int(beyond * 10 ** compiled.program.currencies[name].scale // 10**measure.scale)


def roll(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand, *, period: int, points: int) -> None:
    """Let so many points of the ended period come again in this one: what has come already is not counted twice, and
    what a return has taken away since goes again. Raises LotsNeeded.
    """
    currency, rule = plan.definition.rollover or "", f"ladders.{plan.name}"
    came = stand.rolled[1] if stand.rolled[:1] == [period] else 0
    stand.rolled = [period, points] if points or came else stand.rolled
    if points == came:
        return
    day, work.day = work.day, work.numbers.today
    if points > came:
        adjusting.roll_over(work.purse, currency, points - came, rule=rule)
        counting.count_entries(work, compiled, ())
    else:
        adjusting.take_back_rolled(work.purse, currency, came - points, rule=rule)
        work.counted = len(work.purse.entries)
        _uncount(work, compiled, currency, came - points, rule)
    work.day = day


def _uncount(work: Work, compiled: Compiled, currency: str, points: int, rule: str) -> None:
    scale = 10 ** (compiled.made_from.places.entry_scale - compiled.program.currencies[currency].scale)
    entry = EntryScope(EntryKind.ROLLOVER.value, currency, points * scale, rule, None)
    for metric in compiled.entry_metrics:
        part = contribution.of(metric, work.scope, [entry])
        if part is not None:
            counting.add(work, compiled, metric, part, sign=-1)
            work.scope.member.metrics.pop(metric.name, None)


def day_of(plan: LadderPlan, work: Work) -> tuple[int, dt.date]:
    """The running period of a ladder and its first day."""
    joined_on = work.numbers.joined_on
    period = plan.period(work.numbers.today, joined_on)
    return period, plan.period_begins(period, joined_on)
