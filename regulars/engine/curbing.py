"""Limits that let an activity pass: they cut what it earns, hold it back until a person has looked, or alert.

Each is an event that rules may listen to; held and alerted ones are cases, with all that a person needs to judge them.
"""

from __future__ import annotations

from regulars.engine import cases, counting, earning, limits, words
from regulars.engine.actions import CASHIER, RECEIPT
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.decision import Message
from regulars.engine.earning import Outcome
from regulars.engine.limits import LimitPlan
from regulars.engine.metrics import contribution
from regulars.engine.work import Work
from regulars.program.contracts.definitions import LimitAction

SAID = {LimitAction.CUT: RECEIPT, LimitAction.HOLD: RECEIPT, LimitAction.ALERT: CASHIER}
CASES = frozenset({LimitAction.HOLD, LimitAction.ALERT})


def cut(work: Work, compiled: Compiled, plan: TypePlan, outcome: Outcome) -> dict[str, int]:
    """Cut claims to what limits leave; the rooms that were short, by the limit."""
    rooms: dict[str, int] = {}
    for limit in plan.cutting_limits:
        room, number = _room(work, compiled, limit, outcome)
        if room is not None:
            rooms[limit.by] = room
            _hit(work, limit, limit.facts(number, work.activity))
    return rooms


def _room(work: Work, compiled: Compiled, limit: LimitPlan, outcome: Outcome) -> tuple[int | None, int | None]:
    if limit.metric is not None:
        number = int(counting.number(work, compiled, limit.metric) or 0)
        return limits.cut(limit, number, outcome.claims, work.scope), number
    holds = limit.name in work.hits if limit.cooldown is not None else limit.holds(work.scope)
    claims = limits.counted(limit, outcome.claims, work.scope)
    if not holds or not any(claim.points for claim in claims):
        return None, None
    earning.cut_to(claims, 0, limit.by)
    return 0, None


def watch(work: Work, compiled: Compiled, plan: TypePlan, outcome: Outcome) -> None:
    """Hold or alert where a limit is passed, with what this activity is about to earn."""
    for limit in plan.watching_limits:
        if limit.cooldown is not None:
            if limit.name in work.hits:
                _hit(work, limit, work.hits[limit.name])
        elif limit.name not in work.hits:
            passed, number = _passed(work, compiled, limit, outcome)
            if passed:
                _hit(work, limit, limit.facts(number, work.activity))


def _passed(work: Work, compiled: Compiled, limit: LimitPlan, outcome: Outcome) -> tuple[bool, int | None]:
    metric, s = limit.metric, work.scope
    if metric is None:
        return limit.is_about(s.type) and limit.holds(s), None
    number = int(counting.number(work, compiled, metric) or 0)
    if metric.over_entries:
        part = contribution.of(metric, s, counting.uncounted(work, compiled, outcome.claims))
        found = limit.over(number, part)
    else:
        # What the activity adds is counted already: only whether it adds anything is asked.
        touched = contribution.of(metric, s) is not None or bool(limit.types)
        found = number if touched and number > limit.at_most else None
    return found is not None, found


def _hit(work: Work, limit: LimitPlan, facts: dict[str, object]) -> None:
    if limit.name in work.hits and "then" in work.hits[limit.name]:
        return
    work.hits[limit.name] = {"then": limit.action.value, **facts}
    work.cause("limit.hit", limit.name, then=limit.action.value, **facts)
    say = words.wording(limit.definition.text)
    if say or limit.action is LimitAction.HOLD:
        code = f"limit.{limit.action.value}"
        work.messages.append(Message(to=SAID[limit.action], code=code, fields={"limit": limit.name}, say=say))
    if limit.action is LimitAction.HOLD:
        work.waits = True
    if limit.action in CASES:
        topic = limit.definition.case or limit.name
        cases.open_case(work, topic, limit=limit.name, then=limit.action.value, say=say, **facts)
