"""Price: the part of a basket that points pay, split over its lines once and for all (L11, L21, L39, L41, L42).

A price never depends on a number that it changes (LAW13): it reads the balance and the basket, no metric and no rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.engine import refusals
from regulars.engine.contracts.activity import PointsPayment
from regulars.engine.contracts.decision import PaidLine
from regulars.engine.contracts.points import LotUse
from regulars.engine.points import paying, spending
from regulars.engine.points.errors import BalanceFrozen, InsufficientPoints
from regulars.engine.points.offline import Given
from regulars.engine.points.purse import Purse
from regulars.engine.scope import BasketScope
from regulars.kit.money import spread
from regulars.program.contracts.definitions import Currency

AS_MANY_AS_MAY_BE = -1

Uses = dict[str, tuple[LotUse, ...]]


def pay(
    purse: Purse, basket: BasketScope, wishes: Sequence[PointsPayment], *, given: Given | None = None
) -> tuple[list[PaidLine], Uses]:
    """Pay with the points that the member wants to use: how much of each line, and from which lots. `given`: a till
    without a connection has taken them already.

    Raises CurrencyCannotPay, NothingPayable, PointsStep, PointsLeast, PointsLargestShare, InsufficientPoints,
    FloorLimitExceeded, PointsNotSaid, BalanceFrozen, LotsNeeded.
    """
    split: list[PaidLine] = []
    uses: Uses = {}
    for wish in wishes:
        payable = _payable(purse, basket, wish, given)
        if payable.points == 0:
            continue
        if given is None:
            uses[wish.currency] = spending.spend(purse, wish.currency, payable.points)
        else:
            given.within(payable.amount)
            uses[wish.currency] = given.spend(purse, wish.currency, payable.points)
        split += _split(basket, wish.currency, payable, earns=earns(purse.policies[wish.currency]))
    basket.reckon()
    return split, uses


def pays_late(policies: Mapping[str, Currency], wish: PointsPayment) -> bool:
    """Whether a currency pays only after the rules have given (L79)."""
    policy = policies.get(wish.currency)
    return policy is not None and policy.spend.same_basket


def earns(policy: Currency) -> bool:
    """Whether the part of a basket that a currency pays earns nevertheless: as money does, or because it was earned
    before it was paid."""
    return policy.earns or policy.spend.same_basket


def _payable(purse: Purse, basket: BasketScope, wish: PointsPayment, given: Given | None) -> paying.Payable:
    policy = purse.policies.get(wish.currency)
    if policy is None or policy.value is None:
        raise refusals.CurrencyCannotPay(currency=wish.currency)
    open_amount = sum(line.amount - line.paid for line in basket.lines if line.pays)
    wanted = None if wish.points == AS_MANY_AS_MAY_BE else wish.points
    if wanted is None and given is not None:
        raise refusals.PointsNotSaid(currency=wish.currency)
    if wanted is None:
        return paying.most_payable(purse, wish.currency, open_amount, total=basket.total)
    if wanted == 0:
        return paying.Payable()
    # A till without a connection has given the goods for them, whatever there is (L60).
    available = purse.available(wish.currency) if given is None else wanted
    applies = _most_that_apply(policy, open_amount, money_scale=purse.money_scale)
    if applies == 0:
        raise refusals.NothingPayable(currency=wish.currency)
    # More than the basket takes burns only what applies (L41); more than there is refuses.
    asked = min(wanted, applies)
    if given is None and purse.is_frozen(wish.currency):
        raise BalanceFrozen(currency=wish.currency)
    if asked > available:
        raise InsufficientPoints(currency=wish.currency, asked=wanted, available=available)
    total = basket.total
    possible = paying.most_payable(purse, wish.currency, open_amount, total=total, available=available)
    _within_policy(policy, wanted, asked, possible.points)
    return paying.most_payable(purse, wish.currency, open_amount, total=total, wanted=asked, available=available)


def _within_policy(policy: Currency, wanted: int, asked: int, possible: int) -> None:
    step = paying.step_of(policy)
    least = policy.spend.least
    if wanted % step:
        down = min(asked - asked % step, possible)
        raise refusals.PointsStep(currency=policy.name, asked=wanted, step=step, possible=down)
    if wanted < least or possible == 0:
        raise refusals.PointsLeast(currency=policy.name, asked=wanted, least=least, possible=possible)
    if asked - asked % step > possible:
        raise refusals.PointsLargestShare(currency=policy.name, asked=wanted, possible=possible)


def _most_that_apply(policy: Currency, amount: int, *, money_scale: int) -> int:
    if policy.value is None or policy.value.n <= 0 or amount <= 0:
        return 0
    applies: int = amount * policy.value.d * 10**policy.scale // (policy.value.n * 10**money_scale)
    return applies


def _split(basket: BasketScope, currency: str, payable: paying.Payable, *, earns: bool) -> list[PaidLine]:
    lines = [line for line in basket.lines if line.pays]
    amounts = spread(payable.amount, [line.amount - line.paid for line in lines])
    points = spread(payable.points, amounts)
    split = []
    for line, amount, part in zip(lines, amounts, points, strict=True):
        line.paid += amount
        line.paid_earning += amount if earns else 0
        if amount or part:
            split.append(PaidLine(line.no, currency, part, amount))
    return split
