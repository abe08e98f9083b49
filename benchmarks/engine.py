"""What one decision costs, without any database: 50 rules on 5 lines, and 10,000 rules behind the index."""

from __future__ import annotations

import datetime as dt
import gc
import statistics
import time
from uuid import UUID

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity, Line, Store
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.known import Known
from regulars.program.contracts.definitions import (
    ActivityType,
    Currency,
    Limit,
    LimitAction,
    Measure,
    Metric,
    Over,
    Program,
    ProgramSettings,
    Release,
    Rule,
    RuleKind,
    Segment,
)
from regulars.program.contracts.effects import Give, Multiply, Per
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Ratio, Schedule, Span, Unit, Window, WindowKind

MEMBER = UUID(int=1)
MORNING = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
PURCHASE = OnActivity(types=("purchase",))


def decide_us_50_rules(repeats: int = 400) -> float:
    """Median microseconds for one purchase of 5 lines under 50 mixed rules, with its state decoded and written."""
    return _median_us(_compiled(_mixed_rules(50)), lines=5, repeats=repeats)


def decide_us_10000_rules(repeats: int = 100) -> float:
    """The same with 10,000 rules and 20 lines."""
    return _median_us(_compiled(_mixed_rules(10_000)), lines=20, repeats=repeats)


def _median_us(compiled: engine.Compiled, *, lines: int, repeats: int) -> float:
    known = Known(account_id=MEMBER, members=(MEMBER,), enrolled_at=MORNING - dt.timedelta(days=30))
    activities = [_purchase(number, lines) for number in range(repeats)]
    for activity in activities[: max(repeats // 5, 5)]:
        known = _after(known, engine.decide(compiled, known, activity, now=activity.occurred_at))
    gc.collect()
    gc.freeze()
    gc.disable()
    taken = []
    for activity in (*activities, *activities):
        # CPU of this thread, not the clock on the wall: neighbours on the machine are no cost of ours. The first round
        # compiles rules on their
        # first hit and is not counted.
        started = time.thread_time_ns()
        engine.decide(compiled, known, activity, now=activity.occurred_at)
        taken.append(time.thread_time_ns() - started)
    gc.enable()
    gc.unfreeze()
    return statistics.median(taken[repeats:]) / 1000


def _after(known: Known, decision: Decision) -> Known:
    return Known(
        account_id=MEMBER,
        members=(MEMBER,),
        state=decision.state,
        clock=decision.clock,
        metric_day=decision.metric_day,
        balances=decision.movement.balances or known.balances,
        days=decision.days or known.days,
    )


def _purchase(number: int, lines: int) -> Activity:
    basket = tuple(
        Line(
            no=no,
            sku=f"sku-{(number * 7 + no * 13) % 9973}",
            category=f"category {(number * 31 + no * 17) % 300}",
            department=f"department {no % 12}",
            brand=f"brand {(number + no * 5) % 80}",
            amount=150 + 37 * ((number + no) % 40),
        )
        for no in range(1, lines + 1)
    )
    when = MORNING + dt.timedelta(minutes=number)
    return Activity(
        activity_id=UUID(int=10_000 + number),
        program_id=1,
        type="purchase",
        account_id=MEMBER,
        member_id=MEMBER,
        occurred_at=when,
        received_at=when,
        channel="store",
        store=Store(id=f"store {number % 40}", zone="Europe/Chisinau"),
        till=str(number % 9),
        lines=basket,
        total=sum(line.amount for line in basket),
    )


def _mixed_rules(count: int) -> dict[str, Rule]:
    rules = {
        "base": Rule(
            name="base", kind=RuleKind.BASE, trigger=PURCHASE, effects=(Give(give="points", amount="basket.base / 10"),)
        )
    }
    for number in range(1, count):
        name = f"rule_{number}"
        rules[name] = _RULES[number % len(_RULES)](name, number)
    return rules


_RULES = (
    # A category in some stores; a brand in happy hours; an article for those who spend; a category for regulars; a
    # stamp for each piece.
    lambda name, n: Rule(
        name=name,
        trigger=PURCHASE,
        if_=f"store != null && store.id in ['store {n % 40}', 'store {n % 39}', 'store {n % 37}']",
        lines=f"line.category == 'category {n % 300}'",
        effects=(Multiply(multiply="points", by=Ratio(2)),),
    ),
    lambda name, n: Rule(
        name=name,
        trigger=PURCHASE,
        lines=f"line.brand == 'brand {n % 80}' && line.amount >= {5 + n % 9}.00",
        schedule=Schedule(days=(2, 4), hours=((dt.time(17), dt.time(19)),)),
        effects=(Multiply(multiply="points", by=Ratio(3)),),
    ),
    lambda name, n: Rule(
        name=name,
        trigger=PURCHASE,
        if_=f"member.metrics.spend_30d >= {n % 900}.00 && basket.lines.exists(l, l.sku == 'sku-{n % 9973}')",
        effects=(Give(give="points", amount="10"),),
    ),
    lambda name, n: Rule(
        name=name,
        trigger=PURCHASE,
        audience="regular",
        if_=f"basket.total >= {20 + n % 90}.00 && channel == 'store'",
        lines=f"line.category == 'category {(n * 7) % 300}' && line.brand == 'brand {n % 80}'",
        effects=(Give(give="points", amount="25"),),
    ),
    lambda name, n: Rule(
        name=name,
        trigger=PURCHASE,
        lines=f"line.sku in ['sku-{(n * 7) % 9973}', 'sku-{(n * 11) % 9973}']",
        caps={Period.MONTH: 500},
        effects=(Give(give="stamps", amount="1", per=Per.UNIT),),
    ),
)


def _compiled(rules: dict[str, Rule]) -> engine.Compiled:
    purchases = "type == 'purchase'"
    metrics = {
        "spend_30d": Metric(
            name="spend_30d",
            measure=Measure.SUM,
            value="basket.total",
            where=purchases,
            window=Window(WindowKind.SLIDING, span=Span(30, Unit.DAY)),
        ),
        "purchases": Metric(name="purchases", measure=Measure.COUNT, where=purchases),
        "spend_month": Metric(
            name="spend_month",
            measure=Measure.SUM,
            value="basket.total",
            where=purchases,
            window=Window(WindowKind.PERIOD, period=Period.MONTH),
        ),
        "earned_today": Metric(
            name="earned_today",
            measure=Measure.SUM,
            value="entry.amount",
            over=Over.ENTRIES,
            where="entry.kind == 'earn' && entry.currency == 'points'",
            window=Window(WindowKind.PERIOD, period=Period.DAY),
        ),
    }
    program = Program(
        program=ProgramSettings(name="bench", money="MDL", zone="Europe/Chisinau"),
        currencies={"points": Currency(name="points", value=Ratio(1, 100)), "stamps": Currency(name="stamps")},
        activities={"purchase": ActivityType(name="purchase", basket=True)},
        metrics=metrics,
        segments={"regular": Segment(name="regular", if_="member.metrics.purchases >= 3")},
        rules=rules,
        limits={"day": Limit(name="day", metric="earned_today", at_most=100_000, then=LimitAction.CUT)},
    )
    slots = {name: slot for slot, name in enumerate(metrics)}
    return engine.compile(Release(program_id=1, number=1, program=program, slots=slots, digest=b""))


if __name__ == "__main__":
    print(f"decide_us_50_rules {decide_us_50_rules():.0f}")
    print(f"decide_us_10000_rules {decide_us_10000_rules():.0f}")
