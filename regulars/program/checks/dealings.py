"""Exchanges, sales of points and pay-outs must be possible, and no circle of them may make something of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from regulars.kit import money as kit_money
from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Currency, CurrencyKind
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Ratio
from regulars.program.faults import fault, unknown

MONEY: Final = "money"
"""A place beside the currencies: what members pay in and are paid out."""


def check(context: Context) -> Iterator[Fault]:
    """What each currency says, then what they make together."""
    for name, currency in context.program.currencies.items():
        path = f"currencies.{name}"
        if currency.kind is CurrencyKind.STATUS:
            for deal in ("exchange", "buy", "pay_out"):
                if getattr(currency, deal) is not None:
                    yield fault("status_dealt", f"{path}.{deal}", deal=deal)
        yield from _exchange(f"{path}.exchange", currency, context)
        yield from _buy(f"{path}.buy", currency)
        yield from _pay_out(f"{path}.pay_out", currency, context)
    for name, household in context.program.households.items():
        for place, pooled in enumerate(household.pooled):
            shared = context.program.currencies.get(pooled)
            if shared is not None and shared.pay_out is not None:
                yield fault("pay_out_shared", f"households.{name}.pooled[{place}]", name=pooled)
    yield from _circles(context)


def _exchange(path: str, currency: Currency, context: Context) -> Iterator[Fault]:
    terms = currency.exchange
    if terms is None:
        return
    for name, rate in terms.to.items():
        if name not in context.program.currencies:
            yield unknown("currency", f"{path}.to.{name}", name=name, known=context.program.currencies)
        elif name == currency.name:
            yield fault("convert_same", f"{path}.to.{name}")
        if rate.n <= 0:
            yield fault("not_positive", f"{path}.to.{name}")
    if not terms.to:
        yield fault("exchange_nowhere", f"{path}.to")
    yield from _positive(path, {"step": terms.step, "least": terms.least + 1})
    yield from _periods(path, terms.per)


def _buy(path: str, currency: Currency) -> Iterator[Fault]:
    terms = currency.buy
    if terms is None:
        return
    yield from _positive(path, {"step": terms.step, "most": terms.most, "price": terms.price.n})
    yield from _periods(path, terms.per)
    if terms.most is not None and 0 < terms.most < terms.step:
        yield fault("step_unreachable", f"{path}.step", why="step > most")
    price, cost = _number(terms.price), max((_number(one) for one in currency.cost.values()), default=Fraction(0))
    if 0 < price < cost:
        shown = words.print_ratio(terms.price)
        yield fault("sold_below_cost", f"{path}.price", price=shown, cost=_shown(cost))


def _pay_out(path: str, currency: Currency, context: Context) -> Iterator[Fault]:
    terms = currency.pay_out
    if terms is None:
        return
    money = context.program.program.money
    decimals = kit_money.decimals(money) if kit_money.is_currency(money) else currency.scale
    if currency.kind is not CurrencyKind.MONEY:
        yield fault("pay_out_not_money", path, kind=currency.kind.value)
    if currency.scale != decimals:
        yield fault("pay_out_scale", path, scale=currency.scale, money=money, decimals=decimals)
    if currency.value is not None and _number(currency.value) != 1:
        yield fault("pay_out_value", path, value=words.print_ratio(currency.value))
    yield from _positive(path, {"smallest": terms.smallest})
    attribute = context.program.attributes.get(terms.account)
    if attribute is None:
        known = context.program.attributes
        yield unknown("attribute", f"{path}.account", name=terms.account, known=known)
    elif attribute.type is not FieldType.TEXT:
        yield fault("pay_out_account", f"{path}.account", name=terms.account, type=attribute.type.value)


def _positive(path: str, numbers: Mapping[str, int | None]) -> Iterator[Fault]:
    for name, number in numbers.items():
        if number is not None and number <= 0:
            yield fault("not_positive", f"{path}.{name}")


def _periods(path: str, per: Mapping[Period, int]) -> Iterator[Fault]:
    yield from _positive(path, {f"per.{period.value}": most for period, most in per.items()})


def _circles(context: Context) -> Iterator[Fault]:
    """Ways that lead back to where they began with more than they began with, each told once."""
    ways = _ways(context)
    told = set[frozenset[str]]()
    for start in ways:
        circle, product = _best_circle(start, ways)
        if product > 1 and frozenset(circle) not in told:
            told.add(frozenset(circle))
            where = next(name for name in circle if name != MONEY)
            shown = " > ".join((*circle, circle[0]))
            yield fault("exchange_circle", f"currencies.{where}", circle=shown, makes=_shown(product))


def _best_circle(start: str, ways: Mapping[str, Mapping[str, Fraction]]) -> tuple[tuple[str, ...], Fraction]:
    """The first way from a place back to it that makes more, with what one becomes; else nothing."""
    best: dict[str, tuple[tuple[str, ...], Fraction]] = {start: ((start,), Fraction(1))}
    for _ in ways:
        after: dict[str, tuple[tuple[str, ...], Fraction]] = {}
        for place, (path, product) in best.items():
            for to, rate in ways.get(place, {}).items():
                if to == start and product * rate > 1:
                    return path, product * rate
                # Each circle is found from the name in it that comes first.
                if to > start and product * rate > after.get(to, (path, Fraction(0)))[1]:
                    after[to] = ((*path, to), product * rate)
        best = after
    return (), Fraction(0)


def _ways(context: Context) -> dict[str, dict[str, Fraction]]:
    """From each currency (and money) to each other: how much of the other one makes, in whole units."""
    ways: dict[str, dict[str, Fraction]] = {MONEY: {}}
    for name, currency in context.program.currencies.items():
        ways[name] = {}
        if currency.exchange is not None:
            ways[name] = {to: _number(rate) for to, rate in currency.exchange.to.items() if to != name and rate.n > 0}
        if currency.buy is not None and currency.buy.price.n > 0:
            ways[MONEY][name] = 1 / _number(currency.buy.price)
        if currency.pay_out is not None:
            ways[name][MONEY] = Fraction(1)
    return ways


def _number(ratio: Ratio) -> Fraction:
    return Fraction(ratio.n, ratio.d)


def _shown(number: Fraction) -> str:
    return words.print_ratio(Ratio(number.numerator, number.denominator))
