"""Rewards taken at the till: their price is taken in the same decision, and what they do to the basket is worked out
like what a rule does. A return of all that one was taken for gives its price back (L12).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from regulars.engine import fulfilling, households, ordered, placing, redeeming
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import OrderAct
from regulars.engine.judging import Judged, TakingBack
from regulars.engine.orders import refusals
from regulars.engine.orders.plans import RewardPlan
from regulars.engine.points import spending
from regulars.engine.work import Work
from regulars.program.contracts.rewards import Refund

KIND: Final = "rewards."
PRICE: Final = "_price"
"""Among the facts of a reward that was taken: which lots paid for it."""


def check(work: Work, compiled: Compiled) -> None:
    """Whether the member may take these rewards with this basket; then they count for it. Raises what
    `orders.refusals` has, QuotasNeeded."""
    for name in dict.fromkeys(work.activity.rewards):
        plan = compiled.rewards.get(name)
        if plan is None:
            raise refusals.UnknownReward(reward=name)
        if not plan.type.effects:
            raise refusals.RewardNotForBasket(reward=name)
        placing.check_open(work, plan)
        placing.check_member(work, compiled, plan)
        placing.check_limits(work, plan, 1)
        work.scope.carried[plan.path] = {"_until": plan.definition.until}


def sell(work: Work, compiled: Compiled) -> None:
    """Take the price of the rewards that did something for the basket. Raises RewardNotForBasket, RewardOutOfStock,
    InsufficientPoints, LotsNeeded, QuotasNeeded."""
    if not work.activity.rewards:
        return
    priced = {rule.carrier: rule.number for rule in compiled.rules if rule.carrier and rule.discounts}
    for number, name in enumerate(dict.fromkeys(work.activity.rewards)):
        plan = compiled.rewards[name]
        if plan.path in priced and priced[plan.path] not in work.scope.took:
            raise refusals.RewardNotForBasket(reward=name)
        _sell(work, compiled, plan, UUID(int=work.activity.activity_id.int ^ ((number + 1) << 16)))


def _sell(work: Work, compiled: Compiled, plan: RewardPlan, order_id: UUID) -> None:
    order = placing.begin(work, plan, order_id, quantity=1)
    points, _ = placing.price_of(work, compiled, plan, OrderAct(act="place")) if plan.prices else ({}, 0)
    households.check_spending(work, compiled, points)
    placing.take_stock(work, compiled, plan, order)
    placing.count(work, plan, 1)
    redeeming.spend(work, order, points)
    work.scope.carried[plan.path][PRICE] = order.spent
    order.state = ordered.FULFILLED
    fulfilling.note(work, plan, order_id, order, detail={"points": points, "quantity": 1, "at": "till"})
    said = {name: value for name, value in fulfilling.facts(plan, order_id, order).items() if name != "name"}
    work.cause("reward.ordered", plan.name, **said)
    work.cause("reward.fulfilled", plan.name, **said)


def take_back(taking: TakingBack) -> None:
    """Give the price back of a reward of which nothing is left in the sale. Raises LotsNeeded."""
    for path, facts in taking.recorded.carried.items():
        if not path.startswith(KIND) or not facts.get(PRICE):
            continue
        rule = next((rule for rule in taking.compiled.rules if rule.carrier == path), None)
        kind = taking.compiled.rewards[path.removeprefix(KIND)].type
        if rule is None or kind.on_refund is Refund.NONE:
            continue
        if _stands(taking, taking.before, rule.number) and not _stands(taking, taking.after, rule.number):
            _refund(taking.work, facts[PRICE])


def _refund(work: Work, spent: list[Any]) -> None:
    for currency, kept in spent:
        uses = ordered.unpacked(kept)
        work.purse.require_lots(currency)
        spending.refund(work.purse, currency, sum(use.amount for use in uses), uses=uses)


def _stands(taking: TakingBack, judged: Judged, number: int) -> bool:
    """Whether anything is left of what it did: lines that it made cheaper, or points that it gave."""
    taken = taking.recorded.priced.taken if taking.recorded.priced is not None else ()
    places = {place for one in taken if one.rule == number for place, cut in enumerate(one.cuts) if cut}
    if places:
        return any(one.place in places and one.is_there for one in judged.rest)
    return any(effect[0] == number and points for effect, points in judged.points.items())
