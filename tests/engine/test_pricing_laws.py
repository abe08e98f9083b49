"""Prices of random baskets against a model written apart: units in lists, every combination tried.

Each law has a control that shows that it can fail.
"""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.decision import Decision
from regulars.engine.pricing import stacking as meeting
from regulars.program.contracts.effects import Discount, On, Reduction, Which
from regulars.program.contracts.stacking import Mode, Stacking
from regulars.program.contracts.values import Ratio, Rollback
from tests.engine.shop import ReturnedLine, Shop, base, rule

FEW = settings(max_examples=60, deadline=None)


class Effect(NamedTuple):
    """One discount in words that the model understands: `value` in percent or minor units."""

    kind: str
    value: int
    on: On = On.LINES
    which: Which = Which.ALL
    nth: int = 1
    category: str | None = None

    def definition(self, rollback: Rollback = Rollback.KEEP) -> Discount:
        text = str(self.value) if self.kind == "percent" else f"{self.value // 100}.{self.value % 100:02d}"
        reduction = Reduction(**{self.kind: text})
        return Discount(discount=reduction, on=self.on, which=self.which, count=self.nth, rollback=rollback)


class Good(NamedTuple):
    no: int
    amount: int
    units: int
    category: str


def shared(total: int, weights: list[int]) -> list[int]:
    """Largest remainder, the earlier place first."""
    if not any(weights):
        weights = [1] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in exact]
    for place in sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))[: total - sum(parts)]:
        parts[place] += 1
    return parts


def halves_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def wanted(effect: Effect, goods: list[Good], left: list[int]) -> list[int]:
    """What an effect takes off each line of which so much is left."""
    mine = [effect.category in {None, good.category} for good in goods]
    units = [place for place, good in enumerate(goods) for _ in range(good.units) if mine[place]]
    units.sort(key=lambda place: (-Fraction(goods[place].amount, goods[place].units), goods[place].no))
    if effect.which is Which.CHEAPEST:
        units = units[-effect.nth :]
    elif effect.which is Which.NTH:
        units = units[effect.nth - 1 :: effect.nth]
    parts, chosen = [], []
    for place, good in enumerate(goods):
        n = units.count(place)
        chosen.append(n)
        parts.append(left[place] if n == good.units else shared(left[place], [n, good.units - n])[0] if n else 0)
    if effect.on is On.LINES and effect.kind != "amount":
        return [off(effect, part, n) if n else 0 for part, n in zip(parts, chosen, strict=True)]
    return shared(off(effect, sum(parts), sum(chosen)), parts) if any(parts) else [0] * len(goods)


def off(effect: Effect, money: int, units: int) -> int:
    return {
        "percent": min(halves_up(Fraction(money * effect.value, 100)), money),
        "amount": min(effect.value, money),
        "per_unit": min(effect.value * units, money),
        "fixed": max(money - effect.value * (units if effect.on is On.LINES else 1), 0),
    }[effect.kind]


def modelled(effects: list[Effect], goods: list[Good], mode: Mode) -> tuple[int, list[int] | None]:
    """What comes off in all, and off each line where that is certain."""
    left = [good.amount for good in goods]
    if mode is Mode.BEST:
        return best(effects, goods), None
    for effect in effects:
        cuts = wanted(effect, goods, left)
        left = [there - cut for there, cut in zip(left, cuts, strict=True)]
        if mode is Mode.FIRST and any(cuts):
            break
    cuts = [good.amount - there for good, there in zip(goods, left, strict=True)]
    return sum(cuts), cuts


def best(effects: list[Effect], goods: list[Good]) -> int:
    """Every line is given to every effect that would reduce it, or to none; an effect that cannot be taken line by line
    has all of its lines or none.
    """
    offers = [wanted(effect, goods, [good.amount for good in goods]) for effect in effects]
    by_line = [e.on is On.LINES and e.kind != "amount" and e.which is Which.ALL for e in effects]
    most = 0
    for given_to in itertools.product([None, *range(len(effects))], repeat=len(goods)):
        total, fits = 0, True
        for number, cuts in enumerate(offers):
            has = [place for place in range(len(goods)) if given_to[place] == number]
            wants = [place for place in range(len(goods)) if cuts[place]]
            if not by_line[number] and has and set(has) != set(wants):
                fits = False
            total += sum(cuts[place] for place in has)
        if fits:
            most = max(most, total)
    return most


effects = st.builds(
    lambda kind, value, on, which, count, category: Effect(
        kind,
        value if kind == "percent" else value * 7,
        on,
        which if on is On.LINES else Which.ALL,
        count if on is On.LINES and which is not Which.ALL else 1,
        category,
    ),
    st.sampled_from(["percent", "amount", "per_unit", "fixed"]),
    st.integers(1, 99),
    st.sampled_from([On.LINES, On.LINES, On.BASKET]),
    st.sampled_from([Which.ALL, Which.ALL, Which.CHEAPEST, Which.NTH]),
    st.integers(2, 3),
    st.sampled_from([None, "tea", "jam"]),
)
baskets = st.lists(
    st.tuples(st.integers(0, 2500), st.integers(1, 4), st.sampled_from(["tea", "jam"])), min_size=1, max_size=4
)


def goods_of(basket: list[tuple[int, int, str]]) -> list[Good]:
    return [Good(no, *one) for no, one in enumerate(basket, 1)]


def as_lines(goods: list[Good]) -> tuple[Line, ...]:
    return tuple(
        Line(no=good.no, amount=good.amount, quantity=good.units * 1000, category=good.category) for good in goods
    )


def shop_of(of: list[Effect], *more: Any, rollback: Rollback = Rollback.KEEP) -> Shop:
    rules = []
    for number, effect in enumerate(of):
        fields = {} if effect.category is None else {"lines": f"line.category == '{effect.category}'"}
        rules.append(rule(f"r{number}", effect.definition(rollback), **fields))
    return Shop(base("basket.total"), *rules, *more)


def off_lines(decision: Decision, goods: list[Good]) -> list[int]:
    found = dict.fromkeys([good.no for good in goods], 0)
    for one in decision.discounts:
        assert one.amount == sum(amount for _, amount in one.per_line)
        for no, amount in one.per_line:
            found[no] += amount
    return [found[good.no] for good in goods]


def agree(of: list[Effect], basket: list[tuple[int, int, str]], mode: Mode) -> None:
    goods = goods_of(basket)
    sale = shop_of(of, Stacking(name="s", otherwise=mode)).buy(lines=as_lines(goods))
    cuts = off_lines(sale, goods)
    total, lines = modelled(of, goods, mode)
    assert sum(cuts) == total
    assert lines is None or cuts == lines
    assert all(0 <= cut <= good.amount for cut, good in zip(cuts, goods, strict=True))


@FEW
@given(st.lists(effects, max_size=4), baskets, st.sampled_from([Mode.ALL, Mode.FIRST]))
def test_prices_are_those_of_the_model(of: list[Effect], basket: list[tuple[int, int, str]], mode: Mode) -> None:
    agree(of, basket, mode)


@FEW
@given(st.lists(effects, max_size=4), baskets)
def test_the_best_is_the_best_of_all_combinations(of: list[Effect], basket: list[tuple[int, int, str]]) -> None:
    agree(of, basket, Mode.BEST)


def test_control_a_search_that_takes_the_first_that_fits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "EXACT_UP_TO", 0)
    with pytest.raises(AssertionError):
        agree([Effect("amount", 100), Effect("amount", 200)], [(1000, 1, "tea")], Mode.BEST)


@FEW
@given(
    st.lists(effects, min_size=1, max_size=4), baskets, st.sampled_from(list(Mode)), st.randoms(use_true_random=False)
)
def test_the_order_of_lines_changes_no_price(
    of: list[Effect], basket: list[tuple[int, int, str]], mode: Mode, chance: random.Random
) -> None:
    goods = goods_of(basket)
    mixed = goods.copy()
    chance.shuffle(mixed)
    found = [
        off_lines(shop_of(of, Stacking(name="s", otherwise=mode)).buy(lines=as_lines(order)), goods)
        for order in (goods, mixed)
    ]
    assert found[0] == found[1]


@FEW
@given(
    st.lists(effects, min_size=1, max_size=3),
    baskets,
    st.fractions(0, 1, max_denominator=10).filter(bool),
    st.integers(0, 900),
)
def test_no_price_passes_its_bounds(
    of: list[Effect], basket: list[tuple[int, int, str]], share: Fraction, cost: int
) -> None:
    goods = goods_of(basket)
    ratio = Ratio(share.numerator, share.denominator)
    bounds = Stacking(name="s", largest_line=ratio, largest_basket=ratio, never_below=("cost",))
    lines = tuple(
        Line(no=good.no, amount=good.amount, quantity=good.units * 1000, category=good.category, facts={"cost": cost})
        for good in goods
    )
    cuts = off_lines(shop_of(of, bounds).buy(lines=lines), goods)
    for cut, good in zip(cuts, goods, strict=True):
        assert cut <= good.amount * share
        assert cut == 0 or good.amount - cut >= cost * good.units
    assert sum(cuts) <= sum(good.amount for good in goods) * share


def given_back(shop: Shop, goods: list[Good], chance: random.Random, *, whole: bool) -> tuple[list[int], int]:
    """Return random units until all are back, or a random half of them; what each refunded, and the points left."""
    units = [good.no for good in goods for _ in range(good.units)]
    chance.shuffle(units)
    units = units if whole else units[: len(units) // 2]
    sale, found = shop.last(), []
    while units:
        n = chance.randint(1, len(units))
        some, units = units[:n], units[n:]
        lines = [ReturnedLine(no=no, quantity=some.count(no) * 1000) for no in sorted(set(some))]
        found.append(shop.back(sale, *lines).returned)
    return found, shop.active()


@FEW
@given(
    st.lists(effects, min_size=1, max_size=3),
    baskets,
    st.sampled_from(list(Rollback)),
    st.sampled_from(list(Mode)),
    st.randoms(use_true_random=False),
)
def test_all_returned_is_all_refunded_in_any_split(
    of: list[Effect], basket: list[tuple[int, int, str]], rollback: Rollback, mode: Mode, chance: random.Random
) -> None:
    goods = goods_of(basket)
    shop = shop_of(of, Stacking(name="s", otherwise=mode), rollback=rollback)
    sale = shop.buy(lines=as_lines(goods))
    paid = sum(good.amount for good in goods) - sum(off_lines(sale, goods))
    refunds, points = given_back(shop, goods, chance, whole=True)
    assert min(refunds) >= 0
    assert (sum(refunds), points) == (paid, 0)


@FEW
@given(st.lists(effects, min_size=1, max_size=3), baskets, st.integers(0, 10**6))
def test_LAW2_what_is_kept_comes_back_alike_in_any_split(
    of: list[Effect], basket: list[tuple[int, int, str]], seed: int
) -> None:
    goods = goods_of(basket)
    ends = set()
    for one_by_one in (False, True):
        shop = shop_of(of)
        shop.buy(lines=as_lines(goods))
        ends.add(half_back(shop, goods, random.Random(seed), one_by_one=one_by_one))
    assert len(ends) == 1


def half_back(shop: Shop, goods: list[Good], chance: random.Random, *, one_by_one: bool) -> tuple[int, int]:
    units = [good.no for good in goods for _ in range(good.units)]
    chance.shuffle(units)
    units, sale, refunded = units[: (len(units) + 1) // 2], shop.last(), 0
    steps = [[no] for no in units] if one_by_one else [units]
    for some in steps:
        lines = [ReturnedLine(no=no, quantity=some.count(no) * 1000) for no in sorted(set(some))]
        refunded += shop.back(sale, *lines).returned
    return refunded, shop.active()


DEALS = [
    Effect("percent", 100, which=Which.NTH, nth=3),
    Effect("percent", 50, which=Which.NTH, nth=2),
    Effect("percent", 20),
    Effect("per_unit", 35),
]
"""Discounts under which less never costs more than more does."""


@FEW
@given(st.sampled_from(DEALS), baskets, st.integers(0, 10**6))
def test_LAW2_what_is_priced_anew_comes_back_alike_in_any_split(
    deal: Effect, basket: list[tuple[int, int, str]], seed: int
) -> None:
    # Units of whole dollars: a line of which a part is back rounds what is left of it, by itself and anew.
    goods = [good._replace(amount=good.amount // 100 * 100 * good.units) for good in goods_of(basket)]
    ends = set()
    for one_by_one in (False, True):
        shop = shop_of([deal], rollback=Rollback.RECALCULATE)
        shop.buy(lines=as_lines(goods))
        ends.add(half_back(shop, goods, random.Random(seed), one_by_one=one_by_one))
    assert len(ends) == 1


def test_control_where_less_costs_more_a_split_keeps_what_it_was_given() -> None:
    # Half off from 100.00 up. 95.00 back of 200.00 leaves 105.00, still at half: 47.50. The next 10.00 bring nothing.
    refunds = []
    for steps in ([[1], [2]], [[1, 2]]):
        half = Discount(discount=Reduction(percent="50"), rollback=Rollback.RECALCULATE)
        shop = Shop(rule("half", half, **{"if": "basket.total >= 100.00"}))
        shop.buy(9500, 1000, 9500)
        sale = shop.last()
        refunds.append(sum(shop.back(sale, *[ReturnedLine(no=no) for no in step]).returned for step in steps))
    assert refunds == [4750, 500]
