"""A challenge made ready: its formulas on one scale, how it is counted, and what it gives as rules of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from regulars.engine.attempts import WHOLE
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.challenges import Challenge, Counts, Join, Order, Recurrence, Step
from regulars.program.contracts.definitions import Measure, Metric, Owner, Rule
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.midway import Midway
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, WindowKind

COMPLETED: Final = "challenge.completed"
STEP: Final = "challenge.step"
_FORM_BITS: Final = 3
_FIRST_NUMBER: Final = 1_000_000
"""Prizes are rules of no list: their numbers come after those of all real rules."""
_GROWING: Final = frozenset({Measure.SUM, Measure.COUNT, Measure.DISTINCT})


class Goal:
    """A number to reach: `reached` and `target` give it on the scale of the challenge."""

    __slots__ = ("_goal", "_goal_unit", "_target", "_target_unit", "decimals", "metrics", "scale")

    def __init__(self, goal: str, target: str, made_from: Making, *, scale: int, place: language.Schema) -> None:
        self._goal, goal_scale = made_from.expressions.formula(goal, place)
        self._target, target_scale = made_from.expressions.formula(target, place)
        self._goal_unit = 10 ** (scale - goal_scale)
        self._target_unit = 10 ** (scale - target_scale)
        self.scale = scale
        self.decimals = max(goal_scale, target_scale)
        """What this goal has by itself; the challenge may have more for the sake of another."""
        self.metrics = metrics_of(made_from, goal, place)

    def reached(self, s: Scope) -> int:
        """The goal as it stands."""
        value: int = self._goal(s) * self._goal_unit
        return value

    def target(self, s: Scope) -> int:
        """What has to be reached by whoever begins now."""
        value: int = self._target(s) * self._target_unit
        return value


class StepPlan:
    """One step: a goal of its own, or a milestone of the challenge's."""

    __slots__ = ("goal", "milestone", "name", "prize", "title")

    def __init__(self, name: str, step: Step, goal: Goal, prize: RulePlan | None) -> None:
        self.name = name
        self.title = step.title
        self.goal = goal
        self.milestone = step.goal is None
        self.prize = prize


class ChallengePlan:
    """One challenge of a release."""

    __slots__ = (
        "adds_members",
        "adds_to",
        "again",
        "audience",
        "backwards",
        "condition",
        "counts_new",
        "definition",
        "form",
        "goal",
        "in_order",
        "kind",
        "metrics",
        "midway",
        "most",
        "name",
        "once",
        "period",
        "place",
        "prize",
        "resets",
        "scale",
        "segment",
        "self_joined",
        "span",
        "steps",
        "team",
        "title",
    )

    def __init__(self, definition: Challenge, *, number: int, made_from: Making, midway: Midway | None) -> None:
        places = made_from.places
        self.definition = definition
        self.name = definition.name
        self.title = definition.title
        self.midway = midway
        self.place = places.challenge(definition)
        self.scale = places.goal_scale(definition.name)
        self.team = definition.team is not None
        self.self_joined = definition.join is Join.SELF
        self.in_order = definition.order is Order.IN_ORDER
        self.kind = definition.window.kind
        self.period = definition.window.period or Period.EVER
        self.span = definition.window.span
        recurrence = definition.recurrence or (
            Recurrence.EACH_PERIOD if self.kind is WindowKind.PERIOD else Recurrence.ONCE
        )
        self.again = recurrence is Recurrence.AGAIN
        self.once = recurrence is Recurrence.ONCE
        self.most = definition.times
        self.segment = segment_named(definition.audience) if definition.audience is not None else None
        self.audience: Function | None = None
        if definition.audience is not None and self.segment is None:
            self.audience = made_from.expressions.condition(definition.audience, places.segment())
        self.condition: Function | None = None
        if definition.if_ is not None:
            self.condition = made_from.expressions.condition(definition.if_, places.segment())
        self.goal = self._goal(definition.goal, definition.target, made_from)
        self.prize = _prize(definition.name, COMPLETED, definition.effects, number, made_from)
        self.steps = self._steps(number, made_from)
        goals = [step.goal for step in self.steps] + ([self.goal] if self.goal is not None else [])
        self.adds_to = frozenset([WHOLE, *(step.name for step in self.steps if step.milestone)])
        """The goals to which effects add."""
        self.metrics = tuple(sorted({name for goal in goals for name in goal.metrics}))
        read = [made_from.program.metrics[name] for name in self.metrics]
        self.counts_new = (
            definition.counts is Counts.NEW
            if definition.counts is not None
            else bool(read) and all(_grows(metric) for metric in read)
        )
        """Whether what counts is what came since the start; else the number as it stands."""
        self.adds_members = self.team and all(metric.per is Owner.MEMBER for metric in read)
        """Whether what the members of a team have done is added up, since its numbers are theirs."""
        self.backwards = (
            not self.counts_new
            and not self.team
            and self.kind is WindowKind.PERIOD
            and bool(read)
            and all(_of_period(metric, self.period) for metric in read)
        )
        """Whether the numbers of the window before can be read as they are now."""
        self.resets = not self.counts_new and not (
            bool(read) and all(_grows(metric) or self._counts_window(metric) for metric in read)
        )
        """Whether a number may fall below its start and begin anew in the middle of a try, as streaks do."""
        self.form = self._form()

    @property
    def path(self) -> str:
        """How releases, entries and answers name it."""
        return f"challenges.{self.name}"

    def offered(self, s: Scope) -> bool:
        """Whether this member may begin."""
        if self.segment is not None and self.segment not in s.member.segments:
            return False
        if self.audience is not None and not self.audience(s):
            return False
        return self.condition is None or bool(self.condition(s))

    def goal_of(self, step: str) -> Goal | None:
        """The goal of a step, or of the whole where none is named."""
        return self.goal if step == WHOLE else next(one.goal for one in self.steps if one.name == step)

    def _counts_window(self, metric: Metric) -> bool:
        """Whether a metric begins anew with the window only."""
        window, whole = metric.window, self.kind is WindowKind.PERIOD
        return whole and window.kind is WindowKind.PERIOD and window.period is self.period and metric.streak is None

    def _goal(self, goal: str | None, target: str | None, made_from: Making) -> Goal | None:
        if goal is None or target is None:
            return None
        return Goal(goal, target, made_from, scale=self.scale, place=self.place)

    def _steps(self, number: int, made_from: Making) -> tuple[StepPlan, ...]:
        definition, found = self.definition, []
        for place, (name, step) in enumerate(definition.steps.items(), start=1):
            goal = self._goal(step.goal or definition.goal, step.target, made_from)
            if goal is not None:
                prize = _prize(definition.name, STEP, step.effects, number, made_from, place=place)
                found.append(StepPlan(name, step, goal, prize))
        return tuple(found)

    def _form(self) -> int:
        """A short number that is another one as soon as something else is counted; its last bits are the scale."""
        definition = self.definition
        counted = (definition.goal, self.counts_new, [(name, step.goal) for name, step in definition.steps.items()])
        digest = hashlib.blake2b(repr(counted).encode(), digest_size=3).digest()
        return int.from_bytes(digest) << _FORM_BITS | self.scale

    def rescaled(self, number: int, form: int) -> int:
        """A number that was kept under another form of the challenge."""
        before = form & (1 << _FORM_BITS) - 1
        rescaled: int = number * 10**self.scale // 10**before
        return rescaled


def plans(
    definitions: Mapping[str, Challenge], made_from: Making, midway: Mapping[str, Midway]
) -> dict[str, ChallengePlan]:
    """All challenges of a release by name."""
    return {
        name: ChallengePlan(definition, number=number, made_from=made_from, midway=midway.get(f"challenges.{name}"))
        for number, (name, definition) in enumerate(definitions.items())
    }


def metrics_of(made_from: Making, text: str, place: language.Schema) -> tuple[str, ...]:
    """The member's or household's metrics that a formula reads."""
    fields = made_from.expressions.checked(text, place, language.NUMBER).fields
    parts = [path.replace("[]", "").split(".") for path in fields]
    return tuple(part[2] for part in parts if len(part) > 2 and part[1] == "metrics")


def _prize(
    name: str, event: str, effects: tuple[AnyEffect, ...], number: int, made_from: Making, *, place: int = 0
) -> RulePlan | None:
    if not effects:
        return None
    rule = Rule(name=f"challenges.{name}", trigger=OnEvent(event=event, name=name), effects=effects)
    return RulePlan(rule, number=_FIRST_NUMBER + number * 100 + place, made_from=made_from)


def _grows(metric: Metric) -> bool:
    return (
        metric.measure in _GROWING and metric.by is None and metric.window.kind in {WindowKind.EVER, WindowKind.BETWEEN}
    )


def _of_period(metric: Metric, period: Period) -> bool:
    return (
        metric.window.kind is WindowKind.PERIOD
        and metric.window.period is period
        and metric.per is Owner.MEMBER
        and metric.measure is not Measure.STREAK
    )
