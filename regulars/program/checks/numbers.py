"""Numbers that points move: balances and metrics over entries, and what looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import msgspec

from regulars.program.checks import possible
from regulars.program.checks.context import Context
from regulars.program.checks.possible import BOTH, DOWN, UP, Ways
from regulars.program.contracts.challenges import Challenge, Recurrence
from regulars.program.contracts.definitions import Measure, Metric, Over, Owner
from regulars.program.contracts.values import WindowKind

_OF_MEMBERS: Final = frozenset({Owner.MEMBER, Owner.HOUSEHOLD})


class Entry(msgspec.Struct, frozen=True):
    """Points that an effect books: `amount` in whole units where it is always the same, `sign` which way they go.
    `waits`: they are not active at once."""

    kind: str
    currency: str
    rule: str
    amount: Fraction | None
    sign: int
    waits: bool = False


class Change(msgspec.Struct, frozen=True):
    """Which ways a number may go, and by how much where that is always the same."""

    ways: Ways
    by: Fraction | None


def amount(context: Context, path: str) -> Fraction | None:
    """What a formula comes to, where it is always the same."""
    return possible.number(context.expression(path))


def changes(context: Context, entry: Entry) -> Iterator[tuple[str, Change]]:
    """The paths of the numbers that an entry moves, and how."""
    if not entry.waits:
        by = None if entry.amount is None else entry.sign * entry.amount
        yield f"member.balances.{entry.currency}", Change(frozenset({entry.sign}), by)
    known = {"entry.kind": entry.kind, "entry.currency": entry.currency, "entry.rule": entry.rule}
    for name, metric in context.program.metrics.items():
        if metric.over is not Over.ENTRIES or metric.per not in _OF_MEMBERS or metric.by is not None:
            continue
        if metric.window.kind is WindowKind.PREVIOUS:
            continue
        if possible.may_hold(context.expression(f"metrics.{name}.where"), known):
            yield f"member.metrics.{name}", _of_metric(context, metric, entry)


def _of_metric(context: Context, metric: Metric, entry: Entry) -> Change:
    if metric.measure in {Measure.COUNT, Measure.DISTINCT}:
        return Change(frozenset({UP}), Fraction(1) if metric.measure is Measure.COUNT else None)
    value = context.expression(f"metrics.{metric.name}.value")
    if metric.measure is not Measure.SUM:
        ways = {Measure.MAX: frozenset({UP}), Measure.MIN: frozenset({DOWN})}
        return Change(ways.get(metric.measure, BOTH), None)
    one = possible.number(value, {"entry.amount": Fraction(entry.sign)})
    ways_of = BOTH if one is None else frozenset({UP if one > 0 else DOWN})
    if entry.amount is None:
        return Change(ways_of, None)
    return Change(ways_of, possible.number(value, {"entry.amount": entry.sign * entry.amount}))


def crossed(context: Context, path: str, change: Change) -> Iterator[tuple[str, bool]]:
    """The segments whose boundary a number may pass, and whether that lets the member in."""
    for name in context.program.segments:
        ways = possible.ways(context.expression(f"segments.{name}.if"), path)
        if ways & change.ways:
            yield name, True
        if ways & frozenset(-one for one in change.ways):
            yield name, False


def reached(context: Context, path: str, change: Change) -> Iterator[tuple[str, str, Fraction | None]]:
    """The challenges whose goal a number brings nearer, with the step and the share of the target that comes of it.
    None: it comes to an end, or nobody can say."""
    for name, challenge in context.program.challenges.items():
        ends = challenge.recurrence is not Recurrence.AGAIN or challenge.times is not None
        for step, goal, target in _goals(f"challenges.{name}", challenge):
            expression = context.expression(goal)
            if expression is None or path not in expression.fields:
                continue
            slope, wanted = possible.slope(expression, path), amount(context, target)
            share = None if slope is None or change.by is None or not wanted else slope * change.by / wanted
            if ends or share is None or share > 0:
                yield name, step, None if ends else share


def _goals(path: str, challenge: Challenge) -> Iterator[tuple[str, str, str]]:
    """The step, and where its goal and target stand; the whole has no step."""
    if challenge.goal is not None and challenge.target is not None:
        yield "", f"{path}.goal", f"{path}.target"
    for step, one in challenge.steps.items():
        spot = f"{path}.steps.{step}"
        if one.goal is not None:
            yield step, f"{spot}.goal", f"{spot}.target"
        else:
            # A milestone comes once on the way to the whole.
            yield step, f"{path}.goal", f"{path}.target" if challenge.target is not None else f"{spot}.target"


def ladders(context: Context, path: str) -> Iterator[str]:
    """The ladders that measure a number."""
    for name, ladder in context.program.ladders.items():
        mode = "all" if ladder.qualify.all_ else "any"
        for measure in ladder.qualify.formulas:
            spot = f"ladders.{name}.qualify.{mode}.{measure}" if measure else f"ladders.{name}.qualify"
            expression = context.expression(spot)
            if expression is not None and path in expression.fields:
                yield name
