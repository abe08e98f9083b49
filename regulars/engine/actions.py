"""Effects that do not give points: each acts on the decision once the points are given, in the order of the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from regulars.engine import periods, state, words
from regulars.engine.attempts import Added, Frozen
from regulars.engine.choices.picks import MorePicks
from regulars.engine.contracts.decision import AttributeChange, EventDraft, Fired, Message
from regulars.engine.expressions import Function
from regulars.engine.game_wishes import Plays
from regulars.engine.ladders.standing import Wanted
from regulars.engine.making import Making
from regulars.engine.offers.held import GivenOffer
from regulars.engine.plan_wishes import Enlisted
from regulars.engine.points import adjusting, calendar, extending
from regulars.engine.reward_wishes import Entitled, RewardGiven
from regulars.engine.voucher_wishes import VoucherWished
from regulars.engine.work import Work
from regulars.kit.money import round_ratio
from regulars.language.contracts import DATE, Type
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.effects import (
    AddTo,
    Badge,
    Cashier,
    Convert,
    Effect,
    Emit,
    Enlist,
    Entitlement,
    Extend,
    Freeze,
    GiveOffer,
    GiveReward,
    GiveVoucher,
    Play,
    Progress,
    Receipt,
    RemoveFrom,
    SetAttribute,
    SetTier,
    Slots,
    Take,
)
from regulars.program.contracts.triggers import AnyTrigger
from regulars.program.contracts.values import Span

RECEIPT: Final = "receipt"
CASHIER: Final = "cashier"
PLAYS_MOST: Final = 100
"""How often one effect plays at most: each play is a row."""


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


class BadgePlan:
    """`badge`: one more of it."""

    __slots__ = ("badge",)

    def __init__(self, definition: Badge, trigger: AnyTrigger, made_from: Making) -> None:
        self.badge = definition.badge

    def act(self, work: Work, rule: str, place: int) -> None:
        """Give it."""
        badges = work.member.badges
        times = badges.get(self.badge, [0])[0]
        badges[self.badge] = [times + 1, periods.number(work.day)]
        work.scope.member.badges = tuple(sorted(badges))
        work.cause("badge.given", self.badge)
        work.stirred = True


class PlayPlan:
    """`play`: the handler of draws takes it up."""

    __slots__ = ("_formula", "_unit", "draw")

    def __init__(self, definition: Play, trigger: AnyTrigger, made_from: Making) -> None:
        self.draw = definition.play
        self._formula, scale = made_from.expressions.formula(definition.times, made_from.places.rule(trigger))
        self._unit = 10**scale

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        times = min(self._formula(work.scope) // self._unit, PLAYS_MOST)
        if times > 0:
            work.asked.append(Plays(self.draw, times))


class ProgressPlan:
    """`progress`: the handler of challenges takes it up."""

    __slots__ = ("_formula", "_scale", "challenge")

    def __init__(self, definition: Progress, trigger: AnyTrigger, made_from: Making) -> None:
        self.challenge = definition.progress
        self._formula, self._scale = made_from.expressions.formula(definition.amount, made_from.places.rule(trigger))

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        value = self._formula(work.scope)
        if value:
            work.asked.append(Added(self.challenge, value, self._scale))


class FreezePlan:
    """`freeze`: the running streak of a metric may miss more."""

    __slots__ = ("by", "metric")

    def __init__(self, definition: Freeze, trigger: AnyTrigger, made_from: Making) -> None:
        self.metric = definition.freeze
        self.by = definition.by

    def act(self, work: Work, rule: str, place: int) -> None:
        """Forgive it beforehand."""
        work.asked.append(Frozen(self.metric, self.by))


class EnlistPlan:
    """`plan`: the handler of plans takes it up."""

    __slots__ = ("wish",)

    def __init__(self, definition: Enlist, trigger: AnyTrigger, made_from: Making) -> None:
        self.wish = Enlisted(definition.plan, definition.until)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        work.asked.append(self.wish)


class VoucherPlan:
    """`voucher`: the handler of vouchers takes it up."""

    __slots__ = ("voucher",)

    def __init__(self, definition: GiveVoucher, trigger: AnyTrigger, made_from: Making) -> None:
        self.voucher = definition.voucher

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        work.asked.append(VoucherWished(self.voucher, rule))


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


class SlotsPlan:
    """`slots`: more picks of a choice."""

    __slots__ = ("definition", "until")

    def __init__(self, definition: Slots, trigger: AnyTrigger, made_from: Making) -> None:
        self.definition = definition
        self.until: Function | None = None
        if definition.until is not None:
            self.until, _ = made_from.expressions.value(definition.until, made_from.places.rule(trigger), DATE)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for them; a date that is empty or over gives none."""
        through = self.until(work.scope) if self.until is not None else None
        if self.until is None or through is not None:
            work.asked.append(MorePicks(self.definition.slots, self.definition.by, through))


class TierPlan:
    """`tier`: a level of a ladder, for a while."""

    __slots__ = ("definition",)

    def __init__(self, definition: SetTier, trigger: AnyTrigger, made_from: Making) -> None:
        self.definition = definition

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        effect, today = self.definition, work.numbers.today
        until = calendar.add(today, effect.until) if effect.until is not None else None
        work.asked.append(Wanted(effect.tier, effect.level, until, by_hand=False, cause="rule"))


class OfferPlan:
    """`offer`: the handler of offers takes it up."""

    __slots__ = ("offer",)

    def __init__(self, definition: GiveOffer, trigger: AnyTrigger, made_from: Making) -> None:
        self.offer = definition.offer

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        work.asked.append(GivenOffer(self.offer, rule))


class GiveRewardPlan:
    """`reward`: the handler of rewards takes it up."""

    __slots__ = ("reward",)

    def __init__(self, definition: GiveReward, trigger: AnyTrigger, made_from: Making) -> None:
        self.reward = definition.reward

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        work.asked.append(RewardGiven(self.reward, rule))


class ServicePlan:
    """`service`: the handler of rewards takes it up."""

    __slots__ = ("definition", "terms")

    def __init__(self, definition: Entitlement, trigger: AnyTrigger, made_from: Making) -> None:
        self.definition = definition
        self.terms = _fields(definition.terms, trigger, made_from)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Ask for it."""
        effect = self.definition
        work.asked.append(
            Entitled(
                service=effect.service,
                by=rule,
                until=_end_ms(work, effect.until),
                due=_end_ms(work, effect.within),
                terms=_evaluated(self.terms, work),
            )
        )


def _end_ms(work: Work, span: Span | None) -> int:
    return 0 if span is None else state.ms(calendar.span_end(span, since=work.scope.now, zone=work.zone)[0])


class EmitPlan:
    """`event`: a name of the program's own, with fields."""

    __slots__ = ("fields", "name")

    def __init__(self, definition: Emit, trigger: AnyTrigger, made_from: Making) -> None:
        self.name = definition.event
        self.fields = _fields(definition.fields, trigger, made_from)

    def act(self, work: Work, rule: str, place: int) -> None:
        """Note the event."""
        work.events.append(EventDraft(type=self.name, data={"rule": rule, **_evaluated(self.fields, work)}))


ActionPlan = (
    TakePlan
    | ConvertPlan
    | ExtendPlan
    | SetPlan
    | StaticPlan
    | SayPlan
    | EmitPlan
    | GiveRewardPlan
    | ServicePlan
    | PlayPlan
    | BadgePlan
    | ProgressPlan
    | FreezePlan
    | OfferPlan
    | SlotsPlan
    | TierPlan
    | EnlistPlan
    | VoucherPlan
)

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
    GiveReward: GiveRewardPlan,
    Entitlement: ServicePlan,
    Play: PlayPlan,
    Badge: BadgePlan,
    Progress: ProgressPlan,
    Freeze: FreezePlan,
    GiveOffer: OfferPlan,
    Slots: SlotsPlan,
    SetTier: TierPlan,
    Enlist: EnlistPlan,
    GiveVoucher: VoucherPlan,
}
"""Effects that act."""


def set_attribute(work: Work, name: str, value: Any) -> None:
    """Set an attribute of the member (None removes it), for expressions that follow, for the state and for SQL."""
    attributes = work.scope.member.attributes
    if attributes.get(name) == value or name in work.withheld:
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
