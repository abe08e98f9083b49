"""Ladders: levels that rise, measures that something can raise, and no tier that depends on itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import msgspec

from regulars.language.contracts import Expression
from regulars.program import words
from regulars.program.checks import rising
from regulars.program.checks.context import Context
from regulars.program.checks.currencies import longer
from regulars.program.checks.expressions import constants
from regulars.program.checks.settings import complete
from regulars.program.contracts.definitions import CurrencyKind, Metric, Over, Program
from regulars.program.contracts.effects import Convert, Give, SetTier
from regulars.program.contracts.ladders import Downgrade, Ladder, Level, Lifetime, Starts, YearKind, main
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Ratio, Span, Text, Unit, WindowKind
from regulars.program.faults import fault, unknown

_MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}
_IN_DAYS: Final = frozenset({Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR})


def check(context: Context) -> Iterator[Fault]:
    """Each ladder by itself, then what names one."""
    program = context.program
    named = program.program.main_ladder
    if named is not None and named not in program.ladders:
        yield unknown("ladder", "program.main_ladder", name=named, known=program.ladders)
    given = rising.given(program)
    for name, ladder in program.ladders.items():
        path = f"ladders.{name}"
        yield from _levels(path, ladder, context)
        yield from _time(path, ladder)
        yield from _rollover(path, ladder, context)
        for spot in _formulas(path, ladder):
            yield from _raised(spot, context, given)
        if ladder.pooled is not None and ladder.pooled not in program.households:
            yield unknown("name", f"{path}.pooled", name=ladder.pooled, known=program.households)
    yield from _circles(context)
    for kind in ("rules", "challenges", "boards", "draws"):
        for name, definition in getattr(program, kind).items():
            for path, effect in _effects(definition, f"{kind}.{name}"):
                yield from _set(path, effect, program)


def _formulas(path: str, ladder: Ladder) -> Iterator[str]:
    """Where the formulas of a ladder stand."""
    mode = "all" if ladder.qualify.all_ else "any"
    for name in ladder.qualify.formulas:
        yield f"{path}.qualify.{mode}.{name}" if name else f"{path}.qualify"
    if ladder.lifetime is not None:
        yield f"{path}.lifetime.total"


def _levels(path: str, ladder: Ladder, context: Context) -> Iterator[Fault]:
    levels, measures = ladder.levels, ladder.qualify.formulas
    if not any(level.from_ for level in levels.values()):
        yield fault("ladder_needs_levels", f"{path}.levels")
    languages = context.program.program.languages
    below: tuple[str, Mapping[str, Fraction]] | None = None
    seen = set(levels)
    for name, level in levels.items():
        spot = f"{path}.levels.{name}"
        for measure in level.from_:
            if measure not in measures:
                known = ", ".join(one for one in measures if one) or "-"
                yield fault("unknown_measure", spot, name=measure or "a bare number", known=known)
        asked = {measure: Fraction(number.n, number.d) for measure, number in level.from_.items()}
        if below is not None and not _is_above(asked, below[1]):
            yield fault("level_not_above", spot, level=name, below=below[0], found=_said(asked), least=_said(below[1]))
        below = (name, asked)
        if level.title == Text():
            yield fault("level_without_title", spot)
        yield from complete(level.title, f"{spot}.title", languages)
        for place, benefit in enumerate(level.benefits):
            yield from complete(benefit, f"{spot}.benefits[{place}]", languages, required=benefit != Text())
        for place, old in enumerate(level.was):
            if old in seen:
                yield fault("level_named_twice", f"{spot}.was[{place}]", name=old)
            seen.add(old)
    if ladder.lifetime is not None:
        yield from _lifetime(f"{path}.lifetime.levels", ladder.lifetime, levels)


def _lifetime(path: str, lifetime: Lifetime, levels: Mapping[str, Level]) -> Iterator[Fault]:
    """Levels for life are levels of the ladder, and a higher one asks for more."""
    for name in lifetime.levels:
        if name not in levels:
            yield unknown("level", f"{path}.{name}", name=name, known=levels)
    below: tuple[str, Ratio] | None = None
    for name in levels:
        asked = lifetime.levels.get(name)
        if asked is None:
            continue
        if below is not None and Fraction(asked.n, asked.d) <= Fraction(below[1].n, below[1].d):
            found, least = words.print_ratio(asked), words.print_ratio(below[1])
            yield fault("level_not_above", f"{path}.{name}", level=name, below=below[0], found=found, least=least)
        below = name, asked


def _is_above(asked: Mapping[str, Fraction], below: Mapping[str, Fraction]) -> bool:
    """Whether no measure is asked for less, and something for more."""
    if any(number < below[name] for name, number in asked.items() if name in below):
        return False
    return any(number > below.get(name, Fraction(0)) for name, number in asked.items())


def _said(asked: Mapping[str, Fraction]) -> str:
    said = [f"{name} {words.print_ratio(words.exact(number))}".strip() for name, number in asked.items()]
    return ", ".join(said) or "0"


def _time(path: str, ladder: Ladder) -> Iterator[Fault]:
    spans = {
        "year": ladder.year.span,
        "valid_until": ladder.valid_until.span,
        "grace": ladder.grace,
        "warn": ladder.warn,
    }
    coarse = True
    for field, span in spans.items():
        if span is not None and span.unit not in _IN_DAYS:
            coarse = False
            yield fault("span_not_in_days", f"{path}.{field}", found=words.print_span(span))
    if ladder.starts is Starts.NEXT_PERIOD and ladder.year.kind not in {YearKind.CALENDAR, YearKind.ANNIVERSARY}:
        yield fault("starts_without_period", f"{path}.starts")
    length = _length(ladder)
    for field, span in (("warn", ladder.warn), ("grace", ladder.grace)):
        if span is None:
            continue
        if length is None or ladder.downgrade is Downgrade.NEVER:
            yield fault("never_reviewed", f"{path}.{field}", field=field)
        elif coarse and not longer(length, span):
            yield from _too_long(f"{path}.{field}", field, words.print_span(span), words.print_span(length))


def _too_long(path: str, field: str, span: str, year: str) -> Iterator[Fault]:
    if field == "warn":
        yield fault("warn_too_early", path, warn=span, year=year)
    else:
        yield fault("grace_too_long", path, grace=span, year=year)


def _length(ladder: Ladder) -> Span | None:
    """How long a level lives before it is looked at; None: for ever."""
    if ladder.valid_until.span is not None:
        return ladder.valid_until.span
    if ladder.year.period is not None:
        return Span(_MONTHS[ladder.year.period], Unit.MONTH)
    return Span(1, Unit.YEAR) if ladder.year.kind is YearKind.ANNIVERSARY else ladder.year.span


def _rollover(path: str, ladder: Ladder, context: Context) -> Iterator[Fault]:
    name = ladder.rollover
    if name is None:
        return
    if name not in context.program.currencies:
        yield unknown("currency", f"{path}.rollover", name=name, known=context.program.currencies)
        return
    if ladder.year.kind not in {YearKind.CALENDAR, YearKind.ANNIVERSARY}:
        yield fault("never_reviewed", f"{path}.rollover", field="rollover")
    mode = "all" if ladder.qualify.all_ else "any"
    spots = [f"{path}.qualify", f"{path}.qualify.{mode}.{name}"]
    metrics = [metric for spot in spots for metric in _metrics(context.expression(spot), context.program)]
    counts = any(metric.over is Over.ENTRIES and metric.window.kind is WindowKind.TIER_YEAR for metric in metrics)
    if context.program.currencies[name].kind is not CurrencyKind.STATUS or not counts:
        yield fault("rollover_without_status", f"{path}.rollover", name=name)


def _metrics(expression: Expression | None, program: Program) -> list[Metric]:
    """The metrics of the member that an expression reads."""
    if expression is None:
        return []
    names = {path.split(".")[2].removesuffix("[]") for path in expression.fields if path.startswith("member.metrics.")}
    return [metric for name, metric in program.metrics.items() if name in names]


def _raised(spot: str, context: Context, given: frozenset[str]) -> Iterator[Fault]:
    """What a formula counts must be something that can happen."""
    expression = context.expression(spot)
    if expression is not None and not expression.fields:
        yield fault("measure_is_constant", spot, found=expression.text)
    for metric in _metrics(expression, context.program):
        if not rising.can_rise(metric, context, given):
            yield fault("measure_never_rises", spot, metric=f"member.metrics.{metric.name}")
    for path in expression.fields if expression is not None else ():
        if path.startswith("member.balances.") and path.split(".")[2] not in given:
            yield fault("measure_never_rises", spot, metric=path)


def _effects(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The effects below a definition, wherever they stand in it, with their places."""
    if isinstance(value, (Give, Convert, SetTier)):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name, written in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _effects(getattr(value, name), f"{path}.{written}")
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from _effects(part, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _effects(part, f"{path}.{name}")


def _set(path: str, effect: Any, program: Program) -> Iterator[Fault]:
    if not isinstance(effect, SetTier):
        return
    ladder = program.ladders.get(effect.tier)
    if ladder is None:
        yield unknown("ladder", f"{path}.tier", name=effect.tier, known=program.ladders)
    elif effect.level not in ladder.levels:
        yield unknown("level", f"{path}.level", name=effect.level, known=ladder.levels)
    if effect.until is not None and effect.until.unit not in _IN_DAYS:
        yield fault("span_not_in_days", f"{path}.until", found=words.print_span(effect.until))


def _circles(context: Context) -> Iterator[Fault]:
    """A ladder that leads back to itself, over other ladders and segments."""
    program = context.program
    reads: dict[str, set[str]] = {}
    for name, ladder in program.ladders.items():
        spots = _formulas(f"ladders.{name}", ladder)
        reads[name] = {read for spot in spots for read in _reads(context.expression(spot), context)}
    for name in program.segments:
        reads[f"segments.{name}"] = set(_reads(context.expression(f"segments.{name}.if"), context))
    for name in program.ladders:
        circle = _circle(name, reads)
        if circle:
            yield fault("ladder_reads_itself", f"ladders.{name}.qualify", circle=" -> ".join((*circle, circle[0])))


def _reads(expression: Expression | None, context: Context) -> Iterator[str]:
    if expression is None:
        return
    program = context.program
    for path in expression.fields:
        if path == "member.tier":
            yield main(program.program.main_ladder, program.ladders) or ""
        elif path.startswith("member.tiers."):
            yield path.split(".")[2]
    for _, name, _ in constants(expression, {"member.segments": None}):
        yield f"segments.{name}"


def _circle(start: str, reads: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The shortest way from a ladder back to itself; empty where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in sorted(reads.get(way[-1], ())):
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()
