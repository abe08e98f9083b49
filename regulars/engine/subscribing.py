"""Plans in a decision: begun, renewed, not paid and ended, by a word of the billing system, by an effect, or by time.

`MemberState.plan` is [stints, end, state, trials]: stints are [plan, from, to] in milliseconds (to 0: still), at most
the last two, so that what arrives late is judged by the plan of its moment; end is the first day that is not paid (0:
none), trials are the plans whose trial was used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import msgspec

from regulars.engine import periods
from regulars.engine import plan_refusals as refusals
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import PlanAct
from regulars.engine.contracts.view import PlanSeen
from regulars.engine.plan_wishes import Enlisted
from regulars.engine.points import calendar
from regulars.engine.refusals import MissingPart
from regulars.engine.work import Work
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.values import Span

STINTS: Final = 0
END: Final = 1
STATE: Final = 2
TRIALS: Final = 3
KEPT: Final = 2
"""How many stints are remembered."""
TRIAL: Final = "trial"
ACTIVE: Final = "active"
UNPAID: Final = "unpaid"
NOT_RENEWED: Final = "not_renewed"

Kept = list[Any]


def show(work: Work, compiled: Compiled) -> None:
    """Let expressions read the plan of the moment."""
    if compiled.program.plans:
        work.scope.member.plan = _at(work.member.plan, compiled, states.ms(work.scope.now))


def move(work: Work, compiled: Compiled) -> None:
    """Take up what effects asked for: a plan begins, or goes on for longer."""
    if not work.asked:
        return
    wishes = [wish for wish in work.asked if isinstance(wish, Enlisted)]
    if not wishes:
        return
    work.asked = [wish for wish in work.asked if not isinstance(wish, Enlisted)]
    for wish in wishes:
        definition = compiled.program.plans[wish.plan]
        if _running(work.member.plan) == wish.plan:
            _renew(work, definition, _later(work, compiled, wish.span or definition.period))
        else:
            _start(work, compiled, definition, _add(work.day, wish.span or definition.period), ACTIVE)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which what was paid ends, or the time to pay late."""
    if not work.member.plan:
        return None
    ends = _ends(work.member.plan, compiled)
    return min((day for day in ends if day > after), default=None)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """What is not paid any more ends, once the time to pay late is over."""
    kept = work.member.plan
    ends = _ends(kept, compiled)
    if not ends or day < ends[0]:
        return
    if day >= ends[-1]:
        _close(work, day=ends[-1], compiled=compiled, cause="over")
    elif kept[STATE] != UNPAID:
        kept[STATE] = UNPAID
        work.cause("plan.failed", _running(kept), cause=NOT_RENEWED)


def act(work: Work, compiled: Compiled) -> None:
    """A plan is started, renewed, not paid, ended. Raises Refused cases."""
    said = work.activity.plan
    if said is None or said.act not in ACTS:
        raise MissingPart(type=work.activity.type, part="plan")
    ACTS[said.act](work, compiled, said)
    show(work, compiled)


def _started(work: Work, compiled: Compiled, said: PlanAct) -> None:
    definition = _definition(compiled, said.plan or "")
    kept = work.member.plan
    if _running(kept) == definition.name:
        raise refusals.AlreadyInPlan(plan=definition.name)
    span = definition.period
    if said.trial:
        if definition.trial is None:
            raise refusals.NoTrial(plan=definition.name)
        if kept and definition.name in kept[TRIALS]:
            raise refusals.TrialUsed(plan=definition.name)
        span = definition.trial
    until = said.until or _add(work.day, span)
    _start(work, compiled, definition, until, TRIAL if said.trial else ACTIVE)
    if said.trial:
        work.member.plan[TRIALS] = sorted({*work.member.plan[TRIALS], definition.name})


def _renewed(work: Work, compiled: Compiled, said: PlanAct) -> None:
    definition = _current(work, compiled, said)
    _renew(work, definition, said.until or _later(work, compiled, definition.period))


def _failed(work: Work, compiled: Compiled, said: PlanAct) -> None:
    definition = _current(work, compiled, said)
    work.member.plan[STATE] = UNPAID
    work.cause("plan.failed", definition.name, cause="not_paid")


def _ended(work: Work, compiled: Compiled, said: PlanAct) -> None:
    """It ends at once, or is not renewed after a day: until then the benefits stay."""
    _current(work, compiled, said)
    kept = work.member.plan
    if said.until is not None and said.until > work.today:
        kept[END] = periods.number(said.until)
        return
    _finish(work, states.ms(work.activity.occurred_at), cause="ended")


ACTS: Final[dict[str, Callable[[Work, Compiled, PlanAct], None]]] = {
    "started": _started,
    "renewed": _renewed,
    "failed": _failed,
    "ended": _ended,
}


def _start(work: Work, compiled: Compiled, definition: Plan, until: dt.date | None, state: str) -> None:
    at = states.ms(work.activity.occurred_at)
    if _running(work.member.plan):
        _finish(work, at, cause="switched")
    kept = work.member.plan or [[], 0, "", []]
    stints = [*kept[STINTS], [definition.name, at, 0]][-KEPT:]
    work.member.plan = [stints, 0 if until is None else periods.number(until), state, kept[TRIALS]]
    work.cause("plan.started", definition.name, state=state)
    work.scope.member.plan = definition.name
    work.stirred = True
    ends = _ends(work.member.plan, compiled)
    if ends and ends[-1] <= work.today:
        # Told of long after it was over: its last day has passed already.
        _close(work, day=ends[-1], compiled=compiled, cause="over")


def _renew(work: Work, definition: Plan, until: dt.date | None) -> None:
    kept = work.member.plan
    kept[END], kept[STATE] = 0 if until is None else periods.number(until), ACTIVE
    work.cause("plan.renewed", definition.name, state=ACTIVE)


def _close(work: Work, *, day: dt.date, compiled: Compiled, cause: str) -> None:
    _finish(work, states.ms(calendar.first_instant(day, compiled.zone)), cause=cause)
    show(work, compiled)


def _finish(work: Work, at_ms: int, *, cause: str) -> None:
    kept = work.member.plan
    name = _running(kept)
    kept[STINTS][-1][2] = max(at_ms, kept[STINTS][-1][1] + 1)
    kept[END], kept[STATE] = 0, ""
    work.cause("plan.ended", name, cause=cause)
    work.stirred = True


def seen(work: Work, compiled: Compiled) -> PlanSeen | None:
    """The plan as its member is shown it; one that is over as of the moment of looking is none."""
    kept = work.member.plan
    definition = compiled.program.plans.get(_running(kept))
    ends = _ends(kept, compiled)
    if definition is None or (ends and ends[-1] <= work.today):
        return None
    return PlanSeen(
        name=definition.name,
        title=msgspec.structs.asdict(definition.title),
        text=msgspec.structs.asdict(definition.text),
        state=UNPAID if ends and ends[0] <= work.today else kept[STATE],
        since=states.moment(kept[STINTS][-1][1]),
        until=_end(kept),
        benefits_until=ends[-1] if ends else None,
        price=definition.price,
        trial_used=definition.name in kept[TRIALS],
    )


def joined(mine: Kept, theirs: Kept) -> Kept:
    """The plan of two members who become one: one that runs, the one that lasts longer; trials of either are used."""
    if not theirs:
        return mine
    if not mine:
        return theirs
    trials = sorted({*mine[TRIALS], *theirs[TRIALS]})
    best = theirs if _rank(theirs) > _rank(mine) else mine
    return [*best[:TRIALS], trials]


def parted(mine: Kept, theirs: Kept) -> Kept:
    """The plan of whoever stays, once what another brought has gone home with them."""
    if not mine or not theirs or mine[STINTS] != theirs[STINTS]:
        return mine
    return [[], 0, "", mine[TRIALS]] if mine[TRIALS] else []


def _rank(kept: Kept) -> tuple[bool, bool, int]:
    return bool(_running(kept)), not kept[END], kept[END]


def _running(kept: Kept) -> str:
    """The plan that is under way, or nothing."""
    if not kept or not kept[STINTS] or kept[STINTS][-1][2]:
        return ""
    name: str = kept[STINTS][-1][0]
    return name


def _at(kept: Kept, compiled: Compiled, ms: int) -> str | None:
    for name, from_ms, to_ms in reversed(kept[STINTS] if kept else []):
        if from_ms <= ms and (not to_ms or ms < to_ms):
            return name if name in compiled.program.plans else None
    return None


def _end(kept: Kept) -> dt.date | None:
    return periods.date(kept[END]) if kept and kept[END] else None


def _ends(kept: Kept, compiled: Compiled) -> tuple[dt.date, ...]:
    """The first day that is not paid, and the first on which the benefits are gone."""
    name, end = _running(kept), _end(kept)
    if not name or end is None:
        return ()
    definition = compiled.program.plans.get(name)
    grace = definition.grace if definition is not None else None
    return (end,) if grace is None else (end, calendar.add(end, grace))


def _add(day: dt.date, span: Span | None) -> dt.date | None:
    return None if span is None else calendar.add(day, span)


def _later(work: Work, compiled: Compiled, span: Span | None) -> dt.date | None:
    """A renewal goes on from where the paid time ends; what lapsed is paid from its end too, as long as it runs. What
    began on the 31st ends on the 31st again after a shorter month.
    """
    if span is None:
        return None
    kept = work.member.plan
    end = _end(kept) or work.day
    began = periods.local_date(states.moment(kept[STINTS][-1][1]), compiled.zone)
    times, due = 1, calendar.add(began, span)
    while due < end:
        times += 1
        due = calendar.add(began, Span(span.count * times, span.unit))
    return calendar.add(began, Span(span.count * (times + 1), span.unit)) if due == end else calendar.add(end, span)


def _definition(compiled: Compiled, name: str) -> Plan:
    found = compiled.program.plans.get(name)
    if found is None:
        raise refusals.UnknownPlan(plan=name, known=", ".join(compiled.program.plans))
    return found


def _current(work: Work, compiled: Compiled, said: PlanAct) -> Plan:
    running = _running(work.member.plan)
    if not running or said.plan not in {None, running}:
        raise refusals.InNoPlan if said.plan is None else refusals.NotInPlan(plan=said.plan)
    return _definition(compiled, running)
