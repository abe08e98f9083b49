"""Limits: a metric that may not go above a number, or a condition that must stay false; they refuse, cut, hold or
alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars.engine import words
from regulars.engine.earning import Claim
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.metrics import contribution
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.scope import EntryScope, Scope
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Limit, LimitAction, Measure


class LimitPlan:
    """One limit of a release."""

    __slots__ = (
        "action",
        "at_most",
        "condition",
        "currency",
        "definition",
        "entry_scale",
        "metric",
        "name",
        "reads",
        "scale",
        "types",
    )

    def __init__(self, definition: Limit, *, metric: MetricPlan | None, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.action = definition.then
        self.types = definition.applies_to
        self.currency = definition.currency
        self.metric = metric
        self.scale = made_from.places.metric_scale(metric.name) if metric is not None else 0
        self.entry_scale = made_from.places.entry_scale
        self.at_most = definition.at_most or 0
        self.condition: Function | None = None
        self.reads: frozenset[str] = frozenset()
        if definition.if_ is not None:
            schema = made_from.places.limit(definition.applies_to, before_price=self.action is LimitAction.REFUSE)
            self.reads = made_from.expressions.checked(definition.if_, schema, language.BOOL).fields
            self.condition = made_from.expressions.condition(definition.if_, schema)

    def unit_of(self, claim: Claim) -> int:
        """What the smallest unit of a claim's currency is in the unit of the metric: entries of all currencies share a
        scale.
        """
        if self.metric is None or not self.metric.over_entries:
            return 1
        unit: int = 10 ** (self.entry_scale - claim.plan.currency.scale)
        return unit

    @property
    def by(self) -> str:
        """How answers name it."""
        return f"limits.{self.name}"

    def applies(self, type: str) -> bool:
        """Whether it looks at activities of a type."""
        return not self.types or type in self.types

    def over_with(self, before: Any, s: Scope) -> int | None:
        """The number that the metric would have with this activity, if that is too much; None if all is well or it does
        not count this one.
        """
        if self.metric is None:
            return None
        part = contribution.of(self.metric, s)
        if part is None and not self.types:
            return None
        number = _with(before, part)
        return number if number > self.at_most else None

    def fields(self, number: Any) -> dict[str, object]:
        """What its events say."""
        if self.metric is None:
            return {"limit": self.name}
        return {"limit": self.name, "metric": self.metric.name, **self.numbers(number)}

    def numbers(self, number: Any) -> dict[str, object]:
        """How far it is, and how far it may go."""
        if self.metric is None:
            return {}
        kind = language.Amount(self.scale) if self.scale else language.INT
        return {"value": words.plain(number, kind), "at_most": words.plain(self.at_most, kind)}


def _with(before: Any, part: contribution.Part) -> int:
    number = before or 0
    if part is None:
        return int(number)
    # Of a list of items it is not known here how many are new; that all are is the safe side.
    return int(number + (len(set(part)) if isinstance(part, list) else part))


def cut(plan: LimitPlan, number: Any, claims: Sequence[Claim], s: Scope) -> int | None:
    """Cut what claims give so that the limit holds; gives back the room (in the metric's unit) where it was short.
    `number` is the metric without them.
    """
    mine = counted(plan, claims, s)
    if plan.metric is None or not mine:
        return None
    room: int = plan.at_most - int(number or 0)
    if not plan.metric.over_entries:
        if room >= 0:
            return None
        room = 0
    elif plan.metric.measure is not Measure.SUM and room > 0:
        return None
    room = max(room, 0)
    if sum(claim.points * plan.unit_of(claim) for claim in mine) <= room:
        return None
    cut_to(plan, mine, room)
    return room


def cut_to(plan: LimitPlan, claims: Sequence[Claim], room: int) -> None:
    """Cut claims so that they fit into `room`, which is in the metric's unit, the last of them first."""
    over = sum(claim.points * plan.unit_of(claim) for claim in claims) - room
    for claim in reversed(claims):
        if over <= 0:
            return
        unit = plan.unit_of(claim)
        taken = min(-(-over // unit), claim.points)
        claim.cut(taken, plan.by)
        over -= taken * unit


def counted(plan: LimitPlan, claims: Sequence[Claim], s: Scope) -> list[Claim]:
    """The claims that a limit cuts: of its currency, and where it counts entries, those that it counts."""
    mine = [claim for claim in claims if plan.currency is None or claim.currency == plan.currency]
    metric = plan.metric
    if metric is None or not metric.over_entries:
        return mine
    return [claim for claim in mine if _counts(metric, claim, s)]


def _counts(metric: MetricPlan, claim: Claim, s: Scope) -> bool:
    entry = EntryScope("earn", claim.currency, 1, claim.rule.name, "house")
    return metric.where is None or bool(metric.where(s, entry))
