"""Rewards taken at the till: their price is taken in the same decision, and what they do to the basket is worked out
like what a rule does. A return of all that one was taken for gives its price back (L12).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from regulars.engine import caps, fulfilling, households, ordered, placing, recording, redeeming
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import OrderAct
from regulars.engine.contracts.known import CounterKey
from regulars.engine.judging import Judged, TakingBack
from regulars.engine.orders import refusals
from regulars.engine.orders.plans import RewardPlan
from regulars.engine.points import reversing, spending
from regulars.engine.work import Work
from regulars.program.contracts.rewards import Refund

KIND: Final = "rewards."
PRICE: Final = "_price"
"""Among the facts of a reward that was taken: which lots paid for it."""
AGAIN: Final = "again:"
"""Before the path of a reward whose return was undone: which lots paid once more, and how much is owed."""
SHORT: Final = "_short"
"""Of which stock no unit was left to be taken again."""


def check(work: Work, compiled: Compiled) -> None:
    """Whether the member may take these rewards with this basket; then they count for it. Raises what
    `orders.refusals` has, QuotasNeeded."""
    for name in dict.fromkeys(work.activity.rewards):
        plan = compiled.rewards.get(name)
        if plan is None:
            raise refusals.UnknownReward(reward=name)
        if not plan.type.effects:
            raise refusals.RewardNotForBasket(reward=name)
        placing.check_open(work, compiled, plan)
        placing.check_member(work, compiled, plan)
        placing.check_limits(work, compiled, plan, 1)
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
    placing.count(work, compiled, plan, order, work.day, 1)
    redeeming.spend(work, order, points)
    work.scope.carried[plan.path][PRICE] = order.spent
    order.state = ordered.FULFILLED
    fulfilling.note(work, plan, order_id, order, detail={"points": points, "quantity": 1, "at": "till"})
    said = {name: value for name, value in fulfilling.facts(plan, order_id, order).items() if name != "name"}
    work.cause("reward.ordered", plan.name, **said)
    work.cause("reward.fulfilled", plan.name, **said)


def take_back(taking: TakingBack) -> None:
    """Give back the price of a reward of which nothing is left in the sale, with its unit and its room in the member's
    limits; where the return was undone, take all of it again (L18). Raises LotsNeeded, QuotasNeeded."""
    for path, facts in taking.recorded.carried.items():
        if not path.startswith(KIND) or PRICE not in facts:
            continue
        rule = next((rule for rule in taking.compiled.rules if rule.carrier == path), None)
        if rule is None:
            continue
        was, is_now = (_stands(taking, judged, rule.number) for judged in (taking.before, taking.after))
        if was == is_now:
            continue
        plan = taking.compiled.rewards[path.removeprefix(KIND)]
        for period in plan.definition.limits:
            caps.add(taking.work.member.used, plan.path, period, taking.sale_day, -1 if was else 1)
        keys = [placing.stock_key(part, "") for part in taking.compiled.rewards.parts(plan, "")]
        stocked = [key for key in keys if key is not None]
        if was:
            _undo(taking, plan, facts | last_undone(taking, path), stocked)
        else:
            taking.work.scope.carried[f"{AGAIN}{path}"] = _again(taking, plan, facts, stocked)


def last_undone(taking: TakingBack, path: str) -> dict[str, Any]:
    """What the last undoing of a return of a sale took again for what was carried, if there was one."""
    found: dict[str, Any] = {}
    for _, data in taking.returns:
        found = recording.decode(data).carried.get(f"{AGAIN}{path}", found)
    return found


def _undo(taking: TakingBack, plan: RewardPlan, facts: dict[str, Any], stocked: list[CounterKey]) -> None:
    """The unit and the price go back, the price to the lots that paid last."""
    purse = taking.work.purse
    for key in stocked:
        if key.metric not in facts.get(SHORT, ()):
            taking.work.quotas.take(key, -1)
    for currency, kept, *owed in facts[PRICE] if plan.type.on_refund is Refund.FULL else ():
        uses = ordered.unpacked(kept)
        purse.require_lots(currency)
        for debt in owed:
            reversing.forgive(purse, currency, debt)
        if uses:
            spending.refund(purse, currency, sum(use.amount for use in uses), uses=uses)


def _again(taking: TakingBack, plan: RewardPlan, facts: dict[str, Any], stocked: list[CounterKey]) -> dict[str, Any]:
    """The unit is taken once more unless somebody else has it by now, and the price, of the lots that paid first if
    they can; what is not there is owed."""
    short = [key.metric for key in stocked if not taking.work.quotas.grant(key, 1)]
    paid: list[Any] = []
    for currency, kept, *_ in facts[PRICE] if plan.type.on_refund is Refund.FULL else ():
        first = ordered.unpacked(kept)
        points = sum(use.amount for use in first)
        uses = reversing.charge(taking.work.purse, currency, points, first=first)
        paid.append([currency, ordered.packed(uses), points - sum(use.amount for use in uses)])
    return {PRICE: paid, SHORT: short}


def _stands(taking: TakingBack, judged: Judged, number: int) -> bool:
    """Whether anything is left of what it did: lines that it made cheaper, or points that it gave."""
    taken = taking.recorded.priced.taken if taking.recorded.priced is not None else ()
    places = {place for one in taken if one.rule == number for place, cut in enumerate(one.cuts) if cut}
    if places:
        return any(one.place in places and one.is_there for one in judged.rest)
    return any(effect[0] == number and points for effect, points in judged.points.items())
