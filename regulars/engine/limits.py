"""Limits: a metric that may not go above a number, a condition that must stay false, or a time that must lie between
two activities; they refuse, cut, hold or alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from regulars.engine import words
from regulars.engine.contracts.activity import Activity
from regulars.engine.earning import Claim
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.metrics import contribution, counters
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.rules import RulePlan
from regulars.engine.scope import EntryScope, Scope
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Limit, LimitAction, Measure

PRICED: Final = (".paid", ".base")
"""What is only known once points have paid their part."""


class LimitPlan:
    """One limit of a release."""

    __slots__ = (
        "action",
        "after_price",
        "at_most",
        "condition",
        "cooldown",
        "currency",
        "definition",
        "entry_scale",
        "metric",
        "name",
        "own_types",
        "reads",
        "scale",
        "types",
    )

    def __init__(self, definition: Limit, *, metric: MetricPlan | None, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.action = definition.then
        self.types = definition.applies_to
        self.own_types = frozenset(made_from.program.activities)
        self.currency = definition.currency
        self.metric = metric
        self.scale = made_from.places.metric_scale(metric.name) if metric is not None else 0
        self.entry_scale = made_from.places.entry_scale
        self.at_most = definition.at_most or 0
        self.cooldown = definition.cooldown
        self.condition: Function | None = None
        self.reads: frozenset[str] = frozenset()
        if definition.if_ is not None:
            schema = made_from.places.limit(definition.applies_to)
            self.reads = made_from.expressions.checked(definition.if_, schema, language.BOOL).fields
            self.condition = made_from.expressions.condition(definition.if_, schema)
        self.after_price = any(path.endswith(PRICED) for path in (*self.reads, *_filtered(metric, made_from)))
        """Whether it must be asked again when it is known what points pay."""
        if metric is not None and metric.over_entries:
            self.after_price = True

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

    def is_about(self, type: str) -> bool:
        """Whether a condition or a cool-down looks at activities of a type: of all that the program has, where none is
        named, but never at what time does."""
        return type in self.types if self.types else type in self.own_types

    def holds(self, s: Scope) -> bool:
        """Whether its condition holds; where it has none it always does."""
        return self.condition is None or bool(self.condition(s))

    def over(self, number: Any, part: contribution.Part) -> int | None:
        """The metric with what this activity adds, if that is too much; None if all is well or it adds nothing.

        A limit that names types is asked whatever the activity adds: a redemption after too many refunds.
        """
        if part is None and not self.types:
            return None
        with_it = _with(number, part)
        return with_it if with_it > self.at_most else None

    def owner(self, activity: Activity) -> str | None:
        """Whose number it is; None for the member's own, whose activity it is in any case."""
        if self.metric is None or self.metric.for_member:
            return None
        return counters.owner(self.metric, activity)

    @property
    def rest(self) -> str | None:
        """Its cool-down in words."""
        return None if self.cooldown is None else f"{self.cooldown.count} {self.cooldown.unit.value}"

    def facts(self, number: Any, activity: Activity) -> dict[str, object]:
        """What its events and explanations say: metric, value, threshold and whose number it is, or the condition."""
        metric = None if self.metric is None else self.metric.name
        facts: dict[str, object] = {"metric": metric, **self.numbers(number), "owner": self.owner(activity)}
        facts |= {"if": self.definition.if_, "cooldown": self.rest}
        return {name: value for name, value in facts.items() if value is not None}

    def numbers(self, number: Any) -> dict[str, object]:
        """How far it is, and how far it may go."""
        if self.metric is None:
            return {}
        kind = language.Amount(self.scale) if self.scale else language.INT
        return {"value": words.plain(number, kind), "at_most": words.plain(self.at_most, kind)}


def guarded(metrics: Iterable[MetricPlan], limits: Iterable[LimitPlan], rules: Iterable[RulePlan]) -> frozenset[str]:
    """Counters that a limit or rule refuses or cuts by."""
    deciding = [limit for limit in limits if limit.action in {LimitAction.REFUSE, LimitAction.CUT}]
    named = {limit.metric.name for limit in deciding if limit.metric is not None}
    reads = [limit.reads for limit in deciding] + [rule.reads() for rule in rules if rule.refuses]
    paths = frozenset[str]().union(*reads)
    # A member's own counters are guarded by the version of the account.
    return frozenset(
        plan.name
        for plan in metrics
        if not plan.for_member and (plan.name in named or _is_read(f"{plan.per}.metrics.{plan.name}", paths))
    )


def _is_read(path: str, paths: Iterable[str]) -> bool:
    return any(one == path or one.startswith((f"{path}[", f"{path}.")) for one in paths)


def _filtered(metric: MetricPlan | None, made_from: Making) -> frozenset[str]:
    """What the filter and the value of a metric read."""
    if metric is None:
        return frozenset()
    definition, schema = metric.definition, made_from.places.metric(metric.over)
    texts = [(definition.where, language.BOOL), (definition.value, None)]
    found = [made_from.expressions.checked(text, schema, want).fields for text, want in texts if text is not None]
    return frozenset[str]().union(*found)


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
