"""Challenges: a goal that can grow, a target above nothing, windows that agree, prizes that can be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from regulars.program import words
from regulars.program.checks import rising, rules, windows
from regulars.program.checks.context import Context, of_challenge
from regulars.program.contracts.audiences import NAME, segment_named
from regulars.program.contracts.challenges import Challenge, Counts, Recurrence
from regulars.program.contracts.definitions import Measure, Metric, Rule
from regulars.program.contracts.effects import AnyEffect, Give, HoldForReview, Multiply, Per, Progress, Refuse
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Unit, WindowKind
from regulars.program.faults import fault, unknown

GROWING: Final = frozenset({Measure.SUM, Measure.COUNT, Measure.DISTINCT})
_NUMBER: Final = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")


def check(context: Context) -> Iterator[Fault]:
    """Each challenge by itself."""
    for name, challenge in context.program.challenges.items():
        path = f"challenges.{name}"
        yield from _goals(path, challenge, context)
        yield from _window(path, challenge)
        yield from _metrics(path, challenge, context)
        yield from _others(path, challenge, context)
        yield from _prizes(f"{path}.effects", challenge.effects, "completed", challenge, context)
        for step, one in challenge.steps.items():
            yield from _prizes(f"{path}.steps.{step}.effects", one.effects, "step", challenge, context)


def _goals(path: str, challenge: Challenge, context: Context) -> Iterator[Fault]:
    if challenge.goal is None and challenge.target is None and not challenge.steps:
        yield fault("challenge_without_goal", path)
    elif (challenge.goal is None) != (challenge.target is None) and not (challenge.target is None and challenge.steps):
        yield fault("challenge_target_alone", path)
    yield from _positive(f"{path}.target", challenge.target)
    for name, step in challenge.steps.items():
        spot = f"{path}.steps.{name}"
        if not NAME.fullmatch(name):
            yield fault("bad_name", spot, name=name)
        if step.goal is None and challenge.goal is None:
            yield fault("step_without_goal", spot)
        yield from _positive(f"{spot}.target", step.target)
    added = _added(context)
    for spot in _goal_paths(path, challenge):
        if challenge.name not in added:
            yield from _grows(spot, context)


def _positive(path: str, target: str | None) -> Iterator[Fault]:
    if target is not None and _NUMBER.fullmatch(target) and Decimal(target.strip()) <= 0:
        yield fault("target_not_positive", path, found=target.strip())


def _goal_paths(path: str, challenge: Challenge) -> Iterator[str]:
    if challenge.goal is not None:
        yield f"{path}.goal"
    for name, step in challenge.steps.items():
        if step.goal is not None:
            yield f"{path}.steps.{name}.goal"


def _added(context: Context) -> frozenset[str]:
    """The challenges to which some effect adds."""
    return frozenset(effect.progress for _, effect in all_effects(context) if isinstance(effect, Progress))


def all_effects(context: Context) -> Iterator[tuple[str, AnyEffect]]:
    """The effects of rules and challenges with their places."""
    program = context.program
    for name, rule in program.rules.items():
        yield from ((f"rules.{name}.effects[{place}]", effect) for place, effect in enumerate(rule.effects))
    for name, challenge in program.challenges.items():
        path = f"challenges.{name}"
        yield from ((f"{path}.effects[{place}]", effect) for place, effect in enumerate(challenge.effects))
        for step, one in challenge.steps.items():
            spot = f"{path}.steps.{step}.effects"
            yield from ((f"{spot}[{place}]", effect) for place, effect in enumerate(one.effects))


def _read(path: str, context: Context) -> tuple[Metric, ...]:
    expression = context.expression(path)
    if expression is None:
        return ()
    parts = [read.replace("[]", "").split(".") for read in sorted(expression.fields)]
    names = dict.fromkeys(part[2] for part in parts if len(part) > 2 and part[1] == "metrics")
    return tuple(context.program.metrics[name] for name in names if name in context.program.metrics)


def _grows(path: str, context: Context) -> Iterator[Fault]:
    expression = context.expression(path)
    if expression is None:
        return
    read = _read(path, context)
    if not read and not any(".metrics." in field or ".balances." in field for field in expression.fields):
        if not expression.fields:
            yield fault("goal_never_grows", path, why="it reads no metric")
        return
    currencies = rising.given(context.program)
    dead = [metric for metric in read if not rising.can_rise(metric, context, currencies)]
    if dead and len(dead) == len(read):
        yield fault("goal_never_grows", path, why=f"metrics.{dead[0].name}")


def _window(path: str, challenge: Challenge) -> Iterator[Fault]:
    window, spot = challenge.window, f"{path}.window"
    clock = window.span is not None and window.span.unit in {Unit.MINUTE, Unit.HOUR}
    if window.kind in {WindowKind.PREVIOUS, WindowKind.SINCE, WindowKind.TIER_YEAR} or clock:
        yield fault("challenge_window", spot)
    if window.kind is WindowKind.PERIOD and window.period in {Period.EVER, Period.ACTIVITY}:
        yield fault("challenge_window", spot)
    if window.from_ is not None and window.until is not None and window.until <= window.from_:
        yield fault("dates_reversed", spot, from_=window.from_, until=window.until)
    starts = [day for day in (challenge.from_, window.from_) if day is not None]
    ends = [day for day in (challenge.until, window.until) if day is not None]
    if starts and ends and max(starts) >= min(ends) and window.kind is WindowKind.BETWEEN:
        yield fault("challenge_dates_apart", spot)
    if challenge.recurrence is Recurrence.EACH_PERIOD and window.kind in {WindowKind.EVER, WindowKind.BETWEEN}:
        yield fault("never_comes_back", f"{path}.recurrence", window=window.kind.value)


def _metrics(path: str, challenge: Challenge, context: Context) -> Iterator[Fault]:
    window = challenge.window
    for spot in _goal_paths(path, challenge):
        for metric in _read(spot, context):
            theirs = metric.window
            if metric.measure in GROWING or challenge.counts is Counts.NEW:
                yield from windows.challenge(spot, challenge, metric)
            moving = metric.measure not in GROWING or theirs.kind not in {WindowKind.EVER, WindowKind.BETWEEN}
            if challenge.counts is Counts.NEW and moving:
                yield fault("counts_new_of_moving", f"{path}.counts", metric=metric.name)
            if theirs.kind is not WindowKind.PERIOD or metric.measure is Measure.STREAK or theirs.period is None:
                continue
            if window.kind is not WindowKind.PERIOD or window.period is not theirs.period:
                shown = words.print_window(window)
                shown = "{from, until}" if isinstance(shown, dict) else shown
                yield fault(
                    "challenge_windows_differ",
                    spot,
                    metric=metric.name,
                    metric_window=theirs.period.value,
                    window=shown,
                )


def _others(path: str, challenge: Challenge, context: Context) -> Iterator[Fault]:
    if challenge.audience is not None:
        segment = segment_named(challenge.audience)
        if segment is not None and segment not in context.program.segments:
            yield unknown("segment", f"{path}.audience", name=segment, known=context.program.segments)
    if challenge.times is not None and challenge.times <= 0:
        yield fault("not_positive", f"{path}.times")
    if challenge.times is not None and challenge.recurrence is Recurrence.ONCE:
        yield fault("once_and_times", f"{path}.times")
    if challenge.team is not None and not context.program.households:
        yield fault("team_without_households", f"{path}.team")


def _prizes(
    path: str, effects: tuple[AnyEffect, ...], event: str, challenge: Challenge, context: Context
) -> Iterator[Fault]:
    rule = Rule(name=challenge.name, trigger=of_challenge(event, challenge.name), effects=effects)
    for place, effect in enumerate(effects):
        if isinstance(effect, (Multiply, Refuse, HoldForReview)):
            yield fault("prize_not_here", f"{path}[{place}]", what=type(effect).__struct_config__.tag)
        if isinstance(effect, Give) and effect.per is not Per.BASKET:
            yield fault("prize_not_here", f"{path}[{place}].per", what=f"per: {effect.per.value}")
    wanted = tuple(effect for effect in effects if not isinstance(effect, (Multiply, Refuse, HoldForReview)))
    if len(wanted) == len(effects):
        yield from rules.effects(path, rule, context)
