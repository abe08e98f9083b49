"""Placing an order: who may, what it costs, what there is of it, and what is set aside or paid."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from regulars.engine import budgets, caps, counting, periods
from regulars.engine import refusals as refused
from regulars.engine import state as states
from regulars.engine.budget_plans import MONEY, USES
from regulars.engine.compiled import Compiled
from regulars.engine.consent_refusals import ConsentMissing
from regulars.engine.contracts.gifts import OrderAct
from regulars.engine.contracts.known import CounterKey
from regulars.engine.ordered import Order
from regulars.engine.orders import forms, refusals
from regulars.engine.orders.plans import RewardPlan
from regulars.engine.points import calendar
from regulars.engine.quotas import EVER, PROGRAM
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.fields import FieldDefinition
from regulars.program.contracts.values import Period

MOST_OPEN = 30
"""Orders that one member has open at a time: each is a part of what is read with every activity."""


def look(work: Work, compiled: Compiled) -> None:
    """Put the member's numbers where conditions and prices read them."""
    counting.show(work, compiled)


def check_member(work: Work, compiled: Compiled, plan: RewardPlan, choice: str = "") -> None:
    """Whether the member may have it now, with all that it is made of: asked when it is ordered and when it is used
    (M72). Raises RewardNotForMember."""
    look(work, compiled)
    for part in compiled.rewards.parts(plan, choice):
        failing = part.failing(work.scope)
        if failing is not None:
            raise refusals.RewardNotForMember(reward=part.name, condition=failing)


def check_open(work: Work, compiled: Compiled, plan: RewardPlan, choice: str = "") -> None:
    """Raises RewardNotOpen."""
    for part in compiled.rewards.parts(plan, choice):
        if not part.is_open(work.day):
            raise refusals.RewardNotOpen(reward=part.name)


def check_limits(work: Work, compiled: Compiled, plan: RewardPlan, quantity: int, choice: str = "") -> None:
    """Raises RewardLimitReached, RewardOneAtATime."""
    parts = Counter(compiled.rewards.parts(plan, choice))
    for part, times in parts.items():
        if quantity > 1 and any(step.once for step in part.steps):
            raise refusals.RewardOneAtATime(reward=part.name)
        for period, most in part.definition.limits.items():
            used = 0 if period is Period.ACTIVITY else caps.used(work.member.used, part.path, period, work.day)
            if used + quantity * times > most:
                raise refusals.RewardLimitReached(reward=part.name, period=period.value, most=most)


def form_of(parts: Sequence[RewardPlan]) -> dict[str, FieldDefinition]:
    """The fields that all parts of an order ask for; one that several have is asked for once for each, named
    `<part>.<field>`."""
    asked = Counter(name for part in parts for name in part.type.form)
    return {
        name if asked[name] == 1 else f"{part.name}.{name}": field
        for part in parts
        for name, field in part.type.form.items()
    }


def check_form(work: Work, compiled: Compiled, plan: RewardPlan, form: dict[str, object], choice: str = "") -> None:
    """Raises RewardFormFault, ConsentMissing."""
    parts = compiled.rewards.parts(plan, choice)
    forms.check(form_of(parts), form)
    asking = (part for part in parts if part.type.form) if form else ()
    purpose = next((found for part in asking if (found := _withheld(work, compiled, part)) is not None), None)
    if purpose is not None:
        raise ConsentMissing(what=plan.path, purpose=purpose)


def withheld(work: Work, compiled: Compiled, order_id: UUID) -> str | None:
    """The purpose that the personal fields of an order are for, if the member does not consent to it by now: nobody
    outside may be told of them."""
    order = work.member.rewards.get(ids.to_wire("ord", order_id))
    if order is None:
        return None
    plan = compiled.rewards.kept(order.reward)
    for part in compiled.rewards.parts(plan, order.choice):
        purpose = _withheld(work, compiled, part)
        if purpose is not None and any(field.personal for field in part.type.form.values()):
            return purpose
    return None


def _withheld(work: Work, compiled: Compiled, plan: RewardPlan) -> str | None:
    purpose = compiled.purposes_by_name.get(plan.type.purpose or "")
    if purpose is None or not purpose.is_withheld(work.member.consents, work.today):
        return None
    return purpose.name


def variant_of(work: Work, plan: RewardPlan, wanted: str | None) -> str:
    """The variant that is meant: as picked, or as an attribute of the member says; empty where there are none. Raises
    RewardPartUnknown."""
    variants = plan.definition.variants
    if wanted is None and plan.definition.variant_of is not None:
        found = work.scope.member.attributes.get(plan.definition.variant_of)
        wanted = found if isinstance(found, str) else None
    if not variants and wanted is None:
        return ""
    if wanted not in variants:
        raise refusals.RewardPartUnknown(reward=plan.name, part="variant", known=", ".join(variants) or "-")
    return wanted


def choice_of(plan: RewardPlan, wanted: str | None) -> str:
    """Which of several was picked; empty where there is nothing to choose. Raises RewardPartUnknown."""
    choose = plan.definition.choose
    if not choose and wanted is None:
        return ""
    if wanted not in choose:
        raise refusals.RewardPartUnknown(reward=plan.name, part="choice", known=", ".join(choose) or "-")
    return wanted


def take_stock(work: Work, compiled: Compiled, plan: RewardPlan, order: Order) -> None:
    """Set units aside, of all parts: one winner for the last (L54). Raises RewardOutOfStock, QuotasNeeded."""
    for part, variant in _stocked(compiled, plan, order):
        key = stock_key(part, variant)
        if key is None:
            continue
        left = work.quotas.allows(key, order.quantity)
        if left < order.quantity:
            raise refusals.RewardOutOfStock(reward=part.name, left=left, variant=variant or None)
        work.quotas.take(key, order.quantity)
        order.stock.append(key.metric)


def take_budget(work: Work, compiled: Compiled, plan: RewardPlan, order: Order) -> None:
    """Take what it costs, and the times that it is given, of its budget: all of it or nothing. Raises
    RewardBudgetSpent, QuotasNeeded."""
    for part in (plan, *(compiled.rewards.kept(name) for name in order.parts)):
        cost = costs(part, order.quantity)
        if any(budgets.room(work, compiled, part.path, what, wanted) < wanted for what, wanted in cost):
            raise refusals.RewardBudgetSpent(reward=part.name)
        for what, wanted in cost:
            budgets.use(work, compiled, part.path, what, wanted)


def costs(plan: RewardPlan, quantity: int) -> list[tuple[str, int]]:
    """What so many take of the budgets of a reward."""
    money = (plan.definition.value or 0) * quantity
    return [(what, amount) for what, amount in ((USES, quantity), (MONEY, money)) if amount]


def give_back(work: Work, compiled: Compiled, plan: RewardPlan, order: Order) -> None:
    """Put units back, and what its budget had for it."""
    day = periods.date(order.counted)
    for part in (plan, *(compiled.rewards.kept(name) for name in order.parts)):
        for what, amount in costs(part, order.quantity):
            budgets.give_back(work, compiled, part.path, what, amount, of=work.activity, day=day)
    for name in order.stock:
        work.quotas.take(CounterKey(name, PROGRAM, EVER), -order.quantity)


def stock_key(plan: RewardPlan, variant: str) -> CounterKey | None:
    """The counter of what there is of it; None where there is no end of it."""
    name = plan.stock_of(variant)
    return None if name is None else CounterKey(name, PROGRAM, EVER)


def _stocked(compiled: Compiled, plan: RewardPlan, order: Order) -> list[tuple[RewardPlan, str]]:
    # A variant is that of the part which has variants; the others are taken as they are.
    parts = compiled.rewards.parts(plan, order.choice)
    return [(part, order.variant if order.variant in part.definition.variants else "") for part in parts]


def count(work: Work, compiled: Compiled, plan: RewardPlan, order: Order, day: dt.date, quantity: int) -> None:
    """Limits of the member count it on a day, and what it is made of (below 0: no more)."""
    for part in (plan, *(compiled.rewards.kept(name) for name in order.parts)):
        for period in part.definition.limits:
            caps.add(work.member.used, part.path, period, day, quantity)


def price_of(work: Work, compiled: Compiled, plan: RewardPlan, act: OrderAct) -> tuple[dict[str, int], int]:
    """Points by currency, and money beside them. Raises RewardNotForSale, RewardMoneyMissing, CardBlocked."""
    if not 0 <= act.price < len(plan.prices):
        raise refusals.RewardNotForSale(reward=plan.name, price=act.price + 1, prices=len(plan.prices))
    look(work, compiled)
    price = plan.prices[act.price]
    points = price.points(work.scope, act.quantity)
    # A price that a formula brings to nothing is a mistake in it, not a present.
    if any(part <= 0 for part in points.values()):
        raise refusals.RewardNotForSale(reward=plan.name, price=act.price + 1, prices=len(plan.prices))
    money = price.money * act.quantity
    if act.paid != money:
        raise refusals.RewardMoneyMissing(reward=plan.name, money=money, paid=act.paid)
    if points and work.known.card_blocked:
        raise refused.CardBlocked
    return points, money


def begin(work: Work, plan: RewardPlan, order_id: UUID, *, quantity: int) -> Order:
    """An order of which nothing is done yet. Raises TooManyOrders."""
    if len(work.member.rewards) >= MOST_OPEN:
        raise refusals.TooManyOrders(open=len(work.member.rewards), most=MOST_OPEN)
    order = Order(plan.name, states.ms(work.scope.now), work.member.id, quantity=quantity)
    if plan.definition.expires is not None:
        ends, _ = calendar.span_end(plan.definition.expires, since=work.scope.now, zone=work.zone)
        order.ends = states.ms(ends)
    return order
