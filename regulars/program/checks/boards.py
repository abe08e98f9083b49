"""Boards and draws: a score that fits the cycle, prizes that somebody can win, odds that are true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

import msgspec

from regulars.program import words
from regulars.program.checks import rules
from regulars.program.checks.context import BOARD_CLOSED, DRAW_PLAYED, Context
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.boards import CYCLES, Board, Draw, Drawn, Prize
from regulars.program.contracts.definitions import Measure, Metric, Owner, Rule
from regulars.program.contracts.effects import Play
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.ranks import ranks
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Ratio, Span, Unit, WindowKind
from regulars.program.faults import fault, unknown

_NUMBERS: Final = {Measure.SUM, Measure.COUNT, Measure.DISTINCT, Measure.MIN, Measure.MAX}
_DAYS: Final = {Unit.MINUTE: 0, Unit.HOUR: 0, Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}
_SHORTEST: Final = {
    Period.DAY: 1,
    Period.WEEK: 7,
    Period.MONTH: 28,
    Period.QUARTER: 90,
    Period.HALF_YEAR: 181,
    Period.YEAR: 365,
}


def check(context: Context) -> Iterator[Fault]:
    """Each board and each draw by itself."""
    for name, board in context.program.boards.items():
        path = f"boards.{name}"
        yield from _game(path, board, context)
        yield from _score(path, board, context)
        yield from _shown(path, board, context)
        yield from _ranked(path, board, context)
    played = _played(context)
    for name, draw in context.program.draws.items():
        path = f"draws.{name}"
        yield from _game(path, draw, context)
        yield from _play(path, draw, context)
        yield from _prizes(path, draw, context)
        if not draw.price and name not in played:
            yield fault("never_played", path)


def _game(path: str, game: Board | Draw, context: Context) -> Iterator[Fault]:
    if game.cycle not in CYCLES:
        yield fault("game_cycle", f"{path}.cycle", found=game.cycle.value)
    if game.cycle is Period.EVER and game.until is None and (isinstance(game, Draw) or game.prizes):
        yield fault("game_never_ends", path)
    segment = None if game.audience is None else segment_named(game.audience)
    if segment is not None and segment not in context.program.segments:
        yield unknown("segment", f"{path}.audience", name=segment, known=context.program.segments)


def _score(path: str, board: Board, context: Context) -> Iterator[Fault]:
    if (board.metric is None) == (board.entries is None):
        yield fault("board_one_score", path)
        return
    if board.entries is not None:
        if board.entries.per_member <= 0:
            yield fault("not_positive", f"{path}.entries.per_member")
        if board.entries.votes <= 0 and board.entries.jury <= 0:
            yield fault("nobody_judges", f"{path}.entries")
        return
    metric = context.program.metrics.get(board.metric or "")
    if metric is None:
        yield unknown("metric", f"{path}.metric", name=board.metric or "", known=context.program.metrics)
        return
    why = _no_score(metric)
    if why is not None:
        yield fault("board_metric", f"{path}.metric", name=metric.name, why=why)
    elif not _fits(metric, board.cycle):
        shown = words.print_window(metric.window)
        fits = "ever" if board.cycle is Period.EVER else board.cycle.value
        yield fault(
            "board_window", f"{path}.metric", name=metric.name, cycle=board.cycle.value, window=shown, fits=fits
        )


def _no_score(metric: Metric) -> str | None:
    """Why a metric cannot be a score."""
    if metric.measure not in _NUMBERS:
        return metric.measure.value
    if metric.by is not None:
        return "by"
    return None if metric.per is Owner.MEMBER else f"per {metric.per.value}"


def _fits(metric: Metric, cycle: Period) -> bool:
    window = metric.window
    if cycle is Period.EVER:
        return window.kind in {WindowKind.EVER, WindowKind.BETWEEN}
    return window.kind is WindowKind.PERIOD and window.period is cycle


def _shown(path: str, board: Board, context: Context) -> Iterator[Fault]:
    if board.consent is not None and board.consent not in context.program.purposes:
        yield unknown("purpose", f"{path}.consent", name=board.consent, known=context.program.purposes)
    if board.shows is None:
        return
    attribute = context.program.attributes.get(board.shows)
    if attribute is None:
        yield unknown("attribute", f"{path}.shows", name=board.shows, known=context.program.attributes)
    elif attribute.type is not FieldType.TEXT or board.consent is None:
        yield fault("shown_name", f"{path}.shows", name=board.shows)


def _ranked(path: str, board: Board, context: Context) -> Iterator[Fault]:
    waits = board.prizes_after or context.program.program.return_window
    if board.prizes and waits is not None and days(waits) > _SHORTEST.get(board.cycle, days(waits)):
        yield fault("prizes_late", path, span=words.print_span(waits), cycle=board.cycle.value)
    for key, effects in board.prizes.items():
        spot = f"{path}.prizes.{key}"
        if ranks(key) is None:
            yield fault("bad_rank", spot, found=key)
        yield from _effects(spot, Rule(name=board.name, trigger=BOARD_CLOSED, effects=effects), context)


def days(span: Span) -> int:
    """How many days a span has at most."""
    return span.count * _DAYS[span.unit]


def _effects(spot: str, rule: Rule, context: Context) -> Iterator[Fault]:
    if not rule.effects:
        yield fault("no_effects", spot)
    yield from rules.effects(spot, rule, context)


def _play(path: str, draw: Draw, context: Context) -> Iterator[Fault]:
    for name, price in draw.price.items():
        spot, currency = f"{path}.price.{name}", context.program.currencies.get(name)
        if currency is None:
            yield unknown("currency", spot, name=name, known=context.program.currencies)
        elif price.n <= 0:
            yield fault("not_positive", spot)
        elif 10**currency.scale % price.d:
            yield fault("price_step", spot, currency=name, scale=currency.scale, found=words.print_ratio(price))
    yield from _most(f"{path}.plays", draw.plays)
    if draw.age is not None:
        born = context.program.attributes.get(draw.born)
        if born is None or born.type is not FieldType.DATE:
            yield fault("age_unknown", f"{path}.born" if born is not None else f"{path}.age", name=draw.born)
        if not 0 < draw.age <= 120:
            yield fault("not_positive", f"{path}.age")


def _most(path: str, most: Mapping[Period, int]) -> Iterator[Fault]:
    for period, times in most.items():
        if times <= 0:
            yield fault("not_positive", f"{path}.{period.value}")
        if period is Period.ACTIVITY:
            yield fault("every_activity", path, what=path.rpartition(".")[2])


def _prizes(path: str, draw: Draw, context: Context) -> Iterator[Fault]:
    if not draw.prizes:
        yield fault("no_prizes", path)
    at_once = draw.drawn is Drawn.AT_ONCE
    for name, prize in draw.prizes.items():
        spot = f"{path}.prizes.{name}"
        if at_once and not _has_odds(prize):
            yield fault("prize_odds", spot)
        if not at_once and (prize.odds is not None or prize.at_most or (prize.winners or 0) <= 0):
            yield fault("prize_winners", spot)
        yield from _most(f"{spot}.at_most", prize.at_most)
        yield from _effects(f"{spot}.effects", Rule(name=name, trigger=DRAW_PLAYED, effects=prize.effects), context)
    yield from _most(f"{path}.at_most", draw.at_most)
    total = sum((fraction(prize.odds) for prize in draw.prizes.values() if prize.odds is not None), Fraction(0))
    if total > 1:
        yield fault("odds_over_one", f"{path}.prizes", sum=words.print_ratio(words.exact(total)))
    elsewhere = {"draw_after": draw.draw_after} if at_once else {"at_most": draw.at_most, "otherwise": draw.otherwise}
    for field, given in elsewhere.items():
        if given:
            drawn = Drawn.AT_END if at_once else Drawn.AT_ONCE
            yield fault("only_at_end", f"{path}.{field}", field=field, drawn=drawn.value)
    if draw.otherwise:
        rule = Rule(name=draw.name, trigger=DRAW_PLAYED, effects=draw.otherwise)
        yield from rules.effects(f"{path}.otherwise", rule, context)


def _has_odds(prize: Prize) -> bool:
    return prize.odds is not None and prize.odds.n > 0 and prize.winners is None


def fraction(ratio: Ratio) -> Fraction:
    """A ratio to reckon with."""
    return Fraction(ratio.n, ratio.d)


def _played(context: Context) -> set[str]:
    """Draws that some effect plays, whatever gives it."""
    program = context.program
    kinds = (program.rules, program.boards, program.draws, program.challenges, program.ladders, program.choices)
    return {one.play for kind in kinds for one in _plays(tuple(kind.values()))}


def _plays(value: object) -> Iterator[Play]:
    if isinstance(value, Play):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _plays(getattr(value, field))
    elif isinstance(value, tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _plays(part)
