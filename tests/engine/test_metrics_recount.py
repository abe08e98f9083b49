"""Every measure in every window for every owner, against a count of one's own over random activities."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from regulars.engine import periods
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Line, ReturnedLine
from regulars.engine.contracts.known import CounterValue
from regulars.engine.metrics import counters
from regulars.program.checks import run
from regulars.program.contracts.definitions import Measure, Metric, Over, Owner
from regulars.program.contracts.values import Period, Span, Unit, Window, WindowKind
from tests.engine.shop import MEMBER, ZONE, Shop, Store, at, base

LOCAL = ZoneInfo(ZONE)
BOUGHT = "type == 'purchase'"
WINDOWS = {
    "ever": Window(),
    "week": Window(WindowKind.SLIDING, span=Span(7, Unit.DAY)),
    "month": Window(WindowKind.PERIOD, period=Period.MONTH),
    "last month": Window(WindowKind.PREVIOUS, period=Period.MONTH),
    "quarter": Window(WindowKind.PERIOD, period=Period.QUARTER),
    "dates": Window(WindowKind.BETWEEN, from_=dt.date(2026, 3, 10), until=dt.date(2026, 4, 10)),
    "hours": Window(WindowKind.SLIDING, span=Span(3, Unit.HOUR)),
    "since": Window(WindowKind.SINCE, activity="visit"),
}
ADDING = (Measure.SUM, Measure.COUNT, Measure.DISTINCT, Measure.MIN, Measure.MAX)
OWNERS = (Owner.CARD, Owner.TILL, Owner.CASHIER, Owner.DEVICE, Owner.STORE, Owner.PARTNER, Owner.PROGRAM)


class Piece(NamedTuple):
    """What one activity, line or entry gives: a key, a value, and whose they are."""

    at: dt.datetime
    day: dt.date
    key: str
    amount: int
    owners: dict[str, str | None]
    visits: int


def value_of(measure: Measure, over: Over) -> str | None:
    if measure is Measure.COUNT:
        return None
    amount = {Over.ACTIVITIES: "basket.total", Over.LINES: "line.amount", Over.ENTRIES: "entry.amount"}[over]
    return "line.category" if measure is Measure.DISTINCT and over is Over.LINES else amount


def combinations(*, since: bool = False) -> list[Metric]:
    """All that is kept; what counts since a visit is counted again from the records when something comes back."""
    found: list[Metric] = []
    for owner, (name, window), measure, over in product((Owner.MEMBER, *OWNERS), WINDOWS.items(), ADDING, Over):
        if over is Over.ENTRIES and measure is not Measure.SUM:
            # What earned entries are when a part comes back is told by their sum alone.
            continue
        if name == "since" and (owner is not Owner.MEMBER or not since):
            continue
        where = "entry.kind == 'earn'" if over is Over.ENTRIES else BOUGHT
        made: dict[str, Any] = {
            "measure": measure,
            "value": value_of(measure, over),
            "over": over,
            "where": where,
            "window": window,
        }
        found.append(Metric(name=f"m{len(found)}", per=owner, **made))
        if over is Over.LINES and measure in {Measure.SUM, Measure.COUNT}:
            found.append(Metric(name=f"m{len(found)}", per=owner, by="line.category", **made))
    return found


def moments() -> list[Metric]:
    whole = [(name, window) for name, window in WINDOWS.items() if name != "hours"]
    found = [
        Metric(name=f"m{number}", measure=measure, value="basket.total", where=BOUGHT, window=window)
        for number, ((_, window), measure) in enumerate(product(whole, (Measure.FIRST, Measure.LAST)))
    ]
    return [*found, Metric(name="row", measure=Measure.STREAK, streak=Period.DAY, where=BOUGHT, freeze=1)]


class Walk:
    """A member who walks through shops for some months, and a ledger of all that was done, kept apart."""

    def __init__(self, metrics: Sequence[Metric], *, seed: int, returns: bool) -> None:
        self.metrics = metrics
        self.shop = Shop(*metrics, base())
        self.draw = random.Random(seed)
        self.returns = returns
        self.shop.now = at("2026-03-01 08:00")
        self.bought: list[list[Any]] = []
        self.visits = 0
        self.owners: dict[str, str | None] = {}

    def step(self) -> None:
        self.shop.now += dt.timedelta(minutes=self.draw.choice((7, 45, 200, 1500, 4000, 9000)))
        chance = self.draw.random()
        if chance < 0.1:
            self.shop.do(self.shop.activity("visit"))
            self.visits += 1
        elif self.returns and chance < 0.3 and self.bought:
            self._give_back()
        else:
            self._buy()

    def _buy(self) -> None:
        lines = tuple(
            Line(no=no, amount=self.draw.randrange(1, 40) * 100, category=self.draw.choice("abc"))
            for no in range(1, self.draw.randint(2, 4))
        )
        shop = Store(id=self.draw.choice("12"), chain=self.draw.choice(("x", "y")))
        who = {name: self.draw.choice(("p", "q")) for name in ("card", "till", "cashier", "device")}
        self.owners = {**who, "store": shop.id, "partner": shop.chain, "program": "program"}
        self.shop.buy(lines=lines, store=shop, **who)
        self.bought.append([self.shop.last(), self.shop.now, dict(self.owners), list(lines), self.visits])

    def _give_back(self) -> None:
        sale = self.draw.choice(self.bought)
        gone = sale[3].pop(self.draw.randrange(len(sale[3])))
        self.shop.back(sale[0], ReturnedLine(no=gone.no))
        if not sale[3]:
            self.bought.remove(sale)

    def pieces(self, over: Over) -> Iterable[Piece]:
        for _, moment, owners, lines, visits in self.bought:
            here = (moment, moment.astimezone(LOCAL).date())
            total = sum(line.amount for line in lines)
            if over is Over.ACTIVITIES:
                yield Piece(*here, "", total, owners, visits)
            elif over is Over.ENTRIES and total // 100:
                yield Piece(*here, "", total // 100, owners, visits)
            elif over is Over.LINES:
                yield from (Piece(*here, line.category or "", line.amount, owners, visits) for line in lines)

    def looked(self) -> dict[str, Any]:
        """The member's own numbers as the engine has them."""
        look = self.shop.known(self.shop.activity("tick"))
        return dict(engine.view(self.shop.compiled, look, member_id=MEMBER, at=self.shop.now).metrics)

    def counted(self, metric: Metric) -> Any:
        """The number of a counter as the engine has it."""
        plan = self.shop.compiled.metrics[metric.name]
        owner = self.owners.get(metric.per.value)
        key = "program" if metric.per is Owner.PROGRAM else f"{metric.per.value}:{owner}"
        wanted = counters.range_of(plan, key, self.shop.now, LOCAL)
        values = [
            CounterValue(place, item, value)
            for (place, item), value in self.shop.counters.items()
            if place.metric == metric.name
        ]
        return counters.value(plan, wanted, values)

    def expected(self, metric: Metric, within: Callable[[Piece], bool]) -> Any:
        """What a count of one's own comes to."""
        mine = [
            one
            for one in self.pieces(metric.over)
            if within(one)
            and (metric.per is Owner.MEMBER or one.owners.get(metric.per.value) == self.owners.get(metric.per.value))
        ]
        return MEASURED[metric.measure](metric, mine)


def by_key(metric: Metric, mine: Sequence[Piece]) -> list[dict[str, Any]]:
    sums: dict[str, int] = {}
    for one in mine:
        sums[one.key] = sums.get(one.key, 0) + (1 if metric.measure is Measure.COUNT else one.amount)
    return [{"key": key, "value": number} for key, number in sorted(sums.items())]


MEASURED: dict[Measure, Callable[[Metric, Sequence[Piece]], Any]] = {
    Measure.SUM: lambda m, mine: by_key(m, mine) if m.by else sum(one.amount for one in mine),
    Measure.COUNT: lambda m, mine: by_key(m, mine) if m.by else len(mine),
    Measure.DISTINCT: lambda m, mine: len({one.key if m.over is Over.LINES else one.amount for one in mine}),
    Measure.MIN: lambda _, mine: min((one.amount for one in mine), default=None),
    Measure.MAX: lambda _, mine: max((one.amount for one in mine), default=None),
    Measure.FIRST: lambda _, mine: min(mine, key=lambda one: one.at).amount if mine else None,
    Measure.LAST: lambda _, mine: max(mine, key=lambda one: one.at).amount if mine else None,
}


def inside(window: Window, now: dt.datetime, visits: int, *, slack: int = 0) -> Callable[[Piece], bool]:
    """Whether a piece lies in a window, worked out from its definition; `slack` days make it wrong."""
    today = now.astimezone(LOCAL).date()
    span, period = window.span, window.period
    if window.kind is WindowKind.SLIDING and span is not None:
        if span.unit is Unit.HOUR:
            return lambda one: one.at > now - dt.timedelta(hours=span.count)
        return lambda one: one.day > today - dt.timedelta(days=span.count + slack)
    if period is not None:
        wanted = periods.index(period, today) - (window.kind is WindowKind.PREVIOUS)
        return lambda one: periods.index(period, one.day) == wanted
    if window.kind is WindowKind.BETWEEN:
        return lambda one: dt.date(2026, 3, 10) <= one.day < dt.date(2026, 4, 10)
    if window.kind is WindowKind.SINCE:
        return lambda one: one.visits == visits
    return lambda _: True


def plain(value: Any) -> Any:
    """A number as the engine's own functions give it: a view tells amounts with their scale, keys as a mapping."""
    if isinstance(value, dict) and set(value) == {"amount", "scale"}:
        return value["amount"]
    if isinstance(value, dict):
        return [{"key": key, "value": plain(number)} for key, number in sorted(value.items())]
    return value


def differing(walk: Walk, *, slack: int = 0) -> list[str]:
    wrong = []
    mine = walk.looked()
    for metric in walk.metrics:
        if metric.measure is Measure.STREAK:
            continue
        expected = walk.expected(metric, inside(metric.window, walk.shop.now, walk.visits, slack=slack))
        found = plain(mine[metric.name]) if metric.per is Owner.MEMBER else walk.counted(metric)
        if found != expected:
            wrong.append(f"{metric.per} {metric.measure} {metric.over} {metric.window} {metric.by}: {expected}")
    return wrong


@pytest.mark.parametrize("seed", [1, 2])
def test_every_combination_is_what_a_count_of_ones_own_comes_to(seed: int) -> None:
    walk = Walk(combinations(), seed=seed, returns=True)
    assert len(walk.metrics) > 500
    for number in range(24):
        walk.step()
        if number % 6 == 5:
            assert differing(walk) == [], number


@pytest.mark.parametrize("seed", [4, 5])
def test_the_first_and_the_last_are_what_a_list_says(seed: int) -> None:
    walk = Walk(moments(), seed=seed, returns=False)
    for number in range(40):
        walk.step()
        assert differing(walk) == [], number
        assert walk.looked()["row"] == streak([one.day for one in walk.pieces(Over.ACTIVITIES)], walk.shop.now)


def test_what_counts_since_a_visit_asks_to_be_counted_again_when_something_comes_back() -> None:
    mine = [one for one in combinations(since=True) if one.window.kind is WindowKind.SINCE]
    walk = Walk(mine, seed=6, returns=False)
    for number in range(40):
        walk.step()
        assert differing(walk) == [], number
    decided = walk.shop.back(walk.bought[0][0])
    assert set(decided.recount) == {one.name for one in mine}


def streak(days: Sequence[dt.date], now: dt.datetime) -> int:
    """Days in a row of which one may be missed, told anew from the first."""
    length, missed, last = 0, 0, None
    for day in sorted(set(days)):
        gap = 0 if last is None else (day - last).days - 1
        if last is None or missed + gap > 1:
            length, missed = 1, 0
        else:
            length, missed = length + 1, missed + gap
        last = day
    today = now.astimezone(LOCAL).date()
    return length if last is not None and (today - last).days - 1 <= 1 - missed else 0


def test_a_window_one_day_too_long_would_be_noticed() -> None:
    """Negative control: the same walk, held against a week of eight days."""
    walk = Walk(combinations(), seed=1, returns=True)
    found = 0
    for number in range(24):
        walk.step()
        found += len(differing(walk, slack=1)) if number % 6 == 5 else 0
    assert found > 0


def test_the_check_lets_through_what_is_counted_here() -> None:
    faults = [
        one.code
        for one in run.program(Shop(*combinations(since=True), *moments()).compiled.program).faults
        if one.path.startswith("metrics")
    ]
    assert faults == []
