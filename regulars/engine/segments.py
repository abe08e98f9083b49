"""Segments: who is in which, worked out anew at each decision, those that others name first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Segment


class SegmentPlan:
    """One segment: static, or a condition."""

    __slots__ = ("condition", "name", "reads", "static", "text", "volatile")

    def __init__(self, definition: Segment, made_from: Making) -> None:
        self.name = definition.name
        self.static = definition.static
        self.text = definition.if_ or ""
        self.condition: Function | None = None
        self.reads: frozenset[str] = frozenset()
        self.volatile = False
        if definition.if_ is not None:
            schema = made_from.places.segment()
            expression = made_from.expressions.checked(definition.if_, schema, language.BOOL)
            self.condition = made_from.expressions.condition(definition.if_, schema)
            self.reads = expression.fields
            self.volatile = expression.volatile


def plans(definitions: Mapping[str, Segment], made_from: Making) -> tuple[SegmentPlan, ...]:
    """All segments, one that reads `member.segments` after those that do not: it may name them."""
    made = [SegmentPlan(definition, made_from) for definition in definitions.values()]
    first = [plan for plan in made if "member.segments" not in plan.reads]
    named = [plan for plan in made if "member.segments" in plan.reads]
    return (*first, *_ordered(named, definitions))


def _ordered(named: list[SegmentPlan], definitions: Mapping[str, Segment]) -> list[SegmentPlan]:
    ordered: list[SegmentPlan] = []
    waiting = list(named)
    while waiting:
        names = {plan.name for plan in waiting}
        free = [plan for plan in waiting if not _names(definitions[plan.name], names - {plan.name})] or waiting[:1]
        ordered += free
        waiting = [plan for plan in waiting if plan not in free]
    return ordered


def _names(definition: Segment, names: set[str]) -> bool:
    text = definition.if_ or ""
    return any(f"'{name}'" in text or f'"{name}"' in text for name in names)


def find(plans: Sequence[SegmentPlan], s: Scope, statics: Sequence[str]) -> tuple[str, ...]:
    """The segments that the member is in now; `member.segments` grows as they are found."""
    found: list[str] = []
    member = s.member
    member.segments = ()
    for plan in plans:
        if plan.condition(s) if plan.condition is not None else plan.name in statics:
            found.append(plan.name)
            member.segments = tuple(found)
    return member.segments
