"""Random sales and returns under budgets that are shared, owned and begin anew, held against a plain sum of what was
given and taken back.

I12: counters are the sum of their uses, never above the limit. LAW6: a sale and its whole return leave nothing behind.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.known import CounterKey
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.effects import Discount, Reduction
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.values import Period
from tests.engine.shop import ReturnedLine, Shop, Store, at, base, give, lines, rule

SPRING = Budget(points={"points": 60}, shared="spring", period=Period.MONTH)
SIZES = {"budgets.spring": 60, "rules.often": 5, "partners.brand": 90}
Step = tuple[str, int, int]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 3_000), st.integers(0, 3_000)),
        st.tuples(st.just("back"), st.integers(0, 9), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
    ),
    max_size=14,
)


def market() -> Shop:
    return Shop(
        base("0"),
        Partner(name="brand", budget=Budget(points={"points": 90})),
        rule("tenth", give("basket.total / 1"), budget=SPRING, priority=2),
        rule("seven", give("7"), budget=SPRING, lines="line.amount >= 5.00"),
        rule("often", give("3"), budget=Budget(uses=5, per=Slice.STORE), lines="line.amount >= 5.00"),
        rule(
            "branded", give("basket.total / 2"), owner="brand", budget=Budget(points={"points": 50}, period=Period.DAY)
        ),
    )


class Sums:
    """What each budget should have used, by period: given less what came back, on the day of its sale."""

    def __init__(self, *, forgets_returns: bool = False) -> None:
        self.forgets_returns = forgets_returns
        self.used: dict[tuple[str, str], int] = {}
        self.often: dict[UUID, bool] = {}

    def add(self, decision: Decision, day: dt.date) -> None:
        for one in decision.fired:
            if self.forgets_returns and one.points < 0:
                continue
            if one.rule in {"tenth", "seven"}:
                self._add("budgets.spring", day.replace(day=1).isoformat(), one.points)
            if one.rule == "branded":
                self._add("rules.branded", day.isoformat(), one.points)
                self._add("partners.brand", "ever", one.points)

    def _add(self, name: str, bucket: str, points: int) -> None:
        self.used[name, bucket] = self.used.get((name, bucket), 0) + points


def follow(steps: list[Step], sums: Sums) -> None:
    shop = market()
    sold: list[tuple[UUID, dt.date]] = []
    for what, one, other in steps:
        if what == "wait":
            shop.now += dt.timedelta(days=one)
        elif what == "buy":
            decision = shop.buy(lines=lines(one, other), store=Store(id="1"))
            sold.append((shop.last(), shop.now.date()))
            sums.add(decision, shop.now.date())
            sums.often[shop.last()] = any(fired.rule == "often" and fired.points for fired in decision.fired)
        elif sold:
            sale, day = sold[one % len(sold)]
            returned = (ReturnedLine(no=other),) if other else ()
            decision = shop.back(sale, *returned)
            sums.add(decision, day)
            if any(fired.rule == "often" for fired in decision.fired):
                sums.often[sale] = False
        compare(shop, sums)


def compare(shop: Shop, sums: Sums) -> None:
    counted = {
        (key.metric.removeprefix("budget:").removesuffix("/points"), key.bucket): value
        for (key, item), value in shop.counters.items()
        if key.metric.endswith("/points") and not item and value
    }
    assert counted == {place: points for place, points in sums.used.items() if points}
    assert all(0 <= used <= SIZES.get(name, 50) for (name, _), used in counted.items())
    uses = shop.counters.get((CounterKey("budget:rules.often/uses", "store:1", "ever"), ""), 0)
    assert uses == sum(sums.often.values()) <= 5


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_I12_budgets_are_the_sum_of_what_was_given_and_never_above_their_size(steps: list[Step]) -> None:
    follow(steps, Sums())


def test_control_a_sum_that_forgets_returns_is_noticed() -> None:
    with pytest.raises(AssertionError):
        follow([("buy", 1000, 0), ("back", 0, 0)], Sums(forgets_returns=True))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=6))
def test_LAW6_sales_and_their_whole_returns_leave_budgets_as_they_were(baskets: list[tuple[int, int]]) -> None:
    shop = market()
    sales = []
    for one, other in baskets:
        shop.buy(lines=lines(one, other), store=Store(id="1"))
        sales.append(shop.last())
    shop.now = at("2026-05-20 10:00")
    for sale in reversed(sales):
        shop.back(sale)
    left = {key: value for (key, item), value in shop.counters.items() if not item and value}
    assert left == {}


def test_coupons_of_different_value_share_one_budget_in_money() -> None:
    half = Discount(discount=Reduction(percent="member.balances.points >= 100 ? 50 : 10"))
    shop = Shop(base(), rule("personal", half, budget=Budget(money=1_200)))
    first = shop.buy(lines=lines(10_000))
    assert (first.points, [one.amount for one in first.discounts]) == ({"points": 90}, [1_000])
    # 10 % of 20.00 is 2.00, and 2.00 are left; then nothing is.
    second = shop.buy(lines=lines(3_000))
    assert [one.amount for one in second.discounts] == [200]
    assert [one.amount for one in shop.buy(lines=lines(3_000)).discounts] == []
    shop.back(next(iter(shop.done)))
    assert shop.counters[CounterKey("budget:rules.personal/money", "program", "ever"), ""] == 200
