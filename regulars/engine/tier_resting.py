"""What a level rests on: a return takes it away only with what it was reached by."""

from __future__ import annotations

import datetime as dt

from regulars.engine import periods
from regulars.engine.compiled import Compiled
from regulars.engine.ladders.plan import LadderPlan
from regulars.engine.ladders.standing import Stand
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.points import calendar
from regulars.engine.work import Work
from regulars.program.contracts.values import Period, Span


def is_out_of_reach(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand) -> bool:
    """Whether the level was reached or kept by numbers of a time that nothing looks at any more: what comes back now
    was sold later, and gave nothing of it."""
    day = _day(plan, stand)
    if day is None:
        return False
    names = {path.partition(".metrics.")[2].removesuffix("[]") for path in plan.reads}
    metrics = [compiled.metrics[name] for name in names if name in compiled.metrics]
    return any(_is_over(work, plan, metric, day) for metric in metrics)


def _day(plan: LadderPlan, stand: Stand) -> dt.date | None:
    """The day whose numbers the level rests on; None where reviews look at it period by period."""
    span, since = plan.definition.valid_until.span, stand.since
    if stand.until and span is None:
        return None
    if stand.until and span is not None:
        since = max(since, periods.number(calendar.add(periods.date(stand.until), Span(-span.count, span.unit))))
    # What starts with a period was reached in the one before.
    return periods.date(since - (plan.has_periods and not plan.at_once))


def _is_over(work: Work, plan: LadderPlan, metric: MetricPlan, day: dt.date) -> bool:
    today, joined_on = work.numbers.today, work.numbers.joined_on
    if metric.rolls and metric.period is not Period.EVER:
        back = metric.index(today, joined_on) - metric.index(day, joined_on)
        return back > plan.has_periods
    return 0 < metric.days <= (today - day).days
