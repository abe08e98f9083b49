"""Period bonuses after their period has ended: what each gave is remembered, and judged again when a return or a late
activity changes the numbers of that period (L77). Of a period longer ago nothing is remembered.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from regulars.engine import attributes, awarding, cases, counting, earning, giving, periods, ticks
from regulars.engine.closings import Closed
from regulars.engine.compiled import Compiled, groups_of, pinned
from regulars.engine.earning import Outcome
from regulars.engine.giving import Giving
from regulars.engine.points import calendar
from regulars.engine.rules import RulePlan
from regulars.engine.scope import MemberScope
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.language import contracts as language
from regulars.program.contracts.triggers import OnPeriod
from regulars.program.contracts.values import Period, WindowKind

NOBODY = MemberState(id=b"", joined_day=0, enrolled_ms=0)
"""Counts and carries of its own day decided how much was given; they are not asked again."""


def keep(work: Work, compiled: Compiled, rules: Sequence[RulePlan], given: Giving, event: dict[str, Any]) -> None:
    """Remember what rules gave that wait for the end of a period."""
    for rule in rules:
        period = period_of(rule)
        if period is None or not rule.points:
            continue
        claims = [claim for claim in given.claims if claim.rule is rule]
        pins = _pins(compiled, rule, period)
        work.member.closed[rule.name] = Closed(
            periods.index(period, event["period_start"]),
            _form(rule, pins),
            [(claim.place, claim.points) for claim in claims if claim.points],
            [msgspec.to_builtins(_read(work.scope.member, pin)) for pin in pins],
            any(claim.cuts for claim in claims),
        )


def judge(work: Work, compiled: Compiled) -> None:
    """Judge again what this activity has changed of an ended period. Raises LotsNeeded."""
    kept = work.member.closed
    if not kept or work.activity.type == ticks.TICK:
        return
    days = list(_days(work, compiled))
    for rule in compiled.by_period:
        period, held = period_of(rule), kept.get(rule.name)
        if period is None or held is None:
            continue
        ended = periods.index(period, work.numbers.today) - 1
        if held.index == ended and any(periods.index(period, day) == ended for day in days):
            _judge(work, compiled, rule, period, held)


def period_of(rule: RulePlan) -> Period | None:
    """The period whose end wakes a rule."""
    trigger = rule.definition.trigger
    return trigger.period if isinstance(trigger, OnPeriod) else None


def _days(work: Work, compiled: Compiled) -> Iterator[dt.date]:
    """The days whose numbers this activity has changed."""
    yield work.day
    sale = work.known.sale
    if sale is not None and work.activity.reverses is not None:
        yield periods.local_date(sale.activity.occurred_at, compiled.zone)


def _judge(work: Work, compiled: Compiled, rule: RulePlan, period: Period, held: Closed) -> None:
    pins = _pins(compiled, rule, period)
    start, end = periods.first_day(period, held.index), periods.first_day(period, held.index + 1)
    if held.form != _form(rule, pins):
        cases.open_case(work, "closed_period", rule=rule.name, period_start=start.isoformat())
        return
    counting.show(work, compiled)
    member = _pinned(work, compiled, pins, held.pins)
    s = ticks.scope(work, compiled, calendar.first_instant(end, compiled.zone), member)
    s.event = {"period_start": start, "period_end": end}
    groups = groups_of(compiled.by_period)
    outcome = earning.run((rule,), s, groups=groups, member=NOBODY, zone=compiled.zone, day=end)
    was, now = dict(held.given), {claim.place: claim.points for claim in outcome.claims}
    if held.cut:
        # What was cut then is not topped up now (L44).
        now = {place: min(points, was.get(place, 0)) for place, points in now.items()}
    less = [(place, points - now.get(place, 0)) for place, points in was.items() if points > now.get(place, 0)]
    awarding.take_back(work, compiled, rule, less, day=end)
    more = _give_more(work, compiled, rule, outcome, was, now)
    held.given = [
        (place, points)
        for place in sorted(was | now)
        if (points := min(now.get(place, 0), was.get(place, 0)) + more.get(place, 0))
    ]


def _give_more(
    work: Work, compiled: Compiled, rule: RulePlan, outcome: Outcome, was: dict[int, int], now: dict[int, int]
) -> dict[int, int]:
    for claim in outcome.claims:
        claim.points = max(now[claim.place] - was.get(claim.place, 0), 0)
        claim.parts = []
    if not any(claim.points for claim in outcome.claims):
        return {}
    rooms = giving.cut(work, compiled, compiled.timed, outcome)
    giving.earn(work, outcome, rooms)
    for claim in outcome.claims:
        awarding.give_room(work, rule, claim.plan, -claim.points, work.day)
    work.fired += [giving.fired(work, claim) for claim in outcome.claims if claim.points]
    counting.count_entries(work, compiled, outcome.claims)
    return {claim.place: claim.points for claim in outcome.claims}


def _pins(compiled: Compiled, rule: RulePlan, period: Period) -> tuple[str, ...]:
    """What the rule reads beyond the numbers of the ended period, which stay as they were then."""
    found = {pin for path in rule.reads() if (pin := pinned(path)) is not None and pin.startswith("member.")}
    return tuple(sorted(pin for pin in found if not _of_ended(compiled, pin, period)))


def _of_ended(compiled: Compiled, pin: str, period: Period) -> bool:
    _, kind, name = (*pin.split("."), "")[:3]
    metric = compiled.metrics.get(name) if kind == "metrics" else None
    return metric is not None and metric.kind is WindowKind.PREVIOUS and metric.period is period


def _form(rule: RulePlan, pins: Sequence[str]) -> int:
    """A short number that is another one as soon as the rule gives otherwise."""
    definition = rule.definition
    parts = (definition.trigger, definition.audience, definition.if_, definition.effects, definition.group, pins)
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=4).digest())


def _read(member: MemberScope, pin: str) -> Any:
    _, kind, name = (*pin.split("."), "")[:3]
    held = getattr(member, kind)
    if not name:
        return held
    return held[name] if kind == "metrics" else held.get(name)


def _pinned(work: Work, compiled: Compiled, pins: Sequence[str], values: Sequence[Any]) -> MemberScope:
    """The member as they were when the period ended, but for its numbers."""
    member = copy.copy(work.scope.member)
    metrics: dict[str, Any] = counting.Numbers(work, compiled)
    member.metrics = metrics
    member.attributes = dict(member.attributes)
    for pin, value in zip(pins, values, strict=True):
        _, kind, name = (*pin.split("."), "")[:3]
        if kind == "metrics":
            dated = isinstance(value, str) and compiled.metrics[name].value_type == language.DATE
            metrics[name] = dt.date.fromisoformat(value) if dated else value
        elif kind == "attributes":
            restored = attributes.restored({name: value}, compiled.dated_attributes, compiled.program.attributes)
            member.attributes[name] = restored.get(name)
        elif kind == "joined_on":
            continue
        elif name:
            setattr(member, kind, {**getattr(member, kind), name: tuple(value) if isinstance(value, list) else value})
        else:
            setattr(member, kind, tuple(value) if isinstance(value, list) else value)
    return member
