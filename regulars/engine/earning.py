"""Which rules fire and what they give: claims, rounded once an order and rule, cut by caps, earned in as few lots as
agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from regulars.engine import caps
from regulars.engine import state as states
from regulars.engine.amounts import Exact
from regulars.engine.contracts.decision import Cut
from regulars.engine.contracts.known import CounterKey
from regulars.engine.effects import PointsPlan
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.engine.state import MemberState
from regulars.kit.money import spread
from regulars.program.contracts.effects import Give
from regulars.program.contracts.values import Period, Ratio, Share, Span

CARRY: Final = 10**15
"""Carried parts of points are whole numbers of this fraction: formulas have at most 12 decimals, quantities 3 more."""


class Claim:
    """What one effect of a rule wants to give: whole points, and those of each line. Caps make it smaller."""

    __slots__ = ("budgeted", "budgets", "currency", "cuts", "exact", "parts", "place", "plan", "points", "rule")

    def __init__(
        self, rule: RulePlan, place: int, plan: PointsPlan, exact: Exact, points: int, parts: list[int]
    ) -> None:
        self.rule = rule
        self.place = place
        self.plan = plan
        self.exact = exact
        self.points = points
        self.parts = parts
        self.cuts: list[Cut] = []
        self.currency: str = plan.currency.name
        self.budgeted = 0
        """The points that `budgets`, the counters of its budgets, have set aside for it."""
        self.budgets: tuple[CounterKey, ...] = ()

    def cut(self, points: int, by: str) -> None:
        """Take `points` off, and say who did it."""
        if points <= 0:
            return
        self.points -= points
        self.parts = spread(self.points, self.exact.weights)
        self.cuts.append(Cut(by, points))

    def terms(self) -> Terms:
        """What must agree for two claims to become one lot."""
        definition = self.plan.definition
        if isinstance(definition, Give):
            return (self.currency, definition.funding, definition.expires, definition.pending, definition.cost)
        return (self.currency, definition.funding, None, None, None)


Terms = tuple[str, tuple[Share, ...], Span | None, Span | None, Ratio | None]


class Firing:
    """A rule that fires, and on which lines; `used` where that is one of its uses."""

    __slots__ = ("claims", "matched", "rule", "used")

    def __init__(self, rule: RulePlan, matched: list[bool] | None) -> None:
        self.rule = rule
        self.matched = matched
        self.used = True
        self.claims: list[Claim] = []

    def did_something(self, s: Scope) -> bool:
        """Whether it took something off the price, gave points, or acts."""
        return self.rule.number in s.took or bool(self.rule.actions) or any(claim.points for claim in self.claims)


class Outcome:
    """All rules of one activity: those that fired, in order, their claims, and why the others did not (only if asked
    for).
    """

    __slots__ = ("claims", "firings", "reasons")

    def __init__(self) -> None:
        self.firings: list[Firing] = []
        self.claims: list[Claim] = []
        self.reasons: dict[int, str] | None = None


Groups = Mapping[str, Sequence[RulePlan]]
"""The rules of each exclusive group, the one of highest priority first."""


def run(
    rules: Iterable[RulePlan],
    s: Scope,
    *,
    groups: Groups,
    member: MemberState,
    zone: ZoneInfo,
    day: dt.date,
    explains: bool = False,
) -> Outcome:
    """Find out which rules fire, in their order, and what they claim. Nothing is changed."""
    outcome = Outcome()
    reasons = outcome.reasons = {} if explains else None
    base: dict[str, list[Exact]] = {}
    won: dict[str, RulePlan | None] = {}
    for rule in rules:
        if not rule.ready:
            rule.prepare()
        if rule.carrier is not None:
            s.carrier = s.carried[rule.carrier]
        if rule.discounts:
            # It is here because its discount was taken: whether it fires was asked before the price.
            matched = None if rule.lines is None else rule.lines(s)
        elif rule.simple and reasons is None:
            # The same as `fires`, without its calls: this is where a till with many rules spends its time.
            schedule = rule.schedule
            if schedule is not None:
                awake = s.awake.get(id(schedule))
                if not awake and (awake is False or rule.awake(s, zone) is not None):
                    continue
            if rule.segment is not None and rule.segment not in s.member.segments:
                continue
            if rule.condition is not None and not rule.condition(s):
                continue
            matched = None
            if rule.lines is not None:
                matched = rule.lines(s)
                if True not in matched:
                    continue
        else:
            if rule.group is not None and rule.group not in won:
                won[rule.group] = winner(groups[rule.group], s, member, zone, day)
            reason, matched = fires(rule, s, member, zone, day)
            if reason is None and rule.group is not None and won[rule.group] is not rule:
                reason = "worse_in_group"
            if reason is not None:
                if reasons is not None:
                    reasons[rule.number] = reason
                continue
        _claim_all(rule, matched, s, base, member, outcome)
    return outcome


def _claim_all(
    rule: RulePlan,
    matched: list[bool] | None,
    s: Scope,
    base: dict[str, list[Exact]],
    member: MemberState,
    outcome: Outcome,
) -> None:
    firing = Firing(rule, matched)
    outcome.firings.append(firing)
    for place, plan in rule.points:
        exact = plan.amount(s, matched, base)
        if exact is not None:
            if rule.is_base:
                base.setdefault(plan.currency.name, []).append(exact)
            firing.claims.append(_claim(rule, place, plan, exact, member))
    outcome.claims += firing.claims


def fires(
    rule: RulePlan, s: Scope, member: MemberState, zone: ZoneInfo, day: dt.date
) -> tuple[str | None, list[bool] | None]:
    """Why a rule does not fire (None: it does), and the lines that it is about."""
    if not rule.plain:
        reason = rule.awake(s, zone)
        if reason is not None:
            return reason, None
    reason = rule.holds(s)
    if reason is not None:
        return reason, None
    matched = None
    if rule.lines is not None:
        matched = rule.lines(s)
        if True not in matched:
            return "no_line", matched
    per_member = rule.definition.per_member
    if per_member:
        for period, most in per_member.items():
            if caps.used(member.used, f"{rule.name}#", period, day) >= most:
                return "per_member", matched
    cooldown = rule.definition.cooldown
    if cooldown is not None and caps.cooling_ms(member.used, f"rules.{rule.name}", cooldown, states.ms(s.now)):
        return "cooldown", matched
    return None, matched


def winner(rules: Sequence[RulePlan], s: Scope, member: MemberState, zone: ZoneInfo, day: dt.date) -> RulePlan | None:
    """The first rule of an exclusive group that fires; of carriers those that count for this basket."""
    outer, found = s.carrier, None
    for rule in rules:
        if rule.carrier is not None:
            if rule.carrier not in s.carried:
                continue
            s.carrier = s.carried[rule.carrier]
        if not rule.ready:
            rule.prepare()
        if fires(rule, s, member, zone, day)[0] is None:
            found = rule
            break
    s.carrier = outer
    return found


def _claim(rule: RulePlan, place: int, plan: PointsPlan, exact: Exact, member: MemberState) -> Claim:
    policy = plan.currency
    if plan.carry:
        carried = member.carries.get(carry_key(rule, place), 0) + exact.num * CARRY // exact.den
        points = max(carried // CARRY, 0)
        return Claim(rule, place, plan, exact, points, spread(points, exact.weights))
    points, parts = exact.rounded(policy.rounding.value, per_line=policy.per_line)
    return Claim(rule, place, plan, exact, points, parts)


def carry_key(rule: RulePlan, place: int) -> str:
    """The name of a carried rest in the state."""
    return rule.name if place == 0 else f"{rule.name}/{place}"


def cap_rules(outcome: Outcome, *, used: caps.Used, day: dt.date) -> dict[str, int]:
    """Cut claims to the caps of their own rules. Gives back the room that each rule had."""
    rooms: dict[str, int] = {}
    for firing in outcome.firings:
        limits = firing.rule.definition.caps
        if limits and firing.claims:
            _cap_rule(firing, limits, used, day, rooms)
    return rooms


def _cap_rule(
    firing: Firing, limits: Mapping[Period, int], used: caps.Used, day: dt.date, rooms: dict[str, int]
) -> None:
    found = caps.room(used, firing.rule.name, limits, day)
    if found is not None:
        room, period = found
        rooms[firing.rule.name] = room
        cut_to(firing.claims, room, f"rules.{firing.rule.name}.{period.value}")


def cap_currencies(claims: Sequence[Claim], *, used: caps.Used, day: dt.date) -> dict[str, int]:
    """Cut claims to the earn caps of their currencies, the rules of lowest priority first (L43). Gives back the room
    where it was short.
    """
    rooms: dict[str, int] = {}
    for policy in {claim.currency: claim.plan.currency for claim in claims}.values():
        if not policy.caps:
            continue
        name = f"currencies.{policy.name}"
        mine = [claim for claim in claims if claim.currency == policy.name]
        for limit in policy.caps:
            found = caps.room(used, name, {limit.period: limit.at_most}, day)
            wanted = sum(claim.points for claim in mine)
            if found is not None and found[0] < wanted:
                room = 0 if limit.reject else found[0]
                rooms[name] = min(room, rooms.get(name, room))
                cut_to(mine, room, f"{name}.{limit.period.value}")
    return rooms


def cut_to(claims: Sequence[Claim], room: int, by: str) -> None:
    """Cut claims so that they fit into `room`, the last of them first: they stand in the order of their priority."""
    over = sum(claim.points for claim in claims) - room
    for claim in reversed(claims):
        if over <= 0:
            return
        taken = min(over, claim.points)
        claim.cut(taken, by)
        over -= taken


def use_caps(outcome: Outcome, *, member: MemberState, day: dt.date, at: dt.datetime) -> None:
    """Write down what was given: caps of rules and currencies, how often a rule fired, and what is carried."""
    used = member.used
    for firing in outcome.firings:
        rule = firing.rule
        if rule.definition.caps and (given := sum([claim.points for claim in firing.claims])):
            for period in rule.definition.caps:
                caps.add(used, rule.name, period, day, given)
        for period in rule.definition.per_member:
            caps.add(used, f"{rule.name}#", period, day, 1)
        if rule.definition.cooldown is not None:
            caps.mark(used, f"rules.{rule.name}", states.ms(at))
        for claim in firing.claims:
            if claim.plan.carry:
                carried = member.carries.get(carry_key(rule, claim.place), 0)
                carried += claim.exact.num * CARRY // claim.exact.den
                set_carry(member, carry_key(rule, claim.place), carried - max(carried // CARRY, 0) * CARRY)
    for claim in outcome.claims:
        for limit in claim.plan.currency.caps:
            if claim.points:
                caps.add(used, f"currencies.{claim.currency}", limit.period, day, claim.points)


def set_carry(member: MemberState, name: str, carried: int) -> None:
    """Keep a carried rest, or forget it where nothing is left."""
    if carried:
        member.carries[name] = carried
    else:
        member.carries.pop(name, None)
