"""Rules that wake each other: for ever, or further than a decision follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from regulars.program.checks.causes import MOVES, STANDING, Event, Graph, Leads, graph
from regulars.program.checks.context import Context
from regulars.program.contracts.report import Fault
from regulars.program.faults import fault

ROUNDS: Final = 4
"""How far a decision follows what it causes (`engine.rounds`)."""
_STEPS: Final = 5_000
"""How many ways are looked at for one that is too long: programs have a few."""
_STARTS: Final = 100
"""With how many events of a group a circle may begin that is told: one mended shows the next."""
_SOLVED: Final = 24
"""How many events that lead to each other are solved for; more of them are taken for a circle."""

Way = list[tuple[str, Event]]


def check(context: Context) -> Iterator[Fault]:
    """Each circle once, at the rule with which it begins; else each rule that is too far away."""
    found = graph(context)
    circles = list(_circles(found.leads))
    yield from circles
    if not circles:
        yield from _too_long(found)


def _circles(found: Leads) -> Iterator[Fault]:
    endless = _endless(found)
    for group in _groups(endless):
        inside = {event: [lead for lead in endless[event] if lead.caused.event in group] for event in sorted(group)}
        if not any(inside.values()) or _dies_out(inside):
            continue
        told: set[str] = set()
        for start in list(inside)[:_STARTS]:
            way = _shortest(start, inside)
            rules = [by for by, _ in way]
            if told.isdisjoint(rules):
                told |= set(rules)
                yield _circle(start, way)


def _circle(start: Event, way: Way) -> Fault:
    first, said = way[0][0], _said(start, way)
    if not first.startswith("challenges."):
        return fault("rules_in_circle", first, circle=said)
    if len(way) > 1:
        return fault("rules_in_circle", f"{first}.effects", circle=said)
    return fault("challenge_pays_itself", f"{first}.effects", circle=said)


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
        beside = {event: group for group in _groups(kept) for event in group}
        final = {event for event in kept if event.type in MOVES and _back(event) not in beside[event]}
        fewer = {
            event: [lead for lead in made if not (lead.caused.crosses and lead.caused.event in final)]
            for event, made in kept.items()
        }
        if fewer == kept:
            return kept
        kept = fewer


def _back(event: Event) -> Event:
    return Event(MOVES[event.type == MOVES[0]], event.name)


def _groups(found: Leads) -> list[set[Event]]:
    """The events that lead to each other, group by group: what is reached from one and, backwards, leads to it
    (Kosaraju)."""
    after = {event: {lead.caused.event for lead in made} for event, made in found.items()}
    before: dict[Event, set[Event]] = {event: set() for event in found}
    for event, following in after.items():
        for one in following:
            before[one].add(event)
    seen: set[Event] = set()
    ended: list[Event] = []
    for event in found:
        ended += _walked(event, after, seen)
    seen = set()
    groups = (set(_walked(event, before, seen)) for event in reversed(ended))
    return [group for group in groups if group]


def _walked(start: Event, steps: Mapping[Event, set[Event]], seen: set[Event]) -> list[Event]:
    """What is reached from an event and not seen before, each after all that it leads to."""
    if start in seen:
        return []
    seen.add(start)
    found, open_ = [], [(start, iter(steps[start]))]
    while open_:
        event, following = open_[-1]
        step = next((one for one in following if one not in seen), None)
        if step is None:
            found.append(event)
            open_.pop()
        else:
            seen.add(step)
            open_.append((step, iter(steps[step])))
    return found


def _shortest(start: Event, found: Leads) -> Way:
    """The shortest way from an event back to itself; empty where there is none."""
    came: dict[Event, tuple[str, Event]] = {}
    waiting = [start]
    for event in waiting:
        for lead in found[event]:
            if lead.caused.event not in came:
                came[lead.caused.event] = (lead.by, event)
                waiting.append(lead.caused.event)
        if start in came:
            break
    way: Way = []
    last = start
    while start in came and (not way or last != start):
        by, earlier = came[last]
        way.insert(0, (by, last))
        last = earlier
    return way


def _dies_out(found: Leads) -> bool:
    """Whether of each time less than one follows, so that events which lead to each other become fewer: one less the
    shares can be solved for, with every pivot above 0."""
    place = {event: number for number, event in enumerate(found)}
    rows = [[Fraction(row == column) for column in place.values()] for row in place.values()]
    for event, row in place.items():
        for lead in found[event]:
            rows[row][place[lead.caused.event]] -= lead.caused.share
    if all(sum(row) > 0 for row in rows):
        return True
    if len(rows) > _SOLVED:
        return False
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
            if further and lead.by not in before and not lead.caused.counted and len(ways) < _STEPS:
                ways.append((start, [*way, (lead.by, lead.caused.event)]))


def _rules(way: Way) -> list[str]:
    """Challenges and rewards take no round of their own."""
    return [by for by, _ in way if by.startswith("rules.")]
