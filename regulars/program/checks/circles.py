"""Rules that wake each other for ever: a decision ends after four rounds, whatever they still had to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from regulars.program.checks.context import Context
from regulars.program.checks.expressions import constants
from regulars.program.contracts.challenges import Challenge, Join
from regulars.program.contracts.effects import (
    AddTo,
    AnyEffect,
    Badge,
    Effect,
    GiveOffer,
    GiveVoucher,
    Play,
    Progress,
    RemoveFrom,
    SetAttribute,
    SetTier,
)
from regulars.program.contracts.report import Fault
from regulars.program.contracts.triggers import OnEvent
from regulars.program.faults import fault

Event = tuple[str, str]
"""What is caused, and the definition that it is about."""
MOVES: Final = ("segment.entered", "segment.left")
STANDING: Final = frozenset({*MOVES, "offer.given", "challenge.joined", "tier.up", "tier.joined"})
"""Who is there already does not come in once more: such an event never wakes itself."""


def check(context: Context) -> Iterator[Fault]:
    """Each circle once, at the rule with which it begins."""
    leads = _leads(context)
    told: set[str] = set()
    for start in leads:
        circle = _circle(start, leads)
        rules = [by for by, _ in circle]
        if circle and not told & set(rules):
            told |= set(rules)
            shown = [f"{event} {name}".strip() + f" -> {by}" for by, (event, name) in _turned(start, circle)]
            path = rules[0] if "challenges." not in rules[0] else f"{rules[0]}.effects"
            yield fault("rules_in_circle", path, circle=" -> ".join([*shown, " ".join(start)]))


def _turned(start: Event, circle: list[tuple[str, Event]]) -> Iterator[tuple[str, Event]]:
    """Each rule with the event that wakes it."""
    woken = start
    for by, caused in circle:
        yield by, woken
        woken = caused


Leads = dict[Event, list[tuple[str, Event]]]
"""By event: who it wakes, and what that causes."""


def _leads(context: Context) -> Leads:
    program = context.program
    found: list[tuple[OnEvent, str, list[Event]]] = []
    for name, rule in program.rules.items():
        if isinstance(rule.trigger, OnEvent):
            found.append((rule.trigger, f"rules.{name}", list(_caused(rule.effects, context))))
    for name, challenge in program.challenges.items():
        path = f"challenges.{name}"
        done = OnEvent(event="challenge.completed", name=name)
        found.append((done, path, list(_caused(challenge.effects, context))))
        for step in challenge.steps.values():
            found.append((OnEvent(event="challenge.step", name=name), path, list(_caused(step.effects, context))))
    events = {event for _, _, caused in found for event in caused}
    return {
        event: [
            (by, one)
            for trigger, by, caused in found
            if trigger.event == event[0] and trigger.name in {None, event[1]}
            for one in caused
            if one != event or event[0] not in STANDING
        ]
        for event in sorted(events)
    }


def _circle(start: Event, leads: Leads) -> list[tuple[str, Event]]:
    """The shortest way from an event back to itself; empty where there is none."""
    ways: list[list[tuple[str, Event]]] = [[(by, event)] for by, event in leads.get(start, ())]
    seen: set[Event] = set()
    while ways:
        way = ways.pop(0)
        last = way[-1][1]
        if last == start:
            return way
        if last not in seen:
            seen.add(last)
            ways += [[*way, following] for following in leads.get(last, ())]
    return []


def _caused(effects: Iterable[AnyEffect], context: Context) -> Iterator[Event]:
    for effect in effects:
        causes = CAUSES.get(type(effect))
        if causes is not None:
            yield from causes(effect, context)


def _adds(effect: AddTo, context: Context) -> Iterator[Event]:
    yield "segment.entered", effect.add_to
    yield from _moved(context, "member.segments", effect.add_to)


def _removes(effect: RemoveFrom, context: Context) -> Iterator[Event]:
    yield "segment.left", effect.remove_from
    yield from _moved(context, "member.segments", effect.remove_from)


def _sets(effect: SetAttribute, context: Context) -> Iterator[Event]:
    yield from _moved(context, f"member.attributes.{effect.set}")


def _badge(effect: Badge, context: Context) -> Iterator[Event]:
    yield "badge.given", effect.badge
    yield from _moved(context, "member.badges")


def _progress(effect: Progress, context: Context) -> Iterator[Event]:
    challenge: Challenge | None = context.program.challenges.get(effect.progress)
    yield "challenge.completed", effect.progress
    yield "challenge.step", effect.progress
    if challenge is not None and challenge.join is Join.SELF:
        yield "challenge.joined", effect.progress


def _tier(effect: SetTier, context: Context) -> Iterator[Event]:
    yield "tier.up", effect.tier
    yield "tier.joined", effect.tier
    yield from _moved(context, "member.tier")


def _play(effect: Play, context: Context) -> Iterator[Event]:
    yield "draw.played", effect.play


def _offer(effect: GiveOffer, context: Context) -> Iterator[Event]:
    yield "offer.given", effect.offer


def _voucher(effect: GiveVoucher, context: Context) -> Iterator[Event]:
    yield "voucher.given", effect.voucher


CAUSES: Final[dict[type[Effect], Callable[[Any, Context], Iterator[Event]]]] = {
    AddTo: _adds,
    RemoveFrom: _removes,
    SetAttribute: _sets,
    Badge: _badge,
    Progress: _progress,
    SetTier: _tier,
    Play: _play,
    GiveOffer: _offer,
    GiveVoucher: _voucher,
}
"""What effects cause beside points. Points may move a segment too, but only in one direction."""


def _moved(context: Context, path: str, name: str | None = None, *, seen: tuple[str, ...] = ()) -> Iterator[Event]:
    """Who comes into or leaves a segment because of what it reads, and segments that read that one."""
    for segment in context.program.segments:
        expression = context.expression(f"segments.{segment}.if")
        if expression is None or segment in seen or not any(read.startswith(path) for read in expression.fields):
            continue
        if name is not None and name not in {text for _, text, _ in constants(expression, {path: None})}:
            continue
        for event in MOVES:
            yield event, segment
        yield from _moved(context, "member.segments", segment, seen=(*seen, segment))
