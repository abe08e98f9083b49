"""A rule made ready: when it is awake, for whom, on which lines, and what it then does. Compiled on its first hit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from regulars.engine import actions, carried, effects, periods, schedules
from regulars.engine.making import Making
from regulars.engine.pricing import plans as pricing
from regulars.engine.scope import Scope
from regulars.language import contracts as language
from regulars.language import service as language_rules
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.definitions import Rule, RuleKind
from regulars.program.contracts.effects import HoldForReview, Priced, Refuse
from regulars.program.contracts.triggers import OnActivity, OnEvent, OnRun

Condition = Callable[..., bool]


class RulePlan:
    """One rule of a release for one place in the order of a decision."""

    __slots__ = (
        "_made_from",
        "_whole",
        "actions",
        "audience",
        "carrier",
        "condition",
        "definition",
        "discounts",
        "early",
        "group",
        "is_base",
        "is_rationed",
        "keeps_waiting",
        "lines",
        "name",
        "number",
        "order",
        "path",
        "plain",
        "points",
        "prices",
        "priority",
        "ready",
        "refuses",
        "schedule",
        "segment",
        "simple",
        "suggests",
    )

    def __init__(self, definition: Rule, *, number: int, made_from: Making) -> None:
        self._made_from = made_from
        self._whole: tuple[language.Expression, language.Schema] | None = None
        self.definition = definition
        self.name = definition.name
        self.number = number
        self.group = definition.group
        self.priority = definition.priority
        trigger = definition.trigger
        self.carrier: str | None = trigger.of if isinstance(trigger, OnActivity) else None
        """The path of the offer, voucher or reward whose effects these are; None for a rule of the program."""
        # What is no rule of the program bears the path of its definition as its name.
        self.path = self.carrier or (self.name if "." in self.name else f"rules.{self.name}")
        """The definition whose rule this is: `rules.visit`, `offers.come_back`."""
        self.is_base = definition.kind is RuleKind.BASE
        self.order = (not self.is_base, -self.priority, number)
        """Base rules first, then by priority, then as written."""
        self.keeps_waiting = any(isinstance(effect, HoldForReview) for effect in definition.effects)
        self.refuses = any(isinstance(effect, Refuse) for effect in definition.effects)
        self.discounts = any(isinstance(effect, Priced) for effect in definition.effects)
        """Whether it changes the price: then it does all that it says only where its discount is taken."""
        self.early = self.refuses or self.discounts
        """Whether its condition is asked before the price."""
        self.plain = definition.from_ is None and definition.until is None and definition.schedule is None
        self.schedule = made_from.schedule(definition.schedule) if definition.schedule is not None else None
        self.simple = (
            definition.from_ is None
            and definition.until is None
            and definition.group is None
            and not definition.per_member
            and definition.cooldown is None
            and (definition.audience is None or segment_named(definition.audience) is not None)
        )
        """Only a schedule, a segment, a condition and lines decide whether it fires."""
        # A carrier that did nothing for the sale does not begin to when some of it comes back.
        self.is_rationed = (
            self.carrier is not None
            or bool(definition.per_member)
            or definition.cooldown is not None
            or (definition.budget is not None and definition.budget.uses is not None)
        )
        """Whether it fires only so often, for one member or in all: that is decided with the sale, not anew with its
        return."""
        self.segment: str | None = None
        self.audience: Condition | None = None
        self.condition: Condition | None = None
        self.lines: Callable[[Scope], list[bool]] | None = None
        """Which basket lines it is about, for all of them at once; None where it names none."""
        self.points: tuple[tuple[int, effects.PointsPlan], ...] = ()
        self.prices: tuple[tuple[int, pricing.PricePlan], ...] = ()
        self.actions: tuple[tuple[int, actions.ActionPlan], ...] = ()
        self.suggests = False
        """Whether it names goods that a till may add."""
        self.ready = False

    @property
    def whole(self) -> tuple[language.Expression, language.Schema]:
        """All that must hold for it to fire as one condition, for the index and for what it reads."""
        if self._whole is None:
            self._whole = self._checked_whole()
        return self._whole

    def _checked_whole(self) -> tuple[language.Expression, language.Schema]:
        definition, made_from = self.definition, self._made_from
        schema = made_from.places.rule(definition.trigger, before_price=self.early)
        parts = []
        if definition.if_ is not None:
            parts.append(f"({definition.if_}\n)")
        if definition.lines is not None:
            # A new line ends a comment, should the text end in one.
            parts.append(f"basket.lines.exists(line, {definition.lines}\n)")
        if definition.audience is not None:
            segment = segment_named(definition.audience)
            parts.append(f"'{segment}' in member.segments" if segment is not None else f"({definition.audience}\n)")
        text = " && ".join(parts) or "true"
        try:
            return language_rules.check(text, schema, language.BOOL), schema
        except language.ExpressionFaults:
            # Together the parts may be longer or dearer than one expression may be: then it is filed under its `if`
            # alone.
            return language_rules.check(definition.if_ or "true", schema, language.BOOL), schema

    def reads(self) -> frozenset[str]:
        """The paths that it reads to find out whether it fires and how much it gives."""
        expressions = self._made_from.expressions
        paths = [self.whole[0].fields]
        for effect in self.definition.effects:
            texts = pricing.reads if isinstance(effect, Priced) else effects.READS.get(type(effect))
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
            self.segment = segment_named(definition.audience)
            if self.segment is None:
                self.audience = condition(definition.audience, places.segment())
        if definition.if_ is not None:
            schema = places.rule(trigger, before_price=self.early)
            self.condition = condition(definition.if_, schema)
            if self.carrier is not None and self.carrier.startswith(carried.VOUCHERS) and self._reads_numbers(schema):
                self.condition = carried.as_before(self.condition)
        if definition.lines is not None:
            early = self.early
            self.lines = made_from.expressions.each_line(
                definition.lines,
                places.line(trigger, before_price=early),
                places.rule(trigger, before_price=early),
            )
        numbered = list(enumerate(definition.effects))
        self.points = tuple(
            (place, effects.POINTS[type(effect)](effect, trigger, made_from))
            for place, effect in numbered
            if type(effect) in effects.POINTS
        )
        self.prices = tuple(
            (place, pricing.PRICE[type(effect)](effect, trigger, made_from))
            for place, effect in numbered
            if type(effect) in pricing.PRICE
        )
        self.actions = tuple(
            (place, actions.ACTIONS[type(effect)](effect, trigger, made_from))
            for place, effect in numbered
            if type(effect) in actions.ACTIONS
        )
        self.suggests = any(price.sku is not None for _, price in self.prices)
        self.ready = True

    def _reads_numbers(self, schema: language.Schema) -> bool:
        checked = self._made_from.expressions.checked(self.definition.if_ or "true", schema, language.BOOL)
        return any(path.startswith("member.metrics") for path in checked.fields)

    def listens(self, facts: dict[str, object]) -> bool:
        """Whether it wants to hear of this event of the type that it listens to."""
        trigger = self.definition.trigger
        if isinstance(trigger, OnRun):
            return facts["name"] == self.name
        return isinstance(trigger, OnEvent) and trigger.name in {None, facts["name"]}

    def awake(self, s: Scope, zone: ZoneInfo) -> str | None:
        """None if its dates and schedule let it run now, else why not."""
        definition = self.definition
        if definition.from_ is not None or definition.until is not None:
            day: dt.date = periods.local_date(s.now, zone)
            if definition.from_ is not None and day < definition.from_:
                return "not_yet"
            if definition.until is not None and day >= definition.until:
                return "over"
        return None if self.covers(s, zone) else "asleep"

    def covers(self, s: Scope, zone: ZoneInfo) -> bool:
        """Whether its schedule, if it has one, covers the moment; asked once a decision of rules that share it."""
        schedule = self.schedule
        if schedule is None:
            return True
        awake = s.awake.get(id(schedule))
        if awake is None:
            awake = schedules.awake(schedule, s.now, store_zone=s.zone, program_zone=zone)
            s.awake[id(schedule)] = awake
        return awake

    def holds(self, s: Scope) -> str | None:
        """None if it is for this member and its condition holds, else why not."""
        if self.segment is not None and self.segment not in s.member.segments:
            return "audience"
        if self.audience is not None and not self.audience(s):
            return "audience"
        if self.condition is not None and not self.condition(s):
            return "condition"
        return None
