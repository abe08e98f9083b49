"""Effects that do not give points: each acts on the decision once the points are given, in the order of the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from regulars.engine import state, words
from regulars.engine.contracts.decision import AttributeChange, EventDraft, Fired, Message
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.points import adjusting, extending
from regulars.engine.work import Work
from regulars.kit.money import round_ratio
from regulars.language.contracts import Type
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.effects import (
    AddTo,
    Cashier,
    Convert,
    Effect,
    Emit,
    Extend,
    Receipt,
    RemoveFrom,
    SetAttribute,
    Take,
)
from regulars.program.contracts.triggers import AnyTrigger

RECEIPT: Final = "receipt"
CASHIER: Final = "cashier"


class PointsFormula:
    """A formula in whole units of a currency, rounded to its smallest unit as the currency says."""

    __slots__ = ("_formula", "_unit", "currency")

    def __init__(self, text: str, currency: str, trigger: AnyTrigger, made_from: Making) -> None:
        self.currency: Currency = made_from.program.currencies[currency]
        self._formula, scale = made_from.expressions.formula(text, made_from.places.rule(trigger))
        self._unit = 10**scale

    def points(self, work: Work) -> int:
        """Smallest units, at least 0."""
        value = self._formula(work.scope) * 10**self.currency.scale
        return max(round_ratio(value, self._unit, self.currency.rounding.value), 0)


class TakePlan:
    """`take`: at most what is there."""

    __slots__ = ("formula",)

    def __init__(self, definition: Take, trigger: AnyTrigger, made_from: Making) -> None:
        self.formula = PointsFormula(definition.amount, definition.take, trigger, made_from)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Take the points."""
        currency = self.formula.currency.name
        taken = adjusting.take(work.purse, currency, self.formula.points(work), rule=rule)
        if taken:
            work.fired.append(Fired(rule=rule, effect=place, currency=currency, points=-taken))


class ConvertPlan:
    """`convert`: at most what is there; what makes no whole unit stays (L76)."""

    __slots__ = ("formula", "rate", "to")

    def __init__(self, definition: Convert, trigger: AnyTrigger, made_from: Making) -> None:
        self.formula = PointsFormula(definition.amount, definition.convert, trigger, made_from)
        self.to = definition.to
        self.rate = definition.rate

    def act(self, work: Work, rule: str, place: int) -> None:
        """Convert the points."""
        currency = self.formula.currency.name
        points = min(self.formula.points(work), work.purse.available(currency))
        done = adjusting.convert(work.purse, currency, self.to, points, rate=self.rate, rule=rule)
        if done.given:
            work.fired.append(Fired(rule=rule, effect=place, currency=currency, points=-done.taken))
            work.fired.append(Fired(rule=rule, effect=place, currency=self.to, points=done.given))


class ExtendPlan:
    """`extend`: a later end for active lots."""

    __slots__ = ("definition",)

    def __init__(self, definition: Extend, trigger: AnyTrigger, made_from: Making) -> None:
        self.definition = definition

    def act(self, work: Work, rule: str, place: int) -> None:
        """Move the ends, if there is anything to move."""
        effect = self.definition
        if work.purse.available(effect.extend):
            moved = extending.extend(work.purse, effect.extend, by=effect.by, within=effect.within)
            if moved:
                work.hear("points.extended", currency=effect.extend, points=moved, rule=rule)


class SetPlan:
    """`set`: an attribute of the member to the value of an expression."""

    __slots__ = ("name", "value")

    def __init__(self, definition: SetAttribute, trigger: AnyTrigger, made_from: Making) -> None:
        self.name = definition.set
        self.value, _ = made_from.expressions.value(definition.value, made_from.places.rule(trigger))

    def act(self, work: Work, rule: str, place: int) -> None:
        """Set it, or remove it where the value is empty."""
        set_attribute(work, self.name, self.value(work.scope))


class StaticPlan:
    """`add_to` and `remove_from`: static segments."""

    __slots__ = ("adds", "segment")

    def __init__(self, definition: AddTo | RemoveFrom, trigger: AnyTrigger, made_from: Making) -> None:
        self.adds = isinstance(definition, AddTo)
        self.segment = definition.add_to if isinstance(definition, AddTo) else definition.remove_from

    def act(self, work: Work, rule: str, place: int) -> None:
        """Put the member on the list, or take them off."""
        move_static(work, self.segment, adds=self.adds)


class SayPlan:
    """`receipt` and `cashier`: a line with fields."""

    __slots__ = ("code", "fields", "say", "to")

    def __init__(self, definition: Receipt | Cashier, trigger: AnyTrigger, made_from: Making) -> None:
        self.to = RECEIPT if isinstance(definition, Receipt) else CASHIER
        self.code = definition.receipt if isinstance(definition, Receipt) else definition.cashier
        self.say = words.wording(definition.say)
        self.fields = _fields(definition.fields, trigger, made_from)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Say it."""
        work.messages.append(Message(to=self.to, code=self.code, fields=_evaluated(self.fields, work), say=self.say))


class EmitPlan:
    """`event`: a name of the program's own, with fields."""

    __slots__ = ("fields", "name")

    def __init__(self, definition: Emit, trigger: AnyTrigger, made_from: Making) -> None:
        self.name = definition.event
        self.fields = _fields(definition.fields, trigger, made_from)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Note the event."""
        work.events.append(EventDraft(type=self.name, data={"rule": rule, **_evaluated(self.fields, work)}))


ActionPlan = TakePlan | ConvertPlan | ExtendPlan | SetPlan | StaticPlan | SayPlan | EmitPlan

ACTIONS: Final[dict[type[Effect], Callable[[Any, AnyTrigger, Making], ActionPlan]]] = {
    Take: TakePlan,
    Convert: ConvertPlan,
    Extend: ExtendPlan,
    SetAttribute: SetPlan,
    AddTo: StaticPlan,
    RemoveFrom: StaticPlan,
    Receipt: SayPlan,
    Cashier: SayPlan,
    Emit: EmitPlan,
}
"""Effects that act."""


def set_attribute(work: Work, name: str, value: Any) -> None:
    """Set an attribute of the member (None removes it), for expressions that follow, for the state and for SQL."""
    attributes = work.scope.member.attributes
    if attributes.get(name) == value:
        return
    if value is None:
        attributes.pop(name, None)
        work.member.attributes.pop(name, None)
    else:
        attributes[name] = value
        work.member.attributes[name] = state.kept(value)
    if name == "language":
        work.scope.member.language = value
    work.attributes.append(AttributeChange(work.member_id, name, state.kept(value)))
    work.stirred = True


def move_static(work: Work, segment: str, *, adds: bool) -> None:
    """Put the member on a static segment or take them off; segments are worked out after all rules."""
    statics = work.member.statics
    if adds and segment not in statics:
        statics.append(segment)
        statics.sort()
        work.stirred = True
    elif not adds and segment in statics:
        statics.remove(segment)
        work.stirred = True


_Fields = tuple[tuple[str, Function, Type], ...]


def _fields(fields: dict[str, str], trigger: AnyTrigger, made_from: Making) -> _Fields:
    schema = made_from.places.rule(trigger)
    return tuple((name, *made_from.expressions.value(text, schema)) for name, text in fields.items())


def _evaluated(fields: _Fields, work: Work) -> dict[str, object]:
    return {name: words.plain(function(work.scope), kind) for name, function, kind in fields}
