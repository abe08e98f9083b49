"""Offers of a release made ready: for whom, from when to when, on which types of activity, with which parameters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from regulars.engine import carried, periods, words
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.points import calendar
from regulars.engine.scope import Scope
from regulars.engine.segments import SegmentPlan
from regulars.language import contracts as language
from regulars.language.contracts import Amount, Type
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.effects import Priced
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.offers import Activate, Offer

KIND: Final = "offers."
TILL: Final = "till"
RECEIPT: Final = "receipt"
ORDER: Final = attrgetter("order")
"""The offer of highest priority first, then as written."""
UNTIL: Final = "_until"
"""Among the facts of an offer: the first day on which it counts no more, for whoever prefers what ends first."""


class Param:
    """One parameter: its formula over the member, and what it gives."""

    __slots__ = ("formula", "name", "scale", "shown_as", "type")

    def __init__(self, name: str, formula: Function, type: Type) -> None:
        self.name = name
        self.formula = formula
        self.type = type
        self.scale = type.scale if isinstance(type, Amount) else 0
        self.shown_as = type if self.scale else None

    def frozen(self, s: Scope) -> Any:
        """The value now, as the state keeps it."""
        value = self.formula(s)
        if isinstance(value, dt.date | dt.datetime):
            return value.isoformat()
        return [value, self.scale] if self.scale and value is not None else value

    def thawed(self, kept: Any) -> Any:
        """A kept value as expressions read it; a formula of another release may have had other decimals."""
        if kept is None:
            return None
        if self.type == language.DATE:
            return dt.date.fromisoformat(kept)
        if self.type == language.TIMESTAMP:
            return dt.datetime.fromisoformat(kept)
        number, scale = kept if isinstance(kept, list) else (kept, 0)
        if isinstance(number, int) and not isinstance(number, bool) and scale != self.scale:
            return number * 10**self.scale // 10**scale
        return number

    def fits(self, kept: Any) -> bool:
        """Whether a kept value is of the kind that this formula gives."""
        if kept is None:
            return True
        if self.type in (language.TEXT, language.DATE, language.TIMESTAMP):
            return isinstance(kept, str)
        if self.type == language.BOOL:
            return isinstance(kept, bool)
        return (isinstance(kept, int) and not isinstance(kept, bool)) or isinstance(kept, list)


class Hint:
    """What a basket has to reach, where a condition says no more than that."""

    __slots__ = ("_basket", "_need", "_scales", "_strict")

    def __init__(self, plan: OfferPlan, made_from: Making) -> None:
        definition = plan.definition
        found = _LEAST.fullmatch(definition.if_ or "")
        self._basket: Function | None = None
        if found is None or _MORE.search(found["need"]) or not plan.types:
            return
        trigger = carried.trigger(made_from.program, plan.path, definition.on)
        early = any(isinstance(effect, Priced) for effect in definition.effects)
        schema = made_from.places.rule(trigger, before_price=early)
        self._need, need_scale = made_from.expressions.formula(found["need"], schema)
        self._basket, scale = made_from.expressions.formula(found["basket"], schema)
        self._scales = scale, need_scale
        self._strict = found["than"] == ">"

    def missing(self, s: Scope, facts: dict[str, Any]) -> int | None:
        """Minor units; None where nothing is missing."""
        if self._basket is None:
            return None
        outer, s.carrier = s.carrier, facts
        scale, need_scale = self._scales
        # Rounded up: with so much more it is reached.
        need = -(-self._need(s) * 10**scale // 10**need_scale) + (1 if self._strict else 0)
        missing: int = need - self._basket(s)
        s.carrier = outer
        return missing if missing > 0 else None


_LEAST: Final = re.compile(r"\s*(?P<basket>basket\.(?:total|base|gross))\s*(?P<than>>=?)\s*(?P<need>.+?)\s*", re.DOTALL)
_MORE: Final = re.compile(r"&&|\|\||\?|[<>=]|\bbasket\b|\bline\b")
"""What makes a condition more than one number to reach."""


class OfferPlan:
    """One offer. Days are local days of the program."""

    __slots__ = (
        "_hint",
        "_made_from",
        "always",
        "audience",
        "begins_at_sight",
        "counts_at_once",
        "definition",
        "has_audience",
        "midway",
        "name",
        "needs_tap",
        "number",
        "on_receipt",
        "on_till",
        "order",
        "params",
        "path",
        "segment",
        "text",
        "title",
        "types",
    )

    def __init__(self, definition: Offer, place: int, made_from: Making, midway: Midway | None) -> None:
        self._made_from = made_from
        self._hint: Hint | None = None
        self.definition = definition
        self.name = definition.name
        self.path = f"{KIND}{definition.name}"
        self.title, self.text = words.wording(definition.title), words.wording(definition.text)
        self.number = len(made_from.program.rules) + place
        """That of the rule which carries it out."""
        self.needs_tap = definition.activate is Activate.TAP
        self.order = (-definition.priority, place)
        self.midway = midway if midway is not None and midway.policy is not MidwayPolicy.KEEP else None
        self.types = frozenset(carried.trigger(made_from.program, self.path, definition.on).types)
        self.always = definition.from_ is None and definition.until is None
        """Whether it is in force on every day."""
        placements = definition.placements
        self.on_till = not placements or TILL in placements
        self.on_receipt = bool(self.title) and (not placements or RECEIPT in placements)
        """Where it is spoken of to whoever it is for."""
        schema = made_from.places.segment()
        self.has_audience = definition.audience is not None
        self.segment = segment_named(definition.audience) if definition.audience is not None else None
        self.audience: Function | None = None
        if definition.audience is not None and self.segment is None:
            self.audience = made_from.expressions.condition(definition.audience, schema)
        self.params = tuple(
            Param(name, *made_from.expressions.value(text, schema)) for name, text in definition.params.items()
        )
        self.begins_at_sight = bool(self.params) or definition.window is not None
        """Whether something has to be kept of a member who is in its audience before it is used."""
        self.counts_at_once = self.always and not self.needs_tap and not self.begins_at_sight
        """Whether it counts for whoever is in its audience and was never given it, with nothing to be asked or kept."""

    def runs_on(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        if self.always:
            return True
        start, end = self.definition.from_, self.definition.until
        return (start is None or day >= start) and (end is None or day < end)

    def is_for(self, s: Scope) -> bool:
        """Whether the member is in its audience; False where it has none. Metrics and segments have to be shown."""
        if self.segment is not None:
            return self.segment in s.member.segments
        return self.audience is not None and bool(self.audience(s))

    def end(self, since: dt.date) -> int:
        """The first day on which it counts no more for who has it since a day; 0 where it never ends."""
        if self.always and self.definition.window is None:
            return 0
        definition, found = self.definition, []
        if definition.window is not None:
            first = max(since, definition.from_ or since)
            found.append(periods.number(calendar.add(first, definition.window)) + 1)
        if definition.until is not None:
            found.append(periods.number(definition.until))
        return min(found, default=0)

    def needs(self, s: Scope, facts: dict[str, Any]) -> int | None:
        """How much money the basket lacks for it, in minor units; None where it lacks none, or it is no number."""
        if self._hint is None:
            self._hint = Hint(self, self._made_from)
        return self._hint.missing(s, facts)

    def freeze(self, s: Scope) -> dict[str, Any]:
        """Its parameters for this member as of now."""
        return {param.name: param.frozen(s) for param in self.params}

    def restored(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Facts as they counted for a sale, from what is stored with it: dates are dates again."""
        found = dict(recorded)
        for name, kind in ((UNTIL, language.DATE), *((param.name, param.type) for param in self.params)):
            value = found.get(name)
            if isinstance(value, str) and kind in (language.DATE, language.TIMESTAMP):
                found[name] = (dt.date if kind == language.DATE else dt.datetime).fromisoformat(value)
        return found

    def thaw(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Kept facts as expressions read them."""
        if not self.params:
            return dict(kept)
        return {**kept, **{param.name: param.thawed(kept.get(param.name)) for param in self.params}}


class OfferIndex:
    """The offers that count for one type of activity, found by what a member has and is."""

    __slots__ = ("by_audience", "by_segment", "conditions", "in_order", "plans", "printed", "segments")

    def __init__(self, plans: Iterable[OfferPlan], all_segments: Sequence[SegmentPlan]) -> None:
        self.plans = {plan.name: plan for plan in plans}
        self.by_segment: dict[str, list[OfferPlan]] = {}
        self.conditions: list[OfferPlan] = []
        for plan in self.plans.values():
            if plan.segment is not None:
                self.by_segment.setdefault(plan.segment, []).append(plan)
            elif plan.has_audience:
                self.conditions.append(plan)
        self.in_order = sorted(self.conditions, key=ORDER)
        """Those of `conditions`, the one of highest priority first."""
        self.printed = sum(plan.on_receipt for plan in self.conditions)
        """How many of `conditions` a receipt may speak of."""
        self.by_audience: dict[Function, list[OfferPlan]] = {}
        """Of `conditions` those of each audience: many offers share its text, and with it its function."""
        for plan in self.conditions:
            if plan.audience is not None:
                self.by_audience.setdefault(plan.audience, []).append(plan)
        named = [plan for plan in all_segments if plan.name in self.by_segment]
        reads_more = self.conditions or any(plan.params for plan in self.plans.values() if plan.has_audience)
        nested = reads_more or any("member.segments" in plan.reads for plan in named)
        self.segments: Sequence[SegmentPlan] = all_segments if nested else named
        """What has to be known of a member: the segments that are an audience, all where more is read."""

    @property
    def has_audiences(self) -> bool:
        """Whether anybody has an offer without being given it."""
        return bool(self.by_segment or self.conditions)


def restored(offers: Mapping[str, OfferPlan], recorded: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What counted for a sale, as expressions read it; what is no offer stays as it was stored."""
    return {
        path: plan.restored(facts) if (plan := offers.get(path.removeprefix(KIND))) is not None else facts
        for path, facts in recorded.items()
    }


def plans(offers: Mapping[str, Offer], made_from: Making, midway: Mapping[str, Midway]) -> dict[str, OfferPlan]:
    """The offers of a release, by name. Raises ExpressionFaults for one that was never checked."""
    return {
        name: OfferPlan(offer, place, made_from, midway.get(f"{KIND}{name}"))
        for place, (name, offer) in enumerate(offers.items())
    }
