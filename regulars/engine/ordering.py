"""Rewards in a decision: ordered, paid for with points, fulfilled step by step, cancelled, over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import fulfilling, handing_out, ordered, periods, placing, redeeming
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import OrderAct
from regulars.engine.ordered import Order
from regulars.engine.orders import refusals
from regulars.engine.orders.plans import SERVICE, RewardPlan
from regulars.engine.points import calendar
from regulars.engine.refusals import MissingPart
from regulars.engine.reward_wishes import Entitled, RewardGiven
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.kit.errors import RegularsError
from regulars.program.contracts.reward_steps import Entitle, Handover
from regulars.program.contracts.rewards import CancelBy, Refund

MEMBER: Final = "member"


class _Going(msgspec.Struct, frozen=True):
    """An order that was placed in this decision and goes on once the activity has counted."""

    order_id: UUID


def show(work: Work, compiled: Compiled) -> None:
    """Nothing of open orders is read by expressions but what stands under `event.`."""


def move(work: Work, compiled: Compiled) -> None:
    """Go on with what was ordered, and give what effects asked for. Raises LotsNeeded, QuotasNeeded."""
    if not work.asked:
        return
    mine = [wish for wish in work.asked if isinstance(wish, _Going | RewardGiven | Entitled)]
    if not mine:
        return
    work.asked = [wish for wish in work.asked if not isinstance(wish, _Going | RewardGiven | Entitled)]
    for wish in mine:
        if isinstance(wish, _Going):
            order = work.member.rewards.get(_key(wish.order_id))
            if order is not None:
                fulfilling.advance(work, compiled, wish.order_id, order)
        elif isinstance(wish, Entitled):
            _entitle(work, compiled, wish)
        else:
            _give(work, compiled, wish)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which the time of an order, or of a service, is over."""
    if not work.member.rewards:
        return None
    days = [_day_of(moment, work) for order in work.member.rewards.values() for moment in _moments(order)]
    return min((max(day, after + calendar.ONE_DAY) for day in days), default=None)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """At the first moment of a day: orders and services whose time is over."""
    at = calendar.first_instant(day, work.zone)
    ms = states.ms(at)
    for key, order in list(work.member.rewards.items()):
        order_id = ids.from_wire("ord", key)
        if fulfilling.is_over(order, at):
            fulfilling.run_out(work, compiled, order_id, order, at)
            continue
        if order.service and 0 < order.until <= ms:
            fulfilling.stop_service(work, order_id, order, at_ms=order.until)
            fulfilling.note(work, compiled.rewards.kept(order.reward), order_id, order)
        if 0 < order.cancel <= ms:
            order.cancel = 0
        if order.state == ordered.FULFILLED and not order.service and not order.cancel:
            del work.member.rewards[key]


def _moments(order: Order) -> list[int]:
    found = [order.due, order.ends] if order.state == ordered.OPEN else [order.cancel]
    return [one for one in (*found, order.until if order.service else 0) if one]


def _day_of(ms: int, work: Work) -> dt.date:
    """The first day whose first moment is not before a moment."""
    at = states.moment(ms)
    day = periods.local_date(at, work.zone)
    return day if calendar.first_instant(day, work.zone) >= at else day + calendar.ONE_DAY


def arrive(work: Work, compiled: Compiled, came: Iterable[str]) -> None:
    """Orders that came with a member are written anew, under this account and as theirs (L65)."""
    for key in came:
        order = work.member.rewards[key]
        order.member = work.member.id
        plan = compiled.rewards.kept(order.reward)
        waits = order.stage != fulfilling.PICK
        step = fulfilling.step_of(compiled, order) if waits else None
        fulfilling.note(work, plan, ids.from_wire("ord", key), order, step=step)


def parted(mine: dict[str, Order], theirs: dict[str, Order]) -> None:
    """Orders that came with somebody go home with them as they are by now; what is over stays over (L66)."""
    gone = {key: mine.pop(key) for key in list(theirs) if key in mine}
    theirs.clear()
    theirs.update(gone)


def act(work: Work, compiled: Compiled) -> None:
    """The activity `order`. Raises what `orders.refusals` has, MissingPart, InsufficientPoints, LotsNeeded,
    QuotasNeeded."""
    said = work.activity.order
    if said is None or said.act not in _ACTS:
        raise MissingPart(type=work.activity.type, part="order")
    _ACTS[said.act](work, compiled, said)


def spends(work: Work, compiled: Compiled) -> tuple[str, ...]:
    """The currencies that the activity `order` takes points of."""
    said = work.activity.order
    if said is None or said.act != "place" or (said.reward or "") not in compiled.rewards:
        return ()
    prices = compiled.rewards[said.reward or ""].definition.prices
    return tuple(prices[said.price].points) if 0 <= said.price < len(prices) else ()


def _plan(compiled: Compiled, name: str | None) -> RewardPlan:
    if not name or name not in compiled.rewards:
        raise refusals.UnknownReward(reward=(name or "-")[:64])
    return compiled.rewards[name]


def _place(work: Work, compiled: Compiled, said: OrderAct) -> None:
    plan = _plan(compiled, said.reward)
    choice = placing.choice_of(plan, said.choice)
    _check(work, compiled, plan, said.quantity, choice)
    placing.check_form(work, compiled, plan, said.form, choice)
    order = placing.begin(work, plan, work.activity.activity_id, quantity=said.quantity)
    order.choice, order.variant = _picked(work, compiled, plan, said)
    points: dict[str, int] = {}
    if said.act == "place":
        points, order.money = placing.price_of(work, compiled, plan, said)
    _book(work, compiled, plan, order)
    _start(work, compiled, work.activity.activity_id, plan, order, points, form=dict(said.form), price=said.price)
    work.asked.append(_Going(work.activity.activity_id))


def _check(work: Work, compiled: Compiled, plan: RewardPlan, quantity: int, choice: str = "") -> None:
    """Of all that it is made of: a part is no way round what it asks for by itself."""
    if quantity < 1:
        raise MissingPart(type="order", part="quantity")
    placing.check_open(work, compiled, plan, choice)
    placing.check_member(work, compiled, plan, choice)
    placing.check_limits(work, compiled, plan, quantity, choice)


def _picked(work: Work, compiled: Compiled, plan: RewardPlan, said: OrderAct) -> tuple[str, str]:
    """What was chosen, and the variant: of the reward itself, or of what was chosen."""
    choice = placing.choice_of(plan, said.choice)
    of = next((part for part in compiled.rewards.parts(plan, choice) if part.definition.variants), plan)
    return choice, placing.variant_of(work, of, said.variant)


def _book(work: Work, compiled: Compiled, plan: RewardPlan, order: Order) -> None:
    order.parts = [part.name for part in compiled.rewards.parts(plan, order.choice)[1:]]
    placing.take_stock(work, compiled, plan, order)
    placing.take_budget(work, compiled, plan, order)
    placing.count(work, compiled, plan, order, work.day, order.quantity)
    order.counted = periods.number(work.day)


def _start(
    work: Work,
    compiled: Compiled,
    order_id: UUID,
    plan: RewardPlan,
    order: Order,
    points: dict[str, int],
    *,
    form: dict[str, object] | None = None,
    **detail: object,
) -> None:
    steps = compiled.rewards.steps(plan, order.choice)
    if not fulfilling.waits(steps):
        redeeming.spend(work, order, points)
    elif points:
        redeeming.hold(work, order_id, order, points, until_ms=max(fulfilling.longest_ms(work, steps), order.ends))
    work.member.rewards[_key(order_id)] = order
    told: dict[str, object] = {"points": points, "money": order.money, "quantity": order.quantity, **detail}
    if order.variant:
        told["variant"] = order.variant
    if order.choice:
        told["choice"] = order.choice
    fulfilling.note(work, plan, order_id, order, form=form, detail=told)
    work.cause(
        "reward.ordered", plan.name, **{k: v for k, v in fulfilling.facts(plan, order_id, order).items() if k != "name"}
    )


def _give(work: Work, compiled: Compiled, wish: RewardGiven) -> None:
    """A reward that a rule gives; what stands against it is told, and does not stop the rest."""
    plan = compiled.rewards.get(wish.reward)
    if plan is None:
        return
    order_id = _new_id(work)
    try:
        _check(work, compiled, plan, 1)
        order = placing.begin(work, plan, order_id, quantity=1)
        if _is_complete(work, compiled, plan):
            order.choice, order.variant = _picked(work, compiled, plan, OrderAct(act="give"))
            _book(work, compiled, plan, order)
        else:
            order.stage = fulfilling.PICK
    except RegularsError as fault:
        work.cause("reward.failed", plan.name, reason=fault.code, by=wish.by)
        return
    _start(work, compiled, order_id, plan, order, {}, by=wish.by)
    if order.stage != fulfilling.PICK:
        work.asked.append(_Going(order_id))


def _new_id(work: Work) -> UUID:
    """The id of an order that nobody placed: made from the activity, another one for each."""
    made = len({row.order_id for row in work.orders})
    return UUID(int=work.activity.activity_id.int ^ ((made + 1) << 8))


def _entitle(work: Work, compiled: Compiled, wish: Entitled) -> None:
    """A service that a rule gives; one that runs already goes on for longer."""
    plan = compiled.rewards[f"{SERVICE}{wish.service}"]
    for key, order in work.member.rewards.items():
        if order.reward == plan.name:
            if order.until and (not wish.until or wish.until > order.until):
                order.until = wish.until
                fulfilling.note(work, plan, ids.from_wire("ord", key), order, step=fulfilling.step_of(compiled, order))
            return
    order_id = _new_id(work)
    try:
        order = placing.begin(work, plan, order_id, quantity=1)
    except refusals.TooManyOrders as fault:
        work.cause("reward.failed", plan.name, reason=fault.code, by=wish.by)
        return
    order.until, order.due = wish.until, wish.due
    work.member.rewards[_key(order_id)] = order
    told: dict[str, object] = {"by": wish.by, "terms": wish.terms}
    step = plan.steps[0].outside
    if not wish.due and isinstance(step, Entitle):
        fulfilling.start_service(work, order_id, order, step)
        order.state = ordered.FULFILLED
    fulfilling.note(work, plan, order_id, order, step=step if wish.due else None, detail=told)


def _is_complete(work: Work, compiled: Compiled, plan: RewardPlan) -> bool:
    """Whether nothing has to be asked of the member before it goes on."""
    definition = plan.definition
    known = definition.variant_of is not None and (
        work.scope.member.attributes.get(definition.variant_of) in definition.variants
    )
    asks = any(field.required for field in placing.form_of(compiled.rewards.parts(plan)).values())
    return not definition.choose and (not definition.variants or known) and not asks


def _pick(work: Work, compiled: Compiled, said: OrderAct) -> None:
    order_id, order, plan = _open(work, compiled, said)
    if order.stage != fulfilling.PICK:
        raise _step_over(order, said)
    choice = placing.choice_of(plan, said.choice)
    placing.check_member(work, compiled, plan, choice)
    # Of the reward itself it was asked when it was given, and its time runs.
    for part in compiled.rewards.parts(plan, choice)[1:]:
        placing.check_open(work, compiled, part)
    placing.check_limits(work, compiled, plan, order.quantity, choice)
    placing.check_form(work, compiled, plan, said.form, choice)
    order.choice, order.variant = _picked(work, compiled, plan, said)
    _book(work, compiled, plan, order)
    order.stage = ""
    picked = {"variant": order.variant, "choice": order.choice}
    fulfilling.note(
        work, plan, order_id, order, form=dict(said.form), detail={name: one for name, one in picked.items() if one}
    )
    work.asked.append(_Going(order_id))


def _step(work: Work, compiled: Compiled, said: OrderAct) -> None:
    order_id, order, _ = _open(work, compiled, said)
    step, outcome = fulfilling.step_of(compiled, order), said.outcome or ""
    detail = dict(said.detail) | ({"reason": said.reason} if said.reason else {})
    if step is None or said.step != order.step + 1 or order.stage == fulfilling.PICK:
        raise _step_over(order, said)
    if isinstance(step, Handover) or not fulfilling.takes(step, order, outcome, detail):
        raise _step_over(order, said)
    fulfilling.OUTCOMES[type(step)][outcome](work, compiled, order_id, order, step, detail)


def _use(work: Work, compiled: Compiled, said: OrderAct) -> None:
    order_id, order, plan = _open(work, compiled, said)
    step = fulfilling.step_of(compiled, order)
    if not isinstance(step, Handover) or order.stage == fulfilling.PICK:
        raise _step_over(order, said)
    # Whoever may not have it any more does not get it, however long they have held it (M72).
    placing.check_member(work, compiled, plan, order.choice)
    fulfilling.OUTCOMES[Handover]["done"](work, compiled, order_id, order, step, dict(said.detail))


def _cancel(work: Work, compiled: Compiled, said: OrderAct) -> None:
    order_id, order, plan = _find(work, compiled, said)
    by = CancelBy.MEMBER if said.by == MEMBER else CancelBy.STAFF
    # Nobody could end it otherwise: the step that it waits at is gone with an earlier release.
    lost = (
        order.state == ordered.OPEN and order.stage != fulfilling.PICK and fulfilling.step_of(compiled, order) is None
    )
    in_time = order.state == ordered.OPEN or order.cancel > states.ms(work.scope.now)
    may = by in plan.type.cancel or (lost and by is CancelBy.STAFF)
    if not may or not in_time:
        raise refusals.OrderNotCancellable(by=by.value)
    refund = plan.type.on_refund
    used = handing_out.used_of(work, compiled, order) if refund is Refund.FULL and not lost else None
    if used is not None:
        raise refusals.OrderUsed(used=used)
    gone = fulfilling.end(work, compiled, order_id, order, fulfilling.CANCELLED, reason=said.reason, refund=refund)
    if gone is not None and refund is Refund.FULL and not lost:
        raise refusals.OrderUsed(used=f"currencies.{gone}")


def _overdue(work: Work, compiled: Compiled, said: OrderAct) -> None:
    if said.order_id is not None and _key(said.order_id) not in work.member.rewards:
        # Time has passed for the account before this was looked at, and ended it.
        return
    order_id, order, _ = _find(work, compiled, said)
    if not fulfilling.is_over(order, work.scope.now):
        raise refusals.OrderNotOver
    fulfilling.run_out(work, compiled, order_id, order, work.scope.now)


def _withdraw(work: Work, compiled: Compiled, said: OrderAct) -> None:
    order_id, order, plan = _find(work, compiled, said)
    if not order.service:
        raise _step_over(order, said)
    at = said.ends_at or work.scope.now
    if at > work.scope.now:
        order.until = states.ms(at) if not order.until else min(order.until, states.ms(at))
        fulfilling.note(work, plan, order_id, order)
        return
    fulfilling.stop_service(work, order_id, order, at_ms=states.ms(at))
    fulfilling.note(work, plan, order_id, order, detail={"reason": said.reason} if said.reason else {})
    if order.state == ordered.FULFILLED and not order.cancel:
        del work.member.rewards[_key(order_id)]


_Act = Callable[[Work, Compiled, OrderAct], None]
_ACTS: Final[dict[str, _Act]] = {
    "place": _place,
    "give": _place,
    "pick": _pick,
    "step": _step,
    "use": _use,
    "cancel": _cancel,
    "overdue": _overdue,
    "withdraw": _withdraw,
}
"""What may be done to an order."""


def _find(work: Work, compiled: Compiled, said: OrderAct) -> tuple[UUID, Order, RewardPlan]:
    if said.order_id is None:
        raise MissingPart(type="order", part="order_id")
    key = _key(said.order_id)
    order = work.member.rewards.get(key)
    if order is None:
        raise refusals.OrderNotOpen(order=key)
    return said.order_id, order, compiled.rewards.kept(order.reward)


def _open(work: Work, compiled: Compiled, said: OrderAct) -> tuple[UUID, Order, RewardPlan]:
    found = _find(work, compiled, said)
    order = found[1]
    if order.state != ordered.OPEN or fulfilling.is_over(order, work.scope.now):
        raise _step_over(order, said)
    return found


def _step_over(order: Order, said: OrderAct) -> refusals.OrderStepOver:
    at = order.step + 1 if order.state == ordered.OPEN else 0
    stage = order.stage or order.state
    return refusals.OrderStepOver(at=at, stage=stage, step=said.step or 0, outcome=said.outcome or said.act)


def _key(order_id: UUID) -> str:
    return ids.to_wire("ord", order_id)
