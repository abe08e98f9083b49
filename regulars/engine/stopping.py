"""What may refuse an activity before anything is done: limits and rules, on the numbers without it.

Most are asked before the price; what looks at points paid is asked when it is known what they pay.
"""

from __future__ import annotations

from regulars.engine import caps, counting, earning, refusals, segments, words
from regulars.engine import state as states
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.limits import LimitPlan
from regulars.engine.metrics import contribution
from regulars.engine.work import Work
from regulars.program.contracts.definitions import LimitAction
from regulars.program.contracts.effects import Refuse


def stop_if_refused(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Ask everything that may refuse. Raises Refused."""
    if not plan.refusing and not plan.refusing_limits:
        return
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    for limit in plan.refusing_limits:
        if not limit.after_price and limit.cooldown is None:
            _ask_limit(work, compiled, limit)
    for rule in plan.refusing:
        if not rule.ready:
            rule.prepare()
        if earning.fires(rule, work.scope, work.member, compiled.zone, work.day)[0] is None:
            effect = next(effect for effect in rule.definition.effects if isinstance(effect, Refuse))
            case = refusals.RefusedByRule(rule=rule.name, reason=effect.refuse)
            raise refusals.Refused(refusals.of(case, by=f"rules.{rule.name}", say=words.wording(effect.say)))


def stop_at_price(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Ask what looks at points paid, and let cool-downs rest from now on. Raises Refused."""
    late = [limit for limit in plan.refusing_limits if limit.after_price and limit.cooldown is None]
    if late or plan.cooling_limits:
        counting.show(work, compiled)
    for limit in late:
        _ask_limit(work, compiled, limit)
    for limit in plan.cooling_limits:
        _cool(work, limit)


def _ask_limit(work: Work, compiled: Compiled, limit: LimitPlan) -> None:
    number = None
    if limit.metric is not None:
        metric = limit.metric
        before = counting.number(work, compiled, metric)
        entries = counting.uncounted(work, compiled) if metric.over_entries else ()
        number = limit.over(before, contribution.of(metric, work.scope, entries))
        if number is None:
            return
    elif not limit.is_about(work.activity.type) or not limit.holds(work.scope):
        return
    _refuse(work, limit, number)


def _cool(work: Work, limit: LimitPlan) -> None:
    if limit.cooldown is None or not limit.holds(work.scope):
        return
    at_ms = states.ms(work.activity.occurred_at)
    left_ms = caps.cooling_ms(work.member.used, limit.by, limit.cooldown, at_ms)
    if left_ms and limit.action is LimitAction.REFUSE:
        _refuse(work, limit, None, minutes_left=-(-left_ms // 60_000))
    if left_ms:
        work.hits[limit.name] = limit.facts(None, work.activity)
    caps.mark(work.member.used, limit.by, at_ms)


def _refuse(work: Work, limit: LimitPlan, number: int | None, minutes_left: int | None = None) -> None:
    metric, numbers = limit.metric, limit.numbers(number)
    case = refusals.LimitReached(
        limit=limit.name,
        metric=None if metric is None else metric.name,
        value=numbers.get("value"),
        at_most=numbers.get("at_most"),
        owner=limit.owner(work.activity),
        cooldown=None if minutes_left is None else limit.rest,
        minutes_left=minutes_left,
    )
    raise refusals.Refused(refusals.of(case, by=limit.by, say=words.wording(limit.definition.text)))
