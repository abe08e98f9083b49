"""What wakes what inside a decision: each effect with the events that it causes, at once or over the numbers that it
moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

import msgspec

from regulars.program.checks import numbers
from regulars.program.checks.context import Context
from regulars.program.checks.expressions import constants
from regulars.program.checks.numbers import Entry
from regulars.program.checks.possible import may_hold
from regulars.program.contracts.challenges import Challenge, Join
from regulars.program.contracts.definitions import Pending, Rule
from regulars.program.contracts.effects import (
    AddTo,
    AnyEffect,
    Badge,
    Convert,
    Effect,
    Enlist,
    Entitlement,
    Give,
    GiveOffer,
    GiveReward,
    GiveVoucher,
    Play,
    Progress,
    RemoveFrom,
    SetAttribute,
    SetTier,
    Take,
)
from regulars.program.contracts.reward_steps import AnyStep, Credit, Effects, IssueCode, OfferStep, Outside
from regulars.program.contracts.triggers import OnEvent

MOVES: Final = ("segment.entered", "segment.left")
STANDING: Final = frozenset(
    {
        *MOVES,
        "offer.given",
        "challenge.joined",
        "tier.up",
        "tier.joined",
        "plan.started",
        "plan.ended",
        "service.started",
    }
)
"""Who is there already does not come in once more: such an event never wakes itself."""


class Event(msgspec.Struct, frozen=True, order=True):
    """What is caused, the definition that it is about, and of a challenge the step."""

    type: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.type} {self.name}".strip()


class Caused(msgspec.Struct, frozen=True):
    """An event that somebody woken causes: `share` of it for one time (100 points of the 50 that a goal asks for: 2).

    `ends`: only so often, whatever happens. `crosses`: a number passes a boundary, which it has to pass back before
    that happens again. `counted`: over numbers that may or may not reach so far.
    """

    event: Event
    share: Fraction = Fraction(1)
    ends: bool = False
    crosses: bool = False
    counted: bool = False


class Lead(msgspec.Struct, frozen=True):
    """Who is woken, and what that causes."""

    by: str
    caused: Caused


Leads = dict[Event, list[Lead]]
"""By event: who it wakes, and what that causes."""


class Graph(msgspec.Struct, frozen=True):
    """Who wakes whom: `wakes` has the rules that an event wakes, whether or not they cause something; `first` the event
    to which each rule listens with what it causes."""

    leads: Leads
    wakes: dict[Event, list[str]]
    first: dict[str, tuple[Event, list[Caused]]]


class _Listener(msgspec.Struct, frozen=True):
    by: str
    on: OnEvent
    part: str
    caused: tuple[Caused, ...]
    condition: str
    ends: bool

    def hears(self, event: Event, context: Context) -> bool:
        if (event.type, event.part) != (self.on.event, self.part or event.part):
            return False
        if self.on.name not in {None, event.name}:
            return False
        return may_hold(context.expression(self.condition), {"event.name": event.name})


class Spot(msgspec.Struct, frozen=True):
    """Where an effect stands, and the name under which points of it are booked."""

    context: Context
    path: str
    rule: str


def graph(context: Context) -> Graph:
    """Every event that something here causes, with whom it wakes."""
    rules = list(_rules(context))
    listeners = [*rules, *_challenges(context), *_rewards(context)]
    events = sorted({caused.event for listener in listeners for caused in listener.caused})
    heard = {event: [one for one in listeners if one.hears(event, context)] for event in events}
    return Graph(
        leads={
            event: [
                Lead(listener.by, msgspec.structs.replace(one, ends=one.ends or listener.ends))
                for listener in heard[event]
                for one in listener.caused
                if one.event != event or event.type not in STANDING
            ]
            for event in events
        },
        wakes={event: [one.by for one in heard[event] if one in rules] for event in events},
        first={one.by: (Event(one.on.event, one.on.name or ""), list(one.caused)) for one in rules},
    )


def _rules(context: Context) -> Iterator[_Listener]:
    for name, rule in context.program.rules.items():
        if isinstance(rule.trigger, OnEvent):
            path = f"rules.{name}"
            caused = _all(rule.effects, f"{path}.effects", name, context)
            yield _Listener(path, rule.trigger, "", caused, f"{path}.if", _is_rationed(rule))


def _is_rationed(rule: Rule) -> bool:
    return bool(rule.per_member) or rule.cooldown is not None


def _challenges(context: Context) -> Iterator[_Listener]:
    for name, challenge in context.program.challenges.items():
        path = f"challenges.{name}"
        caused = _all(challenge.effects, f"{path}.effects", path, context)
        yield _Listener(path, OnEvent(event="challenge.completed", name=name), "", caused, "", ends=False)
        for step, one in challenge.steps.items():
            caused = _all(one.effects, f"{path}.steps.{step}.effects", path, context)
            yield _Listener(path, OnEvent(event="challenge.step", name=name), step, caused, "", ends=False)


def _rewards(context: Context) -> Iterator[_Listener]:
    """Whoever gets a reward gets what its steps give, up to the first that somebody else has to do."""
    for name, reward in context.program.rewards.items():
        kind = context.program.reward_types.get(reward.type or "")
        caused: list[Caused] = []
        paths = [(f"rewards.{name}.steps", reward.steps)]
        if kind is not None:
            paths.append((f"reward_types.{kind.name}.steps", kind.steps))
        for path, place, step in [(path, place, one) for path, steps in paths for place, one in enumerate(steps)]:
            if isinstance(step, Outside):
                break
            caused += _all(_done(step), f"{path}[{place}]", f"rewards.{name}", context, whole=_is_whole(step))
        on = OnEvent(event="reward.ordered", name=name)
        yield _Listener(f"rewards.{name}", on, "", tuple(caused), "", ends=bool(reward.limits))


def _done(step: AnyStep) -> Sequence[AnyEffect]:
    match step:
        case Credit():
            return (Give(give=step.credit, amount=step.amount, pending=step.pending),)
        case IssueCode():
            return (GiveVoucher(voucher=step.issue_code),)
        case OfferStep():
            return (GiveOffer(offer=step.offer),)
        case Effects():
            return step.effects
        case _:
            return ()


def _is_whole(step: AnyStep) -> bool:
    """Whether the step itself is the effect, not a list of them."""
    return not isinstance(step, Effects)


def _all(
    effects: Iterable[AnyEffect], path: str, rule: str, context: Context, *, whole: bool = False
) -> tuple[Caused, ...]:
    found: list[Caused] = []
    for place, effect in enumerate(effects):
        causes = CAUSES.get(type(effect))
        if causes is not None:
            within = f"{path}.effects" if path.startswith(("rewards.", "reward_types.")) else path
            found += causes(effect, Spot(context, path if whole else f"{within}[{place}]", rule))
    return tuple(found)


def _adds(effect: AddTo, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("segment.entered", effect.add_to))
    yield from moved(spot.context, "member.segments", effect.add_to)


def _removes(effect: RemoveFrom, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("segment.left", effect.remove_from))
    yield from moved(spot.context, "member.segments", effect.remove_from)


def _sets(effect: SetAttribute, spot: Spot) -> Iterator[Caused]:
    yield from moved(spot.context, f"member.attributes.{effect.set}")


def _badge(effect: Badge, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("badge.given", effect.badge))
    yield from moved(spot.context, "member.badges")


def _progress(effect: Progress, spot: Spot) -> Iterator[Caused]:
    challenge: Challenge | None = spot.context.program.challenges.get(effect.progress)
    yield Caused(Event("challenge.completed", effect.progress))
    if challenge is not None:
        yield from (Caused(Event("challenge.step", effect.progress, step)) for step in challenge.steps)
        if challenge.join is Join.SELF:
            yield Caused(Event("challenge.joined", effect.progress))


def _tier(effect: SetTier, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("tier.up", effect.tier))
    yield Caused(Event("tier.joined", effect.tier))
    yield from moved(spot.context, "member.tier")


def _play(effect: Play, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("draw.played", effect.play))


def _offer(effect: GiveOffer, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("offer.given", effect.offer))


def _voucher(effect: GiveVoucher, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("voucher.given", effect.voucher))


def _reward(effect: GiveReward, spot: Spot) -> Iterator[Caused]:
    reward = spot.context.program.rewards.get(effect.reward)
    for type in ("reward.ordered", "reward.fulfilled"):
        yield Caused(Event(type, effect.reward), ends=reward is not None and bool(reward.limits))
    yield Caused(Event("reward.failed", effect.reward))


def _service(effect: Entitlement, spot: Spot) -> Iterator[Caused]:
    yield Caused(Event("service.started", effect.service))


def _plan(effect: Enlist, spot: Spot) -> Iterator[Caused]:
    """Who is in it gets more time; who is in another one leaves that, as far as something woken brought them there."""
    program = spot.context.program
    yield Caused(Event("plan.started", effect.plan))
    yield Caused(Event("plan.renewed", effect.plan))
    woken = {one.plan for rule in _woken(program.rules.values()) for one in rule.effects if isinstance(one, Enlist)}
    yield from (Caused(Event("plan.ended", name)) for name in program.plans if name in woken - {effect.plan})
    yield from moved(spot.context, "member.plan")


def _woken(rules: Iterable[Rule]) -> Iterator[Rule]:
    return (rule for rule in rules if isinstance(rule.trigger, OnEvent))


def _give(effect: Give, spot: Spot) -> Iterator[Caused]:
    amount = numbers.amount(spot.context, f"{spot.path}.amount")
    currency = spot.context.program.currencies.get(effect.give)
    waits = effect.pending is not None or (currency is not None and currency.pending != Pending())
    yield from _booked(spot, Entry("earn", effect.give, spot.rule, amount, 1, waits=waits))


def _take(effect: Take, spot: Spot) -> Iterator[Caused]:
    amount = numbers.amount(spot.context, f"{spot.path}.amount")
    yield from _booked(spot, Entry("adjust", effect.take, spot.rule, amount, -1))


def _convert(effect: Convert, spot: Spot) -> Iterator[Caused]:
    amount = numbers.amount(spot.context, f"{spot.path}.amount")
    given = None if amount is None else amount * Fraction(effect.rate.n, effect.rate.d)
    yield from _booked(spot, Entry("convert", effect.convert, spot.rule, amount, -1))
    yield from _booked(spot, Entry("convert", effect.to, spot.rule, given, 1))


def _booked(spot: Spot, entry: Entry) -> Iterator[Caused]:
    """What points bring about: goals that they count for, levels, limits, and segments that look at the number."""
    context = spot.context
    for path, change in numbers.changes(context, entry):
        for segment, entered in numbers.crossed(context, path, change):
            yield Caused(Event(MOVES[0] if entered else MOVES[1], segment), crosses=True, counted=True)
            for one in moved(context, "member.segments", segment):
                yield msgspec.structs.replace(one, crosses=True, counted=True)
        for challenge, step, share in numbers.reached(context, path, change):
            event = Event("challenge.step" if step else "challenge.completed", challenge, step)
            yield Caused(event, share or Fraction(0), ends=share is None, counted=True)
        for event in _levels_and_limits(context, path):
            yield Caused(event, ends=True, counted=True)


def _levels_and_limits(context: Context, path: str) -> Iterator[Event]:
    """There are only so many levels, and a limit is hit once an activity."""
    for ladder in numbers.ladders(context, path):
        yield Event("tier.up", ladder)
        yield Event("tier.joined", ladder)
        yield from (one.event for one in moved(context, "member.tier"))
    for name, limit in context.program.limits.items():
        if path == f"member.metrics.{limit.metric}":
            yield Event("limit.hit", name)


CAUSES: Final[dict[type[Effect], Callable[[Any, Spot], Iterator[Caused]]]] = {
    AddTo: _adds,
    RemoveFrom: _removes,
    SetAttribute: _sets,
    Badge: _badge,
    Progress: _progress,
    SetTier: _tier,
    Play: _play,
    GiveOffer: _offer,
    GiveVoucher: _voucher,
    GiveReward: _reward,
    Entitlement: _service,
    Enlist: _plan,
    Give: _give,
    Take: _take,
    Convert: _convert,
}
"""The one table from an effect to what it causes; the others cause nothing that a rule may listen to."""


def moved(context: Context, path: str, name: str | None = None, *, seen: tuple[str, ...] = ()) -> Iterator[Caused]:
    """Who comes into or leaves a segment because of what it reads, and segments that read that one."""
    for segment in context.program.segments:
        expression = context.expression(f"segments.{segment}.if")
        if expression is None or segment in seen or not any(read.startswith(path) for read in expression.fields):
            continue
        if name is not None and name not in {text for _, text, _ in constants(expression, {path: None})}:
            continue
        for event in MOVES:
            yield Caused(Event(event, segment))
        yield from moved(context, "member.segments", segment, seen=(*seen, segment))
