"""Why each rule did or did not fire: slow, for a person who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from regulars.engine import discounting, periods, pinning, repricing, words
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import ConditionTrace, RuleTrace
from regulars.engine.earning import Firing, Outcome
from regulars.engine.judging import Judge
from regulars.engine.making import Making
from regulars.engine.recording import Prices, Recorded, TakenOff
from regulars.engine.remaining import Back
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.program.contracts.definitions import Rule
from regulars.program.contracts.values import Schedule

LANGUAGES = ("en", "ru", "ro")
HIDDEN = "***"


def explain(compiled: Compiled, activity: Activity, recorded: bytes) -> tuple[RuleTrace, ...]:
    """Why each rule did or did not fire for an activity of the past, from what was stored with it. `compiled` is its
    release.
    """
    judge = Judge(compiled, activity, recorded)
    judged = judge.judged(Back(), explains=True)
    rules: tuple[RuleTrace, ...] = ()
    if judged.outcome is not None:
        rules = trace(compiled, judge.plan, judged.scope, judged.outcome, judge.recorded.priced)
    return with_others(_as_given(rules, judge), activity, judge.recorded)


def _as_given(rules: Sequence[RuleTrace], judge: Judge) -> tuple[RuleTrace, ...]:
    """The lines of rules with the points that were given then: worked out again a carry or a used-up cap would come to
    others."""
    points: dict[str, dict[str, int]] = {}
    per_line: dict[str, list[tuple[int, str, int]]] = {}
    for gave in judge.recorded.gives:
        name, currency = judge.compiled.rules[gave.rule].name, judge.plan_of((gave.rule, gave.effect)).currency.name
        mine = points.setdefault(name, {})
        mine[currency] = mine.get(currency, 0) + gave.points
        numbered = zip(judge.sale.lines, gave.parts, strict=False)
        per_line.setdefault(name, []).extend((line.no, currency, part) for line, part in numbered if part)
    found = []
    for rule in rules:
        mine = points.pop(rule.rule, {})
        if mine:
            given = dict.fromkeys(rule.points, 0) | mine
            lines = tuple(per_line[rule.rule])
            because = rule.because if rule.discount else "fired"
            found.append(replace(rule, fired=True, because=because, condition=None, points=given, per_line=lines))
        elif any(rule.points.values()):
            because = rule.because if rule.discount else "cut" if rule.cuts else "nothing_given"
            found.append(replace(rule, because=because, points=dict.fromkeys(rule.points, 0), per_line=()))
        else:
            found.append(rule)
    for name, mine in points.items():
        found.append(RuleTrace(rule=name, fired=True, because="fired", points=mine, per_line=tuple(per_line[name])))
    return tuple(found)


def with_others(rules: Sequence[RuleTrace], activity: Activity, recorded: Recorded) -> tuple[RuleTrace, ...]:
    """Lines of rules with all else that gave or took points, in the order of a decision: limits, what time gave before,
    the rules, what they caused. Their points add up to those of the activity."""
    time = _summed("time", recorded.others[: recorded.timed])
    caused = _summed("caused", recorded.others[recorded.timed :])
    found = []
    for rule in rules:
        if rule.rule in recorded.passed_over:
            continue
        # What a rule of this very activity took or converted stands in its own line; a return takes from its sale.
        other = caused.pop(rule.rule, None) if rule.fired and activity.speaks_of is None else None
        points = dict(rule.points)
        for currency, more in other.points.items() if other is not None else ():
            points[currency] = points.get(currency, 0) + more
        found.append(replace(rule, points=points))
    return (
        *of_limits(dict(recorded.hits)),
        *time.values(),
        *found,
        *_passed_over(recorded),
        *caused.values(),
        *_left(recorded),
    )


def _left(recorded: Recorded) -> tuple[RuleTrace, ...]:
    """A line for each rule that listened to something which came after the last round."""
    return tuple(
        RuleTrace(rule=rule, fired=False, because="not_followed", fields={"event": type, "name": name})
        for rule, type, name in recorded.left
    )


def _passed_over(recorded: Recorded) -> tuple[RuleTrace, ...]:
    """A line for each offer that the member had and that did not count."""
    return tuple(RuleTrace(rule=path, fired=False, because=why) for path, why in recorded.passed_over.items())


def _of_others(compiled: Compiled, plan: TypePlan, s: Scope) -> tuple[RuleTrace, ...]:
    """A line for each offer whose audience the member is not in."""
    index, day = compiled.offers_of(plan.name), periods.local_date(s.now, compiled.zone)
    return tuple(
        RuleTrace(rule=one.path, fired=False, because="audience", fields={"audience": one.definition.audience})
        for one in (index.plans.values() if index is not None else ())
        if one.has_audience and one.runs_on(day) and one.path not in s.carried
    )


def _summed(because: str, others: Sequence[tuple[str, str, int]]) -> dict[str, RuleTrace]:
    points: dict[str, dict[str, int]] = {}
    for name, currency, more in others:
        mine = points.setdefault(name, {})
        mine[currency] = mine.get(currency, 0) + more
    return {name: RuleTrace(rule=name, fired=True, because=because, points=mine) for name, mine in points.items()}


def of_limits(hits: Mapping[str, Mapping[str, object]]) -> tuple[RuleTrace, ...]:
    """A line for each limit that the activity ran into: what was measured, and how far it may go."""
    return tuple(
        RuleTrace(
            rule=f"limits.{name}",
            fired=True,
            because=str(facts["then"]),
            fields={field: value for field, value in facts.items() if field != "then"},
        )
        for name, facts in hits.items()
    )


def trace(
    compiled: Compiled, plan: TypePlan, s: Scope, outcome: Outcome, priced: Prices | None
) -> tuple[RuleTrace, ...]:
    """A line for each rule, in the order in which they ran: first those about the price, as it was decided. The outcome
    must have been asked for reasons."""
    firings = {firing.rule.number: firing for firing in outcome.firings}
    reasons = outcome.reasons or {}
    about_price = _of_price(compiled, plan, s, outcome, priced or Prices())
    told = tuple(
        _fired(firings[rule.number], s)
        if rule.number in firings
        else _did_not(compiled.made_from, rule, s, reasons.get(rule.number, "condition"), outcome)
        for rule in plan.with_carried(plan.rules, s)
        if not rule.discounts
    )
    return about_price + told + _of_others(compiled, plan, s)


def _of_price(compiled: Compiled, plan: TypePlan, s: Scope, outcome: Outcome, priced: Prices) -> tuple[RuleTrace, ...]:
    firings = {firing.rule.number: firing for firing in outcome.firings}
    rules = plan.pricing(s.carried)
    if not rules:
        return ()
    day = periods.local_date(s.now, compiled.zone)
    then = pinning.as_then(compiled, s, plan.price_pins, priced.pins, day=day)
    reasons = discounting.ask(compiled, plan, rules, then, member=repricing.NOBODY, day=day).reasons
    found = []
    for rule in rules:
        off = [one for one in priced.taken if one.rule == rule.number]
        out = next((one for one in priced.left_out if one.rule == rule.number), None)
        if off:
            made = _fired(firings[rule.number], s) if rule.number in firings else _nothing(rule)
            found.append(replace(made, because="discounted", **_discounted(off, s)))
        elif out is not None and out.reason in discounting.RATIONED:
            found.append(_did_not(compiled.made_from, rule, then, out.reason, outcome))
        elif out is not None:
            more: list[tuple[str, object]] = [("instead", list(out.instead)), ("sku", out.sku)]
            fields = {name: value for name, value in more if value}
            found.append(RuleTrace(rule=rule.name, fired=False, because=out.reason, fields=fields))
        else:
            reason = reasons.get(rule.number, "nothing_to_discount")
            found.append(_did_not(compiled.made_from, rule, then, reason, outcome))
    return tuple(found)


def _nothing(rule: RulePlan) -> RuleTrace:
    return RuleTrace(rule=rule.name, fired=True, because="discounted")


def _discounted(off: Sequence[TakenOff], s: Scope) -> dict[str, Any]:
    per_line: dict[int, int] = {}
    for one in off:
        for line, cut in zip(s.basket.lines, one.cuts, strict=False):
            if cut:
                per_line[line.no] = per_line.get(line.no, 0) + cut
    cut_by = next((one.reason for one in off if one.reason), None)
    return {
        "discount": sum(one.amount for one in off),
        "discounted": tuple(per_line.items()),
        "fields": {"cut_by": cut_by} if cut_by else {},
    }


def _fired(firing: Firing, s: Scope) -> RuleTrace:
    points: dict[str, int] = {}
    per_line = []
    for claim in firing.claims:
        points[claim.currency] = points.get(claim.currency, 0) + claim.points
        numbered = zip(s.basket.lines, claim.parts, strict=False)
        per_line += [(line.no, claim.currency, part) for line, part in numbered if part]
    cuts = tuple(cut for claim in firing.claims for cut in claim.cuts)
    because = "fired"
    if firing.rule.points and not any(points.values()):
        because = "cut" if cuts else "nothing_given"
    return RuleTrace(
        rule=firing.rule.name,
        fired=True,
        because=because,
        points=points,
        per_line=tuple(per_line),
        cuts=cuts,
    )


def _did_not(made_from: Making, rule: RulePlan, s: Scope, because: str, outcome: Outcome) -> RuleTrace:
    definition, condition = rule.definition, None
    if because == "condition" and definition.if_ is not None:
        schema = made_from.places.rule(definition.trigger, before_price=rule.early)
        condition = _explained(made_from, definition.if_, schema, s)
    elif because == "audience" and rule.segment is None and definition.audience is not None:
        condition = _explained(made_from, definition.audience, made_from.places.segment(), s)
    fields = _fields(rule, because, s, outcome)
    return RuleTrace(rule=rule.name, fired=False, because=because, condition=condition, fields=fields)


def _fields(rule: RulePlan, because: str, s: Scope, outcome: Outcome) -> dict[str, object]:
    definition = rule.definition
    if because == "audience" and rule.segment is not None:
        return {"segment": rule.segment, "member_in": list(s.member.segments)}
    if because == "no_line":
        return {"lines": definition.lines}
    if because == "worse_in_group":
        winner = next((one.rule.name for one in outcome.firings if one.rule.group == rule.group), None)
        return {"group": rule.group, "instead": winner}
    if because == "asleep" and definition.schedule is not None:
        return {"now": s.now.isoformat(), "zone": s.zone.key, **_awake(definition.schedule)}
    if because in {"not_yet", "over"}:
        return _dates(definition)
    if because == "cooldown" and definition.cooldown is not None:
        return {"cooldown": f"{definition.cooldown.count} {definition.cooldown.unit.value}"}
    if because == "per_member":
        return {"per_member": {period.value: most for period, most in definition.per_member.items()}}
    return {}


def _awake(schedule: Schedule) -> dict[str, object]:
    found: dict[str, object] = {}
    if schedule.days:
        found["days"] = list(schedule.days)
    if schedule.hours:
        found["hours"] = [f"{first:%H:%M}-{until:%H:%M}" for first, until in schedule.hours]
    return found


def _dates(definition: Rule) -> dict[str, object]:
    return {
        name: day.isoformat()
        for name, day in (("from", definition.from_), ("until", definition.until))
        if day is not None
    }


def _explained(made_from: Making, text: str, schema: language.Schema, s: Scope) -> ConditionTrace:
    expression = made_from.expressions.checked(text, schema, language.BOOL)
    hidden = tuple(f"member.attributes.{name}" for name, one in made_from.program.attributes.items() if one.sensitive)
    return _node(rules.explain(expression, schema, s), hidden)


def _node(node: language.ExplainedNode, hidden: tuple[str, ...]) -> ConditionTrace:
    """A part of a condition; what is sensitive was read, but is not shown."""
    reads = {
        path: HIDDEN if hidden and path.startswith(hidden) else words.plain(value, kind)
        for (path, value), kind in zip(node.reads, node.types, strict=False)
    }
    return ConditionTrace(
        text=node.text,
        holds=bool(node.result),
        reads=reads,
        sentence={} if node.result or HIDDEN in reads.values() else {lang: node.sentence(lang) for lang in LANGUAGES},
        parts=tuple(_node(part, hidden) for part in node.parts),
    )
