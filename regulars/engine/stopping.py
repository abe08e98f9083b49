"""What may refuse an activity before anything is done: limits and rules, on the numbers without it."""

from __future__ import annotations

from regulars.engine import counting, earning, refusals, segments, words
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.limits import LimitPlan
from regulars.engine.work import Work
from regulars.program.contracts.effects import Refuse


def stop_if_refused(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Ask everything that may refuse. Raises Refused."""
    if not plan.refusing and not plan.refusing_limits:
        return
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    for limit in plan.refusing_limits:
        _ask_limit(work, compiled, limit)
    for rule in plan.refusing:
        if not rule.ready:
            rule.prepare()
        if earning.fires(rule, work.scope, work.member, compiled.zone, work.day)[0] is None:
            effect = next(effect for effect in rule.definition.effects if isinstance(effect, Refuse))
            case = refusals.RefusedByRule(rule=rule.name, reason=effect.refuse)
            raise refusals.Refused(refusals.of(case, by=f"rules.{rule.name}", say=words.wording(effect.say)))


def _ask_limit(work: Work, compiled: Compiled, limit: LimitPlan) -> None:
    number = None
    if limit.metric is not None:
        metric = limit.metric
        before = counting.number(work, compiled, metric)
        number = limit.over_with(before, work.scope)
        if number is None:
            return
    elif limit.condition is None or not limit.condition(work.scope):
        return
    case = refusals.LimitReached(limit=limit.name, metric=limit.definition.metric, **limit.numbers(number))
    raise refusals.Refused(refusals.of(case, by=limit.by, say=words.wording(limit.definition.text)))
