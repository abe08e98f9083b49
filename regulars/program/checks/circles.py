"""Rules that wake each other: for ever, or further than a decision follows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from regulars.program.checks.causes import MOVES, STANDING, Event, Graph, Leads, graph
from regulars.program.checks.context import Context
from regulars.program.contracts.report import Fault
from regulars.program.faults import fault

ROUNDS: Final = 4
"""How far a decision follows what it causes (`engine.rounds`)."""
_STEPS: Final = 20_000
"""How many ways are looked at for one that is too long: programs have a few."""

Way = list[tuple[str, Event]]


def check(context: Context) -> Iterator[Fault]:
    """Each circle once, at the rule with which it begins; else each rule that is too far away."""
    found = graph(context)
    circles = list(_circles(found.leads))
    yield from circles
    if not circles:
        yield from _too_long(found)


def _circles(found: Leads) -> Iterator[Fault]:
    told: set[str] = set()
    endless = _endless(found)
    for start in endless:
        way = _shortest(start, endless)
        rules = [by for by, _ in way]
        if not way or told & set(rules):
            continue
        group = [event for event in endless if _shortest(start, endless, event) and _shortest(event, endless, start)]
        if _dies_out(group, endless):
            continue
        told |= set(rules)
        if not rules[0].startswith("challenges."):
            yield fault("rules_in_circle", rules[0], circle=_said(start, way))
        elif len(way) > 1:
            yield fault("rules_in_circle", f"{rules[0]}.effects", circle=_said(start, way))
        else:
            yield fault("challenge_pays_itself", f"{rules[0]}.effects", circle=_said(start, way))


def _said(start: Event, way: Way) -> str:
    """Each rule with the event that wakes it, and the event that comes of the last."""
    woken, shown = start, []
    for by, caused in way:
        shown.append(f"{woken} -> {by}")
        woken = caused
    return " -> ".join([*shown, str(woken)])


def _endless(found: Leads) -> Leads:
    """Without what comes to an end by itself: what is rationed, and boundaries that nothing passes back."""
    kept = {event: [lead for lead in made if not lead.caused.ends] for event, made in found.items()}
    while True:
        passing = {event for event in kept if event.type in MOVES}
        final = {event for event in passing if not _shortest(event, kept, _back(event))}
        fewer = {
            event: [lead for lead in made if not (lead.caused.crosses and lead.caused.event in final)]
            for event, made in kept.items()
        }
        if fewer == kept:
            return kept
        kept = fewer


def _back(event: Event) -> Event:
    return Event(MOVES[event.type == MOVES[0]], event.name)


def _shortest(start: Event, found: Leads, end: Event | None = None) -> Way:
    """The shortest way from an event to another, or back to itself; empty where there is none."""
    wanted = start if end is None else end
    ways: list[Way] = [[(lead.by, lead.caused.event)] for lead in found.get(start, ())]
    seen: set[Event] = set()
    while ways:
        way = ways.pop(0)
        last = way[-1][1]
        if last == wanted:
            return way
        if last not in seen:
            seen.add(last)
            ways += [[*way, (lead.by, lead.caused.event)] for lead in found.get(last, ())]
    return []


def _dies_out(group: list[Event], found: Leads) -> bool:
    """Whether of each time less than one follows, so that events which lead to each other become fewer: one less the
    shares can be solved for, with every pivot above 0."""
    place = {event: number for number, event in enumerate(group)}
    rows = [[Fraction(row == column) for column in range(len(group))] for row in range(len(group))]
    for event, row in place.items():
        for lead in found.get(event, ()):
            if lead.caused.event in place:
                rows[row][place[lead.caused.event]] -= lead.caused.share
    for pivot in range(len(rows)):
        if rows[pivot][pivot] <= 0:
            return False
        for row in range(pivot + 1, len(rows)):
            factor = rows[row][pivot] / rows[pivot][pivot]
            rows[row] = [one - factor * other for one, other in zip(rows[row], rows[pivot], strict=True)]
    return True


def _too_long(found: Graph) -> Iterator[Fault]:
    """Rules that would be woken in a round that there is not, each once. What takes numbers so far is left out: it
    hardly ever all happens at once."""
    told: set[str] = set()
    for start, way in _ways(found):
        rules = _rules(way)
        for late in found.wakes.get(way[-1][1], ()) if len(rules) == ROUNDS else ():
            if late not in rules and late not in told:
                told.add(late)
                yield fault("chain_too_long", late, chain=" -> ".join([str(start), *rules, late]), most=ROUNDS)


def _ways(found: Graph) -> Iterator[tuple[Event, Way]]:
    """Each way from a rule over others that it wakes, none of them twice, as far as a decision follows."""
    ways: list[tuple[Event, Way]] = []
    for by, (start, caused) in found.first.items():
        direct = [one.event for one in caused if not one.counted]
        ways += [(start, [(by, event)]) for event in direct if event != start or event.type not in STANDING]
    for _ in range(_STEPS):
        if not ways:
            return
        start, way = ways.pop(0)
        yield start, way
        before = {by for by, _ in way}
        for lead in found.leads.get(way[-1][1], ()):
            further = lead.by not in found.first or len(_rules(way)) < ROUNDS
            if further and lead.by not in before and not lead.caused.counted:
                ways.append((start, [*way, (lead.by, lead.caused.event)]))


def _rules(way: Way) -> list[str]:
    """Challenges and rewards take no round of their own."""
    return [by for by, _ in way if by.startswith("rules.")]
