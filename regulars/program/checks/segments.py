"""Segments: one form each, and no circle among those that read each other."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.program.checks.context import Context
from regulars.program.checks.expressions import constants
from regulars.program.contracts.report import Fault
from regulars.program.faults import fault


def check(context: Context) -> Iterator[Fault]:
    """A condition or a static list; a segment that leads back to itself could never be worked out."""
    reads = {name: _reads(context, name) for name in context.program.segments}
    for name, segment in context.program.segments.items():
        if (segment.if_ is None) != segment.static:
            yield fault("segment_one_form", f"segments.{name}")
    told: set[str] = set()
    for name in reads:
        circle = _circle(name, reads)
        if circle and not told & set(circle):
            told |= set(circle)
            yield fault("segment_cycle", f"segments.{name}.if", circle=" -> ".join((*circle, circle[0])))


def _reads(context: Context, name: str) -> tuple[str, ...]:
    expression = context.expression(f"segments.{name}.if")
    if expression is None:
        return ()
    found = {text for _, text, _ in constants(expression, {"member.segments": None})}
    return tuple(other for other in context.program.segments if other in found)


def _circle(start: str, reads: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest way from a segment back to itself; empty where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in reads.get(way[-1], ()):
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()
