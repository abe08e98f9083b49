"""A rule made ready: when it is awake, for whom, on which lines, and what it then does. Compiled on its first hit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from regulars.engine import actions, effects, schedules
from regulars.engine.making import Making
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.program.contracts.definitions import Rule, RuleKind
from regulars.program.contracts.effects import HoldForReview, Refuse

Condition = Callable[..., bool]


class RulePlan:
    """One rule of a release for one place in the order of a decision."""

    __slots__ = (
        "_made_from",
        "actions",
        "audience",
        "condition",
        "definition",
        "group",
        "is_base",
        "keeps_waiting",
        "lines",
        "name",
        "number",
        "plain",
        "points",
        "priority",
        "ready",
        "refuses",
        "segment",
    )

    def __init__(self, definition: Rule, *, number: int, made_from: Making) -> None:
        self._made_from = made_from
        self.definition = definition
        self.name = definition.name
        self.number = number
        self.group = definition.group
        self.priority = definition.priority
        self.is_base = definition.kind is RuleKind.BASE
        self.keeps_waiting = any(isinstance(effect, HoldForReview) for effect in definition.effects)
        self.refuses = any(isinstance(effect, Refuse) for effect in definition.effects)
        self.plain = definition.from_ is None and definition.until is None and definition.schedule is None
        self.segment: str | None = None
        self.audience: Condition | None = None
        self.condition: Condition | None = None
        self.lines: Condition | None = None
        self.points: tuple[tuple[int, effects.PointsPlan], ...] = ()
        self.actions: tuple[tuple[int, actions.ActionPlan], ...] = ()
        self.ready = False

    @property
    def order(self) -> tuple[bool, int, int]:
        """Base rules first, then by priority, then as written."""
        return (not self.is_base, -self.priority, self.number)

    def conditions(self) -> list[tuple[str, language.Schema]]:
        """What must hold for it to fire, with the place of each."""
        definition, places = self.definition, self._made_from.places
        found = []
        if definition.if_ is not None:
            found.append((definition.if_, places.rule(definition.trigger, before_price=self.refuses)))
        if definition.lines is not None:
            found.append((definition.lines, places.line(definition.trigger, before_price=self.refuses)))
        if definition.audience is not None and definition.audience not in self._made_from.program.segments:
            found.append((definition.audience, places.segment()))
        return found

    def reads(self) -> frozenset[str]:
        """The paths that it reads to find out whether it fires and how much it gives."""
        expressions = self._made_from.expressions
        paths = [expressions.checked(text, schema, language.BOOL).fields for text, schema in self.conditions()]
        if self.definition.audience in self._made_from.program.segments:
            paths.append(frozenset({"member.segments"}))
        for effect in self.definition.effects:
            texts = effects.READS.get(type(effect))
            if texts is not None:
                paths += [
                    expressions.checked(text, schema, want).fields
                    for text, schema, want in texts(effect, self.definition.trigger, self._made_from)
                ]
        return frozenset().union(*paths)

    def prepare(self) -> None:
        """Compile what it says."""
        definition, made_from = self.definition, self._made_from
        trigger, places = definition.trigger, made_from.places
        condition = made_from.expressions.condition
        if definition.audience is not None:
            if definition.audience in made_from.program.segments:
                self.segment = definition.audience
            else:
                self.audience = condition(definition.audience, places.segment())
        if definition.if_ is not None:
            self.condition = condition(definition.if_, places.rule(trigger, before_price=self.refuses))
        if definition.lines is not None:
            self.lines = condition(definition.lines, places.line(trigger, before_price=self.refuses))
        numbered = list(enumerate(definition.effects))
        self.points = tuple(
            (place, effects.POINTS[type(effect)](effect, trigger, made_from))
            for place, effect in numbered
            if type(effect) in effects.POINTS
        )
        self.actions = tuple(
            (place, actions.ACTIONS[type(effect)](effect, trigger, made_from))
            for place, effect in numbered
            if type(effect) in actions.ACTIONS
        )
        self.ready = True

    def awake(self, s: Scope, zone: ZoneInfo) -> str | None:
        """None if its dates and schedule let it run now, else why not."""
        definition = self.definition
        if definition.from_ is not None or definition.until is not None:
            day: dt.date = s.now.astimezone(zone).date()
            if definition.from_ is not None and day < definition.from_:
                return "not_yet"
            if definition.until is not None and day >= definition.until:
                return "over"
        schedule = definition.schedule
        if schedule is not None and not schedules.awake(schedule, s.now, store_zone=s.zone, program_zone=zone):
            return "asleep"
        return None

    def holds(self, s: Scope) -> str | None:
        """None if it is for this member and its condition holds, else why not."""
        if self.segment is not None and self.segment not in s.member.segments:
            return "audience"
        if self.audience is not None and not self.audience(s):
            return "audience"
        if self.condition is not None and not self.condition(s):
            return "condition"
        return None

    def matched(self, s: Scope) -> list[bool] | None:
        """Which basket lines it is about; None where it names none."""
        lines = self.lines
        return [lines(s, line) for line in s.basket.lines] if lines is not None else None
