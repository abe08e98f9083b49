"""Laws over random baskets, returns and programs; each has a control that shows that it can fail."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.engine import state as states
from regulars.engine.contracts.activity import Activity, Adjustment, Line
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.known import Known
from regulars.program.contracts.definitions import (
    Currency,
    EarnCap,
    Group,
    Measure,
    Metric,
    Negative,
    Over,
    Segment,
)
from regulars.program.contracts.effects import Per
from regulars.program.contracts.values import Period, Ratio, Share, Span, Unit, Window, WindowKind
from tests.engine.shop import PointsPayment, ReturnedLine, Shop, base, give, multiply, rule

FEW = settings(max_examples=40, deadline=None)
CATEGORIES = ("tea", "milk", "tobacco")
SHARED = (Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))


def world(*, carry: bool = False) -> Shop:
    return Shop(
        Currency(name="points", value=Ratio(1, 100), caps=(EarnCap(period=Period.ACTIVITY, at_most=120),), cost={}),
        Currency(name="stamps"),
        Group(name="tobacco", lines="line.category == 'tobacco'", earns=False),
        Metric(name="spend", measure=Measure.SUM, value="basket.total"),
        Metric(
            name="week", measure=Measure.SUM, value="basket.base", window=Window(WindowKind.SLIDING, Span(7, Unit.DAY))
        ),
        Metric(
            name="teas", measure=Measure.DISTINCT, value="line.sku", over=Over.LINES, where="line.category == 'tea'"
        ),
        Metric(
            name="earned", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, where="entry.kind == 'earn'"
        ),
        Segment(name="buyer", if_="member.metrics.spend > 20.00"),
        base("basket.base / 3", carry=carry),
        rule("tea", multiply(3, funding=SHARED), lines="line.category == 'tea'", priority=5),
        rule("big", give("17"), priority=3, **{"if": "basket.total >= 30.00"}),
        rule("small", give("4"), priority=2, **{"if": "basket.total < 12.00"}),
        rule("cup", give("1", "stamps", per=Per.UNIT), lines="line.category == 'tea'", caps={Period.MONTH: 9}),
    )


baskets = st.lists(
    st.builds(
        lambda amount, units, category, sku: (amount, units, category, sku),
        st.integers(0, 2500),
        st.integers(1, 4),
        st.sampled_from(CATEGORIES),
        st.sampled_from("abc"),
    ),
    min_size=1,
    max_size=5,
)


def basket(of: list[tuple[int, int, str, str]]) -> tuple[Line, ...]:
    return tuple(
        Line(no=no, amount=amount, quantity=units * 1000, category=category, sku=sku)
        for no, (amount, units, category, sku) in enumerate(of, 1)
    )


def standing(shop: Shop) -> dict[str, tuple[int, int, int]]:
    return {
        name: (balance.active, balance.pending, balance.arrears)
        for name, balance in shop.balances.items()
        if balance.active or balance.pending or balance.arrears
    }


def units(of: list[tuple[int, int, str, str]]) -> list[ReturnedLine]:
    return [ReturnedLine(no=no, quantity=1000) for no, (_, count, _, _) in enumerate(of, 1) for _ in range(count)]


@given(of=baskets, seed=st.integers(0, 1000), share=st.integers(0, 100), carry=st.booleans())
@FEW
def test_LAW2_many_small_returns_equal_one(
    of: list[tuple[int, int, str, str]], seed: int, share: int, carry: bool
) -> None:
    parts = units(of)
    random.Random(seed).shuffle(parts)
    parts = parts[: len(parts) * share // 100]
    at_once, one_by_one = world(carry=carry), world(carry=carry)
    for shop in (at_once, one_by_one):
        shop.buy(3000, 777)
        shop.buy(lines=basket(of), pay=(PointsPayment(currency="points", points=-1),))
    sale = at_once.last()
    if parts:
        at_once.back(sale, *parts)
    for part in parts:
        one_by_one.back(sale, part)
    assert standing(at_once) == standing(one_by_one)


class Forgetful(Shop):
    """A shop that does not look at earlier returns: each is judged as if it were the first."""

    def known(self, activity: Activity, *, with_lots: bool = True) -> Known:
        known = super().known(activity, with_lots=with_lots)
        return known if known.sale is None else replace(known, sale=replace(known.sale, returns=()))


@pytest.mark.parametrize(("kind", "taken"), [(Shop, [-1, 0]), (Forgetful, [-1, -1])])
def test_LAW2_control_a_return_that_forgets_the_ones_before_breaks_it(kind: type[Shop], taken: list[int]) -> None:
    # 1 per full 10.00 on two units of 9.00: 18.00 earns 1, 9.00 earns 0, nothing earns 0.
    shop = kind(base("floor(basket.base / 10)"))
    shop.buy(lines=(Line(no=1, amount=1800, quantity=2000),))
    sale = shop.last()
    shop.buy(5000)
    found = [shop.back(sale, ReturnedLine(no=1, quantity=1000)).points.get("points", 0) for _ in range(2)]
    assert (found == taken, sum(found) == -1) == (True, kind is Shop)


@given(of=baskets, carry=st.booleans())
@FEW
def test_LAW6_a_sale_and_its_full_return_leave_nothing(of: list[tuple[int, int, str, str]], carry: bool) -> None:
    shop = world(carry=carry)
    shop.buy(lines=(Line(no=1, amount=2222, category="tea", sku="z", quantity=2000),))
    before, balances = shop.state, standing(shop)
    days = {day: row for day, row in shop.days.items() if any(row.sums)}
    shop.buy(lines=basket(of), pay=(PointsPayment(currency="points", points=-1),))
    shop.back(shop.last())
    assert standing(shop) == balances
    assert {day: row for day, row in shop.days.items() if any(row.sums)} == days
    assert _without_schedule(shop.state) == _without_schedule(before)


def _without_schedule(state: bytes) -> bytes:
    account = states.decode(state)
    # Points that were paid come back into their lots, but those that were earned may have gone meanwhile: same sums,
    # other ends.
    account.schedule = {}
    for member in account.members:
        member.used = {name: held for name, held in member.used.items() if any(held[1:])}
    return states.encode(account)


def test_LAW6_control_a_partial_return_leaves_something() -> None:
    shop = world()
    shop.buy(1000)
    before = _without_schedule(shop.state)
    shop.buy(1000, 2000)
    shop.back(shop.last(), ReturnedLine(no=1))
    assert _without_schedule(shop.state) != before


@given(of=baskets, seed=st.integers(0, 1000))
@FEW
def test_LAW9_lines_add_up_and_their_order_does_not_matter(of: list[tuple[int, int, str, str]], seed: int) -> None:
    first = world().buy(lines=basket(of))
    assert _sums(first) == {currency: points for currency, points in first.points.items() if points}
    for fired in first.fired:
        assert sum(part for _, part in fired.per_line) == fired.points
    shuffled = list(of)
    random.Random(seed).shuffle(shuffled)
    assert world().buy(lines=basket(shuffled)).points == first.points


def test_LAW9_control_a_line_left_out_is_seen() -> None:
    decision = world().buy(1000, 2000)
    short = replace(decision, per_line=decision.per_line[1:])
    assert _sums(short) != short.points


def _sums(decision: Decision) -> dict[str, int]:
    sums: dict[str, int] = {}
    for _, currency, points in decision.per_line:
        sums[currency] = sums.get(currency, 0) + points
    return sums


@given(of=baskets, wanted=st.integers(-1, 200))
@FEW
def test_LAW1_a_quote_is_the_commit(of: list[tuple[int, int, str, str]], wanted: int) -> None:
    shop = world()
    shop.buy(4000)
    activity = shop.activity(
        "purchase", lines=basket(of), pay=(PointsPayment(currency="points", points=max(wanted, -1)),)
    )
    before = (shop.state, dict(shop.balances), dict(shop.lots))
    quote = shop.ask(activity)
    assert (shop.state, shop.balances, shop.lots) == before
    assert shop.do(activity) == quote


@given(of=baskets)
@FEW
def test_LAW13_a_price_does_not_depend_on_what_it_changes(of: list[tuple[int, int, str, str]]) -> None:
    # Metrics, segments and rules are what a purchase changes: the part paid with points is the same without any of
    # them.
    bare = Shop(
        Currency(name="points", value=Ratio(1, 100)), Group(name="tobacco", lines="line.category == 'tobacco'"), base()
    )
    full = world()
    for shop in (bare, full):
        shop.do(shop.activity("adjust", adjustment=_gift(50)))
    wish = (PointsPayment(currency="points", points=-1),)
    one, other = (shop.buy(lines=basket(of), pay=wish).paid for shop in (bare, full))
    assert one == other


def test_LAW13_control_the_balance_does_change_the_price() -> None:
    shop = world()
    wish = (PointsPayment(currency="points", points=-1),)
    shop.do(shop.activity("adjust", adjustment=_gift(50)))
    first = shop.ask(shop.activity("purchase", lines=basket([(2000, 1, "milk", "a")]), pay=wish)).paid
    shop.do(shop.activity("adjust", adjustment=_gift(50)))
    assert shop.ask(shop.activity("purchase", lines=basket([(2000, 1, "milk", "a")]), pay=wish)).paid != first


def _gift(points: int) -> Adjustment:
    return Adjustment(currency="points", points=points, reason="test")


@given(of=baskets, policy=st.sampled_from(list(Negative)))
@FEW
def test_nothing_goes_below_zero_whatever_is_returned(of: list[tuple[int, int, str, str]], policy: Negative) -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 100), negative=policy), base(), rule("more", give("50")))
    shop.buy(lines=basket(of))
    sale = shop.last()
    shop.buy(3000, pay=(PointsPayment(currency="points", points=-1),))
    assert shop.back(sale).outcome is Outcome.ACCEPTED
    held = shop.has()
    assert min(held.active, held.pending, held.held, held.arrears) >= 0
    assert not (held.arrears and held.active)
    assert sum(lot.remaining for lot in shop.lots.values()) == held.active + held.held + held.pending


def test_a_decision_is_pure() -> None:
    shop = world()
    shop.buy(5000)
    activity = shop.activity("purchase", lines=basket([(900, 2, "tea", "a"), (700, 1, "milk", "b")]))
    known = shop.known(activity)
    state = bytes(known.state)
    decisions = [shop.ask(activity) for _ in range(3)]
    assert decisions[0] == decisions[1] == decisions[2]
    assert (known.state, shop.known(activity)) == (state, known)


@pytest.mark.parametrize("count", [23, 150])
def test_with_the_index_the_same_rules_fire(count: int) -> None:
    rules = [
        rule(f"r{number}", give("1"), lines=f"line.category == '{CATEGORIES[number % 3]}' && line.amount > {number}.00")
        for number in range(count)
    ]
    shop = Shop(base(), *rules)
    bought = basket([(1250, 1, "tea", "a"), (2010, 1, "milk", "b")])
    activity = shop.activity("purchase", lines=bought)
    indexed, all_of_them = shop.ask(activity), shop.ask(activity, trace=True)
    assert indexed.fired == all_of_them.fired
    assert len(indexed.fired) == 1 + sum(
        1 for n in range(count) if (n % 3 == 0 and n < 12.5) or (n % 3 == 1 and n < 20.1)
    )
